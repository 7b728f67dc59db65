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
from functools import partial
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate, make_env
from ppo_lesson.training.interrupts import press
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import learning_rate_at, plain_surrogate_loss, ppo_loss, ppo_update
from ppo_lesson.training.session import RIGHT, Parts, make_policy, train, train_with
from ppo_lesson.worlds.probes import PROBES, Probe, ProbeEnv
from tests.training.tiny import (
    MODES,
    PROBING,
    SEED,
    TINY,
    a_batch,
    assert_equal_results,
    envs_of,
    parameters,
)

# ---- what is learned -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_every_probes_values_and_actions_are_learned(probe: Probe, mode: AutoresetMode) -> None:
    result = train(PROBING, seed=SEED, make_env=envs_of(partial(ProbeEnv, probe), mode))
    for obs, value in probe.known_values(PROBING.gamma).items():
        row = torch.tensor([obs])
        learned = result.policy.value(row).item() / PROBING.reward_scale
        assert learned == pytest.approx(value, abs=0.1)
        prob, best = result.policy.logits(row).softmax(-1), probe.best_action[obs]
        assert best is None or prob[best] > 0.95


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
    endless = PROBES["EndlessProbe"]
    make = envs_of(partial(ProbeEnv, endless), mode)
    wrong = train(PROBING, seed=SEED, gae=truncation_as_termination, make_env=make)
    learned = wrong.policy.value(torch.zeros(1)).item() / PROBING.reward_scale
    assert learned < endless.known_values(PROBING.gamma)[0.0] - 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [4001, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (4002, 4003))]
)
def test_the_default_settings_solve_cartpole(seed: int) -> None:
    policy = train(PPOConfig(), seed=seed).policy
    assert evaluate(policy, 100, seed + 90_000).mean() >= 475


# ---- the parts -------------------------------------------------------------------------------


REPLACEABLE = [part.name for part in fields(Parts)]


def original(part: str) -> Callable[..., Any]:
    return getattr(RIGHT, part)


@pytest.mark.parametrize("part", REPLACEABLE)
def test_a_function_that_stands_in_for_a_part_is_called_and_does_what_it_does(part: str) -> None:
    calls = []

    def same(*arguments: Any, **keywords: Any) -> Any:
        calls.append(part)
        return original(part)(*arguments, **keywords)

    replaced = train_with(Parts(**{part: same}), TINY, seed=SEED)
    assert_equal_results(replaced, train(TINY, seed=SEED))
    assert calls


def test_a_learner_replaces_by_keyword_what_parts_replace() -> None:
    keywords = set(inspect.signature(train).parameters) & set(REPLACEABLE)
    assert keywords == {"gae", "policy_loss", "update", "make_env"}
    for part in keywords:
        calls: list[str] = []

        def same(*arguments: Any, part: str = part, calls: list[str] = calls) -> Any:
            calls.append(part)
            return original(part)(*arguments)

        train(TINY, seed=SEED, **{part: same})
        assert calls


def test_an_update_of_ones_own_learns_in_place_and_may_return_nothing() -> None:
    def update(*arguments):
        ppo_update(*arguments)

    mine, plain = train(TINY, seed=SEED, update=update), train(TINY, seed=SEED)
    assert torch.equal(parameters(mine.policy), parameters(plain.policy))
    assert torch.equal(mine.curve("approx_kl"), plain.curve("approx_kl"))
    assert mine.history[-1].gradient_steps == 0  # it has told of none
    assert mine.curve("gradient_norm").isnan().all()


def test_an_update_that_returns_no_norms_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"^update: expected a list of gradient norms.*got float"):
        train(TINY, seed=SEED, update=lambda *arguments: 0.5)


