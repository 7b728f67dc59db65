"""The process that runs a learner's notebook: what it finds, names and survives."""

from __future__ import annotations

import json
import mmap
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ppo_lesson.commands.learner_attempt import Attempt, Outcome
from ppo_lesson.commands.learner_process import limit_memory

GIB = 2**30
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
REFERENCE = "from ppo_lesson.lessons import EXERCISES\n"


def _write(path: Path, *sources: str) -> Path:
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    path.write_text(json.dumps(notebook), encoding="ascii")  # with lone surrogates, if need be
    return path


def _run(path: Path, gigabytes: float = 8) -> Outcome:
    attempt = Attempt(path, 300, gigabytes)
    while not attempt.is_over():
        time.sleep(0.05)
    return attempt.close()


PASSED = "from ppo_lesson.maths import surrogate_loss as my_surrogate_loss"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory) -> Path:
    """The teacher's own progress: a damaged file, which who reads it moves, and a right answer."""
    folder = tmp_path_factory.mktemp("teacher")
    (folder / "progress.json").write_text("damaged")
    (folder / "answers").mkdir()
    (folder / "answers" / "surrogate_loss.py").write_text(PASSED)
    return folder


def _everything(folder: Path) -> dict[str, str]:
    """Read all files of a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.fixture(scope="module")
def hand_in(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("learner") / "homework.ipynb"


@pytest.fixture(scope="module")
def outcome(hand_in: Path, teacher: Path) -> Outcome:
    """One notebook with everything that a learner's notebook may hold, run once."""
    (hand_in.parent / "helpers.py").write_text(
        "def right(log_target, log_proposal):\n    return (log_target - log_proposal).exp()\n"
    )
    (hand_in.parent / "random.py").write_text("raise SystemExit('a name of a module of Python')")
    (hand_in.parent / "data.txt").write_text("original")
    _write(
        hand_in,
        "open('data.txt').read()\nopen('data.txt', 'w').write('changed')\nprint(chr(0xD800))",
        "import os\n\nos.listdir('nowhere')",
        f"os.environ['PPO_LESSON_DATA'] = {str(teacher)!r}\nraise SystemExit",
        "from helpers import right as my_importance_weights",
        "my_importance_estimate=lambda value, weight: (value * weight).sum()",
        "import asyncio\nawait asyncio.sleep(0)\n"
        "my_importance_estimate=lambda value, weight: (value * weight).mean()",
        "def my_self_normalised_estimate(value, log_weight):\n    return (value",
        f"{REFERENCE}globals()['my_' + 'gae'] = EXERCISES['gae'].reference",
        "def my_score(logits, action):\n    raise NotImplementedError",
        "def my_score(logits, action)\n    return 1",
        "my_value_loss = EXERCISES['value_loss'].reference\n1 / 0",
        "def my_value_loss(value, value_target)\n    return 1",
        "my_entropy: object = None",
        "'\ud800'",
        "my_policy_ratio = my_policy_ratio",
        "check(GAE, my_gae)\ncheck(NORMALISE_ADVANTAGE, f)\nexit()",
        "my_reinforce_loss = EXERCISES['reinforce_loss'].reference",
        "from ppo_lesson.exercises import yours\n"
        "my_surrogate_loss = [yours(EXERCISES['surrogate_loss'])]",
        "reference = EXERCISES['surrogate_loss'].reference\n"
        "my_surrogate_loss = reference if my_surrogate_loss == [reference] else None",
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PPO_LESSON_DATA", str(teacher))
        return _run(hand_in)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "status", "words"),
    [
        ("importance_weights", "correct", ""),  # imported from a file beside the notebook
        ("importance_estimate", "correct", ""),  # bound twice, the last time after an await
        ("self_normalised_estimate", "wrong", "SyntaxError in line 2: incomplete input"),
        ("gae", "correct", ""),  # bound in a way that no source shows
        ("score", "wrong", "SyntaxError in line 1: expected ':'"),  # the stub is not the answer
        ("value_loss", "correct", ""),  # in a cell that failed afterwards; broken again later
        ("entropy", "wrong", "not a function"),
        ("policy_ratio", "wrong", "NameError in line 1: name 'my_policy_ratio' is not defined"),
        ("normalise_advantage", "missing", "No cell defines my_normalise_advantage."),
        ("reinforce_loss", "correct", ""),  # behind a cell that ended the session
        (
            "surrogate_loss",
            "correct",
            "",
        ),  # no function was found that passed before: the teacher's did
    ],
)
def test_an_answer_is_found_and_its_error_named(exercise, status, words, outcome: Outcome):
    found, message = outcome.verdicts[exercise]
    assert found == status and words in message


@pytest.mark.slow
def test_the_first_cell_that_failed_is_named_and_the_rest_is_run(outcome: Outcome):
    assert outcome.failure.startswith("code cell 2: FileNotFoundError in line 3: ")
    assert outcome.problem == "" and outcome.warnings == []


@pytest.mark.slow
def test_the_files_that_were_handed_in_and_the_teachers_progress_stay_as_they_are(
    outcome: Outcome, teacher: Path, hand_in: Path
):
    assert outcome.verdicts
    before = {
        "answers/surrogate_loss.py": PASSED,
        "progress.json": "damaged",
    }
    assert (hand_in.parent / "data.txt").read_text() == "original"
    assert _everything(teacher) == before


