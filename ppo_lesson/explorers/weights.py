"""Explorer of notebook 03: how the weights of long trajectories fall apart."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.sliders import Slider
from ppo_lesson.explorers.vega import (
    Table,
    axis,
    bars,
    filtered,
    flatten,
    label,
    line,
    numbers,
    panel,
    points,
    short,
    spread_out,
    vertical,
)
from ppo_lesson.maths import effective_sample_size, importance_estimate, per_decision_log_weight
from ppo_lesson.worlds.toys import ONE, Gaussian, gaussian_estimate_variance

HORIZONS = Slider("horizon", "horizon T (steps of a trajectory)", 20, 500, 20, 60)
DRIFTS = Slider("drift", "drift Δ (spread of one log-ratio)", 0.02, 0.2, 0.02, 0.1)
NUM_TRAJECTORIES = 1000
BINS = range(-24, 9)  # centres of the bins of log-weights, one nat wide
RAIN_ALONG = (
    "horizon", "exact", "worth", "samples", "held", "count", "largest", "mean", "median"
)  # fmt: skip


def weight_rain() -> Explorer:
    """Show how the weights of trajectories fall apart as the horizon or the drift grows."""
    here = HORIZONS.here(*RAIN_ALONG)
    rain = panel(
        axis("log_weight", "log weight of a trajectory, in nats", -24.5, 8.5,
             ticks=[-24, -16, -8, 0, 8]),
        axis("samples", "share, % (square-root scale)", 0, 100, type="sqrt",
             ticks=[0, 1, 5, 20, 50, 100]),
        [
            bars(here + spread_out("samples", "log_weight", BINS[0], 1), "log_weight", "samples"),
            line("weight", here + spread_out("held", "log_weight", BINS[0], 1),
                 "log_weight", "held", interpolate="step"),
            vertical("quiet", filtered("datum.log_weight == 0"), "log_weight")
            | {"data": {"values": [{"log_weight": 0}]}},
            label("light", [], 12, 12, "bars: share of the trajectories"),
            label("weight", [], 12, 32, "line: share of the total weight"),
            label("quiet", [], 298, 12, "weight 1", align="right"),
        ], 410, 258,
    )  # fmt: skip
    y = axis("worth", "ESS / N", 5e-4, 2.5, type="log", ticks=[0.001, 0.01, 0.1, 1])
    worth = panel(
        axis("horizon", "horizon T", 0, 515, ticks=[0, 100, 200, 300, 400, 500]), y,
        [
            line("truth", flatten("horizon", "exact"), "horizon", "exact"),
            points("new", flatten("horizon", "worth"), "horizon", "worth", size=45, clip=True),
            vertical("quiet", here, "horizon", strokeDash=[4, 4]),
            points("new", here, "horizon", "worth", size=260, clip=True),
            label("truth", [], 10, 12, "line: exact"),
            label("new", [], 106, 12, "dots: these samples"),
        ], 262, 258,
    )  # fmt: skip
    return Explorer(
        title="Weight rain: a trajectory's weight is a product of ratios",
        formula="w = r_0 r_1 ... r_{T-1}, ESS/N = exp(-T Δ²)",
        look_for="Lengthen the trajectories, then let the policy drift further. Which number "
        "warns first, and which one last?",
        sliders=(HORIZONS, DRIFTS),
        rows=weight_rain_table(),
        headline=(
            f"T = {{horizon}}, Δ = {{drift}}: {NUM_TRAJECTORIES} trajectories are worth {{count}}",
            "exact ESS/N {exact}; the largest weight holds {largest} %; mean weight {mean}, "
            "median {median}",
        ),
        drawing={"hconcat": [rain, worth], "spacing": 84, "bounds": "flush"},
        along=RAIN_ALONG,
    )


def weight_rain_table() -> Table:
    """Tabulate the weights of 1000 trajectories for every horizon, one row per drift.

    In each step the old policy draws z from N(0, 1) and the new one would from N(Δ, 1), so that
    the log-ratio of a step has standard deviation s.
    """
    generator = torch.Generator().manual_seed(0)
    old = Gaussian(0.0, 1.0)
    longest = int(HORIZONS.high)
    action = old.sample(NUM_TRAJECTORIES * longest, generator).reshape(NUM_TRAJECTORIES, longest)
    old_log_prob = old.log_prob(action)
    return [_rain_row(drift, old, action, old_log_prob) for drift in DRIFTS.positions]


def _rain_row(drift: float, old: Gaussian, action: Tensor, old_log_prob: Tensor) -> dict[str, Any]:
    new = Gaussian(drift, 1.0)
    log_ratio = new.log_prob(action) - old_log_prob
    log_weight = torch.vmap(per_decision_log_weight)(log_ratio)
    # Steps are independent, so the mean square of a product is the product of the mean squares.
    mean_square = 1 + gaussian_estimate_variance(new, old, ONE)
    at_end = log_weight.T[torch.tensor(HORIZONS.positions) - 1]  # a row per horizon
    share = torch.softmax(at_end, dim=-1)
    effective = torch.stack([effective_sample_size(column) for column in at_end])
    one = torch.ones(NUM_TRAJECTORIES, dtype=at_end.dtype)
    mean = [importance_estimate(one, column.exp()) for column in at_end]
    exact = [mean_square**-horizon for horizon in HORIZONS.positions]
    bins = at_end.round().clamp(BINS[0], BINS[-1]).long() - BINS[0]
    landed = torch.nn.functional.one_hot(bins, len(BINS)).to(share.dtype)
    return {
        DRIFTS.name: drift,
        "horizon": list(HORIZONS.positions),
        "exact": [short(part, 2) for part in exact],
        "worth": [short(float(count) / NUM_TRAJECTORIES, 2) for count in effective],
        "samples": [numbers(row, 1) for row in 100 * landed.mean(-2)],
        "held": [numbers(row, 1) for row in 100 * (share.unsqueeze(-1) * landed).sum(-2)],
        "count": [short(float(count), 3) for count in effective],
        "largest": [short(100 * float(most), 2) for most in share.amax(-1)],
        "mean": [short(float(average), 2) for average in mean],
        "median": [short(float(middle.exp()), 2) for middle in at_end.median(-1).values],
    }
