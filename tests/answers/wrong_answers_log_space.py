"""Answers that leave log space, as learners write them; `wrong_answers.py` says how they are kept.

Each is right on ordinary numbers, and breaks where an action is very unlikely or a logit is large.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}

# Ratios of two probabilities, spelt out of their logarithms.
RATIOS: dict[str, Callable] = {
    "exp / exp": lambda p, q: p.exp() / q.exp(),
    "torch.exp / torch.exp": lambda p, q: torch.exp(p) / torch.exp(q),
    "exp times exp of minus": lambda p, q: p.exp() * (-q).exp(),
    "exp / exp in float32": lambda p, q: (p.float().exp() / q.float().exp()).double(),
    "math with powers of e": lambda p, q: torch.e**p / torch.e**q,
}
LOG_RATIOS: dict[str, Callable] = {
    **{f"log of {name}": lambda p, q, f=f: f(p, q).log() for name, f in RATIOS.items()},
    "log of exp minus log of exp": lambda p, q: p.exp().log() - q.exp().log(),
}
SMALL_RATIOS: dict[str, Callable] = {
    "exp / (exp + 1e-8)": lambda p, q: p.exp() / (q.exp() + 1e-8),
    "exp / exp.clamp(min=1e-8)": lambda p, q: p.exp() / q.exp().clamp(min=1e-8),
    "(exp + 1e-8) / (exp + 1e-8)": lambda p, q: (p.exp() + 1e-8) / (q.exp() + 1e-8),
    "nan_to_num": lambda p, q: torch.nan_to_num(p.exp() / q.exp()),
}


def k3(ratio: torch.Tensor, log_ratio: torch.Tensor) -> torch.Tensor:
    return ((ratio - 1) - log_ratio).mean()


def lower(r: torch.Tensor, a: torch.Tensor, e: float) -> torch.Tensor:
    return torch.min(r * a, r.clamp(1 - e, 1 + e) * a)


def dpo(margin: Callable, log_sigmoid: Callable = F.logsigmoid) -> Callable:
    """The slip takes the log-probabilities of chosen and rejected, both references', and beta."""

    def answer(
        chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
    ):
        policy = (chosen_log_prob, rejected_log_prob)
        return -log_sigmoid(
            margin(*policy, ref_chosen_log_prob, ref_rejected_log_prob, beta)
        ).mean()

    return answer


# k1, k2 and k3 of a log-ratio: one exercise asks for all three.
THREE: list[Callable] = [
    lambda d: -d.mean(),
    lambda d: (d**2).mean() / 2,
    lambda d: k3(d.exp(), d),
]


def one_of_three(number: int, estimate: Callable) -> Callable:
    """The slip is in k1, k2 or k3; the other two are right."""

    def answer(log_prob, old_log_prob):
        parts = [right(log_prob - old_log_prob) for right in THREE]
        parts[number - 1] = estimate(log_prob, old_log_prob)
        return torch.stack(parts)

    return answer


