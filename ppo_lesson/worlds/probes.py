"""Probes: environments so small that the right value and the right action are known beforehand.

A learner of CartPole that fails tells you nothing about where the fault is. Each probe asks for
one ability more than the probe before it, so the first one that fails points at the fault.

Credit: the first five follow the idea of Andy Jones, "Debugging RL, without the agonizing pain"
(2021), section on probe environments; the sixth is ours.

Every probe has two actions, so that each trains the policy too. In two probes one of them is
right; in the others both pay alike, and the value must be right whatever the policy does.

Every observation is a float32 array of shape (1,) between -1 and 1. The observation that follows a
terminal step is one that also occurs inside an episode, so that code which wrongly bootstraps
past a termination learns a wrong value, and is seen to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import SyncVectorEnv

from ppo_lesson.maths.shapes import check_between, check_count

NUM_ACTIONS = 2


@dataclass(frozen=True, eq=False)
class Probe:
    """A question to a learner: what is seen and paid, and the right answers.

    Args:
        question: what a learner must be able to do.
        episodes: what may be seen, each from the first observation to the one after the last step;
            one of them is drawn evenly.
        reward: what an action earns: observation, action -> reward.
        best_action: observation -> the action to take, or None where both pay alike.
        values: gamma -> the value of each observation when the best action is always taken.
        is_endless: the task has no end, and a time limit truncates it after the last step.
    """

    question: str
    episodes: tuple[tuple[float, ...], ...]
    reward: Callable[[float, int], float]
    best_action: Mapping[float, int | None]
    values: Callable[[float], dict[float, float]]
    is_endless: bool = False

    @property
    def num_steps(self) -> int:
        """Steps of an episode."""
        return len(self.episodes[0]) - 1

    def known_values(self, gamma: float) -> dict[float, float]:
        """Return the value V of each observation when the best action is always taken.

        Args:
            gamma: discount, from 0 to 1; below 1 where the task has no end.

        Raises:
            ValueError: gamma is out of range.
        """
        check_between(0.0, 1.0, open_high=self.is_endless, gamma=gamma)
        return self.values(gamma)


PROBES = {
    "ConstantProbe": Probe(
        "Can the value function learn a constant?",
        episodes=((0.0, 0.0),),
        reward=lambda obs, action: 1.0,
        best_action={0.0: None},
        values=lambda gamma: {0.0: 1.0},
    ),
    "ObsProbe": Probe(
        "Does the observation reach the value function?",
        episodes=((-1.0, -1.0), (1.0, 1.0)),
        reward=lambda obs, action: obs,
        best_action={-1.0: None, 1.0: None},
        values=lambda gamma: {-1.0: -1.0, 1.0: 1.0},
    ),
    "DelayedProbe": Probe(
        "Is the future discounted and passed back?",
        episodes=((0.0, 1.0, 0.0),),
        reward=lambda obs, action: obs,
        best_action={0.0: None, 1.0: None},
        values=lambda gamma: {0.0: gamma, 1.0: 1.0},
    ),
    "ActionProbe": Probe(
        "Does the policy move towards the better action?",
        episodes=((0.0, 0.0),),
        reward=lambda obs, action: 1.0 if action == 1 else -1.0,
        best_action={0.0: 1},
        values=lambda gamma: {0.0: 1.0},
    ),
    # A policy that cannot see the observation earns 0 on average.
    "MatchProbe": Probe(
        "Does the policy look at the observation?",
        episodes=((-1.0, -1.0), (1.0, 1.0)),
        reward=lambda obs, action: 1.0 if action == (obs > 0) else -1.0,
        best_action={-1.0: 0, 1.0: 1},
        values=lambda gamma: {-1.0: 1.0, 1.0: 1.0},
    ),
    # The limit belongs to the training set-up and not to the task. Who takes truncation for
    # termination learns too small a value: at most (1 - gamma^5) / (1 - gamma).
    "EndlessProbe": Probe(
        "Is a time limit bootstrapped?",
        episodes=((0.0,) * 6,),
        reward=lambda obs, action: 1.0,
        best_action={0.0: None},
        values=lambda gamma: {0.0: 1.0 / (1.0 - gamma)},  # 1 + gamma + gamma^2 + ...
        is_endless=True,
    ),
}
"""By name, in the order in which to try them."""


class ProbeEnv(gymnasium.Env[np.ndarray, Any]):
    """A probe to play in.

    Args:
        probe: one of PROBES.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(self, probe: Probe) -> None:
        """Make the two spaces; nothing is drawn before `reset`."""
        self.probe = probe
        self.observation_space = Box(-1.0, 1.0, shape=(1,), dtype=np.float32)
        self.action_space = Discrete(NUM_ACTIONS)
        self._episode = probe.episodes[0]
        self._step = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode and return its first obs, shape (1,), and an empty dictionary."""
        super().reset(seed=seed)
        self._episode = self.probe.episodes[self.np_random.choice(len(self.probe.episodes))]
        self._step = 0
        return self._obs(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Take one step and return obs, reward, terminated, truncated and an empty dictionary.

        Raises:
            ValueError: if the action is not 0 or 1.
        """
        if not self.action_space.contains(action):
            raise ValueError(f"action: expected one of {self.action_space}, got {action!r}")
        reward = self.probe.reward(self._episode[self._step], int(action))
        self._step += 1
        is_over, is_endless = self._step == self.probe.num_steps, self.probe.is_endless
        return self._obs(), reward, is_over and not is_endless, is_over and is_endless, {}

    def _obs(self) -> np.ndarray:
        return np.array([self._episode[self._step]], dtype=np.float32)


def make(probe: Probe, num_envs: int) -> SyncVectorEnv:
    """Make some copies of a probe in one vector environment, as `train` plays in.

    Args:
        probe: one of PROBES.
        num_envs: how many.

    Raises:
        ValueError: num_envs is below 1.
    """
    return SyncVectorEnv([lambda: ProbeEnv(probe)] * check_count("num_envs", num_envs))
