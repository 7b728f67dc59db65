"""An exercise with two edges and three slips, for tests of how answers are judged."""

from __future__ import annotations

import torch

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Mistake, Property


def floats(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def naive(log_weight):
    weight = log_weight.exp()
    return weight.sum() ** 2 / weight.square().sum()


def clamped(log_weight):
    return naive(log_weight.clamp(-300, 300))


EXERCISE = Exercise(
    id="effective_sample_size",
    prompt="",
    reference=maths.effective_sample_size,
    cases=(
        Case({"log_weight": floats(0.3, -0.5, 1.1, 0.2)}),
        Case({"log_weight": floats(0.4, -0.2)}, "two samples"),
        Case({"log_weight": floats(800.5, 799.0)}, "log weights are large", edge=True),
        Case({"log_weight": floats(-800.5, -799.0)}, "log weights are small", edge=True),
    ),
    hints=("", "", ""),
    mistakes=(
        Mistake("You clamped.", clamped),
        Mistake("You took exp at once.", naive),
        Mistake("You returned a share.", lambda log_weight: naive(log_weight) / len(log_weight)),
    ),
    properties=(
        Property(
            "Equal weights count every sample.",
            lambda f: abs(f(log_weight=floats(1, 1)) - 2) < 1e-6,
        ),
    ),
)
