"""What a reader can move in an explorer: a slider, or two buttons."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from ppo_lesson.explorers.vega import Json, filtered, flatten, number
from ppo_lesson.maths.shapes import check_between, check_positive
from ppo_lesson.palette import COLORS

# Nothing of a slider is seen but the frame of the focus around it: its mask leaves out its inside.
UNSEEN = (
    "appearance: none; background: transparent; padding: 2px; font-size: 0; "
    "mask: linear-gradient(#000, #000) no-clip exclude, linear-gradient(#000, #000) content-box"
)
NOT_NAMES = {"width", "height", "padding", "background", "autosize", "cursor", "datum", "event"}


@dataclass(frozen=True)
class Slider:
    """A number that the reader moves in equal steps.

    Args:
        name: of the parameter, also in the table; a word of letters, digits and underscores.
        label: what stands beside it.
        low: first position.
        high: last position, a whole number of steps above the first.
        step: distance of two positions, above 0.
        start: position at the beginning.

    Raises:
        ValueError: a field does not fit; the message names it.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float

    def __post_init__(self) -> None:
        _check_name(self.name, self.label)
        check_positive(step=self.step)
        check_between(-math.inf, math.inf, open_low=True, open_high=True, low=self.low)
        check_between(self.low, math.inf, open_low=True, open_high=True, high=self.high)
        steps = (self.high - self.low) / self.step
        if not math.isclose(steps, round(steps), abs_tol=1e-6):
            raise ValueError(
                f"high: expected whole steps of {self.step} above low, got {self.high}"
            )
        self.index(self.start)

    @property
    def positions(self) -> tuple[float, ...]:
        """List every position, from low to high."""
        count = round((self.high - self.low) / self.step) + 1
        return tuple(number(self.low + k * self.step, 9) or 0 for k in range(count))

    def index(self, value: float) -> int:
        """Count the steps from low to a position.

        Raises:
            ValueError: it is none of the positions.
        """
        for k, position in enumerate(self.positions):
            if math.isclose(position, value, abs_tol=1e-6 * self.step):
                return k
        raise ValueError(
            f"{self.name}: expected {self.low:g} to {self.high:g} in steps of {self.step:g}, "
            f"got {value!r}"
        )

    def is_at(self) -> str:
        """Write the Vega expression that is true for rows of the slider's position."""
        # A position comes from the page as a text, and 0.1 + 0.2 is not 0.3.
        return f"abs(datum.{self.name} - toNumber({self.name})) < {self.step / 2:g}"

    def here(self, *along: str) -> list[Json]:
        """Turn the arrays along the slider into rows, and keep the one of its position."""
        return [*flatten(*along), *filtered(self.is_at())]

    def parameter(self, value: float, style: str) -> Json:
        """Write the parameter of the specification and how it is bound to the page."""
        look = f"{style}; accent-color: {COLORS['old']}"
        return _bound(self.name, value, self.label, (self.low, self.high, self.step), look)

    def as_text(self, value: float) -> str:
        """Say in words where it stands."""
        return f"{self.label} at {value:g} ({self.low:g} to {self.high:g})"

    def caption(self) -> str:
        """Write the Vega expression of what stands beside it."""
        return f"{json.dumps(self.label + ': ')} + {self.name}"


@dataclass(frozen=True)
class Choice:
    """One of two: buttons side by side, False and True in the table.

    The picture draws the buttons; what answers is a slider of two positions that lies on them,
    unseen but for its frame when it has the focus: a click on a button is a click on its half, and
    the arrow keys go from one to the other, as between radio buttons. Real radio buttons would be
    out of reach: Vega gives them no attributes, so that JupyterLab takes their arrow keys (seen in
    4.6: they select the next cell), and no place or size on the picture either.

    Args:
        name: of the parameter, also in the table.
        label: what is chosen.
        options: what stands on the left and the right button.
        start: which one at the beginning.

    Raises:
        ValueError: name, label or options do not fit.
    """

    name: str
    label: str
    options: tuple[str, str]
    start: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name, self.label)
        if len(self.options) != 2 or not all(self.options):
            raise ValueError(f"options: expected two texts, got {self.options!r}")

    @property
    def positions(self) -> tuple[bool, ...]:
        """List both positions."""
        return (False, True)

    def index(self, value: float) -> int:
        """Count left as 0 and right as 1; raises ValueError for anything else."""
        if value not in (False, True):
            raise ValueError(f"{self.name}: expected True or False, got {value!r}")
        return int(value)

    def is_at(self) -> str:
        """Write the Vega expression that is true for rows of the position."""
        return f"datum.{self.name} == toNumber({self.name})"

    def parameter(self, value: float, style: str) -> Json:
        """Write the parameter of the specification and how it is bound to the page."""
        spoken = f"{self.label}: 0 is {self.options[0]}, 1 is {self.options[1]}"
        return _bound(self.name, int(value), spoken, (0, 1, 1), f"{style}; {UNSEEN}")

    def as_text(self, value: float) -> str:
        """Say in words where it stands."""
        index = self.index(value)
        return f"{self.label}: {self.options[index]} (or {self.options[1 - index]})"

    def caption(self) -> str:
        """Write the Vega expression of what stands beside it."""
        return json.dumps(self.label)

    def pressed(self, side: int) -> str:
        """Write the Vega expression that is true while that button is the chosen one."""
        return f"toNumber({self.name}) == {side}"


def _bound(
    name: str, value: float, spoken: str, ends: tuple[float, float, float], style: str
) -> Json:
    # With "range" Vega makes an element without a name, and JupyterLab eats its arrow keys.
    # "Range" takes Vega's branch for inputs it does not know, which passes on every attribute; to
    # the browser both are the same. tests/browser holds this.
    low, high, step = (str(end) for end in ends)
    bound = {
        "input": "Range",
        "name": " ",  # its label is drawn with the picture: the page's own would be too small
        "min": low,
        "max": high,
        "step": step,
        "aria-label": spoken,
        "data-lm-suppress-shortcuts": "true",
        "style": style,
    }
    return {"name": name, "value": value, "bind": bound}


def _check_name(name: str, label: str) -> None:
    if not isinstance(name, str) or not name.isidentifier() or name in NOT_NAMES:
        raise ValueError(f"name: expected a word that Vega does not use itself, got {name!r}")
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"label: expected a text, got {label!r}")