# Of a ratio -> the answer.
OF_A_RATIO: dict[str, Callable] = {
    "importance_weights": lambda f: lambda log_target, log_proposal: f(log_target, log_proposal),
    "policy_ratio": lambda f: lambda log_prob, old_log_prob: f(log_prob, old_log_prob.detach()),
    "surrogate_loss": lambda f: (
        lambda log_prob, old_log_prob, advantage: (
            -(f(log_prob, old_log_prob) * advantage.detach()).mean()
        )
    ),
    "clipped_surrogate_loss": lambda f: (
        lambda log_prob, old_log_prob, advantage, clip_epsilon: (
            -lower(f(log_prob, old_log_prob), advantage, clip_epsilon).mean()
        )
    ),
    "kl_estimates": lambda f: one_of_three(
        3, lambda log_prob, old_log_prob: k3(f(log_prob, old_log_prob), log_prob - old_log_prob)
    ),
    "kl_penalised_loss": lambda f: (
        lambda log_prob, old_log_prob, advantage, beta: (
            -(f(log_prob, old_log_prob) * advantage).mean()
            + beta * k3(f(log_prob, old_log_prob), log_prob - old_log_prob)
        )
    ),
}
# Of a log-ratio -> the answer.
OF_A_LOG_RATIO: dict[str, Callable] = {
    "kl_estimates": lambda f: (
        lambda log_prob, old_log_prob: torch.stack(
            [estimate(f(log_prob, old_log_prob)) for estimate in THREE]
        )
    ),
    "shaped_reward": lambda f: (
        lambda score, log_prob, ref_log_prob, mask, beta: torch.where(
            mask,
            score[:, None] * (torch.arange(mask.shape[1]) == mask.sum(1, keepdim=True) - 1)
            - beta * f(log_prob, ref_log_prob),
            0.0,
        )
    ),
    "implicit_reward": lambda f: (
        lambda log_prob, ref_log_prob, beta: beta * f(log_prob, ref_log_prob)
    ),
    "dpo_loss": lambda f: dpo(lambda c, r, rc, rr, b: b * (f(c, rc) - f(r, rr))),
}


def softmax(z: torch.Tensor) -> torch.Tensor:
    return z.exp() / z.exp().sum(dim=-1, keepdim=True)


# Logits (N, K) -> log-probabilities (N, K).
LOG_SOFTMAXES: dict[str, Callable] = {
    "softmax, then log": lambda z: torch.softmax(z, dim=-1).log(),
    "exp / sum, then log": lambda z: softmax(z).log(),
    "logit minus log of the sum of exp": lambda z: z - z.exp().sum(-1, keepdim=True).log(),
    "softmax + 1e-8, then log": lambda z: (z.softmax(-1) + 1e-8).log(),
    "softmax clamped, then log": lambda z: z.softmax(-1).clamp(min=1e-8).log(),
}


