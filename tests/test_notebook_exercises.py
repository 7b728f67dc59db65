"""The exercises in the notebooks: there, complete, and nothing else depends on their answers.

Each notebook is run twice more, once with every stub replaced by the reference, once by a wrong
answer: the verdicts change, and no other cell does.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.commands.notebook_rules import EMBEDDED_PICTURE
from ppo_lesson.lessons import EXERCISES, LESSONS
from ppo_lesson.teaching.exercise import Exercise
from ppo_lesson.teaching.explorer import MIME as EXPLORER

PATHS, _ = notebooks.find([])
PARTS = ("task", "exercise", "check", "help")
# Of these the output depends on the verdicts, by their nature.
DEPENDENT = re.compile(r"check-.*|progress|yours-.*")
LIVE = ("image/png", "image/gif", "image/webp", EXPLORER, notebook_form.WIDGET)

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def _cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in notebook.cells}


def _exercises(notebook: NotebookNode) -> list[Exercise]:
    ids = [cell.id for cell in notebook.cells if cell.id.startswith("exercise-")]
    return [EXERCISES[name.removeprefix("exercise-").replace("-", "_")] for name in ids]


@every_notebook
def test_every_exercise_of_the_lesson_is_in_its_notebook(path: Path):
    here = {exercise.id for exercise in _exercises(notebook_form.read(path))}
    assert {exercise.id for exercise in LESSONS[path.stem].exercises} <= here


@every_notebook
def test_an_exercise_stands_there_with_task_stub_check_and_help(path: Path):
    notebook = notebook_form.read(path)
    cells = list(notebook.cells)
    for exercise in _exercises(notebook):
        slug = exercise.id.replace("_", "-")
        first = next(k for k, cell in enumerate(cells) if cell.id == f"task-{slug}")
        task, stub, check, help_ = cells[first : first + 4]
        assert [cell.id for cell in (task, stub, check, help_)] == [f"{p}-{slug}" for p in PARTS]
        assert exercise.prompt.strip() in task.source
        constant = exercise.id.upper()
        assert f"def my_{exercise.id}(" in stub.source
        assert stub.source.rstrip().endswith("raise NotImplementedError")
        assert check.source == f"check({constant}, my_{exercise.id})"
        assert help_.source.splitlines()[0].startswith(f"# hint({constant})")
        assert help_.source.splitlines()[1].startswith(f"# show_solution({constant})")
        assert f"{exercise.id}: not started" in check.outputs[0]["data"]["text/plain"]


@every_notebook
def test_quiz_predictions_and_open_questions_are_asked(path: Path):
    lesson = LESSONS[path.stem]
    cells = _cells(notebook_form.read(path))
    for kind, call in (
        (lesson.questions, "ask("),
        (lesson.predictions, "predict("),
        (lesson.open_questions, "in_your_own_words("),
    ):
        for question in kind:
            assert call in cells[question.id].source
    assert "show_progress(" in cells["progress"].source


@every_notebook
def test_no_answer_stands_in_the_source(path: Path):
    """What is right is told by the package, not by the notebook's own lines."""
    source = "\n".join(cell.source for cell in notebook_form.read(path).cells)
    lesson = LESSONS[path.stem]
    for question in (*lesson.questions, *lesson.predictions):
        assert question.answer.feedback not in source
    for question in lesson.open_questions:
        assert question.model_answer not in source


def _wrong(exercise: Exercise) -> str:
    """Find a slip that is wrong on ordinary numbers, and write how to get it."""
    from ppo_lesson.teaching.checker import check

    number = next(
        k
        for k, mistake in enumerate(exercise.mistakes)
        if check(exercise, mistake.answer).status == "wrong"
    )
    return f".mistakes[{number}].answer"


@pytest.mark.slow
@every_notebook
@pytest.mark.parametrize("verdict", ["correct", "wrong"])
def test_with_other_answers_the_verdicts_change_and_nothing_else(path: Path, verdict: str):
    stored = notebook_form.read(path)
    notebook = copy.deepcopy(stored)
    exercises = _exercises(notebook)
    for exercise in exercises:
        stub = _cells(notebook)[f"exercise-{exercise.id.replace('_', '-')}"]
        answer = ".reference" if verdict == "correct" else _wrong(exercise)
        stub.source = (
            "from ppo_lesson.lessons import EXERCISES\n\n"
            f"my_{exercise.id} = EXERCISES['{exercise.id}']{answer}"
        )
    notebooks.execute(notebook)
    cells = _cells(notebook)
    assert exercises
    for exercise in exercises:
        (output,) = cells[f"check-{exercise.id.replace('_', '-')}"].outputs
        assert output["data"]["text/plain"].startswith(f"{exercise.id}: {verdict}")
    for cell in stored.cells:
        if cell.cell_type == "code" and not DEPENDENT.fullmatch(cell.id):
            assert _texts(cells[cell.id]) == _texts(cell), cell.id


def _texts(cell: NotebookNode) -> list[str]:
    """Keep what an output says: all texts, without pictures."""
    texts: list[str] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        for mime, content in sorted(output.get("data", {}).items()):
            if mime not in LIVE:
                texts.append(EMBEDDED_PICTURE.sub("(picture)", str(content)))
    return ["".join(texts)]
