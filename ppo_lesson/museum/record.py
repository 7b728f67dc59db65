"""The bug museum: faults, most of them reported in public, each one part of our own PPO.

Told without blame: they were written by people who knew what they were doing. The curves are
recorded, five seeds of each fault and of the right code, and stored beside this module; so are
five more seeds of each, which no picture shows and by which `tree` is tested.
`python -m ppo_lesson experiments museum` makes them again, in about four minutes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.experiments import running as experiments
from ppo_lesson.experiments.running import Curves, Metrics
from ppo_lesson.museum import (
    advantages as faults_advantages,
    losses as faults_losses,
    rollouts as faults_rollouts,
)
from ppo_lesson.museum.fault import Fault
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.session import RIGHT

STORED = Path(__file__).with_name("museum.json")
COMMAND = "python -m ppo_lesson experiments museum"
HEALTHY = "healthy"
NUM_SEEDS = 5
FRESH_SEEDS = range(10, 15)  # which nobody had seen when the decision tree was written
FRESH = "{} fresh"  # the entry of a fault's fresh seeds
ITERATIONS_BETWEEN = 3  # two records
NUM_EPISODES = 20  # of each evaluation

FAULTS: dict[str, Fault] = {
    fault.id: fault
    for room in (faults_advantages, faults_losses, faults_rollouts)
    for fault in room.FAULTS
}
"""The faults by their ids, room by room."""


def rerun(name: str, seed: int) -> Metrics:
    """Train with one fault, or with HEALTHY code, from one seed, as the stored runs were.

    Raises:
        ValueError: there is no such fault.
    """
    if name not in (HEALTHY, *FAULTS):
        raise ValueError(f"name: expected {HEALTHY} or one of {list(FAULTS)}, got {name!r}")
    parts = FAULTS[name].parts if name in FAULTS else RIGHT
    return experiments.run(PPOConfig(), seed, parts, ITERATIONS_BETWEEN, NUM_EPISODES)


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": experiments.settings(PPOConfig()),
        "num_seeds": NUM_SEEDS,
        "fresh_seeds": list(FRESH_SEEDS),
        "every": ITERATIONS_BETWEEN,
        "episodes": NUM_EPISODES,
        "faults": list(FAULTS),
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: two entries for each fault."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    names = {"name": (HEALTHY, *FAULTS)}
    seen, fresh = (do(rerun, names, seeds) for seeds in (range(NUM_SEEDS), FRESH_SEEDS))
    return {
        **{name: experiments.columns(runs) for (name,), runs in seen.items()},
        **{FRESH.format(name): experiments.columns(runs) for (name,), runs in fresh.items()},
    }


def read(path: Path = STORED, *, fresh: bool = False) -> dict[str, Curves]:
    """Read the stored curves: HEALTHY or a fault's id -> metric -> (S, U).

    Args:
        path: of the record.
        fresh: those of FRESH_SEEDS, in place of those that the pictures show.
    """
    runs = experiments.read(path)[1]
    return {
        name: {
            metric: experiments.numbers(rows)
            for metric, rows in runs[FRESH.format(name) if fresh else name].items()
        }
        for name in (HEALTHY, *FAULTS)
    }


def steps() -> Tensor:
    """Return the environment steps of the records, (U,), rows that only reset counted."""
    config = PPOConfig()
    between = config.num_envs * config.num_steps * ITERATIONS_BETWEEN
    return torch.arange(between, config.total_steps + 1, between)
