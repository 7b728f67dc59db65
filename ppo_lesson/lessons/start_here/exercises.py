"""What notebook 00 asks: one exercise to learn the tools, and whether the ground is firm."""

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
        "Write the expectation of a value: weigh the value $f_k$ of each outcome with its "
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
        "K outcomes that adds up is as right.",
    ),
    mistakes=(
        Mistake(
            "You averaged the values as if all outcomes were equally likely. Weigh each value with "
            "its probability.",
            lambda prob, value: value.mean(),
        ),
        Mistake(
            "You took the mean of the products, which divides by the number of outcomes. The "
            "probabilities are the weights already, and they sum to one: add the products up.",
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
            "You returned the value of the likeliest outcome. The expectation averages over all of "
            "them, and need not be a value that ever comes.",
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
            "An outcome's value raised by one raises the expectation by that outcome's "
            "probability.",
            _a_value_counts_its_probability,
        ),
    ),
)

PREDICT_ASSERT = Question(
    id="predict-assert-runs",
    prompt="The cell claims that the slope of x³ at x = 2 is 12. Does it run, or does it stop?",
    options=(
        Option(
            "it stops with an error: the slope is 8",
            "8 is the value of x³ at 2. The slope is 3x², and that is 12 at x = 2.",
        ),
        Option(
            "it runs, because 12 is right; with 13 it would stop",
            "3x² = 12 at x = 2. An assert lets true claims pass in silence and stops at "
            "false ones.",
            correct=True,
        ),
        Option(
            "it runs with any number: an assert only prints",
            "An assert prints nothing. It stops the cell where its claim is false, so that no "
            "false claim stays unnoticed.",
        ),
    ),
)

PREDICT_TIME = Question(
    id="predict-training-time",
    prompt="How long will training take on your machine, until the pole stands for all 500 steps?",
    options=(
        Option(
            "seconds",
            "It takes a few hundred gradient steps of two tiny networks, and PPO uses each "
            "sample several times.",
            correct=True,
        ),
        Option(
            "minutes",
            "Many published programs do take minutes. The task itself needs less: each sample is "
            "used several times, and the networks are tiny.",
        ),
        Option(
            "an hour",
            "That is what large networks take. Here a few hundred gradient steps of two tiny "
            "networks are enough.",
        ),
    ),
)

PROGRESSION = OpenQuestion(
    id="draw-the-progression",
    source="synthesis 2",
    prompt=(
        "Draw the way from the policy gradient to the need for PPO: one box for each idea, and on "
        "each arrow the reason why the next idea is needed."
    ),
    model_answer=(
        "Policy gradient → on-policy waste: the gradient is an expectation under the present "
        "policy, so each batch is good for one step and is then thrown away.\n\n"
        "On-policy waste → importance sampling: to use old samples again, weigh each with the "
        "probability that it has now over the one that it had when it was drawn.\n\n"
        "Importance sampling → surrogate: put that ratio in front of the advantage; the mean "
        "of r A has the policy gradient as its gradient at $\\theta_{old}$, so old data may be "
        "used for the first steps.\n\n"
        "Surrogate → ratio explosion: with many steps the policy leaves $\\theta_{old}$; the "
        "states are still those of the old policy (bias), and a few huge ratios rule the mean "
        "(variance).\n\n"
        "Ratio explosion → staying proximal: keep the new policy near the old one, with a KL "
        "penalty, a trust region or a clip.\n\n"
        "Staying proximal → PPO: several epochs of the clipped surrogate on each rollout, then "
        "a fresh rollout."
    ),
    rubric=(
        "The start has its reason: policy gradient is on-policy, so each sample is used once.",
        "Importance sampling leads to the surrogate, whose gradient is right at θ_old only.",
        "Far from θ_old it fails, by old states and by exploding ratios; so PPO stays near.",
    ),
)
