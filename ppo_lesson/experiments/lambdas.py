"""An experiment, recorded: how soon does PPO learn CartPole, along lambda? 20 seeds of each.

All settings but lambda are PPO's defaults. These were chosen at lambda 0.95, so some lambdas are
also trained at half, at twice and at four times the default step size, from half of the seeds, to
be compared each at its best. All are trained from the same seeds, so that two of them may be
compared seed by seed.
It takes about seven minutes, so the result is stored beside this module;
`python -m ppo_lesson experiments lambda` makes it again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ppo_lesson.experiments import running as experiments
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.statistics import Interval, bootstrap_interval, interquartile_mean

STORED = Path(__file__).with_name("lambda.json")
COMMAND = "python -m ppo_lesson experiments lambda"
LAMBDAS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 1.0)
USUAL = 0.95  # that the others are compared with
DEFAULT_STEP = PPOConfig().learning_rate
OTHER_STEPS = (0.0075, 0.03, 0.06)
CONTROLS = (0.0, 0.8, 0.9, 0.95)  # lambdas that are trained with these too
CONTROL_SEEDS = 10
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
        "other_steps": list(OTHER_STEPS),
        "controls": list(CONTROLS),
        "control_seeds": CONTROL_SEEDS,
        "num_seeds": NUM_SEEDS,
        "every": ITERATIONS_BETWEEN,
        "episodes": NUM_EPISODES,
    }


def rerun(gae_lambda: float, seed: int, step_size: float = DEFAULT_STEP) -> list[float]:
    """Train once, as the stored runs were.

    Args:
        gae_lambda: of the advantages.
        seed: of the training; the evaluations take one of their own from it.
        step_size: Adam's learning rate at the start; it falls to 0.

    Returns:
        (U,) mean return of fresh episodes, every ITERATIONS_BETWEEN iterations.
    """
    config = replace(PPOConfig(), gae_lambda=gae_lambda, learning_rate=step_size)
    found = experiments.run(
        config, seed, iterations_between=ITERATIONS_BETWEEN, num_episodes=NUM_EPISODES
    )
    return found["return"]


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each arm."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    usual = {"step_size": [DEFAULT_STEP], "gae_lambda": LAMBDAS}
    found = do(rerun, usual, range(NUM_SEEDS))
    found |= do(rerun, {"step_size": OTHER_STEPS, "gae_lambda": CONTROLS}, range(CONTROL_SEEDS))
    return {_name(at, step): runs for (step, at), runs in found.items()}


def read(path: Path = STORED, step_size: float = DEFAULT_STEP) -> dict[float, Tensor]:
    """Read the returns of a step size: lambda -> (S, U), a seed a row, an evaluation a column."""
    stored = experiments.read(path)[1]
    names = {at: _name(at, step_size) for at in LAMBDAS}
    return {at: experiments.numbers(stored[name]) for at, name in names.items() if name in stored}


def read_controls(path: Path = STORED) -> dict[float, tuple[float, Tensor]]:
    """Find the best step size: lambda -> step size and the returns (CONTROL_SEEDS, U).

    The best one has the largest interquartile mean of the runs' mean return, over these seeds.
    """
    by_step = {step: read(path, step) for step in (DEFAULT_STEP, *OTHER_STEPS)}
    best = {}
    for at in CONTROLS:
        tried = [(step, runs[at][:CONTROL_SEEDS]) for step, runs in by_step.items()]
        best[at] = max(tried, key=lambda arm: interquartile_mean(arm[1].mean(1)))
    return best


def _name(gae_lambda: float, step_size: float) -> str:
    return f"{gae_lambda:g}, step size {step_size:g}"


class Summary(NamedTuple):
    """What the runs of one lambda came to; the mean return is that of all evaluations of a run."""

    solved: int  # runs whose last evaluation is SOLVED or better
    median_steps: float  # to the first such evaluation; inf where fewer than half have one
    mean_return: Interval  # of the interquartile mean over runs
    minus_usual: Interval  # the same less that of lambda USUAL, seed by seed


def summarise(runs: dict[float, Tensor], gae_lambda: float) -> Summary:
    """Sum up the runs of one lambda.

    Args:
        runs: what `read` returns.
        gae_lambda: one of LAMBDAS.
    """
    returns = runs[gae_lambda]
    difference = returns.mean(1) - runs[USUAL].mean(1)
    ordered = steps_until_solved(returns).sort().values  # no quantile: inf - inf would be NaN
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]).item() / 2
    return Summary(
        solved=int((returns[:, -1] >= SOLVED).sum()),
        median_steps=middle,
        mean_return=bootstrap_interval(returns.mean(1)),
        minus_usual=bootstrap_interval(difference)
        if gae_lambda != USUAL
        else Interval(0.0, 0.0, 0.0),
    )


def steps_until_solved(returns: Tensor) -> Tensor:
    """Find the environment steps at the first evaluation of SOLVED or better, (S,); inf: none."""
    return torch.where(returns >= SOLVED, steps().double(), math.inf).amin(1)


def steps() -> Tensor:
    """Return the environment steps of the evaluations, (U,), rows that only reset counted."""
    config = PPOConfig()
    between = config.num_envs * config.num_steps * ITERATIONS_BETWEEN
    return torch.arange(between, config.total_steps + 1, between)
