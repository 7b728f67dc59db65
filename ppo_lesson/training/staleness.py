"""An actor that is some updates behind the learner, and updates that know of it or do not.

Three policies then meet in an update: the behaviour policy mu, which has acted; the old policy,
which the learner has when the update begins; and the current one, which is learned.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator

import torch
from gymnasium.vector import VectorEnv
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import Player, Rollout, rollouts
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import ppo_update

CAP = 2.0
"""Of the weights between the behaviour and the old policy."""


def rollouts_behind(lag: int) -> Callable[..., Iterator[Rollout]]:
    """Make the part `rollouts` of a training whose actor has weights `lag` updates old.

    So it is where rollouts wait in a queue of that length, or weights arrive late. `log_prob` is
    the actor's own; values are those of the critic now, so that nothing but the actor is stale.

    Args:
        lag: updates, 0 or more; at the beginning, as many as there have been.
    """
    lag = check_count("lag", lag, 0)

    def play(env: VectorEnv, policy: ActorCritic, num_steps: int, seed: int) -> Iterator[Rollout]:
        past = deque([copy.deepcopy(policy)], maxlen=lag + 1)
        actor = Player(lambda rng: past[0].sampler(rng), lambda o: past[0].logits(o), policy.value)
        for rollout in rollouts(env, actor, num_steps, seed):
            yield rollout
            past.append(copy.deepcopy(policy))

    return play


@torch.no_grad()
def score(policy: ActorCritic, batch: Batch) -> Tensor:
    """Compute the log-probability that a policy gives to each action of a batch: (B,)."""
    return maths.action_log_prob(policy.logits(batch.obs), batch.action)


def rescored_update(policy, optimizer, batch, config, generator, policy_loss):
    """Update as if the learner's own policy had acted: the clip's centre moves, no weight.

    Arguments and result are those of `ppo_update`; `batch.old_log_prob` is the actor's.
    """
    batch = batch._replace(old_log_prob=score(policy, batch))
    return ppo_update(policy, optimizer, batch, config, generator, policy_loss)


def decoupled_update(policy, optimizer, batch, config, generator, policy_loss):
    """Clip around the learner's old policy, and weigh each sample by old / behaviour, up to CAP.

    Arguments and result are those of `ppo_update`; `batch.old_log_prob` is the actor's. With the
    clipped loss this is `maths.decoupled_clipped_loss`, as a weight above 0 may stand within min.

    Source: Hilton, Cobbe and Schulman (2022), arXiv:2110.00641, eq. 3.
    """
    old_log_prob = score(policy, batch)
    weight = maths.truncated_weight(old_log_prob, batch.old_log_prob, CAP)
    batch = batch._replace(old_log_prob=old_log_prob, advantage=weight * batch.advantage)
    return ppo_update(policy, optimizer, batch, config, generator, policy_loss)
