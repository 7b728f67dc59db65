from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv, VectorWrapper
from torch import Tensor
from torch.distributions import Categorical

from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.experience import (
    Player,
    Rollout,
    action_generator,
    evaluate,
    make_env,
    rollouts,
    solved_return,
)
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import train
from ppo_lesson.worlds.probes import PROBES, ProbeEnv, make as make_probe

MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
SEED, NUM_ENVS = 11, 3
LENGTHS = (1, 2, 6)  # of rollouts, five in a row of each


class EndsAtRandom(gymnasium.Env[np.ndarray, Any]):
    """Terminates and is truncated by two coins, so that both come alone, together and in a row.

    Every observation is new, those of resets too, so that no two rows can be taken for each other.
    """

    observation_space = Box(-1.0, 1.0, shape=(2,), dtype=np.float32)
    action_space = Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        return self._obs(), {}

    def step(self, action: Any) -> Any:
        terminated, truncated = (bool(coin) for coin in self.np_random.random(2) < 0.3)
        reward = float(self.np_random.normal() + action)
        return self._obs(), reward, terminated, truncated, {}

    def _obs(self) -> np.ndarray:
        return self.np_random.uniform(-1, 1, 2).astype(np.float32)


def short_cartpole() -> gymnasium.Env[Any, Any]:
    return gymnasium.make("CartPole-v1", max_episode_steps=12)


ENVIRONMENTS: tuple[Callable[[], gymnasium.Env[Any, Any]], ...] = (
    EndsAtRandom,
    short_cartpole,
    *(partial(ProbeEnv, probe) for probe in PROBES.values()),
)


