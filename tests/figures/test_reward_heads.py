from __future__ import annotations

from matplotlib.axes import Axes

from ppo_lesson.figures.reward_heads import (
    plot_head_frontiers,
    plot_on_and_on,
    plot_two_rewards,
)
from ppo_lesson.figures.style import COLORS


def scores(*true: float) -> list[dict[str, float]]:
    return [{"proxy": 2 * x, "true": x, "kl_to_ref": k / 2} for k, x in enumerate(true)]


def drawn(ax: Axes, role: str) -> list[tuple[list[float], list[float]]]:
    found = [line for line in ax.lines if line.get_color() == COLORS[role]]
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in found]


def labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_score_and_true_reward_of_each_seed_stand_at_their_iterations(ax: Axes) -> None:
    plot_two_rewards(ax, [scores(1, 2, 3), scores(1, 0, -1)], 2)
    assert drawn(ax, "new") == [([0, 2, 4], [2, 4, 6]), ([0, 2, 4], [2, 0, -2])]
    assert drawn(ax, "truth") == [([0, 2, 4], [1, 2, 3]), ([0, 2, 4], [1, 0, -1])]
    assert drawn(ax, "quiet")[0][1] == [1, 1]  # the reference
    assert {text.get_text() for text in ax.texts} == {"score", "true", "reference"}
    assert [tuple(text.xy) for text in ax.texts if text.get_text() != "reference"] == [
        (4, 2),
        (4, 1),
    ]  # their means


def test_the_limit_the_optima_and_the_marks_have_their_own_looks(ax: Axes) -> None:
    optima = {"sum": scores(1, 0), "last token": scores(1, 2)}
    plot_head_frontiers(
        ax, scores(1, 3), optima, {"sum": scores(0.5, 0.6), "DPO, long": scores(0.7)}
    )
    assert drawn(ax, "truth") == [([0, 0.5], [1, 3])]
    assert drawn(ax, "new") == [([0, 0.5], [1, 0]), ([0, 0.5], [0.5, 0.6])]
    assert drawn(ax, "good") == [([0, 0.5], [1, 2])]
    assert drawn(ax, "old") == [([0], [0.7])]
    assert labels(ax) == ["no policy is higher", "PPO, head: sum", "DPO, long"]


def test_a_measure_is_drawn_against_the_epochs_for_each_seed(ax: Axes) -> None:
    runs = {"1,000 pairs": [scores(1, 2), scores(0, 1)], "10,000 pairs": [scores(3, 4)]}
    plot_on_and_on(ax, [1, 4], runs, "true")
    assert drawn(ax, "old") == [([1, 4], [1, 2]), ([1, 4], [0, 1])]
    assert drawn(ax, "weight") == [([1, 4], [3, 4])]
    assert labels(ax) == list(runs)
