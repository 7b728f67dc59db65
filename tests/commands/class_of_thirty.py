"""Thirty learners hand in notebook 04: what each has written, and the verdicts they deserve.

Right, wrong and fragile answers and faults are those of `tests/answers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat

from ppo_lesson.commands import copies, notebooks
from ppo_lesson.exercises.exercise import Exercise

ANSWERS = Path(__file__).parents[1] / "answers"
NOTEBOOK = "04_surrogate_gradient"
RATIO, ORDER, LOSS, DIFFERENCES = (
    "policy_ratio", "proof_order", "surrogate_loss", "finite_difference_gradient"
)  # fmt: skip
ORDER_RIGHT, ORDER_WRONG = '"CEGBFDA"', '"ABCDEFG"'
EXIT = "import os\nos._exit(7)"
FORGED = """from pathlib import Path
for path in Path("..").glob("*.jsonl"):
    with path.open("a") as record:
        record.write('["verdict", "surrogate_loss", "correct", ""]\\n')"""
EMPTIED = "import pathlib\nfor path in pathlib.Path('..').glob('*.jsonl'):\n    path.write_text('')"


class Learner(NamedTuple):
    """One learner: what stands in place of each stub, and the status that it deserves.

    A text of `writes` is the source of the cell; None is a cell that was deleted.
    """

    name: str
    writes: dict[str, str | None]
    deserves: dict[str, str]


def wrong(exercise: str, slip: str, kind: str = "WRONG") -> str:
    """Write a cell that answers with a wrong answer of the collection."""
    return _loaded(exercise, "wrong_answers", f'dict(answers.{kind}["{exercise}"])["{slip}"]')


def right(exercise: str, number: int) -> str:
    """Write a cell that answers with a right answer of the collection."""
    known = f'answers.RIGHT["{exercise}"]'
    return _loaded(exercise, "right_answers", f"{known}[{number} % len({known})]")


def fault(exercise: str, name: str) -> str:
    """Write a cell whose answer is a right one that misbehaves."""
    from_lesson = f'import_module("ppo_lesson.lessons").EXERCISES["{exercise}"].reference'
    return "from importlib import import_module\n" + _loaded(
        exercise, "faults", f'answers.FAULTS["{name}"]({from_lesson})'
    )


def order(letters: str) -> str:
    """Write a cell that puts the lines of the proof in an order."""
    return f"def my_{ORDER}():\n    return {letters}"


def _loaded(exercise: str, module: str, answer: str) -> str:
    return (
        "from importlib.util import module_from_spec, spec_from_file_location\n"
        f"spec = spec_from_file_location({module!r}, {str(ANSWERS / module)!r} + '.py')\n"
        "answers = module_from_spec(spec)\nspec.loader.exec_module(answers)\n"
        f"my_{exercise} = {answer}"
    )


def _learner(number: int, name: str, **changes: tuple[str | None, str]) -> Learner:
    """Make a learner who has written everything right, but for what is changed."""
    writes: dict[str, str | None] = {
        RATIO: right(RATIO, number),
        ORDER: order(ORDER_RIGHT),
        LOSS: right(LOSS, number),
        DIFFERENCES: right(DIFFERENCES, number),
    }
    deserves = dict.fromkeys(writes, "correct")
    for exercise, (source, status) in changes.items():
        writes[exercise], deserves[exercise] = source, status
    return Learner(name, writes, deserves)


STUB = dict.fromkeys((RATIO, ORDER, LOSS, DIFFERENCES), ("", "not started"))


def learners() -> Iterator[Learner]:
    """Yield twenty-nine of the thirty; the file of the last cannot be read."""
    late = {DIFFERENCES: STUB[DIFFERENCES]}  # a section called Further: most leave it out
    for number, name in enumerate(("ada", "ben", "cem", "dee")):
        yield _learner(number, name)
    for number, name in enumerate(("eli", "fay", "gus", "hal"), start=4):
        yield _learner(number, name, **late)
    upside_down = {
        RATIO: (wrong(RATIO, "upside down"), "wrong"),
        LOSS: (wrong(LOSS, "ratio upside down"), "wrong"),
    }
    for number, name in enumerate(("ida", "jan", "kim", "leo", "mia"), start=8):
        yield _learner(number, name, **upside_down, **late)
    for number, name in enumerate(("ned", "ola", "pia"), start=13):
        fragile = {RATIO: (wrong(RATIO, "exp / exp", "FRAGILE"), "fragile")}
        yield _learner(number, name, **fragile, **late)
    for number, name in enumerate(("quy", "ray"), start=16):
        yield _learner(number, name, **{LOSS: (wrong(LOSS, "sign"), "wrong")}, **late)
    for number, name in enumerate(("tom", "una"), start=19):
        slip = wrong(LOSS, "detached ratio: right value, no gradient")
        yield _learner(number, name, **{LOSS: (slip, "wrong")}, **late)
    yield _learner(21, "vic", **STUB)
    yield _learner(22, "wil", **{ORDER: (order(ORDER_WRONG), "wrong"), LOSS: STUB[LOSS]}, **late)
    yield from _hostile(late)


def _hostile(late: dict[str, tuple[str, str]]) -> Iterator[Learner]:
    lost = dict.fromkeys((ORDER, LOSS), (None, "missing"))
    yield _learner(23, "xia", **lost, **late)
    broken = f"def my_{LOSS}(log_prob, old_log_prob, advantage)\n    return 0"
    yield _learner(24, "yan", **{LOSS: (broken, "wrong")}, **late)
    endless = fault(RATIO, "loops for ever, catching every exception")
    yield _learner(25, "zoe", **{RATIO: (endless, "wrong")}, **late)
    leaves = fault(LOSS, "raises SystemExit")
    yield _learner(26, "=SUM(1)", **{LOSS: (leaves, "wrong")}, **late)
    forged = f"{FORGED}\n{wrong(LOSS, 'sign')}"
    yield _learner(27, "abe", **{LOSS: (forged, "wrong")}, **late)
    emptied = dict.fromkeys((RATIO, ORDER), "not graded")
    kai = _learner(18, "kai", **{LOSS: (f"{EMPTIED}\n{right(LOSS, 18)}", "correct")}, **late)
    yield kai._replace(deserves=kai.deserves | emptied)
    gone = {ORDER: (EXIT, "not graded"), **dict.fromkeys((LOSS, DIFFERENCES), ("", "not graded"))}
    yield _learner(28, "bea", **gone)


UNREAD = "cat"


def hand_in(folder: Path) -> list[Path]:
    """Write the thirty files, each in the folder of its learner, from a blank copy."""
    clean = copies.blank(notebooks.read(notebooks.find([NOTEBOOK])[0][0]))
    text = nbformat.writes(clean)
    paths = []
    for learner in learners():
        notebook = nbformat.reads(text, as_version=4)
        for cell in list(notebook.cells):
            exercise = copies.exercise_of(cell)
            if exercise:
                _answer(notebook, cell, exercise, learner.writes[exercise.id])
        path = folder / learner.name / f"{NOTEBOOK}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        paths.append(path)
    path = folder / UNREAD / f"{NOTEBOOK}.ipynb"
    path.parent.mkdir()
    path.write_text("{")
    return [*paths, path]


def _answer(
    notebook: nbformat.NotebookNode,
    cell: nbformat.NotebookNode,
    exercise: Exercise,
    source: str | None,
) -> None:
    if source is None:
        task = f"task-{cell.id.removeprefix('exercise-')}"
        notebook.cells = [c for c in notebook.cells if c.id not in (cell.id, task)]
    elif source:
        after = re.split(r"^# Stuck\?", cell.source, maxsplit=1, flags=re.MULTILINE)[1]
        cell.source = f"{source}\n\n# Stuck?{after}"
        assert f"my_{exercise.id})" in cell.source
