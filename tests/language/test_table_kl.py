"""Gradients of KL estimators: against autograd through the exact divergence, and by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ppo_lesson.language.table_kl import (
    k1,
    k2,
    k3,
    k3_times_ratio,
    kl_gradient,
    kl_ref_gradient,
    loss_gradient,
    reward_gradient,
)
from ppo_lesson.language.tables import logits_of, response_log_prob
from ppo_lesson.worlds import countdown

Pair = tuple[Tensor, Tensor]


@pytest.fixture(scope="module")
def pair() -> Pair:
    reference = countdown.reference()[:1]
    better = response_log_prob(reference) + countdown.true_reward()[:1] / 0.3
    return logits_of(better.log_softmax(-1)), reference


def through_the_divergence(pair: Pair, *, reverse: bool) -> Tensor:
    """Differentiate the sum over all responses by autograd, the probabilities included."""
    logits, reference = pair
    logits = logits.clone().requires_grad_()
    log_prob, ref = response_log_prob(logits), response_log_prob(reference)
    kl = (ref.exp() * (ref - log_prob)) if reverse else (log_prob.exp() * (log_prob - ref))
    return torch.autograd.grad(kl.sum(), logits)[0]


def test_the_true_gradients_are_those_of_the_sums(pair: Pair):
    assert torch.allclose(kl_gradient(*pair), through_the_divergence(pair, reverse=False))
    assert torch.allclose(kl_ref_gradient(*pair), through_the_divergence(pair, reverse=True))


def test_in_the_reward_the_log_ratio_has_the_right_gradient(pair: Pair):
    assert torch.allclose(reward_gradient(*pair), kl_gradient(*pair), atol=1e-12)


def test_of_whole_responses_k1_has_none_k2_the_right_one_and_k3_the_other(pair: Pair):
    assert loss_gradient(*pair, k1, whole=True).abs().max() < 1e-12
    assert torch.allclose(loss_gradient(*pair, k2, whole=True), kl_gradient(*pair), atol=1e-12)
    assert torch.allclose(loss_gradient(*pair, k3, whole=True), kl_ref_gradient(*pair), atol=1e-9)
    found = loss_gradient(*pair, k3_times_ratio, whole=True)
    assert torch.allclose(found, kl_gradient(*pair), atol=1e-9)


def test_per_token_a_row_is_pulled_by_its_own_divergence_alone(pair: Pair):
    """Each row's gradient is that of its own KL, times how often the row is read."""
    logits, reference = pair
    read = torch.zeros(countdown.NUM_READ, dtype=torch.float64)
    prob = response_log_prob(logits).exp()[0].unsqueeze(-1) * countdown.sentences().mask
    read.index_add_(0, countdown.read_before().flatten(), prob.flatten())
    own = logits.clone().requires_grad_()
    log_p, log_q = own.log_softmax(-1), reference.log_softmax(-1)
    each = (log_p.exp() * (log_p - log_q)).sum(-1)
    (wanted,) = torch.autograd.grad((read * each).sum(), own)
    assert torch.allclose(loss_gradient(*pair, k2), wanted, atol=1e-12)
    assert torch.allclose(loss_gradient(*pair, k3_times_ratio), wanted, atol=1e-9)
    assert loss_gradient(*pair, k1).abs().max() < 1e-12


def test_values_of_the_estimators():
    log_ratio = torch.tensor([0.0, 1.0, -2.0])
    assert torch.allclose(k3(log_ratio), torch.exp(-log_ratio) - 1 + log_ratio)
    assert k1(log_ratio).equal(log_ratio) and k2(log_ratio)[2] == 2
    assert torch.allclose(k3_times_ratio(log_ratio), k3(log_ratio))


@pytest.mark.parametrize(
    "gradient",
    [
        kl_gradient,
        kl_ref_gradient,
        reward_gradient,
        lambda logits, reference: loss_gradient(logits, reference, k3),
        lambda logits, reference: loss_gradient(logits, reference, k2, whole=True),
    ],
)
def test_policies_of_different_prompts_are_not_compared(pair: Pair, gradient):
    logits, reference = pair
    with pytest.raises(ValueError, match=r"^reference: expected shape .* = \(1, 9331, 7\)"):
        gradient(logits[:1], torch.cat([reference, reference]))
    with torch.no_grad():
        assert gradient(logits, reference).isfinite().all()
