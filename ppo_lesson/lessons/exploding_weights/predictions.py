"""What notebook 03 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

WHO_WARNS = Question(
    id="predict-who-warns",
    prompt="5,000 trips of the old policy, none over the bridge. You weigh them for the new "
    "policy, which takes the bridge twice in a thousand trips. Which number of the batch "
    "warns you?",
    options=(
        Option(
            "The standard error: it comes out large",
            "It is computed from the trips on file. None of them knows of a breakdown, so it "
            "comes out as small as if there were none.",
        ),
        Option(
            "The effective sample size: it comes out small",
            "It looks at how unequal the weights are, and those of the three routes on file are "
            "all near one.",
        ),
        Option(
            "The mean weight: it comes out far from one",
            "It misses the bridge's share of the new policy's trips, 0.002. A hole of half of "
            "the trips would show; this one hides in the noise.",
        ),
        Option(
            "None of them",
            "What never came has no weight. All three numbers are healthy, and the estimate is "
            "wrong.",
            correct=True,
        ),
    ),
)

CLAIMED_ERRORS = Question(
    id="predict-claimed-errors",
    prompt="The target is a normal distribution, the proposal has half its standard deviation. "
    "A thousand batches of 1,000 samples; each reports its estimate and an interval of two "
    "standard errors around it. Which share of the intervals contains the truth?",
    options=(
        Option(
            "About 95 %: that is what two standard errors mean",
            "It is, where the estimate is nearly normal and its standard error nearly right. "
            "With an infinite variance neither holds.",
        ),
        Option(
            "Nearly all: infinite variance makes the intervals very wide",
            "The variance is infinite; what a batch computes never is. A batch that has not met "
            "a large weight computes a small one.",
        ),
        Option(
            "About half",
            "Most batches have not met the large weights: their estimate is too low and "
            "their interval too narrow, at the same time and for the same reason.",
            correct=True,
        ),
        Option(
            "None: no estimate with infinite variance means anything",
            "The estimate is still unbiased and still converges, slowly. Some batches are near, "
            "and those with a jump have wide intervals.",
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
            "Ratios multiply. Of every thousand trajectories, seven are left.",
            correct=True,
        ),
        Option(
            "About 0.08",
            "That is the median weight, exp(-2.5). The sum of the squares is ruled by the "
            "few large weights, so ESS / N falls to the square of it.",
        ),
        Option(
            "About 0.6",
            "So it is after 60 steps. Each further step takes one per cent of what is left.",
        ),
        Option(
            "About 0.99",
            "So it is for a single step. 500 of them multiply.",
        ),
    ),
)

MEAN_OF_A_BATCH = Question(
    id="predict-mean-of-a-batch",
    prompt="The same 500 steps with a drift of 0.2 each. The expectation of the weight is 1. In "
    "most batches of 1,000 trajectories, the mean weight is ...",
    options=(
        Option(
            "close to 1: means of a thousand numbers are close to their expectation",
            "They are when the spread is moderate. Here the expectation is carried by weights "
            "so rare that most batches hold none.",
        ),
        Option(
            "far above 1: the weights explode",
            "In a few batches it is, and far. They make up for all the others, in which the "
            "large weights are missing.",
        ),
        Option(
            "far below 1",
            "The expectation stays 1 because a rare batch has an enormous mean. The typical one "
            "has not met the weights that matter.",
            correct=True,
        ),
    ),
)

PREDICTIONS = (WHO_WARNS, CLAIMED_ERRORS, HARMLESS_STEPS, MEAN_OF_A_BATCH)
