"""The ladder of probes: train on worlds whose answers are known, and find the first that fails."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch

from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.session import RIGHT, Parts, train_with
from ppo_lesson.worlds import probes

CONFIG = PPOConfig(
    total_steps=2500,
    num_envs=8,
    num_epochs=8,
    minibatch_size=256,
    learning_rate=0.01,
    gamma=0.8,
    reward_scale=1.0,
)
"""The settings of the probes, as in notebook 08."""

CLOSE = 0.2
"""How far a learned value may be from the known one: right code comes within 0.04."""


class Rung(NamedTuple):
    """What was learned on one probe."""

    known: list[float]  # the value of each observation
    learned: list[float]
    passed: bool  # each value is CLOSE, and each action that matters is the best one


def climb(probe_name: str, parts: Parts = RIGHT, seed: int = 0) -> Rung:
    """Train on one probe of `worlds.probes.PROBES`, and compare with what is known.

    Args:
        probe_name: which one.
        parts: what training is made of.
        seed: of the training.

    Raises:
        ValueError: there is no such probe.
    """
    if probe_name not in probes.PROBES:
        raise ValueError(f"probe_name: expected one of {list(probes.PROBES)}, got {probe_name!r}")
    probe = probes.PROBES[probe_name]
    parts = replace(parts, make_env=partial(_make, probe))
    policy = whole(train_with(parts, CONFIG, seed=seed)).policy
    obs = torch.tensor([[seen] for seen in probe.best_action], dtype=torch.float32)
    with torch.no_grad():
        values, actions = policy.value(obs).tolist(), policy.logits(obs).argmax(-1).tolist()
    known = list(probe.known_values(CONFIG.gamma).values())
    pairs = zip(probe.best_action.values(), actions, strict=True)
    near = all(abs(value - right) < CLOSE for value, right in zip(values, known, strict=True))
    return Rung(known, values, near and all(best in (None, action) for best, action in pairs))


def _make(probe: probes.Probe, env_id: str, num_envs: int) -> probes.SyncVectorEnv:
    return probes.make(probe, num_envs)
