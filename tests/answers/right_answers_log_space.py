"""Right answers that stay in log space, also where an action is very unlikely or a logit large."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}

RATIOS: list[Callable] = [
    lambda p, q: (p - q).exp(),
    lambda p, q: torch.exp(p - q),
    lambda p, q: 1 / torch.exp(q - p),
    lambda p, q: torch.e ** (p - q),
    lambda p, q: (p.float() - q.float()).exp(),
]
LOG_RATIOS: list[Callable] = [
    lambda p, q: p - q,
    lambda p, q: -(q - p),
    lambda p, q: (p - q).exp().log(),  # the ratio of two alike is harmless
    lambda p, q: torch.sub(p.float(), q.float()),
]


def k3(log_ratio: torch.Tensor) -> torch.Tensor:
    return (log_ratio.exp() - 1 - log_ratio).mean()


def add(exercise: str, *answers: Callable) -> None:
    RIGHT.setdefault(exercise, []).extend(answers)


for _f in RATIOS:
    add("importance_weights", lambda log_target, log_proposal, f=_f: f(log_target, log_proposal))
    add("policy_ratio", lambda log_prob, old_log_prob, f=_f: f(log_prob, old_log_prob.detach()))
    add(
        "surrogate_loss",
        lambda log_prob, old_log_prob, advantage, f=_f: (
            -(f(log_prob, old_log_prob) * advantage.detach()).mean()
        ),
    )
    add(
        "clipped_surrogate_loss",
        lambda log_prob, old_log_prob, advantage, clip_epsilon, f=_f: torch.max(
            -f(log_prob, old_log_prob) * advantage,
            -f(log_prob, old_log_prob).clamp(1 - clip_epsilon, 1 + clip_epsilon) * advantage,
        ).mean(),
    )
for _f in LOG_RATIOS:
    add(
        "kl_estimates",
        lambda log_prob, old_log_prob, f=_f: torch.stack(
            [
                -f(log_prob, old_log_prob).mean(),
                f(log_prob, old_log_prob).pow(2).mean() / 2,
                k3(f(log_prob, old_log_prob)),
            ]
        ),
    )
    add(
        "kl_penalised_loss",
        lambda log_prob, old_log_prob, advantage, beta, f=_f: (
            beta * k3(f(log_prob, old_log_prob))
            - (f(log_prob, old_log_prob).exp() * advantage).mean()
        ),
    )
    add("implicit_reward", lambda log_prob, ref_log_prob, beta, f=_f: (
        beta * f(log_prob, ref_log_prob)
    ))  # fmt: skip
# On padding, e^300 has no logarithm; nor has the ratio of what has become very unlikely.
WITHOUT_EXP = (LOG_RATIOS[0], LOG_RATIOS[1], LOG_RATIOS[3])
for _f in WITHOUT_EXP:
    add(
        "shaped_reward",
        lambda score, log_prob, ref_log_prob, mask, beta, f=_f: torch.where(
            mask,
            score[:, None] * (torch.arange(mask.shape[1]) == mask.sum(1, keepdim=True) - 1)
            - beta * f(log_prob, ref_log_prob),
            0.0,
        ),
    )

for _f in WITHOUT_EXP:
    add(
        "dpo_loss",
        lambda chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta,
        f=_f: F.softplus(
            beta * f(rejected_log_prob, ref_rejected_log_prob)
            - beta * f(chosen_log_prob, ref_chosen_log_prob)
        ).mean(),
    )  # fmt: skip

LOG_SOFTMAXES: list[Callable] = [
    lambda z: F.log_softmax(z, dim=-1),
    lambda z: z - z.logsumexp(-1, keepdim=True),
    lambda z: torch.distributions.Categorical(logits=z).logits,
    lambda z: (
        (z - z.max(-1, keepdim=True).values)
        - (z - z.max(-1, keepdim=True).values).exp().sum(-1, keepdim=True).log()
    ),
]


def by_autograd(f: Callable) -> Callable:
    def answer(logits, action):
        z = logits.detach().clone().requires_grad_(True)
        f(z)[action].backward()
        return z.grad

    return answer


for _f in LOG_SOFTMAXES:
    add("score", by_autograd(_f))
    add(
        "token_log_probs",
        lambda logits, tokens, prompt_length, f=_f: f(logits)[:-1].gather(1, tokens[1:, None])[
            prompt_length - 1 :, 0
        ],
    )
    add("entropy", lambda logits, f=_f: -(f(logits).exp() * f(logits)).sum(-1))
    add(
        "behaviour_log_prob",
        lambda logits, token, temperature, top_k, f=_f: f(
            logits.masked_fill(logits < logits.topk(top_k).values[:, -1:], -1e9) / temperature
        )[torch.arange(len(token)), token],
    )
add(
    "entropy",
    # A small number is harmless here: it stands in the logarithm of what is multiplied by 0.
    lambda logits: -(logits.softmax(-1) * (logits.softmax(-1) + 1e-12).log()).sum(-1),
    lambda logits: torch.distributions.Categorical(logits=logits).entropy(),
)
add("reinforce_loss", lambda log_prob, advantage: -(advantage.detach() @ log_prob) / len(log_prob))
add(
    "per_decision_log_weight",
    lambda log_ratio: torch.stack([log_ratio[: t + 1].sum() for t in range(len(log_ratio))]),
)
add(
    "gradient_share",
    lambda ratio, prob, advantage, top: (
        (pull := (ratio - ratio * prob).mul(advantage).abs())
        .sort(descending=True)
        .values[: round(top * len(ratio))]
        .sum()
        / pull.sum()
    ),
    lambda ratio, prob, advantage, top: (
        (pull := (ratio * (1 - prob) * advantage).abs())
        .topk(int(top * len(ratio) + 0.5))
        .values.sum()
        / pull.sum()
    ),
)
add(
    "self_normalised_estimate",
    lambda value, log_weight: (
        ((log_weight - log_weight.max()).exp() * value).sum()
        / (log_weight - log_weight.max()).exp().sum()
    ),
    lambda value, log_weight: (log_weight - log_weight.logsumexp(0)).exp() @ value,
)
add(
    "truncated_estimate",
    lambda value, log_weight, limit: (log_weight.exp().clamp(max=limit) * value).mean(),
    lambda value, log_weight, limit: (
        torch.minimum(log_weight, torch.tensor(limit).log()).exp() @ value / len(value)
    ),
)
add(
    "effective_sample_size",
    lambda log_weight: (2 * log_weight.logsumexp(0) - (2 * log_weight).logsumexp(0)).exp(),
)
for _f in RATIOS:
    add(
        "truncated_weight",
        lambda log_prob, behaviour_log_prob, cap, f=_f: (
            f(log_prob, behaviour_log_prob).clamp(max=cap).detach()
        ),
    )
    add(
        "decoupled_clipped_loss",
        lambda log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap, f=_f: (
            -(
                f(old_log_prob, behaviour_log_prob).clamp(max=cap)
                * torch.min(
                    f(log_prob, old_log_prob) * advantage,
                    f(log_prob, old_log_prob).clamp(1 - clip_epsilon, 1 + clip_epsilon) * advantage,
                )
            ).mean()
        ),
    )
for _f in LOG_RATIOS:
    add(
        "sequence_ratio",
        lambda log_prob, old_log_prob, mask, f=_f: (
            (f(log_prob, old_log_prob.detach()) * mask).sum(1).div(mask.sum(1)).exp()
        ),
    )
