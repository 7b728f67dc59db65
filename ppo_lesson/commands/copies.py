"""``ppo-lesson copies``: the notebooks with everything answered, and with no answer in them.

Both are made from the notebooks as they are stored. Nothing is written over: a copy that is there
already stays where its cells say the same, and is an error where they do not, for somebody may have
worked in it.
"""

from __future__ import annotations

import copy
import errno
import html
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.commands.notebook_cells import exercise_of
from ppo_lesson.exercises import progress
from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.exercises.questions import OpenQuestion, Question
from ppo_lesson.exercises.solution import solution_cell
from ppo_lesson.files import make_folder
from ppo_lesson.lessons import LESSONS

# Every fold of a text is taken for an answer, but those that describe a picture, or help.
NO_ANSWER = "If something is not ok|The pictures of .*?"
FOLD = re.compile(
    rf"\n*<details>\s*<summary>(?!(?:{NO_ANSWER})</summary>).*?</details>\n*", re.DOTALL
)
STUB = re.compile(r"^def my_\w+\(.*?^ +raise NotImplementedError\n", re.DOTALL | re.MULTILINE)


def run(solved_in: Path | None, blank_in: Path | None, names: Sequence[str]) -> int:
    """Write the copies that were asked for and print their paths as they are done.

    Returns:
        0; 1 where a solved notebook does not run to the end, which is our own fault.

    Raises:
        OSError, ValueError: as of `write_blank`; or nothing was asked for.
    """
    if solved_in is None and blank_in is None:
        raise ValueError("copies: expected --solved FOLDER or --blank FOLDER, or both")
    if solved_in and blank_in and solved_in.resolve() == blank_in.resolve():
        raise ValueError(f"--solved and --blank: expected two folders, got {blank_in} twice")
    for write, folder in ((write_blank, blank_in), (write_solved, solved_in)):
        try:
            for path in write(folder, names) if folder else ():
                print(path, flush=True)
        except notebooks.CellFailedError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def write_blank(folder: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """Write the notebooks without outputs and without answers; yield each path.

    Args:
        folder: where, made if need be.
        names: of the notebooks; none means all.

    Raises:
        OSError: a file of that name is there and says something else, or cannot be written.
        ValueError: a notebook is not known.
    """
    copies = {path.name: blank(notebooks.read(path)) for path in notebooks.find_all(names)}
    for path, notebook, _ in _to_write(folder, copies):
        notebook_form.write(notebook, path)
        yield path


def write_solved(folder: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """Write the notebooks with everything answered, as they are when they have run; yield each.

    Arguments and errors as of `write_blank`.

    Raises:
        CellFailedError: a cell of a solved notebook raised.
        ValueError: a check in it does not say "correct".
    """
    copies = {
        path.name: solved(notebooks.read(path), LESSONS.get(path.stem))
        for path in notebooks.find_all(names)
    }
    for path, notebook, lesson in _to_write(folder, copies):
        notebooks.execute(notebook, prepare=partial(answer_questions, lesson))
        for exercise_id, verdict in verdicts(notebook).items():
            if not verdict.startswith(f"{exercise_id}: correct"):
                raise ValueError(f"{path.name}: {verdict}")
        notebook_form.write(notebook, path)
        yield path


def blank(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook without outputs, and without the folds that hold what came out."""
    result = copy.deepcopy(notebook)
    for cell in result.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = FOLD.sub("\n\n", cell.source).strip()
    result.cells = [cell for cell in result.cells if cell.source.strip()]
    return result


def solved(notebook: NotebookNode, lesson: Lesson | None) -> NotebookNode:
    """Return a notebook whose stubs are solutions, and in which each question has its answer.

    The answer stands, folded, in a cell below the question: it is there, too, when the notebook is
    run by somebody who has not answered.
    """
    result = copy.deepcopy(notebook)
    questions = _questions(lesson)
    cells: list[NotebookNode] = []
    for cell in result.cells:
        exercise = exercise_of(cell)
        if exercise:
            cell.source = with_solution(cell.source, exercise)
        cells.append(cell)
        question = questions.get(cell.id)
        if question:
            cells.append(v4.new_markdown_cell(folded_answer(question), id=f"{cell.id}-answer"))
    result.cells = cells
    return result


def with_solution(source: str, exercise: Exercise) -> str:
    """Put the solution in the place of the stub; the lines below, hint and check, stay.

    Raises:
        ValueError: there is no stub.
    """
    found = STUB.search(source)
    if found is None:
        raise ValueError(f"{exercise.id}: expected a stub to replace, got {source[:80]!r}")
    return f"{source[: found.start()]}{solution_cell(exercise)}\n{source[found.end() :]}"


def folded_answer(question: Question | OpenQuestion) -> str:
    """Write the answer of a question as a fold in Markdown."""
    if isinstance(question, OpenQuestion):
        points = "\n".join(f"- {point}" for point in question.rubric)
        text = f"{question.model_answer}\n\nPoints to make:\n\n{points}"
    else:
        right = question.answer
        text = f"**{html.escape(right.text, quote=False)}**\n\n{right.feedback}"
    return f"<details><summary>The answer</summary>\n\n{text}\n\n</details>"


def answer_questions(lesson: Lesson | None, folder: Path) -> None:
    """Write the progress of somebody who has answered every question of a lesson."""
    with progress.kept_in(folder):
        for question in _questions(lesson).values():
            for kind, value in _answered(question):
                progress.record(kind, question.id, value)


def verdicts(notebook: NotebookNode) -> dict[str, str]:
    """Read what the checks of a notebook that has run say: exercise -> text."""
    return {
        exercise.id: "".join(
            output.get("data", {}).get("text/plain", "") for output in cell.outputs
        )
        for cell in notebook.cells
        if (exercise := exercise_of(cell))
    }


def _answered(question: Question | OpenQuestion) -> list[tuple[str, Any]]:
    if isinstance(question, OpenQuestion):
        return [("notes", question.model_answer)]
    text = question.answer.text
    return [("choices", text), ("questions", True), ("predictions", text)]


def _questions(lesson: Lesson | None) -> dict[str, Question | OpenQuestion]:
    """Give the questions of a lesson by their ids, which are those of their cells."""
    return {question.id: question for question in lesson.asked} if lesson else {}


def _to_write(
    folder: Path, copies: dict[str, NotebookNode]
) -> Iterator[tuple[Path, NotebookNode, Lesson | None]]:
    """Yield what is not there yet, after a look at everything that is.

    Raises:
        OSError: a file is there, and its cells say something else.
    """
    make_folder(folder)
    missing = []
    for name, notebook in copies.items():
        path = folder / name
        if not path.exists():
            missing.append((path, notebook, LESSONS.get(path.stem)))
        elif not _says_the_same(path, notebook):
            what = "it is there already and is another one; name another folder"
            raise FileExistsError(errno.EEXIST, what, str(path))
    yield from missing


def _says_the_same(path: Path, notebook: NotebookNode) -> bool:
    try:
        there = notebooks.read(path)
    except ValueError:
        return False
    return _texts(there) == _texts(notebook)


def _texts(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]
