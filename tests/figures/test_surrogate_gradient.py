from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from matplotlib.axes import Axes

from ppo_lesson.figures.surrogate_gradient import (
    log_objective,
    plot_cliff_tangent,
    plot_corridor,
    plot_occupancy_shift,
    plot_ratio_and_log,
)
from ppo_lesson.maths import finite_difference_gradient
from ppo_lesson.worlds.mdp import objective
from ppo_lesson.worlds.small_worlds import CORRIDOR_STATES, bandit_mdp, cliff_mdp, corridor_mdp

pytestmark = pytest.mark.usefixtures("float64")


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def line_data(ax: Axes, index: int) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = ax.lines[index].get_data()
    return torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)


def test_the_corridor_shows_the_numbers_of_its_world(ax: Axes) -> None:
    mdp = corridor_mdp()
    transition, reward = mdp.transition.clone(), mdp.reward.clone()
    transition[1, 1, 1], transition[1, 1, 2] = 0.3, 0.7
    reward[2, 0] = 9.0
    plot_corridor(ax, replace(mdp, transition=transition, reward=reward, horizon=5))
    shown = words(ax)
    assert [word for word in shown if word.startswith("go")] == ["go: 0.8", "go: 0.7"]
    assert [word for word in shown if word.startswith("jams")] == ["jams: 0.2", "jams: 0.3"]
    prizes = [word.split("prize ")[1] for word in shown if "prize" in word]
    assert prizes == ["1", "2", "9"]
    assert "5 steps" in ax.get_title()


def test_the_bars_are_the_two_occupancies_and_the_title_their_distance(ax: Axes) -> None:
    old, new = torch.tensor([0.1, 0.2, 0.0, 0.7]), torch.tensor([0.1, 0.3, 0.3, 0.3])
    plot_occupancy_shift(ax, old, new, CORRIDOR_STATES)
    heights = [bar.get_height() for bars in ax.containers for bar in bars]
    assert heights == [*old.tolist(), *new.tolist()]
    assert "total variation 0.40" in ax.get_title()
    assert {"old", "new"} <= set(words(ax))


@pytest.mark.parametrize("old_theta", [0.0, 1.0])
def test_the_cliff_curves_touch_at_the_old_parameter_with_one_slope(
    ax: Axes, old_theta: float
) -> None:
    # The third point is the old parameter, with a neighbour 1e-4 away on either side.
    theta = torch.tensor([-2.0, old_theta - 1e-4, old_theta, old_theta + 1e-4, 3.0])
    plot_cliff_tangent(ax, theta, torch.tensor(old_theta))
    x, truth = line_data(ax, 0)
    _, promise = line_data(ax, 1)
    expected = torch.sigmoid(x - 2) * (1 - 4 * torch.sigmoid(x - 4))
    torch.testing.assert_close(truth, expected)
    assert float(promise[2]) == pytest.approx(float(truth[2]), abs=1e-12)
    slope = [float(curve[3] - curve[1]) / 2e-4 for curve in (truth, promise)]
    assert slope[0] == pytest.approx(slope[1], abs=1e-7)
    assert abs(float(promise[4] - truth[4])) > 0.1


def test_the_dot_stands_at_the_old_parameter_on_the_truth(ax: Axes) -> None:
    plot_cliff_tangent(ax, torch.linspace(-1, 2, 4), torch.tensor(1.0))
    x, y = line_data(ax, 2)
    truth = torch.sigmoid(x - 2) * (1 - 4 * torch.sigmoid(x - 4))
    assert x.tolist() == [1.0]
    torch.testing.assert_close(y, truth)


def test_on_the_bandit_the_ratio_line_is_the_truth_and_the_log_line_is_straight(ax: Axes) -> None:
    reward, direction = torch.tensor([1.0, 0.0, -1.0]), torch.tensor([1.0, 0.0, -1.0])
    plot_ratio_and_log(ax, reward, direction, torch.linspace(-3, 3, 13))
    x, truth = line_data(ax, 0)
    expected = torch.softmax(x[:, None] * direction, dim=1) @ reward
    torch.testing.assert_close(truth, expected)
    torch.testing.assert_close(line_data(ax, 1)[1], expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(line_data(ax, 2)[1], 2 / 3 * x, rtol=0, atol=1e-12)


def test_the_log_objective_has_the_slope_of_j_at_the_old_policy_and_no_other() -> None:
    mdp = bandit_mdp(torch.tensor([1.0, -0.5, 2.0]))
    old_logits, moved = torch.tensor([[0.3, -1.0, 0.2]]), torch.tensor([[2.0, -1.0, 1.0]])

    def slopes(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_form = finite_difference_gradient(lambda x: log_objective(mdp, x, old_logits), logits)
        return log_form, finite_difference_gradient(lambda x: objective(mdp, x), logits)

    # Central differences with h = 1e-5 are good to about 1e-10.
    torch.testing.assert_close(*slopes(old_logits), rtol=0, atol=1e-9)
    log_form, truth = slopes(moved)
    assert float((log_form - truth).abs().max()) > 0.1
    assert float(log_objective(mdp, old_logits, old_logits)) == 0


def test_no_gradient_of_the_log_objective_flows_into_the_old_policy() -> None:
    mdp = bandit_mdp(torch.tensor([1.0, 0.0]))
    logits, old_logits = torch.ones(1, 2), torch.zeros(1, 2, requires_grad=True)
    assert not log_objective(mdp, logits, old_logits).requires_grad


def test_the_log_objective_refuses_a_world_with_states() -> None:
    with pytest.raises(ValueError, match=r"mdp: expected a bandit .* got 3 states and 2 steps"):
        log_objective(cliff_mdp(), torch.zeros(3, 2), torch.zeros(3, 2))
