"""The drifting policy's integrals, against trajectories drawn step by step and against scipy."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import integrate, stats

from ppo_lesson.worlds.drift import DriftingPolicy

MODEL = DriftingPolicy(0.3, 7, level=0.4)


def test_the_sum_of_the_actions_stands_for_the_trajectory() -> None:
    generator = torch.Generator().manual_seed(0)
    action = torch.randn(50, 7, generator=generator, dtype=torch.float64)
    total = action.sum(1) / 7**0.5
    torch.testing.assert_close(MODEL.log_weight(total), MODEL.step_log_ratio(action).sum(1))
    torch.testing.assert_close(MODEL.returns(total), (0.4 + action).sum(1))
    step = stats.norm(0.3, 1).logpdf(action) - stats.norm(0, 1).logpdf(action)
    torch.testing.assert_close(MODEL.step_log_ratio(action), torch.from_numpy(step))
    assert [MODEL.old_return, MODEL.new_return] == pytest.approx([2.8, 4.9])


def moment(power: int, limit: float, baseline: float) -> float:
    shift = 0.3 * 7**0.5

    def term(z: float) -> float:
        weight = min(math.exp(shift * z - shift**2 / 2), limit)
        return stats.norm.pdf(z) * (weight * (2.8 + 7**0.5 * z - baseline)) ** power

    kink = math.log(limit) / shift + shift / 2 if limit < math.inf else 0.0
    return sum(integrate.quad(term, *ends, epsabs=1e-12)[0] for ends in [(-12, kink), (kink, 14)])


@pytest.mark.parametrize(("limit", "baseline"), [(math.inf, 0.0), (1.5, 0.0), (3.0, 2.8)])
def test_bias_and_standard_error_are_those_of_the_integral(limit: float, baseline: float) -> None:
    bias, error, both = MODEL.accuracy(limit, baseline, num_samples=20)
    mean = moment(1, limit, baseline)
    assert bias == pytest.approx(mean + baseline - 4.9, abs=1e-6)
    assert error**2 == pytest.approx((moment(2, limit, baseline) - mean**2) / 20, rel=1e-6)
    assert both**2 == pytest.approx(bias**2 + error**2)


def test_no_baseline_biases_the_estimate_that_is_not_truncated() -> None:
    biases = [MODEL.accuracy(baseline=b)[0] for b in (-5.0, 0.0, 2.8, 40.0)]
    assert biases == pytest.approx([0] * 4, abs=1e-9)


def test_the_share_above_a_limit_is_that_of_the_lognormal_weight() -> None:
    square = 7 * 0.3**2
    weight = stats.lognorm(s=square**0.5, scale=math.exp(-square / 2))
    for limit in (0.5, 1.0, 4.0):
        assert MODEL.share_above(limit) == pytest.approx(weight.sf(limit))
    assert MODEL.share_above(math.inf) == 0


def test_a_mixture_is_unbiased_and_its_weights_are_bounded() -> None:
    generator = torch.Generator().manual_seed(1)
    value, log_weight = MODEL.sample(4000, 8, 2, generator)
    assert value.shape == log_weight.shape == (4000, 10)
    assert float(log_weight.exp().max()) < 5
    estimate = (log_weight.exp() * value).mean(1)
    assert float(estimate.mean()) == pytest.approx(4.9, abs=4 * float(estimate.std()) / 4000**0.5)
    # The first eight are the old policy's, the last two the new one's.
    assert float(value[:, :8].mean()) == pytest.approx(2.8, abs=4 * (7 / 32_000) ** 0.5)
    assert float(value[:, 8:].mean()) == pytest.approx(4.9, abs=4 * (7 / 8_000) ** 0.5)


def test_of_one_policy_alone_the_weights_are_its_own() -> None:
    generator = torch.Generator().manual_seed(1)
    value, log_weight = MODEL.sample(3, 5, 0, generator)
    total = (value - 2.8) / 7**0.5
    torch.testing.assert_close(log_weight, MODEL.log_weight(total))
    _, of_new = MODEL.sample(3, 0, 5, generator)
    torch.testing.assert_close(of_new, torch.zeros(3, 5, dtype=torch.float64))


def test_what_is_out_of_range_is_refused() -> None:
    for name, arguments in [
        ("drift", (0.0, 5)),
        ("horizon", (0.1, 0)),
        ("level", (0.1, 5, math.inf)),
    ]:
        with pytest.raises(ValueError, match=f"^{name}: "):
            DriftingPolicy(*arguments)
    with pytest.raises(ValueError, match=r"^limit: "):
        MODEL.accuracy(limit=0.0)
    with pytest.raises(ValueError, match=r"^limit: "):
        MODEL.share_above(-1.0)
    with pytest.raises(ValueError, match=r"^num_old \+ num_new: "):
        MODEL.sample(3, 0, 0, torch.Generator())
