"""Reinforcement learning from human feedback, top to bottom: reference, reward model, policy.

The policy's loss and its advantages are those that solved CartPole: `maths.clipped_surrogate_loss`
and `maths.gae`. What is new stands around them: preferences, the price of leaving the reference,
and padding, which is no experience.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ppo_lesson import maths
from ppo_lesson.training.language_model import (
    LanguageModel,
    Responses,
    RewardModel,
    respond,
    response_log_prob,
)
from ppo_lesson.worlds import grammar

Score = Callable[[Tensor, Tensor], Tensor]
"""Scores (B,) prompts with (B, T) responses: (B,)."""

SLIP = 1 / 100  # share of the words that people mistype
BATCH_SIZE = 512  # of supervised training
FINAL_SHARE = 0.05  # of the first learning rate, at the end of supervised training


@dataclass(frozen=True)
class Pairs:
    """Two responses to the same prompt, and which one the annotator preferred.

    Args:
        prompt: (N,) index of the prompt.
        chosen: (N, T) tokens of the preferred response.
        rejected: (N, T) tokens of the other one.
    """

    prompt: Tensor
    chosen: Tensor
    rejected: Tensor

    def __len__(self) -> int:
        """Count them."""
        return len(self.prompt)

    def select(self, index: Tensor) -> Pairs:
        """Take some of them."""
        return Pairs(self.prompt[index], self.chosen[index], self.rejected[index])


@dataclass(frozen=True)
class RLHFConfig:
    """Settings of `align`.

    Args:
        num_iterations: rollouts, each with its epochs.
        num_responses: responses per rollout.
        num_epochs: passes over a rollout.
        minibatch_size: responses per gradient step.
        learning_rate: Adam's first step size; it falls to 0 over the training.
        clip_epsilon: half-width of the clip's interval.
        beta: price of one nat of divergence from the reference.
        gae_lambda: mixing of advantages; gamma is 1, as every response ends.
        value_coefficient: weight of the critic's loss.
        max_gradient_norm: longest gradient.
        group_size: responses to the same prompt that are compared with each other; 0 for
            advantages from a critic. With groups there is no critic (GRPO).
    """

    num_iterations: int = 50
    num_responses: int = 512
    num_epochs: int = 4
    minibatch_size: int = 512
    learning_rate: float = 3e-3
    clip_epsilon: float = 0.2
    beta: float = 0.5
    gae_lambda: float = 0.95
    value_coefficient: float = 0.5
    max_gradient_norm: float = 0.5
    group_size: int = 0

    def __post_init__(self) -> None:
        """Check what no function below checks."""
        if self.group_size and (self.group_size < 2 or self.num_responses % self.group_size):
            raise ValueError(
                f"group_size: expected 0 or a divisor of num_responses above 1, "
                f"got {self.group_size} for {self.num_responses} responses"
            )


@dataclass(frozen=True)
class Iteration:
    """What is written down of an iteration; means over its responses.

    Args:
        score: of the reward model.
        kl: log-ratio of policy and reference per response, from samples, in nats.
        largest_ratio: of a token, current over old, after the last epoch.
        clip_fraction: share of the tokens to which the clip leaves no gradient, there.
    """

    score: float
    kl: float
    largest_ratio: float
    clip_fraction: float


@dataclass
class Alignment:
    """A policy, and the record of how it came to be."""

    model: LanguageModel
    history: list[Iteration] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """A rollout of sentences, ready for its epochs; padding is still in it and has no weight.

    Args:
        said: the responses, with the log-probabilities of the old policy.
        advantage: (B, T) of each token.
        value_target: (B, T) what the critic is fitted to.
    """

    said: Responses
    advantage: Tensor
    value_target: Tensor


def pretrain(seed: int, num_sentences: int = 20_000, num_epochs: int = 4) -> LanguageModel:
    """Train the reference on what people write, one word in a hundred mistyped.

    Minimises minus the mean log-probability of a response. The slips give every sentence some
    probability: without support nothing can be learned later (notebook 03).

    Args:
        seed: of weights and sentences.
        num_sentences: that people wrote.
        num_epochs: passes over them.
    """
    generator, model = torch.Generator().manual_seed(seed), LanguageModel(seed)
    prompt = _draw_prompts(num_sentences, generator)
    written = torch.stack(
        [torch.multinomial(row, num_sentences, True, generator=generator) for row in grammar.corpus()]
    )[prompt, torch.arange(num_sentences)]
    token = grammar.sentences().token[written]
    slip = torch.rand(token.shape, generator=generator) < SLIP
    mistyped = torch.randint(len(grammar.WORDS), token.shape, generator=generator)
    token = torch.where(slip, mistyped, token)
    token = token * grammar.real_tokens(token)

    def loss(index: Tensor) -> Tensor:
        return -response_log_prob(model, prompt[index], token[index]).mean()

    fit(model, loss, num_sentences, num_epochs, generator)
    return model


def collect_pairs(
    model: LanguageModel, num_pairs: int, generator: torch.Generator, noise: float = 1.0
) -> Pairs:
    """Draw two responses to each prompt, and let the annotator choose.

    Args:
        model: the policy that responds.
        num_pairs: how many.
        generator: of prompts, responses and choices.
        noise: of the annotator, see `grammar.prefers_first`.
    """
    prompt = _draw_prompts(num_pairs, generator)
    first, second = (respond(model, prompt, generator).token for _ in range(2))
    reward = grammar.true_reward()
    first_reward, second_reward = (
        reward[prompt, grammar.sentence_index(token)] for token in (first, second)
    )
    probability = grammar.prefers_first(first_reward, second_reward, noise)
    is_first = (torch.rand(num_pairs, generator=generator) < probability).unsqueeze(-1)
    return Pairs(prompt, torch.where(is_first, first, second), torch.where(is_first, second, first))


def fit_reward_model(pairs: Pairs, seed: int, num_epochs: int = 4) -> RewardModel:
    """Fit a score to the annotator's choices, by the loss of Bradley and Terry.

    Args:
        pairs: the choices.
        seed: of weights and minibatches.
        num_epochs: passes over the pairs.
    """
    generator, model = torch.Generator().manual_seed(seed), RewardModel(seed)

    def loss(index: Tensor) -> Tensor:
        some = pairs.select(index)
        return maths.bradley_terry_loss(
            model(some.prompt, some.chosen), model(some.prompt, some.rejected)
        )

    fit(model, loss, len(pairs), num_epochs, generator)
    return model


def align(
    reference: LanguageModel,
    score: Score,
    config: RLHFConfig,
    *,
    seed: int,
    draw: Callable[[LanguageModel, Tensor, torch.Generator], Responses] = respond,
    on_iteration: Callable[[LanguageModel, Iteration], None] | None = None,
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
        on_iteration: called after each iteration with policy and record.
    """
    generator = torch.Generator().manual_seed(seed)
    result = Alignment(copy.deepcopy(reference))
    model = result.model
    optimizer = torch.optim.Adam(model.parameters())
    for k in range(config.num_iterations):
        share_left = 1 - k / config.num_iterations
        optimizer.param_groups[0]["lr"] = config.learning_rate * share_left
        prompt = _draw_prompts(config.num_responses // max(1, config.group_size), generator)
        prompt = prompt.repeat_interleave(max(1, config.group_size))
        said = draw(model, prompt, generator)
        scores, reward = rewards(reference, score, said, config.beta)
        batch = make_batch(model, said, reward, config)
        for _ in range(config.num_epochs):
            for index in maths.minibatches(len(prompt), config.minibatch_size, generator):
                loss = token_loss(model, batch, index, config)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), config.max_gradient_norm)
                optimizer.step()
        record = _record(model, reference, batch, scores, config)
        result.history.append(record)
        if on_iteration is not None:
            on_iteration(model, record)
    return result


