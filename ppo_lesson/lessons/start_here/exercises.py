"""What notebook 00 asks: one exercise and one prediction to learn the tools, and the map."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.exercises.questions import OpenQuestion, Option, Question
from ppo_lesson.lessons.inputs import floats
from ppo_lesson.maths.shapes import check_floats


def expectation(prob: Tensor, value: Tensor) -> Tensor:
    """Average the value of each outcome, weighted by its probability.

    E_p[f] = sum_k p_k f_k

    Args:
        prob: (K,) probability of each outcome; they sum to one.
        value: (K,) value f of each outcome.

    Returns:
        () the expectation, in units of value.

    Raises:
        ValueError: shapes differ or are not (K,).

    Source: Sutton and Barto (2018), Reinforcement learning, summary of notation.
    """
    check_floats("K", prob=prob, value=value)
    return (prob * value).sum()


def _random_case(seed: int, size: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    prob = torch.softmax(torch.randn(size, generator=generator, dtype=torch.float64), 0)
    value = 3 * torch.randn(size, generator=generator, dtype=torch.float64) + 1
    return Case({"prob": prob, "value": value}, f"{size} outcomes")


def _constant_gives_the_constant(answer: Function) -> bool:
    prob = floats(0.1, 0.6, 0.3)
    value = torch.full_like(prob, -2.5)
    return abs(float(answer(prob=prob, value=value)) + 2.5) < 1e-5


def _a_value_counts_its_probability(answer: Function) -> bool:
    prob, value = floats(0.1, 0.6, 0.3), floats(4.0, -1.0, 2.0)
    raised = answer(prob=prob, value=value + floats(0.0, 0.0, 1.0))
    return abs(float(raised) - float(answer(prob=prob, value=value)) - 0.3) < 1e-4


EXPECTATION = Exercise(
    id="expectation",
    minutes=5,
    prompt=(
        "Write the expectation of a value: weight the value $f_k$ of each outcome by its "
        "probability $p_k$ and add up.\n\n"
        "`prob` and `value` have the shape `(K,)`, one entry per outcome; the probabilities sum "
        "to one. Return a tensor of shape `()`."
    ),
    reference=expectation,
    cases=(
        Case({"prob": floats(0.25, 0.75), "value": floats(8.0, -2.0)}, "two outcomes"),
        Case({"prob": floats(0.5, 0.2, 0.3), "value": floats(1.0, 0.0, 6.0)}, "three outcomes"),
        Case(
            {"prob": floats(0.0, 0.9, 0.1), "value": floats(50.0, 2.0, -3.0)},
            "an outcome that never comes",
        ),
        _random_case(1, 6),
        _random_case(2, 20),
    ),
    hints=(
        "A rare outcome must count less than a frequent one. What is the weight of an outcome?",
        "One product per outcome, p times f, and then the sum of all the products.",
        "Multiply the two tensors entry by entry, and call .sum() on the result. A loop over the "
        "K outcomes works too.",
    ),
    mistakes=(
        Mistake(
            "You averaged the values as if all outcomes were equally likely. Weight each value by "
            "its probability.",
            lambda prob, value: value.mean(),
        ),
        Mistake(
            "You took the mean of the products, which divides by the number of outcomes. The "
            "probabilities are already the weights, and they sum to one: add the products up.",
            lambda prob, value: (prob * value).mean(),
        ),
        Mistake(
            "You returned one product per outcome. The expectation is one number, their sum.",
            lambda prob, value: prob * value,
        ),
        Mistake(
            "You added up the probabilities, which gives 1 for every distribution. The values "
            "are missing.",
            lambda prob, value: prob.sum(),
        ),
        Mistake(
            "You added up the values. Without the probabilities a rare outcome counts as much as "
            "a frequent one.",
            lambda prob, value: value.sum(),
        ),
        Mistake(
            "Only the first outcome is in your answer. If you wrote a loop, is the return inside "
            "it?",
            lambda prob, value: (prob * value)[0],
        ),
        Mistake(
            "You returned the value of the likeliest outcome. The expectation averages over all of "
            "them, and need not be one of the values.",
            lambda prob, value: value[prob.argmax()],
        ),
    ),
    properties=(
        Property(
            "Where all outcomes have the same value, the expectation is that value, whatever the "
            "probabilities.",
            _constant_gives_the_constant,
        ),
        Property(
            "Raising the value of one outcome by one raises the expectation by that outcome's "
            "probability.",
            _a_value_counts_its_probability,
        ),
    ),
)

PREDICT_PRACTICE = Question(
    id="predict-practice",
    prompt=(
        "PPO practises on 32 carts side by side, at 50 pushes a second. Added up over all carts, "
        "how much practice does it need until the mean return first passes 475?"
    ),
    options=(
        Option(
            "a few minutes",
            "The curve first passes 475 after about 12,000 steps of 0.02 seconds: four minutes.",
            correct=True,
        ),
        Option(
            "a few hours",
            "It is less: about 12,000 steps of 0.02 seconds. One hour would be 180,000 steps.",
        ),
        Option(
            "a few days, since it starts from random weights",
            "The weights are random at first, and still about 12,000 steps of 0.02 seconds were "
            "enough: four minutes.",
        ),
    ),
)

PROGRESSION = OpenQuestion(
    id="draw-the-progression",
    source="synthesis 2",
    prompt=(
        "Draw the way from the policy gradient to PPO: one box for each idea or problem, and on "
        "each arrow the reason why the next box is needed."
    ),
    model_answer=(
        "Policy gradient → on-policy waste: the gradient is an expectation under the current "
        "policy, so each batch serves one step and is then thrown away.\n\n"
        "On-policy waste → importance sampling: to use old samples again, weight each by its "
        "probability now over its probability when it was drawn.\n\n"
        "Importance sampling → surrogate: multiply the advantage by that ratio, r. At "
        "$\\theta_{old}$ the mean of r A has the gradient of the true objective, so old data may "
        "be used for a small step.\n\n"
        "Surrogate → old states: the states are still those of the old policy. This is a bias: "
        "the surrogate can promise a gain while the true return falls.\n\n"
        "Surrogate → ratio explosion: far from $\\theta_{old}$ a few large ratios can rule the "
        "mean. This is variance.\n\n"
        "Both dangers → staying proximal: keep the new policy near the old one, with a KL "
        "penalty, a trust region or a clip.\n\n"
        "Staying proximal → PPO: several epochs of the clipped surrogate on each batch, then "
        "a fresh batch."
    ),
    rubric=(
        "The first arrow has its reason: the policy gradient is on-policy, so each batch serves "
        "one step.",
        "Importance sampling leads to the surrogate, whose gradient is exact at θ_old.",
        "Two dangers are kept apart: old states (bias) and ratio explosion (variance).",
    ),
)
