"""The same training from several seeds, evaluated at the same moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

import torch
from gymnasium.vector import VectorEnv
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.engines import Reply, find_engine, see_through
from ppo_lesson.training.experience import evaluate, make_env
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.jobs import alike
from ppo_lesson.training.session import train


class Runs(NamedTuple):
    """The same settings trained from several seeds, and evaluated at the same moments."""

    steps: Tensor  # (U,) environment steps, each reached by the iteration before the evaluation
    returns: Tensor  # (S, U) mean return of fresh episodes, one row per seed
    results: tuple[TrainingResult, ...]  # S of them


def train_seeds(
    config: PPOConfig,
    seeds: Sequence[int],
    *,
    num_evaluations: int = 7,
    num_episodes: int = 20,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    on_run: Callable[[], object] = lambda: None,
    engine: str = "here",
) -> Runs:
    """Train once per seed, and evaluate each run at the same moments.

    It goes through the engines of `sweep`, and keeps the policies, but writes no file.

    Args:
        config: the settings of all runs.
        seeds: S of them, at least one; evaluation episodes take a seed of their own from each.
        num_evaluations: U, at equal distances; the last one after the last iteration.
        num_episodes: fresh episodes per evaluation.
        policy_loss: as in `train`.
        make_env: as in `train`; the evaluations are played in its worlds too.
        on_run: called after every run: the place for a progress bar.
        engine: as in `sweep`: one seed after the other "here", or several at a time.

    Returns:
        The runs, in the order of the seeds. After Ctrl-C: those that were finished before.

    Raises:
        ValueError: there is no seed, or the engine cannot work.
        RuntimeError: on another engine than "here", a run failed again and again.
        KeyboardInterrupt: Ctrl-C, before the first run was finished.
    """
    seeds = [check_seed(seed) for seed in seeds]
    num_evaluations = check_count("num_evaluations", num_evaluations)
    num_episodes = check_count("num_episodes", num_episodes)
    if not seeds:
        raise ValueError("seeds: expected at least one, got none")
    dtype = torch.get_default_dtype()
    first = config.total_steps / num_evaluations
    moments = torch.linspace(first, config.total_steps, num_evaluations, dtype=torch.float64)

    def run(seed: int) -> Reply:
        row: list[float] = []

        def watch(result: TrainingResult) -> None:
            steps = result.history[-1].steps if result.history else 0
            while len(row) < num_evaluations and steps >= moments[len(row)]:
                found = evaluate(
                    result.policy, num_episodes, 10_000 + seed, config.env_id, make_env
                )
                row.append(found.mean().item())

        with alike(dtype):
            result = train(
                config, seed=seed, policy_loss=policy_loss, make_env=make_env, watch=watch
            )
        # A run that ended early, by a fault, has nothing to show from then on.
        return Reply((whole(result), row + [math.nan] * (num_evaluations - len(row))))

    found: dict[int, tuple[TrainingResult, list[float]]] = {}
    try:
        with closing(see_through(find_engine(engine), run, dict(enumerate(seeds)))) as replies:
            for number, (value, error) in replies:
                if error:
                    raise RuntimeError(f"seed {seeds[number]}: {error}")
                found[number] = value
                on_run()
    except KeyboardInterrupt:
        if not found:
            raise
    results, returns = zip(*(found[number] for number in sorted(found)), strict=True)
    return Runs(moments, torch.tensor(returns, dtype=torch.float64), results)
