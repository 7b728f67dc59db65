from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from ppo_lesson.worlds.toys import (
    IDENTITY,
    ONE,
    SQUARE,
    Die,
    Gaussian,
    die_estimate_variance,
    fair_die,
    gaussian_estimate_variance,
    loaded_die,
    optimal_proposal,
    tail_indicator,
    town_survey,
)

PIPS = torch.arange(1, 7, dtype=torch.float64)
INTEGRANDS = {"x": IDENTITY, "x^2": SQUARE, "1": ONE, "x > 1.5": tail_indicator(1.5)}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def integrate(function: Callable[[Tensor], Tensor]) -> float:
    """Integrate over the line by Gauss and Legendre, in two pieces: the indicator jumps at 1.5."""
    nodes, weights = (torch.from_numpy(row) for row in np.polynomial.legendre.leggauss(300))
    total = 0.0
    for low, high in [(-20.0, 1.5), (1.5, 23.0)]:
        half = (high - low) / 2
        total += half * float(weights @ function(low + half * (nodes + 1)))
    return total


def test_the_fair_die_shows_three_and_a_half_on_average_and_the_loaded_one_more() -> None:
    assert float(fair_die().expectation(PIPS)) == pytest.approx(3.5, abs=1e-14)
    assert float(loaded_die().expectation(PIPS)) == pytest.approx(4.5, abs=1e-14)


def test_a_die_agrees_with_torch_distributions() -> None:
    die = loaded_die()
    oracle = torch.distributions.Categorical(probs=die.probability)
    outcome = torch.arange(6)
    torch.testing.assert_close(die.log_prob(outcome), oracle.log_prob(outcome))


def test_a_die_lands_as_often_as_its_probabilities_say() -> None:
    num_samples = 20_000
    share = torch.bincount(loaded_die().sample(num_samples, generator()), minlength=6) / num_samples
    p = loaded_die().probability
    standard_error = (p * (1 - p) / num_samples).sqrt()
    # Five standard errors of a share; the seed is fixed.
    assert ((share - p).abs() < 5 * standard_error).all()


@given(
    p=st.lists(st.floats(0.05, 1), min_size=4, max_size=4),
    q=st.lists(st.floats(0.05, 1), min_size=4, max_size=4),
    f=st.lists(st.floats(-3, 3), min_size=4, max_size=4),
)
@settings(max_examples=50)
def test_the_variance_on_dice_is_the_mean_squared_deviation_of_w_f(
    p: list[float], q: list[float], f: list[float]
) -> None:
    target, proposal, value = (torch.tensor(row, dtype=torch.float64) for row in (p, q, f))
    target, proposal = target / target.sum(), proposal / proposal.sum()
    deviation = target / proposal * value - target @ value
    torch.testing.assert_close(
        die_estimate_variance(Die(target), Die(proposal), value),
        proposal @ deviation.square(),
        rtol=1e-10,
        atol=1e-12,
    )


def test_an_outcome_that_is_never_sampled_is_missing_from_the_variance() -> None:
    blind = Die(torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64))
    target = Die(torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64))
    value = torch.tensor([1.0, 1.0, 100.0], dtype=torch.float64)
    assert float(die_estimate_variance(target, blind, value)) == 0.0


@pytest.mark.parametrize("value", [PIPS, PIPS - 3.5, (PIPS > 5).double()])
def test_no_proposal_beats_the_optimal_one(value: Tensor) -> None:
    target = fair_die()
    best = die_estimate_variance(target, optimal_proposal(target, value), value)
    # The bound of Cauchy and Schwarz, reached: E_p[|f|]^2 - E_p[f]^2.
    bound = target.expectation(value.abs()) ** 2 - target.expectation(value) ** 2
    torch.testing.assert_close(best, bound, rtol=0, atol=1e-12)
    rivals = torch.empty(200, 6, dtype=torch.float64).exponential_(generator=generator())
    for rival in rivals / rivals.sum(-1, keepdim=True):
        assert die_estimate_variance(target, Die(rival), value) >= best - 1e-12


def test_the_optimal_proposal_for_a_positive_value_has_no_variance() -> None:
    best = optimal_proposal(fair_die(), PIPS)
    torch.testing.assert_close(best.probability, PIPS / 21)
    assert abs(float(die_estimate_variance(fair_die(), best, PIPS))) < 1e-12


def test_a_gaussian_agrees_with_torch_distributions() -> None:
    x = torch.linspace(-4, 4, 9, dtype=torch.float64)
    mean, std = torch.tensor([0.7, 1.3], dtype=torch.float64)
    oracle = torch.distributions.Normal(mean, std)
    torch.testing.assert_close(Gaussian(0.7, 1.3).log_prob(x), oracle.log_prob(x))


