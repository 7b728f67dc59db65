"""What a right answer keeps to, one rule at a time.

A rule takes the exercise, a case, what the learner's function did and what the reference did. It
returns a sentence, or "" where it has nothing to object. The first objection is the verdict's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, fresh_inputs
from ppo_lesson.exercises.outcome import Outcome, same_gradient, same_value


def raises_nothing(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """The function must come to its end."""
    failure = outcome.failure
    if failure is None:
        return ""
    text = f": {failure.text.removesuffix('.')}" if failure.text else ""
    message = f"Your function raised {failure.name}{text}."
    return f"{message} It happened at: {failure.line}" if failure.line else message


def returns_right_kind(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """A tensor where the reference returns one; a number may come as a tensor of shape ()."""
    if outcome.kind == "None":
        return "Your function returned None. Is a `return` missing?"
    is_number = expected.kind == "a Python number"
    if is_number and isinstance(outcome.value, int | float) and not isinstance(outcome.value, bool):
        return ""
    if is_number and isinstance(outcome.value, Tensor) and outcome.value.ndim == 0:
        return "" if outcome.value.is_floating_point() else "Your function returned no real number."
    if outcome.kind == expected.kind:
        return ""
    return f"Your function returned {outcome.kind}; it should return {expected.kind}."


def has_right_shape(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """The shape, exactly: (N, 1) is not (N,)."""
    if not isinstance(expected.value, Tensor) or outcome.value.shape == expected.value.shape:
        return ""
    came, wanted = tuple(outcome.value.shape), tuple(expected.value.shape)
    return f"Your function returned the shape {came}; for this input it should be {wanted}."


def has_right_dtype(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """float64 or float32 where the reference has floats, booleans where it has booleans."""
    if not isinstance(expected.value, Tensor):
        return ""
    wanted = expected.value.dtype
    allowed = (torch.float64, torch.float32) if wanted.is_floating_point else (wanted,)
    if outcome.value.dtype in allowed:
        return ""
    name = str(outcome.value.dtype).removeprefix("torch.")
    return f"Your function returned the dtype {name}; {_dtype_words(wanted)} are asked for."


def leaves_inputs_alone(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """No argument may be changed in place: the caller goes on using it."""
    if not outcome.changed:
        return ""
    return f"Your function changes {', '.join(outcome.changed)} in place. Work on a copy."


def leaves_globals_alone(
    exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome
) -> str:
    """No global state may be changed, random states included."""
    if not outcome.touched:
        return ""
    what = ", ".join(outcome.touched)
    hint = " (it draws random numbers, or sets a seed)" if "random state" in what else ""
    return f"Your function changes {what}{hint}. It was put back; a formula changes nothing."


def is_finite(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """No NaN and no infinity where the right answer has none."""
    for name, test in (("NaN", torch.isnan), ("infinity", torch.isinf)):
        if _holds(outcome.value, test) and not _holds(expected.value, test):
            return f"Your function returned {name}. Which step makes it?"
    return ""


def has_right_value(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """The numbers."""
    if same_value(outcome.value, expected.value, exercise.tolerance):
        return ""
    if outcome.returned_input:
        return f"Your function returned its argument {outcome.returned_input} as it came."
    return "Your function runs, but its value is not the right one."


def has_right_gradient(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """The gradient reaches what it should, and is the right one there; edges ask for values."""
    for name in () if case.edge else exercise.wrt:
        came, wanted = outcome.gradients[name], expected.gradients[name]
        if same_gradient(came, wanted, outcome.value, exercise.tolerance):
            continue
        if came is None:
            return (
                f"The value is right, but it has no gradient with respect to {name}: it was lost "
                "on the way, as by .detach(), .item(), float() or torch.no_grad()."
            )
        return f"The value is right, but its gradient with respect to {name} is not."
    return ""


def spares_constants(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """No gradient flows into what counts as a constant."""
    for name in exercise.constants:
        gradient = outcome.gradients[name]
        if gradient is not None and torch.any(gradient != 0):
            return (
                f"The value is right, but a gradient flows into {name}, which is a constant here."
            )
    return ""


def meets_no_objection(exercise: Exercise, case: Case, outcome: Outcome, expected: Outcome) -> str:
    """Where many answers are right, the exercise itself decides."""
    assert exercise.objection is not None
    if outcome.value is None and outcome.kind != "None":
        return f"Your function returned {outcome.kind}, which is not what was asked for."
    try:
        return exercise.objection(fresh_inputs(case.inputs), outcome.value)
    except Exception:  # an output of a kind that its author did not think of
        return f"Your function returned {outcome.kind} of a form that was not asked for."


Rule = Callable[[Exercise, Case, Outcome, Outcome], str]
ALL: tuple[Rule, ...] = (
    raises_nothing,
    returns_right_kind,
    has_right_shape,
    has_right_dtype,
    leaves_inputs_alone,
    leaves_globals_alone,
    is_finite,
    has_right_value,
    has_right_gradient,
    spares_constants,
)
WHERE_MANY_ARE_RIGHT: tuple[Rule, ...] = (
    raises_nothing,
    leaves_inputs_alone,
    leaves_globals_alone,
    meets_no_objection,
)


def objections(
    exercise: Exercise, cases: Sequence[Case], came: Sequence[Outcome], expected: Sequence[Outcome]
) -> list[str]:
    """Return, for each case, the first objection to what came, or ""."""
    applied = WHERE_MANY_ARE_RIGHT if exercise.objection else ALL
    return [
        next(filter(None, (rule(exercise, case, one, other) for rule in applied)), "")
        for case, one, other in zip(cases, came, expected, strict=True)
    ]


def _holds(value: Any, test: Callable[[Tensor], Tensor]) -> bool:
    if isinstance(value, float):
        value = torch.tensor(value)
    return isinstance(value, Tensor) and bool(test(value).any())


def _dtype_words(dtype: torch.dtype) -> str:
    if dtype.is_floating_point:
        return "floating point numbers (float64)"
    return "booleans" if dtype == torch.bool else "integers"
