"""The first cell of a notebook loads what the notebook begins with, and nothing that is heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat

import ppo_lesson.exercises
import ppo_lesson.lessons
import ppo_lesson.notebook
import ppo_lesson.training

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
# What figures, explorers, the pole in motion and statistics load when they are asked for.
HEAVY = {"matplotlib", "PIL", "vl_convert", "pygame", "scipy", "pandas"}
PROGRAM = f"""
import sys
for source in sys.argv[1:]:
    exec(source, {{}})
    print(sorted({HEAVY} & set(sys.modules)))
"""


def test_no_first_cell_loads_what_only_a_later_cell_asks_for() -> None:
    pages = [nbformat.read(path, as_version=4) for path in NOTEBOOKS]
    first = [next(cell.source for cell in page.cells if cell.cell_type == "code") for page in pages]
    assert len(first) >= 12
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *first], capture_output=True, text=True, check=True
    )
    loaded = dict(zip((path.name for path in NOTEBOOKS), done.stdout.splitlines(), strict=True))
    assert loaded == dict.fromkeys(loaded, "[]")


def test_what_comes_when_it_is_asked_for_is_in_the_windows_all_the_same() -> None:
    for window in (ppo_lesson.notebook, ppo_lesson.training):
        for name in window.__all__:
            assert getattr(window, name).__name__.rpartition(".")[2] == name
    assert not hasattr(ppo_lesson.notebook, "no_such_name")


def test_tab_finds_what_comes_when_it_is_asked_for_before_anything_is_loaded() -> None:
    for window in (ppo_lesson.exercises, ppo_lesson.lessons, ppo_lesson.notebook):
        assert set(window.__all__) <= set(dir(window))
        assert "__name__" in dir(window)
    found: dict[str, object] = {}
    exec("from ppo_lesson.lessons import *", found)
    assert {"EXERCISES", "LESSONS"} <= set(found)
