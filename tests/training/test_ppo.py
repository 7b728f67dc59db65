from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gymnasium
import pytest
import torch
from gymnasium.vector import SyncVectorEnv, VectorEnv
from torch import Tensor
from torch.distributions import Categorical

from ppo_lesson import maths
from ppo_lesson.notebook.page import source_text
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import make_env, rollouts
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import (
    iterations,
    make_batch,
    plain_surrogate_loss,
    ppo_loss,
    ppo_update,
)
from ppo_lesson.training.session import RIGHT, make_policy, train
from tests.training.tiny import SEED, TINY, a_batch, a_rollout, moved, parameters

# ---- the loop --------------------------------------------------------------------------------


def test_the_loop_that_notebook_08_shows_has_at_most_25_lines() -> None:
    shown = [source_text(function, checks=True) for function in (iterations, ppo_update)]
    assert len([line for text in shown for line in text.splitlines() if line.strip()]) <= 25


def test_an_iteration_is_a_rollout_its_batch_and_its_update_as_done_by_hand() -> None:
    def start() -> tuple[VectorEnv, ActorCritic, torch.Generator]:
        env, generator = make_env("CartPole-v1", TINY.num_envs), torch.Generator().manual_seed(3)
        return env, make_policy(env, TINY.hidden_sizes, generator), generator

    config = replace(TINY, total_steps=100, anneal_learning_rate=True)
    env, policy, generator = start()
    found = list(iterations(env, policy, config, SEED, generator, RIGHT))

    env, hand, generator = start()
    optimizer = torch.optim.Adam(hand.parameters(), eps=config.adam_epsilon)
    steps = 0
    for iteration, rollout in zip(found, rollouts(env, hand, 8, SEED), strict=False):
        batch = make_batch(rollout, config)
        rate = config.learning_rate * (1 - steps / 100)
        optimizer.param_groups[0]["lr"] = rate
        norms = ppo_update(hand, optimizer, batch, config, generator)
        steps += int(rollout.valid.sum())
        assert (iteration.steps, iteration.learning_rate) == (steps, pytest.approx(rate))
        assert torch.equal(iteration.rollout.reward, rollout.reward)
        torch.testing.assert_close(iteration.batch.advantage, batch.advantage)
        assert iteration.gradient_norms == pytest.approx(norms, rel=1e-4)
    assert len(found) >= 4 and found[-2].steps < 100 <= found[-1].steps == steps
    torch.testing.assert_close(parameters(policy), parameters(hand))


def test_a_rollout_that_only_resets_is_no_iteration() -> None:
    def ends_at_once(env_id: str, num_envs: int) -> VectorEnv:
        return SyncVectorEnv([lambda: gymnasium.make("CartPole-v1", max_episode_steps=1)] * 2)

    config = replace(TINY, num_envs=2, num_steps=1, total_steps=6)
    result = train(config, seed=1, make_env=ends_at_once)  # every second row of all resets
    assert result.curve("steps").tolist() == [2, 4, 6]


# ---- the batch -------------------------------------------------------------------------------


def test_the_batch_holds_the_valid_steps_and_no_other() -> None:
    config = replace(TINY, normalise_advantage=False)
    _, rollout = a_rollout()
    batch = make_batch(rollout, config)
    valid = rollout.valid
    assert 0 < (~valid).sum() < valid.numel()
    advantage = maths.gae(
        rollout.reward * config.reward_scale,
        rollout.value,
        rollout.next_value,
        rollout.terminated,
        rollout.truncated,
        config.gamma,
        config.gae_lambda,
    )
    expected = {
        "obs": rollout.obs,
        "action": rollout.action,
        "old_log_prob": rollout.log_prob,
        "advantage": advantage,
        "old_value": rollout.value,
        "value_target": rollout.value + advantage,
    }
    rows = [tuple(row) for row in valid.nonzero().tolist()]
    for name, grid in expected.items():
        column = torch.stack([grid[row] for row in rows])
        torch.testing.assert_close(getattr(batch, name), column, rtol=0, atol=1e-6)


