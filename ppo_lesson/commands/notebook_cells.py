"""What the rules of notebooks look at: code cells, their outputs, what Python reads in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form
from ppo_lesson.exercises.exercise import Exercise

EXERCISE = "exercise-"  # begins the id of the cell that holds a stub
ASKING = {"ask", "predict", "show_progress"}
WHOLE = "notebook"  # the place of a fault that belongs to no single cell


class Fault(NamedTuple):
    """A broken rule: the id of the cell it stands in, and what is wrong, in a few words."""

    cell_id: str
    what: str


Faults = Iterator[Fault]


HEADING = re.compile(r"^(?P<signs>#+) +(?:\d+\. +)?(?P<title>.+?) *$", re.MULTILINE)
BLOCK_OF_CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


class Heading(NamedTuple):
    """A heading: 1 for the title of a notebook, 2 for a section, and so on; without its number."""

    level: int
    title: str


def headings(source: str) -> list[Heading]:
    """List the headings of a markdown cell."""
    found = HEADING.finditer(BLOCK_OF_CODE.sub("", source))
    return [Heading(len(heading["signs"]), heading["title"]) for heading in found]


def words(text: str) -> list[str]:
    """List what a reader reads as words; a formula counts by its parts between blanks."""
    return [word for word in text.split() if re.search(r"\w", word)]


def code_lines(source: str) -> int:
    """Count the lines that hold code: no blank ones, no comments alone on their line."""
    lines = [line.strip() for line in source.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def is_exercise(cell: NotebookNode) -> bool:
    """Tell whether a cell of code holds, or held, the stub of an exercise."""
    return cell.cell_type == "code" and cell.id.startswith(EXERCISE)


def exercise_of(cell: NotebookNode) -> Exercise | None:
    """Find the exercise that a cell of code asks for, by the cell's id."""
    from ppo_lesson.lessons import EXERCISES  # loads every lesson, which few who come here need

    name = cell.id.removeprefix(EXERCISE).replace("-", "_")
    return EXERCISES.get(name) if is_exercise(cell) else None


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """List the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_folded(cell: NotebookNode) -> bool:
    """Tell whether a code cell prepares or proves, and is folded."""
    return notebook_form.FOLDED in cell.metadata.get("tags", [])


def outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    """Yield each output with its cell."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            yield cell, output


def only_asks(cell: NotebookNode) -> bool:
    """Tell whether a cell holds calls that ask, or comments, and nothing else."""
    tree = parse(cell)
    return tree is not None and all(
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Call)
        and ast.unparse(line.value.func) in ASKING
        for line in tree.body
    )


def parse(cell: NotebookNode) -> ast.Module | None:
    """Read a cell as Python; None where it is none."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def nodes(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, ast.AST]]:
    """Yield every node of what Python reads, with its cell."""
    for cell in code_cells(notebook):
        for node in ast.walk(parse(cell) or ast.Module([], [])):
            yield cell, node
