"""The solution of an exercise: what is shown of it, and the same as a cell that a check accepts."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from types import FunctionType, ModuleType
from typing import Any

from ppo_lesson.exercises.exercise import Exercise, Function
from ppo_lesson.exercises.standalone import import_line, is_plain, names_needed
from ppo_lesson.maths import arithmetic
from ppo_lesson.notebook.page import source_text


def solution_functions(exercise: Exercise) -> list[Function]:
    """List the package's own function, and those of its module and of arithmetic that it calls.

    What only checks the arguments is left out.
    """
    functions = [exercise.reference]
    for function in functions:  # grows while it is read
        for name in function.__code__.co_names:
            called = function.__globals__.get(name)
            if (
                inspect.isfunction(called)
                and called.__module__ in (exercise.reference.__module__, arithmetic.__name__)
                and not name.startswith(("check_", "_check_"))
                and called not in functions
            ):
                functions.append(called)
    return functions


def solution_as_written(exercise: Exercise) -> str:
    """Return the exercise's own solution as a learner would write it, or "" where it has none."""
    if not exercise.solution:
        return ""
    names = ", ".join(inspect.signature(exercise.reference).parameters)
    return f"def my_{exercise.id}({names}):\n    {exercise.solution}"


def solution_cell(exercise: Exercise) -> str:
    """Return lines that define ``my_ID``, with all that they need beside torch.

    They are what `show_solution` shows: the exercise's own solution, or else the package's function
    below those that it calls, without annotations and without the checks of arguments.
    """
    if exercise.solution:
        return solution_as_written(exercise)
    functions = solution_functions(exercise)
    texts = {function: _without_annotations(function) for function in functions}
    needs: dict[str, str] = {}
    for function, text in texts.items():
        for name in names_needed(text):
            value = function.__globals__.get(name, _NOTHING)
            if value not in functions and value is not _NOTHING:
                needs[name] = _line(name, value)
    own = f"def my_{exercise.id}("
    texts[exercise.reference] = texts[exercise.reference].replace(
        f"def {exercise.reference.__name__}(", own, 1
    )
    imports = sorted(line for line in needs.values() if line.startswith(("import ", "from ")))
    values = [line for line in needs.values() if line not in imports]
    blocks = ["\n".join(imports), "\n".join(values), *reversed(texts.values())]
    return "\n\n\n".join(block for block in blocks if block)


_NOTHING = object()


def _line(name: str, value: Any) -> str:
    """Write the line that makes a name of the package's function known in a notebook."""
    if isinstance(value, FunctionType) and vars(sys.modules[value.__module__]).get(name) is value:
        return f"from {value.__module__} import {name}"
    if isinstance(value, FunctionType | ModuleType) or not is_plain(value):
        return import_line(name, value)
    return f"{name} = {value!r}"


def _without_annotations(function: Function) -> str:
    """Return a function's source with the names of its arguments alone, and without its checks."""
    lines = textwrap.dedent(source_text(function, checks=False)).splitlines()
    definition = ast.parse("\n".join(lines)).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"function: expected a def, got {lines[0]!r}")
    arguments = ast.unparse(_bare(definition.args))
    lines[: definition.body[0].lineno - 1] = [f"def {definition.name}({arguments}):"]
    return "\n".join(lines)


def _bare(arguments: ast.arguments) -> ast.arguments:
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    return arguments
