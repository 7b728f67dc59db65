"""A policy that drifts: trajectories whose weights are known exactly, and remedies for heavy ones.

At each of T steps the old policy draws z from N(0, 1) and the new one from N(drift, 1); the step
pays level + z. Weight and return of a trajectory depend on its actions only through
Z = sum_t z_t / sqrt(T), which is N(0, 1) under the old policy and N(drift sqrt(T), 1) under the
new one, so that sums over trajectories are integrals over a line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_between, check_count, check_positive
from ppo_lesson.worlds.toys import Gaussian

STEP = 1e-3  # of the grid of the integrals
REACH = 9.0  # standard deviations that they go beyond what carries w^2


@dataclass(frozen=True)
class DriftingPolicy:
    """Hold how far the policy has moved, and for how long it acts.

    Args:
        drift: shift of the mean action; the standard deviation of a step's log-ratio. Above 0.
        horizon: T, steps of a trajectory.
        level: what every step pays beside its action.

    Raises:
        ValueError: an argument is out of range.
    """

    drift: float
    horizon: int
    level: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_positive(drift=self.drift)
        object.__setattr__(self, "horizon", check_count("horizon", self.horizon))
        check_between(-math.inf, math.inf, open_low=True, open_high=True, level=self.level)

    @property
    def old(self) -> Gaussian:
        """Give the distribution of Z under the old policy."""
        return Gaussian(0.0, 1.0)

    @property
    def new(self) -> Gaussian:
        """Give the distribution of Z under the new policy."""
        return Gaussian(self.drift * math.sqrt(self.horizon), 1.0)

    @property
    def old_return(self) -> float:
        """Give the mean return of the old policy."""
        return self.level * self.horizon

    @property
    def new_return(self) -> float:
        """Give the mean return of the new policy."""
        return (self.level + self.drift) * self.horizon

    def returns(self, total: Tensor) -> Tensor:
        """Compute the return of trajectories with the given Z, any shape."""
        return self.old_return + math.sqrt(self.horizon) * total

    def log_weight(self, total: Tensor) -> Tensor:
        """Compute the log weight of trajectories with the given Z, any shape."""
        return self.new.log_prob(total) - self.old.log_prob(total)

    def step_log_ratio(self, action: Tensor) -> Tensor:
        """Compute the log-ratio of single steps with the given actions, any shape."""
        return Gaussian(self.drift, 1.0).log_prob(action) - Gaussian(0.0, 1.0).log_prob(action)

    def share_above(self, limit: float) -> float:
        """Compute which share of the old policy's trajectories has a weight above the limit."""
        check_between(0.0, math.inf, open_low=True, limit=limit)
        shift = self.new.mean
        return self.old.tail_probability(math.log(limit) / shift + shift / 2)

    def accuracy(
        self, limit: float = math.inf, baseline: float = 0.0, num_samples: int = 1000
    ) -> tuple[float, float, float]:
        """Compute how well a batch of the old policy estimates the new policy's mean return.

        baseline + (1/N) sum_i min(w_i, c) (G_i - baseline)

        Args:
            limit: c; infinite: the weights are left as they are.
            baseline: subtracted from the returns G and added to the estimate.
            num_samples: N, trajectories in the batch.

        Returns:
            Bias, standard error and root mean square error, exact but for the grid (1e-6).

        Raises:
            ValueError: an argument is out of range.
        """
        check_between(0.0, math.inf, open_low=True, limit=limit)
        num_samples = check_count("num_samples", num_samples)
        # w^2 times the old density is a bell curve around 2 drift sqrt(T).
        end = 2 * self.new.mean + REACH
        total = torch.arange(-REACH, end, STEP, dtype=torch.float64)
        density = self.old.log_prob(total).exp()
        term = self.log_weight(total).exp().clamp(max=limit) * (self.returns(total) - baseline)
        mean = float(torch.trapezoid(density * term, total))
        variance = float(torch.trapezoid(density * term.square(), total)) - mean**2
        # What is far below the grid's own error is none.
        bias = round(mean + baseline - self.new_return, 9)
        error = math.sqrt(variance / num_samples)
        return bias, error, math.hypot(bias, error)

    def sample(
        self, num_batches: int, num_old: int, num_new: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Draw batches of trajectories of both policies, weighted for the new one.

        w = p / ((1 - a) q + a p) with the share a of new trajectories, so that w <= 1 / a

        Args:
            num_batches: B.
            num_old: trajectories of the old policy in each batch.
            num_new: trajectories of the new policy in each batch; 0 of one of them is allowed.
            generator: source of randomness.

        Returns:
            returns and log weights, (B, num_old + num_new) each.

        Raises:
            ValueError: a count is out of range, or both are 0.

        Source: Hesterberg (1995), Weighted average importance sampling and defensive mixture
        distributions.
        """
        num_batches = check_count("num_batches", num_batches)
        num_old, num_new = check_count("num_old", num_old, 0), check_count("num_new", num_new, 0)
        size = check_count("num_old + num_new", num_old + num_new)
        total = self.old.sample(num_batches * size, generator).reshape(num_batches, size)
        total[:, num_old:] += self.new.mean
        log_new, share = self.new.log_prob(total), torch.tensor([num_old, num_new]) / size
        log_share = share.double().log()
        log_mixed = torch.logaddexp(log_share[0] + self.old.log_prob(total), log_share[1] + log_new)
        return self.returns(total), log_new - log_mixed
