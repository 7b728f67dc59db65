"""A first look at training: the mean return while it grows, and the policy at three moments."""

from __future__ import annotations

import copy
from contextlib import closing
from typing import TYPE_CHECKING

import torch

from ppo_lesson.figures.style import COLORS, line_style
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.notebook.live import live_figure
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate, make_env, solved_return
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import make_policy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUM_EPISODES = 20
"""Fresh ones per evaluation; there is one after each iteration."""

ITERATIONS_BETWEEN = 3
"""Two pictures: drawing takes longer than learning."""

TITLE = f"Mean return of {NUM_EPISODES} fresh episodes"
DESCRIPTION = f"{TITLE} against environment steps."


class Film:
    """What `train` takes as `watch`, where a newcomer looks on: one curve, drawn as it grows.

    Attributes:
        policies: what is seen on a film of the training: copies of the policy before it, at the
            moment that was asked for, and at its end, under names for the reader.
    """

    def __init__(self, config: PPOConfig, seed: int, moment: int) -> None:
        """Display the empty curve, and keep the policy that training begins with.

        Args:
            config: the settings that training runs with.
            seed: the one of the training; episodes are evaluated with the next.
            moment: a copy of the policy is kept after so many environment steps, 1 or more.

        Raises:
            ValueError: seed is no seed, or moment is below 1.
        """
        self.seed, self.moment = check_seed(seed), check_count("moment", moment)
        self.config = config
        self.solved = solved_return(config.env_id)
        self.steps: list[int] = []
        self.returns: list[float] = []
        with closing(make_env(config.env_id, 1)) as env:
            generator = torch.Generator().manual_seed(self.seed)
            untrained = make_policy(env, config.hidden_sizes, generator)
        self.policies: dict[str, ActorCritic] = {"before training": untrained}
        self._extend(0, untrained)
        self.draw_again = live_figure(self._draw, DESCRIPTION)

    def __call__(self, result: TrainingResult) -> None:
        """Take in an iteration, or the end."""
        steps = result.history[-1].steps if result.history else 0
        if result.stopped:
            self.policies[f"after {steps:,} steps"] = result.policy
            self.draw_again()
            return
        if steps >= self.moment and len(self.policies) == 1:
            self.policies[f"after {steps:,} steps"] = copy.deepcopy(result.policy)
        self._extend(steps, result.policy)
        if len(result.history) % ITERATIONS_BETWEEN == 0:
            self.draw_again()

    def _extend(self, steps: int, policy: ActorCritic) -> None:
        found = evaluate(policy, NUM_EPISODES, self.seed + 1, self.config.env_id)
        self.steps.append(steps)
        self.returns.append(found.mean().item())

    def _draw(self, ax: Axes) -> None:
        ax.set(title=TITLE, xlabel="environment steps")
        ax.set_xlim(0, 1.03 * self.config.total_steps)
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
        ax.plot(self.steps, self.returns, **line_style("new"))
        if self.solved is not None:
            ax.set_ylim(0, 1.12 * self.solved)
            ax.axhline(self.solved, color=COLORS["quiet"], linewidth=1)
            ax.text(0, self.solved, f" {self.solved:g}: solved", color=COLORS["quiet"], va="top")
