"""``ppo-lesson open``: what is not there is copied, what is there is the learner's."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door, files
from ppo_lesson.commands import lab, open as opening, own_folder

OWN = Path("my_notebooks")


@pytest.fixture
def started(monkeypatch):
    calls = []
    monkeypatch.setattr(lab, "start", lambda folder, first: calls.append((folder, first)) or 0)
    return calls


def test_all_are_copied_to_the_last_byte_and_the_first_is_opened(course, started, capsys):
    assert opening.run() == 0
    assert [path.name for path in sorted(OWN.glob("*"))] == [
        ".ppo_lesson.json",
        "00_start.ipynb",
        "01_gradient.ipynb",
    ]
    for original in course.folder.iterdir():
        assert (OWN / original.name).read_bytes() == original.read_bytes()
    assert started == [(OWN, "00_start.ipynb")]
    assert capsys.readouterr().out == f"Copied the course's 2 notebooks into {OWN.resolve()}\n"


def test_a_second_time_nothing_is_written_over_and_what_is_new_or_changed_is_said(
    course, started, capsys
):
    opening.run()
    course.edit(OWN / "01_gradient.ipynb", {"exercise-gae": "my answer"})
    before = {path: path.read_bytes() for path in OWN.glob("*.ipynb")}
    course.write("02_new", {"title": "# A new one"})
    course.write("01_gradient", {"title": "# A changed one"})
    capsys.readouterr()
    assert opening.run() == 0
    assert capsys.readouterr().out.splitlines() == [
        f"New in {OWN.resolve()}: 02_new",
        "Changed in the course since you copied them: 01_gradient",
        '`ppo-lesson update "my_notebooks"` brings the changes and keeps your answers.',
    ]
    assert {path: path.read_bytes() for path in before} == before
    assert started[1:] == [(OWN, None)]


def test_an_answer_is_no_change_of_the_course_with_and_without_a_record(course, started, capsys):
    opening.run()
    course.edit(OWN / "01_gradient.ipynb", {"exercise-gae": "my answer", "aaaaaaaa": "mine"})
    for _ in range(2):
        capsys.readouterr()
        opening.run()
        assert capsys.readouterr().out == f"All 2 notebooks are in {OWN.resolve()}\n"
        (OWN / own_folder.RECORD).unlink()


def test_in_the_folder_itself_it_goes_on_there(course, started, monkeypatch):
    opening.run(start_lab=False)
    monkeypatch.chdir(OWN)
    opening.run()
    assert started == [(Path(), None)] and not OWN.exists()


def test_what_is_there_is_left_whatever_it_is(course, started):
    OWN.mkdir()
    (OWN / "00_start.ipynb").write_text('{"cells": [')
    (OWN / "01_gradient.ipynb").mkdir()
    assert opening.run() == 0
    assert (OWN / "00_start.ipynb").read_text() == '{"cells": ['
    assert list((OWN / "01_gradient.ipynb").iterdir()) == []


def test_a_notebook_that_has_a_new_name_is_not_copied_beside_the_old_one(
    course, started, monkeypatch, capsys
):
    opening.run()
    monkeypatch.setattr(own_folder, "RENAMED", {"01_gradient": "01_policy"})
    (course.folder / "01_gradient.ipynb").rename(course.folder / "01_policy.ipynb")
    capsys.readouterr()
    opening.run()
    assert "since you copied them: 01_gradient\n" in capsys.readouterr().out
    assert not (OWN / "01_policy.ipynb").exists()


@pytest.mark.parametrize("name", ["a file", "a file/below"])
def test_a_file_is_no_folder_and_is_left(name, course, started, capsys):
    Path("a file").write_text("mine")
    assert door.main(["open", name]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {Path(name)}: ")
    assert Path("a file").read_text() == "mine" and started == []


def test_a_folder_of_the_course_is_refused(course, started, capsys):
    before = sorted(course.folder.iterdir())
    assert door.main(["open", str(course.folder)]) == 2
    assert "here stands the course itself" in capsys.readouterr().err
    assert sorted(course.folder.iterdir()) == before and started == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_where_nothing_more_can_be_written_that_is_said_and_the_next_call_goes_on(
    code, course, started, monkeypatch, capsys
):
    def full(descriptor):
        if len(list(OWN.glob("*.ipynb"))):
            raise OSError(code, "cannot be written", "x.tmp")

    with monkeypatch.context() as context:
        context.setattr(files.os, "fsync", full)
        assert door.main(["open"]) == 2
    assert "cannot be written" in capsys.readouterr().err and started == []
    assert [path.name for path in OWN.glob("*.ipynb")] == ["00_start.ipynb"]
    assert door.main(["open"]) == 0
    assert sorted(own_folder.recorded(OWN)) == ["00_start", "01_gradient"]
    assert json.loads((OWN / "01_gradient.ipynb").read_text())["cells"]


def test_the_learner_may_open_the_copies_with_another_program(course, started):
    assert door.main(["open", "a folder", "--no-lab"]) == 0
    assert Path("a folder", "00_start.ipynb").is_file() and started == []
