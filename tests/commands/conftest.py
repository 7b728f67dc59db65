"""A small course, as a wheel installs it, and a working folder of a learner."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson import files
from ppo_lesson.commands import notebook_form

STUB = '''def my_gae(reward):
    """Take rewards; return advantages."""
    raise NotImplementedError


# Stuck? hint(lesson.GAE), show_solution(lesson.GAE)
check(lesson.GAE, my_gae)'''
CELLS = {
    "title": "# A lesson",
    "setup": "from ppo_lesson.notebook import setup",
    "reading": "2 + 2",
    "exercise-gae": STUB,
    "known": "## What you now know",
}


def cells(sources: dict[str, str]) -> list[NotebookNode]:
    """Make cells: id -> source; what begins with # and a blank is markdown."""
    return [
        (new_markdown_cell if source.startswith(("# A", "##")) else new_code_cell)(source, id=id)
        for id, source in sources.items()
    ]


class Course:
    """The course's notebooks, and its next versions; a learner's copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("00_start", CELLS)
        self.write("01_gradient", CELLS | {"reading": "3 + 3"})

    def write(self, name: str, sources: dict[str, str]) -> Path:
        """Write a notebook of the course, or a new version of it."""
        path = self.folder / f"{name}.ipynb"
        notebook_form.write(new_notebook(cells=cells(sources)), path)
        return path

    @staticmethod
    def edit(path: Path, sources: dict[str, str], at: int | None = None) -> Path:
        """Write into cells of a learner's copy, as JupyterLab does; others are added at a place."""
        notebook = nbformat.read(path, 4)
        there = {cell.id: cell for cell in notebook.cells}
        for id, source in sources.items():
            if id in there:
                there[id].source = source
            else:
                place = len(notebook.cells) if at is None else at
                notebook.cells.insert(place, new_code_cell(source, id=id))
        nbformat.write(notebook, path)
        return path

    @staticmethod
    def sources(path: Path) -> dict[str, str]:
        """Read a notebook: id -> source, in order."""
        return {cell.id: cell.source for cell in nbformat.read(path, 4).cells}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Install a course of two notebooks; the working folder is an empty one beside it."""
    package = tmp_path / "site-packages" / "ppo_lesson"
    (package / "course").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(files, "PACKAGE", package)
    monkeypatch.chdir(tmp_path / "work")
    return Course(package / "course")
