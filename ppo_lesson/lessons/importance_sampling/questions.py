"""Notebook 02: the quiz, the predictions, and the lecture's question on what a weight is."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

FIND_THE_FLAW = Question(
    id="is-find-the-flaw",
    prompt="Find the flaw. People in country B are on average 1.1 times taller than in A. "
    "You have a list of heights from B and want to know about A. Somebody says: 'So the "
    "importance weight is $w = 1/1.1$ for everybody.'",
    options=(
        Option(
            "The weight is upside down: it should be w = 1.1",
            "Neither constant will do. Weights average to one under the proposal, so a "
            "constant weight can only be 1.",
        ),
        Option(
            "Dividing by 1.1 rescales heights; a weight says how much each person counts",
            "A weight leaves every height as it is. It is the ratio of two densities at "
            "that height, above one for heights more frequent in A, below one for the others.",
            correct=True,
        ),
        Option(
            "There is none: the weighted mean of the list is the mean height in A",
            "That one number comes out right, because dividing every height and dividing "
            "their average are the same. Ask for the share of people above some height, "
            "and the constant is wrong.",
        ),
        Option(
            "1.1 is only an estimate; with the exact factor the weight would be right",
            "No constant is right, however precisely it is known. A weight depends on the "
            "sample: short people must gain, tall people must lose.",
        ),
    ),
)

WEIGHT_OF_AN_OUTCOME = Question(
    id="is-weight-of-an-outcome",
    prompt="The target gives an outcome probability 0.1, the proposal gives it 0.4. What "
    "happens to a sample that shows this outcome?",
    options=(
        Option(
            "It counts four times, because the proposal favours it",
            "Upside down. The list already shows it four times too often; counting each "
            "occurrence four times would make that worse.",
        ),
        Option(
            "The number that it shows is divided by four",
            "The outcome stays what it is. Ask how often it comes: a quarter of a vote answers "
            "that, a quarter of its number does not.",
        ),
        Option(
            "It stays on the list with probability one quarter",
            "That is the idea of rejection sampling, which divides by the largest weight as "
            "well, for no probability exceeds one. It throws samples away; a weight keeps all.",
        ),
        Option(
            "It counts one quarter",
            "What you want over what you have, 0.1 / 0.4. It is on the list four times "
            "too often, so each occurrence speaks for a quarter.",
            correct=True,
        ),
    ),
)

UNBIASED_FOR_WHICH_N = Question(
    id="is-unbiased-for-which-n",
    prompt="The proposal can show everything that counts. For which $N$ is the plain "
    "estimate, the mean of $w f$ over $N$ samples, unbiased?",
    options=(
        Option(
            "For every N, even for a single sample",
            "One sample of w f has the right expectation, so any mean of them has it. "
            "With N = 1 the estimate is right on average and useless: N is about the noise.",
            correct=True,
        ),
        Option(
            "In the limit of large N only",
            "That holds for the self-normalised estimate, whose bias fades like 1/N. A mean "
            "of w f has no bias to lose.",
        ),
        Option(
            "For N that is large against the largest weight",
            "This decides how noisy the estimate is, and whether you can trust its error "
            "bar. Its expectation is right for any N.",
        ),
        Option(
            "For N at which the sampled weights happen to average to one",
            "Unbiased is a statement about all samples that could have been drawn, not about "
            "the one at hand.",
        ),
    ),
)

SELF_NORMALISED = Question(
    id="is-self-normalised",
    prompt="You divide by the sum of the weights instead of $N$. What do you gain, what do you "
    "pay?",
    options=(
        Option(
            "Gain: no bias is left. Pay: more variance",
            "The other way round: the plain estimate is the unbiased one. A quotient of two "
            "random sums is not right on average.",
        ),
        Option(
            "Gain: numbers that do not overflow. Pay: nothing",
            "Overflow is prevented by subtracting a constant from the log weights before exp. "
            "Dividing afterwards would come too late, and it does cost a bias.",
        ),
        Option(
            "Gain: bounded, no normaliser needed. Pay: a bias of order 1/N",
            "It stays between the smallest and the largest value seen, a common factor "
            "of the weights cancels, and the bias soon drowns in the noise.",
            correct=True,
        ),
        Option(
            "Gain: it works where the proposal shows too little. Pay: speed",
            "Nothing repairs missing support: what was never sampled has no weight to normalise.",
        ),
    ),
)

BEST_PROPOSAL = Question(
    id="is-best-proposal",
    prompt="Which proposal gives the plain estimate of $\\mathbb{E}_p[f]$ the smallest variance?",
    options=(
        Option(
            "The target itself: then all weights are one",
            "Weights without spread, but f still has its own. A proposal that goes where f p "
            "is large can beat it, and for a rare event it does so by far.",
        ),
        Option(
            "One proportional to |f| p, so it depends on the question f",
            "Then |w f| is the same for every sample. Its normaliser is as hard to find "
            "as the answer, so it is a signpost and not a recipe.",
            correct=True,
        ),
        Option(
            "A uniform one: no outcome is neglected",
            "It neglects none, but it spends most samples where nothing counts.",
        ),
        Option(
            "One that is as wide as possible, so that no weight is large",
            "Wide is safe, for the weights stay bounded. But the wider it is, the fewer "
            "samples fall where f p is large.",
        ),
    ),
)

QUESTIONS = (
    FIND_THE_FLAW,
    WEIGHT_OF_AN_OUTCOME,
    UNBIASED_FOR_WHICH_N,
    SELF_NORMALISED,
    BEST_PROPOSAL,
)

PREDICT_MISSING_FACE = Question(
    id="predict-missing-face",
    prompt="The proposal is a die that never shows a one; the target is the fair die. You "
    "estimate the mean of its pips with importance weights. What happens?",
    options=(
        Option(
            "An error: division by zero",
            "The zero would have to be divided by, and for that a one must be thrown. It "
            "never is, so no such weight is ever computed.",
        ),
        Option(
            "No error; the estimate is right, the weights make up for the missing face",
            "A weight can only enlarge what is on the list. The share of the missing face is "
            "on no sample.",
        ),
        Option(
            "No error; the estimate is off, but its large standard error gives a warning",
            "The standard error is computed from the samples, and they know nothing of the "
            "face that never came. It is small.",
        ),
        Option(
            "No error; the estimate is off, and its standard error is small",
            "Confident and wrong: the silent failure. Only knowing p and q reveals it.",
            correct=True,
        ),
    ),
)

PREDICT_UPSIDE_DOWN_MEAN = Question(
    id="predict-upside-down-mean",
    prompt="Somebody divides the wrong way round, $q/p$. Over throws of the loaded die, the "
    "average of these numbers is ...",
    options=(
        Option(
            "below one",
            "It is the reciprocal of a number with mean one, and averaging reciprocals always "
            "errs upwards: the small ones become very large.",
        ),
        Option(
            "one",
            "p/q averages to one under q. For q/p that holds under p, and the throws come from q.",
        ),
        Option(
            "above one",
            "The mean of a reciprocal is at least the reciprocal of the mean (Jensen's "
            "inequality). So the mean weight is a cheap test for a ratio that stands upside "
            "down.",
            correct=True,
        ),
    ),
)

PREDICT_BEST_DIE = Question(
    id="predict-best-die",
    prompt="You want the mean of the fair die from as few throws as possible. Which die do "
    "you order?",
    options=(
        Option(
            "A fair die",
            "All weights are one, but pips vary from throw to throw. The product of weight "
            "and value can vary less than the value alone.",
        ),
        Option(
            "The loaded die that shows a six on every second throw",
            "It overdoes it: sixes come too often for their pips, and each of the other faces "
            "gets a weight that makes it shout.",
        ),
        Option(
            "A die that shows high faces more often, in proportion to their pips",
            "Weight times pips is then the same for every face, so each throw says the "
            "same. The cell shows by how much that helps.",
            correct=True,
        ),
        Option(
            "Any of them: all three estimates are unbiased",
            "Unbiased, yes. How many throws are needed is a matter of variance, and there the "
            "three differ.",
        ),
    ),
)

PREDICT_CLOSER_ESTIMATE = Question(
    id="predict-closer-estimate",
    prompt="10,000 lists of 20 throws of the loaded die. Which estimate lies closer to the "
    "fair die's 3.5 in a typical list?",
    options=(
        Option(
            "The self-normalised one, although it is biased",
            "So it is here. Its bias is small against the noise, and it varies less, because it "
            "cannot leave the range of the values. It is no law for every f and q.",
            correct=True,
        ),
        Option(
            "The plain one, because it is unbiased",
            "Unbiased means right on average over all lists. A typical distance also contains "
            "the spread, and with few throws the spread is most of it.",
        ),
        Option(
            "Neither: for 20 throws they agree to many digits",
            "They would if the weights of each list averaged to one. In 20 throws the number "
            "of sixes varies a lot, and the mean weight with it.",
        ),
    ),
)

PREDICTIONS = (
    PREDICT_MISSING_FACE,
    PREDICT_UPSIDE_DOWN_MEAN,
    PREDICT_BEST_DIE,
    PREDICT_CLOSER_ESTIMATE,
)

IMPORTANCE_WEIGHT_IN_WORDS = OpenQuestion(
    id="own-words-importance-weight",
    source="concept 2",
    prompt="With an analogy of your own, explain why importance sampling works. What is the "
    "importance weight, and what does it do to a sample?",
    model_answer="""\
A survey wanted to know about a whole region but held most of its interviews in one town. The \
answers are genuine; the mix of people is wrong. So each person is counted in proportion to how \
many inhabitants they should stand for, compared with how often their kind was asked. The \
over-asked town counts less, the others more, and the average is that of the region. No answer was \
altered.

The importance weight is that factor: $w(x) = p(x)/q(x)$, the probability of a sample under the \
distribution we ask about (target), divided by its probability under the distribution it came from \
(proposal). It changes how much a sample counts, not its value. It works because \
$\\sum_x q \\cdot \\frac{p}{q} f = \\sum_x p f$, provided that $q$ is nowhere zero where $p f$ is \
not.""",
    rubric=(
        "The analogy changes how much samples count. One that rescales their values "
        "('divide by 1.1') earns no point.",
        "The weight is target over proposal, the right way up, one number per sample.",
        "The condition: the proposal can produce everything that matters for the target.",
    ),
)

OPEN_QUESTIONS = (IMPORTANCE_WEIGHT_IN_WORDS,)
