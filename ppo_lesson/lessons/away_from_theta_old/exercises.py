"""What notebook 05 asks: how few samples rule a batch, and a ratio that explodes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, drawn_samples, floats
from ppo_lesson.maths import gradient_share

# top times N is a whole number up to rounding in every case, of which there are two: 0.29 * 100 is
# a little below 29 in floating point, and 0.07 * 100 a little above 7.


def _case(
    ratio: list[float], prob: list[float], advantage: list[float], top: float, label: str
) -> Case:
    columns = {"ratio": ratio, "prob": prob, "advantage": advantage}
    return Case({name: floats(*column) for name, column in columns.items()} | {"top": top}, label)


def _drawn_case(num_samples: int, seed: int, top: float) -> Case:
    """Two actions, whose old policy has moved its logits by up to 2.7."""
    batch = drawn_samples(num_samples, seed)
    old_prob = batch["old_log_prob"].exp().clamp(max=0.9)
    prob = torch.sigmoid(old_prob.logit() + 3 * (batch["log_prob"] - batch["old_log_prob"]))
    inputs = {"ratio": prob / old_prob, "prob": prob, "advantage": batch["advantage"], "top": top}
    return Case(inputs, f"the top {round(top * num_samples)} of {num_samples} samples")


def _pull(ratio: Tensor, prob: Tensor, advantage: Tensor) -> Tensor:
    return (ratio * (1 - prob) * advantage).abs()


def _top(size: Tensor, top: float) -> Tensor:
    return size.topk(math.ceil(top * len(size) - 1e-9)).values


def _held_of(size: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Function:
    """Answer with the right share of the wrong sizes."""

    def answer(ratio: Tensor, prob: Tensor, advantage: Tensor, top: float) -> Tensor:
        sizes = size(ratio, prob, advantage)
        return _top(sizes, top).sum() / sizes.sum()

    return answer


def _first_in_line(ratio: Tensor, prob: Tensor, advantage: Tensor, top: float) -> Tensor:
    pull = _pull(ratio, prob, advantage)
    return pull[: round(top * len(pull))].sum() / pull.sum()


def _of_largest_ratios(ratio: Tensor, prob: Tensor, advantage: Tensor, top: float) -> Tensor:
    pull = _pull(ratio, prob, advantage)
    return pull[ratio.topk(round(top * len(pull))).indices].sum() / pull.sum()


def _smallest(ratio: Tensor, prob: Tensor, advantage: Tensor, top: float) -> Tensor:
    pull = _pull(ratio, prob, advantage)
    return -_top(-pull, top).sum() / pull.sum()


def _with_count(rounded: Callable[[float], int]) -> Function:
    def answer(ratio: Tensor, prob: Tensor, advantage: Tensor, top: float) -> Tensor:
        pull = _pull(ratio, prob, advantage)
        return pull.topk(rounded(top * len(pull))).values.sum() / pull.sum()

    return answer


def _equal_samples_share_equally(answer: Function) -> bool:
    ratio, prob = floats(0.5, 2.0, 1.0, 4.0), floats(0.2, 0.5, 0.75, 0.8)
    advantage = floats(-5.0, 2.0, 8.0, -2.5)  # so that every sample pulls with 2
    return all(
        agree(answer(ratio=ratio, prob=prob, advantage=advantage, top=top), floats(top)[0])
        for top in (0.25, 0.5, 0.75)
    )


_FOUR = floats(0.5, 3.0, 1.0, 4.0), floats(0.3, 0.6, 0.1, 0.7), floats(-4.0, 1.0, 2.0, -0.9)


def _signs_do_not_matter(answer: Function) -> bool:
    ratio, prob, advantage = (column.clone() for column in _FOUR)
    signed = answer(ratio=ratio, prob=prob, advantage=advantage, top=0.5)
    return agree(signed, answer(ratio=ratio, prob=prob, advantage=advantage.abs(), top=0.5))


def _order_does_not_matter(answer: Function) -> bool:
    ratio, prob, advantage = (column.clone() for column in _FOUR)
    turned = answer(ratio=ratio.flip(0), prob=prob.flip(0), advantage=advantage.flip(0), top=0.25)
    return agree(turned, answer(ratio=ratio, prob=prob, advantage=advantage, top=0.25))


_SIGNED_BELOW = (
    "You found the strongest samples by their absolute pull, but signed pulls are left in your "
    "quotient, where they cancel. A pull downwards counts as much as one upwards, above the line "
    "and below it."
)

_NO_SCORE = (
    "The factor 1 - prob is missing: this is the share of the surrogate's own sum of |r A|, not of "
    "its gradient. A sample whose action is certain holds much of the one and nothing of the other."
)

GRADIENT_SHARE = Exercise(
    id="gradient_share",
    minutes=7,
    prompt=(
        "A sample pulls at the logit of its own action with the strength "
        "$|\\,r\\,(1 - \\pi)\\,A\\,|$. Write the share of the whole pull, summed over the batch, "
        "that the strongest samples hold."
        "\n\n"
        "`ratio`, `prob` and `advantage` have the shape (N,); `prob` is $\\pi_\\theta(a \\mid s)$, "
        "the probability of the action *now*. `top` is the fraction of samples that count as the "
        "strongest: with `top = 0.1` and 40 samples they are 4. (`top` times N is a whole number "
        "up to rounding.) Return a tensor of shape (), between 0 and 1."
    ),
    reference=gradient_share,
    cases=(
        _case([1.5, 0.5], [0.6, 0.2], [-2.0, 1.0], 0.5, "the stronger of two samples, its A < 0"),
        _case(
            [0.5, 3.0, 1.0, 1.2],
            [0.2, 0.6, 0.3, 0.5],
            [6.0, 0.4, -1.0, 2.0],
            0.25,
            "the largest ratio is not on top",
        ),
        _case(
            [1.0, 1.1, 40.0, 0.9, 1.2],
            [0.5, 0.4, 0.8, 0.6, 0.3],
            [1.0, -2.0, -1.5, 0.5, 1.0],
            0.2,
            "one ratio has exploded",
        ),
        _case(
            [1.0, 1.1, 45.0, 0.9],
            [0.5, 0.6, 1.0, 0.4],
            [1.0, -2.0, 2.0, 0.5],
            0.25,
            "one ratio is at its ceiling",
        ),
        _case([0.8, 1.3, 2.0, 0.6], [0.4, 0.7, 0.9, 0.2], [1.0, 0.5, 2.5, 3.0], 0.5, "all A > 0"),
        _drawn_case(10, 45, 0.3),
        _drawn_case(40, 46, 0.05),
        _drawn_case(100, 47, 0.29),
        _drawn_case(100, 48, 0.07),
    ),
    hints=(
        "A strong pull downwards is a strong pull. And the strongest samples need not come first.",
        "Sort the absolute products, add up the largest `top` times N of them, divide by the sum "
        "of all absolute products.",
        "pull = the absolute value of ratio times (1 - prob) times advantage; its method "
        ".topk(count) has the largest ones in .values. For count, round top * N to an int.",
    ),
    mistakes=(
        Mistake(
            "You returned the share of samples, which is what came in as top. The question is "
            "which share of the pull these samples hold.",
            lambda ratio, prob, advantage, top: torch.tensor(
                round(top * len(ratio)) / len(ratio), dtype=ratio.dtype
            ),
        ),
        Mistake(
            _NO_SCORE,
            _held_of(lambda ratio, prob, advantage: (ratio * advantage).abs()),
        ),
        Mistake(
            _NO_SCORE + " (And round top * N: int() cuts off decimals.)",
            lambda ratio, prob, advantage, top: (
                (ratio * advantage).abs().topk(math.floor(top * len(ratio))).values.sum()
                / (ratio * advantage).abs().sum()
            ),
        ),
        Mistake(
            "You multiplied by prob where 1 - prob belongs. The more certain an action is, the "
            "less its logit can still change its probability.",
            _held_of(lambda ratio, prob, advantage: (ratio * prob * advantage).abs()),
        ),
        Mistake(
            "You looked at the ratios alone. A huge ratio with a tiny advantage pulls little: "
            "multiply the two first.",
            _held_of(lambda ratio, prob, advantage: ratio),
        ),
        Mistake(
            "The advantage is missing. A huge ratio with a tiny advantage pulls little.",
            _held_of(lambda ratio, prob, advantage: ratio * (1 - prob)),
        ),
        Mistake(
            "The absolute value is missing: positive and negative pulls cancel in your sums, and a "
            "share can leave the range from 0 to 1.",
            _held_of(lambda ratio, prob, advantage: ratio * (1 - prob) * advantage),
        ),
        Mistake(
            _SIGNED_BELOW,
            lambda ratio, prob, advantage, top: (
                _top(_pull(ratio, prob, advantage), top).sum()
                / (ratio * (1 - prob) * advantage).sum().abs()
            ),
        ),
        Mistake(
            _SIGNED_BELOW,
            lambda ratio, prob, advantage, top: (
                _top(_pull(ratio, prob, advantage), top).sum()
                / (ratio * (1 - prob) * advantage).sum()
            ),
        ),
        Mistake(
            "You took the first samples, not the strongest: sort before you cut.",
            _first_in_line,
        ),
        Mistake(
            "You chose the samples by their ratio. The strongest are those with the largest "
            "product of ratio, 1 - prob and advantage.",
            _of_largest_ratios,
        ),
        Mistake(
            "You added up the weakest samples: the sorting runs the other way.",
            _smallest,
        ),
        Mistake(
            "You looked at the advantages alone. The ratio is what explodes: multiply it in.",
            _held_of(lambda ratio, prob, advantage: advantage.abs()),
        ),
        Mistake(
            "The ratio is missing: this is the pull before the first step, when every ratio is 1.",
            _held_of(lambda ratio, prob, advantage: ((1 - prob) * advantage).abs()),
        ),
        Mistake(
            "You divided the mean of the strongest by the mean of all. A share is a sum divided by "
            "a sum.",
            lambda ratio, prob, advantage, top: (
                _top(_pull(ratio, prob, advantage), top).mean()
                / _pull(ratio, prob, advantage).mean()
            ),
        ),
        Mistake(
            "This is the pull of the strongest samples itself. Divide by the pull of all samples "
            "to make it a share.",
            lambda ratio, prob, advantage, top: _top(_pull(ratio, prob, advantage), top).sum(),
        ),
        Mistake(
            "You cut off decimals, as int(), floor and // do. In floating point 0.29 * 100 is "
            "28.999999999999996, which must count as 29 samples and not as 28: round.",
            _with_count(math.floor),
        ),
        Mistake(
            "You rounded up. In floating point 0.07 * 100 is 7.000000000000001, which must count "
            "as 7 samples and not as 8: round to the nearest.",
            _with_count(math.ceil),
        ),
    ),
    properties=(
        Property(
            "Where every sample pulls equally hard, the top fraction holds that fraction of the "
            "pull.",
            _equal_samples_share_equally,
        ),
        Property("The sign of an advantage does not change the share.", _signs_do_not_matter),
        Property(
            "The share does not depend on the order in which the samples are listed.",
            _order_does_not_matter,
        ),
    ),
)