class Script:
    """Stands for a policy: acts as written, and has a value for every observation of its own."""

    def __init__(self, actions: np.ndarray) -> None:
        self.actions = iter(actions)

    def sampler(self, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
        return lambda obs: next(self.actions)

    def logits(self, obs: Tensor) -> Tensor:
        return torch.zeros(*obs.shape[:-1], 2)

    def value(self, obs: Tensor) -> Tensor:
        return obs.double().pow(3).add(obs).mul(torch.arange(1, obs.shape[-1] + 1)).sum(-1).float()


class Step(NamedTuple):
    """What a single environment, asked by hand, answered to one action."""

    obs: np.ndarray
    action: int
    reward: float
    next_obs: np.ndarray
    terminated: bool
    truncated: bool


def play_slowly(
    env: gymnasium.Env[Any, Any], seed: int, actions: np.ndarray, mode: AutoresetMode
) -> Iterator[Step | None]:
    """Play one environment as anyone would; None where the vector environment spends the row."""
    obs, _ = env.reset(seed=seed)
    ended = False
    for action in actions.tolist():
        if ended and mode == AutoresetMode.NEXT_STEP:
            obs, ended = env.reset()[0], False
            yield None
            continue
        if ended:
            obs, _ = env.reset()
        next_obs, reward, terminated, truncated, _ = env.step(action)
        yield Step(obs, action, float(reward), next_obs, terminated, truncated)
        obs, ended = next_obs, terminated or truncated


def some(env: Any, policy: Any, length: int, number: int = 5) -> list[Rollout]:
    return list(islice(rollouts(env, policy, length, SEED), number))


def scripted_actions(num_actions: int) -> np.ndarray:
    return np.random.default_rng(3).integers(num_actions, size=(5 * max(LENGTHS), NUM_ENVS))


def assert_row_is(rollout: Rollout, row: tuple[int, int], step: Step, script: Script) -> None:
    def value(obs: np.ndarray) -> Tensor:
        return script.value(torch.from_numpy(np.float32(obs)))

    np.testing.assert_array_equal(rollout.obs[row].numpy(), np.float32(step.obs))
    assert rollout.action[row] == step.action
    assert rollout.reward[row] == np.float32(step.reward)
    assert rollout.value[row] == value(step.obs)
    assert rollout.next_value[row] == value(step.next_obs)
    assert rollout.terminated[row] == step.terminated
    assert rollout.truncated[row] == step.truncated


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", ENVIRONMENTS)
def test_every_row_is_what_a_slow_loop_over_single_environments_sees(
    make: Callable[[], gymnasium.Env[Any, Any]], mode: AutoresetMode, length: int
) -> None:
    env = SyncVectorEnv([make] * NUM_ENVS, autoreset_mode=mode)
    actions = scripted_actions(env.single_action_space.n)  # type: ignore[attr-defined]
    script = Script(actions)
    played = some(env, script, length)
    slow = [list(play_slowly(make(), SEED + i, actions[:, i], mode)) for i in range(NUM_ENVS)]
    start, running = 0, np.zeros(NUM_ENVS)
    for rollout in played:
        finished = []
        for t, i in np.ndindex(length, NUM_ENVS):
            step = slow[i][start + t]
            assert rollout.valid[t, i] == (step is not None)
            if step is None:
                assert not (rollout.terminated | rollout.truncated)[t, i]
                continue
            assert_row_is(rollout, (t, i), step, script)
            running[i] += step.reward
            if step.terminated or step.truncated:
                finished.append(running[i])
                running[i] = 0.0
        # The rewards are float32 in the rollout, which keeps seven digits.
        assert rollout.episode_returns == pytest.approx(finished, abs=1e-5)
        start += length


@pytest.mark.parametrize("mode", MODES)
def test_each_rollout_goes_on_where_the_last_one_was_cut(mode: AutoresetMode) -> None:
    def seen(length: int) -> tuple[list[Tensor], list[float]]:
        env = SyncVectorEnv([EndsAtRandom] * NUM_ENVS, autoreset_mode=mode)
        script = Script(scripted_actions(2))
        played = some(env, script, length, 30 // length)
        names = ("obs", "reward", "value", "next_value", "terminated", "truncated", "valid")
        columns = [torch.cat([getattr(rollout, name) for rollout in played]) for name in names]
        return columns, [number for rollout in played for number in rollout.episode_returns]

    whole, returns = seen(30)
    for length in (1, 6):
        columns, found = seen(length)
        assert all(map(torch.equal, columns, whole))
        assert found == returns and len(found) > NUM_ENVS


def test_a_rollout_is_played_by_the_policy_as_it_then_is() -> None:
    policy = make_policy(obs_size=1)
    played = rollouts(make_probe(PROBES["MatchProbe"], 5), policy, 20, SEED)
    for sure in (0, 1):
        with torch.no_grad():
            policy.actor[2].bias.copy_(torch.tensor([0.0, 1e4]) if sure else torch.tensor([1e4, 0]))
        rollout = next(played)
        assert (rollout.action == sure).all()
        torch.testing.assert_close(rollout.value, policy.value(rollout.obs).detach())


def test_a_player_acts_by_its_sampler_and_is_scored_by_its_logits() -> None:
    policy = make_policy()
    player = Player(lambda rng: lambda obs: np.ones(len(obs), int), policy.logits, policy.value)
    (rollout,) = some(SyncVectorEnv([EndsAtRandom] * 3), player, 8, 1)
    assert (rollout.action == 1).all()
    expected = policy.logits(rollout.obs).log_softmax(-1)[..., 1].detach()
    torch.testing.assert_close(rollout.log_prob, expected)


def test_actions_come_from_another_stream_than_the_environments_luck() -> None:
    # numpy's default_rng(seed) and gymnasium's reset(seed) are one stream; with the same numbers
    # in both, the first action correlates by 0.58 with where the cart stands.
    env = make_env("CartPole-v1", 2)
    env.reset(seed=SEED)
    streams = {env.np_random.bit_generator.state["state"]["inc"]}
    player = Recorder(make_policy(obs_size=4))
    player.logits, player.value = player.policy.logits, player.policy.value  # type: ignore[attr-defined]
    some(env, player, 3, 2)
    streams |= set(player.streams)
    assert len(streams) == 2 and len(set(player.streams)) == 1
    assert action_generator(SEED).bit_generator.state["state"]["inc"] == player.streams[0]


@pytest.mark.parametrize("mode", MODES)
def test_the_slow_loop_meets_every_case_that_can_go_wrong(mode: AutoresetMode) -> None:
    env = SyncVectorEnv([EndsAtRandom] * NUM_ENVS, autoreset_mode=mode)
    played = some(env, Script(scripted_actions(2)), 6)
    ends = torch.cat([torch.stack((r.terminated, r.truncated), -1) for r in played])
    kinds = {tuple(kind) for kind in ends[ends.any(-1)].tolist()}
    assert kinds == {(True, False), (False, True), (True, True)}
    last_rows = [r.terminated[-1] | r.truncated[-1] for r in played[:-1]]
    assert any(row.any() for row in last_rows)  # the reset falls into the next rollout
    assert not all(row.all() for row in last_rows)  # an episode goes on in the next rollout


def test_as_many_rows_are_invalid_as_episodes_whose_reset_fell_into_the_rollout() -> None:
    env = SyncVectorEnv([EndsAtRandom] * NUM_ENVS)
    played = some(env, Script(scripted_actions(2)), 6)
    ended_last_row = 0
    for rollout in played:
        ended = rollout.terminated | rollout.truncated
        resets = ended_last_row + int(ended[:-1].sum())
        assert int((~rollout.valid).sum()) == resets
        assert not rollout.reward[~rollout.valid].any()
        assert len(rollout.episode_returns) == int(ended.sum())
        ended_last_row = int(ended[-1].sum())
    assert sum(int((~rollout.valid).sum()) for rollout in played) > 5


def test_the_same_step_mode_wastes_no_row() -> None:
    env = SyncVectorEnv([EndsAtRandom] * NUM_ENVS, autoreset_mode=AutoresetMode.SAME_STEP)
    assert all(r.valid.all() for r in some(env, Script(scripted_actions(2)), 6))


@pytest.mark.parametrize("mode", MODES)
def test_the_value_of_a_reset_observation_would_be_noticed(mode: AutoresetMode) -> None:
    env = SyncVectorEnv([EndsAtRandom] * NUM_ENVS, autoreset_mode=mode)
    rollout = some(env, Script(scripted_actions(2)), 6)[0]
    ended = (rollout.terminated | rollout.truncated)[:-1]
    naive = rollout.value[1:]  # that of the next row, whatever that row is
    assert ended.any()
    assert torch.equal(rollout.next_value[:-1][~ended], naive[~ended])
    if mode == AutoresetMode.SAME_STEP:
        assert (rollout.next_value[:-1][ended] != naive[ended]).all()
    else:  # the next row shows the final observation before it resets
        assert torch.equal(rollout.next_value[:-1][ended], naive[ended])


def test_the_native_cartpole_gives_the_rows_of_gymnasiums_single_cartpole() -> None:
    limit, num_envs, num_steps = 10, 16, 25
    # Pushing in one direction drops the pole after 8 to 10 steps, so the limit meets the fall.
    env = gymnasium.make_vec(
        "CartPole-v1", num_envs, vectorization_mode="vector_entry_point", max_episode_steps=limit
    )
    script = Script(np.ones((2 * num_steps, num_envs), dtype=np.int64))
    first, second = some(env, script, num_steps, 2)
    single, kinds = gymnasium.make("CartPole-v1").unwrapped, set()
    for i in range(num_envs):
        age, resets = 0, False
        for rollout, t in ((rollout, t) for rollout in (first, second) for t in range(num_steps)):
            row = (t, i)
            assert rollout.valid[row] == (not resets)
            if resets:
                age, resets = 0, False
                continue
            if age == 0:
                single.reset()
                single.state = rollout.obs[row].double().numpy()  # type: ignore[attr-defined]
                assert (rollout.obs[row].abs() <= 0.05).all()
            next_obs, reward, terminated, _, _ = single.step(1)
            age += 1
            kind = (bool(rollout.terminated[row]), bool(rollout.truncated[row]))
            assert kind == (terminated, age == limit)
            assert rollout.reward[row] == reward
            # The single one starts from a float32 copy of the state: seven digits.
            value = script.value(torch.from_numpy(next_obs))
            torch.testing.assert_close(rollout.next_value[row], value, rtol=1e-5, atol=1e-5)
            resets = terminated or age == limit
            kinds.add(kind)
    assert kinds == {(False, False), (True, False), (False, True), (True, True)}


def make_policy(obs_size: int = 2, num_actions: int = 2) -> ActorCritic:
    policy = ActorCritic(obs_size, num_actions, (8,), torch.Generator().manual_seed(0))
    with torch.no_grad():
        policy.actor[-1].weight.mul_(100)
    return policy


@pytest.mark.parametrize("default_dtype", [torch.float32, torch.float64])
def test_values_and_log_probs_are_the_policys_in_float32_and_carry_no_gradient(
    default_dtype: torch.dtype,
) -> None:
    torch.set_default_dtype(default_dtype)  # the fixture of all tests sets it back
    policy = make_policy()
    (rollout,) = some(SyncVectorEnv([EndsAtRandom] * 4), policy, 9, 1)
    log_prob = Categorical(logits=policy.logits(rollout.obs)).log_prob(rollout.action)
    torch.testing.assert_close(rollout.log_prob, log_prob.detach())
    torch.testing.assert_close(rollout.value, policy.value(rollout.obs).detach())
    assert rollout.obs.shape == (9, 4, 2)
    assert rollout.action.dtype == torch.int64
    for name in ("log_prob", "reward", "value", "next_value"):
        column = getattr(rollout, name)
        assert (column.shape, column.dtype) == ((9, 4), torch.float32)
        assert not column.requires_grad
    for name in ("terminated", "truncated", "valid"):
        assert (getattr(rollout, name).shape, getattr(rollout, name).dtype) == ((9, 4), torch.bool)


def test_the_actions_are_sampled_from_what_the_policy_sees() -> None:
    policy = make_policy(obs_size=1)
    with torch.no_grad():  # a policy that surely takes action 1 where obs > 0, else action 0
        policy.actor[0].weight.fill_(1.0)
        policy.actor[2].weight.copy_(torch.tensor([[-100.0], [100.0]]).expand(2, 8))
    env = make_probe(PROBES["MatchProbe"], 5)
    (rollout,) = some(env, policy, 20, 1)
    assert torch.equal(rollout.action, (rollout.obs[..., 0] > 0).long())
    assert (rollout.reward[rollout.valid] == 1).all()


def test_the_seed_decides_everything_and_no_global_state_is_touched() -> None:
    def run(seed: int) -> Rollout:
        env = SyncVectorEnv([EndsAtRandom] * 3)
        return next(rollouts(env, make_policy(), 20, seed))

    before = global_random_states()
    first, same, other = run(1), run(1), run(2)
    assert global_random_states() == before
    for name in ("obs", "action", "reward", "log_prob", "next_value"):
        assert torch.equal(getattr(first, name), getattr(same, name))
    assert not torch.equal(first.obs, other.obs)


def global_random_states() -> tuple[Any, ...]:
    numpy_state = np.random.get_state()  # noqa: NPY002
    return (
        torch.get_rng_state().tolist(),
        [part.tolist() if isinstance(part, np.ndarray) else part for part in numpy_state],
        random.getstate(),
    )


def test_an_environment_that_does_not_reset_itself_is_refused() -> None:
    env = SyncVectorEnv([EndsAtRandom] * 2, autoreset_mode=AutoresetMode.DISABLED)
    with pytest.raises(ValueError, match=r"env: expected autoreset mode .* got .*DISABLED"):
        rollouts(env, make_policy(), 3, SEED)
    del env.metadata["autoreset_mode"]
    with pytest.raises(ValueError, match=r"env: expected autoreset mode .* got None"):
        rollouts(env, make_policy(), 3, SEED)


@pytest.mark.parametrize("num_steps", [0, -1])
def test_a_rollout_without_steps_is_refused(num_steps: int) -> None:
    env = SyncVectorEnv([EndsAtRandom] * 2)
    with pytest.raises(ValueError, match=f"num_steps: expected 1 or more, got {num_steps}"):
        rollouts(env, make_policy(), num_steps, SEED)


@pytest.fixture
def random_ends_id() -> Iterator[str]:
    """Register the environment under a name while a test runs."""
    env_id = "EndsAtRandom-v0"
    gymnasium.register(env_id, entry_point=EndsAtRandom)
    yield env_id
    del gymnasium.registry[env_id]


def test_make_env_prefers_the_vectorised_implementation(random_ends_id: str) -> None:
    cartpole, other = make_env("CartPole-v1", 5), make_env(random_ends_id, 4)
    assert type(cartpole.unwrapped).__name__ == "CartPoleVectorEnv"
    assert isinstance(other.unwrapped, SyncVectorEnv)
    assert (cartpole.num_envs, other.num_envs) == (5, 4)
    cartpole.close()
    other.close()


@pytest.fixture
def module_of_a_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Write a module that registers a world when it is imported, as packages of worlds do."""
    lines = (
        "import gymnasium",
        "from ppo_lesson.worlds.probes import PROBES, ProbeEnv",
        "def world():",
        "    return ProbeEnv(PROBES['MatchProbe'])",
        "gymnasium.register('FromAModule-v0', entry_point=world)",
    )
    (tmp_path / "module_of_a_world.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "module_of_a_world"
    gymnasium.registry.pop("FromAModule-v0", None)
    sys.modules.pop("module_of_a_world", None)


def test_a_world_of_a_module_is_made_by_importing_that(module_of_a_world: str) -> None:
    env = make_env(f"{module_of_a_world}:FromAModule-v0", 2)
    assert isinstance(env.unwrapped, SyncVectorEnv)
    assert isinstance(env.unwrapped.envs[0].unwrapped, ProbeEnv)
    env.close()
    vectorised = make_env("gymnasium:CartPole-v1", 2)
    assert type(vectorised.unwrapped).__name__ == "CartPoleVectorEnv"
    vectorised.close()


@pytest.mark.parametrize(
    "env_id",
    ["", "CartPole", "CartPole-v99", "Nowhere-v0", "no_module:CartPole-v1", "..x:A-v0", None, 3],
)
def test_a_world_that_gymnasium_does_not_know_is_named(env_id: Any) -> None:
    with pytest.raises(ValueError, match=f"^env_id: expected .*, got {re.escape(repr(env_id))}"):
        make_env(env_id, 2)


class ReusesItsBuffers(VectorWrapper):
    """Writes every step into the arrays of the step before, and spoils them with NaN in between."""

    def reset(self, **keywords: Any) -> Any:
        obs, info = super().reset(**keywords)
        self.kept = [obs.copy(), np.zeros(self.num_envs)]
        self.kept += [np.zeros(self.num_envs, dtype=bool) for _ in range(2)]
        self.kept[0][:] = obs
        return self.kept[0], info

    def step(self, actions: Any) -> Any:
        *columns, info = super().step(actions)
        for buffer, column in zip(self.kept, columns, strict=True):
            buffer[:] = column
        return *self.kept, info


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", [EndsAtRandom, short_cartpole])
def test_environments_that_reuse_their_buffers_give_the_same_rollouts_bit_by_bit(
    make: Callable[[], gymnasium.Env[Any, Any]], mode: AutoresetMode
) -> None:
    def played(env: VectorEnv) -> list[Rollout]:
        return some(env, make_policy(obs_size=env.single_observation_space.shape[0]), 15, 3)

    def envs(copy: bool) -> SyncVectorEnv:
        return SyncVectorEnv([make] * NUM_ENVS, autoreset_mode=mode, copy=copy)

    wanted = played(envs(copy=True))
    for env in (envs(copy=False), ReusesItsBuffers(envs(copy=True))):
        for one, other in zip(played(env), wanted, strict=True):
            for field in fields(Rollout):
                a, b = (np.asarray(getattr(rollout, field.name)) for rollout in (one, other))
                assert np.array_equal(a, b), field.name


class Recorder:
    """Stands for a policy: lets another one act and writes down what it saw and did."""

    def __init__(self, policy: ActorCritic) -> None:
        self.policy = policy
        self.rows: list[tuple[np.ndarray, np.ndarray]] = []
        self.streams: list[int] = []

    def sampler(self, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
        self.streams.append(rng.bit_generator.state["state"]["inc"])
        sample = self.policy.sampler(rng)

        def record(obs: np.ndarray) -> np.ndarray:
            action = sample(obs)
            self.rows.append((obs, action))
            return action

        return record


def test_evaluate_returns_the_first_episode_of_each_cartpole() -> None:
    recorder, episodes = Recorder(make_policy(obs_size=4)), 12
    returns = evaluate(recorder, episodes, SEED)  # type: ignore[arg-type]
    single = gymnasium.make("CartPole-v1").unwrapped
    expected = []
    for i in range(episodes):
        single.reset()
        single.state = recorder.rows[0][0][i].astype(np.float64)  # type: ignore[attr-defined]
        total, terminated = 0.0, False
        for _, action in recorder.rows:
            _, reward, terminated, _, _ = single.step(action[i])
            total += float(reward)
            if terminated:
                break
        assert terminated
        expected.append(total)
    assert returns.tolist() == expected
    assert returns.dtype == torch.float64
    assert len(set(expected)) > 3  # the episodes differ, so that a mix-up would be seen


def test_evaluate_stops_counting_at_the_first_end_of_either_kind(random_ends_id: str) -> None:
    recorder, episodes = Recorder(make_policy()), 20
    returns = evaluate(recorder, episodes, SEED, random_ends_id)  # type: ignore[arg-type]
    for i in range(episodes):
        actions = np.array([action[i] for _, action in recorder.rows])
        total = 0.0
        for step in play_slowly(EndsAtRandom(), SEED + i, actions, AutoresetMode.NEXT_STEP):
            assert step is not None
            total += step.reward
            if step.terminated or step.truncated:
                break
        assert returns[i].item() == pytest.approx(total, abs=1e-12)


def test_a_pole_that_never_falls_scores_five_hundred() -> None:
    policy = make_policy(obs_size=4)
    with torch.no_grad():  # a known linear controller: push to where the pole leans and moves
        policy.actor[0].weight.copy_(torch.tensor([[0.01, 0.02, 0.2, 0.05]]).expand(8, 4))
        policy.actor[2].weight.copy_(torch.tensor([[-1000.0], [1000.0]]).expand(2, 8))
    assert evaluate(policy, 5, SEED).tolist() == [500.0] * 5


def test_evaluate_is_decided_by_its_seed_and_touches_no_global_state() -> None:
    policy, before = make_policy(obs_size=4), global_random_states()
    first, same, other = (evaluate(policy, 10, seed) for seed in (1, 1, 2))
    assert global_random_states() == before
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_evaluate_draws_actions_from_another_stream_than_the_environment_its_starts() -> None:
    # numpy's default_rng(seed) and gymnasium's reset(seed) are one stream; with the same numbers
    # in both, the first action correlates by 0.58 with where the cart stands.
    recorder = Recorder(make_policy(obs_size=4))
    evaluate(recorder, 2, SEED)  # type: ignore[arg-type]
    env = make_env("CartPole-v1", 2)
    env.reset(seed=SEED)
    assert recorder.streams != [env.np_random.bit_generator.state["state"]["inc"]]


def test_no_episode_to_evaluate_is_refused() -> None:
    with pytest.raises(ValueError, match="num_episodes: expected 1 or more, got 0"):
        evaluate(make_policy(obs_size=4), 0, SEED)


# ---- any discrete world ----------------------------------------------------------------------


class ThreeSteps(gymnasium.Env[np.ndarray, Any]):
    """As many numbers and actions as CartPole, and another reward: every episode returns -21."""

    observation_space = Box(-1.0, 1.0, shape=(4,), dtype=np.float32)
    action_space = Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(4, dtype=np.float32), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        return np.ones(4, dtype=np.float32), -7.0, self.steps == 3, False, {}


def three_steps(env_id: str, num_envs: int) -> SyncVectorEnv:
    return SyncVectorEnv([ThreeSteps] * num_envs)


SHORT = PPOConfig(total_steps=64, num_envs=4, num_steps=16, num_epochs=1)


def test_a_policy_is_judged_in_the_world_that_is_named() -> None:
    policy = train(SHORT, seed=0, make_env=three_steps).policy
    assert evaluate(policy, 5, SEED, make_env=three_steps).tolist() == [-21.0] * 5
    assert evaluate(policy, 5, SEED, "any", three_steps).tolist() == [-21.0] * 5
    assert evaluate(policy, 5, SEED, "CartPole-v1").min() > 0  # it was asked for


def test_a_policy_of_another_world_is_not_judged_on_cartpole_without_being_asked() -> None:
    own = train(SHORT, seed=0, make_env=three_steps).policy
    acrobot = train(PPOConfig("Acrobot-v1", 64, 4, 16, 1), seed=0).policy
    for policy, world in ((own, "ThreeSteps"), (acrobot, "Acrobot-v1")):
        expected = f"policy: expected one that was trained in CartPole-v1, got one from {world}: "
        with pytest.raises(ValueError, match=f"{expected}name the world to play in"):
            evaluate(policy, 5, SEED)
    assert evaluate(train(SHORT, seed=0).policy, 5, SEED).min() > 0


@pytest.mark.parametrize("play", ["evaluate", "rollouts"])
def test_a_policy_of_other_sizes_than_the_world_is_refused_by_both_sizes(play: str) -> None:
    policy = train(PPOConfig("Acrobot-v1", 64, 4, 16, 1), seed=0).policy
    expected = (
        "policy: expected one for MountainCar-v0, with 2 numbers per observation and 3 actions, "
        "got one for 6 numbers and 3 actions"
    )
    with pytest.raises(ValueError, match=expected):
        if play == "evaluate":
            evaluate(policy, 5, SEED, "MountainCar-v0")
        else:
            rollouts(make_env("MountainCar-v0", 2), policy, 1, SEED)


def test_a_world_that_cannot_be_played_is_refused_and_closed() -> None:
    class Closing(SyncVectorEnv):
        def close_extras(self, **arguments: Any) -> None:
            closed.append(True)
            super().close_extras(**arguments)

    closed: list[bool] = []
    policy = make_policy(obs_size=4)
    for space, named in ((Box(-1, 1, (1,)), "Discrete actions"), (Discrete(2), "environments")):
        world = type("World", (ThreeSteps,), {"action_space": space})
        with pytest.raises(ValueError, match=named):
            evaluate(policy, 5, SEED, make_env=lambda env_id, n, world=world: Closing([world]))
    assert closed == [True, True]


def test_a_world_counts_as_solved_where_gymnasium_says_so() -> None:
    worlds = ("CartPole-v1", "Acrobot-v1", "MountainCar-v0", "Blackjack-v1", "Unknown-v1", "")
    assert [solved_return(env_id) for env_id in worlds] == [475, -100, -110, None, None, None]
    assert solved_return("gymnasium.envs.classic_control:CartPole-v1") == 475
