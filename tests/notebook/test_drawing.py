from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ppo_lesson.figures.style import STYLE, house_style, plot_line
from ppo_lesson.notebook import drawing
from ppo_lesson.notebook.drawing import draw, draw_panels


class Seen:
    """Catches what is displayed, and the axes that were drawn on."""

    def __init__(self) -> None:
        self.forms: dict = {}
        self.axes: list[Axes] = []

    def display(self, forms: dict, *, raw: bool) -> None:
        assert raw
        self.forms = forms

    @property
    def size(self) -> tuple[int, int]:
        return Image.open(io.BytesIO(self.forms["image/png"])).size

    def plot(self, ax: Axes, *heights: float) -> Axes:
        self.axes.append(ax)
        ax.plot(heights)
        ax.set_title("the plot's own")
        return ax


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen = Seen()
    monkeypatch.setattr(drawing, "display", seen.display)
    return seen


def test_a_figure_is_one_call_and_has_the_size_that_was_asked_for(seen: Seen) -> None:
    draw(seen.plot, 1.0, 2.0, size=(4, 3), title="two heights")
    assert seen.size == (400, 300)
    assert seen.forms["text/plain"] == "<Figure size 400x300 with 1 Axes>"
    (ax,) = seen.axes
    assert ax.lines[0].get_ydata() == pytest.approx([1, 2])
    assert ax.get_title("left") == "two heights"


def test_without_a_size_and_a_title_the_style_and_the_plot_have_their_say(seen: Seen) -> None:
    draw(seen.plot, 1.0)
    assert seen.size == tuple(100 * inches for inches in STYLE["figure.figsize"])
    assert seen.axes[0].get_title("left") == "the plot's own"


def test_a_plot_of_several_axes_gets_them_all_with_a_title_above_them(seen: Seen) -> None:
    def plot(axes: np.ndarray, height: float) -> None:
        for ax in axes.flat:
            seen.plot(ax, height)

    draw(plot, 1.0, size=(6, 4), title="six", grid=(2, 3), shared=True)
    assert len(seen.axes) == 6
    figure = seen.axes[0].figure
    assert isinstance(figure, Figure) and figure.get_suptitle() == "six"
    assert seen.axes[0].get_shared_y_axes().joined(seen.axes[0], seen.axes[2])
    assert not seen.axes[0].get_shared_y_axes().joined(seen.axes[0], seen.axes[3])


def test_panels_stand_row_by_row_with_titles_above_the_first(seen: Seen) -> None:
    panels = [(seen.plot, height) for height in (1.0, 2.0, 3.0, 4.0)]
    draw_panels(*panels, titles=("a", "b"), ylabel="y", title="all", heights=(3, 1), size=(6, 4))
    assert [float(ax.lines[0].get_ydata()[0]) for ax in seen.axes] == [1, 2, 3, 4]
    assert [ax.get_title("left") for ax in seen.axes] == ["a", "b", *["the plot's own"] * 2]
    assert [ax.get_ylabel() for ax in seen.axes] == ["y", "", "", ""]
    above, below = (seen.axes[k].get_position() for k in (0, 2))
    assert above.height > 2 * below.height and above.y0 > below.y0
    assert seen.size == (600, 400)


@pytest.mark.parametrize(("count", "rows"), [(0, 1), (3, 2)])
def test_panels_that_do_not_fill_their_rows_are_refused(seen: Seen, count: int, rows: int) -> None:
    with pytest.raises(ValueError, match=f"panels: expected {rows} full rows, got {count}"):
        draw_panels(*[(seen.plot, 1.0)] * count, size=(2, 2), heights=(1,) * rows)
    assert seen.forms == {}


def test_a_picture_is_what_pyplot_showed_in_a_notebook(seen: Seen) -> None:
    """IPython's integration draws a figure once before it is sent: labels may move its layout."""
    import matplotlib.pyplot as plt

    def plot(ax: Axes) -> None:
        plot_line(ax, [0, 1], [0, 1], "truth", "beside its end")

    with house_style():
        draw(plot, size=(4, 3))
        figure, ax = plt.subplots(figsize=(4, 3))
        plot(ax)
        figure.canvas.draw()
        drawn_twice = io.BytesIO()
        figure.savefig(drawn_twice, format="png")
    assert seen.forms["image/png"] == drawn_twice.getvalue()
