"""Collecting experience: what was seen, done and received, and what truly followed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from torch import Tensor

from ppo_lesson.maths import action_log_prob
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.networks import ActorCritic, Sampler
from ppo_lesson.training.steps import check_default_device


@dataclass(frozen=True)
class Rollout:
    """T steps in N environments, time first; D numbers per observation."""

    obs: Tensor  # (T, N, D) float32, what the policy saw
    action: Tensor  # (T, N) int64, what it did
    log_prob: Tensor  # (T, N) log-probability of that, under the policy that did it
    reward: Tensor  # (T, N) float32, as the environment gave it
    value: Tensor  # (T, N) the critic's value of obs
    next_value: Tensor  # (T, N) its value of the observation that truly followed
    terminated: Tensor  # (T, N) bool, the world ended after the step
    truncated: Tensor  # (T, N) bool, the clock was stopped after the step
    valid: Tensor  # (T, N) bool, False where a step only reset an environment: no experience
    episode_returns: tuple[float, ...]  # sums of reward of the episodes that ended in this rollout


def make_env(env_id: str, num_envs: int) -> VectorEnv:
    """Make a vector environment, the vectorised implementation where gymnasium has one.

    Args:
        env_id: gymnasium's name of the world; "module:Name-v0" imports the module first, which is
            to register it.
        num_envs: N, environments side by side.

    Raises:
        ValueError: gymnasium knows no such world, the module cannot be imported, or num_envs is no
            whole number, 1 or more.
    """
    num_envs = check_count("num_envs", num_envs)
    module, _, name = str(env_id).rpartition(":")
    try:
        if module:
            importlib.import_module(module)
        vectorised = gymnasium.spec(name).vector_entry_point is not None
    except (gymnasium.error.Error, ImportError, TypeError, ValueError) as error:
        raise ValueError(
            f"env_id: expected a world that gymnasium knows, got {env_id!r}: {error}"
        ) from error
    mode = "vector_entry_point" if vectorised else "sync"
    return gymnasium.make_vec(name, num_envs=num_envs, vectorization_mode=mode)


def solved_return(env_id: str) -> float | None:
    """Return the mean return at which gymnasium calls a world solved; None where it says nothing.

    Args:
        env_id: a world that gymnasium does not know says nothing either.
    """
    spec = gymnasium.registry.get(env_id.rpartition(":")[2])
    return None if spec is None else spec.reward_threshold


def world_name(env: VectorEnv) -> str:
    """Return gymnasium's name of the world in each environment, or else that of its class."""
    one = getattr(env.unwrapped, "envs", [env])[0]
    spec = env.spec or one.spec
    return type(one.unwrapped).__name__ if spec is None else spec.id


def world_sizes(env: VectorEnv) -> tuple[int, int]:
    """Return how many numbers an observation has, D, and how many actions there are, K.

    Raises:
        ValueError: the actions are not discrete, or an observation is not one row of numbers.
    """
    actions, obs = env.single_action_space, env.single_observation_space
    if not isinstance(obs, spaces.Box) or len(obs.shape) != 1:
        raise ValueError(f"env: expected observations in a Box of shape (D,), got {obs}")
    if not isinstance(actions, spaces.Discrete) or actions.start != 0:
        raise ValueError(f"env: expected Discrete actions that count from 0, got {actions}")
    return obs.shape[0], int(actions.n)


class Player(NamedTuple):
    """What a rollout needs of a policy: for those who act or score otherwise than it does."""

    sampler: Callable[[np.random.Generator], Sampler]
    logits: Callable[[Tensor], Tensor]
    value: Callable[[Tensor], Tensor]


def rollouts(
    env: VectorEnv, policy: ActorCritic | Player, num_steps: int, seed: int
) -> Iterator[Rollout]:
    """Run the policy, `num_steps` steps in every environment a rollout, without an end.

    The next rollout goes on where the last one was cut, with the policy as it then is. One rollout
    is `next(rollouts(env, policy, 64, seed=0))`.

    Vector environments reset themselves, in one of two ways. *Same step*: the step that ends an
    episode already returns the first observation of the next; the final one is in the step's info.
    *Next step*: the step that ends an episode returns the final observation, and the step after it
    ignores the action and resets; that row is no experience and is marked as not valid.

    Args:
        env: N environments with observations (D,) and K discrete actions.
        policy: chooses the actions and values the observations.
        num_steps: T, 1 or more.
        seed: of the environments, and of a stream of actions apart from theirs.

    Yields:
        The rollouts.

    Raises:
        ValueError: num_steps is below 1, seed is no seed, the environment does not reset itself,
            or the policy is made for another world.
    """
    check_default_device()
    num_steps, seed = check_count("num_steps", num_steps), check_seed(seed)
    mode = env.metadata.get("autoreset_mode")
    if mode not in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        raise ValueError(f"env: expected autoreset mode NEXT_STEP or SAME_STEP, got {mode}")
    _check_fits(policy, env)
    return _play(env, policy, num_steps, seed)  # whoever asks wrongly hears of it at once


