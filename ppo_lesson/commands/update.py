"""``ppo-lesson update``: what is new or changed in the course, with the learner's work in it."""

from __future__ import annotations

import sys
from pathlib import Path

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.commands.merge import Merged, merge
from ppo_lesson.commands.notebook_cells import EXERCISE
from ppo_lesson.commands.own_folder import (
    cell_digest,
    choose,
    course_notebooks,
    digest,
    own_file,
    put,
    recorded,
    remember,
    set_aside,
    way_out,
)
from ppo_lesson.files import sentence


def run(folder: Path | None = None) -> int:
    """Bring a learner's folder up to date, and say of each notebook what was done.

    Args:
        folder: the learner's; see `own_folder.choose`.

    Returns:
        0; 2 where a notebook cannot be read or written: the others are brought up to date.

    Raises:
        OSError: there is no such folder, or the course has no notebooks.
    """
    folder = choose(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder; `ppo-lesson open` makes one")
    code, same = 0, 0
    for name, original in course_notebooks().items():
        try:
            done = bring(folder, name, original)
        except (OSError, ValueError) as error:
            code = 2
            print(f"error: {sentence(error)}", file=sys.stderr)
            continue
        same += not done
        if done:
            print(f"{name}: {done}")
    if same:
        print(f"{same} {'notebook is' if same == 1 else 'notebooks are'} up to date already.")
    return code


def bring(folder: Path, name: str, original: Path) -> str:
    """Bring one notebook up to date, and say what was done; nothing, where nothing was to do.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: the learner's is not a notebook.
    """
    own = own_file(folder, name)
    if own is None:
        put(folder, name, original)
        return "new"
    if not has_changed(folder, name, own, original):
        return ""
    taken = recorded(folder).get(own.stem)
    new = notebook_form.read(original)
    try:
        merged = merge(notebooks.read(own).cells, taken and taken.cells, new.cells)
    except ValueError as error:
        raise ValueError(f"{sentence(error)}; {way_out(own)}") from error
    if not merged.edited:
        put(folder, name, original)
        said = "brought up to date; you had not edited it."
    else:
        kept = set_aside(own)
        new.cells = merged.cells
        put(folder, name, original, notebook_form.text(new))
        said = _summary(merged, taken is not None, kept.name)
    if own.stem != name:
        own.unlink()
        said = f"this is {own.stem}, which has a new name: {said}"
    return said


def has_changed(folder: Path, name: str, own: Path, original: Path) -> bool:
    """Tell whether the course's notebook has changed since the learner copied it.

    Where it is not known what was copied, it has if `merge` would change something; if not, the
    copy is recorded as one of today's.
    """
    if own.stem != name:
        return True
    taken = recorded(folder).get(name)
    if taken is not None:
        return taken.file != digest(original.read_text(encoding="utf-8"))
    try:
        mine = [cell for cell in notebooks.read(own).cells if cell.source.strip()]
    except (OSError, ValueError):
        return True  # `bring` says what is wrong with it
    merged = merge(mine, None, notebook_form.read(original).cells)
    if list(map(cell_digest, merged.cells)) != list(map(cell_digest, mine)):
        return True
    remember(folder, name, original)
    return False


def _summary(merged: Merged, known: bool, kept: str) -> str:
    """Say what stands of the learner's in the new version, and where all of it stands."""
    found = {
        "answers to exercises": len(merged.answers),
        "cells that you added": merged.own,
        "other cells that you edited": len(merged.kept),
    }
    parts = [f"{what}: {number}" for what, number in found.items() if number]
    said = "brought up to date"
    if parts:
        said += f" with your work ({', '.join(parts)})"
    if merged.asked:
        asked = ", ".join(id.removeprefix(EXERCISE) for id in merged.asked)
        said += f"; check again, for the course has changed what is asked: {asked}"
    if merged.given_up and known:
        both = ", ".join(map(repr, merged.given_up))
        said += f"; the course's cells stand where it has changed yours too, which began: {both}"
    elif merged.given_up:
        said += "; which version you had is not known, so all other cells are the course's"
    return f"{said}. As you had it: {kept}"
