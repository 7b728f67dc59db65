"""``grade`` reports a verdict per exercise, whatever a learner's notebook does."""

from __future__ import annotations

import copy
import csv
import inspect
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import grade, grade_report, learner_attempt, notebook_form, notebooks
from ppo_lesson.commands.learner_notebook import asked

RIGHT = """\
def my_importance_weights(log_target, log_proposal):
    return (log_target - log_proposal).exp()"""
WRONG = """\
def my_importance_estimate(value, weight):
    return (value * weight).sum()"""
BROKEN = """\
def my_self_normalised_estimate(value, log_weight)
    return value"""
STUB = """\
def my_self_normalised_estimate(value, log_weight):
    raise NotImplementedError"""

PATHS = notebooks.find([])[0]


def _notebook(path: Path, *sources: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return str(path)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# ---- The shipped notebooks -----------------------------------------------------------------------


def _fill(path: Path, target: Path) -> list[str]:
    """Write a copy in which every stub is the right function; return the exercises."""
    notebook = copy.deepcopy(notebook_form.read(path))
    exercises = asked(notebook.cells)
    for cell in notebook.cells:
        for exercise in exercises:
            if cell.cell_type == "code" and cell.source.startswith(f"def my_{exercise}("):
                cell.source = (
                    "from ppo_lesson.lessons import EXERCISES\n\n"
                    f"my_{exercise} = EXERCISES['{exercise}'].reference"
                )
    nbformat.write(notebook, target)
    return exercises


@pytest.mark.exhaustive
@pytest.mark.parametrize("status", ["not started", "correct"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_shipped_notebook_is_graded_as_it_is_and_with_right_answers(path, status, tmp_path):
    target = tmp_path / "homework.ipynb"
    exercises = _fill(path, target)
    table = tmp_path / "grades.csv"
    handed_in = path if status == "not started" else target
    patient = ["--seconds", "1200"]  # on a busy machine
    assert door.main(["grade", str(handed_in), "--csv", str(table), *patient]) == 0
    assert [(row["exercise"], row["status"]) for row in _table(table)] == [
        (exercise, status) for exercise in exercises
    ]
    assert {row["failed cell"] for row in _table(table)} == {""}


# ---- A class of learners -------------------------------------------------------------------------


class Graded(NamedTuple):
    """What one call of the command did with a class."""

    code: int
    said: str
    rows: list[dict[str, str]]
    learners: list[dict[str, str]]


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Graded:
    """Grade five learners whose notebooks go wrong in five ways, on a terminal of Windows."""
    folder = tmp_path_factory.mktemp("submitted")
    name = "02_importance_sampling.ipynb"
    noise = 'import os\nos.write(1, b\'["verdict", "gae", "correct", ""]\\n\')\n1 / 0'
    hostile = WRONG.replace("return", "raise ValueError('=ε ' + chr(0xD800))\n    return")
    paths = [
        _notebook(
            folder / "alice" / name, RIGHT, "from helpers import mean as helper", WRONG, STUB
        ),
        _notebook(folder / "bob" / name, noise, RIGHT, hostile, BROKEN),
        _notebook(folder / "cem" / name, RIGHT, "import os\nos._exit(7)", WRONG, STUB),
        _notebook(folder / "müller" / name, "1 + 1"),
        str(folder / "eve" / name),
        str(folder / "fay" / name),
    ]
    (folder / "alice" / "helpers.py").write_text("mean = None")
    (folder / "eve").mkdir()
    (folder / "eve" / name).write_text("{")
    rows, learners = folder / "rows.csv", folder / "learners.csv"
    said = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(said, encoding="cp1252")) as stream:
        code = door.main(["grade", *paths, "--csv", str(rows), "--jobs", "2"])
        stream.flush()
        assert door.main(
            ["grade", paths[0], "--csv", str(learners), "--per", "learner",
             "--learner", "/([^/]*)/[^/]*$"]
        ) == 0  # fmt: skip
    return Graded(code, said.getvalue().decode("cp1252"), _table(rows), _table(learners))


@pytest.mark.slow
def test_every_learner_gets_verdicts_under_their_own_name(graded: Graded):
    weights, estimate, normalised = (
        "importance_weights",
        "importance_estimate",
        "self_normalised_estimate",
    )
    assert [(row["learner"], row["exercise"], row["status"]) for row in graded.rows] == [
        ("alice", weights, "correct"),
        ("alice", estimate, "wrong"),
        ("alice", normalised, "not started"),
        ("bob", weights, "correct"),
        ("bob", estimate, "wrong"),
        ("bob", normalised, "wrong"),
        ("cem", weights, "correct"),
        ("cem", estimate, "not graded"),
        ("cem", normalised, "not graded"),
        ("müller", "", "not graded"),
        ("eve", "", "not graded"),
        ("fay", "", "not graded"),
    ]
    assert {row["notebook"] for row in graded.rows if row["learner"] == "bob"} == {
        row["notebook"].replace("alice", "bob") for row in graded.rows[:1]
    }


@pytest.mark.slow
def test_reasons_are_told_to_the_teacher(graded: Graded):
    message = {(row["learner"], row["exercise"]): row["message"] for row in graded.rows}
    assert "mean" in message["alice", "importance_estimate"]
    assert "=ε \\ud800" in message["bob", "importance_estimate"]
    assert "SyntaxError in line 1: expected ':'" in message["bob", "self_normalised_estimate"]
    assert "code 7 in code cell 2" in message["cem", "importance_estimate"]
    assert "no exercise" in message["müller", ""]
    assert "cannot be read" in message["eve", ""] and "cannot be read" in message["fay", ""]
    failed = {row["learner"]: row["failed cell"] for row in graded.rows}
    assert failed["bob"] == "code cell 1: ZeroDivisionError in line 3: division by zero"
    assert failed["alice"] == ""  # the file beside it was there


@pytest.mark.slow
def test_a_notebook_that_could_not_be_run_never_reads_as_none_correct(graded: Graded):
    assert graded.code == 1
    assert "It is no sandbox" in graded.said
    for line in (
        "02_importance_sampling.ipynb: 1 of 3 correct\n",
        "02_importance_sampling.ipynb: 1 of 3 correct; not run to its end: The process ended",
        "müller" + os.sep + "02_importance_sampling.ipynb: could not be run: it holds no exercise",
        "could not be run: the file cannot be read: No such file",
        "  the first cell that failed: code cell 1: ZeroDivisionError in line 3",
        "ValueError: =\\u03b5 \\ud800",  # what cp1252 has no sign for
    ):
        assert line in graded.said
    notebooks, _, class_ = graded.said.partition("\nThe class: ")
    assert "0 of" not in notebooks
    assert class_.startswith("6 learners, 6 notebooks")
    assert "\nimportance_estimate (02): 0 of 2 correct" in class_  # a third crashed before it


@pytest.mark.slow
def test_a_row_per_learner_holds_points_and_their_sum(graded: Graded):
    assert graded.learners == [{
        "learner": "alice", "importance_weights": "1", "importance_estimate": "0",
        "self_normalised_estimate": "0", "total": "1",
    }]  # fmt: skip


# ---- Stand-ins: what happens around the process --------------------------------------------------

START = """
import json, os, pathlib, sys, time
notebook, folder = pathlib.Path(sys.argv[1]), sys.argv[2]
def report(*line):
    with open(os.path.join(folder, "results.jsonl"), "a") as file:
        file.write(json.dumps(line) + "\\n")
"""
CORRECT = "report('verdict', 'gae', 'correct', '')\nreport('done')"


def stand_in(path: Path, *arguments: object) -> Sequence[str]:
    """Give the command that runs the program beside a notebook in the notebook's place."""
    program = path.with_name("program").read_text()
    return [sys.executable, "-c", START + program, str(path), *map(str, arguments)]


@pytest.fixture
def class_of(tmp_path, monkeypatch) -> Callable[..., list[str]]:
    """Hand in a notebook per program, which is run in its place."""

    def hand_in(*programs: str) -> list[str]:
        paths = []
        for number, program in enumerate(programs):
            paths.append(_notebook(tmp_path / f"learner{number}" / "hw.ipynb", "my_gae = 1"))
            Path(paths[-1]).with_name("program").write_text(program)

        monkeypatch.setattr(learner_attempt, "command", stand_in)
        return paths

    return hand_in


def test_notebooks_run_side_by_side_and_are_reported_in_their_order(class_of, tmp_path, capsys):
    sign = tmp_path / "sign"
    waits = f"while not os.path.exists({str(sign)!r}): time.sleep(0.01)\n{CORRECT}"
    signals = f"open({str(sign)!r}, 'w')\n{CORRECT}"
    table = tmp_path / "grades.csv"
    paths = class_of(waits, waits, signals)
    assert door.main(["grade", *paths, "--csv", str(table), "--jobs", "3"]) == 0
    learners = ["learner0", "learner1", "learner2"]
    assert [row["learner"] for row in _table(table)] == learners
    said = capsys.readouterr().out
    assert [line.split(os.sep)[-2] for line in said.splitlines() if "1 of 1" in line] == learners


def test_a_limit_that_cannot_be_set_is_one_warning_and_costs_nobody_a_grade(class_of, capsys):
    program = f"report('warning', 'there is no limit of memory')\n{CORRECT}"
    assert door.main(["grade", *class_of(program, program)]) == 0
    out, err = capsys.readouterr()
    assert err == "warning: there is no limit of memory\n" and out.count("1 of 1 correct") == 2


def test_a_notebook_that_dies_costs_only_itself_and_the_exit_status(class_of, capsys):
    paths = class_of("os.write(2, b'Oilpan'); os._exit(5)", CORRECT)
    assert door.main(["grade", *paths]) == 1
    said = capsys.readouterr().out
    assert f"{paths[0]}: could not be run: The process ended with code 5 before the first" in said
    assert "Its last words: Oilpan" in said and f"{paths[1]}: 1 of 1 correct" in said


def test_a_process_that_cannot_be_started_costs_only_its_own_notebook(
    class_of, tmp_path, monkeypatch
):
    paths, table = class_of(CORRECT, CORRECT), tmp_path / "grades.csv"
    real, left = learner_attempt.copy_beside, [OSError(28, "No space left on device")]

    def copy_beside(*arguments) -> bool:
        if left:
            raise left.pop()
        return real(*arguments)

    monkeypatch.setattr(learner_attempt, "copy_beside", copy_beside)
    assert door.main(["grade", *paths, "--csv", str(table)]) == 1
    first, second = _table(table)
    assert first["status"] == "not graded" and "No space left" in first["message"]
    assert second["status"] == "correct"


def test_ctrl_c_keeps_what_is_graded_and_ends_what_runs(class_of, tmp_path, monkeypatch, capsys):
    pid, table = tmp_path / "pid", tmp_path / "grades.csv"
    endless = f"open({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    paths = class_of(CORRECT, endless, CORRECT)

    def sleep(seconds: float, real: Callable = time.sleep) -> None:
        real(seconds)
        if pid.exists() and pid.read_text():
            raise KeyboardInterrupt

    monkeypatch.setattr(grade.time, "sleep", sleep)
    for per, first in (("exercise", "1"), ("learner", "1")):
        code = door.main(["grade", *paths, "--csv", str(table), "--per", per])
        assert code == 130
        rows = [[*row.values()] for row in _table(table)]
        if per == "exercise":
            assert [row[1:4] for row in rows] == [["learner0", "gae", "correct"]]
        else:
            assert rows == [["learner0", first, "1"], ["learner1", "", ""], ["learner2", "", ""]]
        said = capsys.readouterr().out
        assert "stopped: 1 of 3 notebooks are graded" in said and "1 of 1 correct" in said
        if sys.platform != "win32":
            with pytest.raises(ProcessLookupError):
                os.kill(int(pid.read_text()), 0)
        pid.unlink()


def test_a_table_that_can_no_longer_be_written_ends_nothing(
    class_of, tmp_path, monkeypatch, capsys
):
    paths, table = class_of(CORRECT, CORRECT), tmp_path / "grades.csv"
    real, calls = os.replace, []

    def replace(*names) -> None:
        calls.append(names)
        if len(calls) in failing:
            raise PermissionError(13, "a spreadsheet has it open")
        real(*names)

    monkeypatch.setattr(grade_report.os, "replace", replace)
    failing = range(2, 4)
    assert door.main(["grade", *paths, "--csv", str(table)]) == 0  # the last try went well
    assert len(_table(table)) == 2
    out, err = capsys.readouterr()
    assert err.count("warning: the table cannot be written") == 1 and out.count("1 of 1") == 2
    calls.clear()
    failing = range(2, 100)
    assert door.main(["grade", *paths, "--csv", str(table)]) == 1
    out, err = capsys.readouterr()
    assert "the table cannot be written" in err and "written:" not in out


def test_the_same_file_twice_is_graded_once(class_of, tmp_path):
    (path,) = class_of(CORRECT)
    table = tmp_path / "grades.csv"
    twice = [path, str(tmp_path / "learner0" / ".." / "learner0" / "hw.ipynb")]
    assert door.main(["grade", *twice, "--csv", str(table)]) == 0
    assert len(_table(table)) == 1


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_kill_9_keeps_the_rows_that_were_written(class_of, tmp_path):
    table = tmp_path / "grades.csv"
    paths = class_of(CORRECT, "sys.stdin.read()")  # until whoever grades has ended
    code = (
        "import sys\nfrom pathlib import Path\nfrom collections.abc import Sequence\n"
        "from ppo_lesson import __main__ as door\nfrom ppo_lesson.commands import learner_attempt\n"
        f"START = {START!r}\n{inspect.getsource(stand_in)}\n"
        "learner_attempt.command = stand_in\ndoor.main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "grade", *paths, "--csv", str(table)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    while not (table.exists() and len(_table(table)) == 1):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    rows = [(row["learner"], row["status"]) for row in _table(table)]
    assert rows == [("learner0", "correct")]


# ---- Refused before anything is run --------------------------------------------------------------

OPTIONS = [
    *(["--gigabytes", value] for value in ("0", "0.5", "-1", "inf", "nan", "1e12", "x", "-inf")),
    *(["--seconds", value] for value in ("0", "-1", "inf", "nan", "1e300", "")),
    *(["--jobs", value] for value in ("0", "-1", "1.5", "nan", "many")),
    *(["--learner", value] for value in ("(", "no group", "[", "(?P<learner>")),
    ["--per", "notebook"],
]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: "=".join(option))
def test_an_option_that_makes_no_sense_is_refused_by_name(option, class_of, capsys):
    with pytest.raises(SystemExit) as end:
        door.main(["grade", *class_of(CORRECT), "=".join(option)])
    assert end.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {option[0]}:" in said and option[1] in said


def test_a_call_that_could_only_fail_later_is_one_sentence_now(class_of, tmp_path, capsys):
    (path,) = class_of("open(os.path.join(os.path.dirname(notebook), 'was-run'), 'w')")
    content = Path(path).read_bytes()
    old = tmp_path / "grades.csv"
    old.write_text("from last year")
    for options in (
        ["--csv", path],
        ["--csv", str(tmp_path / "new.ipynb")],
        ["--csv", str(tmp_path)],
        ["--csv", str(tmp_path / "missing" / "grades.csv")],
        ["--per", "learner"],
        ["--csv", str(old), "--learner", "submitted/([^/]*)/"],
    ):
        assert door.main(["grade", path, *options]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith(f"error: {options[-2]}") and err.count("\n") == 1
    assert Path(path).read_bytes() == content and old.read_text() == "from last year"
    assert sorted(os.listdir(Path(path).parent)) == ["hw.ipynb", "program"]


def test_the_teachers_python_may_make_errors_of_warnings(tmp_path, class_of, capsys):
    (path,) = class_of(CORRECT)
    notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    notebook["cells"] *= 2  # two cells with one id
    Path(path).write_text(json.dumps(notebook), encoding="utf-8")
    assert door.main(["grade", path]) == 0  # in tests, every warning is an error
    assert capsys.readouterr().err == ""
