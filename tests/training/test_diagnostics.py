from __future__ import annotations

import math
from dataclasses import fields

import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import (
    Batch,
    IterationMetrics,
    TrainingResult,
    approx_kl,
    diagnose,
    first_ratio,
)
from ppo_lesson.training.networks import ActorCritic

EPSILON = 0.2


def make_policy(seed: int = 0) -> ActorCritic:
    policy = ActorCritic(3, 4, (8,), torch.Generator().manual_seed(seed))
    with torch.no_grad():
        policy.actor[-1].weight.mul_(50)  # a new policy is near uniform, and hides mistakes
    return policy


def make_batch(num_samples: int = 64) -> Batch:
    """Make up a batch that some other policy collected; about half of its ratios are clipped."""
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    old_logits = draw(num_samples, 4)
    action = torch.multinomial(old_logits.softmax(-1), 1, generator=generator)[:, 0]
    old_log_prob = Categorical(logits=old_logits).log_prob(action)
    columns = (draw(num_samples) for _ in range(3))
    return Batch(draw(num_samples, 3), action, old_log_prob, *columns)


def metrics(**changes: float) -> IterationMetrics:
    return IterationMetrics(**{**{field.name: 1 for field in fields(IterationMetrics)}, **changes})


def test_a_minibatch_takes_the_same_samples_of_every_column() -> None:
    batch, index = make_batch(), torch.tensor([5, 0, 63])
    minibatch = batch.select(index)
    for name, column in minibatch._asdict().items():
        whole = getattr(batch, name)
        assert torch.equal(column, torch.stack([whole[5], whole[0], whole[63]]))


def test_each_metric_equals_its_formula_sample_by_sample() -> None:
    policy, batch = make_policy(), make_batch()
    measured = diagnose(policy, batch, PPOConfig(clip_epsilon=EPSILON))
    distribution = Categorical(logits=policy.logits(batch.obs).detach().double())
    log_ratio = distribution.log_prob(batch.action) - batch.old_log_prob.double()
    ratios, advantages = log_ratio.exp().tolist(), batch.advantage.tolist()
    num_samples = len(ratios)
    outside = [abs(r - 1) > EPSILON for r in ratios]
    # No gradient: the clipped branch is the smaller one, and the clip holds it still.
    active = [
        min(max(r, 1 - EPSILON), 1 + EPSILON) * a < r * a
        for r, a in zip(ratios, advantages, strict=True)
    ]
    residual = batch.value_target - batch.old_value
    expected = {
        "approx_kl": sum(r - 1 - math.log(r) for r in ratios) / num_samples,
        "clip_fraction": sum(outside) / num_samples,
        "active_clip_fraction": sum(active) / num_samples,
        "largest_ratio": max(ratios),
        "entropy": distribution.entropy().mean().item(),
        "value_loss": residual.square().mean().item() / 2,
        "explained_variance": 1 - (residual.var() / batch.value_target.var()).item(),
    }
    assert measured.keys() == expected.keys()
    for name, number in expected.items():
        assert measured[name] == pytest.approx(number, abs=2e-5), name
    # The two clip fractions are two numbers here, so that they cannot be swapped.
    assert 0 < measured["active_clip_fraction"] < measured["clip_fraction"] < 1
    assert approx_kl(policy, batch) == pytest.approx(expected["approx_kl"], abs=2e-5)


def test_the_approximate_kl_is_that_of_old_from_new() -> None:
    old, new = make_policy(seed=0), make_policy(seed=1)
    obs = torch.tensor([2.0, -1.5, 3.0]).repeat(40_000, 1)
    with torch.no_grad():
        old_distribution = Categorical(logits=old.logits(obs))
        new_distribution = Categorical(logits=new.logits(obs))
        action = old_distribution.sample()
        old_log_prob = old_distribution.log_prob(action)
        log_ratio = new_distribution.log_prob(action) - old_log_prob
    unused = torch.zeros(len(action))
    estimate = approx_kl(new, Batch(obs, action, old_log_prob, unused, unused, unused))
    exact = kl_divergence(old_distribution, new_distribution)[0].item()
    swapped = kl_divergence(new_distribution, old_distribution)[0].item()
    # Standard error of a mean of N terms; five of them, fixed seed.
    bound = 5 * (log_ratio.exp() - 1 - log_ratio).std().item() / math.sqrt(len(action))
    assert abs(estimate - exact) < bound < abs(swapped - exact)


