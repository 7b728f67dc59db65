from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from ppo_lesson.maths.divergences import kl_k3
from ppo_lesson.maths.gradients import finite_difference_gradient
from ppo_lesson.maths.objectives import (
    active_clip_fraction,
    clip_fraction,
    clipped_surrogate_loss,
    clipped_value_loss,
    kl_penalised_loss,
    reinforce_loss,
    surrogate_loss,
    value_loss,
)

few = settings(max_examples=25)
samples = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-3, 3)), min_size=1, max_size=6
)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def value_and_gradient(function: Callable[[Tensor], Tensor], at: Tensor) -> tuple[Tensor, Tensor]:
    at = at.clone().requires_grad_()
    result = function(at)
    return result.detach(), torch.autograd.grad(result, at)[0]


OLD, NEW, ADVANTAGE = row(-1.0, -0.5, -2.0, -0.7), row(-0.2, -1.4, -2.1, -0.6), row(2.0, -1, 3, -2)


def test_the_reinforce_loss_is_minus_the_mean_of_log_prob_times_advantage() -> None:
    value, gradient = value_and_gradient(lambda x: reinforce_loss(x, ADVANTAGE), NEW)
    assert_equal(value, -row(-0.2 * 2 + 1.4 - 2.1 * 3 + 0.6 * 2).sum() / 4)
    assert_equal(gradient, -ADVANTAGE / 4)


def test_the_surrogate_loss_is_minus_the_mean_of_ratio_times_advantage() -> None:
    value, gradient = value_and_gradient(lambda x: surrogate_loss(x, OLD, ADVANTAGE), NEW)
    ratio = row(0.8, -0.9, -0.1, 0.1).exp()
    assert_equal(value, -(ratio @ ADVANTAGE) / 4)
    assert_equal(gradient, -ratio * ADVANTAGE / 4)