@torch.no_grad()
def rewards(
    reference: LanguageModel, score: Score, said: Responses, beta: float
) -> tuple[Tensor, Tensor]:
    """Score responses as a whole, (B,), and spread score and price over their tokens, (B, T)."""
    scores = score(said.prompt, said.token)
    ref_log_prob = reference.log_prob(said.prompt, said.token)
    return scores, maths.shaped_reward(scores, said.log_prob, ref_log_prob, said.mask, beta)


@torch.no_grad()
def make_batch(model: LanguageModel, said: Responses, reward: Tensor, config: RLHFConfig) -> Batch:
    """Turn rewards of tokens into advantages: from a critic, or from the rest of the group."""
    value = model.value(said.prompt, said.token) * said.mask
    if config.group_size:
        groups = reward.sum(-1).view(-1, config.group_size)
        advantage = maths.group_relative_advantage(groups).view(-1, 1).expand_as(reward)
        return Batch(said, advantage, value)
    next_value = torch.cat([value[:, 1:], torch.zeros(len(value), 1)], dim=-1)
    goes_on = torch.cat([said.mask[:, 1:], torch.zeros(len(value), 1, dtype=torch.bool)], dim=-1)
    columns = (reward, value, next_value, ~goes_on, torch.zeros_like(goes_on))
    time_first = (column.T for column in columns)
    advantage = maths.gae(*time_first, 1.0, config.gae_lambda).T
    value_target = value + advantage
    advantage = torch.zeros_like(advantage).masked_scatter(
        said.mask, maths.normalise_advantage(advantage[said.mask])
    )
    return Batch(said, advantage, value_target)