def test_an_update_of_ones_own_is_handed_the_policy_loss() -> None:
    def update(policy, optimizer, batch, config, generator, policy_loss):
        return ppo_update(policy, optimizer, batch, config, generator, policy_loss)

    plain = {"policy_loss": plain_surrogate_loss}
    assert_equal_results(
        train(TINY, seed=SEED, update=update, **plain), train(TINY, seed=SEED, **plain)
    )


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
    make = envs_of(partial(ProbeEnv, PROBES["ObsProbe"]))
    config = replace(TINY, num_epochs=1, minibatch_size=1000, learning_rate=0.037, total_steps=40)

    def policy_loss(*arguments: Any) -> Tensor:
        return 1e3 * maths.clipped_surrogate_loss(*arguments)

    def watch(result: TrainingResult) -> bool:
        states.append(parameters(result.policy))
        return True

    train(config, seed=1, make_env=make, policy_loss=policy_loss, watch=watch)
    fresh = make_policy(make("", 1), config.hidden_sizes, torch.Generator().manual_seed(1))
    move = (states[0] - parameters(fresh)).abs().max().item()
    assert move == pytest.approx(0.037, rel=2e-2)
    assert move <= 0.037 * (1 + 1e-5)


def test_at_the_first_minibatch_of_every_iteration_all_ratios_are_one() -> None:
    first, begins = [], [True]

    def policy_loss(log_prob: Tensor, old_log_prob: Tensor, *rest: Any) -> Tensor:
        if begins.pop() if begins else False:
            first.append((log_prob - old_log_prob).detach().exp())
        return maths.clipped_surrogate_loss(log_prob, old_log_prob, *rest)

    result = train(
        replace(TINY, learning_rate=0.05),
        seed=1,
        policy_loss=policy_loss,
        watch=lambda result: begins.append(True),
    )
    assert len(first) == len(result.history) >= 7
    assert result.curve("first_ratio").tolist() == pytest.approx([1] * len(first), abs=1e-5)
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
    class Continuous(ProbeEnv):
        def __init__(self) -> None:
            super().__init__(PROBES["ConstantProbe"])
            self.action_space = self.observation_space

    class FromOne(ProbeEnv):
        def __init__(self) -> None:
            super().__init__(PROBES["ConstantProbe"])
            self.action_space = gymnasium.spaces.Discrete(2, start=1)

    class Counted(ProbeEnv):
        def __init__(self) -> None:
            super().__init__(PROBES["ConstantProbe"])
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
            watch=lambda result: good.append(parameters(result.policy)),
        )
    (warning,) = caught
    assert warning.category is RuntimeWarning
    assert warning.filename == __file__  # it points at the call of train
    assert result.stopped == f"{named} is not finite in iteration 3"
    assert str(warning.message) == f"training stopped: {result.stopped}"
    assert len(result.history) == 2
    assert torch.equal(parameters(result.policy), good[-1])
    assert torch.isfinite(parameters(result.policy)).all()


def test_a_loss_that_is_not_finite_stops_training_with_one_warning() -> None:
    def policy_loss(*arguments: Any) -> Tensor:
        return maths.clipped_surrogate_loss(*arguments) * math.nan

    with pytest.warns(RuntimeWarning, match=r"the gradient's norm is nan in iteration 1"):
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


def test_an_error_of_yours_comes_through_and_the_environment_is_closed() -> None:
    closed = []

    class Closing(SyncVectorEnv):
        def close_extras(self, **arguments: Any) -> None:
            closed.append(True)
            super().close_extras(**arguments)

    def watch(result: TrainingResult) -> None:
        raise KeyError("mine")

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyError, match="mine"):
        train(
            TINY,
            seed=1,
            watch=watch,
            make_env=lambda env_id, n: Closing([lambda: gymnasium.make(env_id)] * n),
        )
    assert closed == [True]
    assert signal.getsignal(signal.SIGINT) is handler


# ---- stopping -------------------------------------------------------------------------------


def test_ctrl_c_ends_after_the_running_iteration_with_everything_usable() -> None:
    handler = signal.getsignal(signal.SIGINT)

    def watch(result: TrainingResult) -> None:
        if len(result.history) == 3 and not result.stopped:
            press()

    result = train(TINY, seed=1, watch=watch)
    assert result.stopped == "interrupted"
    assert len(result.history) == 3
    assert signal.getsignal(signal.SIGINT) is handler
    assert torch.isfinite(evaluate(result.policy, 3, SEED)).all()


def test_a_second_ctrl_c_stops_at_once() -> None:
    handler = signal.getsignal(signal.SIGINT)
    watcher = Watcher(press_twice, at=1)
    with pytest.raises(KeyboardInterrupt):
        train(TINY, seed=1, watch=watcher)
    assert watcher.iterations == 1
    assert signal.getsignal(signal.SIGINT) is handler


