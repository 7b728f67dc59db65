"""A file is the old one or the new one, links stay, and what cannot be written is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ppo_lesson import files


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.txt"
    path.write_text("old", encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("text", ["", "one\r\ntwo\n", "\u03c0 \U0001f9ed\n"])
def test_what_is_written_is_there_to_the_last_byte(text, tmp_path):
    files.replace_text(tmp_path / "new.txt", text)
    assert (tmp_path / "new.txt").read_bytes() == text.encode()
    assert names(tmp_path) == ["new.txt"]


def test_a_link_of_a_link_leads_to_the_file_that_is_written(old, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "second").symlink_to("old.txt")
    (tmp_path / "folder" / "first").symlink_to(tmp_path / "second")
    files.replace_text(tmp_path / "folder" / "first", "new")
    assert old.read_text() == "new" and names(tmp_path / "folder") == ["first"]
    assert (tmp_path / "folder" / "first").is_symlink() and (tmp_path / "second").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such rights")
def test_a_file_keeps_its_rights_and_a_new_one_has_those_that_the_umask_leaves(old, tmp_path):
    old.chmod(0o640)
    files.replace_text(old, "new")
    before = os.umask(0o027)
    try:
        files.replace_text(tmp_path / "new.txt", "new")
        files.replace_text(tmp_path / "mine.txt", "new", mode=0o600)
    finally:
        os.umask(before)
    rights = [path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())]
    assert rights == [0o600, 0o640, 0o640]


@pytest.mark.parametrize("call", ["os.replace", "os.fsync"])
def test_a_write_that_fails_leaves_the_old_file_and_no_other_and_names_it(call, old, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device", "elsewhere.tmp")

    monkeypatch.setattr(call, fail)
    with pytest.raises(OSError, match=r"No space left on device: '.*old\.txt'"):
        files.replace_text(old, "new")
    assert old.read_text() == "old" and names(old.parent) == ["old.txt"]


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_file(old):
    code = (
        "import os, pathlib, sys\nfrom ppo_lesson.files import replace_text\n"
        "os.replace = lambda *_: os.kill(os.getpid(), 9)\n"
        "replace_text(pathlib.Path(sys.argv[1]), 'new')"
    )
    if os.name == "nt":
        code = code.replace("os.kill(os.getpid(), 9)", "os._exit(9)")
    assert subprocess.run([sys.executable, "-c", code, str(old)], check=False).returncode
    assert old.read_text() == "old"


@pytest.mark.parametrize("ask", [files.require_writable, lambda p: files.replace_text(p, "new")])
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("folder", IsADirectoryError),
        ("nowhere/new.txt", FileNotFoundError),
        ("old.txt/new.txt", NotADirectoryError),
        ("circle", OSError),
        ("read-only", PermissionError),
    ],
)
def test_what_cannot_be_written_is_named_before_and_when_it_is_written(
    ask, name, error, old, tmp_path, monkeypatch
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "read-only").write_text("mine")
    allowed = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "read-only" not in str(path) and allowed(path, mode)
    )
    before = names(tmp_path)
    with pytest.raises(error) as raised:
        ask(tmp_path / name)
    assert raised.value.filename == str(tmp_path / name)
    assert names(tmp_path) == before and old.read_text() == "old"


def test_to_ask_writes_nothing(old, tmp_path):
    files.require_writable(old)
    files.require_writable(tmp_path / "new.txt")
    assert names(tmp_path) == ["old.txt"] and old.read_text() == "old"


def test_a_folder_is_made_with_those_above_it_and_a_file_in_its_place_is_named(old, tmp_path):
    for _ in range(2):
        files.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    for path in (old, old / "below"):
        with pytest.raises(NotADirectoryError) as raised:
            files.make_folder(path)
        assert raised.value.filename == str(path)


@pytest.mark.parametrize("settings", [None, '[project]\nname = "another"\n'])
def test_an_installed_package_is_no_checkout_whatever_stands_beside_it(
    settings, tmp_path, monkeypatch
):
    assert files.checkout() == Path(__file__).parents[1]
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "ppo_lesson")
    (tmp_path / "notebooks").mkdir()
    if settings:
        (tmp_path / "pyproject.toml").write_text(settings)
    with pytest.raises(FileNotFoundError, match="is an installed package, not a checkout"):
        files.checkout()
