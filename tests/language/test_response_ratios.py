"""Ratios of an update: means that must be 1, a clip by its cases, a gradient by autograd."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.response_ratios import (
    by_length,
    clipped,
    clipped_gradient,
    outside,
    ratios,
    spread,
)
from ppo_lesson.language.tables import response_log_prob, score_sum, token_log_prob
from ppo_lesson.worlds import countdown


@pytest.fixture(scope="module")
def pair() -> tuple[Tensor, Tensor]:
    old = countdown.reference()
    step = score_sum(old, response_log_prob(old).exp() * countdown.right())
    return old + 4 * step, old


def test_the_product_averages_to_one_and_the_root_is_the_packages(pair):
    found = ratios(*pair)
    assert torch.allclose((found.share * found.product).sum(-1), torch.ones(4).double())
    log_probs = [token_log_prob(logits)[2] for logits in pair]
    root = maths.sequence_ratio(*log_probs, countdown.sentences().mask)
    assert torch.allclose(root, found.root[2])


def test_a_length_is_measured_by_its_own_responses(pair):
    found = ratios(*pair)
    here = countdown.length() == 2
    product, share = found.product[:, here], found.share[:, here]
    numbers = by_length(found, 2, 0.1)
    assert numbers[1].item() == pytest.approx(spread(product, share).item())
    assert numbers[4].item() == pytest.approx(outside(product, share, 0.1).item())


def test_the_clip_leaves_nothing_in_two_cases_of_six():
    ratio, advantage = torch.tensor([0.5, 1.0, 1.5]), torch.tensor([[1.0], [-1.0]])
    assert clipped(0.2)(ratio.expand(2, 3), advantage).tolist() == [[0.5, 1, 0], [0, 1, 1.5]]
    assert clipped(0.6)(ratio.expand(2, 3), advantage).tolist() == [[0.5, 1, 1.5], [0, 1, 1.5]]


@pytest.mark.parametrize("high", [0.2, 10.0])
def test_the_gradient_is_that_of_the_clipped_loss(pair, high: float):
    logits, old = pair
    right = countdown.right()
    silent, found = clipped_gradient(logits, old, right, clipped(high))
    mine = logits.clone().requires_grad_()
    drawn = response_log_prob(old).exp()
    advantage = (right - (drawn * right).sum(-1, keepdim=True)).unsqueeze(-1)
    ratio = (token_log_prob(mine) - token_log_prob(old)).exp()
    value = torch.minimum(ratio * advantage, ratio.clamp(0.8, 1 + high) * advantage)
    total = (drawn.unsqueeze(-1) * countdown.sentences().mask * value).sum()
    assert torch.allclose(found, torch.autograd.grad(total, mine)[0], atol=1e-12)
    assert 0 <= silent < 0.5


def test_arguments_that_do_not_fit_are_named(pair):
    logits, old = pair
    with pytest.raises(ValueError, match=r"^old: expected shape"):
        ratios(logits, torch.cat([old, old]))
    with pytest.raises(ValueError, match=r"^reward: expected shape"):
        clipped_gradient(logits, old, countdown.right()[0], clipped(0.2))
    with pytest.raises(ValueError, match=r"^width: expected a number"):
        outside(torch.ones(3), torch.ones(3), -1)
    for wrong in (0, -0.2, float("nan"), True, "a"):
        with pytest.raises(ValueError, match=r"^high: expected a number in \(0, inf\]"):
            clipped(wrong)
        with pytest.raises(ValueError, match=r"^low: expected a number in \(0, inf\]"):
            clipped(0.2, wrong)
