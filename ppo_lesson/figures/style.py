"""The look of every figure: one style, colours by role, labels on the lines themselves.

matplotlib is loaded when the first figure is drawn, no earlier: a notebook begins in half the time.

A plot function is `plot_*(ax, data...) -> ax`. It draws with the tested functions of the package,
so that it cannot show another formula; colour never carries a meaning alone, a line style or a
label says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cycler import cycler
from torch import Tensor

from ppo_lesson.palette import COLORS, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Sequence[float] | Tensor

STYLE: dict[Any, Any] = {
    "figure.figsize": (9.0, 4.5),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 14,
    "axes.titlesize": 15,
    "axes.titlelocation": "left",
    "axes.labelsize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.prop_cycle": cycler(
        color=[COLORS["old"], COLORS["new"], COLORS["good"], COLORS["weight"]]
    ),
    "grid.color": "#dddddd",
    "lines.linewidth": 2.5,
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
}


def apply_style() -> None:
    """Start from matplotlib's defaults, then our style: nothing else has a say in our figures.

    A dark style sheet or a matplotlibrc would hide lines that are black here, or ask for LaTeX.
    What is set afterwards is set on purpose, and stays.
    """
    import matplotlib.style

    matplotlib.style.use(["default", STYLE])


@contextmanager
def house_style() -> Iterator[None]:
    """Do the same for a `with` block, or as a decorator while a function runs."""
    import matplotlib

    with matplotlib.rc_context():
        apply_style()
        yield


def line_style(role: str) -> dict[str, Any]:
    """Return colour and line style of a role, as keyword arguments of `Axes.plot`.

    Raises:
        ValueError: no such role.
    """
    if role not in COLORS:
        raise ValueError(f"role: expected one of {', '.join(COLORS)}, got {role!r}")
    return {"color": COLORS[role], "linestyle": LINES.get(role, "-")}


def plot_line(ax: Axes, x: Row, y: Row, role: str, label: str) -> Axes:
    """Draw a line in the style of its role and write its label at its right end."""
    ax.plot(x, y, **line_style(role), label=label)
    return label_end(ax, x, y, role, label)


def plot_runs(ax: Axes, x: Row, runs: Tensor, role: str, label: str = "") -> Axes:
    """Draw runs of one kind, (R, U): each run thin, their median bold, with a label at its end."""
    style, median = line_style(role), runs.quantile(0.5, dim=0)
    ax.plot(x, runs.T, linewidth=1.6, alpha=0.75, **style)
    ax.plot(x, median, linewidth=3.5, **style)
    return label_end(ax, x, median, role, label) if label else ax


def label_end(ax: Axes, x: Row, y: Row, role: str, label: str) -> Axes:
    """Write a label beside the last point of a line, in the line's colour."""
    ax.annotate(
        label,
        (float(x[-1]), float(y[-1])),
        xytext=(6, 0),
        textcoords="offset points",
        color=COLORS[role],
        va="center",
        annotation_clip=False,
    )
    return ax
