"""What a function did with one input, and whether two functions did the same.

An `Outcome` holds plain facts only: whatever a learner's object does when it is looked at, it does
it here, inside the guard.
"""

from __future__ import annotations

import dis
import inspect
import itertools
import linecache
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, fresh_inputs
from ppo_lesson.exercises.global_state import GlobalState
from ppo_lesson.exercises.guard import Stopped
from ppo_lesson.exercises.verdict import safe_text

FLOAT32_TOLERANCE = 1e-4
NOT_LEARNERS = ("torch", "numpy", "ppo_lesson")  # whose lines are not what a learner wrote
MOST_ITEMS = 10_000  # of what a generator yields


@dataclass(frozen=True)
class Failure:
    """An exception, as text: its type, what it says, and the learner's line that raised it."""

    name: str
    text: str
    line: str
    is_stub: bool


@dataclass
class Outcome:
    """What came of one call.

    Attributes:
        failure: the exception that was raised, if one was.
        value: the output with every tensor detached; a generator's output as a list.
        kind: what the output is, in words: "a tensor", "a list", "None" ...
        gradients: argument name -> gradient of the weighted sum of the output, None where the
            output does not depend on it; only of the arguments that were asked for.
        changed: names of the inputs that the call changed.
        touched: global state that the call changed, in words.
        returned_input: name of the argument that was returned as it is, or "".
    """

    failure: Failure | None = None
    value: Any = None
    kind: str = ""
    gradients: dict[str, Tensor | None] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    returned_input: str = ""

    @property
    def is_stub(self) -> bool:
        """Tell whether the call ended at a ``raise NotImplementedError`` that somebody wrote."""
        return self.failure is not None and self.failure.is_stub


def observe(function: Function, case: Case, exercise: Exercise) -> Outcome:
    """Call the function on clones of the case's inputs and write down what happened."""
    watched = (*exercise.wrt, *exercise.constants)
    inputs = fresh_inputs(case.inputs, watched)
    outcome = Outcome()
    state = GlobalState()
    try:
        output = exercise.call(function, inputs)
        if isinstance(output, Iterator):
            output = list(itertools.islice(output, MOST_ITEMS))
        outcome.kind = describe_kind(output)
        outcome.returned_input = next((k for k, v in inputs.items() if v is output), "")
        outcome.value = _plain(output)
        outcome.touched = state.restore()
        outcome.gradients = _gradients(output, {name: inputs[name] for name in watched})
        outcome.changed = [
            name
            for name, before in case.inputs.items()
            if not _unchanged(inputs[name], before, name in watched)
        ]
    except Stopped:
        raise  # too late to put anything back: the kernel has gone on
    except BaseException as error:
        outcome.failure = failure_of(error)
        outcome.touched = state.restore()
    return outcome


def observe_all(function: Function, cases: Iterable[Case], exercise: Exercise) -> list[Outcome]:
    """Do the same with every one of the inputs."""
    return [observe(function, case, exercise) for case in cases]


def on_copies(function: Function) -> Function:
    """Wrap a function so that it cannot change the tensors it takes; gradients reach them still.

    A generator is passed on as it is: drawing from it is what it is for.
    """

    def copy(value: Any) -> Any:
        return value.clone() if isinstance(value, Tensor) else value

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*map(copy, args), **{name: copy(value) for name, value in kwargs.items()})

    return call


def same_outcome(
    one: Outcome, other: Outcome, tolerance: float, gradients: Collection[str] | None = None
) -> bool:
    """Tell whether two calls did the same: output, side effects, and gradients to the named."""
    if one.failure is not None or other.failure is not None:
        names = [outcome.failure.name if outcome.failure else "" for outcome in (one, other)]
        return names[0] == names[1]
    return (
        (one.value is not None or one.kind == other.kind)
        and one.changed == other.changed
        and one.touched == other.touched
        and same_value(one.value, other.value, tolerance)
        and all(
            same_gradient(one.gradients[name], other.gradients[name], one.value, tolerance)
            for name in (other.gradients if gradients is None else gradients)
        )
    )


