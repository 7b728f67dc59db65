"""Explorer of notebook 12: what a token is worth when responses differ in length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import (
    Json,
    Table,
    axis,
    field,
    filtered,
    label,
    layer,
    level,
    panel,
    short,
)
from ppo_lesson.maths import (
    fixed_length_loss,
    group_relative_advantage,
    policy_ratio,
    response_mean_loss,
    token_mean_loss,
)
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.palette import COLORS

Loss = Callable[[Tensor, Tensor], Tensor]

LONGEST = 8  # tokens; also the constant by which Dr. GRPO divides
RIGHT = Slider("right", "tokens of the right answer", 1, LONGEST, 1, 4)
WRONG = Slider("wrong", "tokens of the wrong answer", 1, LONGEST, 1, 4)
POOLED = Choice("pooled", "the loss averages over", ("each answer first", "all tokens at once"))
REWARD = (1.0, 0.0)  # of the two answers, which are a group
MOST = 0.56  # of the vertical axis: a token that is alone has half of the batch
DIGITS = 3


def length_bias() -> Explorer:
    """Show how hard the loss pushes at each token of a right and of a wrong answer."""
    x = axis("place", "token of the answer", 0.4, LONGEST + 0.6, ticks=list(range(1, LONGEST + 1)))
    y = axis("push", "push at the token's log-probability", -MOST, MOST,
             ticks=[-0.4, -0.2, 0, 0.2, 0.4])  # fmt: skip
    constant = pushes([LONGEST, LONGEST], _constant)[0]
    drawing = panel(x, y, [
        _tokens("right", "up", {"color": COLORS["good"]}),
        _tokens("wrong", "down", {"color": COLORS["bad"], "filled": False, "strokeWidth": 2.5}),
        level("truth", 0),
        level("quiet", constant, strokeDash=[2, 4], strokeWidth=2.5),
        level("quiet", -constant, strokeDash=[2, 4], strokeWidth=2.5),
        label("good", [], 330, 12, "filled, upwards: the right answer's tokens become likelier"),
        label("quiet", [], 330, 54, f"dotted: if the loss divides by a constant, {LONGEST}"),
        label("bad", [], 330, 218, "hollow, downwards: the wrong answer's become rarer"),
    ], 756, 232)  # fmt: skip
    return Explorer(
        title="Length bias: what a token is worth",
        formula="push_{it} = -dL / d log pi_{it} = A_i times the weight of the token in the loss",
        look_for="Make the wrong answer longer, token by token: what happens to each, and to all "
        "together? Then pool the tokens.",
        sliders=(RIGHT, WRONG),
        rows=length_bias_table(),
        headline=(
            "right answer: {right} of {up}, in all {up_total}; wrong answer: {wrong} of {down}, "
            "in all {down_total}",
            "advantages +1 and -1, a batch of these two; by the constant, each token would have "
            "{constant}",
        ),
        drawing=drawing,
        choice=POOLED,
    )


def length_bias_table() -> Table:
    """Tabulate the push at a token and at a whole answer: one row per two lengths and loss."""
    return [
        _row(right, wrong, pooled)
        for right in map(int, RIGHT.positions)
        for wrong in map(int, WRONG.positions)
        for pooled in POOLED.positions
    ]


def pushes(lengths: list[int], loss: Loss) -> list[float]:
    """Ask autograd how hard a loss pushes at each token of each answer, at theta = theta_old.

    Args:
        lengths: of the right and of the wrong answer.
        loss: turns (B, T) losses of tokens and their mask into one number.

    Returns:
        For each answer, minus the derivative by the log-probability of one token; all of an
        answer's tokens have the same.
    """
    right, wrong = (check_count("lengths", length) for length in lengths)
    lengths = [right, wrong]
    mask = torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)
    log_prob = torch.full(mask.shape, -1.0, dtype=torch.float64, requires_grad=True)
    ratio = policy_ratio(log_prob.flatten(), log_prob.detach().flatten()).view_as(log_prob)
    advantage = group_relative_advantage(torch.tensor([REWARD], dtype=torch.float64)).T
    (gradient,) = torch.autograd.grad(loss(-advantage * ratio, mask), log_prob)
    return (-gradient[:, 0]).tolist()


def _constant(token_loss: Tensor, mask: Tensor) -> Tensor:
    return fixed_length_loss(token_loss, mask, LONGEST)


def _row(right: int, wrong: int, pooled: bool) -> dict[str, Any]:
    lengths = [right, wrong]
    up, down = pushes(lengths, token_mean_loss if pooled else response_mean_loss)
    return {
        RIGHT.name: right,
        WRONG.name: wrong,
        POOLED.name: pooled,
        "push_up": short(up, DIGITS),
        "push_down": short(down, DIGITS),
        "up": f"{up:+.4f}",
        "down": f"{down:+.4f}",
        "up_total": f"{right * up:+.2f}",
        "down_total": f"{wrong * down:+.2f}",
        "constant": f"{pushes(lengths, _constant)[0]:.4f}",
    }


def _tokens(count: str, way: str, look: Json) -> Json:
    """Draw one bar per token of an answer, from 0 to the push at it."""
    each = [
        {"calculate": f"sequence(1, datum.{count} + 1)", "as": "place"},
        {"flatten": ["place"]},
        {"calculate": "datum.place - 0.44", "as": "left"},
        {"calculate": "datum.place + 0.44", "as": "far"},
    ]
    mark = {"type": "bar", "clip": True, "aria": False} | look
    return layer(mark, [*each, *filtered(f"datum.{count} > 0")], x=field("left"), x2=field("far"),
                 y=field(f"push_{way}"), y2={"datum": 0})  # fmt: skip
