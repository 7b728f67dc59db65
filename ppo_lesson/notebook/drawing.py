"""A figure is one call: `draw(figures.plot_x, *data)` in the cell that computes the data.

Figures are drawn without pyplot, which is slow to load and keeps what it draws. The first of them
loads matplotlib; of its parameters none but our style has a say.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import display

from ppo_lesson.figures.style import house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Plot = Callable[..., object]
"""Draws data on axes, `plot_x(ax, *data)`."""


@house_style()
def draw(
    plot: Plot,
    *data: Any,
    size: tuple[float, float] | None = None,
    title: str | None = None,
    grid: tuple[int, int] = (1, 1),
    shared: bool = False,
) -> None:
    """Draw `plot(ax, *data)` on a new figure and display it.

    Args:
        plot: draws on one axes, or on an array of them where the grid has several.
        data: what it draws.
        size: width and height in hundreds of pixels; without it, the style's.
        title: of the axes, or above all of them where there are several.
        grid: rows and columns of axes.
        shared: a row of axes has one scale of y, a column one of x.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    sharex, sharey = ("col", "row") if shared else ("none", "none")
    axes = figure.subplots(*grid, sharex=sharex, sharey=sharey)
    plot(axes, *data)
    if title is not None:
        axes.set_title(title) if grid == (1, 1) else figure.suptitle(title)
    display(picture(figure), raw=True)


@house_style()
def draw_panels(
    *panels: Sequence[Any],
    size: tuple[float, float],
    title: str = "",
    titles: Sequence[str] = (),
    ylabel: str = "",
    widths: Sequence[float] | None = None,
    heights: Sequence[float] = (1,),
    shared: bool = False,
) -> None:
    """Draw several plots in one figure, side by side or in rows, and display it.

    Args:
        panels: `(plot, *data)` of each, row by row.
        size: width and height in hundreds of pixels.
        title: above all of them.
        titles: of the panels of the first row; without them, what the plots themselves say.
        ylabel: of the first panel; without it, what the plot itself says.
        widths: of the columns, relative to each other; without them, all equal.
        heights: of the rows, relative to each other; there are as many rows.
        shared: as in `draw`.

    Raises:
        ValueError: the panels do not fill the rows.
    """
    rows = len(heights)
    if not panels or len(panels) % rows:
        raise ValueError(f"panels: expected {rows} full rows, got {len(panels)}")
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    sharex, sharey = ("col", "row") if shared else ("none", "none")
    grid = figure.subplots(
        rows, len(panels) // rows, squeeze=False, sharex=sharex, sharey=sharey,
        width_ratios=widths, height_ratios=heights,
    )  # fmt: skip
    axes = list(grid.flat)
    for ax, (plot, *data) in zip(axes, panels, strict=True):
        plot(ax, *data)
    for ax, words in zip(axes, titles, strict=False):
        ax.set_title(words)
    if ylabel:
        axes[0].set_ylabel(ylabel)
    if title:
        figure.suptitle(title)
    display(picture(figure), raw=True)


def picture(figure: Figure) -> dict[str, object]:
    """Draw a figure at its nominal size: a tight frame would depend on the machine's fonts."""
    figure.draw_without_rendering()  # the layout finds its rest at the second time
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return {"image/png": file.getvalue(), "text/plain": repr(figure)}
