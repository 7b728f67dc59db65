"""Faults of PPO, each one part of `train` replaced; their curves, and how to read them."""

from ppo_lesson.museum import interventions
from ppo_lesson.museum.ladder import climb
from ppo_lesson.museum.record import FAULTS, HEALTHY, read, rerun, steps
from ppo_lesson.museum.tree import leaf_of, read_dashboard, walk

__all__ = [
    "FAULTS",
    "HEALTHY",
    "climb",
    "interventions",
    "leaf_of",
    "read",
    "read_dashboard",
    "rerun",
    "steps",
    "walk",
]
