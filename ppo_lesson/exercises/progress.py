"""What this learner has done, a small file for each thing on this computer; nothing leaves it.

The files stand in the user's data folder, or in the folder that the environment variable
PPO_LESSON_DATA names: "~" is the home folder, and a relative path counts from the working folder of
its first use. `exercises/gae.json` holds the verdicts on an exercise, `notes/own-words-....json` a
text, `answers/gae.py` the function that passed. As each thing has its own file, two kernels do not
stand in each other's way; where both record the same thing within milliseconds, the later stays.

Progress is never a reason to fail: no file is no progress yet, a damaged one is set aside, and
where a folder cannot be written nothing is kept. The last two are said once. What a later version
has written is left as it is, and passed over where this one cannot read it. An earlier version had
everything in one `progress.json`: that is read where there is no newer file, and never written.
"""

from __future__ import annotations

import errno
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from ppo_lesson.files import replace_text

STATUSES = ("not started", "wrong", "fragile", "correct")  # of a verdict, from worst to best
EARLIER = "progress.json"
ID = re.compile(r"[\w-]+")


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
        ValueError: there is no such kind, it takes no such value, or the id is no name.
    """
    merge, takes, _ = _kind(kind)
    if not takes(value):
        raise ValueError(f"value: {kind} take no {value!r}")
    _check_id(id)
    with _failing_quietly():
        old = _entry(kind, id)
        new = merge(old, value)
        if new != old:  # null where a prediction is forgotten
            _write(_file(kind, id), json.dumps(new))
        return True
    return False


def recall(kind: str, id: str) -> Any:
    """Return what is kept, or None.

    It is, of an exercise, {"best": status, "last": status}; of a question True; else a text.

    Raises:
        ValueError: there is no such kind, or the id is no name.
    """
    _kind(kind)
    _check_id(id)
    with _failing_quietly():
        return _entry(kind, id)
    return None


def recall_all() -> dict[str, dict[str, Any]]:
    """Return all that is kept: kind -> id -> what `recall` returns."""
    everything = {}
    for kind in KINDS:
        entries = {id: recall(kind, id) for id in _ids(kind)}
        everything[kind] = {id: entry for id, entry in entries.items() if entry is not None}
    return everything


def record_answer(id: str, source: str) -> bool:
    """Keep the lines of a function that passed an exercise; return whether they are kept."""
    _check_id(id)
    with _failing_quietly():
        if _text(answer_file(id)) != source:
            _write(answer_file(id), source)
        return True
    return False


def recall_answer(id: str) -> str | None:
    """Return the lines of the function that passed an exercise, as they stand now, or None."""
    _check_id(id)
    with _failing_quietly():
        return _text(answer_file(id))
    return None


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep and look up what is said within in another folder, not in this learner's."""
    before = os.environ.get("PPO_LESSON_DATA")
    os.environ["PPO_LESSON_DATA"] = str(folder)
    try:
        yield
    finally:
        del os.environ["PPO_LESSON_DATA"]
        if before is not None:
            os.environ["PPO_LESSON_DATA"] = before


def answer_file(id: str) -> Path:
    """Name the file of a function that passed; the learner can open it.

    Raises:
        OSError: its place is not known, as of `data_folder`.
    """
    return data_folder() / "answers" / f"{id}.py"


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {name!r}")
    return KINDS[name]


def _check_id(id: str) -> None:
    if not ID.fullmatch(id):
        raise ValueError(f"id: expected letters, digits, _ and -, got {id!r}")


# ---- The files -----------------------------------------------------------------------------------


def data_folder() -> Path:
    """Return the folder of the files: the user's data folder, or what PPO_LESSON_DATA names.

    Raises:
        OSError: its place is not known: there is no home folder, or no working folder any more.
    """
    return _absolute(_chosen_folder())


def _chosen_folder() -> str:
    chosen = os.environ.get("PPO_LESSON_DATA", "").strip()
    return chosen or str(platformdirs.user_data_path("ppo_lesson", appauthor=False))


@cache  # so that a kernel keeps its folder when a cell changes the working folder
def _absolute(folder: str) -> Path:
    expanded = os.path.expanduser(folder)
    if expanded.startswith("~"):
        raise FileNotFoundError(errno.ENOENT, "no home folder is known", folder)
    return Path(os.path.abspath(expanded))


def _file(kind: str, id: str) -> Path:
    return data_folder() / kind / f"{id}.json"


def _ids(kind: str) -> list[str]:
    """Name, in order, what something may be kept of."""
    ids: set[str] = set()
    with _failing_quietly():
        ids |= {path.stem for path in (data_folder() / kind).glob("*.json")}
        ids |= set(_earlier().get(kind, {}))
    return sorted(filter(ID.fullmatch, ids))


def _entry(kind: str, id: str) -> Any:
    """Return what is kept and this version can read, or None."""
    try:
        entry = _read(_file(kind, id))
    except FileNotFoundError:
        entry = _earlier().get(kind, {}).get(id)
    return entry if KINDS[kind].holds(entry) else None


def _earlier() -> dict[str, Any]:
    """Read the one file of an earlier version: kind -> id -> entry."""
    try:
        return _read(data_folder() / EARLIER, _is_earlier)
    except FileNotFoundError:
        return {}


def _is_earlier(progress: Any) -> bool:
    return isinstance(progress, dict) and all(
        isinstance(progress.get(kind, {}), dict) for kind in KINDS
    )


def _read(path: Path, is_sound: Callable[[Any], bool] = lambda _: True) -> Any:
    """Read a file; one that is damaged is set aside, and there is none any more.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read, or not be set aside.
    """
    try:
        content = json.loads(path.read_bytes())
        json.dumps(content)  # what is nested too deeply to be written again is damage as well
        if is_sound(content):
            return content
    except (ValueError, RecursionError):
        pass
    damaged = Path(os.path.realpath(path))  # a link stays, and leads to the new file
    asides = (damaged.with_name(f"{path.stem}.damaged-{number}.json") for number in count(1))
    aside = next(other for other in asides if not other.exists())
    damaged.rename(aside)
    _notices.setdefault(
        str(aside), f"A file of your progress was damaged: it is {aside} now, a new one begins."
    )
    raise FileNotFoundError(errno.ENOENT, "it was damaged", str(path))


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig", errors="replace")  # Notepad marks a file
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text, mode=0o600)  # a learner's own words


_notices: dict[str, str] = {}  # topic -> a sentence for the learner, "" once it is printed


@contextmanager
def _failing_quietly() -> Iterator[None]:
    """Make a sentence of an error of the operating system, and print what is to be said, once.

    The main thread prints it: callbacks of widgets, in other threads, print nothing.
    """
    try:
        yield
    except OSError as error:
        place, reason = error.filename or _chosen_folder(), error.strerror or type(error).__name__
        sentence = f"Progress is not kept: {place} cannot be used ({reason})."
        _notices.setdefault("not kept", sentence)
    if threading.current_thread() is threading.main_thread():
        for topic, sentence in list(_notices.items()):
            _notices[topic] = ""
            if sentence:
                print(sentence)
