"""What the figures of notebook 07 draw is what the functions of the package say."""

from __future__ import annotations

import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ppo_lesson.figures.advantages import (
    mixing_weights,
    plot_lambda_runs,
    plot_mixing_weights,
    plot_outcomes,
    plot_resets,
    plot_td_weights,
)
from ppo_lesson.figures.style import COLORS
from ppo_lesson.maths import gae
from ppo_lesson.training.statistics import Interval


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def axes() -> Axes:
    return Figure().subplots()


def curves(ax: Axes) -> list[list[float]]:
    return [list(line.get_ydata()) for line in ax.lines]


@pytest.mark.parametrize("gae_lambda", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("num_steps", [1, 2, 6])
def test_the_mixing_weights_are_those_that_gae_gives_to_the_n_step_advantages(
    gae_lambda: float, num_steps: int
) -> None:
    # A critic that says 0, and one reward in row k: every n-step advantage with n > k is that
    # reward, the others are 0, so gae's first row tells the weights that are left from n = k + 1.
    weight = mixing_weights(gae_lambda, num_steps)
    for k in range(num_steps):
        reward, zero = torch.zeros(2, num_steps, dtype=torch.float64)
        reward[k] = 1.0
        ends = torch.zeros(num_steps, dtype=torch.bool)
        found = gae(reward, zero, zero, ends, ends, 1.0, gae_lambda)[0]
        assert float(weight[k:].sum()) == pytest.approx(float(found), abs=1e-12)


def test_bars_hold_the_probability_of_each_outcome_once() -> None:
    outcome = numbers(-1.0, 2.0, -1.0, 0.5)
    ax = plot_outcomes(axes(), outcome, numbers(0.1, 0.4, 0.2, 0.3), 0.75)
    bars = {
        round(bar.get_x() + bar.get_width() / 2, 9): round(bar.get_height(), 9)
        for bar in ax.patches
    }
    assert bars == {-1.0: 0.3, 2.0: 0.4, 0.5: 0.3}
    assert ax.lines[0].get_xdata()[0] == 0.75
    words = [text.get_text() for text in ax.texts]
    assert {"wrong sign: 30%", "right sign: 70%"} <= set(words)


def test_with_a_negative_truth_the_positive_outcomes_have_the_wrong_sign() -> None:
    ax = plot_outcomes(axes(), numbers(-1.0, 2.0), numbers(0.8, 0.2), -0.4)
    assert "wrong sign: 20%" in [text.get_text() for text in ax.texts]


def test_the_weights_that_are_drawn_are_those_of_the_formula() -> None:
    lambdas = (0.2, 0.9)
    left = plot_mixing_weights(axes(), lambdas, 4)
    assert curves(left) == [mixing_weights(at, 4).tolist() for at in lambdas]
    assert [text.get_text() for text in left.texts] == ["$\\lambda$ = 0.2", "$\\lambda$ = 0.9"]
    right = plot_td_weights(axes(), lambdas, 0.5, 3)
    assert curves(right) == [pytest.approx([1, 0.1, 0.01]), pytest.approx([1, 0.45, 0.2025])]


def test_every_run_is_a_dot_and_beside_them_stands_their_interval() -> None:
    scores = [numbers(300.0, 100.0), numbers(200.0, 400.0)]
    middles = [Interval(110, 200, 290), Interval(210, 300, 390)]
    ax = plot_lambda_runs(axes(), (0.0, 0.95), scores, middles)
    drawn = curves(ax)
    assert [100.0, 300.0] in drawn and [200.0, 400.0] in drawn
    assert [200] in drawn and [300] in drawn and [110] in drawn and [390] in drawn
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "0.95"]


def test_no_word_is_written_in_a_colour_too_light_to_read() -> None:
    angle, valid = numbers(1.0, 13.0, 0.5), torch.tensor([True, False, True])
    for ax in (
        plot_outcomes(axes(), numbers(-1.0, 2.0), numbers(0.5, 0.5), 0.5),
        plot_resets(axes(), angle, valid),
    ):
        assert not {text.get_color() for text in ax.texts} & {COLORS["bad"], COLORS["light"]}


def test_resets_are_marked_and_no_line_runs_across_one() -> None:
    angle = numbers(1.0, 9.0, 13.0, 0.5, -6.0)
    valid = torch.tensor([True, True, False, True, True])
    drawn = curves(plot_resets(axes(), angle, valid))
    assert drawn[:2] == [[1.0, 9.0, 13.0], [0.5, -6.0]]
    dots, squares = drawn[2:4]
    assert (dots, squares) == ([1.0, 9.0, 0.5, -6.0], [13.0])
