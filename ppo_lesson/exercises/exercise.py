"""What an exercise is: a value that says what to write, how to test it and which slips to name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.exercises.questions import OpenQuestion, Question

Function = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One input that an answer is tried on.

    Attributes:
        inputs: argument name -> value; tensors are cloned for every call.
        label: what is special about it, in words that a learner reads.
        edge: True where only the careful are right; the label completes "it breaks where ...".
    """

    inputs: Mapping[str, Any]
    label: str = ""
    edge: bool = False


def fresh_inputs(inputs: Mapping[str, Any], watched: tuple[str, ...] = ()) -> dict[str, Any]:
    """Clone the inputs; the watched ones require a gradient."""
    return {
        name: _clone(value).requires_grad_() if name in watched else _clone(value)
        for name, value in inputs.items()
    }


def _clone(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, torch.Generator):
        return value.clone_state()
    return value


@dataclass(frozen=True)
class Mistake:
    """A known slip: the wrong function, and the sentence for a learner who wrote it."""

    sentence: str
    answer: Function


@dataclass(frozen=True)
class Property:
    """An identity that every right answer has; its sentence is read by those who break it."""

    sentence: str
    holds: Callable[[Function], bool]


@dataclass(frozen=True)
class Exercise:
    """A function for the learner to write, and everything that `check` needs to judge it.

    Attributes:
        id: the pinned name of the function.
        prompt: markdown, what to write and the conventions that matter.
        reference: the package's own function; its signature is the exercise's, its source the
            solution.
        cases: inputs of several sizes that reach every branch.
        hints: three, from the idea to almost the code.
        mistakes: slips that are recognised and named.
        wrt: arguments that the gradient must reach, as it does in the reference.
        constants: arguments that no gradient may reach.
        properties: identities to name where no mistake is recognised; where many answers are right
            they are rules: an answer that breaks one is wrong.
        alternatives: functions of other conventions, as right as the reference.
        objection: where many answers are right: takes the inputs and the output, returns what is
            wrong with it, or "". Values are then not compared with the reference.
        play: for an answer that works in place: takes the answer and a case's inputs, makes the
            arguments that they describe, calls, and returns what is left behind, which is compared.
        tolerance: relative difference that still counts as equal.
        minutes: how long a learner takes, as its notebook says.
        solution: body of the function as a learner would write it, where the reference has guards
            that hide the idea; `show_solution` begins with it.
        solved: what a right answer is told, where the usual sentence does not fit.
    """

    id: str
    prompt: str
    reference: Function
    cases: tuple[Case, ...]
    hints: tuple[str, str, str]
    mistakes: tuple[Mistake, ...]
    wrt: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    properties: tuple[Property, ...] = ()
    alternatives: tuple[Function, ...] = ()
    objection: Callable[[Mapping[str, Any], Any], str] | None = None
    play: Callable[..., Any] | None = None
    tolerance: float = 1e-6
    minutes: float = 5
    solution: str = ""
    solved: str = ""

    def __post_init__(self) -> None:
        """Check what a slip in a lesson would turn into a wrong verdict.

        Raises:
            ValueError: a case has other inputs than the reference or `play`, a watched argument is
                no floating point tensor, a tensor of floats is not float64, or an edge has no
                label.
        """
        names = set(self.input_names)
        for case in self.cases:
            if set(case.inputs) != names:
                raise ValueError(f"{self.id}: expected the inputs {names}, got {set(case.inputs)}")
            if case.edge and not case.label:
                raise ValueError(f"{self.id}: an edge needs a label that says where it breaks")
            floats = {
                name: value.dtype
                for name, value in case.inputs.items()
                if isinstance(value, Tensor) and value.is_floating_point()
            }
            if set(floats.values()) - {torch.float64}:
                raise ValueError(f"{self.id}: expected float64, got {floats}")
            if not {*self.wrt, *self.constants} <= set(floats):
                raise ValueError(
                    f"{self.id}: wrt and constants name float tensors, got "
                    f"{self.wrt + self.constants}"
                )

    @property
    def input_names(self) -> tuple[str, ...]:
        """Name what a case holds: the reference's arguments, or what `play` makes them from."""
        if self.play is None:
            return tuple(inspect.signature(self.reference).parameters)
        return tuple(inspect.signature(self.play).parameters)[1:]

    def call(self, function: Function, inputs: Mapping[str, Any]) -> Any:
        """Call a function as the exercise does; return what is judged."""
        return function(**inputs) if self.play is None else self.play(function, **inputs)


@dataclass(frozen=True)
class Lesson:
    """What one notebook asks."""

    notebook: str
    exercises: tuple[Exercise, ...] = ()
    questions: tuple[Question, ...] = ()
    predictions: tuple[Question, ...] = ()
    open_questions: tuple[OpenQuestion, ...] = ()

    @property
    def asked(self) -> tuple[Question | OpenQuestion, ...]:
        """All questions, of whatever kind."""
        return (*self.questions, *self.predictions, *self.open_questions)
