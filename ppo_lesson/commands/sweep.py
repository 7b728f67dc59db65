"""PPO trained with several settings from several seeds: the common case of `training.sweep`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any

from ppo_lesson.maths.shapes import check_seed
from ppo_lesson.training import PPOConfig, evaluate, sweep, train
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.sweeps import Outcome

NUM_EPISODES = 20  # fresh ones after a training, whose mean return is its score


def run(settings: Sequence[str], seeds: str, engine: str, folder: Path) -> int:
    """Train with every setting from every seed, print a line for each setting.

    Args:
        settings: texts as `learning_rate=0.01,0.02`.
        seeds: as in `0-9` or `0,3,7`.
        engine: as in `training.sweep`.
        folder: where each result is kept as it comes.

    Returns:
        0 if every training was done, 1 if one failed three times.

    Raises:
        ValueError: settings, seeds or the engine cannot work; nothing was trained.
        OSError: nothing can be written in the folder.
    """
    grid = read_grid(settings)
    outcomes = sweep(trained, grid, seeds=read_seeds(seeds), engine=engine, folder=folder)
    by_setting: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        text = " ".join(f"{name}={json.dumps(value)}" for name, value in outcome.settings.items())
        by_setting.setdefault(text or "default settings", []).append(outcome)
    for text, some in by_setting.items():
        returns = [outcome.result["return"] for outcome in some if not outcome.error]
        failed = len(some) - len(returns)
        said = f"{text}: {len(returns)} seeds"
        if returns:
            mean = sum(returns) / len(returns)
            said += f", mean return {mean:.1f}, {min(returns):.1f} to {max(returns):.1f}"
        print(said + (f"; {failed} failed" if failed else ""))
    print(f"every return: {folder}")
    return int(any(outcome.error for outcome in outcomes))


def trained(*, seed: int, **settings: Any) -> dict[str, Any]:
    """Train PPO once, and judge it by fresh episodes.

    Args:
        seed: of the training; the episodes take one of their own from it.
        settings: of PPOConfig, those that are not its defaults.

    Returns:
        "return", the mean of NUM_EPISODES; "episode_returns", the mean of each iteration's
        episodes, NaN where none ended; "stopped", why the training ended.
    """
    seed, config = check_seed(seed), PPOConfig(**settings)
    result = whole(train(config, seed=seed))
    played = evaluate(result.policy, NUM_EPISODES, 10_000 + seed, config.env_id)
    return {
        "return": played.mean().item(),
        "episode_returns": result.curve("episode_return").tolist(),
        "stopped": result.stopped,
    }


def read_grid(settings: Sequence[str]) -> Mapping[str, list[Any]]:
    """Read `learning_rate=0.01,0.02`; a value that is no JSON, as Acrobot-v1, is a text.

    Raises:
        ValueError: PPOConfig has no such setting, or refuses a value.
    """
    grid: dict[str, list[Any]] = {}
    names = [field.name for field in fields(PPOConfig)]
    for text in settings:
        name, equals, values = text.partition("=")
        if not (equals and values) or name not in names:
            raise ValueError(
                f"expected NAME=VALUE,VALUE with NAME one of {', '.join(names)}, got {text!r}"
            )
        if name in grid:
            raise ValueError(f"{name} stands there twice")
        try:
            grid[name] = json.loads(f"[{values}]")
        except ValueError:
            grid[name] = values.split(",")
    for some in product(*grid.values()):
        PPOConfig(**dict(zip(grid, some, strict=True)))  # refuses what cannot work
    return grid


def read_seeds(text: str) -> list[int]:
    """Read `0-9`, `0,3,7` or both, `0-4,10`.

    Raises:
        ValueError: it is none of these.
    """
    seeds: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if not ends:
            raise ValueError(f"seeds: expected 0-9 or 0,3,7, got {text!r}")
        first = int(ends[1])
        seeds += range(first, int(ends[2] or first) + 1)
    return seeds
