from __future__ import annotations

import inspect
import math
import random
import signal
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from torch import Tensor, nn
from torch.distributions import Categorical

from ppo_lesson import maths
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import (
    PPOConfig,
    TrainingResult,
    UpdateMetrics,
    evaluate,
    learning_rate_at,
    make_batch,
    make_policy,
    ppo_loss,
    ppo_update,
    train,
)
from ppo_lesson.training.rollouts import Rollout, collect, make_env
from ppo_lesson.worlds.probes import PROBES, EndlessProbe, Probe

MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
SEED = 4001
# Small enough for a moment: 7 updates of some 6 gradient steps.
TINY = PPOConfig(
    total_steps=200,
    num_envs=4,
    num_steps=8,
    num_epochs=2,
    minibatch_size=12,
    hidden_sizes=(8,),
    target_kl=None,
    anneal_learning_rate=False,
)
# Enough for a probe: 50 gradient steps; the worst of 24 runs missed a value by 0.05.
PROBING = PPOConfig(
    env_id="probe",
    total_steps=800,
    num_envs=8,
    num_steps=10,
    num_epochs=5,
    minibatch_size=80,
    learning_rate=5e-2,
    gamma=0.8,
    hidden_sizes=(16,),
    reward_scale=0.5,
    target_kl=None,
)

# What of training can be somebody's own.
REPLACEABLE = [
    name
    for name, parameter in inspect.signature(train).parameters.items()
    if callable(parameter.default) and parameter.default is not parameter.empty
]


def envs_of(
    make: Callable[[], gymnasium.Env[Any, Any]], mode: AutoresetMode = AutoresetMode.NEXT_STEP
) -> Callable[[str, int], VectorEnv]:
    return lambda env_id, num_envs: SyncVectorEnv([make] * num_envs, autoreset_mode=mode)


