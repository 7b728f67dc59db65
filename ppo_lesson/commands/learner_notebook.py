"""What a learner's notebook asks for, read off its cells: nothing is run, no file name counts.

An exercise is asked where its task, stub or check stands, and where the notebook is a copy of its
lesson. An answer is a cell that binds ``my_ID``, however Python binds names.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons import EXERCISES, LESSONS

FORMAT = 4  # of notebooks, as Jupyter writes them today
# Of check- and help- are cells of copies that learners took when an exercise was four cells.
CELL_ID = re.compile(r"(?:task|exercise|check|help)-(?P<slug>[\w-]+)")
# Of a cell that is not Python, for instance because a bracket is missing.
LOOKS_BOUND = re.compile(r"\bdef\s+(my_\w+)|^\s*(my_\w+)\s*[:=]", re.MULTILINE)

# Whoever calls these may bind any name; so may `%run`, and an import of *.
UNREAD = ("exec", "eval", "globals", "locals", "vars", "setattr", "push", "run_cell")


def read_cells(path: Path) -> list[dict[str, Any]]:
    """Read the cells of a notebook of any version; what does not matter here may be wrong in it.

    Raises:
        Exception: the file is no notebook; any kind, for whatever a learner handed in.
    """
    if path.exists() and not path.is_file():
        raise ValueError("it is not a file")
    text = path.read_bytes().decode("utf-8-sig")
    try:
        notebook = json.loads(text)
    except ValueError:
        notebook = {}
    if notebook.get("nbformat") != FORMAT:
        notebook = _of_other_format(text)
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    for cell in cells:
        source = cell.get("source")
        if isinstance(source, list):
            cell["source"] = "".join(source)
        elif not isinstance(source, str):
            raise ValueError("a cell has no source")
    return cells


def _of_other_format(text: str) -> dict[str, Any]:
    """Bring an older notebook to today's format, or raise what is wrong with the file."""
    import nbformat  # here, for that takes a second, and nearly every file does without

    # Not nbformat.read, which judges the file and complains of ids: only the cells matter here.
    return nbformat.convert(nbformat.reader.reads(text), FORMAT)


def asked(cells: list[dict[str, Any]]) -> list[str]:
    """List the exercises that the notebook asks for, in its order; then those that it has lost."""
    found: dict[str, None] = {}
    lessons: set[str] = set()
    for cell in cells:
        slug = CELL_ID.fullmatch(str(cell.get("id", "")))
        named = [slug["slug"].replace("-", "_")] if slug else []
        if cell.get("cell_type") == "code":
            names = _Names(cell["source"])
            named += [*names.bound, *names.checked]
            lessons |= names.lessons
        else:
            named += [e.id for e in EXERCISES.values() if e.prompt.strip() in cell["source"]]
        found |= dict.fromkeys(name for name in named if name in EXERCISES)
    ids = {str(cell.get("id", "")) for cell in cells}
    for notebook, lesson in LESSONS.items():
        if notebook in lessons or _is_copy(lesson, set(found), ids):
            found |= dict.fromkeys(exercise.id for exercise in lesson.exercises)
    return list(found)


def answers(cells: list[dict[str, Any]]) -> dict[str, int]:
    """Find the last code cell that binds ``my_ID`` of each exercise: id -> position."""
    return {
        exercise_id: position
        for position, cell in enumerate(cells)
        if cell.get("cell_type") == "code"
        for exercise_id in _Names(cell["source"]).bound
    }


def end_of_answers(cells: list[dict[str, Any]]) -> int:
    """Count the cells that are run for the answers: up to the last that binds one, or may.

    Where an answer stands in no cell, that are all: it may be bound as only running shows. So may
    a better one than the stub, in a cell below it whose text does not say what it binds.
    """
    bound = answers(cells)
    if set(asked(cells)) - set(bound):
        return len(cells)
    code = [k for k, cell in enumerate(cells) if cell.get("cell_type") == "code"]
    unread = [k for k in code if _Names(cells[k]["source"]).unread]
    return 1 + max([*bound.values(), *unread], default=-1)


def _is_copy(lesson: Lesson, found: set[str], cell_ids: set[str]) -> bool:
    """Tell whether more than half of a lesson's exercises, or of its questions, stand there."""
    questions = {question.id for question in lesson.asked}
    exercises = {exercise.id for exercise in lesson.exercises}
    seen = ((exercises, found), (questions, cell_ids))
    return any(2 * len(own & there) > len(own) for own, there in seen)


class _Names(ast.NodeVisitor):
    """What one cell of code binds and checks on its top level; names inside functions are local."""

    def __init__(self, source: str) -> None:
        self.names: list[str] = []
        self.checked: list[str] = []
        self.lessons: set[str] = set()
        self.unread = False
        self._read(source)

    def _read(self, source: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.visit(ast.parse(TransformerManager().transform_cell(source)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.names += [name for pair in LOOKS_BOUND.findall(source) for name in pair]

    @property
    def bound(self) -> list[str]:
        """The exercises that the cell answers."""
        ids = dict.fromkeys(n.removeprefix("my_") for n in self.names if n.startswith("my_"))
        return [exercise_id for exercise_id in ids if exercise_id in EXERCISES]

    def _visit_definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> None:
        self.names.append(node.name)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _visit_definition

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Stay outside."""

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.append(node.id)

    def visit_alias(self, node: ast.alias) -> None:
        self.unread |= node.name == "*"
        self.names.append(node.asname or node.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").startswith("ppo_lesson."):
            imported = [getattr(sys.modules.get(node.module or ""), a.name, 0) for a in node.names]
            self.lessons |= {value.notebook for value in imported if isinstance(value, Lesson)}
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if _last_name(node.value) == "LESSONS":
            self.lessons.add(_last_name(node))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = _last_name(node.func)
        self.unread |= called in UNREAD
        if called in ("run_cell_magic", "run_line_magic"):  # %time, %%capture and others hold code
            magic, *texts = [_last_name(argument) for argument in node.args]
            self.unread |= magic == "run"
            self._read(texts[-1] if texts else "")
        if called == "check":
            given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "exercise")]
            self.checked += [_last_name(argument).lower() for argument in given]
        self.generic_visit(node)


def _last_name(node: ast.AST) -> str:
    """Return NAME of ``NAME``, ``module.NAME`` and ``table["NAME"]``."""
    if isinstance(node, ast.Subscript):
        node = node.slice
    if isinstance(node, ast.Constant):
        return str(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
