"""``ppo-lesson reset``: a notebook as it is in the course, and the learner's beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import open as opening, own_folder

OWN = Path("my_notebooks")
FIRST = OWN / "00_start.ipynb"


@pytest.fixture
def copied(course, capsys):
    opening.run(start_lab=False)
    capsys.readouterr()
    return course


def beside() -> list[Path]:
    return sorted(OWN.glob("00_start-*.ipynb"))


@pytest.mark.parametrize("name", ["00", "00_start", "00_start.ipynb", str(FIRST)])
@pytest.mark.parametrize("damaged", [False, True])
def test_it_is_as_in_the_course_and_what_was_there_is_beside_it(name, damaged, copied, capsys):
    copied.edit(FIRST, {"exercise-gae": "mine"})
    if damaged:
        FIRST.write_text('{"cells": [')
    before = FIRST.read_bytes()
    assert door.main(["reset", name]) == 0
    assert FIRST.read_bytes() == (copied.folder / FIRST.name).read_bytes()
    assert [path.read_bytes() for path in beside()] == [before]
    assert capsys.readouterr().out == (
        f"00_start: as it is in the course; as you had it: {beside()[0].name}\n"
    )


def test_in_the_folder_itself_a_number_is_enough_and_two_resets_a_day_keep_both(
    copied, monkeypatch
):
    for text in ("one", "two"):
        copied.edit(FIRST, {"exercise-gae": text})
        with monkeypatch.context() as context:
            context.chdir(OWN)
            assert door.main(["reset", "00"]) == 0
    assert [copied.sources(path)["exercise-gae"] for path in beside()] == ["two", "one"]


def test_one_that_is_as_in_the_course_or_is_missing_leaves_no_copy(copied, capsys):
    assert door.main(["reset", "00"]) == 0 and beside() == []
    FIRST.unlink()
    assert door.main(["reset", "00"]) == 0 and beside() == []
    assert capsys.readouterr().out.splitlines() == [
        "00_start: as it is in the course already",
        "00_start: as it is in the course",
    ]
    assert FIRST.is_file()


def test_a_name_that_fits_none_is_said_and_the_others_are_brought(copied, capsys):
    copied.edit(FIRST, {"exercise-gae": "mine"})
    assert door.main(["reset", "0", "my_notebooks/notes.ipynb", "00"]) == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        f"error: no notebook of the course is called {name!r}; these exist: 00_start, 01_gradient"
        for name in ("0", "my_notebooks/notes.ipynb")
    ]
    assert said.out.startswith("00_start: as it is in the course") and len(beside()) == 1


def test_the_courses_own_notebook_and_a_folder_that_is_missing_are_refused(copied, capsys):
    original = copied.folder / "00_start.ipynb"
    before = original.read_bytes()
    assert door.main(["reset", str(original)]) == 2
    assert "the course itself" in capsys.readouterr().err and original.read_bytes() == before
    assert door.main(["reset", "elsewhere/00_start.ipynb"]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_the_old_name_of_a_notebook_brings_the_new_one(copied, monkeypatch):
    monkeypatch.setattr(own_folder, "RENAMED", {"00_start": "00_begin"})
    (copied.folder / "00_start.ipynb").rename(copied.folder / "00_begin.ipynb")
    before = FIRST.read_bytes()
    assert door.main(["reset", str(FIRST)]) == 0
    assert not FIRST.exists() and (OWN / "00_begin.ipynb").is_file()
    assert [path.read_bytes() for path in beside()] == [before]
