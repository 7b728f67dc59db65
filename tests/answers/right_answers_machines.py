"""Right answers to the exercises of notebook 13; `right_answers.py` says what OPEN means.

Written by the author of the checker's cases, after them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}

RIGHT["all_reduce_mean"] = [
    lambda gradient, count: torch.einsum(
        "w,wp->p", count[count > 0] / count.sum(), gradient[count > 0].to(torch.float32)
    ),
    lambda gradient, count: (
        torch.stack([n * g for g, n in zip(gradient, count, strict=True) if n > 0]).sum(0)
        / count.sum()
    ),
    lambda gradient, count: (
        gradient.masked_fill(count[:, None] == 0, 0.0).T @ (count / count.sum()).to(gradient.dtype)
    ),
    lambda gradient, count: torch.repeat_interleave(gradient, count, dim=0).mean(0),
]
RIGHT["decoupled_clipped_loss"] = [
    lambda log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap: (
        torch.max(
            -(log_prob - old_log_prob).exp() * advantage,
            -(log_prob - old_log_prob).exp().clip(1 - clip_epsilon, 1 + clip_epsilon) * advantage,
        )
        @ (old_log_prob - behaviour_log_prob).exp().clamp(max=cap)
        / len(advantage)
    ),
    lambda log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap: (
        sum(
            -min(w, cap) * torch.min(r * a, r.clamp(1 - clip_epsilon, 1 + clip_epsilon) * a)
            for w, r, a in zip(
                (old_log_prob - behaviour_log_prob).exp().tolist(),
                (log_prob - old_log_prob).exp(),
                advantage,
                strict=True,
            )
        )
        / len(advantage)
    ),
]
RIGHT["way_to_ppo"] = [
    lambda: (
        "policy gradient -> on-policy waste; on-policy waste -> importance sampling; importance "
        "sampling -> surrogate; advantage -> surrogate; surrogate -> old states -> proximal; "
        "surrogate -> ratio explosion -> proximal; proximal -> PPO"
    ),
]
