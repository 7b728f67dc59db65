"""A learner's folder: where it is, what it may not be, and the record of what was copied."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ppo_lesson import files
from ppo_lesson.commands import own_folder
from ppo_lesson.commands.own_folder import RECORD, Taken


def test_without_a_name_it_is_this_folder_if_it_holds_notebooks_of_the_learner_else_a_new_one(
    course,
):
    assert own_folder.choose(None) == Path("my_notebooks")
    assert own_folder.choose(Path("elsewhere")) == Path("elsewhere")
    own_folder.put(Path(), "00_start", course.folder / "00_start.ipynb")
    assert own_folder.choose(None) == Path()


needs_links = pytest.mark.skipif(os.name != "posix", reason="Windows asks for a right to link")


@needs_links
@pytest.mark.parametrize("place", [".", "course", "course/below", "commands"])
def test_a_place_in_the_package_is_refused_through_a_link_too(place, course):
    inside = files.PACKAGE / place
    Path("link").symlink_to(files.PACKAGE)
    for folder in (inside, Path("link", place)):
        with pytest.raises(ValueError, match="here stands the course itself; name a folder of"):
            own_folder.choose(folder)


def test_the_notebooks_of_a_checkout_are_refused():
    with pytest.raises(ValueError, match="here stands the course itself"):
        own_folder.choose(files.PACKAGE.parent / "notebooks")


@needs_links
def test_a_copy_that_is_a_link_to_the_course_is_never_written_through(course):
    original = course.folder / "00_start.ipynb"
    before = original.read_bytes()
    Path("00_start.ipynb").symlink_to(original)
    with pytest.raises(ValueError, match="the course itself"):
        own_folder.put(Path(), "00_start", original, "{}")
    assert original.read_bytes() == before


def test_what_is_set_aside_gets_a_name_with_the_date_that_nothing_has(tmp_path):
    path = tmp_path / "00_start.ipynb"
    kept = []
    for text in ("one", "two", "three"):
        path.write_text(text)
        kept.append(own_folder.set_aside(path))
    assert [file.read_text() for file in kept] == ["one", "two", "three"]
    assert len(set(kept)) == 3 and path.read_text() == "three"
    day = own_folder.date.today().isoformat()
    assert [file.name for file in kept] == [
        f"00_start-{day}.ipynb",
        f"00_start-{day}-2.ipynb",
        f"00_start-{day}-3.ipynb",
    ]


def test_the_record_knows_what_was_copied_and_forgets_nothing_of_the_others(course):
    for name in ("00_start", "01_gradient"):
        own_folder.put(Path(), name, course.folder / f"{name}.ipynb")
    record = own_folder.recorded(Path())
    assert list(record) == ["00_start", "01_gradient"]
    assert list(record["00_start"].cells) == list(course.sources(Path("00_start.ipynb")))
    assert record["00_start"] == own_folder.taken_from(course.folder / "00_start.ipynb")
    assert record["00_start"].file != record["01_gradient"].file


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"notebooks": 3}', '{"notebooks": {"00_start": 3}}', "\xff",
     '{"notebooks": {"00_start": {"file": "1", "cells": []}}}'],
)  # fmt: skip
def test_a_damaged_record_is_none_and_is_written_anew(damage, course):
    Path(RECORD).write_text(damage, encoding="latin-1")
    assert own_folder.recorded(Path()) == {}
    own_folder.put(Path(), "00_start", course.folder / "00_start.ipynb")
    assert isinstance(own_folder.recorded(Path())["00_start"], Taken)


def test_ends_of_lines_and_blanks_at_them_change_no_digest_and_a_letter_does():
    assert own_folder.digest("a\nb\n") == own_folder.digest("a \r\nb") != own_folder.digest("a\nc")


def test_every_notebook_that_was_renamed_is_known_by_its_old_name_and_has_its_new_one():
    names = set(own_folder.course_notebooks())
    assert set(own_folder.RENAMED.values()) <= names and not set(own_folder.RENAMED) & names
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        pytest.skip("no clone: git does not know what was renamed")
    command = ["git", "log", "--diff-filter=R", "--name-status", "--format=", "--", "notebooks/"]
    lines = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    renamed = {tuple(Path(name).stem for name in line.split()[1:]) for line in lines.splitlines()}
    assert renamed <= set(own_folder.RENAMED.items())


def test_where_there_is_no_notebook_of_the_course_that_is_said(course):
    for path in course.folder.iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="there are no notebooks in"):
        own_folder.course_notebooks()