def parameters(policy: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(policy.parameters()).detach().clone()


def assert_equal_results(one: TrainingResult, other: TrainingResult) -> None:
    """Compare to the last bit, clocks left out."""
    assert torch.equal(parameters(one.policy), parameters(other.policy))
    for field in fields(UpdateMetrics):
        if field.name != "seconds":
            pair = one.curve(field.name), other.curve(field.name)
            torch.testing.assert_close(*pair, rtol=0, atol=0, equal_nan=True)


def a_rollout(num_steps: int = 40, config: PPOConfig = TINY) -> tuple[ActorCritic, Rollout]:
    """Play CartPole with a fresh policy, long enough for episodes to end."""
    env = make_env("CartPole-v1", config.num_envs)
    policy = make_policy(env, config.hidden_sizes, torch.Generator().manual_seed(0))
    return policy, collect(env, policy, num_steps, np.random.default_rng(0), seed=SEED)


def a_batch(config: PPOConfig = TINY) -> tuple[ActorCritic, Any]:
    policy, rollout = a_rollout(config=config)
    return policy, make_batch(rollout, config)


def moved(policy: ActorCritic, size: float = 0.3) -> ActorCritic:
    """Move every weight a little, as if some updates had gone by."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.add_(size * torch.randn(parameter.shape, generator=generator))
    return policy


# ---- what is learned -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("probe", PROBES)
def test_every_probes_values_and_actions_are_learned(
    probe: type[Probe], mode: AutoresetMode
) -> None:
    result = train(PROBING, seed=SEED, make_env=envs_of(probe, mode))
    for obs, value in probe().known_values(PROBING.gamma).items():
        row = torch.tensor([obs])
        learned = result.policy.value(row).item() / PROBING.reward_scale
        assert learned == pytest.approx(value, abs=0.1)
        prob = result.policy.logits(row).softmax(-1)
        assert prob[probe.best_action[obs]] > 0.95


def truncation_as_termination(
    reward: Tensor,
    value: Tensor,
    next_value: Tensor,
    terminated: Tensor,
    truncated: Tensor,
    gamma: float,
    gae_lambda: float,
) -> Tensor:
    ended = terminated | truncated
    return maths.gae(reward, value, next_value, ended, truncated, gamma, gae_lambda)


@pytest.mark.parametrize("mode", MODES)
def test_who_takes_truncation_for_termination_misses_the_endless_value(mode: AutoresetMode) -> None:
    # The right code is within 0.1 of 1 / (1 - gamma) = 5, see above.
    make = envs_of(EndlessProbe, mode)
    wrong = train(PROBING, seed=SEED, gae=truncation_as_termination, make_env=make)
    learned = wrong.policy.value(torch.zeros(1)).item() / PROBING.reward_scale
    assert learned < EndlessProbe().known_values(PROBING.gamma)[0.0] - 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4001, 4002, 4003])
def test_the_default_settings_solve_cartpole(seed: int) -> None:
    policy = train(PPOConfig(), seed=seed).policy
    assert evaluate(policy, 100, seed + 90_000).mean() >= 475


# ---- the parts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part", ["gae", "policy_loss", "make_env", "make_policy", "collect", "make_batch", "diagnose"]
)
def test_a_function_that_stands_in_for_a_part_is_called_and_does_what_it_does(part: str) -> None:
    original = inspect.signature(train).parameters[part].default
    calls = []

    def same(*arguments: Any, **keywords: Any) -> Any:
        calls.append(part)
        return original(*arguments, **keywords)

    assert_equal_results(train(TINY, seed=SEED, **{part: same}), train(TINY, seed=SEED))
    assert calls


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


# ---- the training loop -----------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not() -> None:
    first, same, other = (train(TINY, seed=seed) for seed in (1, 1, 2))
    assert_equal_results(first, same)
    assert not torch.equal(parameters(first.policy), parameters(other.policy))


def test_a_default_of_float64_changes_no_bit() -> None:
    expected = train(TINY, seed=1)
    torch.set_default_dtype(torch.float64)  # the fixture of all tests sets it back
    result = train(TINY, seed=1)
    assert_equal_results(result, expected)
    assert parameters(result.policy).dtype == torch.float32


def test_global_random_states_are_neither_read_nor_changed() -> None:
    def global_states() -> tuple[str, ...]:
        numpy_state = np.random.get_state()  # noqa: NPY002
        states = torch.get_rng_state().tolist(), numpy_state, random.getstate()
        return tuple(repr(state) for state in states)

    first = train(TINY, seed=1)
    torch.manual_seed(123)
    random.seed(123)
    np.random.seed(123)  # noqa: NPY002
    before = global_states()
    assert_equal_results(train(TINY, seed=1), first)
    assert global_states() == before


def test_actions_come_from_another_stream_than_the_environments_luck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # numpy's default_rng(seed) and gymnasium's reset(seed) are one stream; with the same numbers
    # in both, the first action correlates by 0.58 with where the cart stands.
    streams, envs, sampler = set(), [], ActorCritic.sampler

    def spy(policy: ActorCritic, rng: np.random.Generator) -> Any:
        streams.add(rng.bit_generator.state["state"]["inc"])
        return sampler(policy, rng)

    def make(env_id: str, num_envs: int) -> VectorEnv:
        envs.append(make_env(env_id, num_envs))
        return envs[0]

    monkeypatch.setattr(ActorCritic, "sampler", spy)
    train(replace(TINY, total_steps=20), seed=1, make_env=make)
    assert len(streams) == 1
    assert streams != {envs[0].np_random.bit_generator.state["state"]["inc"]}


def test_steps_are_counted_without_resets_and_gradient_steps_one_by_one() -> None:
    sizes, calls = [], [0]

    def gae(*arguments: Any) -> Tensor:
        advantage = maths.gae(*arguments)
        sizes.append(advantage.numel())
        return advantage

    def policy_loss(*arguments: Any) -> Tensor:
        calls[0] += 1
        return maths.clipped_surrogate_loss(*arguments)

    result = train(TINY, seed=1, gae=gae, policy_loss=policy_loss)
    steps = result.curve("steps").diff(prepend=torch.zeros(1, dtype=torch.float64))
    assert set(sizes) == {32}
    assert steps.max() <= 32
    assert steps.min() < 32  # in some rollouts an environment was reset
    assert result.history[-2].steps < TINY.total_steps <= result.history[-1].steps
    assert result.stopped == "all steps done"
    per_update = 2 * (steps / 12).ceil()
    assert torch.equal(result.curve("gradient_steps"), per_update.cumsum(0))
    assert calls[0] == result.history[-1].gradient_steps


def test_episode_returns_are_logged_where_episodes_ended() -> None:
    result = train(TINY, seed=1)
    returns = result.curve("episode_return")
    assert returns.isnan().any()
    known = returns[~returns.isnan()]
    assert ((known >= 8) & (known <= 120)).all()  # an untrained pole falls after 8 steps or more


def test_the_learning_rate_falls_linearly_with_the_steps_or_stays() -> None:
    falling = train(replace(TINY, anneal_learning_rate=True, learning_rate=0.02), seed=1)
    before = [0, *falling.curve("steps").tolist()[:-1]]
    expected = [0.02 * (1 - steps / TINY.total_steps) for steps in before]
    assert falling.curve("learning_rate").tolist() == pytest.approx(expected, rel=1e-12)
    staying = train(replace(TINY, learning_rate=0.02), seed=1)
    assert set(staying.curve("learning_rate").tolist()) == {0.02}
    assert learning_rate_at(TINY.total_steps, replace(TINY, anneal_learning_rate=True)) == 0


def test_a_rollout_in_which_nothing_but_resets_happened_is_no_update() -> None:
    """Worlds of one step, a row at a time: every second row is a reset."""
    config = replace(PROBING, num_steps=1, total_steps=24)
    steps = train(config, seed=1, make_env=envs_of(PROBES[0])).curve("steps").tolist()
    assert steps == [8, 16, 24]


def test_adam_s_epsilon_is_the_config_s() -> None:
    """Beside an epsilon of a billion every gradient is nothing, and no policy moves."""
    still, moves = (
        train(replace(TINY, adam_epsilon=epsilon), seed=1).curve("approx_kl").max()
        for epsilon in (1e9, 1e-5)
    )
    assert still < 1e-9 < 1e-6 < moves


def test_the_optimiser_uses_the_learning_rate_that_is_logged() -> None:
    # Adam's first step moves a weight by learning_rate g / (|g| + epsilon), at most.
    states = []
    make = envs_of(PROBES[1])
    config = replace(TINY, num_epochs=1, minibatch_size=1000, learning_rate=0.037, total_steps=40)

    def policy_loss(*arguments: Any) -> Tensor:
        return 1e3 * maths.clipped_surrogate_loss(*arguments)

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> bool:
        states.append(parameters(policy))
        return True

    train(config, seed=1, make_env=make, policy_loss=policy_loss, on_update=on_update)
    fresh = make_policy(make("", 1), config.hidden_sizes, torch.Generator().manual_seed(1))
    move = (states[0] - parameters(fresh)).abs().max().item()
    assert move == pytest.approx(0.037, rel=2e-2)
    assert move <= 0.037 * (1 + 1e-5)


def test_at_the_first_minibatch_of_every_update_all_ratios_are_one() -> None:
    first, begins = [], [True]

    def policy_loss(log_prob: Tensor, old_log_prob: Tensor, *rest: Any) -> Tensor:
        if begins.pop() if begins else False:
            first.append((log_prob - old_log_prob).detach().exp())
        return maths.clipped_surrogate_loss(log_prob, old_log_prob, *rest)

    result = train(
        replace(TINY, learning_rate=0.05),
        seed=1,
        policy_loss=policy_loss,
        on_update=lambda policy, metrics: begins.append(True),
    )
    assert len(first) == len(result.history) >= 7
    for ratio in first:
        torch.testing.assert_close(ratio, torch.ones_like(ratio), rtol=0, atol=1e-5)
    assert result.curve("approx_kl").max() > 1e-3  # later minibatches do see ratios that moved


def test_your_own_gae_and_policy_loss_decide_what_is_learned() -> None:
    calls: list[str] = []

    def gae(
        reward: Tensor,
        value: Tensor,
        next_value: Tensor,
        terminated: Tensor,
        truncated: Tensor,
        gamma: float,
        gae_lambda: float,
        /,
    ) -> Tensor:
        calls.append("gae")
        assert reward.shape == value.shape == next_value.shape == (8, 4)
        assert terminated.dtype == truncated.dtype == torch.bool
        assert (gamma, gae_lambda) == (TINY.gamma, TINY.gae_lambda)
        # CartPole pays 1 for every step, and nothing for one that only resets.
        assert set(reward.unique().tolist()) <= {0.0, np.float32(TINY.reward_scale).item()}
        return -maths.gae(reward, value, next_value, terminated, truncated, gamma, gae_lambda)

    def policy_loss(
        log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float, /
    ) -> Tensor:
        calls.append("policy_loss")
        assert log_prob.requires_grad and not old_log_prob.requires_grad
        assert not advantage.requires_grad and clip_epsilon == TINY.clip_epsilon
        return maths.surrogate_loss(log_prob, old_log_prob, advantage)

    plain = train(TINY, seed=1)
    mine = train(TINY, seed=1, gae=gae, policy_loss=policy_loss)
    assert calls.count("gae") == len(mine.history)
    assert calls.count("policy_loss") == mine.history[-1].gradient_steps
    assert not torch.equal(parameters(mine.policy), parameters(plain.policy))


def test_functions_of_yours_with_a_wrong_shape_are_named() -> None:
    def flat_gae(*arguments: Any) -> Tensor:
        return maths.gae(*arguments).flatten()

    def loss_per_sample(log_prob: Tensor, *rest: Any) -> Tensor:
        return -log_prob

    with pytest.raises(ValueError, match=r"^gae: expected shape \(T, N\) = \(8, 4\), got \(32,\)"):
        train(TINY, seed=1, gae=flat_gae)
    with pytest.raises(ValueError, match=r"^policy_loss: expected shape \(\), got \(12"):
        train(TINY, seed=1, policy_loss=loss_per_sample)
    with pytest.raises(TypeError, match=r"^gae: expected a tensor, got NoneType"):
        train(TINY, seed=1, gae=lambda *arguments: None)
    with pytest.raises(TypeError, match=r"^policy_loss: expected a tensor, got float"):
        train(TINY, seed=1, policy_loss=lambda *arguments: 1.0)


def test_the_target_kl_saves_gradient_steps() -> None:
    eager = replace(TINY, learning_rate=0.05)
    free, held = train(eager, seed=1), train(replace(eager, target_kl=1e-4), seed=1)
    assert held.history[0].gradient_steps < free.history[0].gradient_steps
    assert held.history[0].approx_kl > 1e-4


def test_an_environment_that_fits_no_policy_is_refused() -> None:
    class Continuous(PROBES[0]):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.action_space = self.observation_space

    class FromOne(PROBES[0]):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.action_space = gymnasium.spaces.Discrete(2, start=1)

    class Counted(PROBES[0]):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.observation_space = gymnasium.spaces.Discrete(3)

    for env, message in (
        (Continuous, "env: expected Discrete actions"),
        (FromOne, "env: expected Discrete actions"),
        (Counted, "env: expected observations in a Box"),
    ):
        with pytest.raises(ValueError, match=message):
            make_policy(envs_of(env)("", 2), (8,), torch.Generator())


# ---- when something goes wrong ----------------------------------------------------------------


class Spoiled(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Replaces a number by one that is not finite, from the k-th step on."""

    def __init__(self, what: str, number: float, first: int) -> None:
        super().__init__(gymnasium.make("CartPole-v1"))
        self.what, self.number, self.left = what, number, first

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = super().step(action)
        self.left -= 1
        if self.left <= 0 and self.what == "reward":
            reward = self.number
        elif self.left <= 0:
            obs = np.full_like(obs, self.number)
        return obs, reward, terminated, truncated, info


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("what", "first", "named"),
    [
        ("reward", 20, "reward"),
        ("obs", 20, "obs"),
        ("obs", 24, "next_value"),  # the last step of the third rollout: only its value is seen
    ],
)
def test_data_that_is_not_finite_stops_training_with_one_warning(
    what: str, first: int, named: str, number: float
) -> None:
    config = replace(TINY, num_envs=1, total_steps=1000)
    # In this mode every row is a step, so that the third rollout holds the steps 17 to 24.
    make = envs_of(lambda: Spoiled(what, number, first), AutoresetMode.SAME_STEP)
    good: list[Tensor] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = train(
            config,
            seed=3,
            make_env=make,
            on_update=lambda policy, metrics: good.append(parameters(policy)),
        )
    (warning,) = caught
    assert warning.category is RuntimeWarning
    assert warning.filename == __file__  # it points at the call of train
    assert result.stopped == f"{named} is not finite in update 3, step 24"
    assert str(warning.message) == f"training stopped: {result.stopped}"
    assert len(result.history) == 2
    assert torch.equal(parameters(result.policy), good[-1])
    assert torch.isfinite(parameters(result.policy)).all()