def test_a_gaussian_sample_follows_its_distribution() -> None:
    x = Gaussian(0.7, 1.3).sample(5_000, generator())
    # Kolmogorov and Smirnov: the seed is fixed, and a true sample fails once in a million.
    assert scipy.stats.kstest(x.numpy(), scipy.stats.norm(0.7, 1.3).cdf).pvalue > 1e-6


@pytest.mark.parametrize("name", INTEGRANDS)
def test_expectations_under_a_gaussian_agree_with_numerical_integration(name: str) -> None:
    p, f = Gaussian(0.4, 0.9), INTEGRANDS[name]
    mean = integrate(lambda x: p.log_prob(x).exp() * f.function(x))
    assert p.expectation(f) == pytest.approx(mean, rel=1e-10)
    mean_square = integrate(lambda x: p.log_prob(x).exp() * f.function(x).square())
    assert f.mean_square(p) == pytest.approx(mean_square, rel=1e-10)


@pytest.mark.parametrize("name", INTEGRANDS)
@pytest.mark.parametrize(
    ("target", "proposal"),
    [
        (Gaussian(0, 1), Gaussian(1, 2)),
        (Gaussian(0.5, 1), Gaussian(-0.5, 0.9)),
        (Gaussian(1, 0.5), Gaussian(0, 1)),
        (Gaussian(0, 1), Gaussian(0, 1)),
    ],
)
def test_the_variance_on_gaussians_agrees_with_numerical_integration(
    name: str, target: Gaussian, proposal: Gaussian
) -> None:
    f = INTEGRANDS[name]

    def squared(x: Tensor) -> Tensor:
        return (2 * target.log_prob(x) - proposal.log_prob(x)).exp() * f.function(x).square()

    expected = integrate(squared) - target.expectation(f) ** 2
    variance = gaussian_estimate_variance(target, proposal, f)
    assert variance == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_variance_is_infinite_from_half_the_target_variance_down() -> None:
    target, half = Gaussian(0, 1), math.sqrt(0.5)
    assert gaussian_estimate_variance(target, Gaussian(0, half * 0.999), IDENTITY) == math.inf
    assert math.isfinite(gaussian_estimate_variance(target, Gaussian(0, half * 1.001), IDENTITY))
    # Finite, but beyond the largest float64.
    assert gaussian_estimate_variance(target, Gaussian(30, half * 1.001), ONE) == math.inf


def test_a_proposal_shifted_to_the_tail_needs_fewer_samples() -> None:
    target, rare = Gaussian(0, 1), tail_indicator(3.0)
    plain = gaussian_estimate_variance(target, target, rare)
    p = target.tail_probability(3.0)
    assert plain == pytest.approx(p * (1 - p), rel=1e-9)
    assert gaussian_estimate_variance(target, Gaussian(3, 1), rare) < plain / 100


def test_weights_of_the_survey_undo_the_choice_of_towns() -> None:
    survey = town_survey()
    truth = float(survey.target.expectation(survey.mean_height))
    assert truth == pytest.approx(170.0, abs=1e-12)
    assert float(survey.proposal.expectation(survey.mean_height)) == pytest.approx(174.4, abs=1e-12)
    town, height = survey.interview(generator())
    torch.testing.assert_close(torch.bincount(town), survey.num_interviews)
    weight = (survey.target.log_prob(town) - survey.proposal.log_prob(town)).exp()
    assert float(weight.mean()) == pytest.approx(1.0, abs=1e-12)
    # Towns are fixed, so only heights within a town vary: se = std sqrt(sum w^2) / N. Five of them.
    standard_error = survey.std_height * float(weight.square().sum().sqrt()) / len(town)
    assert abs(float((weight * height).mean()) - truth) < 5 * standard_error
    assert abs(float(height.mean()) - truth) > 5 * standard_error


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="probability: expected numbers >= 0 that sum to 1"):
        Die(torch.tensor([0.5, 0.6]))
    with pytest.raises(ValueError, match="probability: expected numbers >= 0 that sum to 1"):
        Die(torch.tensor([1.5, -0.5]))
    with pytest.raises(ValueError, match="value: expected shape"):
        fair_die().expectation(PIPS[:5])
    with pytest.raises(ValueError, match="outcome: expected integers"):
        fair_die().log_prob(PIPS)
    with pytest.raises(ValueError, match="outcome: expected indices from 0 to 5, got 6 to 6"):
        fair_die().log_prob(torch.tensor([6]))
    with pytest.raises(ValueError, match="num_samples"):
        fair_die().sample(0, generator())
    with pytest.raises(ValueError, match="value: expected f other than 0"):
        optimal_proposal(fair_die(), torch.zeros(6, dtype=torch.float64))
    with pytest.raises(ValueError, match="std"):
        Gaussian(0, 0)