def test_the_policy_that_collected_the_batch_has_not_moved() -> None:
    policy, batch = make_policy(), make_batch()
    log_prob = Categorical(logits=policy.logits(batch.obs)).log_prob(batch.action).detach()
    measured = diagnose(policy, batch._replace(old_log_prob=log_prob), PPOConfig())
    assert measured["approx_kl"] == pytest.approx(0, abs=1e-9)
    assert measured["clip_fraction"] == measured["active_clip_fraction"] == 0


def test_equal_value_targets_give_nan_and_no_warning() -> None:
    # Warnings are errors here. Every probe with one value ends up like this, update after update.
    batch = make_batch()._replace(value_target=torch.full((64,), 0.1))
    assert math.isnan(diagnose(make_policy(), batch, PPOConfig())["explained_variance"])


def test_measuring_leaves_no_gradient_and_no_change_behind() -> None:
    policy, batch = make_policy(), make_batch()
    before = {name: parameter.clone() for name, parameter in policy.state_dict().items()}
    diagnose(policy, batch, PPOConfig())
    approx_kl(policy, batch)
    for name, parameter in policy.named_parameters():
        assert parameter.grad is None
        assert torch.equal(parameter, before[name])


@pytest.mark.parametrize("size", [10, 64, 1000])
def test_the_first_ratio_is_the_farthest_from_one_in_the_first_minibatch(size: int) -> None:
    policy, batch = make_policy(), make_batch()
    generator = torch.Generator().manual_seed(3)
    before = generator.get_state()
    found = first_ratio(policy, batch, PPOConfig(minibatch_size=size), generator)
    assert torch.equal(generator.get_state(), before)  # the update deals the same minibatches
    index = torch.randperm(64, generator=generator)[:size]
    log_prob = Categorical(logits=policy.logits(batch.obs).detach()).log_prob(batch.action)
    ratios = (log_prob - batch.old_log_prob)[index].double().exp().tolist()
    assert found == pytest.approx(max(max(r, 1 / r) for r in ratios), rel=1e-4)


def test_a_first_ratio_below_one_counts_like_one_above() -> None:
    policy, batch = make_policy(), make_batch()
    log_prob = Categorical(logits=policy.logits(batch.obs)).log_prob(batch.action).detach()
    config, generator = PPOConfig(minibatch_size=64), torch.Generator().manual_seed(0)
    for sign, expected in ((0.0, 1), (1.0, 4), (-1.0, 4)):
        old = log_prob + sign * math.log(4)
        moved = batch._replace(old_log_prob=old)
        assert first_ratio(policy, moved, config, generator) == pytest.approx(expected, rel=1e-5)


def test_steps_per_second_is_their_quotient() -> None:
    assert metrics(steps=300, seconds=0.5).steps_per_second == 600


def test_a_curve_holds_one_metric_of_every_iteration_in_order() -> None:
    history = [metrics(steps=10, episode_return=math.nan), metrics(steps=20, episode_return=3.5)]
    result = TrainingResult(make_policy(), history)
    assert result.curve("steps").tolist() == [10, 20]
    torch.testing.assert_close(
        result.curve("episode_return"),
        torch.tensor([math.nan, 3.5], dtype=torch.float64),
        equal_nan=True,
    )
    assert result.curve("steps_per_second").dtype == torch.float64
    with pytest.raises(AttributeError, match="no_such_metric"):
        result.curve("no_such_metric")
    assert TrainingResult(make_policy()).curve("steps").shape == (0,)
