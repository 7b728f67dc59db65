"""What notebook 03 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

WHO_WARNS = Question(
    id="predict-who-warns",
    prompt="5,000 trips of the old policy are on file, none of them over the bridge. You weight "
    "them for the new policy, which takes the bridge twice in a thousand trips. Which number of "
    "the batch warns you?",
    options=(
        Option(
            "The standard error: it comes out large",
            "It is computed from the trips on file. None of them contains a breakdown, so it "
            "comes out as small as if there were none.",
        ),
        Option(
            "The effective sample size: it comes out small",
            "It measures how unequal the weights are, and the weights of the three routes on "
            "file are all near one.",
        ),
        Option(
            "The mean weight: it comes out far from one",
            "Its expectation is 0.998. A missing share of a half would show; two in a thousand are "
            "lost in the noise.",
        ),
        Option(
            "None of these three numbers",
            "An outcome that never occurred has no weight.",
            correct=True,
        ),
    ),
)

CLAIMED_ERRORS = Question(
    id="predict-claimed-errors",
    prompt="The target is a normal distribution; the proposal has the same mean and half its "
    "standard deviation. Each of a thousand batches of 1,000 samples reports an estimate of the "
    "mean of x², and an interval of two standard errors around it. What share of the intervals "
    "contains the truth?",
    options=(
        Option(
            "About 95 %: that is what two standard errors mean",
            "That holds where the estimate is nearly normal and its standard error nearly "
            "right. With an infinite variance neither is the case.",
        ),
        Option(
            "Nearly all: an infinite variance makes the intervals very wide",
            "The variance is infinite, but the one computed from a batch is finite. A batch "
            "without a large weight computes a small one.",
        ),
        Option(
            "About half",
            "Most batches contain none of the very large weights. Their estimate is too low and "
            "their interval too narrow.",
            correct=True,
        ),
        Option(
            "None: an estimate with infinite variance means nothing",
            "The estimate is still unbiased, and it converges, slowly. Some batches come near "
            "the truth.",
        ),
    ),
)

HARMLESS_STEPS = Question(
    id="predict-harmless-steps",
    prompt="At each step the log-ratio has the standard deviation 0.1, so that 95 % of the ratios "
    "lie between 0.82 and 1.21. A trajectory has 500 steps. What is ESS / N when there are very "
    "many trajectories?",
    options=(
        Option(
            "Below 0.01",
            "Ratios multiply. A thousand trajectories are worth about seven.",
            correct=True,
        ),
        Option(
            "About 0.08",
            "That is the median weight, exp(-2.5). A few large weights rule the sum of the "
            "squares, so ESS / N falls to the square of the median.",
        ),
        Option(
            "About 0.6",
            "That is its value after 50 steps. Each further step takes one per cent of "
            "what is left.",
        ),
        Option(
            "About 0.99",
            "That is its value for a single step. Here 500 of them multiply.",
        ),
    ),
)

MEAN_OF_A_BATCH = Question(
    id="predict-mean-of-a-batch",
    prompt="Again 500 steps, now with a drift of 0.2 at each. The expectation of the weight is 1. "
    "In most batches of 1,000 trajectories, the mean weight is ...",
    options=(
        Option(
            "close to 1: a mean of a thousand numbers is close to its expectation",
            "True when the spread is moderate. Here most of the expectation comes from weights "
            "so rare that most batches contain none of them.",
        ),
        Option(
            "far above 1: the weights explode",
            "In a few batches it is. They make up for all the others, in which the large weights "
            "are missing.",
        ),
        Option(
            "far below 1",
            "A typical batch contains none of the weights that make up most of the expectation.",
            correct=True,
        ),
    ),
)

CUT_OFF = Question(
    id="predict-cut-off",
    prompt="With the baseline 100, the root mean square error of the batch is 39. In a batch of "
    "1,000 trajectories, fewer than one on average has a weight above 100. You cut off all weights "
    "at 100. What happens to the error?",
    options=(
        Option(
            "It hardly changes: the cut seldom touches a trajectory",
            "The cut touches few trajectories, but these few make up most of the variance.",
        ),
        Option(
            "It falls to about 30",
            "It falls much further: weights above 100 make up more than nine tenths of the "
            "variance.",
        ),
        Option(
            "It falls to about 13",
            "Fewer than one trajectory in a thousand is changed. The standard error falls from "
            "39 to 10, and a bias of 9 comes in.",
            correct=True,
        ),
        Option(
            "It rises: the estimate is now biased",
            "The bias is real, about 9, but the standard error falls by far more.",
        ),
    ),
)

PREDICTIONS = (WHO_WARNS, CLAIMED_ERRORS, HARMLESS_STEPS, MEAN_OF_A_BATCH, CUT_OFF)