def test_what_happens_in_a_reset_row_reaches_no_sample() -> None:
    _, rollout = a_rollout()
    batch = make_batch(rollout, TINY)
    garbage = {
        name: getattr(rollout, name).masked_fill(~rollout.valid, 1000.0)
        for name in ("reward", "value", "next_value", "log_prob")
    }
    for column, other in zip(batch, make_batch(replace(rollout, **garbage), TINY), strict=True):
        assert torch.equal(column, other)


def test_normalising_centres_and_scales_the_advantage_but_not_the_value_target() -> None:
    _, rollout = a_rollout()
    raw = make_batch(rollout, replace(TINY, normalise_advantage=False))
    normalised = make_batch(rollout, replace(TINY, normalise_advantage=True))
    assert normalised.advantage.mean().item() == pytest.approx(0, abs=1e-6)
    assert normalised.advantage.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert torch.equal(normalised.value_target, raw.value_target)
    assert abs(raw.advantage.mean()) > 1e-3


@pytest.mark.parametrize("name", ["obs", "reward", "value", "next_value", "advantage"])
def test_numbers_that_are_not_finite_are_named_where_they_first_appear(name: str) -> None:
    _, rollout = a_rollout()

    def gae(*arguments: Any) -> Tensor:
        advantage = maths.gae(*arguments)
        return advantage + math.inf if name == "advantage" else advantage

    if name != "advantage":
        column = getattr(rollout, name).clone()
        column[3, 1] = math.nan
        rollout = replace(rollout, **{name: column})
    with pytest.raises(FloatingPointError, match=f"^{name} is not finite$"):
        make_batch(rollout, TINY, gae)


def test_a_final_observation_is_not_needed_where_the_world_ended() -> None:
    _, rollout = a_rollout()
    assert rollout.terminated.any()
    without = rollout.next_value.masked_fill(rollout.terminated, math.nan)
    batch = make_batch(replace(rollout, next_value=without), TINY)
    assert torch.equal(batch.advantage, make_batch(rollout, TINY).advantage)


def test_advantages_that_differ_by_the_rounding_of_what_they_are_made_of_are_equal() -> None:
    rollout = a_rollout()[1]
    reward = torch.full_like(rollout.reward, 10.0)
    noise = 1e-6 * torch.randn(reward.shape, generator=torch.Generator().manual_seed(0))
    ends = torch.ones_like(rollout.terminated)
    config = replace(TINY, reward_scale=1.0)
    for size, equal in ((1.0, True), (1000.0, False)):
        known = replace(rollout, reward=reward, value=reward + size * noise, terminated=ends)
        assert (make_batch(known, config).advantage == 0).all() == equal


# ---- the loss and the update -----------------------------------------------------------------


@pytest.mark.parametrize("clip_value", [False, True])
@pytest.mark.parametrize("entropy_coefficient", [0.0, 0.03])
def test_the_loss_spelt_out_term_by_term_has_the_same_value_and_gradient(
    clip_value: bool, entropy_coefficient: float
) -> None:
    config = replace(
        TINY,
        clip_value=clip_value,
        entropy_coefficient=entropy_coefficient,
        value_coefficient=0.7,
        clip_epsilon=0.1,
    )
    policy, batch = a_batch(config)
    moved(policy)
    distribution = Categorical(logits=policy.logits(batch.obs))
    ratio = (distribution.log_prob(batch.action) - batch.old_log_prob).exp()
    clipped = torch.clip(ratio, 0.9, 1.1)
    policy_part = -torch.min(ratio * batch.advantage, clipped * batch.advantage).mean()
    value = policy.value(batch.obs)
    error = (value - batch.value_target) ** 2
    near = torch.clip(value, batch.old_value - 0.1, batch.old_value + 0.1)
    if clip_value:
        error = torch.max(error, (near - batch.value_target) ** 2)
    expected = policy_part + 0.7 * error.mean() / 2
    expected = expected - entropy_coefficient * distribution.entropy().mean()
    loss = ppo_loss(policy, batch, config, maths.clipped_surrogate_loss)
    torch.testing.assert_close(loss, expected)
    gradients = [maths.flat_gradient(x, policy.parameters()) for x in (loss, expected)]
    torch.testing.assert_close(*gradients)
    assert (ratio - 1).abs().max() > 0.1  # some samples are clipped
    assert not torch.equal(near, value)


