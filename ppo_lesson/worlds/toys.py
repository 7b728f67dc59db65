"""Toy distributions for importance sampling: dice, Gaussians and a survey, with exact answers.

Target p and proposal q are values of the same class, and everything that a lesson estimates from
samples of q (an expectation, the variance of a weight, the variance of an estimate) stands here in
closed form. "Per sample" variances are divided by N for the mean of N independent samples.

Source of the formulas: Owen (2013), Monte Carlo theory, methods and examples, chapter 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import (
    check_between,
    check_count,
    check_floats,
    check_indices,
    check_integers,
    check_positive,
)


@dataclass(frozen=True, eq=False)
class Die:
    """Hold a distribution over K outcomes, numbered 0 to K - 1 (a die's pips are one more).

    Args:
        probability: (K,) of each outcome; zeros are allowed.

    Raises:
        ValueError: an entry is negative or the sum is not 1.
    """

    probability: Tensor

    def __post_init__(self) -> None:
        """Check the probabilities."""
        check_floats("K", probability=self.probability)
        total = float(self.probability.sum())
        if (self.probability < 0).any() or not math.isclose(total, 1.0, abs_tol=1e-6):
            raise ValueError(
                "probability: expected numbers >= 0 that sum to 1, "
                f"got a smallest of {float(self.probability.min()):.4g} and a sum of {total:.4g}"
            )

    def log_prob(self, outcome: Tensor) -> Tensor:
        """Look up log p of each outcome (N,) in nats, -inf where p is 0: (N,)."""
        check_integers("N", outcome=outcome)
        check_indices(len(self.probability), outcome=outcome)
        return self.probability.log()[outcome]

    def sample(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Draw num_samples (at least 1) independent outcomes: (N,) integers."""
        num_samples = check_count("num_samples", num_samples)
        return torch.multinomial(self.probability, num_samples, True, generator=generator)

    def expectation(self, value: Tensor) -> Tensor:
        """Compute E[f] = sum_k p_k f_k for the value f (K,) of each outcome: ()."""
        check_floats("K", {"K": len(self.probability)}, value=value)
        return self.probability @ value


def fair_die() -> Die:
    """Make the target of notebook 02: six faces, each with probability 1/6."""
    return Die(torch.full((6,), 1 / 6, dtype=torch.float64))


def loaded_die() -> Die:
    """Make the proposal of notebook 02: a six on half of the throws, each other face on a tenth."""
    return Die(torch.tensor([0.1, 0.1, 0.1, 0.1, 0.1, 0.5], dtype=torch.float64))


def die_estimate_variance(target: Die, proposal: Die, value: Tensor) -> Tensor:
    """Compute the variance, per sample, of the importance sampling estimate of E_p[f].

    Var_q(w f) = sum_k (p_k f_k)^2 / q_k - E_p[f]^2;  with f = 1: the variance of the weight

    Args:
        target: p over K outcomes.
        proposal: q over the same outcomes.
        value: (K,) f of each outcome.

    Returns:
        () divide by N for N samples. Where q = 0 the term is left out, because such an outcome is
        never sampled: if p f is not 0 there, the estimate is biased and this does not show it.

    Raises:
        ValueError: proposal or value has another number of outcomes than target.

    Source: Owen (2013), theorem 9.1.
    """
    p, q = target.probability, proposal.probability
    check_floats("K", {"K": len(p)}, proposal=q, value=value)
    sampled = q > 0
    weighted = (p * value)[sampled] / q[sampled]
    return q[sampled] @ weighted.square() - (q[sampled] @ weighted).square()


def optimal_proposal(target: Die, value: Tensor) -> Die:
    """Find the proposal whose estimate of E_p[f] has the smallest variance.

    q*_k = |f_k| p_k / sum_j |f_j| p_j;  the variance is 0 where f does not change its sign

    Args:
        target: p over K outcomes.
        value: (K,) f of each outcome.

    Raises:
        ValueError: the shape is wrong, or p f is 0 everywhere, so that any proposal is as good.

    Source: Owen (2013), section 9.1.
    """
    check_floats("K", {"K": len(target.probability)}, value=value)
    mass = value.abs() * target.probability
    if not mass.any():
        raise ValueError("value: expected f other than 0 where the target has probability")
    return Die(mass / mass.sum())


@dataclass(frozen=True)
class Gaussian:
    """Hold a normal distribution on the line.

    Args:
        mean: its centre.
        std: its standard deviation, above 0.

    Raises:
        ValueError: mean is not finite, or std is not positive.
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        """Check the standard deviation."""
        check_between(-math.inf, math.inf, open_low=True, open_high=True, mean=self.mean)
        check_positive(std=self.std)

    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log p(x) = -((x - mean) / std)^2 / 2 - log(std sqrt(2 pi)): like x."""
        standardised = (x - self.mean) / self.std
        return -0.5 * standardised.square() - math.log(self.std * math.sqrt(2 * math.pi))

    def sample(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Draw num_samples (at least 1) independent numbers: (N,) float64."""
        num_samples = check_count("num_samples", num_samples)
        noise = torch.randn(num_samples, dtype=torch.float64, generator=generator)
        return self.mean + self.std * noise

    def expectation(self, integrand: Integrand) -> float:
        """Compute E[f] in closed form."""
        return integrand.mean(self)

    def tail_probability(self, threshold: float) -> float:
        """Compute P(x > threshold)."""
        return 0.5 * math.erfc((threshold - self.mean) / (self.std * math.sqrt(2)))


@dataclass(frozen=True)
class Integrand:
    """Hold a function f whose expectations under any Gaussian are known."""

    function: Callable[[Tensor], Tensor]  # f itself, one number per sample
    mean: Callable[[Gaussian], float]  # E[f]
    mean_square: Callable[[Gaussian], float]  # E[f^2]


def _second_moment(p: Gaussian) -> float:
    return p.mean**2 + p.std**2


def _fourth_moment(p: Gaussian) -> float:
    return p.mean**4 + 6 * p.mean**2 * p.std**2 + 3 * p.std**4


IDENTITY = Integrand(lambda x: x, lambda p: p.mean, _second_moment)
SQUARE = Integrand(torch.square, _second_moment, _fourth_moment)
# With f = 1 the estimate is the mean weight, and its variance is the weight's.
ONE = Integrand(torch.ones_like, lambda p: 1.0, lambda p: 1.0)


def tail_indicator(threshold: float) -> Integrand:
    """Make f(x) = 1 where x > threshold and 0 elsewhere, so that E[f] is a probability."""

    def probability(p: Gaussian) -> float:
        return p.tail_probability(threshold)

    return Integrand(lambda x: (x > threshold).to(x.dtype), probability, probability)


def gaussian_estimate_variance(target: Gaussian, proposal: Gaussian, integrand: Integrand) -> float:
    """Compute the variance, per sample, of the importance sampling estimate of E_p[f].

    Var_q(w f) = E_q[w^2 f^2] - E_p[f]^2. Completing the square in p^2 / q gives a third Gaussian m:
    E_q[w^2 f^2] = c E_m[f^2] with v = 2 sq^2 - sp^2 > 0 and
    m: variance sp^2 sq^2 / v, mean (2 mp sq^2 - mq sp^2) / v;  c = sq^2 / (sp sqrt(v)) exp(d^2 / v)
    where sp, sq are standard deviations, mp, mq means, and d = mp - mq.

    Args:
        target: p.
        proposal: q.
        integrand: f; the weight's own variance is that of ONE.

    Returns:
        Divide by N for N samples. Infinite unless sq^2 > sp^2 / 2: q's tails are then so light that
        p^2 / q does not fall off. Also inf where the number is beyond float64.

    Source: Owen (2013), theorem 9.1; the closed form by completing the square.
    """
    var_p, var_q = target.std**2, proposal.std**2
    v = 2 * var_q - var_p
    if v <= 0:
        return math.inf
    try:
        c = var_q / (target.std * math.sqrt(v)) * math.exp((target.mean - proposal.mean) ** 2 / v)
    except OverflowError:
        return math.inf
    mean = (2 * target.mean * var_q - proposal.mean * var_p) / v
    tilted = Gaussian(mean, math.sqrt(var_p * var_q / v))
    return c * integrand.mean_square(tilted) - integrand.mean(target) ** 2


@dataclass(frozen=True, eq=False)
class Survey:
    """Hold who lives where, who was asked, and how tall people are.

    The target is the town of a random inhabitant; the proposal is the town of a random interview.

    Args:
        town: names of the K towns.
        num_inhabitants: (K,) people who live in each town, integers.
        num_interviews: (K,) people who were asked in each town, integers.
        mean_height: (K,) in each town, in cm.
        std_height: within every town, in cm, above 0.

    Raises:
        ValueError: shapes differ, a count is negative, or std_height is not positive.
    """

    town: tuple[str, ...]
    num_inhabitants: Tensor
    num_interviews: Tensor
    mean_height: Tensor
    std_height: float

    def __post_init__(self) -> None:
        """Check every field."""
        sizes = check_floats("K", {"K": len(self.town)}, mean_height=self.mean_height)
        counts = {"num_inhabitants": self.num_inhabitants, "num_interviews": self.num_interviews}
        check_integers("K", sizes, **counts)
        for name, count in counts.items():
            if count.min() < 0 or count.sum() == 0:
                raise ValueError(f"{name}: expected counts >= 0, not all 0, got {count.tolist()}")
        check_positive(std_height=self.std_height)

    @property
    def target(self) -> Die:
        """Give the share of the inhabitants that lives in each town."""
        return Die(self.num_inhabitants.double() / self.num_inhabitants.sum())

    @property
    def proposal(self) -> Die:
        """Give the share of the interviews that was held in each town."""
        return Die(self.num_interviews.double() / self.num_interviews.sum())

    def interview(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Ask everybody on the list once.

        Returns:
            town (N,), the index of each person's town, and height (N,) in cm.
        """
        town = torch.arange(len(self.town)).repeat_interleave(self.num_interviews)
        noise = torch.randn(len(town), dtype=self.mean_height.dtype, generator=generator)
        return town, self.mean_height[town] + self.std_height * noise


def town_survey() -> Survey:
    """Make the survey of notebook 02: 60 % of the interviews in a town with 20 % of the people.

    The truth is 170.0 cm (`target.expectation(mean_height)`), while the plain average of the
    interviews tends to 174.4 cm. Towns and heights are invented.
    """
    return Survey(
        town=("Highfield", "Millbrook", "Eastport"),
        num_inhabitants=torch.tensor([20_000, 50_000, 30_000]),
        num_interviews=torch.tensor([600, 200, 200]),
        mean_height=torch.tensor([178.0, 165.0, 173.0], dtype=torch.float64),
        std_height=7.0,
    )
