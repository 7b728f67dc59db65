from __future__ import annotations

import pytest
import torch
from matplotlib.axes import Axes

from ppo_lesson.figures.away_from_theta_old import (
    ARMS,
    plot_cloud,
    plot_epochs,
    plot_hump,
    plot_promise,
    plot_worth,
)
from ppo_lesson.figures.style import COLORS
from ppo_lesson.worlds.surrogates import bandit_world, cliff_world

pytestmark = pytest.mark.usefixtures("float64")


def curves(ax: Axes, role: str) -> list[torch.Tensor]:
    lines = [line for line in ax.lines if line.get_color() == COLORS[role]]
    return [torch.tensor(line.get_ydata(), dtype=torch.float64) for line in lines]


def words(ax: Axes) -> set[str]:
    return {text.get_text() for text in ax.texts}


THETA = torch.linspace(-2, 6, 33, dtype=torch.float64)


def test_the_cliffs_lines_are_truth_and_promise_and_the_mark_is_its_top(ax: Axes) -> None:
    world, old = cliff_world(), torch.tensor(0.0)
    plot_promise(ax, world, THETA, old)
    torch.testing.assert_close(curves(ax, "truth")[0], world.truth(THETA))
    promise, top = curves(ax, "new")
    torch.testing.assert_close(promise, world.promise(THETA, old))
    assert float(top) == float(promise.max())
    (mark,) = curves(ax, "old")
    assert float(mark) == pytest.approx(float(world.truth(old)))
    assert {"truth", "promise", "most is promised here", r"$\theta_{old}$"} <= words(ax)


def test_in_the_bandit_one_name_stands_at_both_lines_and_no_top_is_marked(ax: Axes) -> None:
    plot_promise(ax, bandit_world(), THETA, torch.tensor(1.0))
    torch.testing.assert_close(curves(ax, "truth")[0], curves(ax, "new")[0])
    assert "truth and\npromise" in words(ax)
    assert "most is promised here" not in words(ax)


def test_every_sampled_curve_starts_from_the_old_value(ax: Axes) -> None:
    world, old = cliff_world(), torch.tensor(0.0)
    sampled = torch.randn(5, len(THETA), generator=torch.Generator().manual_seed(0))
    plot_cloud(ax, world, THETA, old, sampled)
    found = torch.stack(curves(ax, "light"))
    torch.testing.assert_close(found, world.truth(old) + sampled)


def test_the_worth_is_the_share_of_so_many_episodes(ax: Axes) -> None:
    world, old = cliff_world(), torch.tensor(1.0)
    plot_worth(ax, world, THETA, old, 70)
    (found,) = curves(ax, "weight")
    torch.testing.assert_close(found, 70 * world.effective_share(THETA, old))
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_runs_are_thin_and_their_median_is_bold(ax: Axes, scale: str) -> None:
    own, noise = torch.rand(2, 5, 21, generator=torch.Generator().manual_seed(1)) + 0.1
    plot_epochs(ax, {"own": own, "noise": noise}, "a number", scale)
    for name, runs in (("own", own), ("noise", noise)):
        role, style = ARMS[name]
        *thin, bold = [line for line in ax.lines if line.get_color() == COLORS[role]]
        assert {line.get_linestyle() for line in (*thin, bold)} == {style}
        assert max(line.get_linewidth() for line in thin) < bold.get_linewidth()
        torch.testing.assert_close(torch.stack(curves(ax, role)[:-1]), runs)
        torch.testing.assert_close(curves(ax, role)[-1], runs.sort(0).values[2])
    assert {"own", "noise"} <= words(ax)
    assert ax.get_ylabel() == "a number"
    assert ax.get_yscale() == scale
    assert ax.get_xticks().tolist() == [0, 5, 10, 15, 20]


def test_names_of_arms_that_end_alike_do_not_cover_each_other(ax: Axes) -> None:
    plot_epochs(ax, {"clip": torch.ones(3, 21), "own": torch.ones(3, 21)}, "a number")
    heights = [text.xyann[1] for text in ax.texts]  # in points; the letters are 14 high
    assert abs(heights[0] - heights[1]) >= 14


def test_the_hump_is_a_parabola_from_zero_to_the_ceiling(ax: Axes) -> None:
    plot_hump(ax, (0.02, 0.05, 0.2))
    for line, old_prob in zip(ax.lines, (0.02, 0.05, 0.2), strict=False):
        ratio, pull = (torch.tensor(x, dtype=torch.float64) for x in line.get_data())
        torch.testing.assert_close(pull, ratio * (1 - ratio * old_prob))
        assert float(ratio[-1]) == pytest.approx(1 / old_prob) and float(pull[-1]) == 0
        assert float(pull.max()) == pytest.approx(1 / (4 * old_prob), rel=1e-3)
    assert {r"$\pi_{old} = 0.02$", "$r$ alone"} <= words(ax)
