"""What the logits of a categorical policy say: log-probabilities, their gradient, entropy."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import (
    check_count,
    check_floats,
    check_indices,
    check_integers,
    check_positive,
)


def action_log_prob(logits: Tensor, action: Tensor) -> Tensor:
    """Look up the log-probability of the action taken in each row.

    log pi(a|s) = logits_a - log sum_k exp(logits_k)

    Args:
        logits: (N, K) one row per sample, one column per action.
        action: (N,) index of the action taken, 0 to K - 1.

    Returns:
        (N,) log-probabilities in nats.

    Raises:
        ValueError: a shape or dtype is wrong, or an action is no index into the K actions.
    """
    sizes = check_floats("N K", logits=logits)
    check_integers("N", sizes, action=action)
    check_indices(sizes["K"], action=action)
    index = action.long().unsqueeze(-1)
    return torch.log_softmax(logits, dim=-1).gather(-1, index).squeeze(-1)


def score(logits: Tensor, action: Tensor) -> Tensor:
    """Differentiate the log-probability of one action with respect to the logits.

    d log softmax(logits)[action] / d logits = one_hot(action) - softmax(logits)

    Args:
        logits: (K,) one number per action.
        action: () index of the action taken, 0 to K - 1.

    Returns:
        (K,) the gradient; its entries sum to zero.

    Raises:
        ValueError: a shape or dtype is wrong, or the action is no index into the K actions.

    Source: Sutton and Barto (2018), Reinforcement learning, exercise 13.3.
    """
    sizes = check_floats("K", logits=logits)
    check_integers("", action=action)
    check_indices(sizes["K"], action=action)
    one_hot = torch.zeros_like(logits)
    one_hot[action.long()] = 1  # torch reads an index of type uint8 as a mask
    return one_hot - torch.softmax(logits, dim=0)


def token_log_probs(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    """Look up the log-probability of each token of a response under a language model.

    log pi(x_{t+1} | x_0 ... x_t) for every token after the prompt: logits[t] predicts tokens[t + 1]

    Args:
        logits: (T, V) output of the model at every position.
        tokens: (T,) prompt and response, indices 0 to V - 1.
        prompt_length: number of tokens that were given, not chosen; 1 to T - 1.

    Returns:
        (T - prompt_length,) log-probabilities of the response's tokens in nats.

    Raises:
        ValueError: a shape or dtype is wrong, a token is no index into the V words, or
            prompt_length leaves no token before or after it.
    """
    sizes = check_floats("T V", logits=logits)
    check_integers("T", sizes, tokens=tokens)
    check_indices(sizes["V"], tokens=tokens)
    prompt_length = check_count("prompt_length", prompt_length, 1, sizes["T"] - 1)
    return action_log_prob(logits[:-1], tokens[1:])[prompt_length - 1 :]


def behaviour_logits(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    """Return the logits of the distribution that temperature and top-k make of a policy.

    logits / temperature, and -inf for all but the top_k largest

    Args:
        logits: (N, V) output of the model.
        temperature: above 0; 1 changes nothing.
        top_k: how many tokens stay, 1 to V; V forbids none. Where entries tie with the last one
            that stays, all of them stay.

    Returns:
        (N, V) logits.

    Raises:
        ValueError: the shape is not (N, V), temperature is not positive, or top_k is out of range.

    Source: top-k sampling: Fan et al. (2018), arXiv:1805.04833, section 5.2.
    """
    sizes = check_floats("N V", logits=logits)
    check_positive(temperature=temperature)
    top_k = check_count("top_k", top_k, 1, sizes["V"])
    smallest = logits.topk(top_k, dim=-1).values[:, -1:]
    return logits.masked_fill(logits < smallest, -torch.inf) / temperature


def behaviour_log_prob(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    """Look up the log-probability of each token under the distribution that it was drawn from.

    log softmax(logits / temperature, over the top_k largest entries)[token]

    Args:
        logits: (N, V) output of the model where each token was drawn.
        token: (N,) index of the token, 0 to V - 1.
        temperature: divided the logits before the token was drawn, above 0.
        top_k: how many tokens could be drawn, 1 to V; see `behaviour_logits`.

    Returns:
        (N,) log-probabilities in nats; -inf for a token that could not be drawn.

    Raises:
        ValueError: a shape or dtype is wrong, a token is no index into the V words, temperature is
            not positive, or top_k is out of range.
    """
    sizes = check_floats("N V", logits=logits)
    check_integers("N", sizes, token=token)
    check_indices(sizes["V"], token=token)
    return action_log_prob(behaviour_logits(logits, temperature, top_k), token)


def entropy(logits: Tensor) -> Tensor:
    """Measure how undecided a categorical policy is.

    H = - sum_k p_k log p_k, with 0 log 0 = 0

    Args:
        logits: (N, K) one row per sample; -inf forbids an action.

    Returns:
        (N,) entropy in nats, from 0 (certain) to log K (uniform).

    Raises:
        ValueError: the shape is not (N, K).

    Source: Shannon (1948); as a bonus in policy gradients: Mnih et al. (2016), arXiv:1602.01783.
    """
    check_floats("N K", logits=logits)
    log_prob = torch.log_softmax(logits, dim=-1)
    prob = log_prob.exp()
    # 0 * -inf is NaN, so the log of an impossible action is replaced before the product.
    return -(prob * log_prob.masked_fill(prob == 0, 0.0)).sum(-1)
