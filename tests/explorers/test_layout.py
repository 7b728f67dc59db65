"""Where words and controls stand: sums of pixels, against what Vega draws."""

from __future__ import annotations

import json
import re

import pytest

from ppo_lesson.explorers import layout, vega
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.notebook import renderer

SHIFT = Slider("shift", "shift of the line", 0, 2, 1, 1)
UPSIDE = Choice("upside", "turned", ("no", "upside down"))
CONTROLS = (SHIFT, UPSIDE)
PANEL = vega.panel(
    vega.axis("x", "x", 0, 4), vega.axis("y", "y", -9, 9),
    [vega.points("new", [], "x", "y")], 300, 200,
)  # fmt: skip
LOW = PANEL | {"height": 90}


def drawn(drawing: dict, words: tuple[str, str] | None) -> str:
    return renderer.svg({
        "$schema": renderer.SCHEMA, "config": vega.CONFIG, "padding": layout.EDGE,
        "params": [c.parameter(c.start, "") for c in CONTROLS],
        "data": {"values": [{"x": 1, "y": 2}]},
        **layout.with_words(drawing, [], CONTROLS, words),
    })  # fmt: skip


@pytest.mark.parametrize("words", [("Line", "It moves."), None])
@pytest.mark.parametrize(
    "drawing",
    [
        PANEL,
        {"hconcat": [PANEL, LOW], "spacing": 80, "bounds": "flush"},
        {"vconcat": [PANEL, LOW], "spacing": 30, "bounds": "flush"},
    ],
)
def test_a_drawing_has_the_size_that_was_said_and_each_control_lies_beside_its_words(
    drawing, words
):
    picture = drawn(drawing, words)
    high = layout.height(drawing, 2, words=words is not None)
    assert f'viewBox="0 0 {layout.WIDTH} {high}"' in picture
    first, second = layout.places(drawing, CONTROLS, words=words is not None)
    # The origin of all marks lies so far down that the lowest row ends above the padding.
    (origin,) = re.findall(r'<g fill="none"[^>]*translate\((\d+),(\d+)\)', picture)
    for place, text in ((first, "shift of the line: 1"), (second, "turned")):
        # Letters hang a little below the middle on which they are centred.
        (line,) = re.findall(rf'translate\([^,]*,([\d.]+)\)"[^>]*>{text}<', picture)
        middle = float(line) + float(origin[1]) + (230 if "vconcat" in drawing else 0)
        assert middle - 5 == pytest.approx(place.top + layout.ROW / 2, abs=1.5)


def test_a_control_is_placed_by_itself_and_not_by_the_flow_of_the_page():
    style = layout.style(layout.Place(370, 400.5, 310))
    assert "position: absolute" in style and "left: 370px; top: 400.5px; width: 310px" in style
    assert "margin: 0" in style and "box-sizing: border-box" in style


def test_two_buttons_are_wide_enough_for_the_longer_of_their_words():
    assert layout.control_width(UPSIDE) == 2 * round(7.5 * len("upside down") + 24)
    assert layout.control_width(Choice("a", "a", ("+", "-"))) == 128


def test_adding_the_words_leaves_the_drawing_as_it_was():
    before = json.dumps(PANEL)
    layout.with_words(PANEL, [], CONTROLS, ("Line", "It moves."))
    assert json.dumps(PANEL) == before
