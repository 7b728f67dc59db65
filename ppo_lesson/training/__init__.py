"""Networks, rollouts and PPO: the formulas of ``maths`` put together until a policy learns."""

from ppo_lesson.training import statistics
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.data_parallel import reduce_on_processes
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
from ppo_lesson.training.plans import SweepPlan, plan_sweep
from ppo_lesson.training.ppo import (
    iterations,
    make_batch,
    plain_surrogate_loss,
    ppo_loss,
    ppo_update,
)
from ppo_lesson.training.seeds import Runs, train_seeds
from ppo_lesson.training.session import Parts, make_policy, train, train_with
from ppo_lesson.training.staleness import decoupled_update, rescored_update, rollouts_behind
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
    "SweepPlan",
    "TrainingResult",
    "action_generator",
    "decoupled_update",
    "evaluate",
    "gradient_step",
    "iterations",
    "make_batch",
    "make_env",
    "make_policy",
    "plain_surrogate_loss",
    "plan_sweep",
    "ppo_loss",
    "ppo_update",
    "reduce_on_processes",
    "rescored_update",
    "rollouts",
    "rollouts_behind",
    "solved_return",
    "statistics",
    "sweep",
    "train",
    "train_seeds",
    "train_with",
]