def token_loss(model: LanguageModel, batch: Batch, index: Tensor, config: RLHFConfig) -> Tensor:
    """Add up PPO's losses over the real tokens of some responses."""
    said, mask = batch.said, batch.said.mask[index]
    prompt, token = said.prompt[index], said.token[index]
    loss = maths.clipped_surrogate_loss(
        model.log_prob(prompt, token)[mask],
        said.log_prob[index][mask],
        batch.advantage[index][mask],
        config.clip_epsilon,
    )
    if config.group_size:
        return loss
    critic_loss = maths.value_loss(
        model.value(prompt, token)[mask], batch.value_target[index][mask]
    )
    return loss + config.value_coefficient * critic_loss


def _draw_prompts(count: int, generator: torch.Generator) -> Tensor:
    return torch.randint(len(grammar.PROMPTS), (count,), generator=generator)


def fit(
    model: nn.Module,
    loss: Callable[[Tensor], Tensor],
    num_samples: int,
    num_epochs: int,
    generator: torch.Generator,
    learning_rate: float = 3e-3,
    on_step: Callable[[], None] = lambda: None,
) -> None:
    """Minimise the loss of index sets; the step size falls along a line."""
    batches = list(_epochs(num_samples, num_epochs, generator))
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, FINAL_SHARE, len(batches))
    for index in batches:
        optimizer.zero_grad()
        loss(index).backward()
        optimizer.step()
        schedule.step()
        on_step()


def _epochs(num_samples: int, num_epochs: int, generator: torch.Generator) -> Iterator[Tensor]:
    for _ in range(num_epochs):
        yield from maths.minibatches(num_samples, BATCH_SIZE, generator)


@torch.no_grad()
def _record(
    model: LanguageModel, reference: LanguageModel, batch: Batch, scores: Tensor, config: RLHFConfig
) -> Iteration:
    said = batch.said
    ref_log_prob = reference.log_prob(said.prompt, said.token)
    log_ratio_to_ref = ((said.log_prob - ref_log_prob) * said.mask).sum(-1)
    log_prob = model.log_prob(said.prompt, said.token)[said.mask]
    ratio = maths.policy_ratio(log_prob, said.log_prob[said.mask])
    silent = maths.active_clip_fraction(ratio, batch.advantage[said.mask], config.clip_epsilon)
    return Iteration(
        score=scores.mean().item(),
        kl=log_ratio_to_ref.mean().item(),
        largest_ratio=ratio.max().item(),
        clip_fraction=silent.item(),
    )
