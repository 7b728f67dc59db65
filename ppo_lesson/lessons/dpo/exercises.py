"""What notebook 11 asks: the implicit reward; what is built on it stands next door."""

from __future__ import annotations

import torch

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import (
    DIFFERENCE,
    DIVIDED_LOGS,
    VERY_UNLIKELY,
    through_probabilities,
    unlikely_samples,
)
from ppo_lesson.maths import implicit_reward

_RESPONSES = {"log_prob": floats(-4.0, -2.5, -6.1), "ref_log_prob": floats(-3.2, -4.0, -5.9)}


def _drawn_responses(num_responses: int, seed: int, beta: float) -> Case:
    ref_log_prob = -4 - normal(seed, num_responses).abs()
    log_prob = ref_log_prob + 0.8 * normal(seed + 50, num_responses)
    inputs = {"log_prob": log_prob, "ref_log_prob": ref_log_prob, "beta": beta}
    return Case(inputs, f"{num_responses} responses")


def _case(label: str, log_prob: list[float], ref_log_prob: list[float], beta: float) -> Case:
    inputs = {"log_prob": floats(*log_prob), "ref_log_prob": floats(*ref_log_prob), "beta": beta}
    return Case(inputs, label)


def _no_change_no_reward(answer: Function) -> bool:
    log_prob = _RESPONSES["log_prob"]
    reward = answer(log_prob=log_prob, ref_log_prob=log_prob.clone(), beta=0.7)
    return agree(reward, torch.zeros(3))


def _twice_the_price_twice_the_reward(answer: Function) -> bool:
    return agree(answer(**_RESPONSES, beta=0.6), 2 * answer(**_RESPONSES, beta=0.3))


_LOGS = ("log_prob", "ref_log_prob")
_UNLIKELY = unlikely_samples(with_advantage=False)

IMPLICIT_REWARD = Exercise(
    id="implicit_reward",
    minutes=4,
    prompt=(
        "A policy is the optimum of *some* reward. Solve the optimum of RLHF for it: up to a "
        r"constant that all responses to a prompt share, $R = \beta\,(\log \pi - \log "
        r"\pi_\text{ref})$. Write this implicit reward of each response."
        "\n\n"
        "`log_prob` and `ref_log_prob` have the shape (N,): the log-probability of each whole "
        "response under the policy and under the reference. `beta` is a number above 0. Return a "
        "tensor of shape (N,). The gradient flows through `log_prob`; `ref_log_prob` comes without "
        "a graph."
    ),
    reference=implicit_reward,
    cases=(
        _case("one response, likelier than under the reference", [-2.0], [-3.5], 0.4),
        _case("one response, rarer than under the reference", [-5.0], [-4.2], 2.0),
        _case("two responses, beta is 1", [-1.0, -6.0], [-2.0, -5.5], 1.0),
        _drawn_responses(5, 11, 0.1),
        _drawn_responses(20, 12, 3.0),
        Case(
            dict(zip(_LOGS, _UNLIKELY.values(), strict=True)) | {"beta": 0.4}, VERY_UNLIKELY, True
        ),
    ),
    hints=(
        "A response that the policy likes more than the reference does must have been rewarded. "
        "By how much, if one nat costs beta?",
        "The log-ratio of each response, current over reference, times the price.",
        "Both are logarithms already, so the log-ratio is a difference. No exp, no mean.",
    ),
    mistakes=(
        Mistake(
            "The reference is missing: a response that everybody writes often would look "
            "rewarded. What counts is how far the policy has moved.",
            lambda log_prob, ref_log_prob, beta: beta * log_prob,
        ),
        Mistake(
            "The log-ratio is upside down: yours rewards what has become rarer.",
            lambda log_prob, ref_log_prob, beta: beta * (ref_log_prob - log_prob),
        ),
        Mistake(
            "You divided by beta. In the optimum the reward is divided by it, so solved for the "
            "reward it multiplies.",
            lambda log_prob, ref_log_prob, beta: (log_prob - ref_log_prob) / beta,
        ),
        Mistake(
            "Beta is left out: at a high price, a small move says as much as a long one at a low "
            "price.",
            lambda log_prob, ref_log_prob, beta: log_prob - ref_log_prob,
        ),
        Mistake(
            "You took the ratio of the probabilities. The reward is linear in its logarithm: leave "
            "out the exp.",
            lambda log_prob, ref_log_prob, beta: beta * torch.exp(log_prob - ref_log_prob),
        ),
        Mistake(
            "You took the difference of the probabilities. Take that of their logarithms.",
            lambda log_prob, ref_log_prob, beta: beta * (log_prob.exp() - ref_log_prob.exp()),
        ),
        Mistake(
            DIVIDED_LOGS,
            lambda log_prob, ref_log_prob, beta: beta * log_prob / ref_log_prob,
        ),
        Mistake(
            DIVIDED_LOGS,
            lambda log_prob, ref_log_prob, beta: beta * torch.log(log_prob / ref_log_prob),
        ),
        Mistake(
            "You returned one number. Every response has its own reward: (N,).",
            lambda log_prob, ref_log_prob, beta: beta * (log_prob - ref_log_prob).mean(),
        ),
        Mistake(
            "Beta multiplies the policy's part alone. Mind the brackets: it is the price of the "
            "whole log-ratio.",
            lambda log_prob, ref_log_prob, beta: beta * log_prob - ref_log_prob,
        ),
        Mistake(
            "The value is right, but no gradient comes back to log_prob. DPO learns through this "
            "reward: leave it in the graph.",
            lambda log_prob, ref_log_prob, beta: beta * (log_prob - ref_log_prob).detach(),
        ),
        *through_probabilities(implicit_reward, DIFFERENCE, _LOGS),
    ),
    wrt=("log_prob",),
    properties=(
        Property("Where the policy is the reference, every reward is 0.", _no_change_no_reward),
        Property(
            "At twice the price, the same policy has twice the reward.",
            _twice_the_price_twice_the_reward,
        ),
    ),
)
