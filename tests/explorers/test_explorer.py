"""An explorer refuses what does not fit, and shows itself in three forms that say the same."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest
from PIL import Image

from ppo_lesson.explorers import vega
from ppo_lesson.explorers.explorer import MIME, Explorer
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.notebook import renderer

SHIFT = Slider("shift", "shift of the line", 0, 2, 1, 1)
TIMES = Slider("times", "factor", 1, 3, 1, 2)
UPSIDE = Choice("upside", "turned", ("not at all", "upside down"))
PANEL = vega.panel(
    vega.axis("x", "x", 0, 4), vega.axis("y", "y", -9, 9),
    [vega.points("new", vega.flatten("x", "y"), "x", "y")], 300, 200,
)  # fmt: skip


def rows() -> list[dict]:
    return [
        {"shift": shift, "upside": upside, "x": [1, 2, 3], "y": [shift + k for k in range(3)],
         "sum": 3 * shift + 3}
        for shift in SHIFT.positions
        for upside in UPSIDE.positions
    ]  # fmt: skip


def build(**change) -> Explorer:
    fields = {
        "title": "Line",
        "formula": "y = x + shift",
        "look_for": "It moves.",
        "sliders": (SHIFT,),
        "rows": rows(),
        "headline": ("shift = {shift}", "the sum is {sum}"),
        "drawing": PANEL,
        "choice": UPSIDE,
    }
    return Explorer(**(fields | change))


def build_along() -> Explorer:
    table = [{"times": times, "shift": [0, 1, 2], "y": [times * k for k in (0, 1, 2)]}
             for times in TIMES.positions]  # fmt: skip
    return build(
        sliders=(SHIFT, TIMES), rows=table, choice=None, along=("shift", "y"),
        headline=("shift = {shift}", "{times} times it is {y}"),
        drawing={"hconcat": [vega.panel(
            vega.axis("shift", "shift", 0, 2), vega.axis("y", "y", 0, 6),
            [vega.line("new", vega.flatten("shift", "y"), "shift", "y"),
             vega.points("new", [*vega.flatten("shift", "y"), *vega.filtered(SHIFT.is_at())],
                         "shift", "y")], 300, 200)]},
    )  # fmt: skip


def drawn(explorer: Explorer, **position) -> str:
    """Let Vega itself draw a position, as SVG; its marks are labelled with their numbers."""
    return renderer.svg(explorer.specification(**position))


def test_it_shows_itself_as_specification_picture_and_text_and_nothing_else():
    bundle = build()._repr_mimebundle_()
    assert set(bundle) == {MIME, "image/png", "text/plain"}
    assert bundle[MIME] == build().specification()
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).width > 300
    assert bundle["text/plain"] == (
        "Line: y = x + shift\n"
        "To move: shift of the line at 1 (0 to 2); turned: not at all (or upside down).\n"
        "Shown: shift = 1. the sum is 6.\n"
        "Look for: It moves."
    )


def test_the_picture_keeps_the_colours_of_the_drawing():
    picture = Image.open(io.BytesIO(build().picture())).convert("RGB")
    colours = {colour for _, colour in picture.getcolors(100_000)}
    assert {(255, 255, 255), (0xD5, 0x5E, 0x00)} <= colours


def test_two_runs_give_the_same_bytes():
    assert build()._repr_mimebundle_() == build()._repr_mimebundle_()


def test_its_specification_is_json_of_version_5_white_and_without_a_menu():
    specification = json.loads(json.dumps(build().specification()))
    assert specification["$schema"].endswith("/vega-lite/v5.json")
    assert specification["config"]["background"] == "white"
    options = specification["usermeta"]["embedOptions"]
    assert options["actions"] is False and options["renderer"] == "svg"
    assert specification["description"] == "Line. It moves."
    # One line in a notebook's file, whatever the size of the table.
    assert json.loads(specification["data"]["values"]) == rows()


def test_below_the_picture_stands_what_each_control_is_and_where_it_stands():
    picture = drawn(build(), shift=2, upside=True)
    assert ">shift of the line: 2<" in picture and ">turned<" in picture
    bold = r'font-weight="bold"[^>]*>([^<]*)<'
    assert "upside down" in re.findall(bold, picture)
    assert "not at all" in re.findall(bold, drawn(build(), shift=2, upside=False))


@pytest.mark.parametrize("shift", SHIFT.positions)
def test_vega_draws_the_row_of_the_position(shift):
    picture = drawn(build(), shift=shift)
    for x, y in zip((1, 2, 3), build().at(shift=shift)["y"], strict=True):
        assert f'aria-label="x: {x}; y: {y}"' in picture
    assert picture.count('aria-roledescription="point"') == 3
    assert f">shift = {shift}<" in picture and f">the sum is {3 * shift + 3}<" in picture


@pytest.mark.parametrize(("shift", "times"), [(0, 1), (2, 3), (1, 2)])
def test_along_the_first_slider_the_mark_moves_on_the_curve(shift, times):
    explorer = build_along()
    assert explorer.at(shift=shift, times=times)["y"] == shift * times
    picture = drawn(explorer, shift=shift, times=times)
    assert f'aria-label="shift: {shift}; y: {shift * times}"' in picture
    assert f">{times} times it is {shift * times}<" in picture


def test_without_words_only_the_lines_with_numbers_stay():
    with_words, without = drawn(build()), json.dumps(build().specification(words=False))
    assert ">Line<" in with_words and ">It moves.<" in with_words
    assert '"Line"' not in without and "shift = " in without


def test_building_it_leaves_the_drawing_as_it_was():
    before = json.dumps(PANEL)
    build().specification()
    assert json.dumps(PANEL) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "title: expected a text"),
        ({"formula": None}, "formula: expected a text"),
        ({"look_for": "x" * 117}, "look_for: expected at most 116 letters, got 117"),
        ({"sliders": ()}, "sliders: expected one or two, got 0"),
        ({"drawing": {"mark": "bar"}}, "drawing: expected a panel"),
        ({"along": ("y",)}, "along: expected 'shift' in it"),
        ({"rows": rows()[:-1]}, r"rows: expected one for shift, upside = \(2, True\), got None"),
        ({"rows": rows()[::-1]}, r"rows: expected one for .* = \(0, False\), got \(2, True\)"),
        ({"headline": ("{shift}", "{nothing}")}, "rows: expected texts or numbers in 'nothing'"),
        ({"sliders": (Slider("shift", "s", 0, 5000, 1, 0),)}, "sliders: 10002 positions"),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        build(**change)


def test_an_array_of_the_wrong_length_is_named():
    with pytest.raises(ValueError, match="rows: expected a list of 3 in 'shift'"):
        build(along=("shift",), choice=None, sliders=(SHIFT, TIMES),
              rows=[{"times": t, "shift": [0, 1], "sum": 0} for t in (1, 2, 3)])  # fmt: skip


def test_an_unknown_slider_or_position_is_named():
    with pytest.raises(ValueError, match="theta: expected one of shift, upside"):
        build().at(theta=1)
    with pytest.raises(ValueError, match="shift: expected 0 to 2"):
        build().specification(shift=5)
