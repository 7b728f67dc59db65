"""Right answers of notebook 06 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn.functional import relu

from ppo_lesson.lessons.staying_proximal import LESSON
from ppo_lesson.maths import kl_k1, kl_k2, kl_k3

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}


# clipped_surrogate_loss


def clipped_by_max_of_losses(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = (log_prob - old_log_prob).exp()
    plain = -advantage * ratio
    clipped = -advantage * torch.clamp(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return torch.max(plain, clipped).mean()


def clipped_by_where(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    most = torch.where(
        advantage > 0, (1 + clip_epsilon) * advantage, (1 - clip_epsilon) * advantage
    )
    product = ratio * advantage
    return -torch.where(product < most, product, most).mean()


def clipped_by_loop(log_prob, old_log_prob, advantage, clip_epsilon):
    terms = []
    for now, old, a in zip(log_prob, old_log_prob, advantage, strict=True):
        ratio = torch.exp(now - old)
        held = min(max(ratio, torch.tensor(1 - clip_epsilon)), torch.tensor(1 + clip_epsilon))
        terms.append(min(ratio * a, held * a))
    return -sum(terms) / len(terms)


def clipped_by_excess(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob.detach())
    sign = advantage.sign()
    return (relu(sign * (ratio - 1) - clip_epsilon) * advantage.abs() - ratio * advantage).mean()


def clip_alone(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    ratio = torch.clip(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return torch.mean(-ratio * advantage)


def clipped_with_max(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    held = torch.clip(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return torch.min(-ratio * advantage, -held * advantage).mean()


def clipped_above_only(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    return -(torch.clamp(ratio, max=1 + clip_epsilon) * advantage).mean()


def clipped_before_the_sign(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    held = torch.clip(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return -(advantage * torch.where(ratio < held, ratio, held)).mean()


def clipped_in_logs(log_prob, old_log_prob, advantage, clip_epsilon):
    log_ratio = log_prob - old_log_prob
    held = torch.exp(torch.clip(log_ratio, -clip_epsilon, clip_epsilon))
    return -torch.min(log_ratio.exp() * advantage, held * advantage).mean()


def clipped_as_objective(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    held = torch.clip(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return torch.min(ratio * advantage, held * advantage).mean()


def clipped_means(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    held = torch.clip(ratio, 1 - clip_epsilon, 1 + clip_epsilon)
    return -min((ratio * advantage).mean(), (held * advantage).mean())


def clipped_without_graph(log_prob, old_log_prob, advantage, clip_epsilon):
    with torch.no_grad():
        return clipped_by_max_of_losses(log_prob, old_log_prob, advantage, clip_epsilon)


def clipped_around_zero(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = torch.exp(log_prob - old_log_prob)
    held = torch.clip(ratio, -clip_epsilon, clip_epsilon)
    return -torch.min(ratio * advantage, held * advantage).mean()


def clipped_upside_down(log_prob, old_log_prob, advantage, clip_epsilon):
    return clipped_by_max_of_losses(old_log_prob, log_prob, advantage, clip_epsilon)


# active_clip_fraction


def fraction_by_effect(ratio, advantage, clip_epsilon):
    held = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return (held * advantage < ratio * advantage).to(torch.float64).mean()


def fraction_by_sign(ratio, advantage, clip_epsilon):
    return (advantage.sign() * (ratio - 1) > clip_epsilon).double().mean()


def fraction_by_loop(ratio, advantage, clip_epsilon):
    count = 0
    for r, a in zip(ratio.tolist(), advantage.tolist(), strict=True):
        if (a > 0 and r > 1 + clip_epsilon) or (a < 0 and r < 1 - clip_epsilon):
            count += 1
    return torch.tensor(count / len(ratio), dtype=torch.float64)


def fraction_by_autograd(ratio, advantage, clip_epsilon):
    ratio = ratio.clone().requires_grad_()
    loss = clipped_by_max_of_losses(ratio.log(), torch.zeros_like(ratio), advantage, clip_epsilon)
    (gradient,) = torch.autograd.grad(loss, ratio)
    return (gradient == 0).float().mean()


def fraction_logged(ratio, advantage, clip_epsilon):
    return ((ratio - 1).abs() > clip_epsilon).float().mean()


def fraction_with_gradient(ratio, advantage, clip_epsilon):
    return 1 - fraction_by_sign(ratio, advantage, clip_epsilon)


def fraction_of_the_others(ratio, advantage, clip_epsilon):
    return (advantage.sign() * (1 - ratio) > clip_epsilon).double().mean()


def fraction_above(ratio, advantage, clip_epsilon):
    return ((ratio > 1 + clip_epsilon) * (advantage > 0)).double().mean()


def fraction_as_count(ratio, advantage, clip_epsilon):
    return (advantage.sign() * (ratio - 1) > clip_epsilon).double().sum()


# kl_estimates: one of the three as a learner spells it, the other two the package's


def in_place_of(number, estimate):
    def answer(log_prob, old_log_prob):
        inputs = log_prob, old_log_prob
        parts = [kl_k1(*inputs), kl_k2(*inputs), kl_k3(*inputs)]
        parts[number - 1] = estimate(*inputs)
        return torch.stack(parts)

    return answer


def k1_of_ratios(log_prob, old_log_prob):
    return -torch.log((log_prob - old_log_prob).exp()).mean()


def k1_by_means(log_prob, old_log_prob):
    return old_log_prob.mean() - log_prob.mean()


def k1_by_loop(log_prob, old_log_prob):
    return sum(old_log_prob[i] - log_prob[i] for i in range(len(log_prob))) / len(log_prob)


def k2_by_loop(log_prob, old_log_prob):
    pairs = zip(log_prob, old_log_prob, strict=True)
    return torch.stack([(new - old) ** 2 / 2 for new, old in pairs]).mean()


def k2_swapped(log_prob, old_log_prob):
    return torch.mean(0.5 * (old_log_prob - log_prob) ** 2)


def k2_by_mean_square(log_prob, old_log_prob):
    return 0.5 * torch.nn.functional.mse_loss(log_prob, old_log_prob.detach())


def k3_plain(log_prob, old_log_prob):
    log_ratio = log_prob - old_log_prob
    return (log_ratio.exp() - 1 - log_ratio).mean()


def k3_by_loop(log_prob, old_log_prob):
    total = 0.0
    for new, old in zip(log_prob, old_log_prob, strict=True):
        total = total + torch.exp(new - old) - 1 + old - new
    return total / len(log_prob)


def k3_as_k1_plus(log_prob, old_log_prob):
    return k1_by_means(log_prob, old_log_prob) + torch.expm1(log_prob - old_log_prob).mean()


def k3_reversed(log_prob, old_log_prob):
    return k3_plain(old_log_prob, log_prob)


def k3_with_plus(log_prob, old_log_prob):
    log_ratio = log_prob - old_log_prob
    return (log_ratio.exp() - 1 + log_ratio).mean()


def k3_without_one(log_prob, old_log_prob):
    log_ratio = log_prob - old_log_prob
    return (log_ratio.exp() - log_ratio).mean()


def all_from_one_log_ratio(log_prob, old_log_prob):
    d = log_prob - old_log_prob
    return torch.stack([-d.mean(), (d**2).mean() / 2, (d.exp() - 1 - d).mean()])


def all_reversed(log_prob, old_log_prob):
    return all_from_one_log_ratio(old_log_prob, log_prob)


def all_summed(log_prob, old_log_prob):
    d = log_prob - old_log_prob
    return torch.stack([-d.sum(), (d**2).sum() / 2, (d.exp() - 1 - d).sum()])


def all_as_numbers(log_prob, old_log_prob):
    return torch.tensor(all_from_one_log_ratio(log_prob, old_log_prob).tolist()).double()


# kl_penalised_loss


def penalised_plain(log_prob, old_log_prob, advantage, beta):
    log_ratio = log_prob - old_log_prob
    ratio = log_ratio.exp()
    return -(ratio * advantage).mean() + beta * (ratio - 1 - log_ratio).mean()


def penalised_in_one_mean(log_prob, old_log_prob, advantage, beta):
    ratio = torch.exp(log_prob - old_log_prob)
    return torch.mean(beta * (ratio - 1 - torch.log(ratio)) - ratio * advantage)


def penalised_by_loop(log_prob, old_log_prob, advantage, beta):
    total = 0.0
    for new, old, a in zip(log_prob, old_log_prob, advantage, strict=True):
        ratio = torch.exp(new - old)
        total = total - (ratio * a - beta * (ratio - 1 - (new - old)))
    return total / len(advantage)


def penalised_with(divergence, price=1.0):
    def loss(log_prob, old_log_prob, advantage, beta):
        surrogate = -((log_prob - old_log_prob).exp() * advantage).mean()
        return surrogate + price * beta * divergence(log_prob, old_log_prob)

    return loss


def penalised_objective(log_prob, old_log_prob, advantage, beta):
    return penalised_plain(log_prob, old_log_prob, -advantage, beta)


def penalised_without_beta(log_prob, old_log_prob, advantage, beta):
    return penalised_plain(log_prob, old_log_prob, advantage, 1)


# adaptive_beta


def beta_by_ratio(beta, kl, target_kl):
    excess = kl / target_kl
    if excess > 1.5:
        beta = beta * 2
    elif excess < 1 / 1.5:
        beta = beta / 2
    return beta


def beta_by_power(beta, kl, target_kl):
    return beta * 2 ** ((kl > 1.5 * target_kl) - (1.5 * kl < target_kl))


def beta_in_tensors(beta, kl, target_kl):
    kl = torch.tensor(kl, dtype=torch.float64)
    factor = torch.where(kl > 1.5 * target_kl, 2.0, torch.where(kl < target_kl / 1.5, 0.5, 1.0))
    return factor * beta


def beta_by_rule(low, high, down=0.5, up=2.0):
    def rule(beta, kl, target_kl):
        if kl > high * target_kl:
            return up * beta
        return down * beta if kl < low * target_kl else beta

    return rule


RIGHT: dict[str, list[Callable]] = {
    "clipped_surrogate_loss": [
        clipped_by_max_of_losses,
        clipped_by_where,
        clipped_by_loop,
        clipped_by_excess,
    ],
    "active_clip_fraction": [
        fraction_by_effect,
        fraction_by_sign,
        fraction_by_loop,
        fraction_by_autograd,
    ],
    "kl_estimates": [
        *(in_place_of(1, k1) for k1 in (k1_of_ratios, k1_by_means, k1_by_loop)),
        *(in_place_of(2, k2) for k2 in (k2_by_loop, k2_swapped, k2_by_mean_square)),
        *(in_place_of(3, k3) for k3 in (k3_plain, k3_by_loop, k3_as_k1_plus)),
        all_from_one_log_ratio,
    ],
    "kl_penalised_loss": [penalised_plain, penalised_in_one_mean, penalised_by_loop],
    "adaptive_beta": [beta_by_ratio, beta_by_power, beta_in_tensors],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "clipped_surrogate_loss": [
        (clip_alone, "took no minimum"),
        (clipped_with_max, "the larger of the two objectives"),
        (clipped_above_only, "compared before the advantage is in"),
        (clipped_before_the_sign, "compared before the advantage is in"),
        (clipped_in_logs, "clipped the log-ratio"),
        (clipped_as_objective, "Put a minus in front"),
        (clipped_means, "compared two means"),
        (clipped_without_graph, "no gradient comes back to log_prob"),
        (clipped_around_zero, "Ratios live around 1"),
        (clipped_upside_down, "upside down"),
    ],
    "active_clip_fraction": [
        (fraction_logged, "Stable-Baselines3 log"),
        (fraction_with_gradient, "still have a gradient, one minus"),
        (fraction_of_the_others, "outside that still have a gradient"),
        (fraction_above, "looked at one side"),
        (fraction_as_count, "This is a count"),
    ],
    "kl_estimates": [
        (
            in_place_of(1, lambda log_prob, old_log_prob: k1_by_means(old_log_prob, log_prob)),
            "turned round",
        ),
        (in_place_of(1, k2_swapped), "This is k2"),
        (in_place_of(1, k3_plain), "This is k3"),
        (
            in_place_of(1, lambda log_prob, old_log_prob: (log_prob - old_log_prob).abs().mean()),
            "absolute",
        ),
        (
            in_place_of(1, lambda log_prob, old_log_prob: (old_log_prob - log_prob).sum()),
            "took the sum",
        ),
        (
            in_place_of(
                1, lambda log_prob, old_log_prob: k1_by_means(log_prob.detach(), old_log_prob)
            ),
            "gradient",
        ),
        (
            in_place_of(2, lambda log_prob, old_log_prob: ((log_prob - old_log_prob) ** 2).mean()),
            "half is missing",
        ),
        (
            in_place_of(
                2, lambda log_prob, old_log_prob: k1_by_means(log_prob, old_log_prob) ** 2 / 2
            ),
            "before you",
        ),
        (in_place_of(2, k1_by_loop), "This is k1"),
        (in_place_of(2, k3_by_loop), "This is k3"),
        (
            in_place_of(
                2, lambda log_prob, old_log_prob: ((log_prob - old_log_prob) ** 2).sum() / 2
            ),
            "the sum",
        ),
        (in_place_of(3, k3_reversed), "direction is reversed"),
        (in_place_of(3, k3_with_plus), "sign of the logarithm"),
        (in_place_of(3, k2_by_loop), "This is k2"),
        (in_place_of(3, k1_of_ratios), "This is k1"),
        (in_place_of(3, k3_without_one), "- 1 is missing"),
        (
            in_place_of(3, lambda log_prob, old_log_prob: -k3_by_loop(log_prob, old_log_prob)),
            "negated",
        ),
        (all_reversed, "reversed in all three"),
        (all_summed, "All three are sums"),
        (all_as_numbers, "torch.stack keeps it"),
        (lambda **inputs: all_from_one_log_ratio(**inputs).flip(0), "not in this order"),
    ],
    "kl_penalised_loss": [
        (penalised_with(k3_plain, price=-1.0), "distance is rewarded"),
        (penalised_objective, "objective's sign"),
        (penalised_with(k1_by_means), "used k1"),
        (penalised_with(k2_swapped), "used k2"),
        (penalised_with(k3_reversed), "direction of your divergence"),
        (penalised_with(lambda new, old: k3_plain(new.detach(), old)), "penalty is detached"),
        (penalised_without_beta, "do not use beta"),
        (penalised_with(k3_plain, price=0.0), "penalty is missing"),
    ],
    "adaptive_beta": [
        (beta_by_rule(1 / 1.5, 1.5, down=2.0, up=0.5), "direction is inverted"),
        (beta_by_rule(1.0, 1.0), "no dead zone"),
        (beta_by_rule(0.5, 1.5), "lower limit"),
        (beta_by_rule(0.5, 2.0), "only above twice the target"),
        (beta_by_rule(1 / 1.5, 1.5, down=1 / 1.5, up=1.5), "by the factor 1.5"),
        (beta_by_rule(-math.inf, 1.5), "never lower the price"),
        (beta_by_rule(1 / 1.5, math.inf), "never raise the price"),
        (lambda beta, kl, target_kl: beta * (kl / target_kl), "scaled beta"),
    ],
}


def test_the_first_samples_of_small_cases_show_each_of_the_six_cases_of_the_clip():
    seen = set()
    for case in EXERCISES["clipped_surrogate_loss"].cases:
        inputs = case.inputs
        if len(inputs["advantage"]) <= 2:
            ratio = torch.exp(inputs["log_prob"] - inputs["old_log_prob"])[0].item()
            place = (ratio > 1 - inputs["clip_epsilon"]) + (ratio > 1 + inputs["clip_epsilon"])
            seen.add((inputs["advantage"][0].item() > 0, place))
    assert seen == {(sign, place) for sign in (False, True) for place in range(3)}
