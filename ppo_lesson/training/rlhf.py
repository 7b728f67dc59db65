"""Reinforcement learning from human feedback, top to bottom: reference, reward model, policy.

The policy's loss and its advantages are those that solved CartPole: `maths.clipped_surrogate_loss`
and `maths.gae`. What is new stands around them: preferences, the price of leaving the reference,
and padding, which is no experience.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.training.language_model import (
    LanguageModel,
    Responses,
    RewardModel,
    respond,
    response_log_prob,
)
from ppo_lesson.worlds.grammar import PROMPTS, STOP, WORDS, corpus, prefers_first, real_tokens
from ppo_lesson.worlds.grammar import sentence_index, sentences, true_reward


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


@dataclass(frozen=True)
class RLHFConfig:
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


def pretrain(seed: int, num_sentences=20_000, epochs=6, typo=0.05, lr=3e-3, batch=512) -> LanguageModel:
    generator = torch.Generator().manual_seed(seed)
    model = LanguageModel(seed)
    every, prob = sentences(), corpus()
    prompt = torch.randint(len(PROMPTS), (num_sentences,), generator=generator)
    which = torch.multinomial(prob[prompt], 1, generator=generator).squeeze(-1)
    token = every.token[which]
    wrong = torch.rand(token.shape, generator=generator) < typo
    token = torch.where(wrong, torch.randint(len(WORDS), token.shape, generator=generator), token)
    token = token * real_tokens(token)
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * (num_sentences // batch)
    sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, steps)
    for _ in range(epochs):
        for i in maths.minibatches(num_sentences, batch, generator)[:num_sentences // batch]:
            loss = -response_log_prob(model, prompt[i], token[i]).mean()
            opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    return model


def collect_pairs(model, num_pairs, generator, noise=1.0) -> Pairs:
    prompt = torch.randint(len(PROMPTS), (num_pairs,), generator=generator)
    first, second = respond(model, prompt, generator), respond(model, prompt, generator)
    reward = true_reward()
    r1, r2 = (reward[prompt, sentence_index(r.token)] for r in (first, second))
    wins = torch.rand(num_pairs, generator=generator) < prefers_first(r1, r2, noise)
    w = wins.unsqueeze(-1)
    return Pairs(prompt, torch.where(w, first.token, second.token), torch.where(w, second.token, first.token))


def fit_reward_model(pairs: Pairs, seed: int, epochs=4, lr=2e-3, batch=512) -> RewardModel:
    generator = torch.Generator().manual_seed(seed)
    model = RewardModel(seed)
    opt = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=0.0)
    n = len(pairs.prompt)
    sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, epochs * (-(-n // batch)))
    for _ in range(epochs):
        for i in maths.minibatches(n, batch, generator):
            both = model(torch.cat([pairs.prompt[i]] * 2), torch.cat([pairs.chosen[i], pairs.rejected[i]]))
            chosen, rejected = both.chunk(2)
            loss = maths.bradley_terry_loss(chosen, rejected)
            opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    return model


def align(reference, score: Callable[[Tensor, Tensor], Tensor], config: RLHFConfig, seed: int, on_iteration=None, group=0):
    generator = torch.Generator().manual_seed(seed)
    model = copy.deepcopy(reference)
    opt = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    for it in range(config.num_iterations):
        for g in opt.param_groups: g["lr"] = config.learning_rate * (1 - it / config.num_iterations)
        if group:
            prompt = torch.randint(len(PROMPTS), (config.num_responses // group,), generator=generator).repeat_interleave(group)
        else:
            prompt = torch.randint(len(PROMPTS), (config.num_responses,), generator=generator)
        said = respond(model, prompt, generator)
        with torch.no_grad():
            ref_log_prob = reference.log_prob(prompt, said.token) * said.mask
            value = model.value(prompt, said.token) * said.mask
            reward = maths.shaped_reward(score(prompt, said.token), said.log_prob, ref_log_prob, said.mask, config.beta)
        if group:
            adv = maths.group_relative_advantage(reward.sum(-1).view(-1, group)).view(-1, 1).expand_as(reward)
            target = value
        else:
            next_value = torch.cat([value[:, 1:], torch.zeros(len(value), 1)], 1)
            last = said.mask & ~torch.cat([said.mask[:, 1:], torch.zeros(len(value), 1, dtype=torch.bool)], 1)
            T = lambda x: x.T.contiguous()
            adv = maths.gae(T(reward), T(value), T(next_value), T(last), torch.zeros_like(T(last)), 1.0, config.gae_lambda).T
            target = adv + value
        m = said.mask
        a = adv[m]
        adv = adv.clone(); adv[m] = a if group else maths.normalise_advantage(a)
        for _ in range(config.num_epochs):
            for i in maths.minibatches(len(prompt), config.minibatch_size, generator):
                mi = m[i]
                lp = model.log_prob(prompt[i], said.token[i])[mi]
                loss = maths.clipped_surrogate_loss(lp, said.log_prob[i][mi], adv[i][mi], config.clip_epsilon)
                if not group:
                    loss = loss + config.value_coefficient * maths.value_loss(model.value(prompt[i], said.token[i])[mi], target[i][mi])
                opt.zero_grad(); loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_gradient_norm)
                opt.step()
        if on_iteration: on_iteration(it, model, said, reward)
    return model