@pytest.mark.parametrize(
    "loss",
    [
        reinforce_loss,
        lambda log_prob, advantage: surrogate_loss(log_prob, OLD, advantage),
        lambda log_prob, advantage: clipped_surrogate_loss(log_prob, OLD, advantage, 0.2),
        lambda log_prob, advantage: kl_penalised_loss(log_prob, OLD, advantage, 0.7),
    ],
)
def test_at_theta_old_every_policy_loss_has_the_gradient_of_reinforce(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    _, gradient = value_and_gradient(lambda x: loss(x, ADVANTAGE), OLD)
    assert_equal(gradient, -ADVANTAGE / 4)


def test_away_from_theta_old_ratio_and_log_have_different_gradients() -> None:
    _, of_ratio = value_and_gradient(lambda x: surrogate_loss(x, OLD, ADVANTAGE), NEW)
    _, of_log = value_and_gradient(lambda x: reinforce_loss(x, ADVANTAGE), NEW)
    assert ((of_ratio - of_log).abs() > 0.01).all()


def test_the_surrogate_of_a_bandit_is_its_objective_everywhere() -> None:
    # All actions once, weighted by the old policy: sum_a pi_old (pi / pi_old) A = sum_a pi A.
    old, new, advantage = row(0.5, 0.3, 0.2), row(0.1, 0.1, 0.8), row(1.0, -2.0, 3.0)
    singles = [
        surrogate_loss(new[[a]].log(), old[[a]].log(), advantage[[a]]) for a in range(len(new))
    ]
    assert_equal(old @ torch.stack(singles), -(new @ advantage))


EPSILON = 0.2
# sign of A x (below, inside, above): objective r A or clipped, gradient alive or not
SIX_CASES = [
    (+1.0, 0.5, 0.5, True),
    (+1.0, 1.1, 1.1, True),
    (+1.0, 1.5, 1.2, False),
    (-1.0, 0.5, -0.8, False),
    (-1.0, 0.9, -0.9, True),
    (-1.0, 1.5, -1.5, True),
]


@pytest.mark.parametrize(("advantage", "ratio", "objective", "alive"), SIX_CASES)
def test_the_six_cases_of_the_clip(
    advantage: float, ratio: float, objective: float, alive: bool
) -> None:
    value, gradient = value_and_gradient(
        lambda x: clipped_surrogate_loss(x, row(-1.0), row(2 * advantage), EPSILON),
        row(ratio).log() - 1,
    )
    assert_equal(value, -2 * row(objective)[0])
    assert_equal(gradient, row(-2 * ratio * advantage if alive else 0.0))
    marked = active_clip_fraction(row(ratio), row(advantage), EPSILON)
    assert marked == (not alive)


@given(samples, st.floats(0.01, 0.99))
@few
def test_the_clipped_loss_is_never_below_the_unclipped_one(
    sample: list[tuple[float, float, float]], epsilon: float
) -> None:
    log_prob, old_log_prob, advantage = row(*itertools.chain(*sample)).reshape(-1, 3).T
    clipped = clipped_surrogate_loss(log_prob, old_log_prob, advantage, epsilon)
    assert clipped >= surrogate_loss(log_prob, old_log_prob, advantage) - 1e-12


@given(samples, st.floats(0.01, 0.99))
@few
def test_samples_without_a_gradient_are_counted_and_no_others(
    sample: list[tuple[float, float, float]], epsilon: float
) -> None:
    log_prob, old_log_prob, advantage = row(*itertools.chain(*sample)).reshape(-1, 3).T
    advantage = torch.where(advantage.abs() < 0.01, 1.0, advantage)
    _, gradient = value_and_gradient(
        lambda x: clipped_surrogate_loss(x, old_log_prob, advantage, epsilon), log_prob
    )
    ratio = (log_prob - old_log_prob).exp()
    active = active_clip_fraction(ratio, advantage, epsilon)
    assert_equal(active, (gradient == 0).double().mean())
    assert active <= clip_fraction(ratio, epsilon)


def test_the_minimum_is_taken_per_sample_and_not_of_the_means() -> None:
    log_prob, old_log_prob = row(1.5, 0.5).log(), row(1.0, 1.0).log()
    advantage = row(1.0, 1.0)
    loss = clipped_surrogate_loss(log_prob, old_log_prob, advantage, EPSILON)
    assert_equal(loss, row(-(1.2 + 0.5) / 2)[0])  # the means are 1.0 and 1.0


def test_the_logged_clip_fraction_counts_about_twice_what_has_no_gradient() -> None:
    # Every ratio with both signs of the advantage.
    ratio = row(0.5, 0.5, 0.9, 0.9, 1.1, 1.1, 1.5, 1.5)
    advantage = row(1.0, -1.0).repeat(4)
    assert clip_fraction(ratio, EPSILON) == 0.5
    assert active_clip_fraction(ratio, advantage, EPSILON) == 0.25


def test_a_ratio_beyond_any_float_gives_a_finite_loss_and_gradient() -> None:
    log_prob, advantage = torch.tensor([500.0, -500.0]), torch.tensor([-1.0, 1.0])
    for loss in (
        lambda x: surrogate_loss(x, torch.zeros(2), advantage),
        lambda x: clipped_surrogate_loss(x, torch.zeros(2), advantage, EPSILON),
        lambda x: kl_penalised_loss(x, torch.zeros(2), advantage, 0.5),
    ):
        value, gradient = value_and_gradient(loss, log_prob)
        assert value.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize("beta", [0.0, 0.5, 3.0])
def test_the_penalty_is_beta_times_k3(beta: float) -> None:
    penalty = kl_penalised_loss(NEW, OLD, ADVANTAGE, beta) - surrogate_loss(NEW, OLD, ADVANTAGE)
    assert_equal(penalty, beta * kl_k3(NEW, OLD))


@pytest.mark.parametrize(
    ("loss", "arguments", "constants"),
    [
        (reinforce_loss, (NEW, ADVANTAGE), [1]),
        (surrogate_loss, (NEW, OLD, ADVANTAGE), [1, 2]),
        (clipped_surrogate_loss, (NEW, OLD, ADVANTAGE, 0.3), [1, 2]),
        (kl_penalised_loss, (NEW, OLD, ADVANTAGE, 0.3), [1, 2]),
        (value_loss, (NEW, OLD), [1]),
        (clipped_value_loss, (NEW, OLD, ADVANTAGE, 0.3), [1, 2]),
    ],
)
def test_the_gradient_is_that_of_central_differences_and_constants_get_none(
    loss: Callable[..., Tensor], arguments: tuple[Any, ...], constants: list[int]
) -> None:
    tensors = [x.clone().requires_grad_() if isinstance(x, Tensor) else x for x in arguments]
    loss(*tensors).backward()
    assert [tensors[index].grad for index in constants] == [None] * len(constants)
    numeric = finite_difference_gradient(lambda x: loss(x, *arguments[1:]), arguments[0])
    assert_equal(tensors[0].grad, numeric, 1e-8)


def test_the_value_loss_is_half_the_mean_squared_error() -> None:
    assert value_loss(row(1.0, 5.0), row(2.0, 2.0)) == 0.5 * (1 + 9) / 2


@pytest.mark.parametrize(
    ("value", "expected", "gradient"),
    [
        (1.1, 0.5 * 1.9**2, -1.9),  # inside: the plain error
        (2.0, 0.5 * 1.8**2, 0.0),  # moved towards the target beyond epsilon: no further reward
        (0.5, 0.5 * 2.5**2, -2.5),  # moved away from it: the larger error counts, and pulls back
    ],
)
def test_the_clipped_value_loss_gives_no_reward_for_a_long_way(
    value: float, expected: float, gradient: float
) -> None:
    # Target 3, old prediction 1, epsilon 0.2.
    result = value_and_gradient(
        lambda x: clipped_value_loss(x, row(3.0), row(1.0), 0.2), row(value)
    )
    assert_equal(result[0], row(expected)[0])
    assert_equal(result[1], row(gradient))
    assert result[0] >= value_loss(row(value), row(3.0)) - 1e-12


@pytest.mark.parametrize("shift", [0.4, 0.8])
def test_on_a_real_minibatch_the_losses_are_those_of_stable_baselines3(shift: float) -> None:
    from stable_baselines3 import PPO

    settings_ = {"n_steps": 64, "batch_size": 64, "n_epochs": 1, "clip_range": 0.2}
    model = PPO("MlpPolicy", "CartPole-v1", normalize_advantage=False, seed=3, **settings_)
    model.learn(64)
    # The buffer still holds what the old policy did. Move the policy, so that ratios are not 1.
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.policy.parameters():
            parameter += shift * torch.randn(parameter.shape, generator=generator)
        batch = next(model.rollout_buffer.get())
        value, log_prob, _ = model.policy.evaluate_actions(batch.observations, batch.actions[:, 0])
    ratio = (log_prob - batch.old_log_prob).exp()
    assert ((ratio - 1).abs() > 0.2).any()
    model.train()  # one epoch of one minibatch: it logs the losses before its only step
    logged = model.logger.name_to_value

    ours = clipped_surrogate_loss(log_prob, batch.old_log_prob, batch.advantages, 0.2)
    assert float(ours) == pytest.approx(logged["train/policy_gradient_loss"], rel=1e-5)
    assert float(clip_fraction(ratio, 0.2)) == pytest.approx(logged["train/clip_fraction"])
    # Its value loss has no half.
    ours = 2 * value_loss(value.flatten(), batch.returns)
    assert float(ours) == pytest.approx(logged["train/value_loss"], rel=1e-5)
    ours = kl_k3(log_prob, batch.old_log_prob)
    assert float(ours) == pytest.approx(logged["train/approx_kl"], rel=1e-3)  # it has no expm1
