"""An experiment, recorded: what does it cost PPO that its actor is some updates behind?

An arm has a lag and a way to update: the clip around the behaviour policy that has acted; around
the learner's own old policy, without a weight; or around that, with weights between the two. A
control has no lag: fresh rollouts of half as many samples, with as many gradient steps. Each arm is trained at several step sizes of Adam; the best is chosen by other seeds than
those whose returns are reported.

Training amplifies the last digits in which machines differ, so the result is stored beside this
module; `python -m ppo_lesson experiments staleness` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_seed
from ppo_lesson.training.config import PPOConfig, settle_counts
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.ppo import ppo_update
from ppo_lesson.training.session import Parts, train_with
from ppo_lesson.training.staleness import (
    decoupled_update,
    rescored_update,
    rollouts_behind,
    score,
)
from ppo_lesson.training.statistics import Interval, mean_interval

STORED = Path(__file__).with_name("staleness.json")
COMMAND = "python -m ppo_lesson experiments staleness"
NUM_SEEDS = 10  # 0 to 9, whose returns are reported
CHOOSING_SEEDS = range(100, 105)  # by which an arm's step size is chosen
LAGS = (0, 2, 4, 8)
STEP_SIZES = (0.005, 0.015, 0.045, 0.135)
NUM_UPDATES = 40
EVALUATED = (24, 28, 32, 36, 40)  # after so many updates
NUM_EPISODES = 20  # of each evaluation
LAST = 3  # evaluations, whose mean is the return of a run

UPDATES: dict[str, Callable[..., Any]] = {
    "behaviour": ppo_update,
    "old, no weight": rescored_update,
    "old, weighted": decoupled_update,
}
"""Where the clip's centre is -> the update."""


@dataclass(frozen=True)
class Arm:
    """One way to learn."""

    lag: int
    centre: str = "behaviour"  # a key of UPDATES
    num_envs: int = 16

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        settle_counts(self, "num_envs")
        if self.centre not in UPDATES:
            raise ValueError(f"centre: expected one of {list(UPDATES)}, got {self.centre!r}")

    @property
    def id(self) -> str:
        """Name it, as "lag 4, behaviour" or "fresh, 8 environments"."""
        if self.lag:
            return f"lag {self.lag}, {self.centre}"
        return f"fresh, {self.num_envs} environments"

    def config(self, step_size: float) -> PPOConfig:
        """Return the settings to train with: 8 gradient steps on each rollout."""
        return PPOConfig(
            total_steps=10**9,  # the number of updates ends it
            num_envs=self.num_envs,
            num_steps=16,
            minibatch_size=8 * self.num_envs,
            learning_rate=step_size,
            anneal_learning_rate=False,
        )


ARMS = {
    arm.id: arm
    for arm in (
        *(Arm(0, num_envs=n) for n in (16, 8)),
        *(Arm(lag, centre) for lag in LAGS[1:] for centre in UPDATES),
    )
}
FRESH = "fresh, 16 environments"


def run(arm: str, step_size: float, seed: int) -> dict[str, list[float]]:
    """Train once.

    Args:
        arm: a key of ARMS.
        step_size: Adam's.
        seed: of the training; the evaluation's episodes take one of their own from it.

    Returns:
        "return" of fresh episodes, one for each of EVALUATED; before each update "ess", the
        effective sample size of the weights learner / actor as a share of the samples, and "kl",
        the k3 estimate of KL(actor || learner), in nats.
    """
    seed, how = check_seed(seed), ARMS[arm]
    found: dict[str, list[float]] = {"return": [], "ess": [], "kl": []}

    def update(policy, optimizer, batch, *rest):
        log_prob = score(policy, batch)
        ess = maths.effective_sample_size(log_prob - batch.old_log_prob) / len(log_prob)
        found["ess"].append(significant(ess.item(), 4))
        found["kl"].append(significant(maths.kl_k3(log_prob, batch.old_log_prob).item(), 4))
        return UPDATES[how.centre](policy, optimizer, batch, *rest)

    def watch(result: TrainingResult) -> bool:
        if not result.stopped and len(result.history) in EVALUATED:
            played = evaluate(result.policy, NUM_EPISODES, 10_000 + seed)
            found["return"].append(round(played.mean().item(), 1))
        return len(result.history) >= NUM_UPDATES

    parts = Parts(rollouts=rollouts_behind(how.lag), update=update)
    whole(train_with(parts, how.config(step_size), seed=seed, watch=watch))
    return found
