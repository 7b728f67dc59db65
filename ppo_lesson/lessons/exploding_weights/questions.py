"""Notebook 03: the quiz, and the first half of the self-assessment's question on the risk."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

MEAN_WEIGHT = Question(
    id="explode-mean-weight",
    prompt="In a batch of 1,000 trajectories the mean weight is 1.01. What does that tell you "
    "about an estimate from this batch?",
    options=(
        Option(
            "It is reliable: with a mean of 1.01, the weights are all close to one",
            "Their mean is; the weights need not be. 999 weights of 0.01 and one of 1,000 have "
            "the mean 1.01.",
        ),
        Option(
            "Little: a few weights may still hold most of the total",
            "Look at the median weight, the largest share or the effective sample size.",
            correct=True,
        ),
        Option(
            "It is biased by about one per cent",
            "Where the proposal can show all that the target can, the expectation of the weight "
            "is exactly one; 1.01 is noise, not bias.",
        ),
        Option(
            "The effective sample size is about 1,010",
            "The effective sample size never exceeds the number of samples.",
        ),
    ),
)

RATIO_NEAR_ZERO = Question(
    id="explode-ratio-near-zero",
    prompt="The new policy has made an old action almost impossible: its ratio is 0.001. What "
    "does this sample do to the importance-weighted estimate?",
    options=(
        Option(
            "It counts for very little: one sample is wasted",
            "It adds 0.001 times its value. A ratio far above one can rule the estimate; many "
            "ratios near zero leave few samples to carry it.",
            correct=True,
        ),
        Option(
            "It destabilises the estimate as much as a ratio of 1,000 would",
            "On a logarithmic scale both lie equally far from one, but the estimate adds up "
            "weights: 0.001 adds almost nothing, and 1,000 can outweigh the rest.",
        ),
        Option(
            "It makes the estimate biased, because the action is nearly lost",
            "The new policy hardly takes this action, so it should hardly count. Bias would come "
            "from an action that the old policy could not take.",
        ),
        Option(
            "It makes the loss infinite, through the log of a small number",
            "The ratio itself is averaged, not its logarithm, and the log of 0.001 is -6.9.",
        ),
    ),
)

HORIZON = Question(
    id="explode-horizon",
    prompt="A language model has moved by a KL of 0.002 per token. In the model of independent "
    "normal log-ratios, for answers of how many tokens is ESS / N about 0.37 = 1/e?",
    options=(
        Option(
            "About 16 tokens, because the drift is 0.063",
            "The drift is 0.063, but standard deviations of independent terms do not add up; "
            "variances do.",
        ),
        Option(
            "250 tokens, because 2 x 250 x 0.002 = 1",
            "ESS / N = exp(-2 T KL). Log-ratios add up along the answer, and so do their "
            "variances, which are twice the KL.",
            correct=True,
        ),
        Option(
            "500 tokens, because 500 x 0.002 = 1",
            "The KL of the whole answer is then 1, but ESS / N = exp(-2 T KL): a factor 2 is "
            "missing.",
        ),
        Option(
            "None: ratios have the mean one, and so do their products",
            "The product has the mean one for every T. What reduces the effective sample size is "
            "its spread.",
        ),
    ),
)

TRUNCATION = Question(
    id="explode-truncation",
    prompt="In a batch you cut off all weights at c. Every outcome whose weight is above c has "
    "the value 0. What does the cut do to the expectation of the estimate?",
    options=(
        Option(
            "It lowers the expectation, because every weight that is cut becomes smaller",
            "These weights become smaller, but each is multiplied by a value of 0.",
        ),
        Option(
            "Nothing: the changed weights are multiplied by 0",
            "The bias is minus the sum of p (1 - c/w) f over the outcomes whose weight is cut. "
            "A cut costs bias only where f is not 0; a good baseline makes f small there.",
            correct=True,
        ),
        Option(
            "It raises the expectation, because the other samples now count for more",
            "Their weights stay what they are: the estimate divides by N, not by the sum of the "
            "weights.",
        ),
        Option(
            "It depends on the number of samples N",
            "For a fixed c the expectation of a mean does not depend on N. Its variance does.",
        ),
    ),
)

QUESTIONS = (MEAN_WEIGHT, RATIO_NEAR_ZERO, HORIZON, TRUNCATION)

EXPLODING_WEIGHTS_IN_WORDS = OpenQuestion(
    id="own-words-exploding-weights",
    source="concept 4",
    prompt="What is the main risk when you reuse old samples with importance weights, and why "
    "does it arise? (First half: the estimate. What it does to training follows in notebook "
    "05.)",
    model_answer="""\
The risk is variance. The estimate is right on average, but a few samples rule it: those that the \
new policy is much more likely to produce than the old one. They are rare, and each stands for \
many that are missing; most of the others have weights near zero. The effective sample size \
shrinks, and another batch could give a very different answer.

It arises because a weight is a quotient: a small q under a p that is not small makes it large. \
Along a trajectory the ratios multiply, so small differences per step grow exponentially with the \
horizon: ESS / N = exp(-2 T KL) for independent normal log-ratios with that KL per step.

The mean weight warns late. If the old policy never does what the new one does, the estimate is \
biased, and the weights need not show it.""",
    rubric=(
        "High variance: a few samples with large weights dominate. A ratio near zero wastes "
        "a sample and does not explode.",
        "The cause: the two policies have moved apart, so that the denominator is small where "
        "the numerator is not; over many steps the ratios multiply.",
        "How it is noticed: by the effective sample size, the median weight or the largest "
        "share. A mean weight near 1 does not show that all is well.",
    ),
)

OPEN_QUESTIONS = (EXPLODING_WEIGHTS_IN_WORDS,)