@pytest.mark.parametrize("entropy_coefficient", [0.0, 0.03])
def test_on_a_real_minibatch_the_loss_is_that_of_stable_baselines3(
    entropy_coefficient: float,
) -> None:
    from stable_baselines3 import PPO

    model = PPO(
        "MlpPolicy", "CartPole-v1", n_steps=64, batch_size=64, n_epochs=1, seed=3,
        normalize_advantage=False, vf_coef=0.7, ent_coef=entropy_coefficient,
    )  # fmt: skip
    model.learn(64)
    moved(model.policy)  # type: ignore[arg-type] # the buffer holds what the old policy did
    buffer = next(model.rollout_buffer.get())
    theirs = model.policy.get_distribution(buffer.observations).distribution
    policy: Any = SimpleNamespace(
        logits=lambda obs: theirs.logits,
        value=lambda obs: model.policy.predict_values(obs).flatten(),
    )
    unused = torch.zeros(64)
    batch = Batch(
        obs=buffer.observations, action=buffer.actions[:, 0].long(), advantage=buffer.advantages,
        old_log_prob=buffer.old_log_prob, value_target=buffer.returns, old_value=unused,
    )  # fmt: skip
    # Its value loss has no half.
    config = PPOConfig(value_coefficient=1.4, entropy_coefficient=entropy_coefficient)
    ours = ppo_loss(policy, batch, config, maths.clipped_surrogate_loss).item()
    model.train()  # one epoch of one minibatch: it logs the loss before its only step
    assert ours == pytest.approx(model.logger.name_to_value["train/loss"], rel=1e-5)


def adam(policy: ActorCritic, learning_rate: float = 1e-2) -> torch.optim.Optimizer:
    return torch.optim.Adam(policy.parameters(), lr=learning_rate)


@pytest.mark.parametrize("minibatch_size", [7, 32, 1000])
def test_an_update_takes_epochs_times_minibatches_steps(minibatch_size: int) -> None:
    config = replace(TINY, minibatch_size=minibatch_size, num_epochs=2)
    policy, batch = a_batch(config)
    norms = ppo_update(policy, adam(policy), batch, config, torch.Generator().manual_seed(0))
    assert len(norms) == 2 * math.ceil(len(batch.action) / minibatch_size)


def test_every_epoch_shows_every_sample_once_in_a_new_order() -> None:
    config = replace(TINY, num_epochs=2, minibatch_size=16)
    policy, batch = a_batch(config)
    batch = batch._replace(advantage=torch.arange(len(batch.action), dtype=torch.float32))
    seen: list[Tensor] = []

    def policy_loss(log_prob: Tensor, old: Tensor, advantage: Tensor, epsilon: float) -> Tensor:
        seen.append(advantage)
        return log_prob.mean()

    ppo_update(policy, adam(policy), batch, config, torch.Generator().manual_seed(0), policy_loss)
    epochs = torch.cat(seen).view(2, -1)
    for epoch in epochs:
        assert torch.equal(epoch.sort().values, batch.advantage)
    assert not torch.equal(*epochs)


