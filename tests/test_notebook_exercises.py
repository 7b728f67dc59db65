"""The exercises in the notebooks: there, complete, and nothing else depends on their answers.

That nothing else does is read off the source: an answer `my_...` is a name that occurs in the cells
of its exercise alone, and no other cell has a way to a name that it does not write. What the source
cannot show (a function of the package that looks at the learner's progress, a trace that a check
leaves behind) is seen by running all of them twice, in the `exhaustive` tests: once with every stub
replaced by the reference, once by a wrong answer.
"""

from __future__ import annotations

import ast
import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.commands.notebook_rules import EMBEDDED_PICTURE
from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.explorers.explorer import MIME as EXPLORER
from ppo_lesson.lessons import EXERCISES, LESSONS

PATHS, _ = notebooks.find([])
# Of these the output depends on the verdicts, by their nature.
DEPENDENT = re.compile(r"exercise-.*|progress|yours-.*")
LIVE = ("image/png", "image/gif", "image/webp", EXPLORER, notebook_form.WIDGET)

# By these a cell could reach a name that it does not write.
ROUNDABOUT = {"globals", "locals", "vars", "eval", "exec", "compile", "get_ipython", "__import__"}

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


def _slug(exercise: Exercise) -> str:
    return exercise.id.replace("_", "-")


def _stub(notebook: NotebookNode, exercise: Exercise) -> NotebookNode:
    """Find the cell that a learner writes in; it shows the verdict, too."""
    return _cells(notebook)[f"exercise-{_slug(exercise)}"]


def _slips(notebook: NotebookNode, exercise: Exercise) -> list[str]:
    """List what an exercise lacks: its two cells in a row, and what stands in each."""
    ids = [cell.id for cell in notebook.cells]
    first = ids.index(f"task-{_slug(exercise)}")
    task, stub = notebook.cells[first], _stub(notebook, exercise)
    constant, name = f"lesson.{exercise.id.upper()}", f"my_{exercise.id}"
    lines = stub.source.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    body = [line for line in lines if line.startswith(" ") and line.strip()]
    said = stub.outputs[0].get("data", {}).get("text/plain", "") if stub.outputs else ""
    checks = {
        "cells": ids[first + 1 : first + 2] == [stub.id],
        "prompt": exercise.prompt.strip() in task.source,
        "definition": f"def {name}(" in stub.source,
        "stub": body[-1:] == ["    raise NotImplementedError"],
        "check": lines[-1] == f"check({constant}, {name})",
        "hint": f"hint({constant})" in "".join(comments),
        "solution": f"show_solution({constant})" in "".join(comments),
        "one comment": len(comments) == 1,
        "verdict": f"{exercise.id}: not started" in said,
    }
    return [what for what, holds in checks.items() if not holds]


@every_notebook
def test_an_exercise_stands_there_with_task_stub_help_and_check(path: Path):
    notebook = notebook_form.read(path)
    for exercise in _exercises(notebook):
        assert _slips(notebook, exercise) == [], exercise.id


STUB = "def my_score(logits, action):\n    raise NotImplementedError\n\n\n"
HELP = "# Stuck? In a new cell: hint(lesson.SCORE), or show_solution(lesson.SCORE)\n"
CHECK = "check(lesson.SCORE, my_score)"


def _two_cells(task: str = "", code: str = STUB + HELP + CHECK) -> NotebookNode:
    """Write an exercise as it was never answered."""
    verdict = nbformat.v4.new_output("execute_result", {"text/plain": "score: not started\n..."})
    stub = nbformat.v4.new_code_cell(code, id="exercise-score", outputs=[verdict])
    task = task or EXERCISES["score"].prompt
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(task, id="task-score"), stub]
    )


def _parted(notebook: NotebookNode) -> NotebookNode:
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell("More.", id="more"))
    return notebook


def _unrun(notebook: NotebookNode) -> NotebookNode:
    notebook.cells[1].outputs = []
    return notebook


def test_an_exercise_is_two_cells():
    notebook = _two_cells()
    assert _slips(notebook, EXERCISES["score"]) == []
    assert _dependences(notebook) == []


@pytest.mark.parametrize(
    ("notebook", "slip"),
    [
        (_parted(_two_cells()), "cells"),
        (_two_cells(task="Write the score."), "prompt"),
        (_two_cells(code=STUB.replace("my_score", "score") + HELP + CHECK), "definition"),
        (_two_cells(code=STUB + CHECK), "hint"),
        (_two_cells(code=STUB + CHECK + "\n" + HELP), "check"),
        (_two_cells(code=STUB + HELP.replace("show_solution", "ask") + CHECK), "solution"),
        (_two_cells(code=STUB + HELP * 2 + CHECK), "one comment"),
        (_unrun(_two_cells()), "verdict"),
        (_two_cells(code=STUB.replace("raise NotImplementedError", "...") + HELP + CHECK), "stub"),
    ],
)
def test_a_slip_in_an_exercise_is_seen(notebook: NotebookNode, slip: str):
    assert slip in _slips(notebook, EXERCISES["score"])


