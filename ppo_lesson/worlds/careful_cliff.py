"""The cliff with a second parameter, and all that endless episodes on it can show: four rows.

The first parameter is the courage of `cliff_logits`. The second is care: it makes bad rarer and
leaves go alone. Its wheel is stiff: one unit of it moves a logit by 0.3 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_count, check_floats
from ppo_lesson.worlds.mdp import advantages, occupancy
from ppo_lesson.worlds.small_worlds import cliff_logits, cliff_mdp

CARE = 0.3  # logits per unit of care
# The four decisions that matter, as (state, action); a state is only met at the step of its number.
DECISIONS = ("start, stay", "start, go", "there, good", "there, bad")
STATE, ACTION = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
# By how much a unit of care lowers each logit: that of bad, there.
HELD_BACK = torch.tensor([[0.0, 0.0], [0.0, CARE], [0.0, 0.0]], dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class CliffData:
    """Hold what infinitely many episodes of one policy say, one row per entry of `DECISIONS`.

    Args:
        old_log_prob: (4,) log pi_old(a|s).
        weight: (4,) how often per episode the state is met and the action taken.
        advantage: (4,) true advantage under the old policy.
    """

    old_log_prob: Tensor
    weight: Tensor
    advantage: Tensor

    @property
    def weighted_advantage(self) -> Tensor:
        """Give 4 weight A, (4,): with it, a loss that averages over samples is exact.

        The mean of four rows r_i (4 weight_i A_i) is the expectation of r A per episode; and as
        min(r A, clip(r) A) grows in proportion to A, the same holds for the clipped loss.
        """
        return len(self.weight) * self.weight * self.advantage


def careful_cliff_logits(theta: Tensor) -> Tensor:
    """Build the policy of courage and care on `cliff_mdp`.

    pi(go|start) = sigmoid(theta_0 - 2), pi(bad|there) = sigmoid(theta_0 - 0.3 theta_1 - 4)

    Args:
        theta: (2,) courage and care, float64; without care it is `cliff_logits`.

    Returns:
        (3, 2) logits, differentiable in theta.

    Raises:
        ValueError: theta is not (2,).
    """
    check_floats("P", {"P": 2}, theta=theta)
    return cliff_logits(theta[0]) - HELD_BACK * theta[1]


def careful_cliff_log_prob(theta: Tensor) -> Tensor:
    """Look up log pi(a|s) of the four decisions, for theta (2,): (4,), differentiable."""
    return careful_cliff_logits(theta).log_softmax(-1)[STATE, ACTION]


def careful_cliff_data(old_theta: Tensor) -> CliffData:
    """Let the policy of old_theta (2,) play for ever, and keep the four rows; no graph is left."""
    with torch.no_grad():
        mdp, logits = cliff_mdp(), careful_cliff_logits(old_theta)
        old_log_prob = careful_cliff_log_prob(old_theta)
        met = occupancy(mdp, logits)[STATE, STATE]
        return CliffData(
            old_log_prob, met * old_log_prob.exp(), advantages(mdp, logits)[STATE, STATE, ACTION]
        )


def ascend(
    data: CliffData,
    num_steps: int,
    theta: Tensor,
    clip_epsilon: float | None = None,
    step_size: float = 2.0,
) -> Tensor:
    """Climb the surrogate of endless data by plain gradient steps, or the clipped one.

    The slope is the sum over `DECISIONS` of weight A r times the score, where the clip leaves the
    sample a gradient. It is worked out in Python's numbers: a step takes microseconds, and what is
    at rest shows after thousands.

    Args:
        data: of the old policy.
        num_steps: K, 0 or more.
        theta: (2,) where to begin.
        clip_epsilon: half-width of the clip's interval; None climbs the surrogate without a clip.
        step_size: length of a step per unit of slope.

    Returns:
        (K + 1, 2) the path, from theta on.
    """
    num_steps = check_count("num_steps", num_steps, 0)
    edge = math.inf if clip_epsilon is None else clip_epsilon
    pull = (data.weight * data.advantage).tolist()
    old = data.old_log_prob.exp().tolist()
    path = [tuple(theta.tolist())]
    for _ in range(num_steps):
        courage, care = path[-1]
        go, bad = _sigmoid(courage - 2), _sigmoid(courage - CARE * care - 4)
        score = ((-go, 0.0), (1 - go, 0.0), (-bad, CARE * bad), (1 - bad, CARE * (bad - 1)))
        for a, old_prob, prob, (by_courage, by_care) in zip(
            pull, old, (1 - go, go, 1 - bad, bad), score, strict=True
        ):
            ratio = prob / old_prob
            if math.copysign(1, a) * (ratio - 1) <= edge:
                courage += step_size * a * ratio * by_courage
                care += step_size * a * ratio * by_care
        path.append((courage, care))
    return torch.tensor(path, dtype=torch.float64)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
