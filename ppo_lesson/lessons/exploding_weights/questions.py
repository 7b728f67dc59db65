"""Notebook 03: the quiz, and the first half of the lecture's question on the risk."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

MEAN_WEIGHT = Question(
    id="explode-mean-weight",
    prompt="In a batch of 1,000 samples the mean weight is 1.01. What does that tell about "
    "the estimate?",
    options=(
        Option(
            "It is reliable: the weights are close to one",
            "Their mean is; the weights need not be. 999 weights near 0.01 and one of 1,000 "
            "have the same mean.",
        ),
        Option(
            "Next to nothing: its expectation is always one",
            "For any proposal that can show what the target can, good or terrible. Look "
            "at the median weight, the largest share, or the effective sample size.",
            correct=True,
        ),
        Option(
            "It is biased by about one per cent",
            "The expectation of the weight is exactly one; 1.01 is noise. A bias of the "
            "estimate does not show there.",
        ),
        Option(
            "The effective sample size is about 1,010",
            "The effective sample size never exceeds the number of samples, and a mean says "
            "nothing about how unequal the weights are.",
        ),
    ),
)

SILENTLY = Question(
    id="explode-silently",
    prompt="Which failure can leave all numbers computed from the sampled weights healthy, the "
    "mean near one and the effective sample size near N?",
    options=(
        Option(
            "Policies that have drifted apart over a long horizon",
            "This one is loud: a few samples hold nearly all the weight, and the effective "
            "sample size collapses.",
        ),
        Option(
            "A proposal that is much wider than the target",
            "Many samples get weights near zero and are wasted. The effective sample size "
            "shows it, and the estimate stays right.",
        ),
        Option(
            "Weights that are all too large by one factor",
            "Their mean then is that factor, so they do leave a trace. And the self-normalised "
            "estimate does not mind.",
        ),
        Option(
            "A rare and costly outcome that the proposal never shows",
            "It has no weight that could warn, and the mean weight misses only its small "
            "probability, which drowns in noise. The estimate settles, with a small standard "
            "error, on a wrong number.",
            correct=True,
        ),
    ),
)

RATIO_NEAR_ZERO = Question(
    id="explode-ratio-near-zero",
    prompt="The new policy has made an old action almost impossible: its ratio is 0.001. What "
    "does this sample do to the importance-weighted estimate?",
    options=(
        Option(
            "It hardly counts: one sample is wasted, nothing explodes",
            "Its contribution is 0.001 times its value. Ratios far above one are those "
            "that explode; many near zero leave few samples to carry the estimate.",
            correct=True,
        ),
        Option(
            "It destabilises the estimate as much as a ratio of 1,000 would",
            "On a logarithmic scale the two lie equally far from one, but the estimate adds "
            "up weights: 0.001 adds nothing, 1,000 drowns the rest.",
        ),
        Option(
            "It makes the estimate biased, because the action is nearly lost",
            "The new policy hardly takes this action, so it should hardly count. Biased would "
            "be an action that the old policy could not take.",
        ),
        Option(
            "It makes the loss infinite, through the log of a small number",
            "The ratio itself is averaged, not its logarithm, and a log of 0.001 is -6.9, far "
            "from infinite.",
        ),
    ),
)

LIGHT_TAILS = Question(
    id="explode-light-tails",
    prompt="Target: a normal distribution with standard deviation 1. Which proposal with the "
    "same mean makes the variance of the weights infinite?",
    options=(
        Option(
            "Standard deviation 5",
            "Too wide wastes samples, but the weights are bounded: their largest value is 5, "
            "in the middle.",
        ),
        Option(
            "Standard deviation 0.9",
            "Its tails are lighter than the target's and the weights have no upper bound, but "
            "0.81 is above one half, and their variance is still finite.",
        ),
        Option(
            "Standard deviation 0.6",
            "0.36 is less than half of the target's variance. Now and then a sample from "
            "the tail gets a weight so large that the running estimate jumps.",
            correct=True,
        ),
        Option(
            "None: normal distributions have all moments",
            "They have; their quotient w = p/q need not. With q narrow, w squared grows "
            "towards the tails faster than q falls.",
        ),
    ),
)

HORIZON = Question(
    id="explode-horizon",
    prompt="Each step's log-ratio is normal with standard deviation 0.1, independent of the "
    "others. At which T is a trajectory's weight so uneven that ESS / N is about 0.37 = 1/e?",
    options=(
        Option(
            "T = 10, because 10 x 0.1 = 1",
            "Standard deviations of independent terms do not add up; variances do. What "
            "counts is T times 0.1 squared.",
        ),
        Option(
            "T = 100, because 100 x 0.1² = 1",
            "ESS / N = exp(-T s²). Ratios that look harmless step by step multiply, and "
            "the spread of the product grows exponentially with the horizon.",
            correct=True,
        ),
        Option(
            "None: the ratios have mean one, so their products do",
            "The product has mean one, indeed, for every T. Its spread is what ruins the "
            "effective sample size.",
        ),
        Option(
            "T = 1000, because 1000 samples average out one large ratio",
            "T is the length of a trajectory, not the number of samples. A longer product "
            "gets more uneven, not less.",
        ),
    ),
)

QUESTIONS = (MEAN_WEIGHT, SILENTLY, RATIO_NEAR_ZERO, LIGHT_TAILS, HORIZON)

EXPLODING_WEIGHTS_IN_WORDS = OpenQuestion(
    id="own-words-exploding-weights",
    source="concept 4",
    prompt="What is the main risk when you reuse old samples with importance weights, and why "
    "does it arise? (First half: the estimate. What it does to training follows in notebook "
    "05.)",
    model_answer="""\
The risk is variance. The estimate stays right on average, but it comes to rest on a handful of \
samples. Where the new policy is much more likely than the old one to do what was done, the weight \
is far above one; such samples are rare, because they were drawn from the old policy, and each \
speaks for many that are missing. Most of the others have weights near zero. The effective sample \
size shrinks, and the next batch would give quite another answer.

It arises because a weight is a quotient: a small q under a p that is not small makes it large. \
Along a trajectory, ratios multiply, so that even small differences per step grow exponentially \
with the horizon: ESS / N = exp(-T s²) for independent normal log-ratios with standard deviation s.

The mean weight gives no warning, since its expectation is one for any two policies with the same \
support. If the old policy can never do what the new one does, the estimate is wrong, and the \
weights need not show any sign of it.""",
    rubric=(
        "High variance: a few samples with large weights dominate. A ratio near zero wastes "
        "a sample and does not explode.",
        "The cause: the two policies have moved apart, so that the denominator is small where "
        "the numerator is not; over many steps the ratios multiply.",
        "How it is noticed: by the effective sample size (or the largest share), not by the "
        "mean weight.",
    ),
)

OPEN_QUESTIONS = (EXPLODING_WEIGHTS_IN_WORDS,)
