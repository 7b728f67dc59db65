"""An experiment, recorded: which lambda of GAE lets PPO learn CartPole soonest? 20 seeds of each.

All settings but two are PPO's defaults. The two are lambda and Adam's step size: the default step
size was chosen at lambda 0.95, so each lambda is tried at half of it and at twice of it as well.
Trained from the same seeds, so that two lambdas may be compared seed by seed. It takes about a
quarter of an hour, so the result is stored beside this module;
`python -m ppo_lesson experiments lambda` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.experiments import running as experiments
from ppo_lesson.training.config import PPOConfig

STORED = Path(__file__).with_name("lambda.json")
COMMAND = "python -m ppo_lesson experiments lambda"
LAMBDAS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 1.0)
STEP_SIZES = (0.015, 0.0075, 0.03)  # Adam's at the start; the default first
NUM_SEEDS = 20
ITERATIONS_BETWEEN = 2  # two evaluations
NUM_EPISODES = 20  # of each evaluation
SOLVED = 475.0  # mean return of an evaluation


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": experiments.settings(PPOConfig()),
        "lambdas": list(LAMBDAS),
        "step_sizes": list(STEP_SIZES),
        "num_seeds": NUM_SEEDS,
        "every": ITERATIONS_BETWEEN,
        "episodes": NUM_EPISODES,
    }


def rerun(gae_lambda: float, step_size: float, seed: int) -> list[float]:
    """Train once, as the stored runs were.

    Args:
        gae_lambda: of the advantages.
        step_size: Adam's at the start.
        seed: of the training; the evaluations take one of their own from it.

    Returns:
        (U,) mean return of fresh episodes, every ITERATIONS_BETWEEN iterations.
    """
    config = replace(PPOConfig(), gae_lambda=gae_lambda, learning_rate=step_size)
    found = experiments.run(
        config, seed, iterations_between=ITERATIONS_BETWEEN, num_episodes=NUM_EPISODES
    )
    return found["return"]


def record(gae_lambda: float, step_size: float) -> list[list[float]]:
    """Train from every seed: returns (S, U)."""
    return [rerun(gae_lambda, step_size, seed) for seed in range(NUM_SEEDS)]


def write(path: Path = STORED, on_entry: Callable[[str], object] = lambda name: None) -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each pair."""
    entries = {
        _name(gae_lambda, step_size): partial(record, gae_lambda, step_size)
        for step_size in STEP_SIZES
        for gae_lambda in LAMBDAS
    }
    experiments.make(path, head(), entries, on_entry)


def _name(gae_lambda: float, step_size: float) -> str:
    return f"{gae_lambda:g} at {step_size:g}"


def read(path: Path = STORED) -> dict[tuple[float, float], Tensor]:
    """Read the stored returns: (lambda, step size) -> (S, U), a row per seed."""
    runs = experiments.read(path)[1]
    return {
        (gae_lambda, step_size): experiments.numbers(runs[_name(gae_lambda, step_size)])
        for step_size in STEP_SIZES
        for gae_lambda in LAMBDAS
    }


def steps() -> Tensor:
    """Return the environment steps of the evaluations, (U,), rows that only reset counted."""
    config = PPOConfig()
    between = config.num_envs * config.num_steps * ITERATIONS_BETWEEN
    return torch.arange(between, config.total_steps + 1, between)
