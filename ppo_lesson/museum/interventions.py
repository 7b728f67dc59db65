"""An experiment, recorded: causes that notebook 09 names are taken away. Do their effects go?

Three faults, ten seeds of each arm, from the same seeds so that arms can be compared seed by seed:

- *rewards that are not scaled*: actor and critic share one limit on the length of their gradient.
  One arm gives each its own limit. Another one lets the critic predict in units of ten, so that
  larger targets are no further away for it. The last one does both;
- *a column of advantages* (exhibit A): the pairs of a ratio with its own advantage are weighted so
  that, on average over minibatches, the right gradient cancels; or they are left out;
- *the TD error's wrong sign* (exhibit G): actor and critic have their own limits.

It takes minutes, and training amplifies the last digits in which machines differ, so the result is
stored beside this module; `python -m ppo_lesson experiments interventions` makes it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from gymnasium.vector import VectorEnv
from torch import Tensor, nn

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.shapes import check_between, check_count, check_floats, check_positive
from ppo_lesson.museum.record import FAULTS
from ppo_lesson.training import ppo
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import world_sizes
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import RIGHT, Parts
from ppo_lesson.training.statistics import Interval, mean_interval

STORED = Path(__file__).with_name("interventions.json")
COMMAND = "python -m ppo_lesson experiments interventions"
NUM_SEEDS = 10
ITERATIONS_BETWEEN = 4  # two records
NUM_EPISODES = 20  # of each evaluation
MEASURED = ("return", "approx_kl", "explained_variance")
UNIT = 10.0  # of the critic that predicts in another unit


def update_with_own_limits(
    policy: ActorCritic,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    config: PPOConfig,
    generator: torch.Generator,
    policy_loss: Callable[..., Tensor],
) -> list[float]:
    """Update as `ppo_update` does, but shorten actor's and critic's gradient each by itself."""
    norms = []
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            loss = ppo.ppo_loss(policy, batch.select(index), config, policy_loss)
            optimizer.zero_grad()
            loss.backward()
            pair = [
                nn.utils.clip_grad_norm_(
                    network.parameters(), config.max_gradient_norm, error_if_nonfinite=True
                )
                for network in (policy.actor, policy.critic)
            ]
            optimizer.step()
            norms.append(torch.stack(pair).norm().item())
    return norms


class _InUnits(ActorCritic):
    def value(self, obs: Tensor) -> Tensor:
        return UNIT * super().value(obs)


def predicts_in_units(
    env: VectorEnv, hidden_sizes: tuple[int, ...], generator: torch.Generator
) -> ActorCritic:
    """Build an actor-critic whose critic's output is multiplied by UNIT."""
    return _InUnits(*world_sizes(env), hidden_sizes, generator)


def right_multiple(num_samples: int, minibatch_size: int, own_weight: float = 1.0) -> float:
    """Return how much of the right gradient exhibit A has on average, at a ratio of 1.

    Where every ratio meets every advantage, a minibatch of n has the gradient
    (mean A) (mean score). Drawn from N samples whose advantages have mean 0, that is on average
    (1/n) (N - n) / (N - 1) times the right gradient, the mean of A times score over the N; with
    own pairs weighted by w it is (1/n) [(N - n) / (N - 1) + w - 1] times.

    Args:
        num_samples: N, 2 or more.
        minibatch_size: n, 1 to N.
        own_weight: w, of the n pairs of a ratio with its own advantage, among n * n.
    """
    total = check_count("num_samples", num_samples, 2)
    size = check_count("minibatch_size", minibatch_size, 1, total)
    check_between(-math.inf, math.inf, own_weight=own_weight)
    return ((total - size) / (total - 1) + own_weight - 1) / size


def all_pairs_loss(
    log_prob: Tensor,
    old_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    own_weight: Callable[[int], float],
) -> Tensor:
    """Compute the loss of exhibit A, with another weight for each ratio's own advantage.

    Args:
        log_prob: (n,) under the current policy.
        old_log_prob: (n,) under the policy that acted.
        advantage: (n,) of each action.
        clip_epsilon: half-width of the clip.
        own_weight: size of the minibatch -> weight of own pairs; all others have 1.
    """
    check_floats("n", log_prob=log_prob, old_log_prob=old_log_prob, advantage=advantage)
    check_positive(clip_epsilon=clip_epsilon)
    ratio, column = maths.policy_ratio(log_prob, old_log_prob), advantage.unsqueeze(-1)
    clipped = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    pairs = torch.minimum(ratio * column, clipped * column)
    extra = own_weight(len(ratio)) - 1
    return -(pairs.sum() + extra * pairs.diagonal().sum()) / pairs.numel()


