"""TEACHING.md: its tables are today's, its minutes add up, and what it names exists."""

from __future__ import annotations

import re
import shlex
from itertools import groupby, pairwise
from pathlib import Path

import pytest
import torch

from ppo_lesson import __main__ as door
from ppo_lesson.commands import teaching
from ppo_lesson.lessons import EXERCISES, LESSONS
from ppo_lesson.lessons.routes import ROUTES, Slide
from ppo_lesson.maths import clipped_surrogate_loss, gae

ROOT = Path(__file__).parents[2]
TEACHERS = {"copies", "slides", "handouts", "demos", "grade"}
PAGE = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
DECKS = {deck.name: deck for decks in ROUTES.values() for deck in decks}
ASKED = {
    question.id: lesson.notebook[:2]
    for lesson in LESSONS.values()
    for question in (*lesson.questions, *lesson.predictions, *lesson.open_questions)
}


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """Write today's tables once."""
    return teaching.tables()


def _section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def _rows(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in lines[1:]]


# ---- The tables ----------------------------------------------------------------------------------


def test_the_page_shows_the_tables_of_today(known):
    same = teaching.with_tables(PAGE, known) == PAGE
    assert same, "run: python -m ppo_lesson teaching"


def test_a_page_is_written_in_place_and_again_without_a_change(known, tmp_path, capsys):
    page = tmp_path / "page.md"
    marks = "".join(f"<!-- table: {name} -->\n<!-- end -->\n" for name in known)
    page.write_text(f"# Ours\n\n{marks}\nBy hand.\n", encoding="utf-8")
    assert door.main(["teaching", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Ours\n") and text.endswith("\nBy hand.\n")
    assert all(table in text for table in known.values())
    assert teaching.with_tables(text, known) == text


@pytest.mark.parametrize("text", ["", "<!-- table: other -->\n<!-- end -->\n"])
def test_a_mark_without_a_table_and_a_table_without_a_mark_are_named(text: str):
    with pytest.raises(ValueError, match=r"tables: expected marks for \['lecture'\], got \["):
        teaching.with_tables(text, {"lecture": "| a |"})


def test_the_minutes_of_every_meeting_add_up_and_leave_no_gap(known):
    assert {"demonstration", "lab", "week-1", "week-4", "language-1"} < set(known)
    for name, table in known.items():
        if name == "lecture":
            continue
        spans = [tuple(map(float, row[0].split("-"))) for row in _rows(table)]
        assert spans[0][0] == 0 and spans[-1][1] == DECKS[name].minutes, name
        assert all(start < end for start, end in spans), name
        assert all(before[1] == after[0] for before, after in pairwise(spans))
        head = table.partition("\n")[0]
        assert head == f"**{DECKS[name].title}. {DECKS[name].minutes} minutes.**"
        assert head.count("minutes") == 1, name


def test_every_row_of_a_short_route_says_what_is_done_asked_and_goes_wrong(known):
    for name in teaching.SHORT:
        for slide, row in zip(DECKS[name].slides, _rows(known[name]), strict=True):
            assert slide.do and all(row[2:]), row
            assert bool(row[1]) == bool(slide.shows), row


def test_the_words_by_which_a_cell_is_found_stand_in_one_cell_of_its_notebook(known):
    for name in teaching.SHORT:
        for _, where, *_ in _rows(known[name]):
            if where:
                path = ROOT / re.search(r"\((.+?)\)", where)[1]
                words = re.search(r": [`“](.+)[`”]$", where)[1].replace("\\|", "|").lower()
                sources = [cell.source.lower() for cell in teaching.notebook_form.read(path).cells]
                assert sum(words in source for source in sources) == 1, where


def test_a_section_of_spoken_questions_names_them_and_says_who_speaks():
    place = teaching.Place(Path("13.ipynb"), "7. Oral exam", "`x`")
    spoken = LESSONS["13_beyond_one_machine"].open_questions[:2]
    slides = [Slide(question.id, (f"13/{question.id}",)) for question in spoken]
    ((_, _, doing, ask, wrong),) = _rows(
        teaching.by_section([teaching.Step(slide, place) for slide in slides])
    )
    assert doing == "ask " + ", ".join(f"`{question.id}`" for question in spoken)
    assert ask.startswith("Who speaks?") and spoken[0].rubric[-1] in wrong


def test_a_slide_that_asks_nothing_is_named():
    step = teaching.Step(Slide("Mute"), teaching.Place(Path("04.ipynb"), "1. A", "`x`"))
    with pytest.raises(ValueError, match=r"^ask: expected what to ask at 'Mute', got nothing$"):
        teaching.by_slide([step])


# ---- What is written by hand ---------------------------------------------------------------------


def test_each_misconception_names_a_question_of_its_notebook_and_each_notebook_has_one():
    rows = _rows(_section("Misconceptions"))
    found = [(question.strip("`"), notebook) for *_, question, notebook in rows]
    assert [(name, ASKED.get(name)) for name, _ in found] == found
    assert len(dict(found)) == len(found) >= 20
    assert {notebook for _, notebook in found} == {name[:2] for name in LESSONS} - {"00"}


def test_each_prerequisite_names_a_question_of_the_self_test():
    named = re.findall(
        r"`([a-z-]+)`", "".join(r[0] for r in _rows(_section("What they need before")))
    )
    assert sorted(named) == sorted(q.id for q in LESSONS["00_start_here"].questions)


def test_every_name_in_code_that_looks_like_an_exercise_or_a_question_is_one():
    names = set(re.findall(r"`((?:predict|own-words|museum|knows)-[a-z][a-z-]+)`", PAGE))
    assert names <= set(ASKED) and len(names) > 40
    written = re.findall(r"they write ((?:`\w+`(?:, )?)+)", PAGE)
    assert {name for group in written for name in re.findall(r"`(\w+)`", group)} <= set(EXERCISES)


def test_links_lead_to_files_and_sections_that_exist():
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert len(links) > 100
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("https://"):
            assert (ROOT / link).is_file(), link


def test_commands_that_are_named_are_taken_by_the_door():
    calls = re.findall(
        r"(?:`|^|/)(?:ppo-lesson|python -m ppo_lesson) ([^`\n]+)", PAGE, re.MULTILINE
    )
    assert {call.split()[0] for call in calls} == {"check", *TEACHERS}
    for call in calls:
        options = door.parser().parse_args(shlex.split(call.replace("...", "")))
        assert callable(options.run), call


def test_the_exam_has_as_many_points_as_it_says_and_each_question_gives_its_own():
    exam = _section("Exam questions")
    assert "Fifty points" in exam
    questions = re.split(r"^\d+\. ", exam, flags=re.MULTILINE)[1:]
    promised = [int(re.match(r"\*\*\((\d+) points\)", question)[1]) for question in questions]
    assert sum(promised) == 50
    for question, points in zip(questions, promised, strict=True):
        given = sum(int(number) for number in re.findall(r"\*(\d+):\*", question))
        assert given == points, question


def test_the_numbers_of_the_exam_are_those_of_the_formulas():
    exam = _section("Exam questions")
    for advantage, words in ((1.0, "0.5 with a gradient, 1 with, 1.2 without"),
                             (-1.0, "-0.8 without, -1 with, -1.5 with")):  # fmt: skip
        found = []
        for ratio in (0.5, 1.0, 1.5):
            log_prob = torch.tensor([ratio]).log().requires_grad_()
            loss = clipped_surrogate_loss(log_prob, torch.zeros(1), torch.tensor([advantage]), 0.2)
            loss.backward()
            found.append((f"{-loss.item():.3g}", bool(log_prob.grad.abs().sum() > 0)))
        said = re.findall(r"(-?[\d.]+) (with\b|without)", words)
        assert found == [(number, word == "with") for number, word in said]
        assert words in exam
    for terminated, words in ((True, "fallen: -3."), (False, "stopped: 6.")):
        ends = torch.tensor([terminated]), torch.tensor([not terminated])
        numbers = (torch.tensor([number]) for number in (2.0, 5.0, 10.0))
        advantage = gae(*numbers, *ends, gamma=0.9, gae_lambda=0.95)
        assert f"{advantage.item():g}." == words.split(": ")[1] and words in exam


def test_what_no_slide_of_a_week_shows_is_homework_of_less_than_an_hour():
    assert "less than an hour a week" in _section("The routes")
    for week, decks in groupby(ROUTES["weeks"], lambda deck: deck.title[: len("Week 1")]):
        places = [place for deck in decks for slide in deck.slides for place in slide.shows]
        visited = {place[:2] for place in places}
        left = [
            exercise.minutes
            for lesson in LESSONS.values()
            for exercise in lesson.exercises
            if lesson.notebook[:2] in visited
            and not any(place.endswith(exercise.id.replace("_", "-")) for place in places)
        ]
        assert 0 < sum(left) < 60, week
