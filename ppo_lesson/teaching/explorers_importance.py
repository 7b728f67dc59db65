"""Explorer of notebook 02: where the proposal is, and what its samples are worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.maths import (
    effective_sample_size,
    importance_estimate,
    importance_weights,
)
from ppo_lesson.teaching.explorer import Explorer
from ppo_lesson.teaching.own_function import Trouble, tabulate
from ppo_lesson.teaching.plotting import COLORS
from ppo_lesson.teaching.sliders import Slider
from ppo_lesson.teaching.vega import (
    Json,
    axis,
    flatten,
    label,
    layer,
    level,
    line,
    number,
    numbers,
    panel,
    short,
    spread,
)
from ppo_lesson.worlds.toys import SQUARE, Gaussian, gaussian_estimate_variance

Table = list[dict[str, Any]]

TARGET = Gaussian(0.0, 1.0)
MEANS = Slider("proposal_mean", "mean of the proposal q", -1.0, 3.0, 0.5, 1.0)
STDS = Slider("proposal_std", "spread (standard deviation) of q", 0.5, 2.5, 0.25, 1.0)
NUM_SAMPLES = 1000
NUM_DOTS = 25
LIGHT_TAILS = "infinite (tails of q too light)"
RUNNING = [round(10 ** (1 + k / 8)) for k in range(17)]  # 10 to 1000, equal steps of the logarithm
OUTLINE = torch.linspace(-3, 3, 25, dtype=torch.float64)  # of q, in standard deviations


def proposal_explorer(my_weights: Callable[..., Tensor] | None = None) -> Explorer | Trouble:
    """Show what samples of a proposal tell about a target, wherever the proposal is moved.

    Args:
        my_weights: your own `importance_weights(log_target, log_proposal)`, drawn over ours.
    """
    rows = proposal_table(my_weights)
    if isinstance(rows, Trouble):
        return rows
    return Explorer(
        title="Proposal explorer: samples of q answer for p",
        formula="E_p[f] = E_q[w f] with w(x) = p(x) / q(x) and f(x) = x^2",
        look_for="Move q away from p, then make it narrow: a few dots grow, the effective sample "
        "size falls, and the running estimate jumps. Which q is best? It is not q = p.",
        sliders=(MEANS, STDS),
        rows=rows,
        says=(
            "q = N({proposal_mean}, {proposal_std}²): "
            f"{NUM_SAMPLES} samples are worth {{worth}}",
            "estimate {at_end} of the true 1, standard error {error}; largest weight {largest}"
            + ("; yours: {mine_at_end}" if my_weights is not None else ""),
        ),
        drawing={"hconcat": [_densities(rows), _running(rows)], "spacing": 78, "bounds": "flush"},
    )


def proposal_table(my_weights: Callable[..., Tensor] | None = None) -> Table | Trouble:
    """Tabulate densities, weights and running estimates of E_p[x^2] for every proposal.

    The same 1000 standard normal numbers, moved and stretched, are the samples of every q.

    Args:
        my_weights: see `proposal_explorer`.
    """
    proposals = [Gaussian(m, s) for m in MEANS.positions for s in STDS.positions]
    mine: list[Tensor] | list[None] | Trouble = [None] * len(proposals)
    if my_weights is not None:
        calls = [_log_densities(proposal)[1] for proposal in proposals]
        places = [f"q = {_normal(proposal)}" for proposal in proposals]
        mine = tabulate(my_weights, calls, places, (NUM_SAMPLES,))
    if isinstance(mine, Trouble):
        return mine
    return [_proposal_row(q, weight) for q, weight in zip(proposals, mine, strict=True)]


def _proposal_row(proposal: Gaussian, mine: Tensor | None) -> dict[str, Any]:
    x, densities = _log_densities(proposal)
    weight = importance_weights(**densities)
    effective = effective_sample_size(densities["log_target"] - densities["log_proposal"])
    variance = gaussian_estimate_variance(TARGET, proposal, SQUARE)
    error = math.sqrt(variance / NUM_SAMPLES) if math.isfinite(variance) else math.inf
    estimate = importance_estimate(x.square(), weight)
    place = proposal.mean + proposal.std * OUTLINE
    row = {
        MEANS.name: number(proposal.mean, 2),
        STDS.name: number(proposal.std, 2),
        "grid": numbers(place, 2),
        "density": numbers(proposal.log_prob(place).exp(), 3),
        "x": numbers(x[:NUM_DOTS], 2),
        "weight": _weights(weight),
        "n": RUNNING,
        "estimate": [number(e, 2) for e in _running_estimates(x, weight)],
        "worth": round(float(effective)),
        "at_end": number(float(estimate), 2),
        "error": str(short(error, 2))
        if math.isfinite(error)
        else "infinite (tails of q too light)",
        "largest": short(float(weight.max()), 3),
    }
    if mine is not None:
        yours = importance_estimate(x.square(), mine) if mine.any() else torch.zeros(())
        row["my_weight"] = _weights(mine)
        row["my_estimate"] = [number(e, 2) for e in _running_estimates(x, mine)]
        row["mine_at_end"] = number(float(yours), 2)
    return row


def _log_densities(proposal: Gaussian) -> tuple[Tensor, dict[str, Tensor]]:
    """Draw the samples and return them with both log-densities, by the names of the maths."""
    x = proposal.sample(NUM_SAMPLES, torch.Generator().manual_seed(0))
    return x, {"log_target": TARGET.log_prob(x), "log_proposal": proposal.log_prob(x)}


def _weights(weight: Tensor) -> list[float | int | None]:
    """Round to what the area of a dot shows."""
    return [number(w, 2 if w < 1 else 1) for w in weight[:NUM_DOTS].tolist()]


def _running_estimates(x: Tensor, weight: Tensor) -> list[float]:
    # Where all weights so far are zero, the estimate is zero; importance_estimate refuses those.
    return [
        float(importance_estimate(x[:n].square(), weight[:n])) if weight[:n].any() else 0.0
        for n in RUNNING
    ]


def _normal(proposal: Gaussian) -> str:
    return f"N({proposal.mean:g}, {proposal.std:g}²)"


def _densities(rows: Table) -> Json:
    target = torch.linspace(-4, 6, 81, dtype=torch.float64)
    fixed = {"target": numbers(TARGET.log_prob(target).exp(), 3)}
    area = {"field": "weight", "type": "quantitative", "legend": None,
            "scale": {"domain": [0, 40], "range": [0, 2200], "clamp": True}}  # fmt: skip
    # Five rows under the axis, so that neighbours do not hide each other.
    dots = [
        *flatten("x", "weight", *(["my_weight"] if "my_weight" in rows[0] else [])),
        {"window": [{"op": "row_number", "as": "place"}]},
        {"calculate": "-0.05 - 0.04 * (datum.place % 5)", "as": "depth"},
    ]
    circle = {"type": "point", "clip": True, "opacity": 0.6}
    layers = [
        line("truth", spread("target", "grid", -4, 0.125), "grid", "target")
        | {"data": {"values": [fixed]}},
        line("old", flatten("grid", "density"), "grid", "density"),
        level("quiet", 0),
        label("truth", [], 12, 20, "target p (solid)"),
        label("old", [], 12, 42, "proposal q (dashed)"),
        label("weight", [], 392, 246, "dots: samples, area: weight", align="right"),
    ]
    place = {"x": {"field": "x"}, "y": {"field": "depth"}}
    if "my_weight" in rows[0]:
        ring = circle | {"color": COLORS["quiet"], "opacity": 1, "strokeWidth": 2}
        fill = circle | {"filled": True, "color": COLORS["new"]}
        layers.insert(3, layer(ring, dots, **place, size=area))
        layers.insert(4, layer(fill, dots, **place, size=area | {"field": "my_weight"}))
        layers.append(label("new", [], 12, 64, "yours: orange, on grey rings"))
    else:
        fill = circle | {"filled": True, "color": COLORS["weight"]}
        layers.insert(3, layer(fill, dots, **place, size=area))
    y = axis("density", "density", -0.3, 0.85, ticks=[0, 0.2, 0.4, 0.6, 0.8])
    return panel(axis("grid", "x", -4, 6), y, layers, 400, 260)


def _running(rows: Table) -> Json:
    x = axis("n", "number of samples", 10, 1050, type="log",
             ticks=[10, 30, 100, 300, 1000])  # fmt: skip
    y = axis("estimate", "running estimate of E_p[x²]", 0, 3)
    layers = [
        level("truth", 1),
        label("truth", [], 232, 244, "black: exact", align="right"),
    ]
    if "my_estimate" in rows[0]:
        behind = {"color": "#bbbbbb", "strokeWidth": 9, "strokeDash": []}
        run = flatten("n", "estimate", "my_estimate")
        layers += [line("new", run, "n", "estimate", **behind),
                   line("new", run, "n", "my_estimate"),
                   label("new", [], 232, 14, "yours", align="right"),
                   label("quiet", [], 232, 36, "grey: reference", align="right")]  # fmt: skip
    else:
        layers.append(line("new", flatten("n", "estimate"), "n", "estimate"))
    return panel(x, y, layers, 240, 260)
