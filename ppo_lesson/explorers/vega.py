"""Pieces of a Vega-Lite specification, as plain dicts: transforms, axes, layers, panels.

Nothing of the mathematics stands here: Python has filled a table, and what is written down is where
on the page its numbers go. Colours and line styles are those of the figures (`plotting`).
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.palette import COLORS, LINES

Json = dict[str, Any]
Table = list[dict[str, Any]]
"""Of an explorer: a row per position, of numbers, texts and arrays of them."""

# The first is built into vl-convert and has the same widths as the next two, so that the stored
# picture, and the drawing in a browser on any system, break and align alike.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
MEDIUM, LARGE = 15, 18
"""Sizes of letters in pixels: everywhere, and in headlines; smaller ones are hard to read."""

DASHES = {"-": [], "--": [9, 5], "-.": [9, 4, 2, 4], ":": [2, 4]}
LINE_WIDTH = 3
DARK = "#333333"  # of axes and notes: 12.6 to 1 against white

# Every colour is named, for JupyterLab's dark theme would else draw light letters on white.
CONFIG: Json = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": MEDIUM,
        "titleFontSize": MEDIUM,
        "titleFontWeight": "normal",
        "labelColor": DARK,
        "titleColor": DARK,
        "domainColor": DARK,
        "tickColor": DARK,
        "gridColor": "#e4e4e4",
        "titlePadding": 5,
    },
    "text": {"fontSize": MEDIUM, "color": "#000000"},
}


def numbers(values: Tensor | Iterable[float], decimals: int) -> list[float | int | None]:
    """Round to what a pixel shows: whole numbers without a point, None where there is no number."""
    entries = values.tolist() if isinstance(values, Tensor) else values
    return [number(entry, decimals) for entry in entries]


def number(value: float, decimals: int) -> float | int | None:
    """Round one number; see `numbers`."""
    if not math.isfinite(value):
        return None
    if abs(value) < 0.5 * 10.0**-decimals:
        return 0  # round() takes long for a number as small as 1e-300
    rounded = round(float(value), decimals)
    return int(rounded) if rounded == int(rounded) else rounded


def flatten(*fields: str) -> list[Json]:
    """Turn the arrays of a row into one row per entry."""
    return [{"flatten": list(fields)}]


def spread_out(field: str, x: str, first: float, step: float) -> list[Json]:
    """Turn one array into rows and give them evenly spaced places x."""
    return [
        *flatten(field),
        {"window": [{"op": "row_number", "as": "place"}]},
        {"calculate": f"{first} + {step} * (datum.place - 1)", "as": x},
    ]


def filtered(condition: str) -> list[Json]:
    """Keep the rows for which a Vega expression is true."""
    return [{"filter": condition}]


def short(value: float, digits: int) -> float | int:
    """Round to so many significant digits; what is above 1e-4 reads the same here and in Vega."""
    rounded = significant(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def names_in(template: str) -> list[str]:
    """List the fields that a template of `str.format` names."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def concatenation(template: str) -> str:
    """Write a template of `str.format` as the Vega expression that gives the same text."""
    pieces = []
    for text, name, _, _ in string.Formatter().parse(template):
        pieces += [json.dumps(text, ensure_ascii=False)] if text else []
        pieces += [f"datum.{name}"] if name else []
    return " + ".join(pieces)


def axis(field: str, title: str, low: float, high: float, **options: Any) -> Json:
    """Describe a position with its axis: title with unit, fixed ends, so that nothing jumps.

    Args:
        field: of the table.
        title: what it is, with its unit.
        low: left or lower end.
        high: right or upper end.
        options: `ticks`, a list of places; `type`, of the scale ("linear", "log", "sqrt").
    """
    kind = options.get("type", "linear")
    scale: Json = {"type": kind, "domain": [low, high], "nice": False}
    scale |= {} if kind == "log" else {"zero": False}
    look: Json = {"title": title, "grid": True}
    look |= {"values": options["ticks"]} if "ticks" in options else {"tickCount": 6}
    look["labelExpr"] = "format(datum.value, '~g')"  # as many digits as the tick needs, no comma
    return {"field": field, "type": "quantitative", "scale": scale, "axis": look}


def panel(x: Json, y: Json, layers: Sequence[Json], width: int, height: int) -> Json:
    """Lay layers over each other on common axes."""
    return {
        "width": width,
        "height": height,
        "encoding": {"x": x, "y": y},
        "layer": list(layers),
    }


def line(role: str, transform: list[Json], x: str, y: str, **options: Any) -> Json:
    """Draw a line in colour and style of its role; options go to the mark."""
    dash = DASHES[LINES.get(role, "-")]
    mark: Json = {"type": "line", "color": COLORS[role], "strokeWidth": LINE_WIDTH, "clip": True}
    mark |= {"strokeDash": dash} if dash else {}
    return layer(mark | options, transform, x=field(x), y=field(y))


