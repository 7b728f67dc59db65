"""The pieces of a specification: rounding, texts, roles, and what Vega makes of them."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.teaching import vega
from ppo_lesson.teaching.plotting import COLORS


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


def test_no_letters_are_smaller_than_sixteen_pixels():
    sizes = [vega.CONFIG["axis"][name] for name in ("labelFontSize", "titleFontSize")]
    assert min(*sizes, vega.CONFIG["text"]["fontSize"]) >= 16


def test_an_axis_has_fixed_ends_so_that_nothing_jumps():
    axis = vega.axis("x", "x in m", 0, 2, ticks=[0, 1, 2], type="sqrt")
    assert axis["scale"] == {"type": "sqrt", "domain": [0, 2], "nice": False, "zero": False}
    assert axis["axis"]["title"] == "x in m" and axis["axis"]["values"] == [0, 1, 2]
