"""The demo pages: whole, small, and without a word to any network."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import demos
from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS
from ppo_lesson.lessons.routes import POLLS
from ppo_lesson.notebook import renderer

MOST_BYTES = 1_200_000


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("demos") / "new"
    paths = demos.write(folder)
    assert sorted(paths) == sorted(folder.iterdir())
    assert all(path.stat().st_size <= MOST_BYTES for path in paths)
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.slow
def test_there_is_a_page_for_every_explorer_and_an_index_that_leads_to_it(pages):
    assert set(pages) == {*EXPLORERS, *(f"poll_{name}" for name in POLLS), "index"}
    for name, build in EXPLORERS.items():
        assert f'href="{name}.html"' in pages["index"]
        explorer = build()
        assert html.escape(explorer.title) in pages[name]
        assert html.escape(explorer.look_for) in pages[name]
        assert html.escape(explorer.look_for) in pages["index"]
        assert "<kbd>Tab</kbd>" in pages[name]


@pytest.mark.slow
def test_the_index_says_to_which_notebook_each_belongs(pages):
    entries = re.findall(r"<li>.*?</li>", pages["index"], flags=re.DOTALL)
    for name, entry in zip(EXPLORERS, entries, strict=True):
        assert re.findall(r"\b\d\d\b", re.search(r"\(.*?\)", entry)[0]) == list(NOTEBOOKS[name])


@pytest.mark.slow
def test_every_explorer_has_a_question_that_leads_to_it_and_back(pages):
    assert set(POLLS) == set(EXPLORERS)
    for name in POLLS:
        assert f'href="{name}.html">Explorer</a>' in pages[f"poll_{name}"]
        assert f'href="poll_{name}.html">Question</a>' in pages[name]
        assert f'href="poll_{name}.html">Ask first</a>' in pages["index"]


@pytest.mark.slow
def test_a_page_says_who_wrote_it(pages):
    for text in pages.values():
        assert text.count(demos.MARK) == 1


@pytest.mark.slow
def test_no_page_asks_for_a_file_of_another_place(pages):
    for text in pages.values():
        markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
        assert not re.search(r'(?:src|href)="(?!data:|[a-z_]+\.html")', markup)
        assert "url(" not in markup and "@import" not in markup


@pytest.mark.slow
def test_a_page_has_the_two_scripts_it_was_given_and_no_more(pages):
    for name in EXPLORERS:
        assert pages[name].count("<script>") == pages[name].count("</script>") == 2


def test_a_script_cannot_be_ended_from_inside():
    assert demos.in_script('x = "</script><!--"') == 'x = "\\x3c/script>\\x3c!--"'
    assert demos.in_script('s.replace(/</g, "&lt;")') == 's.replace(/</g, "&lt;")'


@pytest.mark.parametrize(
    ("formula", "page"),
    [
        ("A_{t+1} = r_1^2", "A<sub>t+1</sub> = r<sub>1</sub><sup>2</sup>"),
        ("pi_theta(a) < lambda", "&pi;<sub>&theta;</sub>(a) &lt; &lambda;"),
        ("typical = delta", "typical = &delta;"),
    ],
)
def test_a_formula_is_set_with_indices_and_greek_letters(formula, page):
    assert demos.formula_html(formula) == page


ONE = {"surrogate_cliff": EXPLORERS["surrogate_cliff"]}


def test_pages_of_an_earlier_call_are_written_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(demos, "EXPLORERS", ONE)
    monkeypatch.setitem(demos.NOTEBOOKS, "cliff", ("04",))
    monkeypatch.setattr(
        demos, "page", lambda explorer, program, poll: demos._document("It", "a page")
    )
    (tmp_path / "notes.html").write_text("mine")
    for _ in range(2):
        assert len(demos.write(tmp_path)) == 3
    assert all(demos.MARK in (tmp_path / f"{name}.html").read_text() for name in (*ONE, "index"))
    assert (tmp_path / "notes.html").read_text() == "mine"


def test_where_there_is_no_room_to_draw_one_sentence_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(renderer, "can_draw", lambda: False)
    assert door.main(["demos", str(tmp_path / "new")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err == f"error: {renderer.NO_ROOM}\n"
    assert not (tmp_path / "new").exists()


def test_the_door_writes_them_into_the_folder_that_was_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(demos, "write", lambda folder: [folder / "index.html"])
    assert door.main(["demos", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'index.html'}\n"
    assert isinstance(door.parser().parse_args(["demos", "x"]).folder, Path)


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_that_is_full_leaves_no_half_page_and_is_told_with_its_name(tmp_path):
    call = (
        "import resource, sys\n"
        "from ppo_lesson.__main__ import main\n"
        "from ppo_lesson.commands import demos\n"
        "demos.EXPLORERS = dict([min(demos.EXPLORERS.items())])\n"  # the first page is too long
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "sys.exit(main(['demos', sys.argv[1]]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", call, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2 and ended.stderr.startswith(f"error: {tmp_path}")
    assert list(tmp_path.iterdir()) == []
