"""What an aligned policy is worth, as sums over every response: no sample, no standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.model import LanguageModel, RewardModel, every_log_prob, every_score
from ppo_lesson.maths.shapes import check_positive
from ppo_lesson.training.steps import check_default_device
from ppo_lesson.worlds import grammar

ROUNDING = 1e-12
"""In nats: a KL of sums over 16,105 responses in float64 is not known more closely."""

HALVINGS = 200  # until nothing moves in float64, also where c is within 1e-15 of the largest reward


@dataclass(frozen=True)
class Worth:
    """What a policy is worth; means over the prompts, KL in nats.

    Args:
        proxy: expected score of the reward model.
        true: expected true reward.
        kl_to_ref: KL(pi || pi_ref).
        kl_to_optimum: KL(pi || pi*), for the optimum pi* of the reward model's score.
        kl_to_true_optimum: the same for the optimum of the true reward.
        gap_closed: share of J(pi*) - J(pi_ref) that the policy has made good, where J is the
            reward model's score less beta KL(pi || pi_ref); 1 is the optimum. NaN where the
            reference is the optimum, be it only up to rounding.
        true_gap_closed: the same where J has the true reward.
    """

    proxy: float
    true: float
    kl_to_ref: float
    kl_to_optimum: float
    kl_to_true_optimum: float
    gap_closed: float
    true_gap_closed: float


class Judge:
    """Measure policies against the reference and against the enumerated optimum.

    Args:
        reference: the policy that the price counts from.
        reward_model: the proxy of the true reward.
        beta: price of one nat, above 0.

    Attributes:
        ref_log_prob: (P, S) float64, of every response.
        proxy: (P, S) `score` of every response.
        true: (P, S) true reward of every response.
        optimum: (P, S) log-probability of every response under the proxy's optimum.
        true_optimum: (P, S) the same for the true reward.
    """

    def __init__(self, reference: LanguageModel, reward_model: RewardModel, beta: float) -> None:
        """Enumerate."""
        check_default_device()
        self.every = grammar.sentences()
        self.beta = beta
        self.ref_log_prob = self.log_prob(reference)
        self.true = grammar.true_reward()
        with torch.no_grad():
            proxy = every_score(reward_model, self.every).double()
        level = (self.ref_log_prob.exp() * (self.true - proxy)).sum(-1, keepdim=True)
        self.proxy = proxy + level
        self._reward_model, self._level = reward_model, level.squeeze(-1).float()
        self.optimum = self.optimum_of(self.proxy, beta)
        self.true_optimum = self.optimum_of(self.true, beta)

    def score(self, prompt: Tensor, token: Tensor) -> Tensor:
        """Score (B,) prompts with (B, T) responses, the reward model on another level: (B,).

        The mean under the reference is the true reward's: pairs say nothing about a constant.
        """
        return self._reward_model(prompt, token) + self._level[prompt]

    def log_prob(
        self, model: LanguageModel, *, temperature: float = 1.0, top_k: int = len(grammar.WORDS)
    ) -> Tensor:
        """Return the log-probability of every response, (P, S) float64, as `every_log_prob`."""
        with torch.no_grad():
            exact = model.copy().double()
            return every_log_prob(exact, self.every, temperature=temperature, top_k=top_k)

    def optimum_of(self, reward: Tensor, beta: float) -> Tensor:
        """Return the log-probabilities of pi* for a reward of every response: (P, S) -> (P, S)."""
        rows = zip(self.ref_log_prob, reward, strict=True)
        return torch.stack([maths.log_rlhf_optimum(*row, beta) for row in rows])

    def optimum_other_way(self, reward: Tensor, beta: float) -> Tensor:
        """Return the log-probabilities of the best policy where KL(pi_ref || pi) is priced.

        pi(s) = beta pi_ref(s) / (c - R(s)), where c makes it sum to 1

        The objective E_pi[R] - beta KL(pi_ref || pi) is concave; its slopes R + beta pi_ref / pi
        are all c at the maximum.

        Args:
            reward: (P, S) of every response.
            beta: price of one nat, above 0.
        """
        check_positive(beta=beta)
        rows = zip(self.ref_log_prob, reward, strict=True)
        return torch.stack([_best_other_way(*row, beta) for row in rows])

    def measure(self, log_prob: Tensor) -> Worth:
        """Tell what a policy is worth by the log-probability of its every response, (P, S)."""
        to_optimum, to_true_optimum = _kl(log_prob, self.optimum), _kl(log_prob, self.true_optimum)
        return Worth(
            proxy=_mean(log_prob, self.proxy),
            true=_mean(log_prob, self.true),
            kl_to_ref=_kl(log_prob, self.ref_log_prob),
            kl_to_optimum=to_optimum,
            kl_to_true_optimum=to_true_optimum,
            # J(pi*) - J(pi) is beta KL(pi || pi*), for every pi: notebook 10 shows why.
            gap_closed=_closed(to_optimum, _kl(self.ref_log_prob, self.optimum)),
            true_gap_closed=_closed(to_true_optimum, _kl(self.ref_log_prob, self.true_optimum)),
        )


def _best_other_way(ref_log_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Find c by halving its interval: (S,), (S,) -> (S,)."""
    short = reward.max() - reward
    low, high = 0.0, beta  # of c less the largest reward: a difference, as it may be tiny
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if (beta * ref_log_prob.exp() / (short + middle)).sum() > 1:
            low = middle
        else:
            high = middle
    return math.log(beta) + ref_log_prob - (short + high).log()


def _closed(left: float, gap: float) -> float:
    """Tell which share of a gap is closed; NaN where the gap is no wider than its rounding."""
    return 1 - left / gap if gap > ROUNDING else math.nan


def _mean(log_prob: Tensor, reward: Tensor) -> float:
    return (log_prob.exp() * reward).sum(-1).mean().item()


def _kl(log_p: Tensor, log_q: Tensor) -> float:
    return maths.kl_p_q(log_p, log_q).mean().item()
