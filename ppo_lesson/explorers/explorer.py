"""An explorer: a picture with sliders that answers while they are moved, without a kernel.

Python fills a table for every position of the sliders; a Vega-Lite specification says where its
numbers go. JupyterLab, an exported page and a page on a projector draw it by themselves, also from
a stored notebook before any cell is run. `sliders` holds what can be moved, `vega` the pieces of a
specification, `layout` where they stand; each explorer of the lessons is a module of its topic.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ppo_lesson.explorers import hosts, layout as explorer_layout, vega
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import Json
from ppo_lesson.notebook import renderer

MIME = "application/vnd.vegalite.v5+json"
MOST_POSITIONS = 2000


@dataclass(frozen=True, eq=False)
class Explorer:
    """A picture of a table with a row for every position of its sliders; shows itself.

    Args:
        title: what it is.
        formula: what it draws, in plain text.
        look_for: what to try and where to look, on one line. It gives no question's answer away.
        sliders: one or two.
        rows: the table: one row per position, holding numbers, texts, and arrays of them. Each row
            names its position (`row[slider.name]`).
        headline: two lines above the picture that tell what it shows now, as in `str.format`:
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
    headline: tuple[str, str]
    drawing: Json
    choice: Choice | None = None
    along: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that every position has one row, and that it says what it shows."""
        self._check_words()
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
        self._check_names(position)
        starts = [position.get(control.name, control.start) for control in self.controls]
        for control, value in zip(self.controls, starts, strict=True):
            control.index(value)  # raises where there is no such position
        places = explorer_layout.places(self.drawing, self.controls, words=words)
        return {
            "$schema": renderer.SCHEMA,
            "description": f"{self.title}. {self.look_for}",
            # vega-embed's own style makes the drawing the origin from which controls are placed.
            "usermeta": {
                "embedOptions": {"actions": False, "renderer": "svg", "defaultStyle": True}
            },
            "config": vega.CONFIG,
            "padding": explorer_layout.EDGE,
            "params": [
                control.parameter(value, explorer_layout.style(place))
                for control, value, place in zip(self.controls, starts, places, strict=True)
            ],
            # As one string: a notebook's file gives every number in a list a line of its own.
            "data": {"values": json.dumps(self.rows, separators=(",", ":"), ensure_ascii=False),
                     "format": {"type": "json"}},
            "transform": [{"filter": control.is_at()} for control in self._keys],
            **explorer_layout.with_words(
                self.drawing,
                explorer_layout.headline(
                    self.headline, self.sliders[0].here(*self.along) if self.along else []
                ),
                self.controls,
                (self.title, self.look_for) if words else None,
            ),
        }  # fmt: skip

    def size(self, *, words: bool = True) -> tuple[int, int]:
        """Tell how wide and high the drawing is, in pixels; argument as in `specification`."""
        height = explorer_layout.height(self.drawing, len(self.controls), words=words)
        return explorer_layout.WIDTH, height

    def picture(self, **position: float) -> bytes:
        """Draw the specification as a PNG of few colours; arguments as in `specification`."""
        return renderer.png(self.specification(words=True, **position))

    def __repr__(self) -> str:
        """Tell what the picture says at its start, for those who do not see it."""
        places = [control.as_text(control.start) for control in self.controls]
        return "\n".join(
            [
                f"{self.title}: {self.formula}",
                f"To move: {'; '.join(places)}.",
                f"Shown: {'. '.join(line.format(**self.at()) for line in self.headline)}.",
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
            if hosts.need_html():
                forms["text/html"] = hosts.frame(forms[MIME], self.title, self.size())
        return forms

    def _check_names(self, position: Iterable[str]) -> None:
        names = [control.name for control in self.controls]
        for name in position:
            if name not in names:
                raise ValueError(f"{name}: expected one of {', '.join(names)}")

    def _check_words(self) -> None:
        for name in ("title", "formula", "look_for"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"{name}: expected a text, got {getattr(self, name)!r}")
        most = explorer_layout.LETTERS_A_LINE
        if len(self.look_for) > most:
            raise ValueError(f"look_for: expected at most {most} letters, got {len(self.look_for)}")

    def _check_row(self, row: Mapping[str, Any]) -> None:
        first = self.sliders[0]
        for name in self.along:
            entries = row.get(name)
            if not isinstance(entries, list) or len(entries) != len(first.positions):
                raise ValueError(f"rows: expected a list of {len(first.positions)} in {name!r}")
        if self.along and tuple(row[first.name]) != first.positions:
            raise ValueError(f"rows: expected the positions of the slider in {first.name!r}")
        for name in {name for template in self.headline for name in vega.names_in(template)}:
            entries = row.get(name) if name in self.along else [row.get(name)]
            if not all(isinstance(entry, str | int | float) for entry in entries or [None]):
                raise ValueError(f"rows: expected texts or numbers in {name!r}, got {entries!r}")
