"""Speed and size, measured and printed as tables: `python tests/benchmarks/run.py [NAME...]`.

No test asserts a time: machines are noisy. What is compared runs side by side in this process, one
torch thread, turn by turn. "Solved" is a mean return of 475 or more over 100 fresh episodes with
sampled actions, looked at after every update; looking does not count as training time. The seeds
were never used for tuning.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from torch import Tensor

from ppo_lesson.exercises.checker import check
from ppo_lesson.lessons import EXERCISES
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate, solved_return
from ppo_lesson.training.ppo import ppo_update
from ppo_lesson.training.session import RIGHT, Parts, train, train_with

SOLVED_RETURN = solved_return("CartPole-v1") or math.nan
EVALUATION_SEED = 1_000_000
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

# The defaults of CleanRL's ppo.py, run by our own train: no line of CleanRL's is executed.
CLEANRL_SETTINGS = PPOConfig(
    total_steps=500_000,
    num_envs=4,
    num_steps=128,
    minibatch_size=128,
    learning_rate=2.5e-4,
    reward_scale=1.0,
    clip_value=True,
    entropy_coefficient=0.01,
    target_kl=None,
    hidden_sizes=(64, 64),
)


class Solved(NamedTuple):
    """When a run first solved CartPole; NaN where it never did."""

    seconds: float
    steps: float
    gradient_steps: float


def solve(config: PPOConfig, seed: int) -> Solved:
    """Train until solved."""

    def watch(result: TrainingResult) -> bool:
        return not result.stopped and is_solved(result.policy, seed)

    result = train(config, seed=seed, watch=watch)
    last = result.history[-1]
    if result.stopped == "all steps done" and not is_solved(result.policy, seed):
        return Solved(*[float("nan")] * 3)
    return Solved(last.seconds, last.steps, last.gradient_steps)


def is_solved(policy: Any, seed: int) -> bool:
    """Play 100 fresh episodes."""
    return evaluate(policy, 100, EVALUATION_SEED + seed).mean().item() >= SOLVED_RETURN


class SolveWatch(BaseCallback):
    """Evaluates Stable-Baselines3's policy after every update, with the clock stopped."""

    def __init__(self, seed: int) -> None:
        """Start the clock."""
        super().__init__()
        self.case, self.seconds, self.start = seed, 0.0, time.perf_counter()
        self.solved = False

    def sampler(self, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
        """Sample actions from the model, as `evaluate` wants it."""
        return lambda obs: self.model.predict(obs, deterministic=False)[0]

    def _on_rollout_start(self) -> None:
        self.seconds += time.perf_counter() - self.start
        self.solved = self.num_timesteps > 0 and is_solved(self, self.case)
        self.start = time.perf_counter()

    def _on_step(self) -> bool:
        return not self.solved


def solve_with_sb3(seed: int) -> Solved:
    """Train Stable-Baselines3's PPO with its tuned settings for CartPole until solved."""
    total, num_epochs, batch_size = 100_000, 20, 256
    start = time.perf_counter()
    model = PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", n_envs=8, seed=seed),
        n_steps=32,
        batch_size=batch_size,
        gae_lambda=0.8,
        gamma=0.98,
        n_epochs=num_epochs,
        ent_coef=0.0,
        learning_rate=lambda remaining: 0.001 * remaining,
        clip_range=lambda remaining: 0.2 * remaining,
        seed=seed,
        device="cpu",
    )
    watch = SolveWatch(seed)
    watch.start = start
    model.learn(total, callback=watch)
    if not watch.solved:
        return Solved(*[float("nan")] * 3)
    return Solved(watch.seconds, watch.num_timesteps, model._n_updates * 32 * 8 // batch_size)


def benchmark_solve() -> None:
    """Time to solved: defaults on 20 seeds; Stable-Baselines3 and CleanRL's settings beside it."""
    runs: dict[str, list[Solved]] = {"ppo_lesson, defaults": [], "Stable-Baselines3, tuned": []}
    cleanrl = "ppo_lesson's train with CleanRL's settings"
    runs[cleanrl] = []
    for seed in range(7000, 7020):
        runs["ppo_lesson, defaults"].append(solve(PPOConfig(), seed))
        runs["Stable-Baselines3, tuned"].append(solve_with_sb3(seed))
        if seed < 7003:
            runs[cleanrl].append(solve(CLEANRL_SETTINGS, seed))
    rows = []
    for name, solved in runs.items():
        done = [run for run in solved if run.seconds == run.seconds]
        counts = [
            f"{statistics.median(getattr(run, field) for run in done):,.0f}"
            for field in ("steps", "gradient_steps")
        ]
        seconds = spread([run.seconds for run in done])
        rows.append([name, f"{len(done)}/{len(solved)}", *seconds, *counts])
    print_table(
        ["to solved", "solved", "s min", "s median", "s p90", "env steps", "gradient steps"], rows
    )
    ours, theirs = (
        statistics.median(run.seconds for run in runs[name])
        for name in ("ppo_lesson, defaults", "Stable-Baselines3, tuned")
    )
    print(f"Stable-Baselines3, tuned / ppo_lesson, defaults: {theirs / ours:.1f} times the time\n")


def benchmark_fixed() -> None:
    """Train for all steps of the defaults, 20 seeds."""
    runs = [train(PPOConfig(), seed=seed) for seed in range(7100, 7120)]
    returns = [evaluate(run.policy, 100, EVALUATION_SEED).mean().item() for run in runs]
    solved = sum(mean_return >= SOLVED_RETURN for mean_return in returns)
    rows = [
        [
            f"{solved}/{len(runs)}",
            f"{min(returns):.1f}",
            *spread([run.history[-1].seconds for run in runs]),
        ]
    ]
    print_table(["50,000 steps: solved", "worst return", "s min", "s median", "s p90"], rows)


def benchmark_stay() -> None:
    """Train for 100,000 steps with a constant, smaller learning rate: does it stay solved?"""
    config = PPOConfig(
        total_steps=100_000, anneal_learning_rate=False, learning_rate=5e-3, minibatch_size=256
    )
    rows = []
    for seed in range(7200, 7208):
        steps, returns = returns_on_the_way(config, seed)
        solved = [k for k, mean_return in enumerate(returns) if mean_return >= SOLVED_RETURN]
        first = solved[0] if solved else len(returns) - 1  # a run that never solves ends below
        later = returns[first:]
        dips = [k for k in range(first, len(returns)) if returns[k] < SOLVED_RETURN]
        at = [f"{steps[k]:,.0f}" for k in (first, dips[-1] if dips else first)]
        rows.append([seed, at[0], len(later), len(dips), f"{min(later):.1f}", at[1]])
    columns = ["seed", "solved at step", "evaluations since", "below 475", "worst", "none after"]
    print_table(columns, rows)


def returns_on_the_way(config: PPOConfig, seed: int) -> tuple[Tensor, list[float]]:
    """Train; return the steps of each iteration, and the mean return of 100 episodes after it."""
    returns: list[float] = []

    def watch(result: TrainingResult) -> None:
        if not result.stopped:
            returns.append(evaluate(result.policy, 100, EVALUATION_SEED + seed).mean().item())

    return train(config, seed=seed, watch=watch).curve("steps"), returns


def benchmark_where() -> None:
    """Tell where the time of a training run goes."""
    spent: dict[str, float] = {}
    result = train_with(timed(spent), PPOConfig(), seed=7300)
    total = result.history[-1].seconds
    rows = [[name, f"{seconds:.3f}", f"{seconds / total:.0%}"] for name, seconds in spent.items()]
    rows.append(["all", f"{total:.3f}", "100%"])
    print_table(["part of train, 50,000 steps", "s", "share"], rows)
    per_step = spent["update"] / result.history[-1].gradient_steps
    print(f"one gradient step: {per_step * 1e3:.2f} ms\n")


def timed(spent: dict[str, float]) -> Parts:
    """Return the parts of training, which add up the seconds that each takes."""

    def add(name: str, function: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = function()
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - start
        return result

    def rollouts(*args: Any) -> Iterator[Any]:
        played = RIGHT.rollouts(*args)
        while True:
            yield add("rollouts", lambda: next(played))

    return Parts(
        rollouts=rollouts,
        make_batch=lambda *args: add("make_batch", lambda: RIGHT.make_batch(*args)),
        update=lambda *args: add("update", lambda: ppo_update(*args)),
        diagnose=lambda *args: add("diagnose", lambda: RIGHT.diagnose(*args)),
    )


def benchmark_scaling() -> None:
    """Vary the number of environments; the number of minibatches of an update stays the same."""
    rows = []
    for num_envs in (8, 32, 128, 512):
        size = PPOConfig().minibatch_size * num_envs // PPOConfig().num_envs
        config = PPOConfig(num_envs=num_envs, minibatch_size=size)
        spent: dict[str, float] = {}
        result = train_with(timed(spent), config, seed=7400)
        last = result.history[-1]
        mean_return = evaluate(result.policy, 100, EVALUATION_SEED).mean().item()
        rows.append(
            [
                num_envs,
                f"{last.steps / spent['rollouts']:,.0f}",
                f"{last.steps_per_second:,.0f}",
                last.gradient_steps,
                f"{last.seconds:.2f}",
                f"{mean_return:.0f}",
            ]
        )
    print_table(
        ["envs", "steps/s collecting", "steps/s training", "gradient steps", "s", "return"], rows
    )


def benchmark_processes() -> None:
    """Time fresh processes: imports, a training with its report, notebooks from a cold kernel."""
    report = (
        "import torch; torch.set_num_threads(1)\n"
        "from ppo_lesson.training import evaluate, train\n"
        "result = train(seed=7500)\n"
        "print(evaluate(result.policy, 100, 1).mean())"
    )
    commands = {
        "python -c pass": ["-c", "pass"],
        "import ppo_lesson": ["-c", "import ppo_lesson"],
        "import torch": ["-c", "import torch"],
        "train 50,000 steps and report": ["-c", report],
    }
    rows = []
    for name, arguments in commands.items():
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
        rows.append([name, *spread(seconds)])
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        start = time.perf_counter()
        command = ["-m", "pytest", "--nbval", "-q", str(path)]
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        seconds = time.perf_counter() - start
        rows.append([f"nbval {path.stem}", *spread([seconds])])
    print_table(["fresh process", "s min", "s median", "s p90"], rows)


def benchmark_checks() -> None:
    """Seconds that `check` needs for a right answer; the aim is 0.3 for every exercise."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, PPO_LESSON_DATA=folder),
    ):
        rows = []
        for name, exercise in EXERCISES.items():
            seconds = []
            for _ in range(10):
                start = time.perf_counter()
                verdict = check(exercise, exercise.reference)
                seconds.append(time.perf_counter() - start)
            assert verdict.status == "correct"
            rows.append([name, len(exercise.cases), *spread(seconds, digits=3)])
    print_table(["exercise", "cases", "s min", "s median", "s p90"], rows)


def benchmark_explorers() -> None:
    """Slider to picture in a real JupyterLab, beside `interact`; cost of building an explorer."""
    sys.path.insert(0, str(NOTEBOOKS.parent))
    from tests.benchmarks import explorers  # only here is a browser needed

    columns = ["5 s drag: pictures/s", "changes shown"]
    print_table(
        ["slider to picture", "moves", "ms median", "ms p95", *columns],
        explorers.speed_rows(explorers.measure_both()),
    )
    print_table(
        ["explorer", "s min", "s median", "CPU s", "kB in a notebook"], explorers.build_rows()
    )


def benchmark_first_cells() -> None:
    """Cost of each notebook's first cell; the aim is 1.2 times torch and its first optimiser."""
    sys.path.insert(0, str(NOTEBOOKS.parent))
    from tests.benchmarks import first_cells

    print_table(["first cell", "CPU s", "wall s", "CPU, ratio"], first_cells.rows())


def benchmark_stop() -> None:
    """Ends of a training with its dashboard in a real JupyterLab, four busy processes beside it."""
    sys.path.insert(0, str(NOTEBOOKS.parent))
    from tests.benchmarks import stop  # only here is a browser needed

    print_table(["click on", "ended", "s min", "s median", "s most"], stop.rows())


def benchmark_sweep() -> None:
    """Jobs per minute on one worker and on two; the aim is 0.9 of one worker's rate for each."""
    sys.path.insert(0, str(NOTEBOOKS.parent))
    from tests.benchmarks import sweeps

    columns = ["engine", "workers", "jobs a minute, median", "lowest to highest"]
    print_table([*columns, "each worker, share of one alone"], sweeps.rows())
    if not find_spec("ray"):
        print('Ray is measured where it is installed: pip install -e ".[test,cluster]"\n')


def spread(seconds: list[float], digits: int = 2) -> list[str]:
    """Return min, median and 90th percentile as text."""
    numbers = (min(seconds), statistics.median(seconds), float(np.quantile(seconds, 0.9)))
    return [f"{number:.{digits}f}" for number in numbers]


def print_table(columns: list[str], rows: list[list[Any]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(columns) + " |")
    print("|" + " --- |" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


BENCHMARKS = {
    "solve": benchmark_solve,
    "fixed": benchmark_fixed,
    "stay": benchmark_stay,
    "where": benchmark_where,
    "scaling": benchmark_scaling,
    "processes": benchmark_processes,
    "checks": benchmark_checks,
    "explorers": benchmark_explorers,
    "stop": benchmark_stop,
    "first_cells": benchmark_first_cells,
    "sweep": benchmark_sweep,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*BENCHMARKS, []], help="default: all")
    torch.set_num_threads(1)
    train(PPOConfig(total_steps=2_000), seed=0)  # imports that the first optimiser brings
    for chosen in parser.parse_args().name or BENCHMARKS:
        print(f"{BENCHMARKS[chosen].__doc__}\n")
        BENCHMARKS[chosen]()
