"""A deck is one page that needs nothing else, and is written over no file of somebody else."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import page_html, slides
from ppo_lesson.lessons.routes import ROUTES

needs_extra = pytest.mark.skipif(
    not (find_spec("ziamath") and find_spec("sphinx_revealjs")),
    reason='slides: pip install -e ".[test,classroom]"',
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("slides") / "new"
    assert door.main(["slides", "demonstration", str(folder)]) == 0
    (path,) = folder.iterdir()
    return path.read_text(encoding="utf-8")


@needs_extra
@pytest.mark.exhaustive
def test_a_deck_asks_for_no_file_of_another_place(page):
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:)', markup)
    assert not re.search(r"url\([\"']?(?!data:)", markup) and "@import" not in markup


@needs_extra
@pytest.mark.exhaustive
def test_a_deck_has_a_section_for_each_slide_and_its_own_mark(page):
    (deck,) = ROUTES["demonstration"]
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert markup.count("<section") == 1 + len(deck.slides)
    assert markup.count(slides.MARK) == 1 and "50 minutes" in markup
    assert markup.count('<aside class="notes">') == 1 + len(deck.slides)


def test_a_file_of_somebody_else_is_not_written_over(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(page_html, "require", lambda *names: None)
    mine = tmp_path / "demonstration.html"
    mine.write_text("mine")
    assert door.main(["slides", "demonstration", str(tmp_path)]) == 2
    assert mine.read_text() == "mine"
    assert capsys.readouterr().err.startswith(f"error: {mine}: it is there already")


def test_an_unknown_route_is_told_which_exist(tmp_path):
    with pytest.raises(ValueError, match=r"^route: expected one of demonstration, lab, .*'50'"):
        list(slides.write("50", tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_nothing_is_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(page_html, "find_spec", lambda name: None)
    assert door.main(["slides", "lab", str(tmp_path / "new")]) == 2
    said = 'error: sphinx_revealjs is not installed; pip install "ppo-lesson[classroom]" '
    assert capsys.readouterr().err.startswith(said)
    assert not (tmp_path / "new").exists()