def test_a_loss_that_is_not_finite_stops_training_with_one_warning() -> None:
    def policy_loss(*arguments: Any) -> Tensor:
        return maths.clipped_surrogate_loss(*arguments) * math.nan

    with pytest.warns(RuntimeWarning, match=r"the gradient's norm is nan in update 1, step 32"):
        result = train(TINY, seed=1, policy_loss=policy_loss)
    assert result.history == []
    assert torch.isfinite(parameters(result.policy)).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda loss: loss.detach(),
        lambda loss: torch.tensor(loss.item()),
        lambda loss: loss.detach() * 0.0,
    ],
)
def test_a_policy_loss_without_a_gradient_is_refused_by_name(spoil: Any) -> None:
    def policy_loss(*arguments: Any) -> Tensor:
        return spoil(maths.clipped_surrogate_loss(*arguments))

    policy, batch = a_batch()
    named = r"^policy_loss: expected a loss with a gradient, got a constant"
    with pytest.raises(ValueError, match=named):
        train(TINY, seed=1, policy_loss=policy_loss)
    with pytest.raises(ValueError, match=named):
        ppo_loss(policy, batch, TINY, policy_loss)
    with torch.no_grad():  # nobody asks for one
        ppo_loss(policy, batch, TINY, policy_loss)


