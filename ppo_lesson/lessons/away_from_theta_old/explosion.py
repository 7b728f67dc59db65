"""The design exercise of notebook 05: make a ratio explode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Mistake
from ppo_lesson.lessons.inputs import floats

LEAST_RATIO = 50.0


def exploding_ratio() -> tuple[Tensor, Tensor, int]:
    """Design two policies and an action whose ratio, current over old, exceeds 50.

    The old policy almost never took action 0, the current one almost always does: the ratio is
    e^5, about 148.

    Returns:
        (K,) logits of the current policy, (K,) logits of the old one, and the action.
    """
    logits = torch.tensor([5.0, 0.0], dtype=torch.float64)
    old_logits = torch.tensor([0.0, 5.0], dtype=torch.float64)
    return logits, old_logits, 0


_NO_TRIPLE = "Return three things: the current policy's logits, the old policy's logits, an action."
_NO_LOGITS = (
    "Both policies need logits of the same shape (K,): one number per action, as tensors, for the "
    "same K actions."
)
_NOT_FINITE = (
    "There is an infinity or a NaN among your logits. Take finite ones: their softmax gives every "
    "action some probability, so that the old policy could have taken it."
)
_NO_ACTION = "The action has to be a whole number: an int, or a tensor that holds one."
_OUT_OF_RANGE = "There is no such action: with K logits the actions are 0 to K - 1."
_OVERFLOW = (
    "The ratio is too large for a floating point number and comes out as infinity; training would "
    "end in NaN. Logits that differ by a few units are enough."
)
_PROBABILITIES = (
    "You returned probabilities. Logits go through a softmax first, which makes numbers between 0 "
    "and 1 nearly equally likely: take the logarithm of your probabilities."
)
_SAME_POLICY = (
    "Both logits give the same policy, so every ratio is 1. A constant that is added to all logits "
    "of a policy changes no probability."
)
_UPSIDE_DOWN = (
    "Your ratio is upside down: the current policy stands above, the old one below. This action "
    "was far likelier when it was taken than it is now, so its ratio is near zero."
)
_OTHER_ACTION = "One of your ratios exceeds 50, but it is not that of the action you named."
_WAS_LIKELY = (
    "The old policy gave this action 1 in 50 or more, and the current one cannot give it more than "
    "1: such a ratio cannot exceed 50. It takes an action that was rare."
)
_STILL_RARE = (
    "The old policy hardly ever took this action, which is half of it. But the current policy "
    "does not like it enough more: raise its logit."
)


def objection_to_ratio(inputs: Mapping[str, Any], output: Any) -> str:
    """Say why a ratio does not exceed 50.

    Args:
        inputs: not used; the exercise has none.
        output: (K,) logits, (K,) old logits and the action.

    Returns:
        What is wrong, or "" where the ratio is finite and exceeds 50.
    """
    return _malformed(output) or _too_small(*_as_numbers(output))


def _malformed(output: Any) -> str:
    if not (isinstance(output, list | tuple) and len(output) == 3):
        return _NO_TRIPLE
    *policies, action = output
    if not all(isinstance(policy, Tensor) and policy.ndim == 1 for policy in policies):
        return _NO_LOGITS
    if len(policies[0]) != len(policies[1]):
        return _NO_LOGITS
    if not all(policy.isfinite().all() for policy in policies):
        return _NOT_FINITE
    if isinstance(action, Tensor):
        is_whole = action.numel() == 1 and not action.is_floating_point()
        is_whole = is_whole and action.dtype != torch.bool
    else:
        is_whole = isinstance(action, int) and not isinstance(action, bool)
    if not is_whole:
        return _NO_ACTION
    return "" if 0 <= int(action) < len(policies[0]) else _OUT_OF_RANGE


def _as_numbers(output: Any) -> tuple[Tensor, Tensor, int]:
    logits, old_logits, action = output
    return logits.double(), old_logits.double(), int(action)


def _too_small(logits: Tensor, old_logits: Tensor, action: int) -> str:
    log_prob, old_log_prob = torch.log_softmax(logits, 0), torch.log_softmax(old_logits, 0)
    log_ratio = log_prob - old_log_prob
    ratio = log_ratio.exp()
    if ratio[action] > LEAST_RATIO:
        return "" if ratio[action].isfinite() else _OVERFLOW
    if _is_distribution(logits) and _is_distribution(old_logits):
        return _PROBABILITIES
    if log_ratio.abs().max() < 1e-9:
        return _SAME_POLICY
    if ratio[action] < 1 / LEAST_RATIO:
        return _UPSIDE_DOWN
    if ratio.max() > LEAST_RATIO:
        return _OTHER_ACTION
    return _WAS_LIKELY if old_log_prob[action].exp() >= 1 / LEAST_RATIO else _STILL_RARE


def _is_distribution(policy: Tensor) -> bool:
    return bool((policy >= 0).all()) and abs(float(policy.sum()) - 1) < 1e-3


EXPLODING_RATIO = Exercise(
    id="exploding_ratio",
    minutes=5,
    prompt=(
        "Return three things, `(logits, old_logits, action)`: the logits of the current policy and "
        "of the old one in one state, both tensors of shape (K,), and one of the K actions, so "
        r"that its ratio $\pi_\theta(a \mid s) / \pi_{old}(a \mid s)$ *exceeds 50*."
        "\n\n"
        "The policies are the softmax of the logits. Choose K and any finite numbers; every right "
        "answer passes."
    ),
    reference=exploding_ratio,
    cases=(Case({}, "your two policies"),),
    hints=(
        "A fraction is large if its top is large or its bottom is small. How large can a "
        "probability get?",
        "The old policy must give the action less than 1 in 50, and the current one more than "
        "fifty times as much.",
        "Take two actions. A difference of d between the two logits gives odds of e^d to 1. Let "
        "the difference point one way in the old policy and the other way in the current one.",
    ),
    mistakes=(
        Mistake(_UPSIDE_DOWN, lambda: (floats(0, 5), floats(5, 0), 0)),
        Mistake(_PROBABILITIES, lambda: (floats(0.99, 0.01), floats(0.01, 0.99), 0)),
        Mistake(_OUT_OF_RANGE, lambda: (floats(5, 0), floats(0, 5), 2)),
        Mistake(_OVERFLOW, lambda: (floats(1000, 0), floats(0, 1000), 0)),
        Mistake(_NOT_FINITE, lambda: (floats(5, 0), floats(-torch.inf, 0), 0)),
        Mistake(_WAS_LIKELY, lambda: (floats(100, 0), floats(0, 0), 0)),
        Mistake(_STILL_RARE, lambda: (floats(1, 5), floats(0, 5), 0)),
        Mistake(_SAME_POLICY, lambda: (floats(60, 60), floats(0, 0), 0)),
        Mistake(_OTHER_ACTION, lambda: (floats(5, 0, 5), floats(0, 5, 5), 2)),
        Mistake(_NO_LOGITS, lambda: (floats(5, 0), floats(0, 5, 0), 0)),
        Mistake(_NO_ACTION, lambda: (floats(5, 0), floats(0, 5), 0.5)),
        Mistake(_NO_TRIPLE, lambda: floats(100)),
    ),
    objection=objection_to_ratio,
    solved="The ratio of your action exceeds 50.",
)
