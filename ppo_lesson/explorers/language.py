"""Explorer of notebook 10: the ratios of a sentence's tokens, their product, and the clip."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ppo_lesson.experiments import token_ratios as recorded
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import (
    INK,
    Json,
    Table,
    axis,
    filtered,
    flatten,
    label,
    layer,
    level,
    line,
    number,
    panel,
    points,
    short,
)
from ppo_lesson.maths import clipped_surrogate_loss, policy_ratio
from ppo_lesson.palette import COLORS

STEP = Slider("step", "gradient steps on this rollout", 0, recorded.NUM_GRADIENT_STEPS, 1, 0)
EPSILON = Slider("clip_epsilon", "epsilon (half-width of the clip)", recorded.EPSILONS[0],
                 recorded.EPSILONS[-1], 0.05, 0.2)  # fmt: skip
CAT = Choice("cat", "prompt", ("sea", "cat"))
SIDES = ("good", "bad")  # the left response and the right one
MOVING = ("ratio", "push", "product", "total", "silent")
ALONG = ("step", *(f"{side}_{what}" for side in SIDES for what in MOVING))
NUM_TOKENS = 4  # of each of these responses
WIDTH, HEIGHT = 254, 232
KEY_WIDTH = 216
LOWEST, HIGHEST = 0.08, 11.0  # of the axis; its upper part is for words
MOST = 5.1  # of the horizontal axis, on which token t stands at t + 1


def token_ratios() -> Explorer:
    """Show the ratios of two responses token by token as a policy takes step after step."""
    return Explorer(
        title="Token ratios: two sentences in the fifth iteration of PPO",
        formula="r_t = pi_theta(a_t|s_t) / pi_old(a_t|s_t), product of all: the sentence's ratio",
        look_for="Count the gradient steps up. Which tokens does the clip silence, and where does "
        "the product go?",
        sliders=(STEP, EPSILON),
        rows=token_ratios_table(),
        headline=(
            'step {step}: "{good_text}" is {good_total} times as likely as at first, "{bad_text}" '
            "{bad_total} times",
            "silenced by the clip: on the left {good_silent}; on the right {bad_silent}",
        ),
        drawing={
            "hconcat": [*(_response(side) for side in SIDES), _key()],
            "spacing": 16,
            "bounds": "flush",
        },
        choice=CAT,
        along=ALONG,
    )


def token_ratios_table() -> Table:
    """Arrange the stored experiment of `training.token_ratios`: one row per epsilon and prompt."""
    tracks = {(track.clip_epsilon, track.response): track for track in recorded.read()}
    rows = []
    for epsilon in EPSILON.positions:
        for cat in CAT.positions:
            pair = [text for prompt, text in recorded.RESPONSES if prompt == CAT.options[cat]]
            row = {EPSILON.name: epsilon, CAT.name: cat, "step": list(STEP.positions)}
            row |= {"low": number(1 - epsilon, 3), "high": number(1 + epsilon, 3)}
            for side, text in zip(SIDES, pair, strict=True):
                entries = _columns(tracks[epsilon, text], side)
                row |= {f"{side}_{name}": entry for name, entry in entries.items()}
            rows.append(row)
    return rows


def _columns(track: recorded.Track, side: str) -> dict[str, Any]:
    """Measure one response under one epsilon: K + 1 steps of T tokens."""
    log_prob = torch.tensor(track.log_prob, dtype=torch.float64)
    old_log_prob = log_prob[:1].expand_as(log_prob)
    advantage = torch.tensor(track.advantage, dtype=torch.float64).expand_as(log_prob)
    ratio = policy_ratio(log_prob.flatten(), old_log_prob.flatten()).view_as(log_prob)
    push = _push(log_prob, old_log_prob, advantage, track.clip_epsilon)
    return {
        "text": track.response,
        "title": f'a {side} answer to "{track.prompt}": score {track.score:+.1f}',
        "word": track.words,
        "advantage": [f"{value:+.2f}" for value in track.advantage],
        "ratio": [[short(value, 3) for value in row] for row in ratio.tolist()],
        "push": [[int(way) for way in row] for row in push.tolist()],
        "product": [[1, *(short(p, 3) for p in row)] for row in ratio.cumprod(-1).tolist()],
        "total": [f"{value:.2f}" for value in ratio.prod(-1).tolist()],
        "silent": [_listed(track.words, row) for row in push.tolist()],
    }


def _push(log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float) -> Tensor:
    """Ask autograd where PPO's loss pushes each token: 1 likelier, -1 rarer, 0 nowhere."""
    current = log_prob.flatten().requires_grad_()
    loss = clipped_surrogate_loss(
        current, old_log_prob.flatten(), advantage.flatten(), clip_epsilon
    )
    return -torch.autograd.grad(loss, current)[0].sign().view_as(log_prob)


def _listed(words: list[str], push: list[float]) -> str:
    silent = [f'"{word}"' for word, way in zip(words, push, strict=True) if way == 0]
    return ", ".join(silent) or "no token"


