"""An explorer: a picture with sliders that answers while they are moved, without a kernel.

Python fills a table for every position of the sliders; a Vega-Lite specification says where its
numbers go. JupyterLab, an exported page and a page on a projector draw it by themselves, also from
a stored notebook before any cell is run. `sliders` holds what can be moved, `vega` the pieces of a
specification, `explorers` the explorers of the lessons.
"""

from __future__ import annotations

import base64
import itertools
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ppo_lesson.teaching import renderer, vega
from ppo_lesson.teaching.sliders import Choice, Slider
from ppo_lesson.teaching.vega import Json

MIME = "application/vnd.vegalite.v5+json"
MOST_POSITIONS = 2000
LETTERS_A_LINE = 108  # of the sentences above the picture, which is about 840 pixels wide

LEFT = 62
"""Pixels from the left edge of the first panel to that of its title: room for the axis."""

PADDING = {"left": 8, "top": 8, "right": 22, "bottom": 8}
BELOW = 56
"""Pixels from the lower edge of a panel to the first slider: room for the axis."""

ROW = 32
"""Height of a slider in pixels, and distance of two."""

SLIDER_LEFT, SLIDER_WIDTH, CHOICE_WIDTH = 410, 270, 60
GAP = 4
"""Pixels between a drawing and its sliders: a browser leaves room for letters that hang down."""


