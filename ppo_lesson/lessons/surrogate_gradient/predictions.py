"""What notebook 04 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

STALE_RETURNS = Question(
    id="predict-stale-returns",
    prompt=(
        "The data comes from the coin, the new policy prefers to go on. You average the "
        "returns of the data. Is that a fair guess of what the new policy will earn?"
    ),
    options=(
        Option(
            "About right: the world is the same.",
            "The doors and prizes are the same, but who walks through them is not. The mean "
            "return of the data is that of the policy which made it.",
        ),
        Option(
            "Too high: the new policy risks more.",
            "Going on does cost time, but the prizes further on are larger, and two steps are "
            "often enough. Compare the two numbers.",
        ),
        Option(
            "Too low: the new policy reaches better prizes.",
            "The average tells about the coin, whatever policy you ask about.",
            correct=True,
        ),
    ),
)

ERROR_ORDER = Question(
    id="predict-error-order",
    prompt=(
        "The error of L_IS is a product of two factors that are both zero at θ_old. You walk "
        "only a tenth of the way from θ_old to θ. By which factor does the error shrink?"
    ),
    options=(
        Option(
            "By about 10: a tenth of the way, a tenth of the error.",
            "That is true of the gain, and of each factor. The error is a product of two.",
        ),
        Option(
            "By about 100: each of the two factors shrinks by 10.",
            "An error of second order has slope zero at θ_old: that is the theorem.",
            correct=True,
        ),
        Option(
            "It stays the same: a bias does not depend on the distance.",
            "More data does not shrink this bias, but a shorter way does: with no move at all "
            "there is nothing to be wrong about.",
        ),
        Option(
            "To zero: near θ_old the surrogate is exact.",
            "It is exact at θ_old, and its slope is. A little away there is a small error.",
        ),
    ),
)

SURROGATE_VALUE = Question(
    id="predict-surrogate-value",
    prompt=(
        "At θ_old every ratio is 1. What is the value of L_IS there: for a poor policy, for a "
        "decent one, for a good one?"
    ),
    options=(
        Option(
            "1 for all of them, as the ratio is 1.",
            "The ratio is multiplied with the advantage. What is the mean advantage of a "
            "policy's own actions?",
        ),
        Option(
            "The better the policy, the larger the value.",
            "That is J. The surrogate measures with the policy's own average as zero mark, and "
            "that mark moves along with the policy.",
        ),
        Option(
            "The return J of the policy.",
            "L_IS estimates the gain J(θ) - J(θ_old), not J itself. At θ_old nothing is gained "
            "yet.",
        ),
        Option(
            "0 for all of them.",
            "Advantages average to zero under the policy that they belong to. The "
            "gradient is another matter.",
            correct=True,
        ),
    ),
)

DETACH_SLIPS = Question(
    id="predict-detach-slips",
    prompt=(
        "Two slips: the whole ratio is detached; or the old log-probability is recomputed from "
        "the same network and not detached. Away from θ_old, what happens to the value and to "
        "the gradient of the loss?"
    ),
    options=(
        Option(
            "Both slips: right value, no gradient.",
            "Half of it. In the second slip the ratio is x / x: which value has that, wherever "
            "θ has gone?",
        ),
        Option(
            "Ratio detached: right value, no gradient. Recomputed: wrong value, no gradient.",
            "A detached ratio still is a ratio; x / x is 1 everywhere, and flat.",
            correct=True,
        ),
        Option(
            "Ratio detached: right value, no gradient. Recomputed: right value, gradient.",
            "The two logarithms enter with opposite signs, so their gradients cancel; and the "
            "ratio of a policy with itself is 1.",
        ),
        Option(
            "Both slips: wrong value, right gradient.",
            "The other way round for the first: detach never changes a value, it only cuts the "
            "way of the gradient.",
        ),
    ),
)

PREDICTIONS = (
    STALE_RETURNS,
    ERROR_ORDER,
    SURROGATE_VALUE,
    DETACH_SLIPS,
)
