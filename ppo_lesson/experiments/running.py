"""Experiments on PPO itself: train with one thing changed, and write down what is seen.

Training amplifies the last digits in which machines differ, and many seeds take minutes, so what
is seen is stored in files of this package, together with the settings it was made with. They are
made on all cores; results are kept as they come, and an experiment that was ended goes on.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ppo_lesson.files import replace_text, require_writable
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import Player, Rollout, evaluate, make_env, rollouts
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.jobs import Task
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import RIGHT, Parts, train, train_with
from ppo_lesson.training.sweeps import sweep

Metrics = dict[str, list[float]]
"""What is seen of one training: name -> one number per record, see `run`."""

Curves = dict[str, Tensor]
"""The same of several seeds: name -> (S, U)."""

METRICS = (
    "approx_kl",
    "clip_fraction",
    "active_clip_fraction",
    "entropy",
    "value_loss",
    "explained_variance",
    "gradient_norm",
    "first_ratio",
)


def policy_after(num_iterations: int, seed: int) -> ActorCritic:
    """Train PPO with its default settings for so many iterations, 1 or more."""
    num_iterations = check_count("num_iterations", num_iterations)

    def enough(result: TrainingResult) -> bool:
        return len(result.history) >= num_iterations

    return whole(train(PPOConfig(), seed=seed, watch=enough)).policy


def collect(
    policy: ActorCritic, seed: int, stream: int, num_envs: int, num_passed: int = 0
) -> Rollout:
    """Let a policy play CartPole: a rollout of the default length.

    Args:
        policy: it acts, and does not learn.
        seed: of the actions; the environments take one of their own from it.
        stream: of that seed's random numbers, another than those of training and evaluation.
        num_envs: N, how many environments.
        num_passed: rollouts that are played before.
    """
    seed, config = check_seed(seed), PPOConfig()
    rng = np.random.default_rng([seed, check_count("stream", stream, 0)])
    player = Player(lambda _: policy.sampler(rng), policy.logits, policy.value)
    num_passed = check_count("num_passed", num_passed, 0)
    with closing(make_env(config.env_id, check_count("num_envs", num_envs))) as env:
        played = rollouts(env, player, config.num_steps, seed + 1000)
        return next(islice(played, num_passed, None))


def run(
    config: PPOConfig,
    seed: int,
    parts: Parts = RIGHT,
    iterations_between: int = 1,
    num_episodes: int = 20,
) -> Metrics:
    """Train once, and write down every few iterations what the dashboard shows.

    Args:
        config: the settings.
        seed: of the training; evaluation episodes take one of their own from it.
        parts: what training is made of.
        iterations_between: two records, 1 or more.
        num_episodes: fresh ones per record, whose mean return is written down.

    Returns:
        Lists of equal length, of all seeds too: "return" of the fresh episodes, and METRICS. Three
        significant digits; NaN where nothing was measured.

    Raises:
        KeyboardInterrupt: Ctrl-C, though the training ended in order.
    """
    seed = check_seed(seed)
    between = check_count("iterations_between", iterations_between)
    num_episodes = check_count("num_episodes", num_episodes)
    # Rows that only reset are no steps: some runs need more iterations, all have so many records.
    num_records = config.total_steps // (config.num_envs * config.num_steps * between)
    found: Metrics = {name: [] for name in ("return", *METRICS)}

    def watch(result: TrainingResult) -> None:
        records, rest = divmod(len(result.history), between)
        if result.stopped or rest or records > num_records:
            return
        world = config.env_id, parts.make_env
        played = evaluate(result.policy, num_episodes, 10_000 + seed, *world).mean().item()
        measured = {name: getattr(result.history[-1], name) for name in METRICS}
        for name, number in {"return": played, **measured}.items():
            found[name].append(significant(number, 3))

    whole(train_with(parts, config, seed=seed, watch=watch))
    for numbers in found.values():  # of a run that ended early, by a fault
        numbers += [math.nan] * (num_records - len(numbers))
    return found


def settings(config: PPOConfig) -> dict[str, Any]:
    """Write settings as they come back from a file."""
    return json.loads(json.dumps(asdict(config)))


Results = dict[tuple[Any, ...], list[Any]]
"""Values of a setting, in the order of the grid's names -> its results, seed by seed."""

Do = Callable[[Task, Mapping[str, Iterable[Any]], Iterable[int]], Results]
"""Does a task with every setting and seed, as `sweep` does."""


def make(
    path: Path, head: Mapping[str, Any], entries: Callable[[Do], Mapping[str, Any]], engine: str
) -> None:
    """Make an experiment by sweeps; the stored one is replaced once the new one is whole.

    Each job's result is kept beside it, in a folder, as soon as it is there. What a call before
    this one has kept is not made again, if it was made with the same head.

    Args:
        path: where it is stored.
        head: what it is made with.
        entries: has jobs done by the function it is given; returns name -> what is stored.
        engine: of `sweep`.

    Raises:
        OSError: nothing can be written there; no job was begun.
        RuntimeError: a job failed again and again; those that did not are kept.
    """
    require_writable(path)
    digest = hashlib.sha256(_compact(head).encode()).hexdigest()
    begun = path.with_name(f"{path.stem}-{digest[:16]}.begun")

    def do(task: Task, grid: Mapping[str, Iterable[Any]], seeds: Iterable[int]) -> Results:
        results: Results = {}
        lists = {name: list(values) for name, values in grid.items()}
        for job in sweep(task, lists, seeds=seeds, engine=engine, folder=begun):
            if job.error:
                raise RuntimeError(f"{task.__name__}, {job.settings}, seed {job.seed}: {job.error}")
            results.setdefault(tuple(job.settings.values()), []).append(job.result)
        return results

    write(path, head, entries(do))
    shutil.rmtree(begun)


def columns(runs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Put what each run says of a measure into one list, run by run."""
    return {name: [run[name] for run in runs] for name in runs[0]}


def by_seed(results: Results) -> dict[str, Any]:
    """Name the results of each seed in turn, as "seed 0: default"; seeds count from 0."""
    num_seeds = len(next(iter(results.values())))
    return {
        f"seed {seed}: {name}": found[seed]
        for seed in range(num_seeds)
        for (name,), found in results.items()
    }


def write(path: Path, head: Mapping[str, Any], runs: Mapping[str, Any]) -> None:
    """Store experiments: what they were made with, and one line for each; NaN becomes null."""
    lines = [f"{json.dumps(name)}:{_compact(entry)}" for name, entry in runs.items()]
    text = ",\n".join(lines)
    replace_text(path, f'{{"head":{_compact(head)},\n"runs":{{\n{text}\n}}}}\n')


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what `write` has stored: how it was made, and the experiments."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return stored["head"], stored["runs"]


def numbers(rows: list[list[float | None]]) -> Tensor:
    """Turn stored lists of equal length into a tensor (S, U) float64, null into NaN."""
    whole = [[math.nan if number is None else number for number in row] for row in rows]
    return torch.tensor(whole, dtype=torch.float64)


def _compact(entry: Any) -> str:
    return json.dumps(_without_nan(entry), separators=(",", ":"))


def _without_nan(entry: Any) -> Any:
    if isinstance(entry, Mapping):
        return {name: _without_nan(value) for name, value in entry.items()}
    if isinstance(entry, list | tuple):
        return [_without_nan(value) for value in entry]
    if isinstance(entry, float):
        if math.isnan(entry):
            return None
        return int(entry) if entry.is_integer() else entry
    return entry
