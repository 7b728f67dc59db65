"""What this learner has done, in one small file on this computer; nothing leaves it.

`progress.json` stands in the user's data folder, or in the folder that the environment variable
PPO_LESSON_DATA names: "~" is the home folder, and a relative path counts from the working folder of
its first use. It is never a reason to fail: no file is no progress yet, a damaged one is set aside,
and where a folder cannot be written nothing is kept. The last two are said once. What a later
version has written is left as it is, and passed over where this one cannot read it.

Two kernels may write at a time: the file is read, changed and replaced under a lock of the
operating system. That lock ends with its process, so a lock file left behind holds nobody up.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
from filelock import FileLock

from ppo_lesson.files import replace_text

FILE = "progress.json"
LOCK_SECONDS = 1.0  # then without: a write takes 0.01 s, so whoever holds the lock hangs
STATUSES = ("not started", "wrong", "fragile", "correct")  # of a verdict, from worst to best

Progress = dict[str, Any]


class Kind(NamedTuple):
    """How one kind of entries is merged, what a caller may give, and what this version can read."""

    merge: Callable[[Any, Any], Any]  # the old entry or None, the new value -> entry or None
    takes: Callable[[Any], bool]
    holds: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _rank(status: str) -> int:
    """Place a status; one that a later version of this package wrote stands above all."""
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


def _merge_status(old: dict[str, Any] | None, new: str) -> dict[str, Any]:
    old = old or {"best": new}
    return {**old, "best": max(old["best"], new, key=_rank), "last": new}


def _is_exercise(entry: Any) -> bool:
    return isinstance(entry, dict) and all(_is_text(entry.get(key)) for key in ("best", "last"))


KINDS = {
    "exercises": Kind(_merge_status, lambda value: value in STATUSES, _is_exercise),
    "questions": Kind(
        lambda old, new: old or new or None,  # once right stays right
        lambda value: isinstance(value, bool),
        lambda entry: entry is True,
    ),
    # Apart from whether it was right: versions without this kind keep it, and read the rest.
    "choices": Kind(lambda _, new: new, _is_text, _is_text),
    "predictions": Kind(
        lambda _, new: new, lambda value: value is None or _is_text(value), _is_text
    ),
    "notes": Kind(lambda _, new: new, _is_text, _is_text),
}


def record(kind: str, id: str, value: Any) -> bool:
    """Keep what a learner has done; return whether it is kept.

    Args:
        kind: "exercises", "questions", "choices", "predictions" or "notes".
        id: of the exercise or question.
        value: exercises: the status of a verdict; the best one stays beside the last. Questions:
            whether the answer was right; once right stays right. Choices: the text of the option
            that a question was last answered with. Predictions: the text of the chosen option, or
            None to forget it. Notes: the text.

    Raises:
        ValueError: there is no such kind, or it takes no such value.
    """
    merge, takes, holds = _kind(kind)
    if not takes(value):
        raise ValueError(f"value: {kind} take no {value!r}")

    def change(progress: Progress) -> None:
        entries = progress.get(kind, {})
        old = entries.get(id)
        merged = merge(old if holds(old) else None, value)
        if merged is not None:
            progress[kind] = {**entries, id: merged}
        elif holds(old):
            del entries[id]

    return _visit(change) is not None


def recall(kind: str, id: str) -> Any:
    """Return what is kept, or None.

    It is, of an exercise, {"best": status, "last": status}; of a question True; else a text.

    Raises:
        ValueError: there is no such kind.
    """
    _kind(kind)
    return recall_all()[kind].get(id)


def recall_all() -> dict[str, dict[str, Any]]:
    """Return all that is kept: kind -> id -> what `recall` returns."""
    progress = _visit() or {}
    return {
        name: {id: entry for id, entry in progress.get(name, {}).items() if kind.holds(entry)}
        for name, kind in KINDS.items()
    }


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {name!r}")
    return KINDS[name]


# ---- The file ------------------------------------------------------------------------------------


def data_folder() -> Path:
    """Return the folder of the file: the user's data folder, or what PPO_LESSON_DATA names.

    Raises:
        OSError: its place is not known: there is no home folder, or no working folder any more.
    """
    chosen = os.environ.get("PPO_LESSON_DATA", "").strip()
    return _absolute(chosen or str(platformdirs.user_data_path("ppo_lesson", appauthor=False)))


@cache  # so that a kernel keeps its file when a cell changes the working folder
def _absolute(folder: str) -> Path:
    expanded = os.path.expanduser(folder)
    if expanded.startswith("~"):
        raise FileNotFoundError(errno.ENOENT, "no home folder is known", folder)
    return Path(os.path.abspath(expanded))


def _visit(change: Callable[[Progress], None] = lambda _: None) -> Progress | None:
    """Read the file, change what it says, write it if that differs; None where that failed."""
    progress, path = None, Path(FILE)
    try:
        folder = data_folder()
        path = folder / FILE
        with _one_at_a_time(folder):
            found = _read(path)
            before = _text(found)
            change(found)
            if _text(found) != before:
                _write(path, _text(found))
        progress = found
    except OSError as error:
        reason = error.strerror or type(error).__name__
        _tell("not kept", f"Progress is not kept: {path} cannot be used ({reason}).")
    _tell()
    return progress


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep other kernels out; where a folder or its disk knows no locks, let them in."""
    lock = FileLock(folder / "progress.lock", timeout=LOCK_SECONDS, poll_interval=0.01)
    with suppress(OSError, NotImplementedError):  # a time-out is an OSError
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> Progress:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    progress = _parse(content)
    if progress is not None:
        return progress
    damaged = Path(os.path.realpath(path))  # a link stays, and leads to the new file
    asides = (damaged.with_name(f"progress.damaged-{number}.json") for number in count(1))
    aside = next(other for other in asides if not other.exists())
    damaged.rename(aside)
    _tell(
        aside.name, f"The file of your progress was damaged: it is {aside} now, a new one begins."
    )
    return {}


def _parse(content: bytes) -> Progress | None:
    """Return what a sound file says, entries of later versions too; None for a damaged one."""
    try:
        progress = json.loads(content)
        _text(progress)  # what is nested too deeply to be written again is damage as well
    except (ValueError, RecursionError):
        return None
    if not isinstance(progress, dict):
        return None
    if not all(isinstance(progress.get(name, {}), dict) for name in KINDS):
        return None
    return progress


def _text(progress: Progress) -> str:
    return json.dumps(progress, indent=1)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text, mode=0o600)  # a learner's own words


_told: set[str] = set()
_untold: list[str] = []


def _tell(topic: str = "", sentence: str = "") -> None:
    """Print a sentence, once per topic: by the main thread, for callbacks of widgets print none."""
    if sentence and topic not in _told:
        _told.add(topic)
        _untold.append(sentence)
    if threading.current_thread() is threading.main_thread():
        while _untold:
            print(_untold.pop(0))
