"""Who handed in which notebook, told from the paths alone."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ppo_lesson.lessons import LESSONS

LESSON_NAME = re.compile("|".join(f"[-_ .]*{re.escape(name)}[-_ .]*" for name in LESSONS))

# What Jupyter, Windows, macOS and our own `update` and `reset` add to the name of a copy beside a
# file. Not "(1)": a browser adds it to files of one name, and these may be of two learners.
DATE = r"-\d{4}-\d\d-\d\d(-\d+)?"
COPY = re.compile(rf"(-Copy\d*|-checkpoint|{DATE}| - Copy( \(\d+\))?| copy( \d+)?)+$")


def by_pattern(paths: Sequence[Path], pattern: re.Pattern[str]) -> list[str]:
    """Name learners by what a group of the pattern finds in the path as it was given.

    The group is the one called ``learner``, or the first. A path in which the pattern is not found
    stands for itself.

    Raises:
        ValueError: it is found in none.
    """
    group = "learner" if "learner" in pattern.groupindex else 1
    found = [pattern.search(path.as_posix()) for path in paths]
    names = [match[group] if match else "" for match in found]
    if not any(names):
        raise ValueError(f"{pattern.pattern!r} is found in no path, as in {paths[0].as_posix()!r}")
    return [name or path.as_posix() for name, path in zip(names, paths, strict=True)]


def by_path(paths: Sequence[Path], asked: Sequence[Sequence[str]]) -> list[str]:
    """Name learners by the part of the path that tells apart all who answered the same exercise.

    Candidates are the folders, from the left, and the file's name without the lesson's. Of folders
    that do it, the one with the most different names; where no part does it, all parts that differ.

    Args:
        paths: the notebooks.
        asked: the exercises of each.
    """
    files = [_original(path) for path in paths]
    stems = [LESSON_NAME.sub(_separator, file.stem) for file in files]
    depth = max(len(file.parents) for file in files)
    folders = [[*file.parent.parts, *[""] * depth][:depth] for file in files]
    varying = [column for column in zip(*folders, strict=True) if len(set(column)) > 1]

    def tells_apart(names: Sequence[str]) -> bool:
        rows = [*zip(names, files, asked, strict=True)]
        answered = {(name, exercise) for name, _, ids in rows for exercise in ids}
        handed_in = {(file, exercise) for _, file, ids in rows for exercise in ids}
        return all(names) and len(answered) == len(handed_in)

    good = [column for column in varying if tells_apart(column)]
    if good:
        return list(max(good, key=lambda column: len(set(column))))
    if not varying and len(set(stems)) == 1 and not stems[0]:  # all of one learner's lessons
        return [file.parent.name or file.stem for file in files]
    short = [stem or file.stem for stem, file in zip(stems, files, strict=True)]
    if tells_apart(short):
        return short
    parts = list(zip(*varying, [file.stem for file in files], strict=True))
    return ["/".join(filter(None, names)) for names in parts]


def _original(path: Path) -> Path:
    """Return where the file stands that this one is a copy of, or is itself."""
    file = Path(os.path.abspath(path))
    folder = file.parent.parent if file.parent.name == ".ipynb_checkpoints" else file.parent
    return folder / f"{COPY.sub('', file.stem) or file.stem}{file.suffix}"


def _separator(lesson: re.Match[str]) -> str:
    """Keep apart what stands on both sides of a lesson's name: anna_LESSON-1 is not anna1."""
    inside = lesson.start() > 0 and lesson.end() < len(lesson.string)
    return "-" if inside else ""
