"""Networks, rollouts and PPO: the formulas of ``maths`` put together until a policy learns."""

from ppo_lesson.training import statistics
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, IterationMetrics, TrainingResult
from ppo_lesson.training.experience import (
    Rollout,
    action_generator,
    evaluate,
    make_env,
    rollouts,
    solved_return,
)
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import (
    iterations,
    make_batch,
    plain_surrogate_loss,
    ppo_loss,
    ppo_update,
)
from ppo_lesson.training.seeds import Runs, train_seeds
from ppo_lesson.training.session import Parts, make_policy, train, train_with
from ppo_lesson.training.steps import gradient_step
from ppo_lesson.training.sweeps import Outcome, sweep

__all__ = [
    "ActorCritic",
    "Batch",
    "IterationMetrics",
    "Outcome",
    "PPOConfig",
    "Parts",
    "Rollout",
    "Runs",
    "TrainingResult",
    "action_generator",
    "evaluate",
    "gradient_step",
    "iterations",
    "make_batch",
    "make_env",
    "make_policy",
    "plain_surrogate_loss",
    "ppo_loss",
    "ppo_update",
    "rollouts",
    "solved_return",
    "statistics",
    "sweep",
    "train",
    "train_seeds",
    "train_with",
]