def test_a_critic_that_does_not_count_cannot_spoil_the_loss() -> None:
    config = replace(TINY, value_coefficient=0.0)
    policy, batch = a_batch(config)
    spoilt = batch._replace(value_target=batch.value_target * math.nan)
    loss = ppo_loss(policy, spoilt, config, maths.clipped_surrogate_loss)
    loss.backward()
    assert loss.isfinite()
    assert all(x.grad is not None and x.grad.isfinite().all() for x in policy.actor.parameters())


class PaysAlways(gymnasium.Env[np.ndarray, Any]):
    """One step, two actions, and 101 for both."""

    observation_space, action_space = (
        gymnasium.spaces.Box(-1, 1, (1,)),
        gymnasium.spaces.Discrete(2),
    )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        return np.zeros(1, dtype=np.float32), {}

    def step(self, action: Any) -> Any:
        return np.zeros(1, dtype=np.float32), 101.0, True, False, {}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_world_in_which_every_action_pays_the_same_teaches_no_preference(seed: int) -> None:
    config = PPOConfig(total_steps=3000, num_envs=16, num_steps=32)
    make = envs_of(PaysAlways, AutoresetMode.SAME_STEP)
    entropy = train(config, seed=seed, make_env=make).curve("entropy")
    assert (entropy - math.log(2)).abs().max() < 1e-3


