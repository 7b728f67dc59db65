"""The pieces of a specification: rounding, texts, roles, and what Vega makes of them."""

from __future__ import annotations

import math
import re

import pytest
import torch

from ppo_lesson.explorers import vega
from ppo_lesson.figures.style import COLORS
from ppo_lesson.notebook import renderer


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_numbers_are_rounded_and_whole_ones_have_no_point():
    found = vega.numbers(torch.tensor([1.0, 0.12345, -0.001, math.nan, math.inf]), 2)
    assert found == [1, 0.12, 0, None, None]
    assert [type(entry) for entry in found[:3]] == [int, float, int]
    assert vega.numbers([1e-300, -0.049, 0.051, -0.051], 1) == [0, 0, 0.1, -0.1]


@pytest.mark.parametrize(("value", "text"), [(553.4, "553"), (0.00671, "0.0067"), (1.0, "1")])
def test_short_numbers_keep_their_significant_digits(value, text):
    assert str(vega.short(value, 3 if value > 1 else 2)) == text


def test_a_template_names_its_fields_and_becomes_an_expression():
    template = 'T = {horizon}: "worth" {count}'
    assert vega.names_in(template) == ["horizon", "count"]
    assert vega.concatenation(template) == (
        '"T = " + datum.horizon + ": \\"worth\\" " + datum.count'
    )


@pytest.mark.parametrize("colour", sorted({*vega.INK.values(), vega.DARK}))
def test_words_have_the_contrast_that_small_letters_need(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_every_role_has_an_ink():
    assert set(vega.INK) == set(COLORS)


def test_a_line_has_colour_and_dashes_of_its_role():
    mark = vega.line("old", [], "x", "y")["mark"]
    assert mark["color"] == COLORS["old"] and mark["strokeDash"]
    assert "strokeDash" not in vega.line("truth", [], "x", "y")["mark"]


def test_no_letters_are_smaller_than_fifteen_pixels():
    sizes = [vega.CONFIG["axis"][name] for name in ("labelFontSize", "titleFontSize")]
    assert min(*sizes, vega.CONFIG["text"]["fontSize"]) >= 15


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.5, 0.5), (-12.546, -12.55), (9.16e13, "9.16e+13"), (-2e300, "-2.00e+300")],
)
def test_a_number_in_a_sentence_stays_short_whatever_its_size(value, said):
    assert vega.written(value, 2) == said


UP, DOWN = "M0,-", "M0,"  # how the paths of triangles begin


@pytest.mark.parametrize(
    ("y", "height", "arrows"), [(5, 0, UP), (2, 0, None), (0.5, 75, None), (-1e300, 150, DOWN)]
)
def test_a_line_that_would_leave_its_panel_runs_along_its_end_on_arrows(y, height, arrows):
    layers = [
        *vega.held_line("new", vega.flatten("x", "y"), "x", "y", (-1, 2)),
        *vega.beyond_label("new", vega.flatten("x", "y", "said"), "x", "y", (-1, 2), "said"),
    ]
    panel = vega.panel(vega.axis("x", "x", 0, 3), vega.axis("y", "y", -1, 2), layers, 300, 150)
    data = {"values": [{"x": [1, 2], "y": [y, y], "said": ["there", "there"]}]}
    picture = renderer.svg({"$schema": renderer.SCHEMA, "data": data, **panel})
    assert f'd="M100,{height}L200,{height}"' in picture
    assert picture.count(">there<") == (2 if arrows else 0)
    found = re.findall(rf'translate\((\d+),{height}\)" d="(M0,-?)', picture)
    assert found == ([("100", arrows), ("200", arrows)] if arrows else [])


def test_marks_that_vega_gives_no_name_are_kept_from_screen_readers():
    assert vega.vertical("quiet", [], "x")["mark"]["aria"] is False
    assert vega.layer({"type": "rect"}, [])["mark"]["aria"] is False
    assert "aria" not in vega.line("truth", [], "x", "y")["mark"]


def test_an_axis_has_fixed_ends_so_that_nothing_jumps():
    axis = vega.axis("x", "x in m", 0, 2, ticks=[0, 1, 2], type="sqrt")
    assert axis["scale"] == {"type": "sqrt", "domain": [0, 2], "nice": False, "zero": False}
    assert axis["axis"]["title"] == "x in m" and axis["axis"]["values"] == [0, 1, 2]
