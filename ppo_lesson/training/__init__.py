"""Networks, rollouts and PPO: the formulas of ``maths`` put together until a policy learns."""

from ppo_lesson.training import statistics
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, TrainingResult, UpdateMetrics
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import generators, make_batch, make_policy, ppo_loss, ppo_update, train
from ppo_lesson.training.rollouts import Rollout, collect, evaluate, make_env, solved_return
from ppo_lesson.training.seeds import Runs, train_seeds
from ppo_lesson.training.steps import gradient_step

__all__ = [
    "ActorCritic",
    "Batch",
    "PPOConfig",
    "Rollout",
    "Runs",
    "TrainingResult",
    "UpdateMetrics",
    "collect",
    "evaluate",
    "generators",
    "gradient_step",
    "make_batch",
    "make_env",
    "make_policy",
    "ppo_loss",
    "ppo_update",
    "solved_return",
    "statistics",
    "train",
    "train_seeds",
]
