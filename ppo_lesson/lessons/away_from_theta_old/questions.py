"""What notebook 05 asks in words: a quiz, and two questions to answer in writing."""

from __future__ import annotations

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

HALVED = Question(
    id="away-halved",
    prompt=(
        "After twenty epochs on one batch your policy's return has halved. Yet a fresh batch of "
        "the old policy, eight times as large, confirms the promise. What can help?"
    ),
    options=(
        Option(
            "A larger batch of the old policy.",
            "The fresh batch was larger and agrees, so little of the promise is noise. The rest is "
            "bias, which more old data leaves as it is.",
        ),
        Option(
            "A loss multiplied by 0.01, under Adam.",
            "Adam divides that out: in section 6 even ten thousand times the gradient changed the "
            "KL by a factor below 1.6.",
        ),
        Option(
            "Fewer epochs, then a new batch.",
            "Bias grows with the distance, and fewer steps go less far. In section 8 the median "
            "return had doubled after one epoch.",
            correct=True,
        ),
        Option(
            "Smaller minibatches, with the same step size and as many epochs.",
            "These are more steps of the same size, and step size times number of steps sets the "
            "distance.",
        ),
    ),
)

AT_THE_CEILING = Question(
    id="away-ceiling",
    prompt=(
        "An action had the probability 0.02 when it was taken. After some epochs its ratio is "
        "49.9. How strongly does the sample still pull at the logit of its action, compared with "
        "its pull at the ratio 25?"
    ),
    options=(
        Option(
            "About twice as strongly, as the ratio is twice as large.",
            "That is its part in the value. Its pull has the factor 1 - π as well, and π is 0.998 "
            "now.",
        ),
        Option(
            "As strongly, since no ratio can exceed 50.",
            "The ceiling is a limit of the ratio. The pull goes down on the way to it.",
        ),
        Option(
            "Hardly at all.",
            "At 25 the action has the probability 0.5, and 25 x 0.5 = 12.5. At 49.9 it has 0.998, "
            "and 49.9 x 0.002 = 0.1. A certain action has no score left.",
            correct=True,
        ),
        Option(
            "Infinitely strongly: the ratio explodes.",
            "A ratio explodes up to 1 / 0.02 = 50 and no further.",
        ),
    ),
)

FRESH_BATCH = Question(
    id="away-fresh-batch",
    prompt=(
        "After ten epochs your batch promises a large gain. You collect a second batch with the "
        "old policy and compute the mean of r A there, with the trained policy in the numerator. "
        "It is about 0. What has gone wrong?"
    ),
    options=(
        Option(
            "The states are out of date.",
            "The second batch has the same old states. A failure of the states would leave its "
            "promise as it was.",
        ),
        Option(
            "The policy has fitted the noise of the first batch.",
            "The promise does not hold even in the old policy's states. That is the variance, and "
            "a larger batch would have less of it.",
            correct=True,
        ),
        Option(
            "Nothing: on average r A is 0 for every policy, whatever it has learned.",
            "That holds for the old policy itself, where all ratios are 1. For another policy the "
            "mean of r A is the gain that the surrogate promises.",
        ),
        Option(
            "The clip was missing, without which no promise carries over to fresh samples.",
            "In section 8 most of the promise carried over without one. A clip limits how far "
            "the policy moves; it does not tell noise from signal.",
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
            "A bandit has only one state to be in.",
            "The surrogate counts states as often as the old policy visits them. With one state "
            "and one step that cannot be out of date.",
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

QUESTIONS = (HALVED, AT_THE_CEILING, FRESH_BATCH, ONE_STATE)

RISK = OpenQuestion(
    id="risk-of-the-surrogate",
    source="concept 4",
    prompt=(
        "You keep maximising the surrogate on one batch. What is the main risk, and where does "
        "it come from? Tell apart what more data would cure and what it would not."
    ),
    model_answer=(
        "With every step the current policy can move further from the one that acted, and two "
        "different things go wrong. The variance grows: some actions that were rare are likely "
        "now, their ratios are large, a few samples decide the value, and the policy fits the "
        "noise of this one batch. More old data helps against this. The bias grows as well: L_IS "
        "counts states as often as the old policy visits them, so far from θ_old it can rise where "
        "J falls. No amount of old data helps against that. Training climbs to where the surrogate "
        "promises most, and an error that looks like a gain is part of that promise. The next "
        "batch is then collected by a policy that may be worse than the old one."
    ),
    rubric=(
        "The ratios grow with the distance, so a few samples count for most: variance.",
        "The states stay those of the old policy: a bias that more old data does not cure.",
        "The cause is named: nothing in the surrogate keeps the policy near the one that acted, "
        "and the optimiser seeks what is promised.",
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
        "A sample's part in the gradient of L_IS is r A ∇log π. By the logit of the action that is "
        "r (1 - π) A: here 80 x 0.2 = 16 times A, where at θ_old it was 0.99 times A, so about 16 "
        "times as much. On the way, at the probability 0.5, it was 25 times A; at the ceiling it "
        "is 0. In between, the direction of the gradient can be decided by this one, perhaps "
        "lucky, sample: a high variance. The value, the mean of r A, keeps its full factor of 80."
    ),
    rubric=(
        "A rare action under the old policy that the current one likes, with numbers or the "
        "bound 1 / π_old.",
        "The ratio multiplies the sample's gradient r A ∇log π, so one sample can dominate; the "
        "score shrinks as the action becomes certain.",
        "The consequence: the estimate has a high variance. It is not a systematic error.",
    ),
)

OPEN_QUESTIONS = (RISK, VERY_LARGE_RATIO)
