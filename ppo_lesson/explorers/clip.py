"""Explorer of notebook 06: one sample of PPO's objective as its ratio moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.own_function import Trouble, tabulate
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import (
    INK,
    Json,
    Table,
    axis,
    beyond_label,
    filtered,
    flatten,
    held_line,
    label,
    layer,
    line,
    number,
    numbers,
    panel,
    points,
    written,
)
from ppo_lesson.maths import clipped_surrogate_loss, surrogate_loss
from ppo_lesson.palette import COLORS

RATIO = Slider("ratio", "ratio r of the sample", 0.05, 2, 0.05, 1)
EPSILON = Slider("clip_epsilon", "epsilon (half-width of the clip)", 0.05, 0.5, 0.05, 0.2)
NEGATIVE = Choice("negative", "advantage A", ("+1", "-1"))
SIDES = ("below", "inside", "above")
# The six cases: what the sign of A and the place of the ratio mean for the action.
MEANINGS = {
    (False, "below"): "a good action has become rarer: pulled back up",
    (False, "inside"): "a good action: made likelier",
    (False, "above"): "a good action is likelier already: left alone",
    (True, "below"): "a bad action is rarer already: left alone",
    (True, "inside"): "a bad action: made rarer",
    (True, "above"): "a bad action has become likelier: pushed back down",
}
ALONG = ("ratio", "clipped", "slope", "side", "meaning", "unclipped")
OWN = ("mine", "my_text")
ENDS = (-2.1, 2.1)  # of the axis of the objective
INNER = (-2.0, 2.0)  # what lies beyond is drawn here, with an arrow
# At the corners the slope jumps. The position there stands a hair towards 1, on the inside.
HAIR = 1e-9


def clip_lab(my_loss: Callable[..., Tensor] | None = None) -> Explorer | Trouble:
    """Show the clipped objective of one sample, its gradient, and which of six cases it is.

    Args:
        my_loss: your own `clipped_surrogate_loss(log_prob, old_log_prob, advantage,
            clip_epsilon)`, drawn over ours.
    """
    rows = clip_lab_table(my_loss)
    if isinstance(rows, Trouble):
        return rows
    return Explorer(
        title="Clip lab: one sample of PPO's objective",
        formula="min(r A, clip(r, 1 - epsilon, 1 + epsilon) A)",
        look_for="Follow the arrow: it points where the gradient pushes the ratio. Visit all six "
        "cases. Then change epsilon.",
        sliders=(RATIO, EPSILON),
        rows=rows,
        headline=(
            "r = {ratio}, {sign}: {meaning}",
            "objective {clipped}, without the clip {unclipped}; slope {slope}"
            + ("; yours {my_text}" if my_loss is not None else ""),
        ),
        drawing={
            "hconcat": [_objective(own=my_loss is not None), _cases()],
            "spacing": 90,
            "bounds": "flush",
        },
        choice=NEGATIVE,
        along=(*ALONG, *OWN) if my_loss is not None else ALONG,
    )


def clip_lab_table(my_loss: Callable[..., Tensor] | None = None) -> Table | Trouble:
    """Tabulate objective and slope along the ratio, one row per epsilon and sign of A.

    Args:
        my_loss: see `clip_lab`.
    """
    keys = [(e, negative) for e in EPSILON.positions for negative in NEGATIVE.positions]
    rows = [_clip_row(epsilon, negative) for epsilon, negative in keys]
    if my_loss is None:
        return rows
    calls, places = [], []
    for epsilon, negative in keys:
        for ratio in RATIO.positions:
            calls.append(_sample(ratio, negative) | {"clip_epsilon": epsilon})
            places.append(f"ratio {ratio:g}, A = {'-1' if negative else '+1'}, epsilon {epsilon:g}")
    mine = tabulate(my_loss, calls, places, ())
    if isinstance(mine, Trouble):
        return mine
    size = len(RATIO.positions)
    for k, row in enumerate(rows):
        objective = [-float(loss) for loss in mine[k * size : (k + 1) * size]]
        # What lies far beyond the axis is drawn at its end, and told in words.
        row["mine"] = numbers([max(-1e3, min(1e3, value)) for value in objective], 3)
        row["my_text"] = [written(value, 3) for value in objective]
    return rows


def _sample(ratio: float, negative: bool) -> dict[str, Tensor]:
    """Build the arguments of a loss for one sample of that ratio."""
    nudged = ratio + HAIR * ((ratio < 1) - (ratio > 1))
    return {
        "log_prob": torch.tensor([nudged], dtype=torch.float64).log(),
        "old_log_prob": torch.zeros(1, dtype=torch.float64),
        "advantage": torch.tensor([-1.0 if negative else 1.0], dtype=torch.float64),
    }


def _clip_row(epsilon: float, negative: bool) -> dict[str, Any]:
    samples = [_sample(ratio, negative) for ratio in RATIO.positions]
    log_prob = torch.stack([sample["log_prob"] for sample in samples]).requires_grad_()
    old_log_prob, advantage = samples[0]["old_log_prob"], samples[0]["advantage"]

    def objective(log_prob: Tensor) -> Tensor:
        return -clipped_surrogate_loss(log_prob, old_log_prob, advantage, epsilon)

    def unclipped(log_prob: Tensor) -> Tensor:
        return -surrogate_loss(log_prob, old_log_prob, advantage)

    value = torch.vmap(objective)(log_prob)
    # By log pi; divided by the ratio they are slopes along the axis.
    gradient = torch.autograd.grad(value.sum(), log_prob)[0].squeeze(-1)
    plain = numbers(torch.vmap(unclipped)(log_prob), 3)
    sides = [_side(ratio, epsilon) for ratio in RATIO.positions]
    row = {
        "ratio": list(RATIO.positions),
        "clipped": numbers(value, 3),
        "unclipped": plain,
        "slope": numbers(gradient / torch.tensor(RATIO.positions), 3),
        "side": sides,
        "meaning": [MEANINGS[negative, side] for side in sides],
    }
    return row | {
        EPSILON.name: epsilon,
        NEGATIVE.name: negative,
        "end": [RATIO.low, RATIO.high],
        "plain": [plain[0], plain[-1]],
        "sign": "A < 0" if negative else "A > 0",
        "left": number(1 - epsilon, 3),
        "right": number(1 + epsilon, 3),
    }


def _side(ratio: float, epsilon: float) -> str:
    return SIDES[1 + (ratio > 1 + epsilon + HAIR) - (ratio < 1 - epsilon - HAIR)]


def _objective(*, own: bool) -> Json:
    curve = flatten("ratio", "clipped", *(OWN if own else []))
    here = [
        *RATIO.here(*ALONG, *(OWN if own else [])),
        {"calculate": "datum.ratio + 0.32 * datum.slope", "as": "tip"},
    ]
    arrow = here + filtered("datum.slope != 0")
    head = {"type": "point", "filled": True, "color": COLORS["good"], "size": 330, "opacity": 1,
            "clip": True, "aria": False}  # fmt: skip
    towards = {"condition": {"test": "datum.slope > 0", "value": "triangle-right"},
               "value": "triangle-left"}  # fmt: skip
    shaft = {"type": "rule", "color": COLORS["good"], "strokeWidth": 5, "clip": True}
    band = {"type": "rect", "color": COLORS["light"], "opacity": 0.22}
    objective = line("new", curve, "ratio", "clipped", strokeWidth=4)
    grey = line("new", curve, "ratio", "clipped", strokeWidth=11, color="#bbbbbb")
    mine = [grey, *held_line("new", curve, "ratio", "mine", INNER)]
    drawn = mine if own else [objective]
    said = "solid: yours, on the grey reference" if own else "solid: with the clip"
    layers = [
        layer(band, [], x={"field": "left"}, x2={"field": "right"}, y=None),
        line("old", flatten("end", "plain"), "end", "plain"),
        *drawn,
        layer(shaft, arrow, x={"field": "ratio"}, x2={"field": "tip"}, y={"field": "clipped"}),
        layer(head, arrow, x={"field": "tip"}, y={"field": "clipped"}, shape=towards),
        points("truth", here, "ratio", "clipped", size=190),
        label("quiet", here + filtered("datum.slope == 0"), "ratio", "clipped", "no gradient",
              dy=24, align="center"),
        *(beyond_label("new", here, "ratio", "mine", INNER, "my_text") if own else []),
        label("old", [], 452, 186, "dashed: r A, without the clip"),
        label("new", [], 452, 206, said),
        label("good", [], 452, 226, "arrow: where the gradient pushes"),
    ]  # fmt: skip
    x = axis("ratio", "ratio r", 0, 2.05, ticks=[0, 0.5, 1, 1.5, 2])
    y = axis("clipped", "objective of the sample", *ENDS, ticks=[-2, -1, 0, 1, 2])
    return panel(x, y, layers, 400, 232)


def _cases() -> Json:
    """Draw the six cases as a table of two rows; the present one is framed, and says what is so.

    The others keep it to themselves: which of the six have no gradient is a question to the reader.
    """
    here = RATIO.here(*ALONG)
    bare = {"domain": False, "ticks": False, "labelAngle": 0}
    gaps = {"paddingInner": 0.08, "paddingOuter": 0.1}
    place = {
        "x": {"field": "side", "type": "nominal", "scale": {"domain": list(SIDES)} | gaps,
              "axis": bare | {"orient": "top", "title": "the ratio is"}},
        "y": {"field": "sign", "type": "nominal", "scale": {"domain": ["A > 0", "A < 0"]} | gaps,
              "axis": bare | {"title": None}},
    }  # fmt: skip
    every = {"values": [{"side": side, "sign": sign} for sign in ("A > 0", "A < 0")
                        for side in SIDES]}  # fmt: skip
    cell = {"type": "rect", "color": "#f2f2f2"}
    hidden = {"type": "text", "color": INK["quiet"], "aria": False}
    frame = {"type": "rect", "fill": "#ffffff", "stroke": INK["truth"], "strokeWidth": 4}
    words = {"type": "text", "lineBreak": "\n", "dy": -8, "fontWeight": "bold"}
    pushes = {
        "condition": [{"test": "datum.slope > 0", "value": "made\nlikelier"},
                      {"test": "datum.slope < 0", "value": "made\nrarer"}],
        "value": "no\ngradient",
    }  # fmt: skip
    layers = [
        layer(cell, [], **place) | {"data": every},
        layer(hidden, [], **place, text={"value": "?"}) | {"data": every},
        layer(frame, here, **place),
        layer(words, here, **place, text=pushes),
    ]
    return {"width": 266, "height": 164, "layer": layers}
