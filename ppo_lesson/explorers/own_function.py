"""Calling a learner's own function for a picture: whatever it does, a sentence or numbers come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.exercises import guard
from ppo_lesson.exercises.exercise import fresh_inputs
from ppo_lesson.exercises.outcome import describe_kind, failure_of
from ppo_lesson.exercises.trial import NOT_STARTED
from ppo_lesson.exercises.verdict import framed, safe_text, with_code

TIME_LIMIT = 5.0
"""Seconds that all calls for one picture may take together."""


@dataclass(frozen=True)
class Trouble:
    """Stands in the place of a picture and says why there is none; shows itself."""

    sentence: str

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return framed("bad", with_code(self.sentence))


def tabulate(
    function: Callable[..., Any],
    calls: Sequence[Mapping[str, Any]],
    places: Sequence[str],
    shape: tuple[int, ...],
    *,
    time_limit: float = TIME_LIMIT,
) -> list[Tensor] | Trouble:
    """Call a learner's function with each of the inputs, and keep the numbers.

    Args:
        function: whatever the learner gave us.
        calls: arguments of each call, by name; the function gets clones.
        places: what to call each of the calls in a sentence: "ratio 0.5".
        shape: of the tensor that each call has to return.
        time_limit: seconds for all calls together.

    Returns:
        One detached float64 tensor per call, or the sentence that tells what went wrong first.
    """
    if not callable(function):
        return Trouble(
            f"This is not a function but {describe_kind(function)}, so there is nothing to draw."
        )
    reached = 0

    def work() -> list[Tensor] | Trouble:
        nonlocal reached
        found = []
        for reached, inputs in enumerate(calls):
            try:
                output = function(**fresh_inputs(inputs))
                found.append(_checked(output, shape, places[reached]))
            except guard.Stopped:
                raise
            except _NotDrawnError as problem:
                return Trouble(str(problem))
            except BaseException as error:  # a learner's code may raise whatever it likes
                return _raised(error, places[reached])
        return found

    try:
        return guard.run(work, time_limit)
    except guard.TimeLimitError:
        return Trouble(
            f"Your function was still running after {time_limit:g} seconds, at {places[reached]}: "
            "is there a loop that never ends?"
        )


class _NotDrawnError(Exception):
    """A returned value that cannot be drawn; its text is the sentence."""


def _checked(output: Any, shape: tuple[int, ...], place: str) -> Tensor:
    kind = describe_kind(output)
    if isinstance(output, Tensor) and output.is_complex():
        kind = "complex numbers"
    if kind != "a tensor":  # some that are tensors hold no numbers that can be drawn
        raise _NotDrawnError(
            f"Your function returned {kind} at {place}; a tensor of shape {shape} is drawn."
        )
    found = output.detach().to(torch.float64).as_subclass(Tensor).clone()  # type: ignore[arg-type]
    if tuple(found.shape) != shape:
        raise _NotDrawnError(
            f"Your function returned a tensor of shape {tuple(found.shape)} at {place}; "
            f"one of shape {shape} is drawn."
        )
    if not found.isfinite().all():
        bad = found[~found.isfinite()].flatten()[0].item()
        raise _NotDrawnError(f"Your function returned {bad} at {place}, which no picture can show.")
    return found


def _raised(error: BaseException, place: str) -> Trouble:
    if failure_of(error).is_stub:
        return Trouble(NOT_STARTED)
    text = safe_text(error)
    return Trouble(
        f"Your function raised {type(error).__name__} at {place}{f': {text}' if text else '.'}"
    )
