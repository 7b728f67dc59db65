"""Experiments on PPO itself: train with one thing changed, and write down what is seen.

Training amplifies the last digits in which machines differ, and many seeds take minutes, so what
is seen is stored in files of this package, together with the settings it was made with. Entries are
kept as they come: an experiment that was ended goes on where it stopped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.files import replace_text, require_writable
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import UpdateMetrics
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import evaluate, train
from ppo_lesson.training.rollouts import make_env

Run = dict[str, list[float]]
"""What is seen of one training: name -> one number per record, see `run`."""

Curves = dict[str, Tensor]
"""The same of several seeds: name -> (S, U)."""

METRICS = (
    "approx_kl",
    "clip_fraction",
    "active_clip_fraction",
    "entropy",
    "explained_variance",
    "gradient_norm",
)
NOTHING: Mapping[str, Callable[..., Any]] = {}


def run(
    config: PPOConfig,
    seed: int,
    parts: Mapping[str, Callable[..., Any]] = NOTHING,
    *,
    every: int,
    episodes: int,
) -> Run:
    """Train once, and write down every few updates what the dashboard shows.

    Args:
        config: the settings.
        seed: of the training; evaluation episodes take one of their own from it.
        parts: keyword of `train` -> the function that stands in there.
        every: updates between two records, 1 or more.
        episodes: fresh ones per record, whose mean return is written down.

    Returns:
        Lists of equal length, of all seeds too: "return" of the fresh episodes, METRICS, and
        "first_ratio", the largest ratio of the update's first minibatch, before any step on it;
        1/r counts where r is below 1. Three significant digits; NaN where nothing was measured.

    Raises:
        KeyboardInterrupt: Ctrl-C, though the training ended in order.
    """
    seed, every = check_seed(seed), check_count("every", every)
    episodes = check_count("episodes", episodes)
    parts = dict(parts)
    first_ratio = _FirstRatio(parts.pop("policy_loss", maths.clipped_surrogate_loss))
    world = parts.get("make_env", make_env)
    num_records = config.total_steps // (config.num_envs * config.num_steps * every)
    found: Run = {name: [] for name in ("return", *METRICS, "first_ratio")}
    updates = 0

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> None:
        nonlocal updates
        updates += 1
        ratio = first_ratio.take()
        # Rows that only reset are no steps: some runs need more updates, all have so many records.
        if updates % every or updates > num_records * every:
            return
        played = evaluate(policy, episodes, 10_000 + seed, config.env_id, world).mean().item()
        measured = {name: getattr(metrics, name) for name in METRICS}
        for name, number in {"return": played, **measured, "first_ratio": ratio}.items():
            found[name].append(float(f"{number:.3g}"))

    whole(train(config, seed=seed, policy_loss=first_ratio, on_update=on_update, **parts))
    for numbers in found.values():  # of a run that ended early, by a fault
        numbers += [math.nan] * (num_records - len(numbers))
    return found


class _FirstRatio:
    """A policy loss that remembers how far the ratios of an update's first minibatch are from 1."""

    def __init__(self, policy_loss: Callable[..., Tensor]) -> None:
        self.policy_loss = policy_loss
        self.found: float | None = None

    def __call__(
        self, log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
    ) -> Tensor:
        if self.found is None:
            self.found = (log_prob.detach() - old_log_prob).abs().max().exp().item()
        return self.policy_loss(log_prob, old_log_prob, advantage, clip_epsilon)

    def take(self) -> float:
        found, self.found = self.found, None
        return math.nan if found is None else found


def settings(config: PPOConfig) -> dict[str, Any]:
    """Write settings as they come back from a file."""
    return json.loads(json.dumps(asdict(config)))


def make(
    path: Path,
    head: Mapping[str, Any],
    entries: Mapping[str, Callable[[], Any]],
    on_entry: Callable[[str], object],
) -> None:
    """Make an experiment entry by entry; the stored one is replaced once the new one is whole.

    Each entry is kept beside it as soon as it is made. What a call before this one has kept is not
    made again, if it was made with the same head.

    Args:
        path: where it is stored.
        head: what it is made with.
        entries: name -> a function that makes this entry, in minutes.
        on_entry: hears of each entry, once it is kept.

    Raises:
        OSError: nothing can be written there; no entry was made.
    """
    begun = path.with_name(f"{path.stem}.begun.json")
    for place in (path, begun):
        require_writable(place)
    runs = _kept(begun, head)
    for name, make_entry in entries.items():
        made = name in runs
        if not made:
            runs[name] = make_entry()
            write(begun, head, runs)
        on_entry(f"{name} (made before)" if made else name)
    write(path, head, {name: runs[name] for name in entries})
    begun.unlink(missing_ok=True)


def _kept(begun: Path, head: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of an experiment that was begun with the same head."""
    try:
        found, runs = read(begun)
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or a file of another kind
        return {}
    return runs if isinstance(runs, dict) and found == json.loads(_compact(head)) else {}


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