def _play(
    env: VectorEnv, policy: ActorCritic | Player, num_steps: int, seed: int
) -> Iterator[Rollout]:
    same_step = env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    rng = action_generator(seed)
    obs = np.array(env.reset(seed=seed)[0])
    resets = np.zeros(env.num_envs, dtype=bool)  # whose next step only resets them
    return_so_far = np.zeros(env.num_envs)
    while True:
        sample = policy.sampler(rng)
        rows, episode_returns = [], []
        for _ in range(num_steps):
            action = sample(obs)
            *kept, info = env.step(action)
            # Copies, because an environment may write its next step into the same arrays.
            following, reward, terminated, truncated = (np.array(column) for column in kept)
            ended, next_obs = terminated | truncated, following
            if same_step and ended.any():
                next_obs = following.copy()
                next_obs[ended] = np.stack(info["final_obs"][ended])
            rows.append((obs, action, reward, next_obs, terminated, truncated, ~resets))
            obs, resets = following, resets if same_step else ended
            return_so_far += reward.astype(np.float32)
            episode_returns += return_so_far[ended].tolist()
            return_so_far[ended] = 0.0
        yield _rollout(rows, policy, tuple(episode_returns), same_step=same_step)


def _rollout(
    rows: list,
    policy: ActorCritic | Player,
    episode_returns: tuple[float, ...],
    *,
    same_step: bool,
) -> Rollout:
    columns = [torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)]
    obs, action, reward, next_obs, terminated, truncated, valid = columns
    obs, reward, next_obs = obs.float(), reward.float(), next_obs.float()
    with torch.no_grad():
        logits = policy.logits(obs).flatten(0, 1)
        log_prob = action_log_prob(logits, action.flatten()).view_as(reward)
        value = policy.value(obs)
        if same_step:
            next_value = policy.value(next_obs)
        else:  # what followed stands in the next row, where it is valued already
            next_value = torch.cat([value[1:], policy.value(next_obs[-1:])])
    ends = terminated, truncated
    return Rollout(obs, action, log_prob, reward, value, next_value, *ends, valid, episode_returns)


def action_generator(seed: int) -> np.random.Generator:
    """Return what actions are drawn with.

    It is not default_rng(seed): environments draw from that, and actions would follow their luck.
    """
    return np.random.default_rng([check_seed(seed), 1])


def evaluate(
    policy: ActorCritic,
    num_episodes: int,
    seed: int,
    env_id: str | None = None,
    make_env: Callable[[str, int], VectorEnv] = make_env,
) -> Tensor:
    """Play fresh episodes with sampled actions, the first one of each of many environments.

    Args:
        policy: the policy to play.
        num_episodes: how many, 1 or more.
        seed: of environments and actions: the same seed gives the same episodes.
        env_id: gymnasium's name of the environment, whose episodes must end by themselves; None is
            that of PPOConfig's defaults.
        make_env: makes the vector environment from `env_id` and `num_episodes`, as in `train`.

    Returns:
        (num_episodes,) float64, the sum of rewards of each.

    Raises:
        ValueError: num_episodes is below 1; make_env made another number of environments; the
            policy is made for observations or actions of other sizes, or was trained in another
            world than that of the defaults, and nothing says in which one to play.
    """
    check_default_device()
    num_episodes, seed = check_count("num_episodes", num_episodes), check_seed(seed)
    with closing(make_env(env_id or PPOConfig.env_id, num_episodes)) as env:
        if env_id is None and _is_default(make_env):
            _check_same_world(policy, env)
        _check_fits(policy, env)
        if env.num_envs != num_episodes:
            raise ValueError(f"make_env: expected {num_episodes} environments, got {env.num_envs}")
        return torch.from_numpy(_first_returns(policy, env, seed))


def _first_returns(policy: ActorCritic, env: VectorEnv, seed: int) -> np.ndarray:
    """Play the first episode of each of N environments; return their sums of rewards, (N,)."""
    sample = policy.sampler(action_generator(seed))
    obs, _ = env.reset(seed=seed)
    returns, running = np.zeros(env.num_envs), np.ones(env.num_envs, dtype=bool)
    while running.any():
        obs, reward, terminated, truncated, _ = env.step(sample(obs))
        returns += np.where(running, reward, 0.0)
        running &= ~(terminated | truncated)
    return returns


def _is_default(function: Callable[[str, int], VectorEnv]) -> bool:
    return function is make_env  # where an argument has the same name


def _check_same_world(policy: ActorCritic, env: VectorEnv) -> None:
    """Refuse a policy that is known to come from another world."""
    trained, played = getattr(policy, "world", None), world_name(env)
    if trained not in (None, played):
        raise ValueError(
            f"policy: expected one that was trained in {played}, got one from {trained}: "
            "name the world to play in, by env_id or make_env"
        )


def _check_fits(policy: ActorCritic | Player, env: VectorEnv) -> None:
    """Refuse a policy whose observations or actions have other sizes than the environment's."""
    if not isinstance(policy, ActorCritic):
        return  # another class knows for itself what it can see and do
    wanted, found = world_sizes(env), (policy.obs_size, policy.num_actions)
    if wanted != found:
        raise ValueError(
            f"policy: expected one for {world_name(env)}, with {wanted[0]} numbers per observation "
            f"and {wanted[1]} actions, got one for {found[0]} numbers and {found[1]} actions"
        )
