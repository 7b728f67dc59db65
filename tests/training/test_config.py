from __future__ import annotations

import dataclasses
import importlib
import math
import pkgutil
from typing import Any

import numpy as np
import pytest

import ppo_lesson
from ppo_lesson.experiments.running import settings
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.grpo import GroupConfig
from ppo_lesson.training.config import PPOConfig

COUNTS = ("total_steps", "num_envs", "num_steps", "num_epochs", "minibatch_size")
POSITIVE = ("learning_rate", "adam_epsilon", "reward_scale", "max_gradient_norm", "target_kl")
NO_NUMBERS = ("3", None, True, math.nan, [1])
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
    *(("hidden_sizes", value) for value in (64, "64", None, (True,), (32, "32"))),
    *(("env_id", value) for value in ("", None, 3)),
    *(
        (name, value)
        for name in ("anneal_learning_rate", "normalise_advantage", "clip_value")
        for value in ("False", None, 0)
    ),
]
CONFIGS = (PPOConfig, RLHFConfig, GroupConfig)
SMALLEST = {(RLHFConfig, "group_size"): 0, (GroupConfig, "group_size"): 2}  # of others, 1
OPTIONAL = ("target_kl",)  # None is a setting of its own


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


def fields_of(kind: str) -> list[tuple[type, str]]:
    return [
        (config, field.name)
        for config in CONFIGS
        for field in dataclasses.fields(config)
        if field.type.split(" ")[0] == kind
    ]


def test_all_settings_are_looked_at() -> None:
    found = set()
    for module in pkgutil.walk_packages(ppo_lesson.__path__, "ppo_lesson."):
        if module.name.endswith("__main__"):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            if name.endswith("Config") and dataclasses.is_dataclass(thing):
                found.add(thing)
    assert found == set(CONFIGS)
    kinds = {field.type for config in CONFIGS for field in dataclasses.fields(config)}
    assert kinds == {"int", "float", "float | None", "bool", "str", "tuple[int, ...]"}


@pytest.mark.parametrize(("config", "name"), fields_of("int"))
def test_a_count_of_any_settings_is_a_whole_number(config: type, name: str) -> None:
    for bad in (*NO_NUMBERS, 2.0, -1, 10**30, SMALLEST.get((config, name), 1) - 1):
        with pytest.raises(ValueError, match=f"^{name}: expected .* got"):
            config(**{name: bad})
    kept = getattr(config(**{name: np.int64(64)}), name)
    assert type(kept) is int and kept == 64


@pytest.mark.parametrize(("config", "name"), fields_of("float"))
def test_a_number_of_any_settings_is_finite_and_in_its_range(config: type, name: str) -> None:
    for bad in (*NO_NUMBERS, math.inf, -math.inf, -1e-3):
        if bad is not None or name not in OPTIONAL:
            with pytest.raises(ValueError, match=f"^{name}: expected .* got"):
                config(**{name: bad})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", 1e38),  # one step, and no weight is a number any more
        ("max_gradient_norm", 0.0),
        ("clip_epsilon", 1.0),
        ("gae_lambda", 1.1),
    ],
)
def test_rlhf_refuses_what_ppo_refuses(name: str, value: float) -> None:
    for config in (PPOConfig, RLHFConfig):
        with pytest.raises(ValueError, match=f"^{name}: expected a number in"):
            config(**{name: value})


def test_a_clip_below_cannot_reach_a_ratio_of_0_and_one_above_is_free() -> None:
    with pytest.raises(ValueError, match=r"^clip_low: expected a number in \(0, 1\)"):
        GroupConfig(clip_low=1.0)
    assert GroupConfig(clip_high=3.0).clip_high == 3.0


def test_settings_made_of_numpys_integers_can_be_written_down() -> None:
    config = PPOConfig(num_envs=np.int64(8), hidden_sizes=[np.int32(16)])  # type: ignore[arg-type]
    assert (config.num_envs, config.hidden_sizes) == (8, (16,))
    assert settings(config)["hidden_sizes"] == [16]
    assert hash(config) == hash(PPOConfig(num_envs=8, hidden_sizes=(16,)))