def test_advantages_that_differ_by_the_rounding_of_what_they_are_made_of_are_equal() -> None:
    rollout = a_rollout()[1]
    reward = torch.full_like(rollout.reward, 10.0)
    noise = 1e-6 * torch.randn(reward.shape, generator=torch.Generator().manual_seed(0))
    ends = torch.ones_like(rollout.terminated)
    config = replace(TINY, reward_scale=1.0)
    for size, equal in ((1.0, True), (1000.0, False)):
        known = replace(rollout, reward=reward, value=reward + size * noise, terminated=ends)
        assert (make_batch(known, config).advantage == 0).all() == equal


def test_an_error_of_yours_comes_through_and_the_environment_is_closed() -> None:
    closed = []

    class Closing(SyncVectorEnv):
        def close_extras(self, **arguments: Any) -> None:
            closed.append(True)
            super().close_extras(**arguments)

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> None:
        raise KeyError("mine")

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyError, match="mine"):
        train(
            TINY,
            seed=1,
            on_update=on_update,
            make_env=lambda env_id, n: Closing([lambda: gymnasium.make(env_id)] * n),
        )
    assert closed == [True]
    assert signal.getsignal(signal.SIGINT) is handler


# ---- stopping -------------------------------------------------------------------------------


def test_ctrl_c_ends_after_the_running_update_with_everything_usable() -> None:
    handler = signal.getsignal(signal.SIGINT)
    updates = []

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> None:
        updates.append(metrics)
        if len(updates) == 3:
            signal.raise_signal(signal.SIGINT)

    result = train(TINY, seed=1, on_update=on_update)
    assert result.stopped == "interrupted"
    assert len(result.history) in (3, 4)
    assert result.history[:3] == updates
    assert signal.getsignal(signal.SIGINT) is handler
    assert torch.isfinite(evaluate(result.policy, 3, SEED)).all()


def test_a_second_ctrl_c_stops_at_once() -> None:
    handler = signal.getsignal(signal.SIGINT)
    updates = []

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> None:
        updates.append(metrics)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(TINY, seed=1, on_update=on_update)
    assert len(updates) == 1
    assert signal.getsignal(signal.SIGINT) is handler


