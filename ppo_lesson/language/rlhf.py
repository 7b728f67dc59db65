"""Reinforcement learning from human feedback: PPO on the tokens of a small language model.

The policy's loss and its advantages are those that solved CartPole: `maths.clipped_surrogate_loss`
and `maths.gae`. What is new stands around them: preferences, the price of leaving the reference,
and padding, which is no experience.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import pad

from ppo_lesson import maths
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.feedback import draw_prompts
from ppo_lesson.language.model import LanguageModel, Responses, respond
from ppo_lesson.maths.arithmetic import equal_up_to_rounding
from ppo_lesson.maths.shapes import check_floats, check_seed
from ppo_lesson.training.interrupts import Watch, attend
from ppo_lesson.training.steps import (
    check_default_device,
    check_finite,
    check_gradient,
    gradient_step,
)

Score = Callable[[Tensor, Tensor], Tensor]
"""Scores (B,) prompts with (B, T) responses: (B,)."""

PolicyLoss = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""Takes the arguments of `maths.clipped_surrogate_loss` in their order, and gives the loss, ()."""

LOGIT_SIZE = 20.0
"""A log-probability is a difference of logits, which are about as large where a policy is sure."""


@dataclass(frozen=True)
class Iteration:
    """What is written down of an iteration; means over its responses.

    Args:
        score: of the reward model.
        kl: log-ratio of policy and reference per response, from samples, in nats.
        largest_ratio: of a token, current over old, after the last epoch.
        active_clip_fraction: share of the tokens to which the clip leaves no gradient, there.
    """

    score: float
    kl: float
    largest_ratio: float
    active_clip_fraction: float


@dataclass
class Alignment:
    """A policy, the record of how it came to be, and why it ended."""

    policy: LanguageModel
    history: list[Iteration] = field(default_factory=list)
    stopped: str = ""  # empty while it goes on


@dataclass(frozen=True)
class SentenceBatch:
    """A rollout of sentences, ready for its epochs; padding is still in it and has no weight.

    Args:
        said: the responses, with the log-probabilities of the old policy.
        advantage: (B, T) of each token.
        value_target: (B, T) what the critic is fitted to.
    """

    said: Responses
    advantage: Tensor
    value_target: Tensor


def align(
    reference: LanguageModel,
    score: Score,
    config: RLHFConfig,
    *,
    seed: int,
    draw: Callable[[LanguageModel, Tensor, torch.Generator], Responses] = respond,
    policy_loss: PolicyLoss = maths.clipped_surrogate_loss,
    watch: Watch[Alignment] | None = None,
) -> Alignment:
    """Raise the score minus beta times the divergence from the reference, by PPO on tokens.

    Three policies are at work: the reference stays as it is for ever, the old policy wrote the
    rollout, the current one moves.

    Args:
        reference: where the policy starts, and what it is held to; it is not changed.
        score: of a response as a whole, the reward model's.
        config: the settings.
        seed: of prompts, responses and minibatches.
        draw: draws the responses and scores them as it drew them.
        policy_loss: PPO's of the real tokens, or one to compare it with.
        watch: called with the result after each iteration, and once more at the end, as in `train`.

    Returns:
        Policy, history, and why it ended. Ctrl-C ends it after the running iteration. Scores,
        log-probabilities or gradients that are not finite end it too, with one RuntimeWarning that
        names them and the iteration; the policy is then that of the last gradient step before.

    Raises:
        TypeError, ValueError: score returned no tensor of shape (B,), policy_loss no scalar with a
            gradient, or seed is no seed.
    """
    check_default_device()
    result = Alignment(reference.copy())
    given = reference, score, config, seed
    records = _iterations(result.policy, *given, draw=draw, policy_loss=policy_loss)
    return attend(result, records, watch, done="all iterations done")


