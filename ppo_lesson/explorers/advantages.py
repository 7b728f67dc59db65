"""Explorer of notebook 07: lambda trades the critic's error for the noise of rewards."""

from __future__ import annotations

from dataclasses import replace

import torch

from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import (
    Table,
    axis,
    flatten,
    label,
    line,
    number,
    numbers,
    panel,
    points,
    vertical,
)
from ppo_lesson.worlds.gae_errors import critic_error, gae_errors
from ppo_lesson.worlds.small_worlds import CORRIDOR_ACTIONS, corridor_mdp

LAMBDA = Slider("gae_lambda", "lambda", 0, 1, 0.05, 0.95)
ERROR = Slider("error", "typical error of the critic", 0, 4, 0.5, 1)
DISCOUNTED = Choice("discounted", "discount gamma", ("1", "0.9"), start=True)  # as notebook 07
HORIZON = 6  # steps in the corridor, long enough for a door to jam more than once
GO_LOGIT = 1.0  # of the policy: 73 % go on, 27 % take the prize
ALONG = ("gae_lambda", "bias", "variance", "total")


def lambda_dial() -> Explorer:
    """Show bias, variance and mean squared error of GAE's advantages, all exact."""
    here = LAMBDA.here(*ALONG)
    curve = flatten("gae_lambda", "bias", "variance", "total")
    drawing = panel(
        axis("gae_lambda", "lambda", 0, 1.01, ticks=[0, 0.2, 0.4, 0.6, 0.8, 1]),
        axis("total", "squared error (square-root scale)", 0, 2.3, type="sqrt",
             ticks=[0, 0.05, 0.2, 0.5, 1, 2]),
        [
            line("truth", curve, "gae_lambda", "total"),
            line("old", curve, "gae_lambda", "bias"),
            line("new", curve, "gae_lambda", "variance", strokeDash=[2, 4]),
            vertical("quiet", here, "gae_lambda", strokeDash=[4, 4]),
            points("good", [], "best", "least", size=650, shape="diamond"),
            points("truth", here, "gae_lambda", "total", size=170),
            points("old", here, "gae_lambda", "bias", size=130, shape="square"),
            points("new", here, "gae_lambda", "variance", size=130, shape="triangle-up"),
            label("truth", [], 190, 12, "solid, dot: mean squared error = bias² + variance"),
            label("old", [], 190, 32, "dashed, square: bias², the critic's error"),
            label("new", [], 190, 52, "dotted, triangle: variance"),
            label("good", [], 190, 72, "diamond: the best lambda"),
        ], 756, 232,
    )  # fmt: skip
    return Explorer(
        title="Lambda dial: GAE between one step and the whole return",
        formula="A_t = delta_t + gamma lambda A_{t+1}",
        look_for="Make the critic better, then worse: where does the diamond go, and "
        "how does the dotted curve start?",
        sliders=(LAMBDA, ERROR),
        rows=lambda_dial_table(),
        headline=(
            "lambda = {gae_lambda}: mean squared error {total}; least {least} at lambda = {best}",
            "bias² {bias} + variance {variance}; the critic errs by {error}",
        ),
        drawing=drawing,
        choice=DISCOUNTED,
        along=ALONG,
    )


def lambda_dial_table() -> Table:
    """Tabulate GAE's exact errors along lambda in the corridor, one row per critic and discount."""
    by_discount = [_dial_rows(discounted) for discounted in DISCOUNTED.positions]
    return [row for pair in zip(*by_discount, strict=True) for row in pair]


def _dial_rows(discounted: bool) -> Table:
    """Tabulate one row per critic."""
    mdp = replace(corridor_mdp(), horizon=HORIZON, gamma=0.9 if discounted else 1.0)
    logits = torch.zeros_like(mdp.reward)
    logits[:, CORRIDOR_ACTIONS.index("go")] = GO_LOGIT
    critics = torch.stack([critic_error(mdp, logits, size) for size in ERROR.positions])
    bias, variance = (errors.T for errors in gae_errors(mdp, logits, critics, LAMBDA.positions))
    total = bias + variance
    best = total.argmin(-1).tolist()
    return [
        {
            ERROR.name: error,
            DISCOUNTED.name: discounted,
            "best": LAMBDA.positions[best[k]],
            "least": number(float(total[k, best[k]]), 4),
            "gae_lambda": list(LAMBDA.positions),
            "bias": numbers(bias[k], 4),
            "variance": numbers(variance[k], 4),
            "total": numbers(total[k], 4),
        }
        for k, error in enumerate(ERROR.positions)
    ]
