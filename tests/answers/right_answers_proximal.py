"""Right answers to the exercises of notebook 06; `right_answers.py` says what OPEN means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


def ratio_of(log_prob, old_log_prob):
    return torch.exp(log_prob - old_log_prob.detach())


def clipped_min(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio, adv = ratio_of(log_prob, old_log_prob), advantage.detach()
    policy_loss_1 = adv * ratio
    policy_loss_2 = adv * torch.clamp(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return -torch.min(policy_loss_1, policy_loss_2).mean()


def clipped_max(log_prob, old_log_prob, advantage, clip_epsilon):
    logratio = log_prob - old_log_prob.detach()
    ratio, adv = logratio.exp(), advantage.detach()
    loss1 = -adv * ratio
    loss2 = -adv * torch.clamp(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return torch.max(loss1, loss2).mean()


def clipped_by_sign(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio, adv = ratio_of(log_prob, old_log_prob), advantage.detach()
    good = ratio.clamp(max=1 + clip_epsilon)
    bad = ratio.clamp(min=1 - clip_epsilon)
    return -(torch.where(adv >= 0, good, bad) * adv).mean()


def clipped_limit(log_prob, old_log_prob, advantage, clip_epsilon):
    adv = advantage.detach()
    limit = adv + clip_epsilon * adv.abs()
    return -torch.minimum(ratio_of(log_prob, old_log_prob) * adv, limit).mean()


def clipped_relu(log_prob, old_log_prob, advantage, clip_epsilon):
    adv = advantage.detach()
    move = torch.expm1(log_prob - old_log_prob.detach()) * adv
    return -(adv + move - F.relu(move - clip_epsilon * adv.abs())).mean()


def clipped_loop(log_prob, old_log_prob, advantage, clip_epsilon):
    terms = []
    for lp, old, a in zip(log_prob, old_log_prob.tolist(), advantage.tolist(), strict=True):
        r = torch.exp(lp - old)
        if a > 0 and r > 1 + clip_epsilon:
            terms.append((1 + clip_epsilon) * a + 0 * r)
        elif a < 0 and r < 1 - clip_epsilon:
            terms.append((1 - clip_epsilon) * a + 0 * r)
        else:
            terms.append(r * a)
    return -sum(terms) / len(terms)


def clipped_masked(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio, adv = ratio_of(log_prob, old_log_prob), advantage.detach()
    dead = ((adv > 0) & (ratio > 1 + clip_epsilon)) | ((adv < 0) & (ratio < 1 - clip_epsilon))
    edge = 1 + clip_epsilon * torch.sign(adv)
    return -torch.where(dead, edge * adv, ratio * adv).sum() / ratio.numel()


def clipped_stacked(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = ratio_of(log_prob, old_log_prob)
    inside = torch.where(ratio > 1 + clip_epsilon, 1 + clip_epsilon, ratio)
    inside = torch.where(inside < 1 - clip_epsilon, 1 - clip_epsilon, inside)
    both = torch.stack([ratio, inside]) * advantage.detach()
    return both.amin(dim=0).mean().neg()


RIGHT["clipped_surrogate_loss"] = [
    clipped_min,
    clipped_max,
    clipped_by_sign,
    clipped_limit,
    clipped_relu,
    clipped_loop,
    clipped_masked,
    clipped_stacked,
    lambda log_prob, old_log_prob, advantage, clip_epsilon: clipped_min(
        log_prob.float(), old_log_prob.float(), advantage.float(), clip_epsilon
    ).to(log_prob.dtype),
]


def clipped_nothing_detached(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    clip_adv = torch.clamp(ratio, 1 - clip_epsilon, 1 + clip_epsilon) * advantage
    return -(torch.min(ratio * advantage, clip_adv)).mean()


def clipped_numbers(log_prob, old_log_prob, advantage, clip_epsilon):
    terms = []
    for r, a in zip(ratio_of(log_prob, old_log_prob), advantage.tolist(), strict=True):
        limit = (1 + clip_epsilon) * a if a > 0 else (1 - clip_epsilon) * a
        terms.append(min(r * a, limit))
    return -torch.as_tensor(sum(terms)) / len(terms)


OPEN["clipped_surrogate_loss"] = [
    ("no graph, and the default dtype, where every sample is clipped", clipped_numbers),
    (
        "neither old_log_prob nor advantage detached: constants by the docstring, not by the row",
        clipped_nothing_detached,
    ),
]


def one_of_three(number, estimate):
    """Put one estimate beside two plain ones: the exercise asks for k1, k2 and k3 at once."""

    def answer(log_prob, old_log_prob):
        d = log_prob - old_log_prob.detach()
        parts = [-d.mean(), d.square().mean() / 2, (torch.expm1(d) - d).mean()]
        parts[number - 1] = estimate(log_prob, old_log_prob)
        return torch.stack(parts)

    return answer


K1 = [
    lambda log_prob, old_log_prob: (old_log_prob.detach() - log_prob).mean(),
    lambda log_prob, old_log_prob: -(log_prob - old_log_prob.detach()).mean(),
    lambda log_prob, old_log_prob: old_log_prob.detach().mean() - log_prob.mean(),
    lambda log_prob, old_log_prob: (
        sum(q - p for p, q in zip(log_prob, old_log_prob.detach(), strict=True)) / len(log_prob)
    ),
    lambda log_prob, old_log_prob: -torch.log(ratio_of(log_prob, old_log_prob)).mean(),
    lambda log_prob, old_log_prob: (
        torch.einsum("i->", old_log_prob.detach() - log_prob) / log_prob.numel()
    ),
]
K2 = [
    lambda log_prob, old_log_prob: ((log_prob - old_log_prob.detach()) ** 2).mean() / 2,
    lambda log_prob, old_log_prob: F.mse_loss(log_prob, old_log_prob.detach()) / 2,
    lambda log_prob, old_log_prob: 0.5 * torch.square(old_log_prob.detach() - log_prob).mean(),
    lambda log_prob, old_log_prob: (
        (log_prob - old_log_prob.detach()).norm() ** 2 / (2 * len(log_prob))
    ),
    lambda log_prob, old_log_prob: (
        sum((p - q).pow(2) / 2 for p, q in zip(log_prob, old_log_prob.tolist(), strict=True))
        / log_prob.shape[0]
    ),
    lambda log_prob, old_log_prob: 0.5 * torch.log(ratio_of(log_prob, old_log_prob)).pow(2).mean(),
]


def k3(log_prob, old_log_prob):
    log_ratio = log_prob - old_log_prob.detach()
    return ((log_ratio.exp() - 1) - log_ratio).mean()


K3 = [
    k3,
    lambda log_prob, old_log_prob: (
        torch.expm1(log_prob - old_log_prob.detach()) - log_prob + old_log_prob.detach()
    ).mean(),
    lambda log_prob, old_log_prob: (
        ratio_of(log_prob, old_log_prob).mean() - 1 - (log_prob - old_log_prob.detach()).mean()
    ),
    lambda log_prob, old_log_prob: (
        sum(
            (p - q).exp() - 1 - (p - q)
            for p, q in zip(log_prob, old_log_prob.tolist(), strict=True)
        )
        / len(old_log_prob)
    ),
    lambda log_prob, old_log_prob: torch.mean(
        ratio_of(log_prob, old_log_prob) - 1 - torch.log(ratio_of(log_prob, old_log_prob))
    ),
    lambda log_prob, old_log_prob: k3(log_prob.float(), old_log_prob.float()).to(log_prob.dtype),
]
RIGHT["kl_estimates"] = [
    one_of_three(_number, _estimate)
    for _number, _estimates in enumerate((K1, K2, K3), start=1)
    for _estimate in _estimates
]
for _number, _plain in {
    1: lambda log_prob, old_log_prob: (old_log_prob - log_prob).mean(),
    2: lambda log_prob, old_log_prob: 0.5 * (old_log_prob - log_prob).square().mean(),
    3: lambda log_prob, old_log_prob: (
        torch.exp(log_prob - old_log_prob) - 1 - (log_prob - old_log_prob)
    ).mean(),
}.items():
    OPEN.setdefault("kl_estimates", []).extend(
        [
            (
                "old_log_prob not detached (a constant by the docstring, not by the table's row)",
                one_of_three(_number, _plain),
            ),
            (
                "no gradient: logged, as CleanRL does (the table does not ask for one)",
                one_of_three(_number, torch.no_grad()(_plain)),
            ),
        ]
    )


def penalised_per_sample(log_prob, old_log_prob, advantage, beta):
    log_ratio = log_prob - old_log_prob.detach()
    ratio = log_ratio.exp()
    return (-ratio * advantage.detach() + beta * (ratio - 1 - log_ratio)).mean()


def penalised_gathered(log_prob, old_log_prob, advantage, beta):
    log_ratio = log_prob - old_log_prob.detach()
    inner = (beta - advantage.detach()) * log_ratio.exp() - beta * log_ratio
    return inner.mean() - beta


def penalised_loop(log_prob, old_log_prob, advantage, beta):
    total = 0
    for lp, old, a in zip(log_prob, old_log_prob.tolist(), advantage.tolist(), strict=True):
        d = lp - old
        total = total - d.exp() * a + beta * (d.exp() - 1 - d)
    return total / len(log_prob)


RIGHT["kl_penalised_loss"] = [
    penalised_per_sample,
    penalised_gathered,
    penalised_loop,
    lambda log_prob, old_log_prob, advantage, beta: (
        -(ratio_of(log_prob, old_log_prob) * advantage.detach()).mean()
        + beta * k3(log_prob, old_log_prob)
    ),
    lambda log_prob, old_log_prob, advantage, beta: (
        -(
            torch.dot(ratio_of(log_prob, old_log_prob), advantage.detach()) / len(advantage)
            - beta * k3(log_prob, old_log_prob)
        )
    ),
]
OPEN["kl_penalised_loss"] = [
    (
        "neither old_log_prob nor advantage detached: constants by the docstring, not by the row",
        lambda log_prob, old_log_prob, advantage, beta: (
            -(log_prob - old_log_prob).exp() * advantage
            + beta * (torch.expm1(log_prob - old_log_prob) - log_prob + old_log_prob)
        ).mean(),
    ),
]


def beta_if(beta, kl, target_kl):
    if kl > 1.5 * target_kl:
        return beta * 2.0
    elif kl < target_kl / 1.5:
        return beta * 0.5
    return beta


def beta_assign(beta, kl, target_kl):
    new_beta = beta
    if kl / target_kl > 1.5:
        new_beta *= 2
    if kl * 1.5 < target_kl:
        new_beta /= 2
    return float(new_beta)


RIGHT["adaptive_beta"] = [
    beta_if,
    beta_assign,
    lambda beta, kl, target_kl: (
        2 * beta if kl > 1.5 * target_kl else (beta / 2 if kl < target_kl / 1.5 else beta)
    ),
    lambda beta, kl, target_kl: beta * 2.0 ** ((kl > 1.5 * target_kl) - (kl < target_kl / 1.5)),
    lambda beta, kl, target_kl: [beta / 2, beta, 2 * beta][
        int(kl >= target_kl / 1.5) + int(kl > target_kl * 1.5)
    ],
    lambda beta, kl, target_kl: float(
        beta * np.select([kl > 1.5 * target_kl, kl < target_kl / 1.5], [2.0, 0.5], default=1.0)
    ),
]
OPEN["adaptive_beta"] = [
    (
        "at the limits themselves it also doubles and halves (the table: above, below)",
        lambda beta, kl, target_kl: (
            2 * beta if kl >= 1.5 * target_kl else beta / 2 if kl <= target_kl / 1.5 else beta
        ),
    ),
    (
        "a distance below 0 is taken for a distance (k1 can be negative)",
        lambda beta, kl, target_kl: beta_if(beta, abs(kl), target_kl),
    ),
]


def active_loop(ratio, advantage, clip_epsilon):
    dead = 0
    for r, a in zip(ratio.tolist(), advantage.tolist(), strict=True):
        dead += (a > 0 and r > 1 + clip_epsilon) or (a < 0 and r < 1 - clip_epsilon)
    return torch.tensor(dead / len(ratio), dtype=ratio.dtype)


def active_chosen(ratio, advantage, clip_epsilon):
    clipped = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return (clipped * advantage < ratio * advantage).to(ratio.dtype).mean()


RIGHT["active_clip_fraction"] = [
    active_loop,
    active_chosen,
    lambda ratio, advantage, clip_epsilon: (
        (
            ((advantage > 0) & (ratio > 1 + clip_epsilon))
            | ((advantage < 0) & (ratio < 1 - clip_epsilon))
        )
        .to(ratio.dtype)
        .mean()
    ),
    lambda ratio, advantage, clip_epsilon: (
        torch.where(
            advantage >= 0,
            (ratio > 1 + clip_epsilon) & (advantage != 0),
            ratio < 1 - clip_epsilon,
        )
        .double()
        .mean()
    ),
    lambda ratio, advantage, clip_epsilon: (
        ((ratio - 1) * advantage.sign() > clip_epsilon).sum() / ratio.numel()
    ),
    lambda ratio, advantage, clip_epsilon: (
        torch.count_nonzero(advantage * (ratio - 1) > clip_epsilon * advantage.abs()) / len(ratio)
    ),
]


def active_autograd(ratio, advantage, clip_epsilon):
    with torch.enable_grad():
        r = ratio.detach().clone().requires_grad_()
        clipped = r.clamp(1 - clip_epsilon, 1 + clip_epsilon)
        gain = torch.minimum(r * advantage.detach(), clipped * advantage.detach())
        (gradient,) = torch.autograd.grad(gain.sum(), r)
    return (gradient == 0).to(ratio.dtype).mean()


OPEN["active_clip_fraction"] = [
    ("an advantage of 0 has no gradient either, and is counted", active_autograd),
    (
        "the limits themselves are counted",
        lambda ratio, advantage, clip_epsilon: (
            (
                ((advantage > 0) & (ratio >= 1 + clip_epsilon))
                | ((advantage < 0) & (ratio <= 1 - clip_epsilon))
            )
            .to(ratio.dtype)
            .mean()
        ),
    ),
]
