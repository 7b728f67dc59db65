from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure

from ppo_lesson.commands import figures
from ppo_lesson.figures.debugging_ppo import SYMPTOMS, symptom_picture
from ppo_lesson.figures.style import (
    COLORS,
    LINES,
    STYLE,
    apply_style,
    house_style,
    label_end,
    line_style,
    plot_line,
    plot_runs,
)
from ppo_lesson.notebook import drawing, live
from ppo_lesson.notebook.board import DashboardCurves
from ppo_lesson.training.config import PPOConfig


def test_of_runs_the_median_is_bold_and_carries_the_label() -> None:
    runs = torch.tensor([[1.0, 2.0], [3.0, 9.0], [2.0, 4.0]])
    ax = plot_runs(Figure().subplots(), [10, 20], runs, "good", "clipped")
    *thin, bold = ax.lines
    assert [list(line.get_ydata()) for line in (*thin, bold)] == [*runs.tolist(), [2.0, 4.0]]
    assert all(line.get_linewidth() < bold.get_linewidth() for line in thin)
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("clipped", (20, 4))]


def test_no_two_roles_share_a_colour() -> None:
    assert len(set(COLORS.values())) == len(COLORS)


def test_roles_that_meet_in_a_figure_differ_without_colour() -> None:
    for one, other in [("old", "new"), ("good", "bad"), ("truth", "old"), ("new", "weight")]:
        assert LINES[one] != LINES[other]


def test_the_style_is_one_that_matplotlib_accepts_and_readable_from_the_back_row() -> None:
    with mpl.rc_context(STYLE):
        assert mpl.rcParams["font.size"] >= 14
        assert mpl.rcParams["axes.labelsize"] >= 14


def test_a_line_is_drawn_as_given_in_the_look_of_its_role() -> None:
    ax = plot_line(Figure().subplots(), [0.0, 1.0], [2.0, 3.0], "old", "proposal q")
    (line,) = ax.lines
    assert line.get_xydata().tolist() == [[0.0, 2.0], [1.0, 3.0]]
    assert (line.get_color(), line.get_linestyle()) == (COLORS["old"], "--")


def test_the_label_stands_at_the_last_point_in_the_colour_of_the_line() -> None:
    ax = label_end(Figure().subplots(), [0.0, 4.0], [2.0, 3.0], "good", "a run")
    (label,) = ax.texts
    assert (label.get_text(), label.xy, label.get_color()) == ("a run", (4.0, 3.0), COLORS["good"])


def test_an_unknown_role_is_named() -> None:
    with pytest.raises(ValueError, match=r"role: expected one of truth, .* got 'red'"):
        line_style("red")


# ---- Whatever stood in rcParams before -----------------------------------------------------------

FOREIGN = {
    "text.usetex": True,
    "axes.formatter.use_locale": True,
    "font.family": ["No Such Font"],
    "font.size": 5,
    "image.cmap": "gray",
    "savefig.format": "pdf",
    "savefig.dpi": 30,
    "savefig.transparent": True,
    "savefig.bbox": "tight",
    "lines.antialiased": False,
    "axes.unicode_minus": False,
    "path.sketch": (5, 100, 2),
    "ytick.major.size": 40,
}
"""Set by a matplotlibrc, or by a style sheet that an editor chose for its dark theme."""


@pytest.fixture
def foreign() -> None:
    plt.style.use("dark_background")
    mpl.rcParams.update(FOREIGN)


def style() -> dict[str, object]:
    """List what has a say in how a figure looks; of the rest style sheets know nothing."""
    backend = {"backend", "backend_fallback", "interactive", "toolbar"}
    return {name: mpl.rcParams[name] for name in mpl.rcParams if name not in backend}


def test_what_stood_in_the_parameters_before_has_no_say() -> None:
    apply_style()
    ours = style()
    plt.style.use("dark_background")
    mpl.rcParams.update(FOREIGN)
    assert style() != ours
    with house_style():
        assert style() == ours
    assert mpl.rcParams["font.size"] == 5  # outside nothing has changed
    apply_style()
    assert style() == ours
    assert {name: mpl.rcParams[name] for name in ("text.color", "savefig.facecolor")} == {
        "text.color": "black",
        "savefig.facecolor": "white",
    }


def dashboard() -> bytes:
    curves = DashboardCurves(PPOConfig())
    curves.extend("largest_ratio", 1000, 50.0)  # beyond its axes: they are drawn again
    curves.extend("largest_ratio", 2000, 3.0)
    return curves.png()


def live_figure() -> bytes:
    shown: list[dict[str, bytes]] = []

    class Handle:
        def update(self, forms: dict[str, bytes], raw: bool) -> None:
            shown.append(forms)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "display", lambda forms, **_: shown.append(forms) or Handle())
        live.live_figure(lambda ax: plot_line(ax, [0.0, 1.0], [2.0, -3.0], "truth", "J"), "it")()
    first, second = (forms["image/png"] for forms in shown)
    assert first == second
    return first


def symptom() -> bytes:
    runs = {name: torch.tensor([[0.0, 1.0], [1.0, 0.5]]) for name in SYMPTOMS}
    found = symptom_picture([1, 2], runs, runs, "an exhibit").data
    assert isinstance(found, bytes)
    return found


def of_the_readme() -> bytes:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "_cartpole", figures._clip)
        drawn = [path.read_bytes() for path in figures.write(Path(folder))]
    assert len(drawn) == 4 and all(drawn)
    return b"".join(drawn)


def of_a_notebook() -> bytes:
    shown: list[dict[str, bytes]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "display", lambda forms, **_: shown.append(forms))
        line = ([0.0, 1.0], [2.0, -3.0], "truth", "J")
        drawing.draw(plot_line, *line, title="A line")
        drawing.draw_panels((plot_line, *line), size=(4, 3))
    return b"".join(forms["image/png"] for forms in shown)


DRAWINGS = (dashboard, live_figure, symptom, of_the_readme, of_a_notebook)


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_no_figure_changes_by_a_pixel_under_parameters_of_others(
    draw: Callable[[], bytes], request: pytest.FixtureRequest
) -> None:
    ordinary = draw()
    plt.close("all")
    request.getfixturevalue("foreign")
    assert draw() == ordinary
