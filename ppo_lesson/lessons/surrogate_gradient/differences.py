"""The exercise of notebook 04 that differentiates without a graph: central differences."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats
from ppo_lesson.maths import finite_difference_gradient

Scalar = Callable[[Tensor], Tensor]

# Thetas and steps are multiples of 1/16, where adding a step and taking it off again gives back
# theta to the last bit; in one case they are not, and only a saved theta restores it. The functions
# are not parabolas and the steps are wide: one-sided, central and exact slopes all differ.


def _exponential(theta: Tensor) -> Tensor:
    return theta.exp().sum()


def _sine(theta: Tensor) -> Tensor:
    return theta.sin().sum()


def _wave_times_growth(theta: Tensor) -> Tensor:
    return theta[0].sin() * theta[1].exp()


def _first_cubed(theta: Tensor) -> Tensor:
    return theta[0] ** 3 + theta[0]


def _log_sum_exp(theta: Tensor) -> Tensor:
    return theta.flatten().logsumexp(0)


def _cubes_and_a_product(theta: Tensor) -> Tensor:
    return (theta**3).sum() + (theta[0] * theta[1]).sum().sin()


def _shifts(theta: Tensor, step: float) -> list[Tensor]:
    units = torch.eye(theta.numel(), dtype=theta.dtype)
    return [step * unit.reshape(theta.shape) for unit in units]


def _like(theta: Tensor, slopes: list[Tensor]) -> Tensor:
    return torch.stack(slopes).reshape(theta.shape)


def _forward(function: Scalar, theta: Tensor, step: float) -> Tensor:
    here = function(theta)
    return _like(theta, [(function(theta + s) - here) / step for s in _shifts(theta, step)])


def _backward(function: Scalar, theta: Tensor, step: float) -> Tensor:
    here = function(theta)
    return _like(theta, [(here - function(theta - s)) / step for s in _shifts(theta, step)])


def _central(function: Scalar, theta: Tensor, step: float, factor: float) -> Tensor:
    rises = [function(theta + s) - function(theta - s) for s in _shifts(theta, step)]
    return factor * _like(theta, rises)


def _never_restored(function: Scalar, theta: Tensor, step: float) -> Tensor:
    gradient, flat = torch.empty_like(theta), theta.view(-1)
    for k in range(theta.numel()):
        flat[k] += step
        above = function(theta)
        flat[k] -= 2 * step
        gradient.view(-1)[k] = (above - function(theta)) / (2 * step)
    return gradient


def _one_tensor(function: Scalar, theta: Tensor, step: float) -> Tensor:
    flat = theta.view(-1)  # no copy, so that both points are theta itself
    for k in range(theta.numel()):
        flat[k] += step
        flat[k] -= step
    return torch.zeros_like(theta)


def _one_slope(function: Scalar, theta: Tensor, step: float) -> Tensor:
    return (function(theta + step) - function(theta - step)) / (2 * step)


def _all_together(function: Scalar, theta: Tensor, step: float) -> Tensor:
    return torch.full_like(theta, float(_one_slope(function, theta, step)))


def _exact(function: Scalar, theta: Tensor, step: float) -> Tensor:
    point = theta.clone().requires_grad_()
    return torch.autograd.grad(function(point), point)[0]


def _constants_do_not_matter(answer: Function) -> bool:
    theta = floats(0.5, -1.25)
    raised = answer(function=lambda x: _exponential(x) + 7, theta=theta, step=0.25)
    return agree(raised, answer(function=_exponential, theta=theta, step=0.25))


def _a_plane_has_its_own_slopes(answer: Function) -> bool:
    theta, slope = floats(0.5, -1.25), floats(3.0, -2.0)
    return agree(answer(function=lambda x: (slope * x).sum(), theta=theta, step=0.125), slope)


def _symmetry_gives_zero(answer: Function) -> bool:
    theta = floats(0.0, 0.0)
    return agree(answer(function=lambda x: x.cosh().sum(), theta=theta, step=0.25), theta)


_SAME_TENSOR = (
    "Every difference is zero: your points above and below theta are the same tensor. An "
    "assignment does not copy: use theta.clone() for each."
)
_ALL_AT_ONCE = (
    "You shifted all entries at once, which gives the slope in one diagonal direction. A gradient "
    "needs one entry moved at a time, while the others stay where they are."
)

FINITE_DIFFERENCE_GRADIENT = Exercise(
    id="finite_difference_gradient",
    minutes=8,
    prompt=(
        "Differentiate a function without autograd, by *central* differences, one entry of theta "
        r"at a time: $g_k = \big(f(\theta + h\, e_k) - f(\theta - h\, e_k)\big) \,/\, 2h$, where "
        r"$e_k$ is 1 in entry $k$ and 0 elsewhere and $h$ is `step`."
        "\n\n"
        "`function` takes a tensor like `theta` and returns a tensor of shape (). `theta` may have "
        "any shape, () and (2, 3) too. Return a tensor like `theta`, and leave `theta` as it was, "
        "to the last bit (adding a number and subtracting it again may round)."
    ),
    reference=finite_difference_gradient,
    cases=(
        Case(
            {"function": _exponential, "theta": floats(0.5).reshape(()), "step": 0.25},
            "f = exp, theta of shape ()",
        ),
        Case(
            {"function": _sine, "theta": floats(0.75), "step": 0.125},
            "f = sin, theta of shape (1,)",
        ),
        Case(
            {"function": _wave_times_growth, "theta": floats(0.5, -0.75), "step": 0.25},
            "f = sin(first) exp(second)",
        ),
        Case(
            {"function": _wave_times_growth, "theta": floats(0.1, 0.4), "step": 0.3},
            "f = sin(first) exp(second), numbers that rounding touches",
        ),
        Case(
            {"function": _first_cubed, "theta": floats(1.5, -0.5), "step": 0.125},
            "f = first^3 + first; nothing depends on the second entry",
        ),
        Case(
            {
                "function": _log_sum_exp,
                "theta": floats(0.25, -1.0, 1.5, 0.0, 0.75, -0.5).reshape(2, 3),
                "step": 0.25,
            },
            "f = log of the sum of exp, theta of shape (2, 3)",
        ),
        Case(
            {
                "function": _cubes_and_a_product,
                "theta": floats(1.0, -0.5, 0.25, 0.5, 1.25, -1.0).reshape(2, 3),
                "step": 0.0625,
            },
            "theta of shape (2, 3), a small step",
        ),
    ),
    hints=(
        "A slope is rise over run. Go one step up and one step down from theta: how long is the "
        "run?",
        "For each entry of theta: a copy with that entry raised by the step, a copy with it "
        "lowered, the difference of the two function values, divided by twice the step.",
        "Walk over k in range(theta.numel()). torch.zeros_like(theta) with entry k of its "
        ".view(-1) set to step is the shift; theta + shift and theta - shift are new tensors and "
        "leave theta alone.",
    ),
    mistakes=(
        Mistake(
            "You went one step forward only. A one-sided difference has an error of the order of "
            "the step; subtract the value one step back instead of the value at theta.",
            _forward,
        ),
        Mistake(
            "You went one step backward only. A one-sided difference has an error of the order of "
            "the step; start from the value one step forward instead of the value at theta.",
            _backward,
        ),
        Mistake(
            "Everything is twice too large: from theta - h to theta + h the run is 2h, not h.",
            lambda function, theta, step: _central(function, theta, step, 1 / step),
        ),
        Mistake(
            "You changed theta in place and did not put it back: the later slopes are taken at "
            "another point, and the caller's theta has changed. Work on a copy.",
            _never_restored,
        ),
        Mistake(
            "You divided by 2 and multiplied by the step: without brackets, x / 2 * h is "
            "(x / 2) * h. Divide by (2 * h).",
            lambda function, theta, step: _central(function, theta, step, step / 2),
        ),
        Mistake(_ALL_AT_ONCE, _all_together),
        Mistake(_ALL_AT_ONCE, _one_slope),
        Mistake(_SAME_TENSOR, lambda function, theta, step: torch.zeros_like(theta)),
        Mistake(_SAME_TENSOR, _one_tensor),
        Mistake(
            "The sign is wrong: the value one step up comes first, and the value one step down is "
            "subtracted from it.",
            lambda function, theta, step: _central(function, theta, step, -0.5 / step),
        ),
        Mistake(
            "This is the exact derivative, by autograd. The purpose is to check autograd against "
            "something independent: use function values only.",
            _exact,
        ),
        Mistake(
            "The numbers are right, but they lie in a row. Give the gradient the shape of theta.",
            lambda function, theta, step: _central(function, theta, step, 0.5 / step).reshape(-1),
        ),
        Mistake(
            "You divided by 2 but not by the step: this is half the rise, not the slope.",
            lambda function, theta, step: _central(function, theta, step, 0.5),
        ),
    ),
    properties=(
        Property(
            "Of a function that adds up multiples of the entries, the gradient is those multiples, "
            "whatever the step.",
            _a_plane_has_its_own_slopes,
        ),
        Property(
            "A constant that is added to the function does not change its gradient.",
            _constants_do_not_matter,
        ),
        Property(
            "Where a function is symmetric about theta, central differences give zero.",
            _symmetry_gives_zero,
        ),
    ),
)
