from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from ppo_lesson.worlds.probes import PROBES, Probe, ProbeEnv, make

EVERY = pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)


def some(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("probe", [PROBES[name] for name in names], ids=names)


def play_best(env: ProbeEnv, seed: int) -> tuple[list[float], list[float], bool]:
    """Play one episode of the best action; return what was seen, what was earned, how it ended."""
    obs, _ = env.reset(seed=seed)
    seen, rewards = [float(obs[0])], []
    terminated = truncated = False
    while not (terminated or truncated):
        obs, reward, terminated, truncated, _ = env.step(env.probe.best_action[seen[-1]] or 0)
        seen.append(float(obs[0]))
        rewards.append(float(reward))
    return seen, rewards, terminated


@EVERY
def test_follows_the_gymnasium_interface(probe: Probe) -> None:
    # Warnings are errors here, so the checker's advice counts too; the probes draw nothing.
    check_env(ProbeEnv(probe), skip_render_check=True)


@EVERY
@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9])
def test_known_values_are_the_returns_of_the_best_action(probe: Probe, gamma: float) -> None:
    env, values = ProbeEnv(probe), probe.known_values(gamma)
    visited = set()
    for seed in range(20):
        seen, rewards, terminated = play_best(env, seed)
        # After a cut the task would have gone on, so the tail is worth the value of what follows.
        following = 0.0 if terminated else values[seen[-1]]
        for obs, reward in zip(reversed(seen[:-1]), reversed(rewards), strict=True):
            following = reward + gamma * following
            assert following == pytest.approx(values[obs], abs=1e-12)
            visited.add(obs)
    assert visited == set(values) == set(probe.best_action)


@some("ActionProbe", "MatchProbe")
def test_every_other_action_earns_less_than_the_best(probe: Probe) -> None:
    env = ProbeEnv(probe)
    for seed in range(20):
        obs, _ = env.reset(seed=seed)
        best = probe.best_action[float(obs[0])]
        assert env.step(best)[1] == 1.0
        env.reset(seed=seed)
        assert env.step(1 - best)[1] == -1.0


@some("ConstantProbe", "ObsProbe", "DelayedProbe", "EndlessProbe")
def test_where_no_action_is_best_both_earn_the_same(probe: Probe) -> None:
    assert set(probe.best_action.values()) == {None}
    for obs in probe.best_action:
        assert probe.reward(obs, 0) == probe.reward(obs, 1)


@some("ObsProbe", "MatchProbe")
def test_the_coin_is_fair_and_the_seed_decides_it(probe: Probe) -> None:
    def tosses() -> np.ndarray:
        env = ProbeEnv(probe)
        first = env.reset(seed=7)[0][0]
        return np.array([first] + [env.reset()[0][0] for _ in range(399)])

    np.testing.assert_array_equal(tosses(), tosses())
    # The mean of 400 fair tosses of -1 or +1 has standard error 1/20; four of them, fixed seed.
    assert abs(tosses().mean()) < 4 / 20


@some("ConstantProbe", "ObsProbe", "DelayedProbe", "ActionProbe", "MatchProbe")
def test_what_follows_a_termination_has_a_value_to_bootstrap_wrongly(probe: Probe) -> None:
    env = ProbeEnv(probe)
    seen, _, terminated = play_best(env, seed=0)
    assert terminated
    assert probe.known_values(0.9)[seen[-1]] != 0.0


def test_the_endless_probe_is_truncated_at_its_limit_and_never_terminated() -> None:
    endless = PROBES["EndlessProbe"]
    env = ProbeEnv(endless)
    env.reset(seed=0)
    ends = [env.step(0)[2:4] for _ in range(endless.num_steps)]
    assert ends == [(False, False)] * 4 + [(False, True)]


def test_copies_are_made_for_training() -> None:
    envs = make(PROBES["ObsProbe"], 3)
    assert [env.unwrapped.probe for env in envs.envs] == [PROBES["ObsProbe"]] * 3
    envs.close()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@EVERY
def test_runs_in_a_vector_environment(probe: Probe, mode: AutoresetMode) -> None:
    envs = SyncVectorEnv([lambda: ProbeEnv(probe)] * 3, autoreset_mode=mode)
    obs, _ = envs.reset(seed=0)
    assert obs.shape == (3, 1)
    assert obs.dtype == np.float32
    for _ in range(4):
        obs, _, _, _, _ = envs.step(np.zeros(3, dtype=np.int64))
        assert isinstance(envs.observation_space, gymnasium.spaces.Box)
        assert envs.observation_space.contains(obs)
    envs.close()


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"gamma: expected a number in \[0, 1\], got 1\.5"):
        PROBES["ConstantProbe"].known_values(1.5)
    with pytest.raises(ValueError, match=r"gamma: expected a number in \[0, 1\), got 1\.0"):
        PROBES["EndlessProbe"].known_values(1.0)
    with pytest.raises(ValueError, match="num_envs: expected 1 or more, got 0"):
        make(PROBES["ActionProbe"], 0)
    env = ProbeEnv(PROBES["ActionProbe"])
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action: expected one of Discrete\(2\), got 2"):
        env.step(2)
