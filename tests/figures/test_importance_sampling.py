from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.lines import Line2D

from ppo_lesson.figures.importance_sampling import (
    DOT_AREA,
    plot_bias,
    plot_estimates,
    plot_reweighted_faces,
    plot_tilted_dice,
    plot_weighted_samples,
)
from ppo_lesson.maths import importance_estimate, importance_weights
from ppo_lesson.worlds.toys import (
    Die,
    Gaussian,
    die_estimate_variance,
    fair_die,
    loaded_die,
)

PIPS = torch.arange(1, 7, dtype=torch.float64)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def throws(num_samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    outcome = loaded_die().sample(num_samples, generator())
    weight = importance_weights(fair_die().log_prob(outcome), loaded_die().log_prob(outcome))
    return outcome, weight


def line(ax: Axes, label: str) -> Line2D:
    return next(line for line in ax.lines if str(line.get_label()).startswith(label))


def texts(ax: Axes) -> list[str]:
    return [text.get_text().strip() for text in ax.texts]


def test_the_bars_are_shares_of_throws_and_of_weight_and_the_marks_the_target(ax: Axes) -> None:
    outcome, weight = throws(50)
    plot_reweighted_faces(ax, fair_die(), outcome, weight)
    thrown, weighted = ([bar.get_height() for bar in bars] for bars in ax.containers)
    for face in range(6):
        shows_face = (outcome == face).double()
        assert thrown[face] == pytest.approx(float(shows_face.mean()))
        assert weighted[face] == pytest.approx(float(importance_estimate(shows_face, weight)))
    marks = next(item for item in ax.collections if isinstance(item, LineCollection))
    assert [segment[0][1] for segment in marks.get_segments()] == pytest.approx([1 / 6] * 6)


def test_each_dot_lies_at_its_sample_with_an_area_in_proportion_to_its_weight(ax: Axes) -> None:
    target, proposal = Gaussian(0.0, 1.0), Gaussian(1.0, 1.5)
    x = proposal.sample(20, generator())
    plot_weighted_samples(ax, target, proposal, x, "a title")
    dots = next(item for item in ax.collections if isinstance(item, PathCollection))
    weight = importance_weights(target.log_prob(x), proposal.log_prob(x))
    np.testing.assert_allclose(dots.get_offsets()[:, 0], x)
    np.testing.assert_allclose(dots.get_sizes(), DOT_AREA * weight)
    assert (dots.get_offsets()[:, 1] < 0).all()


def test_both_densities_are_drawn_each_under_its_own_name(ax: Axes) -> None:
    target, proposal = Gaussian(165.0, 10.0), Gaussian(181.5, 11.0)
    plot_weighted_samples(ax, target, proposal, torch.tensor([170.0]), "a title")
    for density, label in [(target, "target p"), (proposal, "proposal q")]:
        x, y = line(ax, label).get_data()
        np.testing.assert_allclose(y, density.log_prob(torch.as_tensor(x)).exp())
        assert label in texts(ax)
    assert (ax.get_title("left") or ax.get_title()) == "a title"


def test_a_thousand_repeats_fill_both_histograms_and_the_exact_value_is_marked(ax: Axes) -> None:
    plain = 3.5 + torch.randn(1000, generator=generator(), dtype=torch.float64)
    narrow = 3.5 + (plain - 3.5) / 3
    plot_estimates(ax, plain, narrow, exact=3.5, bin_width=0.25)
    for patch, values in zip(ax.patches, (plain, narrow), strict=True):
        # A step outline holds each count twice: as the height at both ends of its bin.
        x, y = patch.get_xy()[:-1].T
        edges, heights = np.unique(x.round(9)), y[1:-1:2]
        expected, _ = np.histogram(values.numpy(), bins=edges)
        np.testing.assert_allclose(heights, expected)
        assert heights.sum() == 1000
        assert np.abs(edges - 3.5).min() == pytest.approx(0.125)  # a bin in the middle, not an edge
    assert ax.lines[0].get_xdata()[0] == 3.5
    assert {"plain", "self-normalised", "exact: 3.5"} <= set(texts(ax))


def test_curves_over_tilted_dice_are_relative_variances(ax: Axes) -> None:
    tilt = torch.tensor([-1.0, 0.0, 1.0, 1.5, 2.0], dtype=torch.float64)
    plot_tilted_dice(ax, fair_die(), PIPS, tilt)
    for power, label in [(1, "f = pips"), (2, "f = pips²")]:
        f = PIPS**power
        x, y = line(ax, label).get_data()
        for t, drawn in zip(x, y, strict=True):
            proposal = Die(PIPS**t / (PIPS**t).sum())
            variance = die_estimate_variance(fair_die(), proposal, f)
            relative = float(variance / fair_die().expectation(f) ** 2)
            assert drawn == pytest.approx(relative, abs=1e-12)
        assert f"least at t = {power}" in texts(ax)


def test_bias_is_drawn_by_its_size_beside_the_standard_error(ax: Axes) -> None:
    num_samples = torch.tensor([1, 10, 100])
    bias, error = torch.tensor([-1.0, 0.1, -0.01]), torch.tensor([2.0, 0.7, 0.2])
    plot_bias(ax, num_samples, bias, error)
    np.testing.assert_allclose(line(ax, "bias").get_ydata(), bias.abs())
    np.testing.assert_allclose(line(ax, "standard error").get_ydata(), error)
    assert line(ax, "bias").get_linestyle() != line(ax, "standard error").get_linestyle()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