def _weighted(
    policy: ActorCritic,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    config: PPOConfig,
    generator: torch.Generator,
    _: Callable[..., Tensor],
    *,
    balanced: bool,
) -> list[float]:
    """Update by `all_pairs_loss`: own pairs weighted so that `right_multiple` is 0, or by 0."""
    total = len(batch.action)

    def own_weight(size: int) -> float:
        return (size - 1) / (total - 1) if balanced else 0.0

    loss = partial(all_pairs_loss, own_weight=own_weight)
    return ppo.ppo_update(policy, optimizer, batch, config, generator, loss)


@dataclass(frozen=True)
class Arm:
    """One way to train: a fault, and what is taken away from it."""

    id: str
    title: str  # what is done, as a table says it
    changes: dict[str, Any] = field(default_factory=dict)  # of PPOConfig: name -> value
    parts: Parts = RIGHT

    @property
    def config(self) -> PPOConfig:
        """The settings to train with."""
        return replace(PPOConfig(), **self.changes)


_RAW = {"reward_scale": 1.0}
_OWN = Parts(update=update_with_own_limits)
_UNITS = Parts(make_policy=predicts_in_units)
_BOTH = replace(_OWN, make_policy=predicts_in_units)
_A, _G = FAULTS["all-with-all"].parts, FAULTS["swapped-sign"].parts
_BALANCED = Parts(update=partial(_weighted, balanced=True))
_LEFT_OUT = Parts(update=partial(_weighted, balanced=False))
ARMS = {
    arm.id: arm
    for arm in (
        Arm("scaled", "rewards scaled"),
        Arm("scaled-own", "rewards scaled, own limits", parts=_OWN),
        Arm("raw", "rewards not scaled", _RAW),
        Arm("raw-own", "own limits for actor and critic", _RAW, _OWN),
        Arm("raw-units", "critic in units of ten", _RAW, _UNITS),
        Arm("raw-own-units", "both", _RAW, _BOTH),
        Arm("a", "exhibit A", parts=_A),
        Arm("a-none", "A, right gradient cancelled", parts=_BALANCED),
        Arm("a-out", "A, own pairs left out", parts=_LEFT_OUT),
        Arm("g", "exhibit G", parts=_G),
        Arm("g-own", "G, own limits", parts=replace(_G, update=update_with_own_limits)),
    )
}


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": {arm.id: experiments.settings(arm.config) for arm in ARMS.values()},
        "num_seeds": NUM_SEEDS,
        "every": ITERATIONS_BETWEEN,
        "episodes": NUM_EPISODES,
        "unit": UNIT,
    }


def rerun(arm_id: str, seed: int) -> experiments.Metrics:
    """Train one of ARMS from one seed, as the stored runs were; every metric of MEASURED."""
    arm = ARMS[arm_id]
    found = experiments.run(arm.config, seed, arm.parts, ITERATIONS_BETWEEN, NUM_EPISODES)
    return {name: found[name] for name in MEASURED}


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each arm."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(rerun, {"arm_id": ARMS}, range(NUM_SEEDS))
    return {arm_id: experiments.columns(runs) for (arm_id,), runs in found.items()}


@cache
def read(path: Path = STORED) -> dict[str, experiments.Curves]:
    """Read the stored curves: an arm's id -> metric -> (S, U)."""
    runs = experiments.read(path)[1]
    return {
        name: {metric: experiments.numbers(rows) for metric, rows in metrics.items()}
        for name, metrics in runs.items()
    }


def score(arm_id: str, path: Path = STORED) -> Tensor:
    """Return the mean return over all evaluations, of each seed, (S,): sooner counts too."""
    return read(path)[arm_id]["return"].mean(dim=1)


def final(arm_id: str, path: Path = STORED) -> Tensor:
    """Return the mean return of the last evaluation, of each seed, (S,)."""
    return read(path)[arm_id]["return"][:, -1]


def gain(one: str, other: str, path: Path = STORED) -> Interval:
    """Tell how much more one arm scores than another, seed by seed: mean and 95 % interval."""
    return mean_interval(score(one, path) - score(other, path))
