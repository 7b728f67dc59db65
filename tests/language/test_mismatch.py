"""Sampler against trainer: sums over every response, against a large sample and by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ppo_lesson.language.grpo import draw
from ppo_lesson.language.mismatch import corrected, drift, rounded, score_norm
from ppo_lesson.language.tables import response_log_prob, score_sum, token_log_prob
from ppo_lesson.worlds import countdown


@pytest.fixture(scope="module")
def pair() -> tuple[Tensor, Tensor]:
    behaviour = countdown.reference()
    step = score_sum(behaviour, response_log_prob(behaviour).exp() * countdown.right())
    return behaviour + 3 * step, behaviour


def test_what_is_rounded_is_near_and_a_narrower_type_is_further():
    logits = countdown.reference()
    by = [
        (rounded(logits, dtype) - logits).abs().max().item()
        for dtype in (torch.bfloat16, torch.float8_e4m3fn)
    ]
    assert 0 < by[0] < 2**-8 * 5.2 and by[0] < by[1] < 2**-3 * 5.2
    assert rounded(logits, torch.bfloat16).dtype == torch.float64


def test_a_sampler_that_is_the_trainer_does_not_drift(pair):
    found = drift(pair[0], pair[0])
    assert found == pytest.approx((0, 0, 0, 1), abs=1e-12)


def test_drift_is_what_a_large_sample_shows(pair):
    logits, behaviour = pair
    drawn = response_log_prob(behaviour)
    said = draw(drawn.exp(), 20_000, torch.Generator().manual_seed(0))
    weight = (response_log_prob(logits) - drawn).gather(-1, said).exp()
    found = drift(logits, behaviour)
    assert found.kl == pytest.approx(-weight.log().mean().item(), abs=0.01)
    ess = (weight.sum(-1) ** 2 / weight.square().sum(-1) / 20_000).mean().item()
    assert found.ess == pytest.approx(ess, abs=0.02)
    mask = countdown.sentences().mask[said]
    ratio = (token_log_prob(logits, said) - token_log_prob(behaviour, said)).exp()
    outside = (((ratio - 1).abs() > 0.2) & mask).sum((-1, -2)) / mask.sum((-1, -2))
    assert found.outside == pytest.approx(outside.double().mean().item(), abs=0.01)


def test_the_squared_score_is_that_of_autograd(pair):
    norms = score_norm(pair[0])
    for row in (0, 40, 5000, 55_000):
        logits = pair[0].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(response_log_prob(logits)[1, row], logits)
        assert norms[1, row].item() == pytest.approx(gradient.square().sum().item())


def test_a_weight_without_a_working_cap_has_no_bias_and_none_has_one(pair):
    plain, capped, free = corrected(*pair, countdown.right(), [None, 0.5, 1e9])
    assert free.bias < 1e-9 and free.cosine == pytest.approx(1)
    assert plain.bias > 0.05 and capped.bias > 0.2 and capped.spread < free.spread


def test_no_weight_and_the_same_policy_is_the_exact_gradient(pair):
    (found,) = corrected(pair[0], pair[0], countdown.right(), [None])
    assert found.bias < 1e-9


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.complex64, "bfloat16"])
def test_logits_are_rounded_to_floating_point_only(dtype):
    with pytest.raises(ValueError, match=r"^dtype: expected a floating point type, got"):
        rounded(countdown.reference(), dtype)


def test_arguments_that_do_not_fit_are_named(pair):
    logits, behaviour = pair
    with pytest.raises(ValueError, match=r"^behaviour: expected shape"):
        drift(logits, torch.cat([behaviour, behaviour]))
    with pytest.raises(ValueError, match=r"^clip_epsilon: expected a number"):
        drift(logits, behaviour, -1)
    with pytest.raises(ValueError, match=r"^reward: expected shape"):
        corrected(logits, behaviour, countdown.right()[0], [1.0])
    with pytest.raises(ValueError, match=r"^logits: expected shape"):
        score_norm(logits[0])
