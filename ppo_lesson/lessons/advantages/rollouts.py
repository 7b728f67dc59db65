"""Small rollouts with every way an episode can end: what gae is tried on."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case
from ppo_lesson.lessons.inputs import normal

Place = tuple[int, ...]  # step and environment


def last_row(flags: Tensor) -> Tensor:
    """Mark the last row of a rollout."""
    last = torch.zeros_like(flags)
    last[-1] = True
    return last


def _rollout(
    seed: int,
    shape: tuple[int, ...],
    terminated: tuple[Place, ...] = (),
    truncated: tuple[Place, ...] = (),
    gamma: float = 0.9,
    gae_lambda: float = 0.8,
) -> dict[str, Tensor | float]:
    """Make a rollout; inside an episode next_value is the next row's value, as in a real one."""
    reward, value, after_an_end = (3 * normal(seed, 3, *shape)).round(decimals=1)
    ends = torch.zeros(2, *shape, dtype=torch.bool)
    for flags, places in zip(ends, (terminated, truncated), strict=True):
        for place in places:
            flags[place] = True
    next_row_is_elsewhere = ends[0] | ends[1] | last_row(ends[0])
    return {
        "reward": reward,
        "value": value,
        "next_value": torch.where(next_row_is_elsewhere, after_an_end, value.roll(-1, 0)),
        "terminated": ends[0],
        "truncated": ends[1],
        "gamma": gamma,
        "gae_lambda": gae_lambda,
    }


_INPUTS = {
    "one step, cut by the end of the rollout": _rollout(1, (1, 1)),
    "one step that terminates": _rollout(2, (1, 1), terminated=((0, 0),)),
    "one step that is truncated": _rollout(3, (1, 1), truncated=((0, 0),)),
    "two steps of one episode": _rollout(4, (2, 1)),
    "terminated after the first of two steps": _rollout(5, (2, 1), terminated=((0, 0),)),
    "truncated after the first of two steps": _rollout(6, (2, 1), truncated=((0, 0),)),
    "both flags at the same step": _rollout(7, (2, 1), ((0, 0),), ((0, 0),)),
    "an end of either kind in the last row": _rollout(8, (3, 2), ((2, 0),), ((2, 1),), 0.8, 0.5),
    "lambda = 0": _rollout(9, (3, 1), ((1, 0),), gae_lambda=0.0),
    "nothing is discounted": _rollout(10, (4, 1), (), ((1, 0),), 1.0, 1.0),
    "three environments, each with ends of its own": _rollout(
        11, (6, 3), ((1, 0), (4, 0), (3, 2)), ((2, 1), (0, 2)), 0.95, 0.6
    ),
}
_ONE_ENVIRONMENT = "there is one environment and the shape is (T,)"

ROLLOUTS = {label: Case(inputs, label) for label, inputs in _INPUTS.items()} | {
    _ONE_ENVIRONMENT: Case(_rollout(12, (4,), ((0,),), ((2,),)), _ONE_ENVIRONMENT, edge=True)
}
