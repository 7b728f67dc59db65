"""Solved copies are correct to the last check; blank ones hold neither an output nor an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson import __main__ as door
from ppo_lesson.commands import copies, notebook_form, notebooks
from ppo_lesson.commands.learner_notebook import read_cells
from ppo_lesson.exercises import progress
from ppo_lesson.exercises.questions import OpenQuestion
from ppo_lesson.lessons import EXERCISES, LESSONS

PATHS, _ = notebooks.find([])
STUB = "def my_score(logits, action):\n    '''Say.'''\n    raise NotImplementedError\n"
CHECK = "\n\n# Stuck? hint(lesson.SCORE)\ncheck(lesson.SCORE, my_score)"


def words(text: str) -> str:
    return " ".join(re.sub(r"[*_`$]", "", text).split())


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank") / "new"
    assert [path.name for path in copies.write_blank(folder)] == [path.name for path in PATHS]
    return folder


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_blank_copy_holds_no_output_and_no_answer(blank, name):
    cells = notebook_form.read(blank / f"{name}.ipynb").cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    text = words("\n".join(cell.source for cell in cells))
    assert "<summary>What came out" not in text
    questions = copies._questions(LESSONS[name])
    for question in questions.values():
        if isinstance(question, OpenQuestion):
            assert words(question.model_answer) not in text, question.id
        elif question not in LESSONS[name].predictions:  # after these the text goes on from it
            assert words(question.answer.feedback) not in text, question.id
    for cell in cells:
        if copies.exercise_of(cell):
            assert "    raise NotImplementedError" in cell.source


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_blank_copy_still_asks_everything(blank, name):
    lesson, cells = LESSONS[name], notebook_form.read(blank / f"{name}.ipynb").cells
    ids = {cell.id for cell in cells}
    assert set(copies._questions(lesson)) <= ids
    assert {exercise.id for exercise in lesson.exercises} <= {
        exercise.id for cell in cells if (exercise := copies.exercise_of(cell))
    }


def test_every_fold_goes_but_those_that_help():
    def left(summary: str) -> str:
        fold = (
            f"Before.\n\n<details><summary>{summary}</summary>\n\nIt is 3.\n\n</details>\n\nAfter."
        )
        cells = [new_markdown_cell(fold, id="a"), new_code_cell("1", id="b")]
        return copies.blank(new_notebook(cells=cells)).cells[0].source

    assert left("What came out") == left("The three by hand") == "Before.\n\nAfter."
    assert "It is 3." in left("If something is not ok") and "3" in left(
        "The pictures of A in words"
    )


def test_a_cell_that_was_nothing_but_an_answer_goes():
    fold = "<details><summary>What came out</summary>\n\nIt is 3.\n\n</details>"
    assert copies.blank(new_notebook(cells=[new_markdown_cell(fold, id="a")])).cells == []


def test_a_solution_takes_the_place_of_the_stub_and_the_check_stays():
    source = copies.with_solution(STUB + CHECK, EXERCISES["score"])
    assert "NotImplementedError" not in source and "\nimport torch\n" in source
    assert source.endswith(CHECK)
    with pytest.raises(ValueError, match=r"^score: expected a stub"):
        copies.with_solution("my_score = 3", EXERCISES["score"])


def test_below_each_question_its_answer_is_folded():
    lesson = LESSONS["02_importance_sampling"]
    question = lesson.predictions[0]
    book = new_notebook(cells=[new_code_cell("predict(...)", id=question.id)])
    asked, answer = copies.solved(book, lesson).cells
    assert asked.id == question.id and answer.id == f"{question.id}-answer"
    assert question.answer.feedback in answer.source and answer.source.startswith("<details>")


def test_somebody_who_answered_everything_is_right_everywhere(tmp_path):
    lesson = LESSONS["02_importance_sampling"]
    copies.answer_questions(lesson, tmp_path)
    with progress.kept_in(tmp_path):
        kept = progress.recall_all()
    assert kept["predictions"].items() >= {q.id: q.answer.text for q in lesson.predictions}.items()
    assert set(kept["questions"]) >= {question.id for question in lesson.questions}
    assert set(kept["notes"]) == {question.id for question in lesson.open_questions}
    assert progress.recall("notes", lesson.open_questions[0].id) is None  # nobody else's


def test_a_copy_that_says_the_same_stays_and_another_is_never_written_over(blank, tmp_path, capsys):
    assert door.main(["copies", "--blank", str(tmp_path), "02", "03"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    first, second = sorted(tmp_path.iterdir())
    before = first.read_bytes()
    second.unlink()
    assert door.main(["copies", "--blank", str(tmp_path), "02", "03"]) == 0
    assert capsys.readouterr().out == f"{second}\n" and first.read_bytes() == before
    mine = first.read_text(encoding="utf-8").replace("raise NotImplementedError", "return 1", 1)
    first.write_text(mine, encoding="utf-8")
    second.unlink()
    assert door.main(["copies", "--blank", str(tmp_path), "02", "03"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {first}: it is there already")
    assert first.read_text(encoding="utf-8") == mine and not second.exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "--solved FOLDER"),
        (["--blank", "x", "--solved", "x"], "two folders"),
        (["--blank", "x", "99"], "'99'"),
    ],
)
def test_a_call_that_asks_for_nothing_is_told_what_was_expected(
    arguments, word, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert door.main(["copies", *arguments]) == 2
    assert word in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_does_not_say_correct_stops_the_copy(monkeypatch, tmp_path):
    monkeypatch.setattr(notebooks, "execute", lambda notebook, prepare: None)  # as if "not started"
    with pytest.raises(
        ValueError, match=r"^02_importance_sampling\.ipynb: importance_weights: not"
    ):
        list(copies.write_solved(tmp_path, ["02"]))
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_fails_is_named(monkeypatch, tmp_path, capsys):
    def fail(notebook, prepare):
        raise notebooks.CellFailedError("setup: NameError: name")

    monkeypatch.setattr(notebooks, "execute", fail)
    assert door.main(["copies", "--solved", str(tmp_path), "02"]) == 1
    assert capsys.readouterr().err == "error: setup: NameError: name\n"


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_solved_copy_runs_and_every_check_in_it_says_correct(name, tmp_path):
    (path,) = copies.write_solved(tmp_path, [name])
    notebook = notebook_form.read(path)
    found = copies.verdicts(notebook)
    assert {exercise.id for exercise in LESSONS[name].exercises} <= set(found)
    assert all(text.startswith(f"{key}: correct") for key, text in found.items())
    answered = sum("(your answer)" in str(cell.get("outputs")) for cell in notebook.cells)
    questions = LESSONS[name].questions + LESSONS[name].predictions
    assert answered == len(questions)
    assert read_cells(path)  # as `grade` reads it
