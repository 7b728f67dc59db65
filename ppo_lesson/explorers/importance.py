"""Explorer of notebook 02: where the proposal is, and how precisely its samples answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.own_function import Trouble, tabulate
from ppo_lesson.explorers.sliders import Slider
from ppo_lesson.explorers.vega import (
    Json,
    Table,
    axis,
    beyond_label,
    filtered,
    flatten,
    held_line,
    label,
    layer,
    level,
    line,
    number,
    numbers,
    panel,
    short,
    spread_out,
    written,
)
from ppo_lesson.figures.style import COLORS
from ppo_lesson.maths import importance_estimate, importance_weights
from ppo_lesson.worlds.toys import SQUARE, Gaussian, gaussian_estimate_variance

TARGET = Gaussian(0.0, 1.0)
MEANS = Slider("proposal_mean", "mean of the proposal q", -1.0, 3.0, 0.5, 0.0)
STDS = Slider("proposal_std", "spread (standard deviation) of q", 0.5, 2.5, 0.25, 1.0)
NUM_SAMPLES = 1000
NUM_DOTS = 25
ENDS = (-0.25, 3.5)  # of the axis of the estimate; its upper part is for words
INNER = (-0.15, 3.1)  # what lies beyond is drawn here, with an arrow
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
    own = my_weights is not None
    return Explorer(
        title="Proposal explorer: samples of q answer for p",
        formula="E_p[f] = E_q[w f] with w(x) = p(x) / q(x) and f(x) = x^2",
        look_for="Move q, and make it wider and narrower. What happens to the dots, and which q "
        "has the smallest error?",
        sliders=(MEANS, STDS),
        rows=rows,
        headline=(
            "q = N({proposal_mean}, {proposal_std}²): standard error {error}",
            f"{NUM_SAMPLES} samples: estimate {{at_end}} of the true 1; largest weight {{largest}}"
            + ("; yours: {mine_at_end}" if own else ""),
        ),
        drawing={
            "hconcat": [_densities(own=own), _running(own=own)],
            "spacing": 78,
            "bounds": "flush",
        },
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
        if not isinstance(mine, Trouble):
            mine = _summable(mine, proposals)
    if isinstance(mine, Trouble):
        return mine
    return [_proposal_row(q, weight) for q, weight in zip(proposals, mine, strict=True)]


def _summable(mine: list[Tensor], proposals: list[Gaussian]) -> list[Tensor] | Trouble:
    """Refuse finite weights whose estimate is not finite."""
    for weight, proposal in zip(mine, proposals, strict=True):
        x, _ = _log_densities(proposal)
        if not (weight * x.square()).sum().isfinite():
            return Trouble(
                f"The estimate with your weights is not finite at q = {_normal(proposal)}: no "
                f"picture can show it. Your largest weight there is {float(weight.max()):.3g}."
            )
    return mine


def _proposal_row(proposal: Gaussian, mine: Tensor | None) -> dict[str, Any]:
    x, densities = _log_densities(proposal)
    weight = importance_weights(**densities)
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
        "at_end": number(float(estimate), 2),
        "error": str(short(error, 2)) if math.isfinite(error) else LIGHT_TAILS,
        "largest": short(float(weight.max()), 3),
    }
    if mine is not None:
        yours = importance_estimate(x.square(), mine) if mine.any() else torch.zeros(())
        # What lies far beyond the axis is drawn at its end, and told in words.
        row["my_weight"] = _weights(mine.clamp(-1e3, 1e3))
        running = (max(-1e3, min(1e3, e)) for e in _running_estimates(x, mine))
        row["my_estimate"] = [number(e, 2) for e in running]
        row["mine_at_end"] = written(float(yours), 2)
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


def _densities(*, own: bool) -> Json:
    target = torch.linspace(-4, 6, 81, dtype=torch.float64)
    fixed = {"target": numbers(TARGET.log_prob(target).exp(), 3)}
    layers = [
        line("truth", spread_out("target", "grid", -4, 0.125), "grid", "target")
        | {"data": {"values": [fixed]}},
        line("old", flatten("grid", "density"), "grid", "density"),
        level("quiet", 0),
        *(_own_dots() if own else _dots()),
        # In a row above all curves: anywhere else they would lie on those of some proposal.
        label("truth", [], 10, 12, "target p (solid)"),
        label("old", [], 130, 12, "proposal q (dashed)"),
        *(
            [label("new", [], 280, 12, "yours, on grey rings")]
            if own
            else [label("weight", [], 280, 12, "dots: area = weight")]
        ),
    ]
    y = axis("density", "density", -0.3, 0.95, ticks=[0, 0.2, 0.4, 0.6, 0.8])
    return panel(axis("grid", "x", -4, 6), y, layers, 420, 258)


def _dots(field: str = "weight", **look: Any) -> list[Json]:
    """Draw samples beneath the axis, in five rows so that neighbours do not hide each other."""
    dots = [
        *flatten("x", "weight", *([field] if field != "weight" else [])),
        {"window": [{"op": "row_number", "as": "place"}]},
        {"calculate": "-0.05 - 0.04 * (datum.place % 5)", "as": "depth"},
        {"calculate": f"abs(datum.{field})", "as": "size"},
    ]
    mark = {"type": "point", "clip": True, "opacity": 0.6, "filled": True}
    mark |= {"color": COLORS["weight"]} | look
    # The smallest dot can still be seen.
    area = {"field": "size", "type": "quantitative", "legend": None,
            "scale": {"domain": [0, 40], "range": [10, 2200], "clamp": True}}  # fmt: skip
    shape = {"condition": {"test": f"datum.{field} < 0", "value": "cross"}, "value": "circle"}
    return [layer(mark, dots, x={"field": "x"}, y={"field": "depth"}, size=area, shape=shape)]


def _own_dots() -> list[Json]:
    """Draw the learner's weights on rings that show the right ones; a cross is a negative one."""
    negative = [*flatten("my_weight"), *filtered("datum.my_weight < 0"),
                {"aggregate": [{"op": "count", "as": "count"}]},
                *filtered("datum.count > 0")]  # fmt: skip
    return [
        *_dots(color=COLORS["quiet"], filled=False, opacity=1, strokeWidth=2),
        *_dots("my_weight", color=COLORS["new"]),
        label("new", negative, 410, 32, "crosses: negative weights", align="right"),
    ]


def _running(*, own: bool) -> Json:
    x = axis("n", "number of samples", 10, 1050, type="log",
             ticks=[10, 30, 100, 300, 1000])  # fmt: skip
    y = axis("estimate", "running estimate of E_p[x²]", *ENDS, ticks=[0, 1, 2, 3])
    layers = [level("truth", 1), label("truth", [], 10, 12, "black: exact")]
    if own:
        behind = {"color": "#bbbbbb", "strokeWidth": 9, "strokeDash": []}
        run = flatten("n", "estimate", "my_estimate")
        last = [*run, *filtered(f"datum.n == {NUM_SAMPLES}")]
        layers += [
            *held_line("new", run, "n", "estimate", INNER, **behind)[:1],
            *held_line("new", run, "n", "my_estimate", INNER),
            *beyond_label("new", last, "n", "my_estimate", INNER, "mine_at_end"),
            label("quiet", [], 112, 12, "grey: reference"),
            label("new", [], 256, 12, "yours", align="right"),
        ]
    else:
        layers += held_line("new", flatten("n", "estimate"), "n", "estimate", INNER)
    return panel(x, y, layers, 258, 258)
