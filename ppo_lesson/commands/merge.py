"""Bring a learner's work into a newer version of a notebook: cell by cell, by the cells' ids.

Every cell of the new version stands in the result, in its order. Where the learner edited a cell:

    an answer to an exercise        the answer stands there, above the `check` of the new version
    another cell, which the course  the learner's stands there
    has left as it was
    another cell, which the course  the course's stands there; the caller keeps the old file, and
    has changed too                 says so

Cells that the learner added follow the cell that they followed.
"""

from __future__ import annotations

import ast
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nbformat import NotebookNode

from ppo_lesson.commands.notebook_cells import EXERCISE
from ppo_lesson.commands.notebook_form import RANDOM_ID, READABLE_ID
from ppo_lesson.commands.own_folder import cell_digest

STUCK = "# Stuck? "  # begins the comment above `check`
ANSWER = re.compile(r"^def my_(\w+)\(", re.MULTILINE)


class Merged(NamedTuple):
    """The new version with the learner's work in it, and what became of that."""

    cells: list[NotebookNode]
    edited: bool  # there was work, if only that cells were removed
    answers: list[str]  # ids of exercises whose answer stands in it
    asked: list[str]  # those among them whose stub the course has changed
    own: int  # cells that the learner added
    kept: list[str]  # ids of other cells that stand as the learner edited them
    given_up: list[str]  # first lines of the learner's cells, where the course's stand instead


def merge(
    own: list[NotebookNode], taken: Mapping[str, str] | None, new: list[NotebookNode]
) -> Merged:
    """Merge a learner's cells into those of a newer version.

    Args:
        own: the learner's cells.
        taken: id -> digest of the cells of the version that was copied, in order; None where that
            is not known: then a cell with a name of the course is the course's, and what differs
            in it may be either's. Answers and added cells are found all the same.
        new: the cells of the newer version.
    """
    own = [cell for cell in own if cell.source.strip()]  # JupyterLab leaves an empty one at the end
    old = taken or {}
    latest = {cell.id: cell_digest(cell) for cell in new}
    ids = identify(own, {**old, **latest}, known=taken is not None)
    known = taken or latest
    edited = list(zip(ids, map(cell_digest, own), strict=True)) != list(known.items())
    merged = Merged([], edited, [], [], 0, [], [])
    followers: dict[str, list[NotebookNode]] = {id: [] for id in ("", *latest)}
    replaced: dict[str, NotebookNode] = {}
    follows, used = "", set(latest)
    for cell, id in zip(own, ids, strict=True):
        if id is not None and id in latest:
            replaced[id], follows = cell, id
        elif id is None or (id.startswith(EXERCISE) and _is_answer(cell, old.get(id))):
            followers[follows].append(_added(cell, id is not None, used))
        elif old and cell_digest(cell) != old.get(id):
            merged.given_up.append(_first_line(cell))
    cells = list(followers[""])
    for cell in new:
        mine = replaced.get(cell.id)
        cells.append(_choose(mine, old.get(cell.id), cell, merged) if mine else cell)
        cells += followers[cell.id]
    return merged._replace(cells=cells, own=sum(map(len, followers.values())))


def identify(
    cells: Iterable[NotebookNode], course: Mapping[str, str], known: bool
) -> list[str | None]:
    """Tell of each of a learner's cells which of the course's it is, by id; None for added ones.

    Programs drop or renew ids: a cell without one of the course's is known by its source, or, if
    it holds an answer, by the name that it binds.

    Args:
        cells: the learner's.
        course: id -> digest of every cell of the course, those of the copied version too.
        known: the copied version is among them; if not, a readable id is one of the course.
    """
    cells = list(cells)
    found: list[str | None] = []
    for cell in cells:
        id = str(cell.get("id") or cell.get("metadata", {}).get("id", ""))  # Colab's stand there
        readable = READABLE_ID.fullmatch(id) and not RANDOM_ID.fullmatch(id)
        found.append(id if (id in course or (readable and not known)) and id not in found else None)
    by_source = {digest: id for id, digest in course.items() if id not in found}
    for k, cell in enumerate(cells):
        if found[k] is not None:
            continue
        bound = ANSWER.search(cell.source) if cell.cell_type == "code" else None
        named = EXERCISE + bound[1].replace("_", "-") if bound else ""
        id = by_source.get(cell_digest(cell), named if named in course else None)
        found[k] = id if id not in found else None
    return found