class GradientSpy(torch.optim.SGD):
    """Writes down the length of every gradient that it steps along."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        gradients = [p.grad for group in self.param_groups for p in group["params"]]
        self.__dict__.setdefault("norms", []).append(
            torch.cat([g.view(-1) for g in gradients]).norm()
        )
        super().step(closure)


def test_steps_are_taken_along_shortened_gradients_and_the_full_length_is_returned() -> None:
    config = replace(TINY, max_gradient_norm=0.05, minibatch_size=1000, num_epochs=1)
    policy, batch = a_batch(config)
    loss = ppo_loss(policy, batch, config, maths.clipped_surrogate_loss)
    full = maths.flat_gradient(loss, policy.parameters()).norm().item()
    assert full > 2 * config.max_gradient_norm
    spy = GradientSpy(policy.parameters(), lr=0.1)
    before = parameters(policy)
    norms = ppo_update(policy, spy, batch, config, torch.Generator().manual_seed(0))
    assert norms == pytest.approx([full], rel=1e-4)
    # clip_grad_norm_ divides by norm + 1e-6.
    assert spy.__dict__["norms"][0].item() == pytest.approx(0.05, rel=1e-3)
    assert (parameters(policy) - before).norm().item() == pytest.approx(0.1 * 0.05, rel=1e-3)


def test_gradients_that_are_short_enough_are_left_alone() -> None:
    config = replace(TINY, max_gradient_norm=1e6, num_epochs=1)
    policy, batch = a_batch(config)
    spy = GradientSpy(policy.parameters(), lr=0.1)
    norms = ppo_update(policy, spy, batch, config, torch.Generator().manual_seed(0))
    assert norms == pytest.approx([norm.item() for norm in spy.__dict__["norms"]], rel=1e-6)


def test_no_further_epoch_begins_once_the_policy_has_moved_beyond_the_target() -> None:
    config = replace(TINY, num_epochs=10, minibatch_size=1000)

    def kl_after(num_epochs: int) -> float:
        policy, batch = a_batch()
        shorter = replace(config, num_epochs=num_epochs)
        ppo_update(policy, adam(policy), batch, shorter, torch.Generator().manual_seed(0))
        log_prob = Categorical(logits=policy.logits(batch.obs)).log_prob(batch.action)
        ratio = (log_prob - batch.old_log_prob).exp().double()
        return (ratio - 1 - ratio.log()).mean().item()

    kls = [kl_after(num_epochs) for num_epochs in range(1, 11)]
    target = (kls[3] + kls[4]) / 2
    stop = next(epoch for epoch, kl in enumerate(kls, start=1) if kl > target)
    assert 1 < stop < 10
    policy, batch = a_batch()
    stopping = replace(config, target_kl=target)
    norms = ppo_update(policy, adam(policy), batch, stopping, torch.Generator().manual_seed(0))
    assert len(norms) == stop


def test_a_gradient_that_is_not_finite_is_refused_and_moves_nothing() -> None:
    policy, batch = a_batch()
    optimizer, states = adam(policy), []

    def nan_at_the_third_step(*arguments: Any) -> Tensor:
        states.append(parameters(policy))
        return maths.clipped_surrogate_loss(*arguments) * (math.nan if len(states) == 3 else 1)

    generator = torch.Generator().manual_seed(0)
    with pytest.raises(FloatingPointError, match=r"^the gradient's norm is nan$"):
        ppo_update(policy, optimizer, batch, TINY, generator, nan_at_the_third_step)
    assert torch.equal(parameters(policy), states[2])
    assert not torch.equal(states[2], states[0])
    assert torch.isfinite(parameters(policy)).all()


def test_a_critic_that_does_not_count_cannot_spoil_the_loss() -> None:
    config = replace(TINY, value_coefficient=0.0)
    policy, batch = a_batch(config)
    spoilt = batch._replace(value_target=batch.value_target * math.nan)
    loss = ppo_loss(policy, spoilt, config, maths.clipped_surrogate_loss)
    loss.backward()
    assert loss.isfinite()
    assert all(x.grad is not None and x.grad.isfinite().all() for x in policy.actor.parameters())


def test_the_plain_loss_is_the_surrogate_whatever_epsilon() -> None:
    log_prob, old = torch.tensor([-0.1, -3.0]), torch.tensor([-2.0, -0.5])
    advantage = torch.tensor([1.0, -2.0])
    found = plain_surrogate_loss(log_prob, old, advantage, 0.2)
    assert float(found) == float(maths.surrogate_loss(log_prob, old, advantage))
