from __future__ import annotations

import pytest
import torch

from ppo_lesson.notebook.film import ITERATIONS_BETWEEN, Film
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.experience import evaluate
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import train

pytestmark = pytest.mark.usefixtures("screen")

CONFIG = PPOConfig(total_steps=1_024, num_envs=4, num_steps=32, num_epochs=1, minibatch_size=64)


def weights(policy: ActorCritic) -> list[torch.Tensor]:
    return list(policy.state_dict().values())


def same(one: ActorCritic, other: ActorCritic) -> bool:
    return all(map(torch.allclose, weights(one), weights(other)))


def test_it_keeps_the_policy_before_at_the_moment_and_after():
    film = Film(CONFIG, seed=3, moment=300)
    seen: dict[int, ActorCritic] = {}

    def watch(result):
        film(result)
        if len(result.history) == 3:
            seen[result.history[-1].steps] = result.policy

    result = train(CONFIG, seed=3, watch=watch)
    steps = [metrics.steps for metrics in result.history]
    moment = next(count for count in steps if count >= 300)
    assert list(film.policies) == [
        "before training", f"after {moment:,} steps", f"after {steps[-1]:,} steps"
    ]  # fmt: skip
    before, midway, after = film.policies.values()
    assert after is result.policy
    assert not same(before, midway) and not same(midway, after)


def test_it_begins_with_the_weights_that_training_begins_with():
    frozen = PPOConfig(**{**vars(CONFIG), "learning_rate": 1e-30, "total_steps": 128})
    film = Film(frozen, seed=3, moment=1)
    train(frozen, seed=3, watch=film)
    before, midway, after = film.policies.values()
    assert same(before, midway) and same(before, after)


def test_the_curve_has_a_point_before_training_and_after_each_iteration_and_is_drawn_now_and_then(
    screen,
):
    film = Film(CONFIG, seed=3, moment=300)
    result = train(CONFIG, seed=3, watch=film)
    assert film.steps == [0, *(metrics.steps for metrics in result.history)]
    assert film.returns[0] == evaluate(film.policies["before training"], 20, 4).mean().item()
    assert film.returns[-1] == evaluate(result.policy, 20, 4).mean().item()
    pictures = [shown for shown in screen.shown if "image/png" in shown]
    assert len(pictures) == 1 + len(result.history) // ITERATIONS_BETWEEN + 1


def test_it_changes_nothing_in_training():
    watched = train(CONFIG, seed=3, watch=Film(CONFIG, seed=3, moment=300))
    assert same(watched.policy, train(CONFIG, seed=3).policy)


def test_a_training_that_is_ended_before_the_moment_has_a_first_and_a_last_policy():
    film = Film(CONFIG, seed=3, moment=10_000)
    train(CONFIG, seed=3, watch=lambda result: film(result) or len(result.history) == 2)
    assert [when.split()[0] for when in film.policies] == ["before", "after"]