@pytest.mark.slow
def test_an_exercise_ends_with_the_verdict_not_started_and_any_answer_can_take_the_stubs_place():
    notebook = _two_cells()
    notebook.cells.insert(0, nbformat.v4.new_code_cell(
        "from ppo_lesson.exercises import check\n"
        "from ppo_lesson.lessons import policy_gradient as lesson"
    ))  # fmt: skip
    notebooks.execute(notebook)
    assert "score: not started" in notebook.cells[2].outputs[0]["data"]["text/plain"]
    _answer(notebook, EXERCISES["score"], ".reference")
    notebooks.execute(notebook)
    assert notebook.cells[2].outputs[0]["data"]["text/plain"].startswith("score: correct")


@every_notebook
def test_a_task_says_how_many_minutes_its_exercise_takes(path: Path):
    notebook = notebook_form.read(path)
    for exercise in _exercises(notebook):
        task = _cells(notebook)[f"task-{_slug(exercise)}"].source
        assert re.findall(r"\babout (\d+) minutes?\b", task)[:1] == [f"{exercise.minutes:g}"]


@every_notebook
def test_quiz_predictions_and_open_questions_are_asked(path: Path):
    lesson = LESSONS[path.stem]
    cells = _cells(notebook_form.read(path))
    for kind, call in (
        (lesson.questions, "ask("),
        (lesson.predictions, "predict("),
        (lesson.open_questions, "ask("),
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
    from ppo_lesson.exercises.checker import check

    number = next(
        k
        for k, mistake in enumerate(exercise.mistakes)
        if check(exercise, mistake.answer).status == "wrong"
    )
    return f".mistakes[{number}].answer"


def _dependences(notebook: NotebookNode) -> list[str]:
    """List what ties a cell to a learner's answer, besides the cells that exist for it."""
    answers = {f"my_{exercise.id}" for exercise in _exercises(notebook)}
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        if cell.id.startswith("exercise-"):
            allowed = (ast.FunctionDef, ast.Import, ast.ImportFrom)
            above_check = tree.body[:-1]
            found += [
                f"{cell.id}: {type(node).__name__}"
                for node in above_check
                if type(node) not in allowed
            ]
        elif not DEPENDENT.fullmatch(cell.id):
            of_things = {  # `vars(config)` looks at config; `vars()` at every name there is
                node.func
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "vars" and node.args
            }
            names = {
                node.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Name) and node not in of_things
            }
            found += [f"{cell.id}: {name}" for name in sorted(names & (answers | ROUNDABOUT))]
    return found


@every_notebook
def test_no_cell_but_those_of_an_exercise_can_see_an_answer(path: Path):
    assert _dependences(notebook_form.read(path)) == []


@pytest.mark.parametrize(
    "source",
    ["my_kl_estimates(a, b)", "f = my_kl_estimates", "[my_kl_estimates for _ in x]",
     "globals()['my_' + name]", "eval('my_kl_estimates')", "vars()['my_kl_estimates']",
     "get_ipython().user_ns", "exec(code)"],
)  # fmt: skip
def test_a_cell_that_reaches_for_an_answer_is_seen(source: str):
    notebook = notebook_form.read(PATHS[6])
    cell = next(c for c in notebook.cells if c.cell_type == "code" and c.id.startswith("kl-"))
    cell.source += "\n" + source
    assert [line.partition(":")[0] for line in _dependences(notebook)] == [cell.id]


def test_a_stub_that_does_more_than_define_is_seen():
    notebook = notebook_form.read(PATHS[6])
    cell = next(c for c in notebook.cells if c.id.startswith("exercise-"))
    cell.source = f"x = 1\n{cell.source}"
    assert _dependences(notebook) == [f"{cell.id}: Assign"]


def _answer(notebook: NotebookNode, exercise: Exercise, answer: str) -> None:
    """Put an answer in the place of the stub; the check below it stays."""
    stub = _stub(notebook, exercise)
    check = stub.source.splitlines()[-1]
    name = exercise.id
    assign = f"my_{name} = EXERCISES['{name}']{answer}"
    stub.source = "\n".join(["from ppo_lesson.lessons import EXERCISES", assign, check])


def _all_runs() -> list:
    runs = [(path, verdict) for path in PATHS for verdict in ("correct", "wrong")]
    return [
        pytest.param(*run, id=f"{run[0].stem}-{run[1]}", marks=pytest.mark.exhaustive)
        for run in runs
    ]


@pytest.mark.parametrize(("path", "verdict"), _all_runs())
def test_with_other_answers_the_verdicts_change_and_nothing_else(path: Path, verdict: str):
    stored = notebook_form.read(path)
    notebook = copy.deepcopy(stored)
    exercises = _exercises(notebook)
    for exercise in exercises:
        _answer(notebook, exercise, ".reference" if verdict == "correct" else _wrong(exercise))
    notebooks.execute(notebook)
    cells = _cells(notebook)
    assert exercises
    for exercise in exercises:
        (output,) = _stub(notebook, exercise).outputs
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
    text = "".join(texts)
    return [notebook_form.TOLERANT.sub(notebook_form.WITHOUT_NUMBER, text)]
