"""What a learner's notebook asks and answers is read off its cells, however they are written."""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from ppo_lesson.commands import learner_notebook, learner_process, notebook_form, notebooks
from ppo_lesson.commands.learner_notebook import answers, asked, end_of_answers, read_cells
from ppo_lesson.lessons import EXERCISES, LESSONS

PATHS = notebooks.find([])[0]
SHIPPED = notebooks.find(["02"])[0][0]
OF_02 = ["importance_weights", "importance_estimate", "self_normalised_estimate"]


def _cells(*sources: str) -> list[NotebookNode]:
    return [nbformat.v4.new_code_cell(source) for source in sources]


@pytest.mark.parametrize(
    "source",
    [
        "def my_score(logits, action):\n    ...",
        "%%time\ndef my_score(logits, action):\n    ...",
        "%time my_score = f",
        "def my_score (logits, action): ...",
        "async def my_score(logits, action): ...",
        "my_score=lambda logits, action: 0",
        "my_score: object = None",
        "my_other = my_score = max",
        "other, (my_score, *rest) = functions",
        "(my_score := max)",
        "class my_score: ...",
        "from answers import my_score",
        "from answers import right as my_score",
        "import answers.score as my_score",
        "if True:\n    my_score = max",
        "for my_score in [max]: pass",
        "with opened as my_score: pass",
        "%matplotlib inline\n!ls\ndef my_score(logits, action): ...",
        "def my_score(logits, action):\n    return (1",
        "my_score = lambda x: (",
        "my_score=max; pattern = '\\d'",
    ],
)
def test_a_cell_answers_however_python_binds_the_name(source: str):
    assert answers(_cells("1", source)) == {"score": 1}
    assert asked(_cells(source)) == ["score"]


@pytest.mark.parametrize(
    "source",
    [
        "def my_scorer(x): ...",
        "def score(x): ...",
        "'''\ndef my_score(logits, action):\n'''",
        "# def my_score(logits, action):\n# my_score = 1",
        "print('my_score = 1')",
        "my_score == 1",
        "my_score(1, 2)",
        "def other():\n    my_score = 1",
        "table['my_score'] = 1",
        "other.my_score = 1",
        "check(SCORES, other)",
        "compare(SCORE, other)",
    ],
)
def test_a_name_that_only_occurs_answers_and_asks_nothing(source: str):
    assert answers(_cells(source)) == {} and asked(_cells(source)) == []


def test_the_last_answer_counts_and_one_cell_may_hold_several():
    cells = _cells(
        "def my_score(logits, action):\n    raise NotImplementedError",
        "def my_gae(**steps): ...\n\ndef my_entropy(logits): ...",
        "def my_score(logits, action): ...",
        "check(SCORE, my_score)",
        "my_value_loss = lambda value, value_target: 0",
    )
    assert answers(cells) == {"score": 2, "gae": 1, "entropy": 1, "value_loss": 4}
    assert asked(cells) == ["score", "gae", "entropy", "value_loss"]


def test_text_answers_nothing():
    assert answers([nbformat.v4.new_markdown_cell("def my_score(logits, action): ...")]) == {}


@pytest.mark.parametrize(
    "source",
    ["check(SCORE, f)", "lesson.check(lesson.SCORE, f)", "check(EXERCISES['score'], f)",
     "check(answer=f, exercise=SCORE)", "assert check(SCORE, f).status == 'correct'"],
)  # fmt: skip
def test_an_exercise_that_is_checked_is_asked(source: str):
    assert asked(_cells(source)) == ["score"]


@pytest.mark.parametrize("part", ["task", "exercise", "check", "help"])
def test_a_cell_of_an_exercise_asks_for_it_also_in_an_older_copy(part: str):
    assert asked([nbformat.v4.new_code_cell("# Nothing.", id=f"{part}-value-loss")]) == [
        "value_loss"
    ]


def test_an_exercise_of_two_cells_is_asked_and_answered_once():
    stub = "def my_score(logits, action):\n    raise NotImplementedError\n\n\n# Stuck?\n"
    cells = [
        nbformat.v4.new_markdown_cell("Write the score.", id="task-score"),
        nbformat.v4.new_code_cell(f"{stub}check(lesson.SCORE, my_score)", id="exercise-score"),
    ]
    assert asked(cells) == ["score"] and answers(cells) == {"score": 1}
    assert end_of_answers(cells) == 2


