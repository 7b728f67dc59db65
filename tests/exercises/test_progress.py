"""Progress survives whatever happens to its files, and never stands in a learner's way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from ppo_lesson.exercises import progress
from ppo_lesson.exercises.progress import recall, record

ENTRIES = [
    ("exercises", "correct", {"best": "correct", "last": "correct"}),
    ("questions", True, True),
    ("choices", "It halves.", "It halves."),
    ("predictions", "It doubles.", "It doubles."),
    ("notes", "Because p/q\n \u03c0 \ud800", "Because p/q\n \u03c0 \ud800"),
]


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Take away the right to write a file, from root too, whom no system keeps from writing."""

    def make(path: Path) -> None:
        path.chmod(0o444)
        if os.access(path, os.W_OK):
            monkeypatch.setattr(os, "access", lambda *_: False)

    return make


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Start with a folder that does not exist yet, in a process that has said nothing yet."""
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(progress, "_notices", {})
    progress._absolute.cache_clear()
    return tmp_path / "data"


@pytest.fixture
def file(folder: Path) -> Path:
    """Name the file of the note "a", in a folder that is there."""
    (folder / "notes").mkdir(parents=True)
    return folder / "notes" / "a.json"


@pytest.fixture
def earlier(folder: Path) -> Path:
    """Name the one file in which an earlier version kept everything."""
    folder.mkdir()
    return folder / "progress.json"


def python(code: str) -> subprocess.Popen[str]:
    """Start another process, as another kernel is one."""
    code = f"from ppo_lesson.exercises.progress import *\n{code}"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def outcome(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Wait for the end of a process; return what it printed and its exit code."""
    return process.communicate()[0], process.returncode


def fail(*_: object, **__: object) -> Any:
    raise PermissionError(13, "Permission denied")


# ---- What is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "value", "kept"), ENTRIES)
def test_what_is_recorded_is_recalled(kind: str, value: object, kept: object) -> None:
    assert recall(kind, "a") is None
    assert record(kind, "a", value)
    assert recall(kind, "a") == kept
    assert recall(kind, "b") is None


def test_it_is_recalled_by_another_process() -> None:
    record("notes", "a", "mine")
    assert outcome(python("print(recall('notes', 'a'))")) == ("mine\n", 0)


@pytest.mark.parametrize("later", ["wrong", "fragile", "not started"])
def test_a_passed_exercise_stays_passed_and_its_last_status_is_kept(later: str) -> None:
    for status in ("wrong", "correct", later):
        record("exercises", "gae", status)
    assert recall("exercises", "gae") == {"best": "correct", "last": later}


def test_a_question_answered_right_stays_answered() -> None:
    record("questions", "a", False)
    assert recall("questions", "a") is None
    record("questions", "a", True)
    record("questions", "a", False)
    assert recall("questions", "a") is True


def test_a_prediction_can_be_forgotten_and_a_note_emptied() -> None:
    for kind, value in (("predictions", None), ("notes", "")):
        record(kind, "a", "text")
        record(kind, "a", value)
        assert recall(kind, "a") == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("exercises", "Correct"),
        ("exercises", []),
        ("questions", 1),
        ("notes", None),
        ("choices", None),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(kind: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"value: {kind} take no"):
        record(kind, "a", value)


def test_an_unknown_kind_is_refused() -> None:
    for call in (lambda: record("quizzes", "a", True), lambda: recall("quizzes", "a")):
        with pytest.raises(ValueError, match=r"kind: expected one of exercises, .* got 'quizzes'"):
            call()


@pytest.mark.parametrize("id", ["", "../a", "a/b", "a.b", "a b"])
def test_an_id_that_names_no_file_is_refused(id: str) -> None:
    calls = (
        lambda: record("notes", id, "text"),
        lambda: recall("notes", id),
        lambda: progress.record_answer(id, ""),
        lambda: progress.recall_answer(id),
    )
    for call in calls:
        with pytest.raises(ValueError, match="id: expected letters"):
            call()


