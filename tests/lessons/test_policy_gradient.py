"""Right answers of notebook 01 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.nn import functional

# score


def score_by_autograd(logits: Tensor, action: Tensor) -> Tensor:
    logits = logits.detach().clone().requires_grad_()
    Categorical(logits=logits).log_prob(action).backward()
    assert logits.grad is not None
    return logits.grad


def score_by_loop(logits, action):
    exponentials = [torch.exp(x - max(logits)) for x in logits]
    total = sum(exponentials)
    entries = []
    for k, exponential in enumerate(exponentials):
        entries.append((1.0 if k == int(action) else 0.0) - exponential / total)
    return torch.stack(entries)


def score_as_row_of_jacobian(logits, action):
    jacobian = torch.eye(len(logits), dtype=logits.dtype) - torch.softmax(logits, 0).unsqueeze(0)
    return jacobian[action]


def score_from_cross_entropy(logits, action):
    logits = logits.clone().requires_grad_()
    loss = functional.cross_entropy(logits.unsqueeze(0), action.unsqueeze(0))
    return -torch.autograd.grad(loss, logits)[0]


def score_of_cross_entropy(logits, action):
    gradient = torch.exp(logits) / torch.exp(logits).sum()
    gradient[action] -= 1
    return gradient


def score_without_one_hot(logits, action):
    return -torch.exp(logits - torch.logsumexp(logits, 0))


def score_softmax_of_column(logits, action):
    gradient = -torch.softmax(logits.unsqueeze(1), dim=1).squeeze(1)
    gradient[action] += 1
    return gradient


def score_of_probability(logits, action):
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(torch.softmax(logits, 0)[action], logits)[0]


def score_of_sum(logits, action):
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(torch.log_softmax(logits, 0).sum(), logits)[0]


def score_with_logits(logits, action):
    gradient = -logits
    gradient[action] = 1 - logits[action]
    return gradient


def score_own_entry(logits, action):
    gradient = torch.zeros_like(logits)
    gradient[action] = 1 - torch.softmax(logits, 0)[action]
    return gradient


def score_of_wrong_sign_elsewhere(logits, action):
    prob = torch.softmax(logits, 0)
    return torch.where(torch.arange(len(logits)) == action, 1 - prob, prob)


def score_with_log_softmax(logits, action):
    return functional.one_hot(action, len(logits)) - torch.log_softmax(logits, 0)


# reinforce_loss


def reinforce_by_loop(log_prob, advantage):
    total = 0.0
    for one_log_prob, one_advantage in zip(log_prob, advantage.tolist(), strict=True):
        total = total - one_log_prob * one_advantage
    return total / len(log_prob)


def reinforce_by_dot_product(log_prob, advantage):
    with torch.no_grad():
        constant = advantage / -advantage.numel()
    return log_prob @ constant


def reinforce_as_weighted_mean(log_prob, advantage):
    return torch.mean(-advantage.clone().detach() * log_prob, dim=0)


def reinforce_einsum(log_prob, advantage):
    return -torch.einsum("n,n->", log_prob, advantage.data) / log_prob.shape[0]


def reinforce_pairs(log_prob, advantage):
    return -(log_prob.unsqueeze(1) * advantage.detach().unsqueeze(0)).mean()


def reinforce_no_grad(log_prob, advantage):
    with torch.no_grad():
        return -torch.dot(log_prob, advantage) / len(log_prob)


RIGHT: dict[str, list[Callable]] = {
    "score": [
        score_by_autograd,
        score_by_loop,
        score_as_row_of_jacobian,
        score_from_cross_entropy,
    ],
    "reinforce_loss": [
        reinforce_by_loop,
        reinforce_by_dot_product,
        reinforce_as_weighted_mean,
        reinforce_einsum,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "score": [
        (score_of_wrong_sign_elsewhere, "The other entries have the wrong sign"),
        (lambda logits, action: 1 - logits.exp() / logits.exp().sum(), "from 1 in every entry"),
        (score_of_cross_entropy, "sign is turned round"),
        (score_without_one_hot, "The action taken does not appear"),
        (score_softmax_of_column, "wrong axis"),
        (score_of_probability, "gradient of the probability"),
        (score_of_sum, "all actions added up"),
        (score_with_logits, "subtract the logits themselves"),
        (score_own_entry, "Only the entry of the action taken"),
        (score_with_log_softmax, "the score is zero"),
    ],
    "reinforce_loss": [
        (lambda log_prob, advantage: torch.mean(log_prob * advantage), "minus is missing"),
        (lambda log_prob, advantage: log_prob @ advantage.detach() / len(log_prob), "minus is"),
        (lambda log_prob, advantage: -(advantage @ log_prob) / len(log_prob), "into the advantage"),
        (lambda log_prob, advantage: -torch.dot(log_prob, advantage), "added the samples up"),
        (lambda log_prob, advantage: -(advantage.data * log_prob).sum(), "added the samples up"),
        (lambda log_prob, advantage: torch.mean(-advantage * torch.exp(log_prob)), "logarithm"),
        (reinforce_no_grad, "no gradient reaches log_prob"),
        (lambda log_prob, advantage: -log_prob.sum() / len(log_prob), "plays no part"),
        (reinforce_pairs, "pairs every log-probability with every advantage"),
    ],
}