@posix
@pytest.mark.slow
def test_explorers_are_drawn_within_a_limit_of_memory_that_refuses_a_hog(tmp_path):
    path = _write(
        tmp_path / "hog.ipynb",
        "from ppo_lesson.explorers import clip_lab\nclip_lab().picture()",
        "def my_importance_weights(log_target, log_proposal):\n    return bytearray(3 * 2**30)",
        "def my_importance_estimate(value, weight):\n    return (value * weight).mean()",
    )
    outcome = _run(path, gigabytes=2)
    assert outcome.problem == "" and outcome.failure == ""
    assert outcome.verdicts["importance_weights"][0] == "wrong"
    assert "MemoryError" in outcome.verdicts["importance_weights"][1]
    assert outcome.verdicts["importance_estimate"][0] == "correct"


# ---- Limits that cannot be set -------------------------------------------------------------------


def _resource(monkeypatch, refuses: str = "", known: int = -1) -> list[tuple[int, int]]:
    """Put a stand-in in place of the module `resource`; return what is set with it."""
    limits: list[tuple[int, int]] = []

    def setrlimit(kind: int, pair: tuple[int, int]) -> None:
        if refuses:
            raise ValueError(refuses)
        limits.append(pair)

    stand_in = SimpleNamespace(
        RLIMIT_DATA=2, RLIM_INFINITY=-1, getrlimit=lambda kind: (known, known), setrlimit=setrlimit
    )
    monkeypatch.setitem(sys.modules, "resource", stand_in)
    return limits


@posix
def test_a_limit_that_cannot_be_set_is_told_and_stops_nobody(monkeypatch):
    _resource(monkeypatch, refuses="current limit exceeds maximum limit")  # macOS
    assert limit_memory(8) == "current limit exceeds maximum limit"
    monkeypatch.setitem(sys.modules, "resource", None)  # Windows
    assert limit_memory(8) == "this system offers none"


@posix
def test_a_limit_that_is_stricter_already_is_kept_and_told(monkeypatch):
    limits = _resource(monkeypatch, known=4 * GIB)
    assert "4 GB, is lower" in limit_memory(8)
    assert limits == [(4 * GIB, 4 * GIB)]


@posix
def test_a_limit_that_the_system_takes_and_does_not_keep_is_told(monkeypatch):
    limits = _resource(monkeypatch)
    assert limit_memory(1) == "this system does not hold a process to it"
    assert limits == [(GIB, GIB)]

    def refuse(*arguments: object, **named: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(mmap, "mmap", refuse)
    assert limit_memory(1) == ""


# ---- Ends ----------------------------------------------------------------------------------------


@posix
@pytest.mark.slow
def test_the_process_dies_with_the_one_that_grades(tmp_path):
    (tmp_path / "work").mkdir()
    sign = tmp_path / "started"
    path = _write(
        tmp_path / "endless.ipynb",
        f"my_gae = open({str(sign)!r}, 'w')\nwhile True:\n    pass",
    )
    command = ["-m", "ppo_lesson.commands.learner_process", str(path), str(tmp_path), "8"]
    process = subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        while not sign.exists():
            assert process.poll() is None
            time.sleep(0.05)
        assert process.stdin
        process.stdin.close()  # as the system does with those of a process that is killed
        assert process.wait(timeout=120) == -signal.SIGKILL
    finally:
        process.kill()


@pytest.fixture(scope="module")
def unread(tmp_path_factory) -> Outcome:
    """Another notebook: what only a kernel knows, and answers where nobody reads them."""
    path = tmp_path_factory.mktemp("unread") / "homework.ipynb"
    (path.parent / "solutions.py").write_text(
        f"{REFERENCE}my_importance_weights = EXERCISES['importance_weights'].reference"
    )
    return _run(
        _write(
            path,
            "%matplotlib inline\n%autosave 30\nquit()",
            "def my_importance_weights(log_target, log_proposal):\n    ...\n"
            "def my_surrogate_loss(log_prob, old):\n    ...",
            f"%%time\n{REFERENCE}my_surrogate_loss = EXERCISES['surrogate_loss'].reference",
            "from solutions import *",
        )
    )


def test_what_a_kernel_can_is_no_failure(unread: Outcome):
    assert (unread.failure, unread.problem) == ("", "")


def test_an_answer_counts_that_is_bound_below_the_stub_where_nobody_reads_it(unread: Outcome):
    assert {name: status for name, (status, _) in unread.verdicts.items()} == {
        "importance_weights": "correct", "surrogate_loss": "correct",
    }  # fmt: skip


def test_an_exercise_whose_check_stands_in_its_own_cell_gets_its_verdict(tmp_path: Path):
    imports = "from ppo_lesson.exercises import check\n"
    imports += "from ppo_lesson.lessons import importance_sampling as lesson"
    weights = "def my_importance_weights(log_target, log_proposal):\n"
    weights += "    return (log_target - log_proposal).exp()\n\n\n"
    estimate = "def my_importance_estimate(value, weight):\n    raise NotImplementedError\n\n\n"
    path = _write(
        tmp_path / "homework.ipynb",
        imports,
        weights + "check(lesson.IMPORTANCE_WEIGHTS, my_importance_weights)",
        estimate + "check(lesson.IMPORTANCE_ESTIMATE, my_importance_estimate)",
    )
    outcome = _run(path)
    verdicts = {name: status for name, (status, _) in outcome.verdicts.items()}
    assert verdicts["importance_weights"] == "correct"
    assert verdicts["importance_estimate"] == "not started"
    assert outcome.failure == outcome.problem == ""
