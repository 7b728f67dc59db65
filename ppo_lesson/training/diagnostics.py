"""What training writes down: one record per iteration, and how its numbers are measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.arithmetic import equal_up_to_rounding
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.networks import ActorCritic


class Batch(NamedTuple):
    """The valid steps of a rollout in one row of B samples; all that an update needs to know."""

    obs: Tensor  # (B, D)
    action: Tensor  # (B,)
    old_log_prob: Tensor  # (B,) under the policy that acted
    advantage: Tensor  # (B,) normalised where the settings say so
    old_value: Tensor  # (B,) before the update
    value_target: Tensor  # (B,) what the critic is fitted to

    def select(self, index: Tensor) -> Batch:
        """Return the samples of one minibatch; `index` holds integers, (M,)."""
        # Half the time of column[index]: 1 % of a training.
        return Batch(*(column.index_select(0, index) for column in self))


@dataclass(frozen=True)
class IterationMetrics:
    """What one iteration looked like: a rollout, then its epochs of gradient steps."""

    steps: int  # environment steps so far, rows that only reset an environment not counted
    gradient_steps: int  # steps of the optimiser so far
    episode_return: float  # mean return of the episodes that ended in the rollout; NaN if none did
    approx_kl: float  # k3 estimate of KL(old || new) over the rollout after its last epoch, in nats
    clip_fraction: float  # share of ratios outside 1 +- epsilon at the end, see `diagnose`
    active_clip_fraction: float  # share of samples that the clip leaves without a gradient
    largest_ratio: float  # over the rollout after the last epoch, current over old
    first_ratio: float  # of the first minibatch, before any step; 1 in a right program
    entropy: float  # mean entropy of the new policy on the rollout, in nats
    value_loss: float  # of the critic before, on the rollout, in units of the scaled reward squared
    explained_variance: float  # of the value targets by the critic before; NaN if all are equal
    gradient_norm: float  # mean norm of the gradients before they were shortened
    learning_rate: float  # Adam's step size in this iteration
    seconds: float  # training time so far; what the watcher takes does not count

    @property
    def steps_per_second(self) -> float:
        """Environment steps per second of training, so far."""
        return self.steps / self.seconds


@dataclass
class TrainingResult:
    """The policy, as far as it is trained, and the way there."""

    policy: ActorCritic
    history: list[IterationMetrics] = field(default_factory=list)  # one record per iteration
    stopped: str = ""  # why training ended; empty while it goes on

    def curve(self, name: str) -> Tensor:
        """Return one metric of U iterations, (U,) float64; `name` is one of IterationMetrics."""
        return torch.tensor(
            [getattr(metrics, name) for metrics in self.history], dtype=torch.float64
        )


@torch.no_grad()
def approx_kl(policy: ActorCritic, batch: Batch) -> float:
    """Estimate how far the policy has moved from the one that collected the batch, in nats."""
    log_prob = maths.action_log_prob(policy.logits(batch.obs), batch.action)
    return maths.kl_k3(log_prob, batch.old_log_prob).item()


@torch.no_grad()
def first_ratio(
    policy: ActorCritic, batch: Batch, config: PPOConfig, generator: torch.Generator
) -> float:
    """Measure, before an update, the largest ratio of its first minibatch; 1/r counts if r < 1.

    The policy has not moved, so that it is 1 in a right program.

    Args:
        policy: the one that has collected the batch.
        batch: the B samples of the update.
        config: for the size of a minibatch.
        generator: deals the minibatches; its state stays as it is.
    """
    ahead = torch.Generator().set_state(generator.get_state())
    first = batch.select(maths.minibatches(len(batch.action), config.minibatch_size, ahead)[0])
    log_prob = maths.action_log_prob(policy.logits(first.obs), first.action)
    return (log_prob - first.old_log_prob).abs().max().exp().item()


@torch.no_grad()
def diagnose(policy: ActorCritic, batch: Batch, config: PPOConfig) -> dict[str, float]:
    """Measure, after an update, what IterationMetrics says of the policy and the critic.

    One measurement, on the whole rollout. CleanRL and Stable-Baselines3 log another clip fraction:
    the mean over the minibatches of all epochs, each before its step, where the first one is 0.
    """
    logits = policy.logits(batch.obs)
    log_prob = maths.action_log_prob(logits, batch.action)
    ratio = maths.policy_ratio(log_prob, batch.old_log_prob)
    epsilon, target = config.clip_epsilon, batch.value_target
    measured = {
        "approx_kl": maths.kl_k3(log_prob, batch.old_log_prob),
        "clip_fraction": maths.clip_fraction(ratio, epsilon),
        "active_clip_fraction": maths.active_clip_fraction(ratio, batch.advantage, epsilon),
        "largest_ratio": ratio.max(),
        "entropy": maths.entropy(logits).mean(),
        "value_loss": maths.value_loss(batch.old_value, target),
        "explained_variance": torch.tensor(torch.nan),
    }
    # A learned world whose targets are all equal is no fault, and worth no warning per iteration.
    if not equal_up_to_rounding(target):
        measured["explained_variance"] = maths.explained_variance(batch.old_value, target)
    return {name: number.item() for name, number in measured.items()}
