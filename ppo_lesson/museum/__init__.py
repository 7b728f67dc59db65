"""Faults of PPO, each one part of `train` replaced, and the record of their curves."""

from ppo_lesson.museum.record import FAULTS, HEALTHY, read, rerun, steps

__all__ = ["FAULTS", "HEALTHY", "read", "rerun", "steps"]