def same_value(one: Any, other: Any, tolerance: float) -> bool:
    """Tell whether two outputs are equal, to the precision of the first; NaN equals NaN."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.shape != other.shape or one.is_floating_point() != other.is_floating_point():
            return False
        if not one.is_floating_point():
            return torch.equal(one, other)
        return _close(one, other, tolerance)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            same_value(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if _is_number(one) and _is_number(other):
        return _close(_as_tensor(one), _as_tensor(other), tolerance)
    return type(one) is type(other) and one == other


def same_gradient(one: Tensor | None, other: Tensor | None, value: Any, tolerance: float) -> bool:
    """Tell whether two gradients are equal, to the precision that the value came with.

    None and zeros are: a loop over samples leaves out those that have no gradient.
    """
    if one is None or other is None:
        rest = other if one is None else one
        return rest is None or not torch.any(rest)
    if isinstance(value, Tensor) and value.dtype == torch.float32:
        tolerance = max(tolerance, FLOAT32_TOLERANCE)
    return _close(one, other, tolerance)


def describe_kind(value: Any) -> str:
    """Say in words what a value is."""
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return _kind_of_tensor(value)
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    if inspect.iscoroutine(value):
        value.close()
        return "a coroutine (is it an async function?)"
    if isinstance(value, bool):
        return "a Python bool"
    if isinstance(value, int | float | complex):
        return "a Python number"
    if callable(value):
        return "a function"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _kind_of_tensor(tensor: Tensor) -> str:
    if tensor.layout != torch.strided:
        return "a sparse tensor"
    if tensor.is_quantized:
        return "a quantised tensor"
    return "a tensor without numbers" if tensor.device.type == "meta" else "a tensor"


def failure_of(error: BaseException) -> Failure:
    """Write an exception down; torch's own NotImplementedError is no stub."""
    line, raised_here, module = "", False, ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        module = str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]
        if module not in NOT_LEARNERS:
            line = linecache.getline(code.co_filename, trace.tb_lineno).strip() or line
        raised_here = dis.opname[code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"
        trace = trace.tb_next
    is_stub = type(error) is NotImplementedError and raised_here and module not in NOT_LEARNERS
    return Failure(type(error).__name__, safe_text(error), line, is_stub)


def _unchanged(value: Any, before: Any, watched: bool) -> bool:
    if not isinstance(before, Tensor):
        return True
    if value.requires_grad != watched or value.shape != before.shape:
        return False
    # NaN, which an edge may hold, equals nothing.
    both_nan = value.detach().isnan() & before.isnan()
    return value.dtype == before.dtype and bool(((value.detach() == before) | both_nan).all())


def _plain(output: Any) -> Any:
    """Keep the numbers and nothing that lives: no graph, no subclass, no surprises."""
    if isinstance(output, Tensor):
        if describe_kind(output) != "a tensor":
            return None
        return output.detach().as_subclass(Tensor).cpu().clone()  # type: ignore[arg-type]
    if isinstance(output, list | tuple):
        return [_plain(item) for item in output]
    return output if isinstance(output, str) or _is_number(output) else None


def _gradients(output: Any, inputs: Mapping[str, Tensor]) -> dict[str, Tensor | None]:
    if not inputs:
        return {}
    if not (isinstance(output, Tensor) and output.requires_grad):
        return dict.fromkeys(inputs)
    # Different weights for different entries: a plain sum would hide a permuted output.
    weights = torch.linspace(1, 2, output.numel(), dtype=output.dtype).reshape(output.shape)
    try:
        total = (output * weights).sum()
        # An answer may have switched the gradient of an argument off: that is no path to it.
        live = {name: value for name, value in inputs.items() if value.requires_grad}
        gradients = torch.autograd.grad(total, list(live.values()), allow_unused=True)
    except RuntimeError:  # the graph was used up, or an input was changed that it still needs
        return dict.fromkeys(inputs)
    return dict.fromkeys(inputs) | dict(zip(live, gradients, strict=True))


def _close(one: Tensor, other: Tensor, tolerance: float) -> bool:
    if one.shape != other.shape:
        return False
    if torch.float32 in (one.dtype, other.dtype):
        tolerance = max(tolerance, FLOAT32_TOLERANCE)
    one, other = one.double(), other.double()
    finite = other[other.isfinite()]
    scale = max(1.0, finite.abs().max().item()) if finite.numel() else 1.0
    return torch.allclose(one, other, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.ndim == 0)


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)
