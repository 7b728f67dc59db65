"""``ppo-lesson reset``: a notebook as it is in the course, and the learner's beside it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ppo_lesson.commands.own_folder import (
    choose,
    course_notebooks,
    new_name,
    own_file,
    put,
    require_own,
    set_aside,
)
from ppo_lesson.files import sentence


def run(names: Sequence[str]) -> int:
    """Bring notebooks as they are in the course; what stood there is kept under another name.

    Args:
        names: of notebooks: number, name or path.

    Returns:
        0; 2 where a name fits no notebook, or a file cannot be written: the others are brought.

    Raises:
        OSError: the course has no notebooks.
    """
    code = 0
    notebooks = course_notebooks()
    for given in names:
        try:
            folder, name = _find(given, notebooks)
            print(bring(folder, name, notebooks[name]))
        except (OSError, ValueError) as error:
            code = 2
            print(f"error: {sentence(error)}", file=sys.stderr)
    return code


def bring(folder: Path, name: str, original: Path) -> str:
    """Bring one notebook as it is in the course, and say what became of the learner's.

    Raises:
        OSError: a file cannot be read or written.
    """
    own = own_file(folder, name)
    if own is not None and own.stem == name and own.read_bytes() == original.read_bytes():
        return f"{name}: as it is in the course already"
    kept = set_aside(own) if own is not None and own.exists() else None
    put(folder, name, original)
    if own is not None and own.stem != name:
        own.unlink()
    return f"{name}: as it is in the course" + (f"; as you had it: {kept.name}" if kept else "")


def _find(given: str, notebooks: dict[str, Path]) -> tuple[Path, str]:
    """Tell folder and name of a notebook that was given by number, name or path."""
    path = Path(given)
    stem = new_name(path.name.removesuffix(".ipynb"))
    found = [name for name in notebooks if stem in (name, name.split("_")[0])]
    if not found:
        exist = ", ".join(notebooks)
        raise ValueError(f"no notebook of the course is called {given!r}; these exist: {exist}")
    folder = choose(None) if path.name == given and not path.exists() else path.parent
    require_own(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder; `ppo-lesson open` makes one")
    return folder, found[0]
