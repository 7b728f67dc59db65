"""The renderer draws what the specification says, in few colours, and is warm after its start."""

from __future__ import annotations

import io

from PIL import Image

from ppo_lesson.teaching import renderer
from ppo_lesson.teaching.plotting import COLORS

WIDE = {
    "$schema": renderer.SCHEMA,
    "width": 200,
    "height": 100,
    "padding": 0,
    "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
    "mark": {"type": "rect", "color": COLORS["old"]},
    "encoding": {
        "x": {"value": 0},
        "x2": {"value": 200},
        "y": {"value": 0},
        "y2": {"value": 100},
    },
}


def test_a_picture_has_the_size_and_the_colour_of_the_specification():
    picture = Image.open(io.BytesIO(renderer.png(WIDE))).convert("RGB")
    assert picture.size == (200, 100)
    red, green, blue = (int(COLORS["old"][k : k + 2], 16) for k in (1, 3, 5))
    assert picture.getpixel((100, 50)) == (red, green, blue)


def test_a_picture_has_few_colours():
    picture = Image.open(io.BytesIO(renderer.png(WIDE)))
    assert picture.mode == "P"
    assert len(picture.getcolors() or []) <= renderer.PNG_COLORS


def test_starting_draws_something(monkeypatch):
    drawn = []
    monkeypatch.setattr(renderer, "svg", drawn.append)
    renderer.start()
    assert [specification["$schema"] for specification in drawn] == [renderer.SCHEMA]
