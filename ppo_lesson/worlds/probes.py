"""Probes: environments so small that the right value and the right action are known beforehand.

A learner of CartPole that fails tells you nothing about where the fault is. Each probe asks for
one ability more than the probe before it, so the first one that fails points at the fault:

1. `ConstantProbe`: one observation, one action. Can the value function learn a constant?
2. `ObsProbe`: the reward is the observation. Does the observation reach the value function?
3. `DelayedProbe`: the reward comes a step later. Is the future discounted and passed back?
4. `ActionProbe`: the reward is the action's. Does the policy move towards the better action?
5. `MatchProbe`: the reward depends on both. Does the policy look at the observation?
6. `EndlessProbe`: a task that never ends, cut by a time limit. Is truncation bootstrapped?

Credit: the first five follow the idea of Andy Jones, "Debugging RL, without the agonizing pain"
(2021), section on probe environments; the sixth is ours.

Every observation is a float32 array of shape (1,) between -1 and 1. The observation that follows a
terminal step is one that also occurs inside an episode, so that code which wrongly bootstraps
past a termination learns a wrong value, and is seen to.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from ppo_lesson.maths.shapes import check_between, check_count


class Probe(gymnasium.Env[np.ndarray, Any]):
    """Hold what the probes share; a probe says how it starts, what a step does, and the answer."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}
    num_actions: ClassVar[int] = 1
    # The action to take after each observation; with one action there is nothing to choose.
    best_action: ClassVar[dict[float, int]] = {0.0: 0}

    def __init__(self) -> None:
        """Make the two spaces; nothing is drawn before `reset`."""
        self.observation_space = Box(-1.0, 1.0, shape=(1,), dtype=np.float32)
        self.action_space = Discrete(self.num_actions)
        self._obs = 0.0
        self._num_steps = 0

    def known_values(self, gamma: float) -> dict[float, float]:
        """Return the value of each observation when the best action is always taken.

        Args:
            gamma: discount, from 0 to 1.

        Returns:
            A dictionary from the observation's one number to its value V.

        Raises:
            ValueError: if gamma is outside [0, 1].
        """
        check_between(0.0, 1.0, gamma=gamma)
        return self._values(gamma)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode and return its first obs, shape (1,), and an empty dictionary."""
        super().reset(seed=seed)
        self._num_steps = 0
        self._obs = self._first_obs()
        return self._as_array(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Take one step and return obs, reward, terminated, truncated and an empty dictionary.

        Raises:
            ValueError: if the action is none of 0 .. num_actions - 1.
        """
        if not self.action_space.contains(action):
            raise ValueError(f"action: expected one of {self.action_space}, got {action!r}")
        self._num_steps += 1
        reward = self._reward(int(action))
        self._obs = self._next_obs()
        return self._as_array(), reward, self._terminated(), self._truncated(), {}

    def _as_array(self) -> np.ndarray:
        return np.array([self._obs], dtype=np.float32)

    # The defaults are those of the plainest probe: see nothing, earn 1, end after one step.

    def _first_obs(self) -> float:
        return 0.0

    def _reward(self, action: int) -> float:
        return 1.0

    def _next_obs(self) -> float:
        return self._obs

    def _terminated(self) -> bool:
        return True

    def _truncated(self) -> bool:
        return False

    def _values(self, gamma: float) -> dict[float, float]:
        return {0.0: 1.0}


class ConstantProbe(Probe):
    """See 0, have one action, earn +1 and end. V(0) = 1 whatever gamma is."""


class ObsProbe(Probe):
    """See -1 or +1 by a fair coin, have one action, earn what was seen and end. V(obs) = obs."""

    best_action: ClassVar[dict[float, int]] = {-1.0: 0, 1.0: 0}

    def _first_obs(self) -> float:
        return _fair_coin(self.np_random)

    def _reward(self, action: int) -> float:
        return self._obs

    def _values(self, gamma: float) -> dict[float, float]:
        return {-1.0: -1.0, 1.0: 1.0}


class DelayedProbe(Probe):
    """See 0, earn nothing; see 1, earn +1 and end. V(0) = gamma, V(1) = 1."""

    best_action: ClassVar[dict[float, int]] = {0.0: 0, 1.0: 0}

    def _reward(self, action: int) -> float:
        return 1.0 if self._terminated() else 0.0

    def _next_obs(self) -> float:
        return 0.0 if self._terminated() else 1.0

    def _terminated(self) -> bool:
        return self._num_steps == 2

    def _values(self, gamma: float) -> dict[float, float]:
        return {0.0: gamma, 1.0: 1.0}


class ActionProbe(Probe):
    """See 0, earn -1 for action 0 or +1 for action 1, and end. Best is action 1; V(0) = 1."""

    num_actions: ClassVar[int] = 2
    best_action: ClassVar[dict[float, int]] = {0.0: 1}

    def _reward(self, action: int) -> float:
        return 1.0 if action == 1 else -1.0


class MatchProbe(Probe):
    """See -1 or +1 by a fair coin, earn +1 for the action that matches, else -1, and end.

    Action 0 matches the observation -1 and action 1 matches +1. Under the best policy V = 1 for
    both. A policy that cannot see the observation earns 0 on average.
    """

    num_actions: ClassVar[int] = 2
    best_action: ClassVar[dict[float, int]] = {-1.0: 0, 1.0: 1}

    def _first_obs(self) -> float:
        return _fair_coin(self.np_random)

    def _reward(self, action: int) -> float:
        return 1.0 if action == self.best_action[self._obs] else -1.0

    def _values(self, gamma: float) -> dict[float, float]:
        return {-1.0: 1.0, 1.0: 1.0}


class EndlessProbe(Probe):
    """See 0 and earn +1 for ever; a time limit truncates, nothing terminates.

    V(0) = 1 + gamma + gamma^2 + ... = 1 / (1 - gamma), because the limit belongs to the training
    set-up and not to the task. Code that takes truncation for termination learns too small a value:
    at most (1 - gamma^time_limit) / (1 - gamma).

    `known_values` raises ValueError for gamma = 1, where the value is infinite.
    """

    def __init__(self, time_limit: int = 5) -> None:
        """Set the limit.

        Args:
            time_limit: number of steps after which an episode is truncated, at least 1.

        Raises:
            ValueError: if time_limit is below 1.
        """
        super().__init__()
        self.time_limit = check_count("time_limit", time_limit)

    def _terminated(self) -> bool:
        return False

    def _truncated(self) -> bool:
        return self._num_steps >= self.time_limit

    def _values(self, gamma: float) -> dict[float, float]:
        check_between(0.0, 1.0, open_high=True, gamma=gamma)
        return {0.0: 1.0 / (1.0 - gamma)}


# In the order in which to try them.
PROBES: tuple[type[Probe], ...] = (
    ConstantProbe,
    ObsProbe,
    DelayedProbe,
    ActionProbe,
    MatchProbe,
    EndlessProbe,
)


def _fair_coin(generator: np.random.Generator) -> float:
    return float(generator.choice((-1.0, 1.0)))
