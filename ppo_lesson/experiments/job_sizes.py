"""What a job of a sweep weighs: bytes that are sent, bytes that come back, seconds of a core.

The tasks are three that a sweep is for. What they and the engines cost is measured on one machine,
which the record names; `python tests/benchmarks/job_sizes.py` measures it again, where Ray is
installed too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ppo_lesson.experiments import running as experiments
from ppo_lesson.experiments.alignment import BETA, Problem, by_dpo, by_ppo, measure, pose
from ppo_lesson.maths.shapes import check_seed
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.experience import evaluate
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.session import train

STORED = Path(__file__).with_name("job_sizes.json")
COMMAND = "python tests/benchmarks/job_sizes.py"
NUM_EPISODES = 20  # fresh ones, by which a training is judged


class JobSize(NamedTuple):
    """What one job of a task weighs."""

    shipped_bytes: int  # task, setting and seed, as they are sent to a worker
    result_bytes: int  # of the file of its result
    seconds: float  # of one core, the median of several seeds; imports not counted


class EngineCost(NamedTuple):
    """What an engine costs beside the jobs' own seconds, on the machine of the record."""

    start_seconds: float  # until one empty job is done: workers start and import torch
    seconds_per_job: float  # for each further empty job, its file written, on all cores together


class JobSizes(NamedTuple):
    """The record."""

    machine: str  # its processor, and how many cores the engines had
    jobs: dict[str, JobSize]  # name of a task, as TASKS has it
    engines: dict[str, EngineCost]  # "here", "cores" and "ray"
    problem_bytes: int  # of a posed problem, if it were sent and not made where it is needed


def trained(*, seed: int) -> dict[str, Any]:
    """Train PPO on CartPole with its defaults: a score, and the curve of the episodes."""
    seed, config = check_seed(seed), PPOConfig()
    result = whole(train(config, seed=seed))
    played = evaluate(result.policy, NUM_EPISODES, 10_000 + seed, config.env_id)
    return {"return": played.mean().item(), "curve": result.curve("episode_return").tolist()}


@cache
def posed() -> Problem:
    """Pose the problem that all alignments of a worker share, once for each worker."""
    return pose(0)


def aligned(*, seed: int) -> dict[str, float]:
    """Align the posed problem by PPO, and measure the policy exactly."""
    seed, problem = check_seed(seed), posed()
    return measure(problem.judge(), by_ppo(problem, BETA, seed))


def aligned_directly(*, seed: int) -> dict[str, float]:
    """Align the posed problem by DPO, and measure the policy exactly."""
    seed, problem = check_seed(seed), posed()
    return measure(problem.judge(), by_dpo(problem, BETA, seed))


TASKS: dict[str, Callable[..., Any]] = {
    "train": trained,
    "align": aligned,
    "align_directly": aligned_directly,
}


def head() -> dict[str, Any]:
    """Say what the stored file is made with."""
    return {"command": COMMAND, "config": experiments.settings(PPOConfig()), "beta": BETA}


def write(found: JobSizes, path: Path = STORED) -> None:
    """Store what was measured."""
    runs = {
        "machine": found.machine,
        "problem_bytes": found.problem_bytes,
        "jobs": {name: size._asdict() for name, size in found.jobs.items()},
        "engines": {name: cost._asdict() for name, cost in found.engines.items()},
    }
    experiments.write(path, head(), runs)


def read(path: Path = STORED) -> JobSizes:
    """Read what was measured."""
    runs = experiments.read(path)[1]
    return JobSizes(
        runs["machine"],
        {name: JobSize(**size) for name, size in runs["jobs"].items()},
        {name: EngineCost(**cost) for name, cost in runs["engines"].items()},
        runs["problem_bytes"],
    )
