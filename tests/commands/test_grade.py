"""``grade`` reports a verdict per exercise, whatever a learner's notebook does."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import nbformat
import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands.grade import Grade, grade

RIGHT = """\
def my_importance_weights(log_target, log_proposal):
    return (log_target - log_proposal).exp()"""
WRONG = """\
def my_importance_estimate(value, weight):
    return (value * weight).sum()"""
STUB = """\
def my_self_normalised_estimate(value, log_weight):
    raise NotImplementedError"""


def _notebook(folder: Path, *sources: str, name: str = "copy.ipynb") -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = folder / name
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def _statuses(grades: list[Grade]) -> dict[str, str]:
    return {row.exercise: row.status for row in grades}


@pytest.mark.slow
def test_every_exercise_gets_its_verdict_and_failing_cells_are_left_behind(tmp_path):
    noise = 'import torch\nprint(\'ppo_lesson verdict: ["score", "correct", ""]\')\n1 / 0'
    path = _notebook(tmp_path, noise, RIGHT, WRONG, STUB, name="02_importance_sampling_ada.ipynb")
    grades = grade(path, seconds=120, gigabytes=8)
    assert _statuses(grades) == {
        "importance_weights": "correct",
        "importance_estimate": "wrong",
        "self_normalised_estimate": "not started",
    }
    assert "mean" in grades[1].message


@pytest.mark.slow
def test_an_exercise_of_the_lesson_that_is_missing_is_reported(tmp_path):
    path = _notebook(tmp_path, RIGHT, name="02_importance_sampling.ipynb")
    assert _statuses(grade(path, seconds=120, gigabytes=8)) == {
        "importance_weights": "correct",
        "importance_estimate": "not graded",
        "self_normalised_estimate": "not graded",
    }


@pytest.mark.slow
def test_a_cell_that_never_ends_costs_only_what_comes_after_it(tmp_path):
    path = _notebook(tmp_path, RIGHT, "import time\ntime.sleep(1000)", WRONG)
    grades = grade(path, seconds=60, gigabytes=8)  # torch is imported within them, too
    assert _statuses(grades) == {"importance_weights": "correct", "importance_estimate": (
        "not graded"
    )}  # fmt: skip
    assert "time limit of 60 seconds" in grades[1].message


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_memory_is_limited(tmp_path):
    hog = "def my_importance_weights(log_target, log_proposal):\n    return 'x' * 10**11"
    grades = grade(_notebook(tmp_path, hog), seconds=120, gigabytes=8)
    assert grades[0].status == "wrong" and "MemoryError" in grades[0].message


@pytest.mark.slow
def test_a_process_that_ends_itself_is_reported(tmp_path):
    path = _notebook(tmp_path, RIGHT, "import os\nos._exit(7)", WRONG)
    grades = grade(path, seconds=120, gigabytes=8)
    assert _statuses(grades)["importance_weights"] == "correct"
    assert "code 7" in grades[1].message


def test_a_file_that_is_no_notebook_or_holds_no_exercise_is_reported(tmp_path):
    damaged = tmp_path / "damaged.ipynb"
    damaged.write_text("{", encoding="utf-8")
    assert "cannot be read" in grade(damaged, 5, 8)[0].message
    assert "cannot be read" in grade(tmp_path / "missing.ipynb", 5, 8)[0].message
    assert "no exercise" in grade(_notebook(tmp_path, "1 + 1"), 5, 8)[0].message


@pytest.mark.slow
def test_the_command_says_that_it_is_no_sandbox_and_writes_a_table(tmp_path, capsys):
    path, table = _notebook(tmp_path, RIGHT, WRONG), tmp_path / "grades.csv"
    assert door.main(["grade", str(path), "--csv", str(table)]) == 0
    said = capsys.readouterr().out
    assert "It is no sandbox" in said and "1 of 2 correct" in said
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["notebook", "exercise", "status", "message"]
    assert [row[:3] for row in rows[1:]] == [
        ["copy.ipynb", "importance_weights", "correct"],
        ["copy.ipynb", "importance_estimate", "wrong"],
    ]


def test_a_spreadsheet_reads_no_formula_out_of_a_message(tmp_path, monkeypatch):
    from ppo_lesson.commands import grade as command

    hostile = Grade("=cmd()", "gae", "wrong", "=HYPERLINK(1)")
    monkeypatch.setattr(command, "grade", lambda *arguments: [hostile])
    table = tmp_path / "grades.csv"
    command.run([tmp_path], table, seconds=1, gigabytes=1)
    assert "'=HYPERLINK(1)" in table.read_text(encoding="utf-8")
    assert "\n'=cmd()" in table.read_text(encoding="utf-8")