def _iterations(
    model: LanguageModel,
    reference: LanguageModel,
    score: Score,
    config: RLHFConfig,
    seed: int,
    *,
    draw: Callable[[LanguageModel, Tensor, torch.Generator], Responses],
    policy_loss: PolicyLoss,
) -> Generator[Iteration, None, None]:
    """Draw responses, score them, take gradient steps; again and again."""
    generator = torch.Generator().manual_seed(check_seed(seed))
    optimizer = torch.optim.Adam(model.parameters())
    for k in range(config.num_iterations):
        share_left = 1 - k / config.num_iterations
        optimizer.param_groups[0]["lr"] = config.learning_rate * share_left
        prompt = draw_prompts(config.num_responses // max(1, config.group_size), generator)
        prompt = prompt.repeat_interleave(max(1, config.group_size))
        said = draw(model, prompt, generator)
        scores, ref_log_prob, reward = rewards(reference, score, said, config.beta)
        batch = make_batch(model, said, reward, config)
        for _ in range(config.num_epochs):
            for index in maths.minibatches(len(prompt), config.minibatch_size, generator):
                take_step(model, optimizer, batch, index, config, policy_loss)
        yield _record(model, batch, scores, ref_log_prob, config)


@torch.no_grad()
def rewards(
    reference: LanguageModel, score: Score, said: Responses, beta: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Score responses, ask the reference, and spread score and price over the tokens.

    Args:
        reference: what the policy is held to.
        score: of a response as a whole.
        said: B responses.
        beta: price of one nat of divergence.

    Returns:
        (B,) scores, (B, T) log-probabilities of the tokens under the reference, (B, T) rewards.

    Raises:
        NotFiniteError: a score or a log-probability is not finite; the message names it.
    """
    scores = score(said.prompt.clone(), said.token.clone())  # not for it to change
    ref_log_prob = reference.log_prob(said.prompt, said.token)
    reward = maths.shaped_reward(scores, said.log_prob, ref_log_prob, said.mask, beta)
    check_finite(score=scores, log_prob=said.log_prob[said.mask])
    if beta:  # without a price, what the reference forbids costs nothing
        check_finite(ref_log_prob=ref_log_prob[said.mask])
    check_finite(reward=reward)
    return scores, ref_log_prob, reward


@torch.no_grad()
def make_batch(
    model: LanguageModel, said: Responses, reward: Tensor, config: RLHFConfig
) -> SentenceBatch:
    """Turn rewards of tokens into advantages: from a critic, or from the rest of the group."""
    value = model.value(said.prompt, said.token).masked_fill(~said.mask, 0.0)
    if config.group_size:
        advantage = group_advantage(said, reward, config)
        return SentenceBatch(said, advantage, value)
    check_finite(value=value)
    next_value, goes_on = (pad(column[:, 1:], (0, 1)) for column in (value, said.mask))
    truncated = torch.zeros_like(goes_on)
    advantage = maths.gae(  # time comes first there
        reward.T, value.T, next_value.T, ~goes_on.T, truncated.T, 1.0, config.gae_lambda
    ).T
    value_target = value + advantage
    advantage = torch.zeros_like(advantage).masked_scatter(
        said.mask, maths.normalise_advantage(advantage[said.mask])
    )
    return SentenceBatch(said, advantage, value_target)


def group_advantage(said: Responses, reward: Tensor, config: RLHFConfig) -> Tensor:
    """Compare responses to the same prompt, (B, T); 0 where a group differs by rounding alone.

    The rewards of a policy that has not left the reference hold the rounding of log-probabilities
    that were subtracted, and those hold that of their logits: see LOGIT_SIZE.
    """
    groups = reward.sum(-1).view(-1, config.group_size)
    advantage = maths.group_relative_advantage(groups)
    logs = (LOGIT_SIZE + said.log_prob.abs()) * said.mask
    subtracted = (reward.abs() + 2 * config.beta * logs).sum(-1).view_as(groups)
    noise = equal_up_to_rounding(groups, subtracted).unsqueeze(-1)
    return advantage.masked_fill(noise, 0.0).view(-1, 1).expand_as(reward)


def token_loss(
    model: LanguageModel,
    batch: SentenceBatch,
    index: Tensor,
    config: RLHFConfig,
    policy_loss: PolicyLoss = maths.clipped_surrogate_loss,
) -> Tensor:
    """Add up PPO's losses over the real tokens of some responses.

    Raises:
        TypeError, ValueError: policy_loss returned no tensor, no scalar, or one without a gradient.
    """
    said, mask = batch.said, batch.said.mask[index]
    prompt, token = said.prompt[index], said.token[index]
    loss = policy_loss(
        model.log_prob(prompt, token)[mask],
        said.log_prob[index][mask],
        batch.advantage[index][mask],
        config.clip_epsilon,
    )
    check_floats("", policy_loss=loss)
    check_gradient(policy_loss=loss)
    if config.group_size or not config.value_coefficient:
        return loss
    critic_loss = maths.value_loss(
        model.value(prompt, token)[mask], batch.value_target[index][mask]
    )
    return loss + config.value_coefficient * critic_loss


def take_step(
    model: LanguageModel,
    optimizer: torch.optim.Optimizer,
    batch: SentenceBatch,
    index: Tensor,
    config: RLHFConfig,
    policy_loss: PolicyLoss = maths.clipped_surrogate_loss,
) -> None:
    """Take one gradient step on some responses of a rollout, its length limited.

    Raises:
        NotFiniteError: the gradient is not finite; the parameters are as they were.
    """
    loss = token_loss(model, batch, index, config, policy_loss)
    gradient_step(optimizer, loss, config.max_gradient_norm)


@torch.no_grad()
def _record(
    model: LanguageModel,
    batch: SentenceBatch,
    scores: Tensor,
    ref_log_prob: Tensor,
    config: RLHFConfig,
) -> Iteration:
    said = batch.said
    log_ratio_to_ref = (said.log_prob - ref_log_prob).masked_fill(~said.mask, 0.0).sum(-1)
    log_prob = model.log_prob(said.prompt, said.token)[said.mask]
    ratio = maths.policy_ratio(log_prob, said.log_prob[said.mask])
    silent = maths.active_clip_fraction(ratio, batch.advantage[said.mask], config.clip_epsilon)
    return Iteration(
        score=scores.mean().item(),
        kl=log_ratio_to_ref.mean().item(),
        largest_ratio=ratio.max().item(),
        active_clip_fraction=silent.item(),
    )
