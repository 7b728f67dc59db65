"""What notebook 04 lets the learner predict before a cell is run."""

from __future__ import annotations

from ppo_lesson.exercises.questions import Option, Question

REFRESHED_ADVANTAGES = Question(
    id="predict-refreshed-advantages",
    prompt=(
        "The surrogate promises a gain of 0.35 where the true gain is 0.58. A colleague suspects "
        "the old advantages and puts the new policy's own advantages in their place. What does the "
        "surrogate promise now?"
    ),
    options=(
        Option(
            "0.58: the old advantages were the whole error.",
            "The identity above holds exactly, and it holds with the old advantages.",
        ),
        Option(
            "Between 0.35 and 0.58: they were a part of the error.",
            "The old advantages add nothing to the error. They measure the new policy against the "
            "old one, and that is the gain.",
        ),
        Option(
            "0, whatever the true gain is.",
            "Measured against its own average, a policy gains nothing in any state.",
            correct=True,
        ),
        Option(
            "More than 0.58: the new policy's advantages are larger.",
            "Single advantages may be larger. But what do they average to under the policy that "
            "they belong to?",
        ),
    ),
)

ERROR_ORDER = Question(
    id="predict-error-order",
    prompt=(
        "The error of L_IS at the new θ is 0.23. Now go only a tenth of the way from θ_old to θ. "
        "By which factor does the error shrink?"
    ),
    options=(
        Option(
            "By about 10: a tenth of the way, a tenth of the error.",
            "That is what the gain itself does. Compare the two columns.",
        ),
        Option(
            "By about 100: the square of ten.",
            "An error of second order has slope zero at θ_old, so the two gradients agree there.",
            correct=True,
        ),
        Option(
            "Not at all: a bias does not depend on the distance.",
            "More data does not shrink this bias, but a shorter way does. With no move at all "
            "there is no error.",
        ),
        Option(
            "To exactly 0: near θ_old the surrogate is exact.",
            "It is exact at θ_old itself. A little way off there is a small error.",
        ),
    ),
)

SURROGATE_VALUE = Question(
    id="predict-surrogate-value",
    prompt=(
        "A poor, a decent and a good policy, none of them optimal, are each compared with "
        "themselves, so every ratio is 1. What are L_IS, as an exact mean, and its gradient?"
    ),
    options=(
        Option(
            "Value 1, and a gradient of length 0: a ratio of 1 is flat.",
            "The ratio is multiplied by the advantage. And a function that is 1 at a point may "
            "have any slope there.",
        ),
        Option(
            "Value 0, and a gradient of length 0: nothing is gained.",
            "That holds of the value. The gradient looks at policies nearby, and there may be "
            "something to gain.",
        ),
        Option(
            "Value 0, and a gradient that is not 0.",
            "Advantages average to zero under the policy that they belong to. The gradient is that "
            "of J.",
            correct=True,
        ),
        Option(
            "Their return J, and a gradient that is not 0.",
            "L_IS is the gain J(θ) - J(θ_old), not J itself. At θ_old nothing is gained yet.",
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
            "That is half of it. In the second slip the ratio is x / x. What is its value, "
            "wherever θ has gone?",
        ),
        Option(
            "Ratio detached: right value, no gradient. Recomputed: wrong value, no gradient.",
            "A detached ratio is still a ratio; x / x is 1 everywhere, and flat.",
            correct=True,
        ),
        Option(
            "Ratio detached: right value, no gradient. Recomputed: right value, right gradient.",
            "The two logarithms enter with opposite signs, so their gradients cancel; and the "
            "ratio of a policy to itself is 1.",
        ),
        Option(
            "Both slips: wrong value, right gradient.",
            "It is the other way round for the first: detach changes no value; it only stops the "
            "gradient.",
        ),
    ),
)

PREDICTIONS = (
    REFRESHED_ADVANTAGES,
    ERROR_ORDER,
    SURROGATE_VALUE,
    DETACH_SLIPS,
)
