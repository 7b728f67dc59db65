from __future__ import annotations

import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from ppo_lesson.figures.language_models import (
    plot_climb,
    plot_optimum,
    plot_proxy,
    plot_token_rows,
)
from ppo_lesson.figures.style import COLORS

pytestmark = pytest.mark.usefixtures("float64")


def lines(ax: Axes, role: str) -> list[tuple[list[float], list[float]]]:
    found = [line for line in ax.lines if line.get_color() == COLORS[role]]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in found]


def words(ax: Axes) -> set[str]:
    return {text.get_text() for text in ax.texts}


def test_both_policies_have_a_bar_for_each_response_and_the_first_one_is_at_the_top(
    ax: Axes,
) -> None:
    reference, best = torch.tensor([0.1, 0.6]), torch.tensor([0.7, 0.2])
    plot_optimum(ax, ["calm sea.", "wild sea."], reference, best)
    hatched, filled = ax.containers
    assert [bar.get_width() for bar in hatched] == [0.1, 0.6]
    assert [bar.get_width() for bar in filled] == [0.7, 0.2]
    assert to_hex(hatched[0].get_edgecolor()).upper() == COLORS["old"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["calm sea.", "wild sea."]
    assert ax.yaxis.get_inverted()
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["reference", "optimum"]


def test_squares_are_what_the_reference_writes_and_dots_the_rest(ax: Axes) -> None:
    true, proxy = torch.tensor([1.0, -2.0, 3.0]), torch.tensor([1.5, 4.0, 2.5])
    plot_proxy(ax, true, proxy, torch.tensor([0.5, 1e-6, 0.499999]))
    ((far_x, far_y), key), ((near_x, near_y), _) = lines(ax, "bad"), lines(ax, "old")
    assert far_y == [4.0] and near_y == [1.5, 2.5] and key == ([], [])
    assert abs(far_x[0] + 2) <= 0.18 and abs(near_x[1] - 3) <= 0.18
    assert lines(ax, "truth")[0] == ([-2.0, 3.0], [-2.0, 3.0])
    legend = ax.get_legend()
    assert legend is not None
    named = [text.get_text() for text in legend.get_texts()]
    assert named[2] == "score = true reward" and "hardly ever" in named[1]


@pytest.mark.parametrize("done", [0, 1, 3])
def test_score_and_kl_are_drawn_from_the_first_iteration_on_beside_the_optimum(
    ax: Axes, done: int
) -> None:
    score, kl = [0.5, 1.0, 2.0][:done], [0.0, 0.4, 0.9][:done]
    plot_climb(ax, score, kl, (2.25, 1.25), 10)
    if done:
        assert lines(ax, "new") == [(list(range(1, done + 1)), score)]
        assert lines(ax, "old") == [(list(range(1, done + 1)), kl)]
    assert [y for _, y in lines(ax, "truth")] == [[2.25, 2.25], [1.25, 1.25]]
    assert ax.get_xlim()[1] > 10
    assert {r"score of $\pi^*$", r"KL of $\pi^*$"} <= words(ax)


def test_each_arrow_leads_from_a_row_to_the_token_after_it(ax: Axes) -> None:
    plot_token_rows(ax, ["a", "b", "c", "d", "e"], prompt_length=3)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert [(arrow.xyann[0], arrow.xy[0]) for arrow in arrows] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    solid = [arrow.arrow_patch.get_linestyle() == "-" for arrow in arrows]
    assert solid == [False, False, True, True]
    assert "c\ntoken 2" in [text.get_text() for text in ax.texts]
