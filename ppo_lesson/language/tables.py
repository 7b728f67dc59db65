"""A policy that is a table, and every expectation over its responses as a sum.

The policy of the language of sums (`worlds.countdown`) has a row of logits for each prompt and
each text read so far. Nothing is shared between rows, so a gradient can be read entry by entry,
and a sum over all 55,987 responses, with its gradient, takes milliseconds.

Sizes as in `worlds.countdown`: P prompts, N texts read, V tokens, S responses, T tokens at most.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_floats
from ppo_lesson.worlds import countdown


def response_log_prob(logits: Tensor) -> Tensor:
    """Return the log-probability of every response: (P, N, V) -> (P, S), with a gradient.

    Level by level: what t tokens have, plus what the next one has; a full stop ends a response.
    """
    countdown.check_tables(logits=logits)
    prompts, first = len(logits), 0
    read, ended = logits.new_zeros(prompts, 1), []
    for t, size in enumerate(countdown.LEVELS):
        rows = logits[:, first : first + size].log_softmax(-1)
        first += size
        longer = read.unsqueeze(-1) + rows
        if t == len(countdown.LEVELS) - 1:
            ended.append(longer.flatten(1))
        else:
            ended.append(longer[..., countdown.STOP])
            read = longer[..., 1:].flatten(1)
    return torch.cat(ended, dim=-1)


def token_log_prob(logits: Tensor, said: Tensor | None = None) -> Tensor:
    """Return the log-probability of each token of responses: (P, N, V) -> (P, B, T).

    Args:
        logits: of the policy.
        said: (P, B) which of the S responses, for each prompt; every response if None.

    Returns:
        With a gradient; 0 behind the end.
    """
    sizes = countdown.check_tables(logits=logits)
    every, read = countdown.sentences(), countdown.read_before()
    if said is None:
        flat = logits.log_softmax(-1).flatten(1)
        return flat[:, read * countdown.NUM_WORDS + every.token] * every.mask
    countdown.check_said(said, sizes)
    # Only the rows that were read: a fraction of the table.
    prompt = torch.arange(len(logits)).view(-1, 1, 1)
    rows = logits[prompt, read[said]].log_softmax(-1)
    each = rows.gather(-1, every.token[said].unsqueeze(-1)).squeeze(-1)
    return each * every.mask[said]


@torch.enable_grad()
def score_sum(logits: Tensor, weight: Tensor) -> Tensor:
    """Add up weight(s) grad log pi(s) over all responses: (P, N, V), exactly.

    With weight = pi(s) c(s) it is the expected gradient of a sampled loss that multiplies each
    response's log-probability by the constant c(s).

    Args:
        logits: (P, N, V) of the policy.
        weight: (P, S), a constant.
    """
    check_floats("P S", countdown.check_tables(logits=logits), weight=weight)
    logits = logits.detach().requires_grad_()
    total = (weight.detach() * response_log_prob(logits)).sum()
    return torch.autograd.grad(total, logits)[0]


def logits_of(log_prob: Tensor) -> Tensor:
    """Return the table whose responses have these log-probabilities: (P, S) -> (P, N, V).

    The logit of a token is the log of the probability of all responses that go on with it.
    """
    check_floats("P S", {"S": countdown.NUM_RESPONSES}, log_prob=log_prob)
    prompts = len(log_prob)
    starts = [0]  # where the responses that end at each level begin
    for size in countdown.LEVELS[:-1]:
        starts.append(starts[-1] + size)
    rows = [log_prob[:, starts[-1] :].reshape(prompts, -1, countdown.NUM_WORDS)]
    for t in reversed(range(len(countdown.LEVELS) - 1)):
        stop = log_prob[:, starts[t] : starts[t + 1]].unsqueeze(-1)
        on = rows[-1].logsumexp(-1).view(prompts, -1, countdown.NUM_WORDS - 1)
        rows.append(torch.cat([stop, on], dim=-1))
    return torch.cat(rows[::-1], dim=1)


class Measured(NamedTuple):
    """What a policy does, exactly: (P,) numbers, one for each prompt.

    success: probability of a right response.
    wrong_length, right_length, length: mean tokens of wrong, right and all responses.
    entropy: of whole responses, in nats.
    right_answers: exp of the entropy among the right ones: how many it gives, counted by how often.
    """

    success: Tensor
    wrong_length: Tensor
    right_length: Tensor
    length: Tensor
    entropy: Tensor
    right_answers: Tensor


@torch.no_grad()
def measure(logits: Tensor) -> Measured:
    """Measure a policy, (P, N, V) for all P prompts, by sums over every response."""
    check_floats("P N V", {"P": len(countdown.TARGETS)}, logits=logits)
    log_prob = response_log_prob(logits)
    prob, right, size = log_prob.exp(), countdown.right(), countdown.length()
    success = (prob * right).sum(-1)
    shares = prob * right / success.unsqueeze(-1)
    spread = -(shares * log_prob.masked_fill(right == 0, 0.0)).sum(-1) + success.log()
    return Measured(
        success=success,
        wrong_length=(prob * (1 - right) * size).sum(-1) / (prob * (1 - right)).sum(-1),
        right_length=(shares * size).sum(-1),
        length=(prob * size).sum(-1),
        entropy=-(prob * log_prob).sum(-1),
        right_answers=spread.exp(),
    )