def test_training_in_a_thread_gives_the_same_bits_and_touches_no_handler() -> None:
    handler = signal.getsignal(signal.SIGINT)
    results, handlers = [], []

    def work() -> None:
        note = handlers.append
        results.append(
            train(TINY, seed=1, on_update=lambda *_: note(signal.getsignal(signal.SIGINT)))
        )

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert_equal_results(results[0], train(TINY, seed=1))
    assert set(handlers) == {handler}


def test_on_update_sees_every_update_and_ends_training_with_true() -> None:
    seen = []

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> bool:
        seen.append(metrics)
        return len(seen) == 4

    result = train(TINY, seed=1, on_update=on_update)
    assert result.history == seen
    assert len(seen) == 4
    assert result.stopped == "on_update returned True"
    assert_equal_results(result, train(replace(TINY, total_steps=seen[-1].steps), seed=1))


def test_on_update_can_say_in_words_why_training_ends() -> None:
    result = train(TINY, seed=1, on_update=lambda policy, metrics: "enough for today")
    assert result.stopped == "enough for today"
    assert len(result.history) == 1


class Observer:
    """Is told of every update and of the end, and does something at the second update."""

    def __init__(self, act: Callable[[], Any] = lambda: None) -> None:
        self.act, self.updates, self.told = act, 0, []

    def __call__(self, policy: ActorCritic, metrics: UpdateMetrics) -> Any:
        self.updates += 1
        return self.act() if self.updates == 2 else None

    def finish(self, reason: str) -> None:
        self.told.append(reason)


def press() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda: None, "all steps done"),
        (press, "interrupted"),
        (lambda: True, "on_update returned True"),
        (lambda: np.True_, "on_update returned True"),
        (lambda: 3.2, "on_update returned float"),
        (lambda: "stopped by you", "stopped by you"),
    ],
)
def test_an_observer_is_told_once_why_training_ended(act: Callable[[], Any], reason: str) -> None:
    observer = Observer(act)
    result = train(TINY, seed=1, on_update=observer)
    assert observer.told == [result.stopped] == [reason]
    assert observer.updates == len(result.history)


def test_an_observer_is_told_of_numbers_that_are_not_finite() -> None:
    observer = Observer()
    with pytest.warns(RuntimeWarning, match="norm is nan"):
        train(TINY, seed=1, policy_loss=lambda log_prob, *_: log_prob.sum() * math.nan,
              on_update=observer)  # fmt: skip
    assert observer.told == ["the gradient's norm is nan in update 1, step 32"]


def fail(*arguments: Any, **named: Any) -> Any:
    raise KeyError("mine")


def press_twice() -> None:
    press()
    press()


@pytest.mark.parametrize(
    ("parts", "act", "error"),
    [
        *[({name: fail}, lambda: None, KeyError) for name in REPLACEABLE],
        ({"seed": "no seed"}, lambda: None, (RuntimeError, TypeError, ValueError)),
        ({}, fail, KeyError),
        ({}, press_twice, KeyboardInterrupt),
        ({}, lambda: warnings.warn("an error, by the settings of these tests", stacklevel=1),
         UserWarning),
    ],
)  # fmt: skip
def test_an_observer_is_told_of_an_error_anywhere_in_training(
    parts: dict[str, Any], act: Callable[[], Any], error: Any
) -> None:
    observer = Observer(act)
    with pytest.raises(error) as raised:
        train(TINY, **{"seed": 1, "on_update": observer, **parts})
    assert observer.told == [f"stopped by {raised.type.__name__}"]


def test_seconds_leave_out_the_time_in_on_update() -> None:
    begins, nap = [], 0.2

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> bool:
        begins.append(time.perf_counter())
        time.sleep(nap)
        return len(begins) == 3

    seconds = train(TINY, seed=1, on_update=on_update).curve("seconds")
    assert (seconds.diff() > 0).all()
    # Between the first call and the third lie two naps; what training took is the rest, at most.
    assert seconds[2] - seconds[0] <= begins[2] - begins[0] - 2 * nap


def test_a_gae_that_works_in_place_changes_neither_values_nor_ends() -> None:
    def in_place(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        advantage = maths.gae(reward, value, next_value, terminated, truncated, gamma, gae_lambda)
        for column in (reward, value, next_value):
            column.zero_()
        terminated[-1] = True  # the next rollout would take its first row for a reset
        truncated[-1] = True
        return advantage

    results = [train(TINY, seed=1, gae=gae) for gae in (maths.gae, in_place)]
    plain, other = ([(m.steps, m.gradient_norm) for m in r.history] for r in results)
    assert plain == other and len(plain) > 1