@dataclass(frozen=True, eq=False)
class Explorer:
    """A picture of a table with a row for every position of its sliders; shows itself.

    Args:
        title: what it is.
        formula: what it draws, in plain text.
        look_for: a sentence or two that say what to try and what to see.
        sliders: one or two.
        rows: the table: one row per position, holding numbers, texts, and arrays of them. Each row
            names its position (`row[slider.name]`).
        says: two lines above the picture that tell what it shows now, as in `str.format`:
            "theta = {theta}"; the names in braces are fields of the table.
        drawing: of the rows that are left once the sliders have chosen: a panel of `vega`, or
            several in "hconcat" or "vconcat".
        choice: at most one.
        along: fields that hold one entry per position of the first slider. With it there is one
            row for all of these positions: a curve, with a mark where the slider is.

    Raises:
        ValueError: a field does not fit; the message names it.
    """

    title: str
    formula: str
    look_for: str
    sliders: tuple[Slider, ...]
    rows: Sequence[Mapping[str, Any]]
    says: tuple[str, str]
    drawing: Json
    choice: Choice | None = None
    along: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that every position has one row, and that it says what it shows."""
        for name in ("title", "formula", "look_for"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"{name}: expected a text, got {getattr(self, name)!r}")
        if not 1 <= len(self.sliders) <= 2:
            raise ValueError(f"sliders: expected one or two, got {len(self.sliders)}")
        if not {"hconcat", "vconcat", "layer"} & set(self.drawing):
            raise ValueError(f"drawing: expected a panel or several, got {sorted(self.drawing)}")
        if self.along and self.sliders[0].name not in self.along:
            raise ValueError(f"along: expected {self.sliders[0].name!r} in it, got {self.along}")
        wanted = list(itertools.product(*(control.positions for control in self._keys)))
        if len(wanted) > MOST_POSITIONS:
            raise ValueError(f"sliders: {len(wanted)} positions are more than {MOST_POSITIONS}")
        found = [tuple(row.get(control.name) for control in self._keys) for row in self.rows]
        names = ", ".join(control.name for control in self._keys)
        for got, position in itertools.zip_longest(found, wanted):
            if got != position:
                raise ValueError(f"rows: expected one for {names} = {position}, got {got}")
        for row in self.rows:
            self._check_row(row)

    @property
    def controls(self) -> tuple[Slider | Choice, ...]:
        """List the sliders, and the choice if there is one."""
        return (*self.sliders, *([self.choice] if self.choice else []))

    @property
    def _keys(self) -> tuple[Slider | Choice, ...]:
        """List the controls that choose a row; others choose an entry along its arrays."""
        return self.controls[1:] if self.along else self.controls

    def at(self, **position: float) -> dict[str, Any]:
        """Return the table at a position; sliders that are not named stand where they start.

        Raises:
            ValueError: there is no such slider, or no such position.
        """
        self._check_names(position)
        index = 0
        for control in self._keys:
            value = position.get(control.name, control.start)
            index = index * len(control.positions) + control.index(value)
        found = dict(self.rows[index])
        if self.along:
            first = self.sliders[0]
            k = first.index(position.get(first.name, first.start))
            found |= {name: found[name][k] for name in self.along}
        return found

    def specification(self, *, words: bool = True, **position: float) -> Json:
        """Write the Vega-Lite specification.

        Args:
            words: write title and sentence above the picture too, not only what the numbers say.
            position: where the sliders stand; the others stand where they start.

        Raises:
            ValueError: there is no such slider, or no such position.
        """
        return self._specify(position, words)

    def _specify(self, position: Mapping[str, float], words: bool) -> Json:
        self._check_names(position)
        starts = [position.get(control.name, control.start) for control in self.controls]
        for control, value in zip(self.controls, starts, strict=True):
            control.index(value)  # raises where there is no such position
        return {
            "$schema": renderer.SCHEMA,
            "description": f"{self.title}. {self.look_for}",
            "usermeta": {"embedOptions": {"actions": False, "renderer": "svg"}},
            "config": vega.CONFIG,
            "padding": PADDING,
            "params": [
                control.parameter(value, self._style(control))
                for control, value in zip(self.controls, starts, strict=True)
            ],
            # As one string: a notebook's file gives every number in a list a line of its own.
            "data": {"values": json.dumps(self.rows, separators=(",", ":"), ensure_ascii=False),
                     "format": {"type": "json"}},
            "transform": [{"filter": control.near()} for control in self._keys],
            **self._drawing(words),
        }  # fmt: skip

    def picture(self, **position: float) -> bytes:
        """Draw the specification as a PNG of few colours; arguments as in `specification`."""
        return renderer.png(self._specify(position, words=True))

    def __repr__(self) -> str:
        """Tell what the picture says at its start, for those who do not see it."""
        places = [control.shown(control.start) for control in self.controls]
        return "\n".join(
            [
                f"{self.title}: {self.formula}",
                f"Sliders: {'; '.join(places)}.",
                f"Shown: {self._shown(self.at())}",
                f"Look for: {self.look_for}",
            ]
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return dict(self._bundle)

    @cached_property
    def _bundle(self) -> dict[str, Any]:
        forms = {MIME: self.specification(), "text/plain": repr(self)}
        if renderer.can_draw():
            forms["image/png"] = base64.b64encode(self.picture()).decode("ascii")
        return forms

    def _shown(self, row: Mapping[str, Any]) -> str:
        return ". ".join(template.format(**row) for template in self.says) + "."

    def _drawing(self, words: bool) -> Json:
        """Add the lines above the picture and the labels of the sliders below it."""
        drawing = json.loads(json.dumps(self.drawing))
        first, last = _panel(drawing, 0), _panel(drawing, -1 if "vconcat" in drawing else 0)
        first["layer"] += self._lines() + (self._words() if words else [])
        for k, control in enumerate(self.controls):
            last["layer"] += self._slider_row(control, last["height"] + BELOW + ROW * k)
        return drawing

    def _lines(self) -> list[Json]:
        """Write what the picture shows now, in two lines."""
        here = [*vega.flatten(*self.along), {"filter": self.sliders[0].near()}]
        lines = []
        for template, y, size, weight in zip(
            self.says, (-42, -18), (vega.LARGE, vega.MEDIUM), ("bold", "normal"), strict=True
        ):
            written = {"calculate": vega.concatenation(template), "as": "said"}
            transform = [*(here if self.along else []), written]
            lines.append(
                vega.label("truth", transform, -LEFT, y, "", field="said",
                           fontSize=size, fontWeight=weight)
            )  # fmt: skip
        return lines

    def _words(self) -> list[Json]:
        """Write the title and what to look for, above the two lines."""
        written = textwrap.wrap(self.look_for, LETTERS_A_LINE)
        top = -76 - 20 * len(written)
        title = vega.label("truth", [], -LEFT, top, self.title, fontSize=22, fontWeight="bold")
        return [title] + [
            vega.label("quiet", [], -LEFT, top + 26 + 20 * k, sentence)
            for k, sentence in enumerate(written)
        ]

    def _slider_row(self, control: Slider | Choice, top: int) -> list[Json]:
        """Write what stands beside a slider, and the line on which it will lie."""
        written, low, high = control.written()
        middle, left = top + ROW // 2, SLIDER_LEFT - LEFT - PADDING["left"]
        right = left + _width(control)
        said = vega.label("truth", [], -LEFT, middle, "")
        said["encoding"]["text"] = {"value": {"expr": written}}
        ends = {"x": {"value": left}, "x2": {"value": right}}
        track = vega.layer({"type": "rule", "color": "#bbbbbb", "strokeWidth": 3}, [],
                           **ends, y={"value": middle}, y2=None)  # fmt: skip
        # Not seen, but it gives every row its full height.
        room = vega.layer({"type": "rect", "opacity": 0}, [], **ends,
                          y={"value": top}, y2={"value": top + ROW})  # fmt: skip
        return [
            said,
            track,
            room,
            vega.label("quiet", [], left - 10, middle, low, align="right"),
            vega.label("quiet", [], right + 10, middle, high),
        ]

    def _style(self, control: Slider | Choice) -> str:
        """Place a slider on its row of the picture, which stands above it in the page."""
        first = control is self.controls[0]
        up = ROW * len(self.controls) + PADDING["bottom"] + GAP if first else 0
        return (
            f"display: block; position: relative; z-index: 1; box-sizing: border-box; "
            f"width: {_width(control)}px; height: {ROW}px; "
            f"margin: {-up}px 0 0 {SLIDER_LEFT}px; cursor: pointer; accent-color: #0072B2"
        )

    def _check_names(self, position: Mapping[str, float]) -> None:
        names = [control.name for control in self.controls]
        for name in position:
            if name not in names:
                raise ValueError(f"{name}: expected one of {', '.join(names)}")

    def _check_row(self, row: Mapping[str, Any]) -> None:
        first = self.sliders[0]
        for name in self.along:
            entries = row.get(name)
            if not isinstance(entries, list) or len(entries) != len(first.positions):
                raise ValueError(f"rows: expected a list of {len(first.positions)} in {name!r}")
        if self.along and tuple(row[first.name]) != first.positions:
            raise ValueError(f"rows: expected the positions of the slider in {first.name!r}")
        for name in {name for template in self.says for name in vega.names_in(template)}:
            entries = row.get(name) if name in self.along else [row.get(name)]
            if not all(isinstance(entry, str | int | float) for entry in entries or [None]):
                raise ValueError(f"rows: expected texts or numbers in {name!r}, got {entries!r}")


def _panel(drawing: Json, which: int) -> Json:
    """Find the first or the last panel of a drawing, to be changed."""
    for key in ("hconcat", "vconcat"):
        if key in drawing:
            return _panel(drawing[key][which], which)
    return drawing


def _width(control: Slider | Choice) -> int:
    return SLIDER_WIDTH if isinstance(control, Slider) else CHOICE_WIDTH
