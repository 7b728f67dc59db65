"""Notebook 02: the quiz, the predictions, and the question on what a weight is."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

FIND_THE_FLAW = Question(
    id="is-find-the-flaw",
    prompt="Find the flaw. People in country B are on average 1.1 times as tall as in A. "
    "You have a list of heights from B and want to know about A. Somebody says: 'So the "
    "importance weight is $w = 1/1.1$ for everybody.'",
    options=(
        Option(
            "The weight is upside down: it should be w = 1.1",
            "No constant but 1 will do, since weights average to one under the proposal.",
        ),
        Option(
            "Dividing by 1.1 rescales heights; a weight says how much each person counts",
            "A weight leaves every height as it is. It is the ratio of two densities at that "
            "height: above one for heights that are more frequent in A, below one for the others.",
            correct=True,
        ),
        Option(
            "There is none: the weighted mean of the list is the mean height in A",
            "That one number comes out right, because dividing every height by 1.1 divides their "
            "mean by 1.1. Ask for the share of everybody, f = 1, and the constant answers 0.909.",
        ),
        Option(
            "1.1 is only an estimate; with the exact factor this weight is right for everybody",
            "No constant but 1 is right, however precisely it is known. A weight depends on the "
            "sample: it is a ratio of two densities at one height.",
        ),
    ),
)

WEIGHT_OF_AN_OUTCOME = Question(
    id="is-weight-of-an-outcome",
    prompt="The current policy takes an action with probability 0.1. The old policy, which "
    "collected the data, took it with probability 0.4. With importance weights, what happens to a "
    "sample of this action?",
    options=(
        Option(
            "It counts four times, because the old policy favoured it",
            "Upside down. The action is already in the data four times too often.",
        ),
        Option(
            "It counts 0.7, because its probability has fallen by 0.3",
            "A weight is a quotient, not a difference: it says how many times a sample counts.",
        ),
        Option(
            "It stays in the data with probability one quarter",
            "That is the idea of rejection sampling, which throws samples away. A weight keeps "
            "them all.",
        ),
        Option(
            "It counts one quarter",
            "What you want over what you have, 0.1 / 0.4. The action is in the data four times too "
            "often, so each occurrence counts a quarter.",
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
            "One sample of w f has the right expectation, so a mean of N of them has it too. With "
            "N = 1 the estimate is right on average and usually far off: N decides the noise.",
            correct=True,
        ),
        Option(
            "In the limit of large N only",
            "That holds for the self-normalised estimate, whose bias falls like 1/N. A mean of w f "
            "has no bias to lose.",
        ),
        Option(
            "For N that is large against the largest weight",
            "That decides how noisy the estimate is, and whether you can trust its standard "
            "error. Its expectation is right for any N.",
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
    prompt="Now $f$ is an advantage, and its mean under the current policy is about zero. You "
    "divide by the sum of the weights instead of $N$, as for the pips. What does that do to the "
    "spread of the estimate, with many samples?",
    options=(
        Option(
            "Much the same as for the pips: the noise is in the weights, and those are as before",
            "The noise of the total weight does harm only where it multiplies a level. Look at "
            "the row with 100 added, and at the one with 3.5 subtracted.",
        ),
        Option(
            "It makes it larger: small values are hurt most by a total weight that varies",
            "The total weight multiplies the level of f. With a level near zero it has next to "
            "nothing to spoil.",
        ),
        Option(
            "Next to nothing: a level near zero adds hardly any noise that could cancel",
            "The plain estimate of f + c has the extra noise c times (mean weight minus 1). For a "
            "centred f there is no such c, and both estimates vary alike for large N.",
            correct=True,
        ),
        Option(
            "It removes it: what averages to zero has no spread left",
            "A mean of zero is not a spread of zero. The advantages of single actions differ.",
        ),
    ),
)

QUESTIONS = (FIND_THE_FLAW, WEIGHT_OF_AN_OUTCOME, UNBIASED_FOR_WHICH_N, SELF_NORMALISED)

PREDICT_WEIGHT_OF_A_SIX = Question(
    id="predict-weight-of-a-six",
    prompt="Each of the 2,000 throws may count more or less than once. How much must a six count "
    "for the list to answer for the fair die?",
    options=(
        Option(
            "One half",
            "One half is how often the loaded die shows a six. Sixes are half of the list, and "
            "half of that is a quarter: still more than a sixth.",
        ),
        Option(
            "One third",
            "A fair die shows a six on 1/6 of its throws, the list on 1/2: one third as often.",
            correct=True,
        ),
        Option(
            "One sixth",
            "One sixth is how often a fair die shows a six. Sixes are half of the list, and a "
            "sixth of that is a twelfth: too little.",
        ),
        Option(
            "Three times",
            "Upside down: sixes are already on the list three times too often.",
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
            "q/p is the reciprocal of a number whose mean is one. The mean of a reciprocal is at "
            "least the reciprocal of the mean (Jensen's inequality), so it cannot be below one.",
        ),
        Option(
            "one",
            "p/q averages to one under q. q/p averages to one under p, but the throws come from q.",
        ),
        Option(
            "above one",
            "The mean of a reciprocal is at least the reciprocal of the mean (Jensen's "
            "inequality), and here the weights differ, so it is more.",
            correct=True,
        ),
    ),
)

PREDICT_MISSING_FACE = Question(
    id="predict-missing-face",
    prompt="A one is rare, with probability 0.002, but it pays 1,000; every other face pays its "
    "pips. The die that was thrown 20,000 times never shows a one. You estimate the mean payout "
    "with importance weights. What happens?",
    options=(
        Option(
            "An error: division by zero",
            "Only the weight of a one would be divided by zero, and this die never shows a one.",
        ),
        Option(
            "No error; the estimate is right, since the weights of the other faces make up for it",
            "Their weights average 0.998, not more, and scaling them up to 1 would not bring back "
            "the 1,000 either: it is on none of the samples.",
        ),
        Option(
            "No error; the estimate is wrong, and its large standard error says so",
            "The standard error is computed from the samples, and no sample holds the 1,000. It is "
            "small.",
        ),
        Option(
            "No error; the estimate is wrong, and neither its error nor the mean weight shows it",
            "The standard error knows only the samples, and the 0.002 that is missing from the "
            "expected weight is less than the noise of the mean weight.",
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
            "All weights are one, but the pips vary from throw to throw. The product of weight "
            "and value can vary less than the value alone.",
        ),
        Option(
            "The loaded die that shows a six on every second throw",
            "It overdoes it: sixes come too often for their pips, and the other faces get a weight "
            "of 5/3.",
        ),
        Option(
            "A die that shows high faces more often, in proportion to their pips",
            "Weight times pips is then the same for every face. The cell shows how much it helps.",
            correct=True,
        ),
        Option(
            "Any of the three: each of the estimates is unbiased, so they need equally many throws",
            "All are unbiased. How many throws are needed depends on the variance, and there the "
            "three differ.",
        ),
    ),
)

PREDICT_CLOSER_ESTIMATE = Question(
    id="predict-closer-estimate",
    prompt="Take the 10,000 lists of 20 throws again. Which estimate has the smaller root mean "
    "square distance from the fair die's 3.5?",
    options=(
        Option(
            "The self-normalised one, although it is biased",
            "Its bias is small against the noise, and it varies less: in a list with too much "
            "weight, numerator and denominator are both too large, and that part of the noise "
            "cancels. It is not a law for every f and q.",
            correct=True,
        ),
        Option(
            "The plain one, because it is unbiased and the other one is not",
            "Unbiased means right on average over all lists. The distance also contains the "
            "spread, and with few throws the spread is most of it.",
        ),
        Option(
            "Neither: for 20 throws they agree to many digits",
            "They would if the weights of each list averaged to one. In 20 throws the number "
            "of sixes varies a lot, and the mean weight with it.",
        ),
    ),
)

PREDICTIONS = (
    PREDICT_WEIGHT_OF_A_SIX,
    PREDICT_UPSIDE_DOWN_MEAN,
    PREDICT_MISSING_FACE,
    PREDICT_BEST_DIE,
    PREDICT_CLOSER_ESTIMATE,
)

IMPORTANCE_WEIGHT_IN_WORDS = OpenQuestion(
    id="own-words-importance-weight",
    source="concept 2",
    prompt="With an analogy of your own, explain why importance sampling works. What is the "
    "importance weight, and what does it do to a sample?",
    model_answer="""\
A survey asks about a whole region, but most of its interviews were held in one town. The \
answers are genuine; the mix of people is wrong. So each town counts by the share of the region's \
people who live there, divided by its share of the interviews. The town that was asked too often \
counts less, the others more, and the average is that of the region. No answer was altered.

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