def _response(side: str) -> Json:
    """Draw one response: a bar per token, and behind each bar the product so far."""
    x = axis("place", "", 0, MOST) | {"axis": None}
    y = axis("ratio", "ratio, current / old (log scale)", LOWEST, HIGHEST, type="log",
             ticks=[0.1, 0.2, 0.5, 1, 2, 4])  # fmt: skip
    if side == "bad":
        y["axis"] |= {"title": None, "labels": False, "ticks": False, "domain": False}
    band = {"type": "rect", "color": COLORS["light"], "opacity": 0.3}
    layers = [
        layer(band, [], x=None, y={"field": "low"}, y2={"field": "high"}),
        level("quiet", 1),
        *_bars(side),
        *_product(side),
        *_words(side),
    ]
    return panel(x, y, layers, WIDTH, HEIGHT)


def _key() -> Json:
    """Say what is what, in a column of its own: anywhere else it would lie on some position."""
    entries = [
        ("new", "r, bar: ratio of the token"),
        ("light", "band: 1 - epsilon to 1 + epsilon"),
        ("good", "arrow: where the gradient\npushes the token"),
        ("quiet", "hollow: silenced, no gradient"),
        ("weight", "diamonds: product of the\nratios so far"),
        ("quiet", "A: advantage of the token"),
    ]
    layers, top = [], 34
    for role, words in entries:
        layers.append(label(role, [], 0, top, words, lineBreak="\n", baseline="top"))
        top += 12 + 18 * (1 + words.count("\n"))
    return {"width": KEY_WIDTH, "height": HEIGHT, "layer": layers}


def _tokens(side: str) -> list[Json]:
    """Turn the present step into one row per token, at its place."""
    names = [f"{side}_{what}" for what in ("ratio", "push", "word", "advantage")]
    return [
        *STEP.here(*ALONG),
        *flatten(*names),
        {"window": [{"op": "row_number", "as": "token"}]},
        {"calculate": "datum.token - 0.12", "as": "place"},
    ]


def _bars(side: str) -> list[Json]:
    tokens, ratio, push = _tokens(side), f"{side}_ratio", f"{side}_push"
    ends = [
        {"calculate": "datum.token - 0.42", "as": "left"},
        {"calculate": "datum.token - 0.06", "as": "right"},
    ]
    tip = {"calculate": f"datum.{ratio} * pow(1.28, datum.{push})", "as": "tip"}
    beside = {"calculate": "datum.token + 0.09", "as": "beside"}  # the bar's end stays in view
    bar = {"type": "bar", "color": COLORS["new"], "clip": True, "aria": False}
    hollow = {"type": "bar", "filled": False, "color": INK["quiet"], "strokeWidth": 2.5,
              "strokeDash": [5, 4], "clip": True, "aria": False}  # fmt: skip
    place = {"x": {"field": "left"}, "x2": {"field": "right"}, "y": {"field": ratio},
             "y2": {"datum": 1}}  # fmt: skip
    pushed = [*tokens, *filtered(f"datum.{push} != 0"), tip, beside]
    shaft = {"type": "rule", "color": COLORS["good"], "strokeWidth": 4, "clip": True}
    head = {"type": "point", "filled": True, "color": COLORS["good"], "size": 130, "opacity": 1,
            "clip": True, "aria": False}  # fmt: skip
    length = {"x": {"field": "beside"}, "y": {"field": ratio}, "y2": {"field": "tip"}}
    shape = {"condition": {"test": f"datum.{push} > 0", "value": "triangle-up"},
             "value": "triangle-down"}  # fmt: skip
    return [
        layer(bar, [*tokens, *filtered(f"datum.{push} != 0"), *ends], **place),
        layer(hollow, [*tokens, *filtered(f"datum.{push} == 0"), *ends], **place),
        layer(shaft, pushed, **length),
        layer(head, pushed, x={"field": "beside"}, y={"field": "tip"}, shape=shape),
    ]


def _product(side: str) -> list[Json]:
    product = f"{side}_product"
    so_far = [
        *STEP.here(*ALONG),
        *flatten(product),
        {"window": [{"op": "row_number", "as": "count"}]},
        {"calculate": "datum.count - 0.64", "as": "place"},
        # A product below the axis stands at its lower end; the number beside it is the right one.
        {"calculate": f"max(datum.{product}, {LOWEST * 1.08})", "as": "height"},
    ]
    last = [*so_far, *filtered(f"datum.count == {NUM_TOKENS + 1}")]
    return [
        line("weight", so_far, "place", "height", strokeWidth=2.5),
        points("weight", so_far, "place", "height", shape="diamond", size=120),
        label("weight", last, "place", "height", "", field=f"{side}_total", dx=4,
              dy=-15, fontWeight="bold"),
    ]  # fmt: skip


def _words(side: str) -> list[Json]:
    """Write the sentence below its bars and the numbers above and below them."""
    tokens, middle = _tokens(side), {"align": "center"}
    ratio = label("new", tokens, "place", 36, "", field=f"{side}_ratio", **middle)
    ratio["encoding"]["text"] |= {"type": "quantitative", "format": ".2f"}
    return [
        label("truth", [], 4, 12, "", field=f"{side}_title"),
        label("new", [], 4, 36, "r"),
        ratio,
        label("truth", tokens, "place", HEIGHT + 16, "", field=f"{side}_word", fontWeight="bold",
              **middle),
        label("quiet", [], 4, HEIGHT + 36, "A"),
        label("quiet", tokens, "place", HEIGHT + 36, "", field=f"{side}_advantage", **middle),
    ]  # fmt: skip
