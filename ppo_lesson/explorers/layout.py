"""Where an explorer's words, panels and controls stand on its page, to the pixel.

A drawing is pinned to a size that is known before anything is drawn, so that a control can be laid
on its row by its distance from the corner of the drawing, whatever else a page does to labels and
inputs. Where the drawing stands, vega-embed makes the origin (its style says `position: relative`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from ppo_lesson.explorers import vega
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import Json
from ppo_lesson.palette import COLORS

WIDTH = 850
"""Of every drawing in pixels: 1366 pixels of screen leave 926 beside JupyterLab's file browser."""

MOST_HEIGHT = 500
"""Of a drawing in a notebook: a screen of 1366 x 768 leaves 529 in a maximised browser."""

EDGE = 8
"""Pixels around everything."""

LEFT = 62
"""Pixels from the left edge of the words to that of the first panel: room for its axis."""

ABOVE = 54
"""Pixels above a panel: the two lines that say what it shows now."""

WORDS = 50
"""Pixels above these: the title and the sentence of what to look for."""

BELOW = 50
"""Pixels from the lower edge of a panel to the first control: room for the axis."""

ROW = 28
"""Height of a control in pixels, and distance of two."""

LETTERS_A_LINE = 116
"""Of the sentence of what to look for."""

CONTROL_LEFT, SLIDER_WIDTH = 370, 310
LETTER = 7.5
"""Pixels that a letter of the medium size takes, on average."""


class Place(NamedTuple):
    """Where a control lies: pixels from the left and upper edge of the drawing, and its width."""

    left: float
    top: float
    width: float


def height(drawing: Json, num_controls: int, *, words: bool) -> int:
    """Add up how high a drawing is, with its words and controls."""
    above = ABOVE + (WORDS if words else 0)
    return 2 * EDGE + above + _panels_height(drawing) + BELOW + ROW * num_controls


def places(drawing: Json, controls: Sequence[Slider | Choice], *, words: bool) -> list[Place]:
    """Say where each of the controls lies."""
    top = height(drawing, len(controls), words=words) - EDGE - ROW * len(controls)
    return [
        Place(EDGE + CONTROL_LEFT, top + ROW * k, control_width(control))
        for k, control in enumerate(controls)
    ]


def style(place: Place) -> str:
    """Lay a control on its row, without leaning on how a page sets labels and inputs."""
    return (
        "display: block; position: absolute; z-index: 1; box-sizing: border-box; margin: 0; "
        f"left: {place.left:g}px; top: {place.top:g}px; width: {place.width:g}px; "
        f"min-width: 0; max-width: none; height: {ROW}px; cursor: pointer"
    )


def control_width(control: Slider | Choice) -> float:
    """Say how wide a control is; two buttons are as wide as the longer of their words."""
    if isinstance(control, Slider):
        return SLIDER_WIDTH
    return 2 * max(64, round(LETTER * max(map(len, control.options)) + 24))


def headline(templates: tuple[str, str], here: list[Json]) -> list[Json]:
    """Write the two lines that say what the picture shows now: layers of its first panel.

    Args:
        templates: of `str.format`, in which fields of the table are named.
        here: what leaves the one row that they speak of.
    """
    looks = ((-40, vega.LARGE, "bold"), (-16, vega.MEDIUM, "normal"))
    return [
        vega.label("truth", [*here, {"calculate": vega.concatenation(template), "as": "said"}],
                   -LEFT, y, "", field="said", fontSize=size, fontWeight=weight)
        for template, (y, size, weight) in zip(templates, looks, strict=True)
    ]  # fmt: skip


def with_words(
    drawing: Json,
    said: list[Json],
    controls: Sequence[Slider | Choice],
    words: tuple[str, str] | None,
) -> Json:
    """Add to a drawing all that stands around its panels.

    Args:
        drawing: a panel, or several in "hconcat" or "vconcat"; it stays as it is.
        said: layers of the two lines above the picture.
        controls: from top to bottom.
        words: title, and what to look for; None for a page that has them already.
    """
    drawing = json.loads(json.dumps(drawing))
    first, last = _panel(drawing, 0), _panel(drawing, -1 if "vconcat" in drawing else 0)
    first["layer"] += [_sheet(-ABOVE - (WORDS if words else 0), 0), *said]
    if words:
        first["layer"] += [
            vega.label("truth", [], -LEFT, -92, words[0], fontSize=20, fontWeight="bold"),
            vega.label("quiet", [], -LEFT, -67, words[1]),
        ]
    bottom = last["height"] + BELOW
    last["layer"].append(_sheet(last["height"], bottom + ROW * len(controls)))
    for k, control in enumerate(controls):
        last["layer"] += _control(control, bottom + ROW * k + ROW // 2)
    return drawing


def _sheet(top: float, bottom: float) -> Json:
    """Pin the size of the drawing: from its left to its right edge, and seen by nobody."""
    return vega.layer({"type": "rect", "opacity": 0}, [],
                      x={"value": -LEFT}, x2={"value": WIDTH - 2 * EDGE - LEFT},
                      y={"value": top}, y2={"value": bottom})  # fmt: skip


def _control(control: Slider | Choice, middle: int) -> list[Json]:
    """Write what stands beside a control, and draw what it lies on."""
    said = vega.label("truth", [], -LEFT, middle, "")
    said["encoding"]["text"] = {"value": {"expr": control.caption()}}
    left = CONTROL_LEFT - LEFT
    right = left + control_width(control)
    if isinstance(control, Choice):
        centre = (left + right) / 2
        ends = ((left, centre), (centre, right))
        return [said] + [
            part for side in (0, 1) for part in _button(control, side, ends[side], middle)
        ]
    track = vega.layer({"type": "rule", "color": "#bbbbbb", "strokeWidth": 3}, [],
                       x={"value": left + 6}, x2={"value": right - 6}, y={"value": middle},
                       y2=None)  # fmt: skip
    return [
        said,
        track,
        vega.label("quiet", [], left - 10, middle, f"{control.low:g}", align="right"),
        vega.label("quiet", [], right + 10, middle, f"{control.high:g}"),
    ]


def _button(control: Choice, side: int, ends: tuple[float, float], middle: int) -> list[Json]:
    """Draw a button: the chosen one is tinted, has a thick frame, and its words are bold."""
    pressed = control.pressed(side)

    def either(chosen: object, other: object) -> Json:
        return {"expr": f"{pressed} ? {json.dumps(chosen)} : {json.dumps(other)}"}

    frame = {"type": "rect", "cornerRadius": 5, "fill": either("#cfe5f5", "#ffffff"),
             "stroke": either(COLORS["old"], "#767676"), "strokeWidth": either(2.5, 1)}  # fmt: skip
    return [
        vega.layer(frame, [], x={"value": ends[0] + 3}, x2={"value": ends[1] - 3},
                   y={"value": middle - 11}, y2={"value": middle + 11}),
        vega.label("truth", [], sum(ends) / 2, middle, control.options[side], align="center",
                   fontWeight=either("bold", "normal")),
    ]  # fmt: skip


def _panel(drawing: Json, which: int) -> Json:
    """Find the first or the last panel of a drawing, to be changed."""
    for key in ("hconcat", "vconcat"):
        if key in drawing:
            return _panel(drawing[key][which], which)
    return drawing


def _panels_height(drawing: Json) -> int:
    if "vconcat" in drawing:
        parts = drawing["vconcat"]
        return sum(map(_panels_height, parts)) + drawing["spacing"] * (len(parts) - 1)
    if "hconcat" in drawing:
        return _panels_height(drawing["hconcat"][0])  # the first one is the highest
    return drawing["height"]