def _choose(
    mine: NotebookNode, taken: str | None, course: NotebookNode, merged: Merged
) -> NotebookNode:
    """Decide between a learner's cell and the course's, and write down what was decided."""
    digest, latest = cell_digest(mine), cell_digest(course)
    if digest in (taken, latest):
        return course
    if course.id.startswith(EXERCISE):
        if not _is_answer(mine, taken):
            return course
        merged.answers.append(course.id)
        if taken not in (None, latest):
            merged.asked.append(course.id)
        source = mine.source if taken == latest else _under_check(mine.source, course.source)
        return NotebookNode({**mine, "id": course.id, "source": source})
    if taken == latest:
        merged.kept.append(course.id)
        return NotebookNode({**mine, "id": course.id})
    merged.given_up.append(_first_line(mine))
    return course


def _is_answer(cell: NotebookNode, taken: str | None) -> bool:
    """Tell whether an exercise's cell holds work; where the copied stub is known, any edit is."""
    if taken is not None:
        return cell_digest(cell) != taken
    try:
        body = ast.parse(cell.source).body
    except (SyntaxError, ValueError, RecursionError):
        return True
    remarks = [line for line in cell.source.splitlines() if line.lstrip().startswith("#")]
    return not all(line.startswith(STUCK) for line in remarks) or not all(
        _is_check(node) or _is_stub(node) for node in body
    )


def _first_line(cell: NotebookNode) -> str:
    """Return how a cell begins, by which whoever wrote it knows it again."""
    return cell.source.strip().partition("\n")[0]


def _is_stub(node: ast.stmt) -> bool:
    """Tell whether a statement is a function that holds a docstring and NotImplementedError."""
    if not isinstance(node, ast.FunctionDef):
        return False
    lines = [ast.unparse(line) for line in node.body if not isinstance(line, ast.Expr)]
    return lines == ["raise NotImplementedError"]


def _is_check(node: ast.stmt) -> bool:
    """Tell whether a statement is a call of ``check``."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "check"
    )


def _under_check(answer: str, course: str) -> str:
    """Put an answer above the comment and the ``check`` of the course's cell, if it can be read."""
    ours, ending = _split(answer), _split(course)
    return answer if ours is None or ending is None else "\n\n\n".join((ours[0], ending[1])).strip()


def _split(source: str) -> tuple[str, str] | None:
    """Take a cell apart: the answer; the comment that helps, with the calls of ``check``.

    Returns None where Python cannot read the cell, or something shares a line with such a call.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None

    def rows(node: ast.stmt) -> range:
        return range(node.lineno - 1, node.end_lineno or node.lineno)

    asks = {row for node in body if _is_check(node) for row in rows(node)}
    if any(row in asks for node in body if not _is_check(node) for row in rows(node)):
        return None
    lines = source.splitlines()
    asks |= {row for row, line in enumerate(lines) if line.startswith(STUCK)}
    answer = [line for row, line in enumerate(lines) if row not in asks]
    return "\n".join(answer).strip(), "\n".join(lines[row] for row in sorted(asks))


def _added(cell: NotebookNode, was_exercise: bool, used: set[str]) -> NotebookNode:
    """Take over a cell that the course does not have, under an id that no other cell has.

    The ``check`` of an exercise that is gone would only fail.
    """
    id = cell.get("id")
    if not id or id in used:
        id = secrets.token_hex(4)
    used.add(id)
    parts = _split(cell.source) if was_exercise else None
    return NotebookNode({**cell, "id": id, "source": parts[0] if parts else cell.source})