def test_each_thing_has_a_small_file_of_its_own(folder: Path) -> None:
    for kind, value, _ in ENTRIES:
        record(kind, "a", value)
    progress.record_answer("a", "my_a = len")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert files == {f"{kind}/a.json" for kind, *_ in ENTRIES} | {"answers/a.py"}


def test_all_that_is_kept_is_recalled_at_once() -> None:
    for kind, value, _ in ENTRIES:
        record(kind, "a", value)
        record(kind, "b", value)
    expected = {kind: {"a": kept, "b": kept} for kind, _, kept in ENTRIES}
    assert progress.recall_all() == expected


def test_what_a_later_version_wrote_is_preserved(folder: Path) -> None:
    (folder / "exercises").mkdir(parents=True)
    file = folder / "exercises" / "gae.json"
    later = {"best": "excellent", "last": "wrong", "seconds": 5}
    file.write_text(json.dumps(later))
    record("exercises", "gae", "correct")
    assert json.loads(file.read_text()) == later | {"last": "correct"}


def test_what_changes_nothing_writes_nothing(folder: Path) -> None:
    def look() -> dict[Path, tuple[int, int]]:
        stats = {path: path.stat() for path in folder.rglob("*.*")}
        return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}

    for kind, value, _ in ENTRIES:
        record(kind, "a", value)
    progress.record_answer("a", "my_a = len")
    before = look()
    for kind, value, _ in ENTRIES:
        assert record(kind, "a", value)
    assert progress.record_answer("a", "my_a = len")
    record("questions", "b", False)
    record("predictions", "b", None)
    assert look() == before and len(before) == 6


LATER = {
    "note is a number": ("notes", 3, "mine"),
    "note has a date": ("notes", {"text": "Because", "at": "today"}, "mine"),
    "prediction is null": ("predictions", None, "It doubles."),
    "prediction is a list": ("predictions", ["It doubles."], "It halves."),
    "question has a shape of its own": ("questions", ["right", 2, "tries"], True),
    "exercise is a text": ("exercises", "correct", "wrong"),
    "exercise without a status": ("exercises", {"best": "correct"}, "wrong"),
    "status is a list": ("exercises", {"best": [], "last": "wrong"}, "wrong"),
}
"""Entries that this version cannot read: kind, entry, what a learner may give today."""


