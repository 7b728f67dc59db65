from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from ppo_lesson.teaching.plotting import COLORS, LINES, STYLE, label_end, line_style, plot_line


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