def test_the_text_of_a_task_asks_for_its_exercise():
    text = f"### One more\n\n{EXERCISES['entropy'].prompt}"
    assert asked([nbformat.v4.new_markdown_cell(text)]) == ["entropy"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_shipped_notebook_asks_its_lesson_and_answers_all(path: Path):
    cells = read_cells(path)
    assert {exercise.id for exercise in LESSONS[path.stem].exercises} <= set(asked(cells))
    assert set(asked(cells)) == set(answers(cells))


@pytest.mark.parametrize("lost", OF_02)
@pytest.mark.parametrize("parts", [["exercise"], ["task", "exercise"]])
@pytest.mark.parametrize("with_ids", [True, False])
def test_a_copy_asks_for_what_was_deleted_from_it(lost: str, parts: list[str], with_ids: bool):
    gone = {f"{part}-{lost.replace('_', '-')}" for part in parts}
    cells = [cell for cell in read_cells(SHIPPED) if cell["id"] not in gone]
    if not with_ids:  # some front ends keep none
        for cell in cells:
            del cell["id"]
    assert sorted(asked(cells)) == sorted(OF_02) and lost not in answers(cells)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_copy_without_any_exercise_still_asks_for_all_of_its_lesson(path: Path):
    parts = ("task-", "exercise-", "yours")
    cells = [cell for cell in read_cells(path) if not cell["id"].startswith(parts)]
    assert set(asked(cells)) == {exercise.id for exercise in LESSONS[path.stem].exercises}


def test_most_of_a_lesson_is_the_lesson_and_a_sheet_of_ones_own_is_not():
    two_of_three = ["my_importance_weights = f", "my_importance_estimate = f"]
    assert asked(_cells(*two_of_three)) == OF_02
    assert asked(_cells("my_gae = f", "my_score = f")) == ["gae", "score"]


# ---- Files ---------------------------------------------------------------------------------------


def test_whatever_does_not_matter_in_a_file_may_be_wrong_in_it(tmp_path, capfd):
    notebook = notebook_form.read(SHIPPED)
    notebook.cells[1].id = notebook.cells[0].id  # twice
    del notebook.cells[2]["id"]
    notebook.cells[3]["unknown"] = 1
    path = tmp_path / "copy.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(notebook).encode())  # a byte order mark
    assert asked(read_cells(path)) == OF_02
    assert capfd.readouterr() == ("", "")


def test_a_notebook_of_todays_format_is_read_without_the_second_that_nbformat_takes(monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)  # who imports it fails
    runpy.run_path(learner_process.__file__, run_name="not as a command")
    read = runpy.run_path(learner_notebook.__file__)["read_cells"]
    assert asked(read(SHIPPED)) == OF_02


def test_a_notebook_of_the_third_format_is_read(tmp_path):
    cell = {"cell_type": "code", "language": "python", "input": ["my_score = 1\n", "2"],
            "outputs": [], "metadata": {}, "collapsed": False}  # fmt: skip
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(old), encoding="utf-8")
    assert [cell["source"] for cell in read_cells(path)] == ["my_score = 1\n2"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "text", "[]", "{}", "\0", '{"nbformat": 5, "cells": []}', '{"nbformat": 4}',
     '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 1}',
     '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"source": 1}]}',
     "[" * 100_000],
    ids=lambda content: content[:30],
)  # fmt: skip
def test_a_file_that_is_no_notebook_raises_at_once(content: str, tmp_path):
    path = tmp_path / "other.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Exception, match=r".*"):
        read_cells(path)


def test_what_is_no_file_raises_and_is_not_waited_for(tmp_path):
    with pytest.raises(ValueError, match="not a file"):
        read_cells(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_cells(tmp_path / "missing.ipynb")
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.ipynb")
        with pytest.raises(ValueError, match="not a file"):
            read_cells(tmp_path / "pipe.ipynb")


@pytest.mark.parametrize(
    "source",
    ["from solutions import *", "%run solutions.py", "exec(text)", "globals()[name] = f",
     "%%time\nexec(text)", "%time setattr(module, name, f)", "get_ipython().push(names)"],
)  # fmt: skip
def test_a_cell_that_may_bind_anything_is_run_as_well(source):
    stub = "def my_score(logits, action):\n    ..."
    assert end_of_answers(_cells(stub, "1", source, "%time f()", "%%capture\nf()", "not it")) == 3
    assert end_of_answers(_cells(stub, "f()")) == 1
