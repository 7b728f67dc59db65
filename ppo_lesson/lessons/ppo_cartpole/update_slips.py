"""Notebook 08: wrong updates of PPO, each a right one with one of its parts replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Function, Mistake
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import critic_loss

Loss = Callable[..., Tensor]


def _select(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    return batch.select(index)


def _loss(
    policy: ActorCritic,
    part: Batch,
    config: PPOConfig,
    policy_loss: Loss,
    *,
    signs: tuple[int, int, int] = (1, 1, -1),
    half: bool = True,
) -> Tensor:
    logits = policy.logits(part.obs)
    log_prob = maths.action_log_prob(logits, part.action)
    terms = (
        policy_loss(log_prob, part.old_log_prob, part.advantage, config.clip_epsilon),
        config.value_coefficient * critic_loss(policy, part, config) * (1 if half else 2),
        config.entropy_coefficient * maths.entropy(logits).mean(),
    )
    return torch.stack([sign * term for sign, term in zip(signs, terms, strict=True)]).sum()


def _shorten(policy: ActorCritic, config: PPOConfig) -> None:
    torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm)


def _update(
    deal: Callable[[int, int, torch.Generator], list[Tensor]] = maths.minibatches,
    *,
    select: Callable[[ActorCritic, Batch, Tensor], Batch] = _select,
    loss: Callable[..., Tensor] = _loss,
    shorten: Callable[[ActorCritic, PPOConfig], None] = _shorten,
    epochs: Callable[[int], int] = lambda num_epochs: num_epochs,
    deal_once: bool = False,
    forget: str = "step",
    step: str = "minibatch",
) -> Function:
    """Build an update with some of its parts replaced."""

    def answer(
        policy: ActorCritic,
        optimizer: torch.optim.Optimizer,
        batch: Batch,
        config: PPOConfig,
        generator: torch.Generator,
        policy_loss: Loss,
    ) -> None:
        dealt: list[Tensor] = []
        for _ in range(epochs(config.num_epochs)):
            if not (dealt and deal_once):
                dealt = deal(len(batch.action), config.minibatch_size, generator)
            if forget == "epoch":
                optimizer.zero_grad()
            for index in dealt:
                if forget == "step":
                    optimizer.zero_grad()
                loss(policy, select(policy, batch, index), config, policy_loss).backward()
                if step == "minibatch":
                    shorten(policy, config)
                    optimizer.step()
            if step == "epoch":
                shorten(policy, config)
                optimizer.step()

    return answer


def _whole_batch(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    return batch


def _recomputed_log_prob(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    part = batch.select(index)
    log_prob = maths.action_log_prob(policy.logits(part.obs), part.action)
    return part._replace(old_log_prob=log_prob.detach())


def _recomputed_advantage(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
    part = batch.select(index)
    return part._replace(advantage=part.value_target - policy.value(part.obs).detach())


def _normalised_again(correction: int) -> Callable[[ActorCritic, Batch, Tensor], Batch]:
    def select(policy: ActorCritic, batch: Batch, index: Tensor) -> Batch:
        part = batch.select(index)
        spread = part.advantage.std(correction=correction if len(index) > 1 else 0)
        return part._replace(advantage=(part.advantage - part.advantage.mean()) / (spread + 1e-8))

    return select


def _signs(policy: int, critic: int, entropy: int) -> Loss:
    def loss(*arguments: Any) -> Tensor:
        return _loss(*arguments, signs=(policy, critic, entropy))

    return loss


def _squared_error(*arguments: Any) -> Tensor:
    return _loss(*arguments, half=False)


def _always_clipped(policy: ActorCritic, part: Batch, config: PPOConfig, given: Loss) -> Tensor:
    return _loss(policy, part, config, maths.clipped_surrogate_loss)


def _usual_epsilon(policy: ActorCritic, part: Batch, config: PPOConfig, given: Loss) -> Tensor:
    return _loss(policy, part, replace(config, clip_epsilon=PPOConfig.clip_epsilon), given)


def _with_replacement(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.randint(num_samples, (num_samples,), generator=generator).split(size))


def _draws_for_each(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    sizes = map(len, torch.arange(num_samples).split(size))
    return [torch.randint(num_samples, (count,), generator=generator) for count in sizes]


def _in_order(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.arange(num_samples).split(size))


def _global_shuffle(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.randperm(num_samples).split(size))


def _whole_ones(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    dealt = maths.minibatches(num_samples, size, generator)
    return [index for index in dealt if len(index) == size]


def _leave_long(policy: ActorCritic, config: PPOConfig) -> None:
    pass


def _shorten_apart(policy: ActorCritic, config: PPOConfig) -> None:
    for network in (policy.actor, policy.critic):
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.max_gradient_norm)


def _one(num_epochs: int) -> int:
    return 1


WITHOUT_REPLACEMENT = (
    "You drew the minibatches with replacement: in one epoch some samples come twice and others "
    "not at all. Shuffle once an epoch and deal all of them, as maths.minibatches does."
)
NORMALISED = (
    "You normalised the advantages again in each minibatch. The batch's are used as they are: "
    "whether they are normalised was decided when it was made, over all samples together."
)

MISTAKES = (
    Mistake(
        "You made one pass over the batch. PPO makes config.num_epochs of them, each with a "
        "fresh shuffle: the outer loop is missing.",
        _update(epochs=_one),
    ),
    Mistake(
        "You computed the old log-probabilities anew, with the current policy, so that "
        "every ratio is 1 and the clip never acts. They are those of the policy that acted: "
        "take the batch's old_log_prob.",
        _update(select=_recomputed_log_prob),
    ),
    *(
        Mistake(
            "Gradients of earlier steps are still in yours: `backward()` adds to what is there. "
            "Call `optimizer.zero_grad()` for every minibatch, before `backward()`.",
            _update(forget=forget),
        )
        for forget in ("never", "epoch")
    ),
    Mistake(
        "You computed the advantages anew from the current critic. They say how good the "
        "actions were for the policy that acted: use the batch's in all epochs.",
        _update(select=_recomputed_advantage),
    ),
    *(Mistake(NORMALISED, _update(select=_normalised_again(correction))) for correction in (0, 1)),
    Mistake(WITHOUT_REPLACEMENT, _update(_with_replacement)),
    Mistake(WITHOUT_REPLACEMENT, _update(_draws_for_each)),
    Mistake(
        "You shuffled once and dealt the same minibatches in every epoch. Call "
        "maths.minibatches inside the loop over epochs, so that other samples meet each time.",
        _update(deal_once=True),
    ),
    Mistake(
        "You dealt the samples in their original order. Neighbours in time are alike: "
        "shuffle them in each epoch, as maths.minibatches does.",
        _update(_in_order),
    ),
    Mistake(
        "You ignored the generator and drew from torch's global random state. Hand it to "
        "maths.minibatches.",
        _update(_global_shuffle),
    ),
    Mistake(
        "You left out the last, shorter minibatch. Its samples belong to the epoch as well: "
        "take a step with them too.",
        _update(_whole_ones),
    ),
    Mistake(
        "You took the loss of the whole batch at every step. Each step is for one minibatch: "
        "batch.select(index).",
        _update(select=_whole_batch),
    ),
    Mistake(
        "You added up the gradients of an epoch and stepped once. Each minibatch has a step of "
        "its own: zero_grad and step belong in the inner loop.",
        _update(forget="epoch", step="epoch"),
    ),
    Mistake(
        "The policy's loss has the wrong sign. It is a loss already, minus the surrogate: add "
        "it as it comes.",
        _update(loss=_signs(-1, 1, -1)),
    ),
    Mistake(
        "Nothing of the policy's loss reaches the actor. Add policy_loss, with the current "
        "log-probabilities first and the batch's old ones second, and cut no gradient.",
        _update(loss=_signs(0, 1, -1)),
    ),
    Mistake(
        "The critic's term has the wrong sign, so its error would grow. Add it.",
        _update(loss=_signs(1, -1, -1)),
    ),
    Mistake(
        "The entropy's term has the wrong sign. It is a bonus, and the loss is minimised: "
        "subtract it.",
        _update(loss=_signs(1, 1, 1)),
    ),
    Mistake(
        "The critic's loss is missing, so the critic would never learn. Add "
        "config.value_coefficient times maths.value_loss.",
        _update(loss=_signs(1, 0, -1)),
    ),
    Mistake(
        "The entropy bonus is missing. Subtract config.entropy_coefficient times the mean entropy.",
        _update(loss=_signs(1, 1, 0)),
    ),
    Mistake(
        "The critic's loss counts twice. It is half the mean squared error, as "
        "maths.value_loss has it.",
        _update(loss=_squared_error),
    ),
    Mistake(
        "The gradient was not shortened. Call "
        "torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm) "
        "after backward() and before step().",
        _update(shorten=_leave_long),
    ),
    Mistake(
        "You shortened the gradients of actor and critic separately. All parameters have one norm "
        "together: pass policy.parameters() to a single clip_grad_norm_.",
        _update(shorten=_shorten_apart),
    ),
    Mistake(
        "You did not use the `policy_loss` that was handed in, but always the clipped one. "
        "Call policy_loss, so that other losses can be tried, your own among them.",
        _update(loss=_always_clipped),
    ),
    Mistake(
        "You clip at 0.2, whatever the settings say. Pass config.clip_epsilon on.",
        _update(loss=_usual_epsilon),
    ),
)
