"""The website's folder: what is written, replaced, taken away and left alone."""

from __future__ import annotations

from email.message import Message
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import site, site_sphinx


def make(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def files(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != site.LIST]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_a_second_build_replaces_the_first_and_leaves_what_is_not_its_own(tmp_path):
    there = make(tmp_path / "site", CNAME="mine")
    site.publish(make(tmp_path / "one", index="1", old__a="1"), there)
    assert files(there) == {"CNAME": "mine", "index": "1", "old/a": "1"}
    site.publish(make(tmp_path / "two", index="2", new="2"), there)
    assert files(there) == {"CNAME": "mine", "index": "2", "new": "2"}
    assert (there / site.LIST).read_text() == "index\nnew\n"


def test_a_file_that_no_build_has_written_is_not_replaced(tmp_path):
    there = make(tmp_path / "site", index="mine")
    with pytest.raises(FileExistsError) as refused:
        site.publish(make(tmp_path / "pages", a="1", index="1"), there)
    assert "this command has not written it" in str(refused.value)
    assert files(there) == {"index": "mine"}


def test_what_a_killed_build_left_is_replaced_by_the_next(tmp_path, monkeypatch):
    there = tmp_path / "site"
    there.mkdir()

    def kill(*args: object, **kwargs: object) -> None:
        make(there, a="half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(site.shutil, "copytree", kill)
        with pytest.raises(KeyboardInterrupt):
            site.publish(make(tmp_path / "pages", a="1"), there)
    site.publish(tmp_path / "pages", there)
    assert files(there) == {"a": "1"}


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([], None),
        (["Homepage, https://example.org"], None),
        (["Homepage, https://example.org", "Repository, https://example.org/p"],
         "https://example.org/p"),
    ],
)  # fmt: skip
def test_the_address_of_the_project_is_the_one_that_the_package_names(entries, found, monkeypatch):
    metadata = Message()
    for entry in entries:
        metadata["Project-URL"] = entry
    monkeypatch.setattr(site, "metadata", lambda name: metadata)
    assert site.named_repository() == found


def test_without_sphinx_one_sentence_says_so_and_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(site_sphinx, "find_spec", lambda name: None)
    assert door.main(["site", str(tmp_path / "site")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: site: sphinx, myst_nb, ") and said.count("\n") == 1
    assert not (tmp_path / "site").exists()


def test_the_command_says_where_the_front_page_is(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(
        site, "write", lambda *given: asked.append(given) or tmp_path / "index.html"
    )
    assert door.main(["site", "here", "--repository", "https://example.org/p"]) == 0
    assert door.main(["site", "here"]) == 0
    assert asked == [(Path("here"), "https://example.org/p"), (Path("here"), None)]
    assert capsys.readouterr().out == f"{tmp_path / 'index.html'}\n" * 2
