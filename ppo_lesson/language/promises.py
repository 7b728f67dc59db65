"""What old responses promise about another policy: by the ratios of tokens, and by their products.

The advantage of a token is exact here: the mean reward of all endings with it, less that before.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson.language.model import LanguageModel
from ppo_lesson.maths.shapes import check_count, check_floats, check_positive
from ppo_lesson.worlds.grammar import PROMPTS, Sentences

EPSILON = 0.2  # half-width of the interval that ratios are counted outside


class Promises(NamedTuple):
    """What the old policy's responses say about the new one; sums over every response.

    Args:
        tokens_outside: share of the token ratios outside 0.8 to 1.2.
        responses_outside: share of the responses' ratios outside it.
        gain: J(new) - J(old), J the expected reward.
        by_products: E_old[sum_t r_1 ... r_t A_t], the gain at any distance.
        by_ratios: E_old[sum_t r_t A_t], what PPO's surrogate promises.
    """

    tokens_outside: float
    responses_outside: float
    gain: float
    by_products: float
    by_ratios: float


@torch.no_grad()
def every_token_log_prob(
    model: LanguageModel, prompt: int, every: Sentences, *, temperature: float = 1.0
) -> Tensor:
    """Return the log-probability of each token of every response to one prompt, 0 on padding.

    Args:
        model: the policy.
        prompt: index of the prompt.
        every: the `sentences()`, S of them.
        temperature: divides the logits, above 0.

    Returns:
        (S, T) log-probabilities in nats.
    """
    check_positive(temperature=temperature)
    prompt = check_count("prompt", prompt, 0, len(PROMPTS) - 1)
    logits = model.logits(torch.full((len(every),), prompt), every.token) / temperature
    each = logits.log_softmax(-1).gather(-1, every.token.unsqueeze(-1)).squeeze(-1)
    return each.masked_fill(~every.mask, 0.0)


def beginning_values(prob: Tensor, reward: Tensor, every: Sentences) -> Tensor:
    """Return the mean reward of all endings, for the beginnings of every response.

    V(a_1 ... a_t) = sum of prob R / sum of prob, over the responses that begin so

    Args:
        prob: (S,) probability of every response, above 0.
        reward: (S,) its reward.
        every: the `sentences()`, S of them.

    Returns:
        (S, T + 1): before the first token, after it, and so on to the reward of the whole.
    """
    check_floats("S", {"S": len(every)}, prob=prob, reward=reward)
    reward = reward.to(prob.dtype)
    columns = [(prob @ reward / prob.sum()).expand_as(reward)]
    for t in range(1, every.token.shape[1] + 1):
        which = every.token[:, :t].unique(dim=0, return_inverse=True)[1]
        sums = [
            torch.zeros_like(prob).index_add(0, which, weight) for weight in (prob, prob * reward)
        ]
        columns.append((sums[1] / sums[0])[which])
    return torch.stack(columns, 1)


def promises(old: Tensor, new: Tensor, reward: Tensor, every: Sentences) -> Promises:
    """Compare what single ratios and their products promise with the gain.

    Args:
        old: (S, T) what `every_token_log_prob` returns for the policy that wrote the responses.
        new: (S, T) the same for the other policy.
        reward: (S,) of every response.
        every: the `sentences()`, S of them.
    """
    sizes = dict(zip("ST", every.token.shape, strict=True))
    check_floats("S T", sizes, old=old, new=new)
    check_floats("S", sizes, reward=reward)
    new, reward = new.to(old.dtype), reward.to(old.dtype)
    prob = old.sum(-1).exp()
    advantage = beginning_values(prob, reward, every).diff(dim=1)
    ratio, product = (new - old).exp(), (new - old).cumsum(-1).exp()
    real = prob.unsqueeze(1) * every.mask
    token, response = ((x - 1).abs() > EPSILON for x in (ratio, product[:, -1]))
    return Promises(
        tokens_outside=((real * token).sum() / real.sum()).item(),
        responses_outside=(prob * response).sum().item(),
        gain=((product[:, -1] - 1) * prob * reward).sum().item(),
        by_products=(real * product * advantage).sum().item(),
        by_ratios=(real * ratio * advantage).sum().item(),
    )
