"""The exercises in the notebooks: there, complete, and nothing else depends on their answers.

That nothing else does is read off the source: an answer `my_...` is a name that occurs in the cells
of its exercise alone, and no other cell has a way to a name that it does not write. What the source
cannot show (a function of the package that looks at the learner's progress, a trace that a check
leaves behind) is seen by running: one notebook here, all of them twice in the `exhaustive` tests,
once with every stub replaced by the reference, once by a wrong answer.
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
from ppo_lesson.commands.second_edition import SECOND_EDITION
from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.explorers.explorer import MIME as EXPLORER
from ppo_lesson.lessons import EXERCISES, LESSONS

PATHS, _ = notebooks.find([])
PARTS = ("task", "exercise", "check", "help")
TWO_PARTS = ("task", "exercise")  # in a notebook of the second edition
# Of these the output depends on the verdicts, by their nature.
DEPENDENT = re.compile(r"(check|exercise)-.*|progress|yours-.*")
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


def _judging(notebook: NotebookNode, exercise: Exercise) -> NotebookNode:
    """Find the cell that shows the verdict: of its own, or the one with the stub."""
    cells = _cells(notebook)
    return cells.get(f"check-{_slug(exercise)}") or cells[f"exercise-{_slug(exercise)}"]


def _slips(notebook: NotebookNode, exercise: Exercise, parts: tuple[str, ...]) -> list[str]:
    """List what an exercise lacks: its cells in their order, and what stands in each."""
    cells = list(notebook.cells)
    first = next(k for k, cell in enumerate(cells) if cell.id == f"task-{_slug(exercise)}")
    own = cells[first : first + len(parts)]
    if [cell.id for cell in own] != [f"{part}-{_slug(exercise)}" for part in parts]:
        return ["cells"]
    constant, name = f"lesson.{exercise.id.upper()}", f"my_{exercise.id}"
    task, stub, help_ = own[0], own[1], own[-1].source
    judging = _judging(notebook, exercise)
    lines = judging.source.splitlines()
    comments = [line for line in help_.splitlines() if line.startswith("#")]
    stub_lines = [s for s in stub.source.splitlines() if s.strip() and s[0] == " "]
    said = judging.outputs[0].get("data", {}).get("text/plain", "") if judging.outputs else ""
    checks = {
        "prompt": exercise.prompt.strip() in task.source,
        "definition": f"def {name}(" in stub.source,
        "stub": stub_lines[-1:] == ["    raise NotImplementedError"],
        "check": lines[-1] == f"check({constant}, {name})",
        "only a check": len(parts) == len(TWO_PARTS) or len(lines) == 1,
        "hint": f"hint({constant})" in "".join(comments[:1]),
        "solution": f"show_solution({constant})" in "".join(comments),
        "lines of help": len(comments) == len(parts) // 2,
        "verdict": f"{exercise.id}: not started" in said,
    }
    return [what for what, holds in checks.items() if not holds]


@every_notebook
def test_an_exercise_stands_there_with_task_stub_check_and_help(path: Path):
    notebook = notebook_form.read(path)
    parts = TWO_PARTS if path.stem in SECOND_EDITION else PARTS
    for exercise in _exercises(notebook):
        assert _slips(notebook, exercise, parts) == [], exercise.id


STUB = "def my_score(logits, action):\n    raise NotImplementedError\n\n\n"
HELP = "# Stuck? In a new cell: hint(lesson.SCORE), or show_solution(lesson.SCORE)\n"
CHECK = "check(lesson.SCORE, my_score)"


def _two_cells(task: str = "", code: str = STUB + HELP + CHECK) -> NotebookNode:
    """Write an exercise as the second edition does, as it was never answered."""
    verdict = nbformat.v4.new_output("execute_result", {"text/plain": "score: not started\n..."})
    stub = nbformat.v4.new_code_cell(code, id="exercise-score", outputs=[verdict])
    task = task or EXERCISES["score"].prompt
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(task, id="task-score"), stub]
    )


def test_an_exercise_of_the_second_edition_is_two_cells():
    notebook = _two_cells()
    assert _slips(notebook, EXERCISES["score"], TWO_PARTS) == []
    assert _slips(notebook, EXERCISES["score"], PARTS) == ["cells"]
    assert _dependences(notebook) == []


@pytest.mark.parametrize(
    ("notebook", "slip"),
    [
        (_two_cells(task="Write the score."), "prompt"),
        (_two_cells(code=STUB + CHECK), "hint"),
        (_two_cells(code=STUB + CHECK + "\n" + HELP), "check"),
        (_two_cells(code=STUB + HELP * 2 + CHECK), "lines of help"),
        (_two_cells(code=STUB.replace("raise NotImplementedError", "...") + HELP + CHECK), "stub"),
    ],
)
def test_a_slip_in_an_exercise_of_two_cells_is_seen(notebook: NotebookNode, slip: str):
    assert slip in _slips(notebook, EXERCISES["score"], TWO_PARTS)


@pytest.mark.slow
def test_two_cells_end_with_the_verdict_not_started_and_any_answer_can_take_the_stubs_place():
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
            body = tree.body[:-1] if ast.unparse(tree.body[-1:]).startswith("check(") else tree.body
            found += [
                f"{cell.id}: {type(node).__name__}" for node in body if type(node) not in allowed
            ]
        elif not DEPENDENT.fullmatch(cell.id) and not cell.id.startswith("help-"):
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
    """Put an answer in the place of the stub; a check in the same cell stays."""
    stub = _cells(notebook)[f"exercise-{_slug(exercise)}"]
    check = stub.source.splitlines()[-1:] if _judging(notebook, exercise) is stub else []
    name = exercise.id
    assign = f"my_{name} = EXERCISES['{name}']{answer}"
    stub.source = "\n".join(["from ppo_lesson.lessons import EXERCISES", assign, *check])


def _all_runs() -> list:
    runs = [(path, verdict) for path in PATHS for verdict in ("correct", "wrong")]
    witness = (next(path for path in PATHS if path.stem.startswith("04")), "wrong")
    marks = {witness: pytest.mark.slow}
    return [
        pytest.param(
            *run, id=f"{run[0].stem}-{run[1]}", marks=marks.get(run, pytest.mark.exhaustive)
        )
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
        (output,) = _judging(notebook, exercise).outputs
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
