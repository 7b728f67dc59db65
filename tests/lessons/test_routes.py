"""Routes: what a slide shows is there, every slide tells the teacher what to ask, times add up."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, notebooks, teacher_calls
from ppo_lesson.commands.copies import exercise_of
from ppo_lesson.commands.slide_html import EXPLORER_CALL
from ppo_lesson.lessons import LESSONS
from ppo_lesson.lessons.routes import PLACE, ROUTES, Slide

QUESTIONS = {
    question.id
    for lesson in LESSONS.values()
    for question in (*lesson.questions, *lesson.predictions, *lesson.open_questions)
}
DECKS = [deck for decks in ROUTES.values() for deck in decks]
SLIDES = list(dict.fromkeys(slide for deck in DECKS for slide in deck.slides))


@pytest.fixture(scope="module")
def cells() -> dict[str, dict[str, NotebookNode]]:
    return {
        path.stem[:2]: {cell.id: cell for cell in notebook_form.read(path).cells}
        for path in notebooks.find([])[0]
    }


def test_the_door_knows_the_routes():
    assert sorted(teacher_calls.ROUTES) == sorted(ROUTES)
    assert len({deck.name for deck in DECKS}) == len(DECKS)


def test_what_a_slide_shows_is_a_cell_of_the_notebooks(cells):
    places = [PLACE.fullmatch(place) for slide in SLIDES for place in slide.shows]
    assert [p[0] for p in places if p["cell"] not in cells[p["notebook"]]] == []


def test_a_slide_tells_what_to_ask_and_what_usually_goes_wrong(cells):
    def brings_its_own(slide: Slide) -> bool:  # notes: a question does, and an exercise
        shown = [cells[place[:2]][place[3:]] for place in slide.shows if ":" not in place]
        return any(cell.id in QUESTIONS or exercise_of(cell) for cell in shown)

    assert [
        slide.title
        for slide in SLIDES
        if brings_its_own(slide) == bool(slide.ask and slide.wrong)  # one or the other
    ] == []


def test_the_short_routes_take_as_long_as_they_say():
    assert [deck.minutes for deck in ROUTES["demonstration"]] == [50]
    assert [deck.minutes for deck in ROUTES["lab"]] == [90]
    weeks = dict.fromkeys(deck.title.split()[1].strip(":,") for deck in ROUTES["weeks"])
    assert list(weeks) == ["1", "2", "3", "4"]
    assert all(deck.minutes <= 135 for deck in ROUTES["weeks"])  # two hours and a break


@pytest.mark.parametrize("route", ["demonstration", "weeks", "language"])
def test_a_route_shows_an_explorer(route: str, cells):
    places = [place for deck in ROUTES[route] for slide in deck.slides for place in slide.shows]
    sources = [cells[place[:2]][place[3:].partition(":")[0]].source for place in places]
    assert any(EXPLORER_CALL.search(source) for source in sources)


@pytest.mark.parametrize("route", ["weeks", "language"])
def test_a_long_route_ends_in_the_oral_exam(route: str):
    exam = [question.id for question in LESSONS["13_beyond_one_machine"].open_questions]
    last = [slide.shows for slide in ROUTES[route][-1].slides[-len(exam) :]]
    assert last == [(f"13/{name}",) for name in exam]


def test_four_weeks_visit_every_notebook_in_order(cells):
    places = [p for deck in ROUTES["weeks"] for slide in deck.slides for p in slide.shows]
    visited = list(dict.fromkeys(place[:2] for place in places))
    assert visited == sorted(visited)
    assert set(cells) == set(visited)


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"shows": ("5/climb",)}, "shows"), ({"shows": ("05/climb:sound",)}, "shows"),
     ({"points": ("a",) * 5}, "points")],
)  # fmt: skip
def test_a_slip_in_a_slide_is_named(fields, name):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        Slide("title", **fields)
