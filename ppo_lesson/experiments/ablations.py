"""An experiment, recorded: which of PPO's details matter on CartPole? Ten seeds of each.

An ablation takes one detail away, or sets it otherwise, and leaves all else as it is. The result is
stored beside this module; `python -m ppo_lesson experiments ablations` makes it again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from gymnasium.vector import VectorEnv
from torch import Tensor, nn

from ppo_lesson.experiments import running as experiments
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import plain_surrogate_loss
from ppo_lesson.training.session import RIGHT, Parts, make_policy

STORED = Path(__file__).with_name("ablations.json")
COMMAND = "python -m ppo_lesson experiments ablations"
NUM_SEEDS = 10
ITERATIONS_BETWEEN = 4  # two evaluations
NUM_EPISODES = 20  # of each evaluation


@dataclass(frozen=True)
class Ablation:
    """One thing about PPO that is set otherwise."""

    id: str
    title: str  # what is otherwise, as a figure says it
    changes: Mapping[str, Any] = field(default_factory=dict)  # of PPOConfig: name -> value
    parts: Parts = RIGHT

    @property
    def config(self) -> PPOConfig:
        """The settings to train with."""
        return replace(PPOConfig(), **self.changes)


def torch_initialised(
    env: VectorEnv, hidden_sizes: tuple[int, ...], generator: torch.Generator
) -> ActorCritic:
    """Build a policy with the initial weights that torch.nn.Linear would give it.

    Weights and biases of a layer with n inputs are uniform between -1/sqrt(n) and 1/sqrt(n).
    """
    policy = make_policy(env, hidden_sizes, generator)
    for layer in policy.modules():
        if isinstance(layer, nn.Linear):
            bound = 1 / math.sqrt(layer.in_features)
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return policy


_PLAIN = Parts(policy_loss=plain_surrogate_loss)
_TORCH = Parts(make_policy=torch_initialised)
ABLATIONS = {
    ablation.id: ablation
    for ablation in (
        Ablation("default", "the default settings"),
        Ablation("raw-advantage", "advantages not normalised", {"normalise_advantage": False}),
        Ablation("unscaled-reward", "rewards not scaled", {"reward_scale": 1.0}),
        Ablation("lambda-0", "lambda 0: one step", {"gae_lambda": 0.0}),
        Ablation("lambda-1", "lambda 1: no GAE", {"gae_lambda": 1.0}),
        Ablation("epochs-1", "1 epoch", {"num_epochs": 1}),
        Ablation("epochs-10", "10 epochs", {"num_epochs": 10}),
        Ablation("no-clip", "no clip", parts=_PLAIN),
        Ablation("no-clip-epochs-10", "no clip, 10 epochs", {"num_epochs": 10}, _PLAIN),
        Ablation("entropy-bonus", "entropy bonus 0.01", {"entropy_coefficient": 0.01}),
        Ablation("torch-init", "torch's initial weights", parts=_TORCH),
        Ablation("constant-rate", "learning rate not annealed", {"anneal_learning_rate": False}),
        Ablation("clipped-value", "value clipping", {"clip_value": True}),
    )
}


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": experiments.settings(PPOConfig()),
        "num_seeds": NUM_SEEDS,
        "every": ITERATIONS_BETWEEN,
        "episodes": NUM_EPISODES,
        "changes": {ablation.id: dict(ablation.changes) for ablation in ABLATIONS.values()},
    }


def rerun(ablation_id: str, seed: int) -> list[float]:
    """Train one ablation from one seed, as the stored runs were.

    Returns:
        (U,) mean return of fresh episodes, every ITERATIONS_BETWEEN iterations.

    Raises:
        ValueError: there is no such ablation.
    """
    if ablation_id not in ABLATIONS:
        raise ValueError(f"ablation_id: expected one of {list(ABLATIONS)}, got {ablation_id!r}")
    ablation = ABLATIONS[ablation_id]
    found = experiments.run(ablation.config, seed, ablation.parts, ITERATIONS_BETWEEN, NUM_EPISODES)
    return found["return"]


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each ablation."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(rerun, {"ablation_id": ABLATIONS}, range(NUM_SEEDS))
    return {ablation_id: runs for (ablation_id,), runs in found.items()}


def read(path: Path = STORED) -> dict[str, Tensor]:
    """Read the stored returns: id -> (S, U), one row per seed, one column per evaluation."""
    return {name: experiments.numbers(rows) for name, rows in experiments.read(path)[1].items()}


def steps() -> Tensor:
    """Return the environment steps of the evaluations, (U,), rows that only reset counted."""
    config = PPOConfig()
    between = config.num_envs * config.num_steps * ITERATIONS_BETWEEN
    return torch.arange(between, config.total_steps + 1, between)
