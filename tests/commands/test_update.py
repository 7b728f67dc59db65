"""``ppo-lesson update``: what the course changed is there, and what the learner wrote too."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from ppo_lesson import __main__ as door, files
from ppo_lesson.commands import open as opening, own_folder
from tests.commands.conftest import CELLS, STUB

OWN = Path("my_notebooks")
FIRST, SECOND = OWN / "00_start.ipynb", OWN / "01_gradient.ipynb"
ANSWER = STUB.replace("raise NotImplementedError", "return reward.cumsum(0)")
NEWER = CELLS | {"reading": "5 + 5", "new": "6 + 6"}


@pytest.fixture
def copied(course, capsys):
    opening.run(start_lab=False)
    capsys.readouterr()
    return course


def kept() -> list[Path]:
    names = {FIRST.name, SECOND.name, own_folder.RECORD}
    return sorted(path for path in OWN.iterdir() if path.name not in names)


def test_nothing_changed_and_nothing_is_written(copied, capsys):
    copied.edit(FIRST, {"exercise-gae": ANSWER})
    before = {path: path.read_bytes() for path in OWN.iterdir()}
    assert door.main(["update"]) == 0
    assert capsys.readouterr().out == "2 notebooks are up to date already.\n"
    assert {path: path.read_bytes() for path in OWN.iterdir()} == before


def test_what_was_only_run_is_replaced_to_the_last_byte_and_no_old_copy_is_left(copied, capsys):
    notebook = nbformat.read(FIRST, 4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="4")]
    notebook.cells.append(nbformat.v4.new_code_cell(""))
    nbformat.write(notebook, FIRST)
    original = copied.write("00_start", NEWER)
    assert door.main(["update"]) == 0
    assert FIRST.read_bytes() == original.read_bytes() and kept() == []
    assert capsys.readouterr().out.splitlines() == [
        "00_start: brought up to date; you had not edited it.",
        "1 notebook is up to date already.",
    ]


def test_an_edited_answer_and_added_cells_stand_in_the_new_one_and_the_old_one_is_kept(
    copied, capsys
):
    copied.edit(FIRST, {"exercise-gae": ANSWER, "setup": "x = 1", "reading": "2 + 40"})
    copied.edit(FIRST, {"aaaaaaaa": "mine = 1"}, at=3)
    before = FIRST.read_bytes()
    copied.write("00_start", NEWER)
    assert door.main(["update"]) == 0
    (old,) = kept()
    assert old.read_bytes() == before
    found = copied.sources(FIRST)
    assert list(found) == [*list(CELLS)[:3], "aaaaaaaa", *list(CELLS)[3:], "new"]
    assert found == NEWER | {"exercise-gae": ANSWER, "aaaaaaaa": "mine = 1", "setup": "x = 1"}
    nbformat.validate(nbformat.read(FIRST, 4))
    assert capsys.readouterr().out.splitlines()[0] == (
        "00_start: brought up to date with your work (answers to exercises: 1, cells that you "
        "added: 1, other cells that you edited: 1); the course's cells stand where it has changed "
        f"yours too, which began: '2 + 40'. As you had it: {old.name}"
    )


def test_a_second_update_has_nothing_to_do_and_a_third_version_keeps_the_answer(copied, capsys):
    copied.edit(FIRST, {"exercise-gae": ANSWER})
    copied.write("00_start", NEWER)
    door.main(["update"])
    capsys.readouterr()
    assert door.main(["update"]) == 0 and len(kept()) == 1
    assert capsys.readouterr().out == "2 notebooks are up to date already.\n"
    copied.write("00_start", NEWER | {"new": "7 + 7"})
    assert door.main(["update"]) == 0 and len(kept()) == 2
    assert copied.sources(FIRST) == NEWER | {"new": "7 + 7", "exercise-gae": ANSWER}


def test_an_exercise_that_now_asks_for_something_else_is_named(copied, capsys):
    copied.edit(FIRST, {"exercise-gae": ANSWER})
    copied.write("00_start", CELLS | {"exercise-gae": STUB.replace("(reward)", "(reward, value)")})
    assert door.main(["update"]) == 0 and copied.sources(FIRST)["exercise-gae"] == ANSWER
    said = capsys.readouterr().out
    assert "; check again, for the course has changed what is asked: gae. As" in said


def test_a_version_that_was_skipped_does_no_harm(copied):
    copied.edit(FIRST, {"exercise-gae": ANSWER})
    copied.write("00_start", NEWER)
    copied.write("00_start", CELLS | {"reading": "8 + 8"})
    door.main(["update"])
    assert copied.sources(FIRST) == CELLS | {"reading": "8 + 8", "exercise-gae": ANSWER}


def test_without_a_record_answers_and_added_cells_are_kept_all_the_same(copied, capsys):
    copied.edit(FIRST, {"exercise-gae": ANSWER, "aaaaaaaa": "mine = 1", "reading": "2 + 40"})
    (OWN / own_folder.RECORD).unlink()
    copied.write("00_start", NEWER)
    assert door.main(["update"]) == 0
    assert copied.sources(FIRST) == NEWER | {"exercise-gae": ANSWER, "aaaaaaaa": "mine = 1"}
    assert "is not known, so all other cells are the course's. As" in capsys.readouterr().out
    assert len(kept()) == 1 and sorted(own_folder.recorded(OWN)) == ["00_start", "01_gradient"]


def test_a_copy_with_windows_ends_of_lines_is_not_edited(copied):
    FIRST.write_bytes(FIRST.read_bytes().replace(b"\n", b"\r\n").replace(b"\\n", b"\\r\\n"))
    original = copied.write("00_start", NEWER)
    assert door.main(["update"]) == 0
    assert FIRST.read_bytes() == original.read_bytes() and kept() == []


@pytest.mark.parametrize("damage", ["", '{"cells": [', "[]", '{"nbformat": 3, "worksheets": []}'])
def test_a_broken_notebook_is_left_and_named_and_the_others_are_brought(damage, copied, capsys):
    FIRST.write_text(damage)
    for name in ("00_start", "01_gradient"):
        copied.write(name, NEWER)
    assert door.main(["update"]) == 2
    said = capsys.readouterr()
    assert FIRST.read_text() == damage and copied.sources(SECOND) == NEWER
    assert said.err.startswith(f"error: {FIRST}: not a notebook: ") and said.err.count("\n") == 1
    assert "`ppo-lesson reset 00_start` keeps it and brings a whole one" in said.err


def test_a_notebook_with_a_new_name_takes_the_answers_along(copied, monkeypatch, capsys):
    copied.edit(SECOND, {"exercise-gae": ANSWER})
    before = SECOND.read_bytes()
    monkeypatch.setattr(own_folder, "RENAMED", {"01_gradient": "01_policy"})
    (copied.folder / "01_gradient.ipynb").unlink()
    copied.write("01_policy", NEWER)
    assert door.main(["update"]) == 0
    assert copied.sources(OWN / "01_policy.ipynb")["exercise-gae"] == ANSWER
    assert not SECOND.exists()
    assert [path.read_bytes() for path in kept() if "-20" in path.name] == [before]
    assert "this is 01_gradient, which has a new name" in capsys.readouterr().out
    assert door.main(["update"]) == 0
    assert capsys.readouterr().out == "2 notebooks are up to date already.\n"


@pytest.mark.parametrize("writes", range(3))
def test_a_disk_that_fills_up_at_any_step_loses_nothing_and_a_second_call_ends_it(
    writes, copied, monkeypatch
):
    copied.edit(FIRST, {"exercise-gae": ANSWER})
    before = FIRST.read_bytes()
    copied.write("00_start", NEWER)
    real, done = files.os.fsync, []

    def full(descriptor):
        if len(done) == writes:
            raise OSError(28, "No space left on device", "x.tmp")
        done.append(real(descriptor))

    with monkeypatch.context() as context:
        context.setattr(files.os, "fsync", full)
        assert door.main(["update"]) == 2
    assert before in [path.read_bytes() for path in OWN.glob("00*.ipynb")]
    assert door.main(["update"]) == 0
    assert copied.sources(FIRST) == NEWER | {"exercise-gae": ANSWER}
    assert before in [path.read_bytes() for path in kept()]


def test_what_is_new_is_brought_and_where_no_folder_is_that_is_said(copied, capsys):
    copied.write("02_new", CELLS)
    assert door.main(["update", "my_notebooks"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "02_new: new"
    assert door.main(["update", "elsewhere"]) == 2
    assert capsys.readouterr().err == (
        "error: elsewhere: there is no such folder; `ppo-lesson open` makes one\n"
    )
