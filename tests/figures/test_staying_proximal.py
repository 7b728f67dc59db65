from __future__ import annotations

import pytest
import torch
from matplotlib.axes import Axes
from torch import Tensor

from ppo_lesson.figures.staying_proximal import (
    WAYS,
    plot_kl_errors,
    plot_kl_terms,
    plot_past_the_edge,
    plot_trust_region,
    plot_ways_map,
    plot_ways_returns,
)
from ppo_lesson.worlds.careful_cliff import careful_cliff_logits
from ppo_lesson.worlds.enumeration import trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import objective
from ppo_lesson.worlds.small_worlds import cliff_mdp

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture
def paths() -> dict[str, Tensor]:
    to_the_right = torch.linspace(0, 3, 7)[:, None] * torch.tensor([1.0, 0.5])
    return {"surrogate": to_the_right, "price or fence": to_the_right[:2], "clip": to_the_right[:3]}


def line_data(ax: Axes, index: int) -> tuple[Tensor, Tensor]:
    x, y = ax.lines[index].get_data()
    return torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_terms_are_those_of_the_definitions(ax: Axes) -> None:
    plot_kl_terms(ax)
    wanted = (
        lambda r: -r.log(),
        lambda r: r.log().square() / 2,
        lambda r: r - 1 - r.log(),
    )
    for index, term in enumerate(wanted, start=1):
        ratio, drawn = line_data(ax, index)
        assert torch.allclose(drawn, term(ratio), rtol=0, atol=1e-12)
    assert words(ax) == ["k1", "k2", "k3"]


def test_errors_are_drawn_relative_to_the_divergence(ax: Axes) -> None:
    kl = torch.tensor([0.1, 0.2])
    exact, sampled = torch.rand(2, 3, 2) + 0.1
    plot_kl_errors(ax, kl, exact, sampled)
    for index in range(3):
        assert torch.allclose(line_data(ax, 2 * index)[1], exact[index] / kl)
        assert torch.allclose(line_data(ax, 2 * index + 1)[1], sampled[index] / kl)


def test_the_ellipse_is_where_the_parabola_reaches_the_limit(ax: Axes) -> None:
    fisher = torch.tensor([[0.1, 0.02], [0.02, 0.05]])
    steps = {"plain": torch.tensor([0.3, 0.0]), "natural": torch.tensor([0.2, 0.4])}
    plot_trust_region(ax, 0.03, fisher, steps)
    ellipse = torch.stack(line_data(ax, 0))
    quadratic = 0.5 * torch.einsum("in,ij,jn->n", ellipse, fisher, ellipse)
    assert torch.allclose(quadratic, torch.full_like(quadratic, 0.03))
    ends = [torch.stack(line_data(ax, index))[:, -1] for index in (1, 3)]
    assert all(torch.equal(end, steps[name]) for end, name in zip(ends, steps, strict=True))


def test_the_map_shows_how_often_the_policy_goes_and_does_bad(ax: Axes, paths) -> None:
    plot_ways_map(ax, paths)
    go, bad = line_data(ax, 0)
    policy = cliff_mdp().policy(careful_cliff_logits(paths["surrogate"][-1]))
    assert torch.isclose(go[-1], policy[0, 1]) and torch.isclose(bad[-1], policy[1, 1])
    assert {"surrogate", "price or fence", "clip", r"$\pi_{old}$"} <= set(words(ax))


def test_the_returns_are_true_and_the_distance_is_that_of_whole_episodes(ax: Axes, paths) -> None:
    plot_ways_returns(ax, paths)
    kl, truth = line_data(ax, 0)
    mdp, old, new = cliff_mdp(), *(careful_cliff_logits(paths["surrogate"][k]) for k in (0, -1))
    walks = trajectories(mdp)
    log_old, log_new = (
        trajectory_log_prob(mdp, logits, walks.state, walks.action) for logits in (old, new)
    )
    assert torch.isclose(kl[-1], (log_old.exp() * (log_old - log_new)).sum())
    assert torch.isclose(truth[-1], objective(mdp, new))


def test_silenced_samples_are_hollow(ax: Axes) -> None:
    ratio = torch.tensor([[1.0, 1.0], [1.3, 1.1], [1.4, 1.25]])
    silent = ratio > 1.2
    plot_past_the_edge(ax, ratio, silent, clip_epsilon=0.2)
    assert line_data(ax, 0)[1].tolist() == [1.2, 1.2]
    marks = [line_data(ax, index)[1].tolist() for index in (2, 3, 5, 6)]
    assert marks == [[1.0], [1.3, 1.4], [1.0, 1.1], [1.25]]
    assert [ax.lines[k].get_markerfacecolor() == "white" for k in (2, 3, 5, 6)] == [False, True] * 2


def test_one_sample_is_enough_for_the_edge(ax: Axes) -> None:
    plot_past_the_edge(ax, torch.tensor([[1.0], [1.3]]), torch.tensor([[False], [True]]), 0.2)
    assert len(ax.lines) == 4


def test_no_two_ways_look_alike() -> None:
    for part in zip(*WAYS.values(), strict=True):
        assert len(set(part)) == len(WAYS)