def held_line(
    role: str, transform: list[Json], x: str, y: str, ends: tuple[float, float], **options: Any
) -> list[Json]:
    """Draw a line that never leaves its panel, whatever its values.

    Beyond an end it runs along it, on arrows that point to where it really is. The layers that
    follow find its height as the field `held`.
    """
    low, high = ends
    beyond = [
        points(role, [*hold(transform, y, ends), *filtered(f"datum.{y} {sign} {end}")], x, "held",
               shape=shape, size=90, aria=False)
        for sign, end, shape in ((">", high, "triangle-up"), ("<", low, "triangle-down"))
    ]  # fmt: skip
    return [line(role, hold(transform, y, ends), x, "held", **options), *beyond]


def hold(transform: list[Json], y: str, ends: tuple[float, float]) -> list[Json]:
    """Add the field `held`: y, or the end of the panel beyond which it lies."""
    inside = {"calculate": f"clamp(datum.{y}, {ends[0]}, {ends[1]})", "as": "held"}
    return [*transform, inside]


def beyond_label(
    role: str, transform: list[Json], x: str, y: str, ends: tuple[float, float], said: str
) -> list[Json]:
    """Write the text of the field `said` beside a value that lies beyond an end of its panel."""
    place = hold(transform, y, ends)
    return [
        label(role, [*place, *filtered(f"datum.{y} {sign} {end}")], x, "held", "", field=said,
              align="right", dx=-8, dy=dy, fontWeight="bold")
        for sign, end, dy in ((">", ends[1], 16), ("<", ends[0], -16))
    ]  # fmt: skip


def written(value: float, decimals: int) -> float | int | str | None:
    """Round one number for a sentence, in which it stays short whatever its size."""
    return number(value, decimals) if abs(value) < 1e6 else f"{value:.2e}"


def bars(transform: list[Json], x: str, y: str) -> Json:
    """Draw bars around whole numbers x, from 0 to y."""
    ends = [{"calculate": f"datum.{x} {sign} 0.45", "as": side}
            for sign, side in (("-", "left"), ("+", "right"))]  # fmt: skip
    mark = {"type": "bar", "color": COLORS["light"], "clip": True}
    return layer(mark, transform + ends, x=field("left"), x2=field("right"), y=field(y),
                 y2={"datum": 0})  # fmt: skip


def points(role: str, transform: list[Json], x: str, y: str, **options: Any) -> Json:
    """Draw filled dots in the colour of a role; options go to the mark."""
    mark = {"type": "point", "filled": True, "color": COLORS[role], "opacity": 1, "size": 110}
    return layer(mark | options, transform, x=field(x), y=field(y))


def vertical(role: str, transform: list[Json], x: str, **options: Any) -> Json:
    """Draw a line from bottom to top at x; options go to the mark."""
    mark = {"type": "rule", "color": COLORS[role], "strokeWidth": 1.5} | options
    return layer(mark, transform, x=field(x), y=None)


def level(role: str, y: float, **options: Any) -> Json:
    """Draw a line from left to right at the height y; options go to the mark."""
    mark = {"type": "rule", "color": COLORS[role], "strokeWidth": 1.5} | options
    return layer(mark, [], x=None, y=field("level")) | {"data": {"values": [{"level": y}]}}


def label(
    role: str, transform: list[Json], x: str | float, y: str | float, text: str, **options: Any
) -> Json:
    """Write a text beside a place of the table, or at so many pixels from the top left corner.

    Args:
        role: whose colour it has.
        transform: picks the row; [] for a text at a fixed place.
        x: field, or pixels.
        y: field, or pixels.
        text: what is written.
        options: go to the mark; `field` names the field that holds the text, instead of `text`.
    """
    said = {"field": options.pop("field")} if "field" in options else {"value": text}
    mark: Json = {"type": "text", "align": "left", "baseline": "middle", "color": INK[role]}
    return layer(mark | options, transform, x=place(x), y=place(y), text=said)


def layer(mark: Json, transform: list[Json], **encoding: Json | None) -> Json:
    """Put a mark, the transforms of its data and its encoding together.

    Vega gives lines and areas of the page ("rule", "rect") no name. They are kept from a screen
    reader, which would say "graphic" and nothing else; so must be what may have nothing to draw.
    """
    silent = {"aria": False} if mark["type"] in ("rule", "rect") else {}
    return {"transform": transform, "mark": silent | mark, "encoding": encoding}


def field(name: str) -> Json:
    """Take a position from a field of the table; the axis is the panel's."""
    return {"field": name}


def place(where: str | float) -> Json:
    """Take a position from a field, or from a number of pixels."""
    return field(where) if isinstance(where, str) else {"value": where}


# Words need more contrast than lines: at least 4.5 to 1 against white, in the colour of their line.
INK = COLORS | {
    "weight": "#A0487A",
    "bad": "#8A5F00",
    "good": "#00704F",
    "new": "#B84F00",
    "light": "#1F6E9C",
    "quiet": "#595959",
}
