"""Tables that spreadsheets and an LMS take, and lines that every terminal takes."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ppo_lesson.commands.grade_report import Grade, HandIn, Table, per_learner, say


def _hand_in(learner: str, *asked: str, problem: str = "") -> HandIn:
    return HandIn(Path(learner) / "copy.ipynb", learner, list(asked), problem)


def _grade(learner: str, exercise: str, status: str, message: str = "") -> Grade:
    return Grade(f"{learner}/copy.ipynb", learner, exercise, status, message, "")


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


# ---- The file ------------------------------------------------------------------------------------


def test_a_table_begins_empty_and_grows_with_every_notebook_in_their_order(tmp_path):
    path = tmp_path / "grades.csv"
    table = Table(path, "exercise", [_hand_in("ada", "gae"), _hand_in("bob", "gae")])
    header = ["notebook", "learner", "exercise", "status", "message", "failed cell"]
    assert _rows(path) == [header]
    second = ["bob/copy.ipynb", "bob", "gae", "wrong", "Why.", ""]
    table.write({1: [_grade("bob", "gae", "wrong", "Why.")]})
    assert _rows(path) == [header, second]
    table.write({1: [_grade("bob", "gae", "wrong", "Why.")], 0: [_grade("ada", "gae", "correct")]})
    assert [row[1] for row in _rows(path)] == ["learner", "ada", "bob"]
    assert os.listdir(tmp_path) == ["grades.csv"]


def test_spreadsheets_read_the_letters_and_no_formula(tmp_path):
    path = tmp_path / "grades.csv"
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", " =1", "\uff1d1", "\ud800=", "\x1b[2Jε"]
    table = Table(path, "exercise", [_hand_in("müller")])
    table.write({0: [_grade("müller", "gae", "wrong", text) for text in hostile]})
    assert path.read_bytes().startswith(b"\xef\xbb\xbfnotebook")  # once, at the start
    assert path.read_bytes().count(b"\xef\xbb\xbf") == 1
    rows = _rows(path)[1:]
    assert {row[1] for row in rows} == {"müller"}
    assert [row[4] for row in rows] == [
        *(f"'{text}" for text in hostile[:6]), "\\ud800=", "\\x1b[2Jε"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["new.ipynb", "New.IPYNB", "input.txt", "link.csv", "folder",
                                  "missing/grades.csv"])  # fmt: skip
def test_a_table_is_written_over_nothing_that_is_no_table(name: str, tmp_path):
    notebook = tmp_path / "input.txt"
    notebook.write_text("a notebook")
    (tmp_path / "folder").mkdir()
    if sys.platform != "win32":
        (tmp_path / "link.csv").symlink_to(notebook)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(ValueError, match=r"--csv: expected a file for the table, got .*, which is"):
        Table(tmp_path / name, "exercise", [HandIn(notebook, "", [], "")])
    assert notebook.read_text() == "a notebook" and sorted(os.listdir(tmp_path)) == before


def test_a_place_that_cannot_be_written_is_told_before_anything_is_run(tmp_path):
    # A circle of links: who may write everywhere cannot write this either.
    (tmp_path / "grades.csv").symlink_to("other.csv")
    (tmp_path / "other.csv").symlink_to("grades.csv")
    with pytest.raises(ValueError, match="which cannot be written"):
        Table(tmp_path / "grades.csv", "exercise", [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_private_table_stays_private(tmp_path):
    path = tmp_path / "grades.csv"
    path.touch(mode=0o600)
    Table(path, "exercise", []).write({})
    assert path.stat().st_mode & 0o777 == 0o600


# ---- A row per learner ---------------------------------------------------------------------------


def test_a_learner_gets_a_point_per_correct_exercise_and_their_sum():
    hand_ins = [_hand_in("ada", "gae", "score"), _hand_in("bob", "gae"), _hand_in("ada", "entropy")]
    results = {
        0: [_grade("ada", "gae", "correct"), _grade("ada", "score", "fragile")],
        1: [_grade("bob", "gae", "not started")],
        2: [_grade("ada", "entropy", "correct")],
    }
    assert per_learner(hand_ins, results) == [
        ["learner", "score", "gae", "entropy", "total"],  # in the order of the course
        ["ada", "0", "1", "1", "2"],
        ["bob", "0", "0", "0", "0"],
    ]


def test_of_two_copies_the_better_one_counts():
    hand_ins = [_hand_in("ada", "gae"), _hand_in("ada", "gae")]
    results = {0: [_grade("ada", "gae", "correct")], 1: [_grade("ada", "gae", "wrong")]}
    assert per_learner(hand_ins, results)[1] == ["ada", "1", "1"]


def test_what_is_not_graded_is_no_zero():
    hand_ins = [
        _hand_in("ada", "gae", "score"),
        _hand_in("bob", problem="the file cannot be read"),
        _hand_in("cem", "gae"),
        _hand_in("dee", "gae"),
        _hand_in("dee", "gae"),
    ]
    results = {
        0: [_grade("ada", "gae", "not graded"), _grade("ada", "score", "correct")],
        1: [_grade("bob", "", "not graded")],
        3: [_grade("dee", "gae", "not graded")],
        4: [_grade("dee", "gae", "wrong")],
    }
    assert per_learner(hand_ins, results)[1:] == [
        ["ada", "1", "", ""],
        ["bob", "", "", ""],
        ["cem", "0", "", ""],  # not run yet
        ["dee", "0", "0", "0"],
    ]


# ---- Lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_every_terminal_takes_every_text(encoding: str):
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, newline="\n") as stream:
        say("\nmüller: ε \ud800 \x1b[2J\nforged: correct", stream)
        said = raw.getvalue().decode(encoding)
    assert said.startswith("\nm") and said.count("\n") == 2
    assert "\\ud800 \\x1b[2J\\nforged" in said and ("ε" in said) == (encoding == "utf-8")


@pytest.mark.exhaustive
def test_a_pipe_that_is_closed_ends_nothing():
    code = (
        "import sys\nfrom ppo_lesson.commands.grade_report import say\n"
        "sys.stdin.read()\nfor _ in range(3):\n    say('a line')\nprint('alive', file=sys.stderr)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read().decode().split() == ["alive"]
    assert process.returncode == 0
