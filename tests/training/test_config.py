from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from ppo_lesson.training.config import PPOConfig

COUNTS = ("total_steps", "num_envs", "num_steps", "num_epochs", "minibatch_size")
POSITIVE = ("learning_rate", "adam_epsilon", "reward_scale", "max_gradient_norm", "target_kl")
BAD_VALUES: list[tuple[str, Any]] = [
    *((name, value) for name in COUNTS for value in (0, -1, 2.5, math.nan)),
    *((name, value) for name in POSITIVE for value in (0.0, -0.1, math.nan, math.inf)),
    *((name, value) for name in ("gamma", "gae_lambda") for value in (-0.01, 1.01, math.nan)),
    *(
        (name, value)
        for name in ("value_coefficient", "entropy_coefficient")
        for value in (-1, math.nan)
    ),
    *(("clip_epsilon", value) for value in (0.0, 1.0, -0.2, math.nan)),
    ("hidden_sizes", (32, 0)),
    ("hidden_sizes", (32.0,)),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_setting_that_cannot_work_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}: expected .* got"):
        PPOConfig(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, 1) for name in COUNTS),
        *((name, end) for name in ("gamma", "gae_lambda") for end in (0, 1)),
        ("value_coefficient", 0),
        ("entropy_coefficient", 0),
        ("target_kl", None),
        ("hidden_sizes", ()),
    ],
)
def test_the_ends_of_each_range_are_accepted(name: str, value: Any) -> None:
    assert getattr(PPOConfig(**{name: value}), name) == value


def test_settings_cannot_change_once_made_and_a_changed_copy_is_checked_too() -> None:
    config = PPOConfig()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.gamma = 0.5  # type: ignore[misc]
    with pytest.raises(ValueError, match=r"^gamma: "):
        dataclasses.replace(config, gamma=2.0)
