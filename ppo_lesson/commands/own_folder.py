"""A learner's folder: copies of the course's notebooks, and a record of what was copied.

The record is `.ppo_lesson.json`. Of each copy it holds a digest of the course's file, which tells
whether the course has changed since, and a digest of each cell, which tells what the learner has
edited: outputs do not count, for running is not editing. Where the record is missing or damaged,
what a copy has in common with the course says enough to lose nothing: `merge`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from ppo_lesson import files
from ppo_lesson.files import course, replace_bytes, replace_text

NAME = "my_notebooks"
RECORD = ".ppo_lesson.json"
# What a notebook was called in an earlier version of the course: old name -> name.
RENAMED = {"11_dpo_and_beyond": "11_dpo"}


class Taken(NamedTuple):
    """What was copied: the digest of the course's file, and of each cell by its id, in order."""

    file: str
    cells: dict[str, str]


def course_notebooks() -> dict[str, Path]:
    """Return the course's notebooks, in order: name -> file.

    Raises:
        FileNotFoundError: there are none.
    """
    found = {path.stem: path for path in sorted(course().glob("*.ipynb"))}
    if not found:
        raise FileNotFoundError(f"there are no notebooks in {course()}")
    return found


def usual() -> Path:
    """Return where a learner's notebooks are if nobody says: here, or else in my_notebooks."""
    return Path() if Path(RECORD).is_file() else Path(NAME)


def way_out(own: Path) -> str:
    """Say what helps where a learner's copy cannot be read."""
    return f"`ppo-lesson reset {own.stem}` keeps it and brings a whole one"


def choose(folder: Path | None) -> Path:
    """Return the folder that was named, or else this one, if it is one of a learner, or a new one.

    Raises:
        ValueError: the course's own notebooks, or the package, stand there.
    """
    folder = usual() if folder is None else folder
    require_own(folder)
    return folder


def require_own(path: Path) -> None:
    """Refuse a place that belongs to the course or its package, links followed.

    Raises:
        ValueError: it does.
    """
    place = path.resolve()
    for theirs in (course().resolve(), files.PACKAGE):
        if place == theirs or theirs in place.parents:
            raise ValueError(f"{path}: here stands the course itself; name a folder of your own")


def new_name(name: str) -> str:
    """Return what a notebook is called now; most are called as they always were."""
    return RENAMED.get(name, name)


def own_file(folder: Path, name: str) -> Path | None:
    """Find a learner's copy of a notebook, under the name it has now or had once."""
    names = [name, *(old for old in RENAMED if new_name(old) == name)]
    copies = [folder / f"{each}.ipynb" for each in names]
    # A link that leads nowhere, or a folder of that name, is the learner's too.
    return next((copy for copy in copies if copy.exists() or copy.is_symlink()), None)


def put(folder: Path, name: str, original: Path, text: str | None = None) -> Path:
    """Write a copy of the course's notebook, and record what it stems from.

    Args:
        folder: the learner's.
        name: of the notebook.
        original: the course's file.
        text: what is written, if it is not the course's own.

    Raises:
        OSError: it cannot be written.
        ValueError: the copy is a link to the course's.
    """
    path = folder / f"{name}.ipynb"
    require_own(path)
    replace_bytes(path, original.read_bytes() if text is None else text.encode())
    remember(folder, name, original)
    return path


def set_aside(path: Path) -> Path:
    """Copy a learner's file to a name of its own beside it, with today's date; return that."""
    stem = f"{path.stem}-{date.today().isoformat()}"
    names = (f"{stem}{'' if n == 1 else f'-{n}'}.ipynb" for n in count(1))
    beside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    replace_bytes(beside, path.read_bytes())
    return beside


# ---- The record ----------------------------------------------------------------------------------


def digest(text: str) -> str:
    """Return a short digest of a text; ends of lines, and blanks at them, do not matter."""
    lines = [line.rstrip() for line in text.splitlines()]
    content = "\n".join(lines).strip().encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]


def cell_digest(cell: dict[str, Any]) -> str:
    """Return the digest of what a person writes in a cell: its kind and its source."""
    source = cell["source"]
    return digest(f"{cell['cell_type']}\n{source if isinstance(source, str) else ''.join(source)}")


def taken_from(original: Path) -> Taken:
    """Return what the record holds of a notebook of the course."""
    text = original.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    return Taken(digest(text), {cell["id"]: cell_digest(cell) for cell in cells})


def remember(folder: Path, name: str, original: Path) -> None:
    """Record that the folder's copy stems from the course's notebook as it is now."""
    notebooks = {key: value._asdict() for key, value in recorded(folder).items()}
    notebooks[name] = taken_from(original)._asdict()
    text = json.dumps({"notebooks": notebooks}, indent=1)
    replace_text(folder / RECORD, text + "\n")


def recorded(folder: Path) -> dict[str, Taken]:
    """Read the record: name -> what was copied. A damaged one is none."""
    try:
        notebooks = json.loads((folder / RECORD).read_text(encoding="utf-8"))["notebooks"]
        entries = {name: Taken(value["file"], value["cells"]) for name, value in notebooks.items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: taken for name, taken in entries.items() if _is_whole(taken)}


def _is_whole(taken: Taken) -> bool:
    return isinstance(taken.cells, dict) and bool(taken.cells)