@pytest.mark.parametrize(("kind", "entry", "value"), LATER.values(), ids=LATER)
def test_an_entry_of_another_shape_is_passed_over_and_stays_until_it_is_given_anew(
    kind: str, entry: object, value: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / kind).mkdir(parents=True)
    files = [folder / kind / f"{id}.json" for id in "ab"]
    for file in files:
        file.write_text(json.dumps(entry))
    assert recall(kind, "a") is None and progress.recall_all()[kind] == {}
    forget = {"questions": False, "predictions": None}
    if kind in forget:
        assert record(kind, "a", forget[kind])
    assert [json.loads(file.read_text()) for file in files] == [entry, entry]
    assert record(kind, "a", value) and recall(kind, "a") is not None
    assert json.loads(files[1].read_text()) == entry
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("chosen", [None, "", " ", "\t"])
def test_without_a_chosen_folder_it_is_the_users_data_folder(
    chosen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if chosen is None:
        monkeypatch.delenv("PPO_LESSON_DATA")
    else:
        monkeypatch.setenv("PPO_LESSON_DATA", chosen)
    usual = platformdirs.user_data_path("ppo_lesson", appauthor=False)
    assert progress.data_folder() == usual and usual.name == "ppo_lesson"


@pytest.mark.parametrize("chosen", ["~/x", "~", " ~/a b/c "])
def test_a_tilde_is_the_home_folder(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("PPO_LESSON_DATA", chosen)
    assert progress.data_folder() == Path(chosen.strip().replace("~", str(tmp_path)))


def test_a_relative_folder_stays_where_it_was_when_the_working_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PPO_LESSON_DATA", "mine")
    monkeypatch.chdir(tmp_path / "one")
    assert record("notes", "a", "text")
    monkeypatch.chdir(tmp_path / "two")
    assert recall("notes", "a") == "text" and list((tmp_path / "two").iterdir()) == []


def test_where_no_home_is_known_nothing_is_kept_and_no_folder_is_called_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PPO_LESSON_DATA", "~nobody-of-this-name/x")
    monkeypatch.chdir(tmp_path)
    assert not record("notes", "a", "text")
    assert list(tmp_path.iterdir()) == []
    assert "(no home folder is known)" in capsys.readouterr().out


def test_where_the_working_folder_is_gone_nothing_is_kept_in_a_relative_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PPO_LESSON_DATA", "mine")
    monkeypatch.setattr(os, "getcwd", fail)
    assert not record("notes", "a", "text") and recall("notes", "a") is None
    assert capsys.readouterr().out.count("not kept") == 1


# ---- What may happen to the file -----------------------------------------------------------------

DAMAGED = {
    "empty": b"",
    "half-written": b'{"notes": {"a": "Beca',
    "no text": bytes(range(256)),
    "zeros": bytes(64),
    "too large a number": b"1" * 5000,
    "too deep": b"[" * 100_000,
    "deep, and complete": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_set_aside_with_one_note(
    content: bytes, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert recall("notes", "a") is None
    assert (file.parent / "a.damaged-1.json").read_bytes() == content
    assert record("notes", "a", "text") and recall("notes", "a") == "text"
    said = capsys.readouterr().out
    assert said.count("damaged:") == 1 and said.count("\n") == 1
    assert "a.damaged-1.json" in said
    assert progress.recall_all()["notes"] == {"a": "text"}


def test_a_damaged_file_costs_one_entry(file: Path) -> None:
    record("notes", "b", "text")
    file.write_text("{")
    assert progress.recall_all()["notes"] == {"b": "text"}


def test_a_second_damaged_file_is_set_aside_beside_the_first(file: Path) -> None:
    for content in ("one", "two"):
        file.write_text(content)
        assert record("notes", "a", "text")
    asides = [file.parent / f"a.damaged-{number}.json" for number in (1, 2)]
    assert [aside.read_text() for aside in asides] == ["one", "two"]


def test_a_damaged_file_that_cannot_be_set_aside_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("{")
    monkeypatch.setattr(Path, "rename", fail)
    assert not record("notes", "a", "text") and recall("notes", "a") is None
    assert file.read_text() == "{"
    assert capsys.readouterr().out.count("not kept") == 1


@pytest.mark.parametrize("name", ["os.replace", "os.fsync"])
def test_where_nothing_can_be_written_nothing_is_kept_and_that_is_said_once(
    name: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record("notes", "a", "old")
    before = sorted(file.parent.iterdir())
    monkeypatch.setattr(name, fail)
    assert not record("notes", "a", "new")
    assert not record("questions", "a", True)
    assert recall("notes", "a") == "old"
    assert sorted(file.parent.iterdir()) == before  # no temporary file is left
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("Progress is not kept:") and "(Permission denied)" in said


def test_a_home_in_which_no_folder_can_be_made_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "mkdir", fail)
    assert recall("notes", "a") is None
    assert capsys.readouterr().out == ""  # nothing is lost so far
    assert not record("notes", "a", "text") and not record("notes", "b", "text")
    assert not folder.exists()
    assert capsys.readouterr().out.count("not kept") == 1


def test_a_folder_that_is_a_file_keeps_nothing(folder: Path) -> None:
    folder.write_text("x")
    assert recall("notes", "a") is None and not record("notes", "a", "text")
    assert folder.read_text() == "x"


@pytest.mark.parametrize("there", [True, False], ids=["with a file", "with none"])
def test_a_link_stays_a_link_and_the_file_it_leads_to_is_written(
    there: bool, file: Path, tmp_path: Path
) -> None:
    target = tmp_path / "synced" / "mine.json"
    target.parent.mkdir()
    if there:
        target.write_text('"old"')
    file.symlink_to(target)
    assert recall("notes", "a") == ("old" if there else None)
    assert record("notes", "a", "text") and recall("notes", "a") == "text"
    assert file.is_symlink() and json.loads(target.read_text()) == "text"


def test_a_forgotten_prediction_leaves_the_link_to_its_file(folder: Path, tmp_path: Path) -> None:
    (folder / "predictions").mkdir(parents=True)
    link, target = folder / "predictions" / "a.json", tmp_path / "mine.json"
    link.symlink_to(target)
    record("predictions", "a", "It halves.")
    record("predictions", "a", None)
    assert link.is_symlink() and recall("predictions", "a") is None


def test_a_linked_folder_is_written_where_it_leads(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "synced").mkdir()
    folder.symlink_to(tmp_path / "synced")
    assert record("notes", "a", "text") and folder.is_symlink()
    assert json.loads((tmp_path / "synced" / "notes" / "a.json").read_text()) == "text"


def test_a_damaged_file_behind_a_link_is_set_aside_where_it_is(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.json"
    target.write_text("{")
    file.symlink_to(target)
    assert record("notes", "a", "text") and file.is_symlink()
    assert (tmp_path / "a.damaged-1.json").read_text() == "{"
    assert json.loads(target.read_text()) == "text"


@pytest.mark.parametrize("linked", [True, False])
def test_a_file_that_may_not_be_written_is_not_replaced_and_that_is_said(
    linked: bool, file: Path, tmp_path: Path, read_only: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.json" if linked else file
    target.write_text('"old"')
    if linked:
        file.symlink_to(target)
    read_only(target)
    assert not record("notes", "a", "new") and recall("notes", "a") == "old"
    assert capsys.readouterr().out.count("(Permission denied)") == 1


def test_a_link_into_a_folder_that_is_gone_and_a_circle_of_links_keep_nothing(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in (tmp_path / "unmounted" / "mine.json", file):
        file.unlink(missing_ok=True)
        file.symlink_to(target)
        assert not record("notes", "a", "text")
        assert file.is_symlink() and not (tmp_path / "unmounted").exists()
    assert capsys.readouterr().out.count("not kept") == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such rights")
def test_only_the_learner_may_read_a_new_file_and_an_old_one_keeps_its_rights(file: Path) -> None:
    assert record("notes", "a", "text")
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o640)
    assert record("notes", "a", "next") and file.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_read_is_not_replaced(file: Path) -> None:
    record("notes", "a", "text")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        assert recall("notes", "a") is None and not record("notes", "a", "new")
    assert recall("notes", "a") == "text"


def test_a_crash_between_write_and_replace_leaves_the_old_file(file: Path) -> None:
    record("notes", "a", "old")
    before = file.read_bytes()
    crash = "import os; os.replace = lambda *_: os._exit(9); record('notes', 'a', 'new')"
    assert outcome(python(crash)) == ("", 9)
    assert file.read_bytes() == before
    assert record("notes", "a", "next") and recall("notes", "a") == "next"


def test_callbacks_of_widgets_print_nothing_and_the_next_cell_says_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("x")
    callback = threading.Thread(target=record, args=("notes", "a", "text"))
    callback.start()
    callback.join()
    assert capsys.readouterr().out == ""
    recall("notes", "a")
    assert capsys.readouterr().out.startswith("Progress is not kept:")


# ---- What an earlier version kept ----------------------------------------------------------------

EARLIER = {
    "version": 7,
    "badges": {"first": 1},
    "exercises": {"gae": {"best": "correct", "last": "wrong"}},
    "questions": {"a": True},
    "choices": {"a": "It halves."},
    "predictions": {"a": "It doubles.", "b": ["of a later version"]},
    "notes": {"a": "Because p/q"},
}


def test_what_an_earlier_version_kept_is_recalled_and_its_file_stays_as_it_is(
    earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier.write_text(json.dumps(EARLIER))
    before = earlier.read_bytes()
    known = {kind: dict(EARLIER[kind]) for kind in progress.KINDS}  # type: ignore[call-overload]
    del known["predictions"]["b"]
    assert progress.recall_all() == known
    assert recall("notes", "a") == "Because p/q"
    record("exercises", "gae", "fragile")
    record("notes", "a", "Because p over q")
    record("predictions", "a", None)
    assert recall("exercises", "gae") == {"best": "correct", "last": "fragile"}
    assert recall("notes", "a") == "Because p over q" and recall("predictions", "a") is None
    assert progress.recall_all()["predictions"] == {}
    assert earlier.read_bytes() == before
    assert capsys.readouterr().out == ""


NO_EARLIER = DAMAGED | {
    "a list": b"[]",
    "a number": b"3",
    "kind is a list": b'{"notes": []}',
    "kind is null": b'{"exercises": null}',
}


@pytest.mark.parametrize("content", NO_EARLIER.values(), ids=NO_EARLIER)
def test_a_damaged_file_of_an_earlier_version_is_set_aside_with_one_note(
    content: bytes, earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier.write_bytes(content)
    assert recall("notes", "a") is None and not earlier.exists()
    assert (earlier.parent / "progress.damaged-1.json").read_bytes() == content
    assert record("notes", "a", "text") and recall("notes", "a") == "text"
    said = capsys.readouterr().out
    assert said.count("progress.damaged-1.json") == 1 and said.count("\n") == 1


def test_a_linked_file_of_an_earlier_version_is_read(earlier: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(EARLIER))
    earlier.symlink_to(tmp_path / "mine.json")
    assert recall("notes", "a") == "Because p/q"
    assert record("notes", "a", "text") and earlier.is_symlink()
    assert json.loads((tmp_path / "mine.json").read_text()) == EARLIER


# ---- Answers that passed -------------------------------------------------------------------------


def test_the_lines_of_an_answer_are_kept_as_they_are_and_read_as_they_stand_now() -> None:
    assert progress.recall_answer("gae") is None
    source = "def my_gae():\n    return 'λ'\n"
    assert progress.record_answer("gae", source) and progress.recall_answer("gae") == source
    file = progress.answer_file("gae")
    assert file.read_text(encoding="utf-8") == source
    file.write_bytes(b"\xff")  # the learner's editor saved it so
    assert progress.recall_answer("gae") == "\ufffd"


def test_where_no_answer_can_be_written_none_is_kept_and_that_is_said_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("x")
    assert not progress.record_answer("gae", "") and progress.recall_answer("gae") is None
    assert capsys.readouterr().out.count("not kept") == 1


# ---- Two kernels ---------------------------------------------------------------------------------


def test_processes_that_write_at_the_same_time_lose_nothing() -> None:
    number = 25
    code = "for n in range({}): assert record('notes', f'{}-{{n}}', str(n))"
    kernels = [python(code.format(number, name)) for name in "abc"]
    assert [outcome(kernel) for kernel in kernels] == [("", 0)] * 3
    kept = progress.recall_all()["notes"]
    assert kept == {f"{name}-{n}": str(n) for name in "abc" for n in range(number)}


def test_processes_that_write_the_same_file_leave_a_whole_one() -> None:
    code = "for n in range(25): assert record('notes', 'a', '{}' * 5000)"
    kernels = [python(code.format(name)) for name in "abc"]
    assert [outcome(kernel) for kernel in kernels] == [("", 0)] * 3
    assert recall("notes", "a") in [name * 5000 for name in "abc"]


def test_a_kernel_that_is_killed_while_it_writes_leaves_whole_files(folder: Path) -> None:
    code = """
import itertools
for n in itertools.count():
    record("notes", "a", str(n) * 5000)
    print(n, flush=True)
"""
    with python(code) as kernel:
        assert kernel.stdout is not None
        while kernel.stdout.readline() != "5\n":
            pass
        kernel.kill()
    kept = recall("notes", "a")
    assert kept == kept[: len(kept) // 5000] * 5000 and int(kept[: len(kept) // 5000]) >= 5
    assert not list(folder.rglob("*.damaged-*"))


def test_threads_that_write_at_the_same_time_lose_nothing() -> None:
    def write(name: str) -> None:
        for n in range(10):
            assert record("notes", f"{name}-{n}", str(n))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(recall("notes", f"{name}-{n}") == str(n) for name in "abc" for n in range(10))