def test_training_in_a_thread_gives_the_same_bits_and_touches_no_handler() -> None:
    handler = signal.getsignal(signal.SIGINT)
    results, handlers = [], []

    def work() -> None:
        note = handlers.append
        results.append(train(TINY, seed=1, watch=lambda _: note(signal.getsignal(signal.SIGINT))))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert_equal_results(results[0], train(TINY, seed=1))
    assert set(handlers) == {handler}


def test_a_watcher_sees_every_iteration_and_ends_training_with_true() -> None:
    seen: list[tuple[int, int]] = []

    def watch(result: TrainingResult) -> bool:
        if not result.stopped:
            seen.append((len(result.history), result.history[-1].steps))
        return len(seen) == 4

    result = train(TINY, seed=1, watch=watch)
    assert seen == [(k + 1, metrics.steps) for k, metrics in enumerate(result.history)]
    assert len(seen) == 4
    assert result.stopped == "watch returned True"
    assert_equal_results(result, train(replace(TINY, total_steps=seen[-1][1]), seed=1))


def test_a_watcher_can_say_in_words_why_training_ends() -> None:
    result = train(TINY, seed=1, watch=lambda result: "enough for today")
    assert result.stopped == "enough for today"
    assert len(result.history) == 1


class Watcher:
    """Writes down iterations and ends, and does something at one iteration."""

    def __init__(self, act: Callable[[], Any] = lambda: None, at: int = 2) -> None:
        self.act, self.at, self.iterations, self.told = act, at, 0, []

    def __call__(self, result: TrainingResult) -> Any:
        if result.stopped:
            self.told.append(result.stopped)
            return None
        self.iterations += 1
        assert self.iterations == len(result.history)
        return self.act() if self.iterations == self.at else None


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda: None, "all steps done"),
        (press, "interrupted"),
        (lambda: True, "watch returned True"),
        (lambda: np.True_, "watch returned True"),
        (lambda: 3.2, "watch returned float"),
        (lambda: "stopped by you", "stopped by you"),
    ],
)
def test_a_watcher_is_told_once_why_training_ended(act: Callable[[], Any], reason: str) -> None:
    watcher = Watcher(act)
    result = train(TINY, seed=1, watch=watcher)
    assert watcher.told == [result.stopped] == [reason]
    assert watcher.iterations == len(result.history)


def test_a_watcher_is_told_of_numbers_that_are_not_finite() -> None:
    watcher = Watcher()
    with pytest.warns(RuntimeWarning, match="norm is nan"):
        train(TINY, seed=1, policy_loss=lambda log_prob, *_: log_prob.sum() * math.nan,
              watch=watcher)  # fmt: skip
    assert watcher.told == ["the gradient's norm is nan in iteration 1"]


def fail(*arguments: Any, **named: Any) -> Any:
    raise KeyError("mine")


def press_twice() -> None:
    press()
    press()


@pytest.mark.parametrize(
    ("parts", "act", "error"),
    [
        *[({name: fail}, lambda: None, KeyError) for name in REPLACEABLE],
        ({"seed": "no seed"}, lambda: None, ValueError),
        ({}, fail, KeyError),
        ({}, press_twice, KeyboardInterrupt),
        ({}, lambda: warnings.warn("an error, by the settings of these tests", stacklevel=1),
         UserWarning),
    ],
)  # fmt: skip
def test_a_watcher_is_told_of_an_error_anywhere_in_training(
    parts: dict[str, Any], act: Callable[[], Any], error: Any
) -> None:
    watcher, parts = Watcher(act), dict(parts)
    seed = parts.pop("seed", 1)
    with pytest.raises(error) as raised:
        train_with(Parts(**parts), TINY, seed=seed, watch=watcher)
    assert watcher.told == [f"stopped by {raised.type.__name__}"]


def test_seconds_leave_out_the_time_of_the_watcher() -> None:
    begins, nap = [], 0.2

    def watch(result: TrainingResult) -> bool:
        begins.append(time.perf_counter())
        time.sleep(nap)
        return len(begins) == 3

    seconds = train(TINY, seed=1, watch=watch).curve("seconds")
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
