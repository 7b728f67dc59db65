"""The same training from several seeds, evaluated at the same moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from gymnasium.vector import VectorEnv
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.diagnostics import TrainingResult, UpdateMetrics
from ppo_lesson.training.interrupts import INTERRUPTED
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import PPOConfig, evaluate, train
from ppo_lesson.training.rollouts import make_env


class Runs(NamedTuple):
    """The same settings trained from several seeds, and evaluated at the same moments."""

    steps: Tensor  # (U,) environment steps, each reached by the update before the evaluation
    returns: Tensor  # (S, U) mean return of fresh episodes, one row per seed
    results: tuple[TrainingResult, ...]  # S of them


def train_seeds(
    config: PPOConfig,
    seeds: Sequence[int],
    *,
    evaluations: int = 7,
    episodes: int = 20,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    on_run: Callable[[], None] = lambda: None,
) -> Runs:
    """Train once per seed, and evaluate each run at the same moments.

    Args:
        config: the settings of all runs.
        seeds: S of them, at least one; evaluation episodes take a seed of their own from each.
        evaluations: U, how many, at equal distances; the last one after the last update.
        episodes: fresh episodes per evaluation.
        policy_loss: as in `train`.
        make_env: as in `train`; the evaluations are played in its worlds too.
        on_run: called after every run: the place for a progress bar.

    Returns:
        The runs. After Ctrl-C: those that were finished before.

    Raises:
        ValueError: there is no seed.
        KeyboardInterrupt: Ctrl-C, before the first run was finished.
    """
    seeds = [check_seed(seed) for seed in seeds]
    evaluations, episodes = (
        check_count("evaluations", evaluations),
        check_count("episodes", episodes),
    )
    if not seeds:
        raise ValueError("seeds: expected at least one, got none")
    first = config.total_steps / evaluations
    moments = torch.linspace(first, config.total_steps, evaluations, dtype=torch.float64)
    returns, results = [], []
    for seed in seeds:
        row: list[float] = []

        def on_update(
            policy: ActorCritic, metrics: UpdateMetrics, row: list[float] = row, seed: int = seed
        ) -> None:
            while len(row) < evaluations and metrics.steps >= moments[len(row)]:
                played = evaluate(policy, episodes, 10_000 + seed, config.env_id, make_env)
                row.append(played.mean().item())

        result = train(
            config, seed=seed, policy_loss=policy_loss, make_env=make_env, on_update=on_update
        )
        if result.stopped == INTERRUPTED:
            break
        row += [float("nan")] * (evaluations - len(row))  # of a run that ended early, by a fault
        returns.append(row)
        results.append(result)
        on_run()
    if not returns:
        raise KeyboardInterrupt
    return Runs(moments, torch.tensor(returns, dtype=torch.float64), tuple(results))
