"""What notebook 05 asks in words: a quiz, and two questions of the lecture."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

MORE_SAMPLES = Question(
    id="away-more-data",
    prompt=(
        "The current policy is far from the old one. You draw a hundred times as many samples "
        "from the old policy. Which error of the surrogate shrinks?"
    ),
    options=(
        Option(
            "Both the bias and the variance.",
            "Samples of the old policy tell better and better where the old policy is. Where "
            "the new one would be, they never say.",
        ),
        Option(
            "The variance, and not the bias.",
            "Noise averages out; old states and old advantages stay old.",
            correct=True,
        ),
        Option(
            "The bias, and not the variance.",
            "The other way round: the bias is what is left after infinitely many samples.",
        ),
        Option(
            "Neither: the ratios are as large as before.",
            "Single ratios are, but a mean of more of them has less noise, as long as their "
            "variance is finite.",
        ),
    ),
)

MEAN_RATIO = Question(
    id="away-mean-ratio",
    prompt="The mean ratio of a batch is 1.01. What follows for the health of the update?",
    options=(
        Option(
            "The policy has hardly moved.",
            "It may have moved to the other end: ratios below and above 1 balance whatever "
            "happens.",
        ),
        Option(
            "The effective sample size is near N.",
            "One ratio of 50 among many near zero has the mean 1 too, and an effective sample "
            "size near 1. Compute that instead.",
        ),
        Option(
            "The surrogate can be trusted here.",
            "The mean ratio does not look at states or rewards at all.",
        ),
        Option(
            "Nothing: its expectation is 1 for every policy.",
            "Under the old policy the ratio has mean one, near and far. Look at the "
            "largest ratio, the median and the effective sample size.",
            correct=True,
        ),
    ),
)

TINY_RATIO = Question(
    id="away-tiny-ratio",
    prompt="After some epochs a sample has the ratio 0.001. What does it do to the update?",
    options=(
        Option(
            "Next to nothing: the sample is as good as lost.",
            "A ratio near zero wastes a sample; it takes large ones to explode.",
            correct=True,
        ),
        Option(
            "It explodes, as the ratio 1000 does.",
            "On a logarithmic axis the two look alike, but the ratio multiplies the gradient: "
            "by 0.001 in one case, by 1000 in the other.",
        ),
        Option(
            "It turns the gradient round.",
            "Ratios are positive. The sign comes from the advantage alone.",
        ),
        Option(
            "It gives NaN, because the logarithm of 0 is not finite.",
            "The log-ratio is about -7, a harmless number.",
        ),
    ),
)

LARGEST_RATIO = Question(
    id="away-largest-ratio",
    prompt=(
        "When it was taken, an action had the probability 0.25. How large can its ratio become?"
    ),
    options=(
        Option(
            "There is no bound.",
            "The numerator is a probability too. What is the most it can be?",
        ),
        Option(
            "At most 1.25.",
            "You added. The ratio divides: how many times 0.25 fits into 1.",
        ),
        Option(
            "At most 4.",
            "Certainty now over a quarter then: 1 / 0.25. Explosions come from actions that were "
            "rare when they were taken.",
            correct=True,
        ),
        Option(
            "At most 1, as ratios are probabilities.",
            "A ratio of probabilities is none itself; it exceeds 1 for every action that has "
            "become likelier.",
        ),
    ),
)

ONE_STATE = Question(
    id="away-bandit",
    prompt=(
        "In a bandit (one state, one step) the expectation of the surrogate follows J "
        "everywhere; on the cliff it promises a gain where the truth is a loss. Why?"
    ),
    options=(
        Option(
            "A bandit's ratios stay small.",
            "They grow as anywhere else; that adds noise. Here we speak of the expectation.",
        ),
        Option(
            "A bandit has one state: there is no other place to be.",
            "The surrogate keeps the old policy's states and its advantages. With one "
            "state and one step neither can be out of date.",
            correct=True,
        ),
        Option(
            "The cliff needs more samples.",
            "Both curves are exact sums without sampling. No sample size closes the gap.",
        ),
        Option(
            "The cliff's rewards are negative.",
            "Flip all rewards and the surrogate errs the other way. Its error has no fixed sign.",
        ),
    ),
)

QUESTIONS = (MORE_SAMPLES, MEAN_RATIO, TINY_RATIO, LARGEST_RATIO, ONE_STATE)

RISK = OpenQuestion(
    id="risk-of-the-surrogate",
    source="concept 4",
    prompt=(
        "You keep maximising the surrogate on one batch. What is the main risk, and where does "
        "it come from? Tell apart what more data would cure and what it would not."
    ),
    model_answer=(
        "With every step the current policy moves away from the one that acted, and two "
        "different things go wrong. The variance grows: some actions that were rare are likely "
        "now, their ratios become large, and a few samples decide the whole gradient; the "
        "effective sample size falls. More data helps against this. The bias grows as well: "
        "L_IS counts states as often as the old policy visits them and judges actions by the "
        "old policy's advantages, so far from θ_old it can rise where J falls. No amount of "
        "old data helps against that. The optimiser makes both worse, because it looks for the "
        "places where the surrogate promises most, and these are where it errs most. The "
        "result is a large step in a wrong direction, and the next batch is collected by the "
        "policy that it has spoilt."
    ),
    rubric=(
        "The ratios grow with the distance, so a few samples rule the gradient: variance.",
        "The states and advantages stay those of the old policy: a bias that more old data "
        "does not cure.",
        "The cause is named: nothing in the surrogate keeps the policy near the one that "
        "acted, and a spoilt policy collects the next data.",
    ),
)

VERY_LARGE_RATIO = OpenQuestion(
    id="very-large-ratio",
    source="maths 3",
    prompt=(
        "Describe a situation in which r_t(θ) becomes very large. What does that do to the "
        "gradient of the update?"
    ),
    model_answer=(
        "The old policy gave the action a small probability, took it all the same, and the "
        "result was good. Some epochs on this batch then raise its probability: from 0.01 to "
        "0.8 the ratio is 80. It can never exceed 1 / π_old(a | s), so it takes an action that "
        "was rare when it was taken.\n\n"
        "A sample's part in the gradient of L_IS is r A ∇log π. With a ratio of 80 it counts "
        "as 80 samples do at θ_old. The mean over the batch is then decided by this one: "
        "the estimate has a high variance, the step is long, and it follows a single, perhaps "
        "lucky, observation. If the advantage is positive the step raises the ratio further as "
        "long as the probability can grow; if it is negative the step pushes hard the other "
        "way."
    ),
    rubric=(
        "A rare action under the old policy that the current one likes, with numbers or the "
        "bound 1 / π_old.",
        "The ratio multiplies the sample's gradient r A ∇log π, so one sample dominates.",
        "The consequence: high variance and steps that are too long, not a systematic error.",
    ),
)

OPEN_QUESTIONS = (RISK, VERY_LARGE_RATIO)