def pick(table: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return table[torch.arange(len(index)), index]


def allowed(z: torch.Tensor, temperature: float, top_k: int) -> torch.Tensor:
    """Sort out the words that can be drawn; those that cannot keep a finite, tiny logit."""
    return torch.where(z < z.topk(top_k).values[:, -1:], -torch.inf, z / temperature)


def by_autograd(f: Callable) -> Callable:
    def answer(logits, action):
        z = logits.detach().clone().requires_grad_(True)
        f(z)[action].backward()
        return z.grad

    return answer


OF_LOG_PROBS: dict[str, Callable] = {
    "score": by_autograd,
    "token_log_probs": lambda f: (
        lambda logits, tokens, prompt_length: pick(
            f(logits[prompt_length - 1 : -1]), tokens[prompt_length:]
        )
    ),
}


def add(kept: dict, exercise: str, answers: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend(answers.items())


for _builders, _spellings in (
    (OF_A_RATIO, RATIOS | SMALL_RATIOS),
    (OF_A_LOG_RATIO, LOG_RATIOS),
    (OF_LOG_PROBS, LOG_SOFTMAXES),
):
    for _exercise, _build in _builders.items():
        add(FRAGILE, _exercise, {why: _build(f) for why, f in _spellings.items()})

for _number, _estimate in enumerate(THREE, start=1):
    add(
        FRAGILE,
        "kl_estimates",
        {
            f"k{_number} alone, {why}": one_of_three(
                _number,
                lambda log_prob, old_log_prob, f=f, k=_estimate: k(f(log_prob, old_log_prob)),
            )
            for why, f in LOG_RATIOS.items()
        },
    )
add(
    FRAGILE,
    "reinforce_loss",
    {
        "exp, then log": lambda log_prob, advantage: (
            -(log_prob.exp().log() * advantage.detach()).mean()
        ),
        "exp + 1e-8, then log": lambda log_prob, advantage: (
            -((log_prob.exp() + 1e-8).log() * advantage.detach()).mean()
        ),
    },
)
add(
    FRAGILE,
    "score",
    {
        "one-hot minus exp / sum": lambda logits, action: (
            torch.eye(len(logits), dtype=logits.dtype)[action] - logits.exp() / logits.exp().sum()
        ),
    },
)
add(
    FRAGILE,
    "per_decision_log_weight",
    {
        "exp, running product, log": lambda log_ratio: log_ratio.exp().cumprod(0).log(),
        "a loop over ratios": lambda log_ratio: torch.stack(
            [log_ratio[: t + 1].exp().prod().log() for t in range(len(log_ratio))]
        ),
    },
)
add(
    FRAGILE,
    "self_normalised_estimate",
    {
        "exp / (sum + 1e-8)": lambda value, log_weight: (
            (log_weight.exp() * value).sum() / (log_weight.exp().sum() + 1e-8)
        ),
        "the smallest subtracted": lambda value, log_weight: (
            ((log_weight - log_weight.min()).exp() * value).sum()
            / (log_weight - log_weight.min()).exp().sum()
        ),
    },
)
add(
    FRAGILE,
    "effective_sample_size",
    {
        "square of the sum / (sum of squares + 1e-8)": lambda log_weight: (
            log_weight.exp().sum() ** 2 / ((log_weight.exp() ** 2).sum() + 1e-8)
        ),
        "of shares by exp / sum": lambda log_weight: (
            1 / ((log_weight.exp() / log_weight.exp().sum()) ** 2).sum()
        ),
    },
)
add(
    FRAGILE,
    "truncated_estimate",
    {
        "c where the weight is above, by masks": lambda value, log_weight, limit: (
            (log_weight.exp() * (log_weight.exp() <= limit) + limit * (log_weight.exp() > limit))
            @ value
            / len(value)
        ),
        "weight minus what is above c": lambda value, log_weight, limit: (
            (log_weight.exp() - (log_weight.exp() - limit).clamp(min=0)) * value
        ).mean(),
    },
)
add(
    FRAGILE,
    "entropy",
    {
        "exp / sum, and its log": lambda logits: -(softmax(logits) * softmax(logits).log()).sum(-1),
        "exp / sum, and the log of it + 1e-8": lambda logits: (
            -(softmax(logits) * (softmax(logits) + 1e-8).log()).sum(-1)
        ),
        "softmax, and its log": lambda logits: (
            -(logits.softmax(-1) * logits.softmax(-1).log()).sum(-1)
        ),
        "log of the sum of exp": lambda logits: (
            logits.exp().sum(-1).log() - (logits.softmax(-1) * logits).sum(-1)
        ),
    },
)
add(
    FRAGILE,
    "behaviour_log_prob",
    {
        "looked up, then log": lambda logits, token, temperature, top_k: pick(
            torch.softmax(allowed(logits, temperature, top_k), -1), token
        ).log(),
        "exp / sum, looked up, then log": lambda logits, token, temperature, top_k: pick(
            softmax(allowed(logits, temperature, top_k)), token
        ).log(),
        "forbidden words at -100": lambda logits, token, temperature, top_k: pick(
            torch.log_softmax(
                torch.where(logits < logits.topk(top_k).values[:, -1:], -100.0, logits)
                / temperature,
                -1,
            ),
            token,
        ),
        "looked up + 1e-8, then log": lambda logits, token, temperature, top_k: (
            pick(torch.softmax(allowed(logits, temperature, top_k), -1), token) + 1e-8
        ).log(),
    },
)
add(
    FRAGILE,
    "bradley_terry_loss",
    {
        "sigmoid, then log": lambda chosen_reward, rejected_reward: (
            -torch.log(torch.sigmoid(chosen_reward - rejected_reward)).mean()
        ),
        "sigmoid + 1e-8, then log": lambda chosen_reward, rejected_reward: (
            -torch.log(torch.sigmoid(chosen_reward - rejected_reward) + 1e-8).mean()
        ),
        "sigmoid clamped, then log": lambda chosen_reward, rejected_reward: (
            -torch.log(torch.sigmoid(chosen_reward - rejected_reward).clamp(min=1e-8)).mean()
        ),
        "exp / (exp + exp)": lambda chosen_reward, rejected_reward: (
            -torch.log(chosen_reward.exp() / (chosen_reward.exp() + rejected_reward.exp())).mean()
        ),
    },
)
add(
    FRAGILE,
    "dpo_loss",
    {
        "sigmoid + 1e-8, then log": dpo(
            lambda c, r, rc, rr, b: b * (c - r - rc + rr), lambda d: (torch.sigmoid(d) + 1e-8).log()
        ),
        "sigmoid clamped, then log": dpo(
            lambda c, r, rc, rr, b: b * (c - rc) - b * (r - rr),
            lambda d: torch.sigmoid(d).clamp(1e-8, 1.0).log(),
        ),
    },
)
add(
    FRAGILE,
    "rlhf_optimum",
    {
        "weights / (their sum + 1e-8)": lambda ref_prob, reward, beta: (
            ref_prob * (reward / beta).exp() / ((ref_prob * (reward / beta).exp()).sum() + 1e-8)
        ),
    },
)

DIVIDED: dict[str, dict[str, Callable]] = {
    "importance_weights": {
        "one log by the other": lambda log_target, log_proposal: log_target / log_proposal,
        "one log by the other, then exp": lambda log_target, log_proposal: torch.exp(
            log_target / log_proposal
        ),
    },
    "policy_ratio": {
        "one log by the other, then exp": lambda log_prob, old_log_prob: torch.exp(
            log_prob / old_log_prob.detach()
        ),
    },
    "surrogate_loss": {
        "one log by the other": lambda log_prob, old_log_prob, advantage: (
            -(log_prob / old_log_prob * advantage.detach()).mean()
        ),
        "one log by the other, then exp": lambda log_prob, old_log_prob, advantage: (
            -((log_prob / old_log_prob).exp() * advantage.detach()).mean()
        ),
    },
    "clipped_surrogate_loss": {
        "one log by the other": lambda log_prob, old_log_prob, advantage, clip_epsilon: (
            -lower(log_prob / old_log_prob, advantage, clip_epsilon).mean()
        ),
        "one log by the other, then exp": lambda log_prob, old_log_prob, advantage, clip_epsilon: (
            -lower((log_prob / old_log_prob).exp(), advantage, clip_epsilon).mean()
        ),
    },
    "kl_estimates": {
        "in k1, one log by the other": one_of_three(
            1, lambda log_prob, old_log_prob: -(log_prob / old_log_prob).mean()
        ),
        "in k1, log of the quotient of logs": one_of_three(
            1, lambda log_prob, old_log_prob: -(log_prob / old_log_prob).log().mean()
        ),
        "in k2, one log by the other": one_of_three(
            2, lambda log_prob, old_log_prob: 0.5 * (log_prob / old_log_prob).square().mean()
        ),
        "in k2, log of the quotient of logs": one_of_three(
            2, lambda log_prob, old_log_prob: 0.5 * (log_prob / old_log_prob).log().square().mean()
        ),
        "in k3, one log by the other for r": one_of_three(
            3, lambda log_prob, old_log_prob: k3(log_prob / old_log_prob, log_prob - old_log_prob)
        ),
        "in k3, one log by the other for r, and its log": one_of_three(
            3,
            lambda log_prob, old_log_prob: k3(
                log_prob / old_log_prob, (log_prob / old_log_prob).log()
            ),
        ),
        "in k3, one log by the other for log r": one_of_three(
            3,
            lambda log_prob, old_log_prob: k3(
                (log_prob / old_log_prob).exp(), log_prob / old_log_prob
            ),
        ),
    },
    "kl_penalised_loss": {
        "one log by the other for r": lambda log_prob, old_log_prob, advantage, beta: (
            -(log_prob / old_log_prob * advantage).mean()
            + beta * k3(log_prob / old_log_prob, log_prob - old_log_prob)
        ),
        "one log by the other for r, and its log": lambda log_prob, old_log_prob, advantage, beta: (
            -(log_prob / old_log_prob * advantage).mean()
            + beta * k3(log_prob / old_log_prob, (log_prob / old_log_prob).log())
        ),
        "in the penalty only": lambda log_prob, old_log_prob, advantage, beta: (
            -((log_prob - old_log_prob).exp() * advantage).mean()
            + beta * k3(log_prob / old_log_prob, log_prob - old_log_prob)
        ),
    },
    "shaped_reward": {
        "one log by the other": lambda score, log_prob, ref_log_prob, mask, beta: torch.where(
            mask,
            score[:, None] * (torch.arange(mask.shape[1]) == mask.sum(1, keepdim=True) - 1)
            - beta * (log_prob / ref_log_prob),
            0.0,
        ),
    },
    "implicit_reward": {
        "one log by the other": lambda log_prob, ref_log_prob, beta: beta * log_prob / ref_log_prob,
        "log of the quotient of logs": lambda log_prob, ref_log_prob, beta: (
            beta * (log_prob / ref_log_prob).log()
        ),
    },
    "dpo_loss": {
        "one log by the other": dpo(lambda c, r, rc, rr, b: b * (c / rc - r / rr)),
    },
}
"""One logarithm divided by the other, where their difference is the log of the ratio."""

# With three actions, 1e-8 shows in the digits that are compared.
SMALL_SCORE = "softmax + 1e-8, then log"
WRONG["score"] = [entry for entry in FRAGILE["score"] if entry[0] == SMALL_SCORE]
FRAGILE["score"] = [entry for entry in FRAGILE["score"] if entry[0] != SMALL_SCORE]
for _exercise, _answers in DIVIDED.items():
    add(WRONG, _exercise, _answers)


def whole_response(log_prob, old_log_prob, mask):
    new, old = ((logs * mask).sum(1).exp() for logs in (log_prob, old_log_prob.detach()))
    return (new / old) ** (1 / mask.sum(1))


def sequence(f: Callable) -> Callable:
    return lambda log_prob, old_log_prob, mask: (
        torch.where(mask, f(log_prob, old_log_prob.detach()), 0.0).sum(1).div(mask.sum(1)).exp()
    )


add(
    FRAGILE,
    "sequence_ratio",
    {
        **{why: sequence(f) for why, f in LOG_RATIOS.items()},
        "probabilities of the whole": whole_response,
        "product of ratios, then the root": lambda log_prob, old_log_prob, mask: (
            torch.where(mask, log_prob - old_log_prob.detach(), 0.0).exp().prod(1)
            ** (1 / mask.sum(1))
        ),
    },
)
add(
    FRAGILE,
    "truncated_weight",
    {
        why: lambda log_prob, behaviour_log_prob, cap, f=f: (
            f(log_prob, behaviour_log_prob).clamp(max=cap).detach()
        )
        for why, f in {**RATIOS, **SMALL_RATIOS}.items()
    },
)


def decoupled(ratio: Callable, weight: Callable) -> Callable:
    """The slip is in the ratio or in the weight."""

    def answer(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap):
        factor = weight(old_log_prob, behaviour_log_prob).clamp(max=cap)
        return -(factor * lower(ratio(log_prob, old_log_prob), advantage, clip_epsilon)).mean()

    return answer


def difference(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    return (p - q).exp()


add(
    FRAGILE,
    "decoupled_clipped_loss",
    {
        f"{why}, in the {place}": decoupled(*pair)
        for why, f in {**RATIOS, **SMALL_RATIOS}.items()
        for place, pair in {"ratio": (f, difference), "weight": (difference, f)}.items()
    },
)
