"""Explorers of notebook 05: the surrogate's cliff, and many epochs on one batch of CartPole."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import torch

from ppo_lesson.experiments import explosion
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.sliders import Choice, Slider
from ppo_lesson.explorers.vega import (
    Json,
    Table,
    axis,
    bars,
    filtered,
    flatten,
    label,
    layer,
    line,
    number,
    numbers,
    panel,
    points,
    short,
    spread_out,
    vertical,
)
from ppo_lesson.palette import COLORS
from ppo_lesson.worlds.surrogates import (
    OneParameter,
    bandit_world,
    cliff_world,
    sampled_surrogates,
)

THETA = Slider("theta", "θ (the current policy)", -2, 6, 0.25, 0)
OLD_THETA = Slider("old_theta", "θ_old (the policy that acted)", -2, 4, 1, 0)
BANDIT = Choice("bandit", "world", ("two steps, the cliff", "one step, a bandit"))
EPISODES = 100  # in one sample of the surrogate
NUM_SURROGATES = 200  # samples, of which the band holds nine in ten
THETA_ENDS = (-2.1, 6.1)  # of the axis
BAND = torch.tensor([0.05, 0.95], dtype=torch.float64)
CLIFF_ALONG = ("theta", "truth", "promise", "low", "high", "worth")


def surrogate_cliff() -> Explorer:
    """Show what the surrogate promises away from theta_old, and what is true there."""
    return Explorer(
        title="The surrogate's cliff",
        formula="J(θ) against J(θ_old) + L_IS(θ; θ_old)",
        look_for="Move θ: the truth is drawn as far as you have come. How far do you trust "
        "the promise? Then move θ_old.",
        sliders=(THETA, OLD_THETA),
        rows=surrogate_cliff_table(),
        headline=(
            "θ = {theta}: the surrogate promises {promise}, the truth is {truth}",
            "slopes at θ_old = {old_theta}: {slope} of J, {surrogate_slope} of L_IS; "
            f"{EPISODES} episodes are worth {{worth}}",
        ),
        drawing={"vconcat": [_cliff(), _cliff_worth()], "spacing": 30, "bounds": "flush"},
        choice=BANDIT,
        along=CLIFF_ALONG,
    )


def _cliff() -> Json:
    here = THETA.here(*CLIFF_ALONG)
    curve = flatten("theta", "truth", "promise", "low", "high")
    # What is true to the right of both policies is what the reader is asked to guess.
    known = filtered(f"datum.theta < max(toNumber(theta), datum.old_theta) + {THETA.step / 2}")
    band = {"type": "area", "color": COLORS["light"], "opacity": 0.35, "clip": True}
    layers = [
        layer(band, curve, x={"field": "theta"}, y={"field": "low"}, y2={"field": "high"}),
        line("truth", [*curve, *known], "theta", "truth"),
        line("new", curve, "theta", "promise", strokeDash=[9, 5]),
        vertical("quiet", here, "theta", strokeDash=[4, 4]),
        points("truth", here, "theta", "truth", size=150, shape="square"),
        points("new", here, "theta", "promise", size=170),
        label("truth", [], 14, 96, "J: the truth (solid, square)"),
        label("new", [], 14, 116, "J_old + L_IS: the promise (dashed, dot)"),
        label("light", [], 14, 136, f"band: nine in ten samples of {EPISODES} episodes"),
        # Hollow and on top: at the start all three marks stand on one another.
        points(
            "old",
            [],
            "old_theta",
            "old_value",
            size=420,
            shape="diamond",
            filled=False,
            strokeWidth=3,
        ),
        label("old", [], "old_theta", "old_value", "θ_old", dx=10, dy=20),
    ]
    x = axis("theta", "", *THETA_ENDS, ticks=list(range(-2, 7)))
    y = axis("truth", "expected return", -3.3, 1.5, ticks=[-3, -2, -1, 0, 1])
    return panel(x, y, layers, 756, 150)


def _cliff_worth() -> Json:
    here = THETA.here(*CLIFF_ALONG)
    layers = [
        line("weight", flatten("theta", "worth"), "theta", "worth"),
        vertical("quiet", here, "theta", strokeDash=[4, 4]),
        points("weight", here, "theta", "worth", size=150),
    ]
    x = axis("theta", "θ", *THETA_ENDS, ticks=list(range(-2, 7)))
    y = axis("worth", "ESS", 0.1, 130, type="log", ticks=[0.1, 1, 10, 100])
    return panel(x, y, layers, 756, 54)


def surrogate_cliff_table() -> Table:
    """Tabulate truth, promise, sampled promises and ESS along theta, one row per theta_old."""
    worlds = (cliff_world(), bandit_world())
    return [
        _cliff_row(worlds[bandit], old_theta) | {BANDIT.name: bandit}
        for old_theta in OLD_THETA.positions
        for bandit in BANDIT.positions
    ]


def _cliff_row(world: OneParameter, old_theta: float) -> dict[str, Any]:
    old = torch.tensor(old_theta, dtype=torch.float64, requires_grad=True)
    truth_there, promise_there = world.truth(old), world.promise(old, old)
    slope, surrogate_slope = (
        float(torch.autograd.grad(f, old)[0]) for f in (truth_there, promise_there)
    )
    theta = torch.tensor(THETA.positions, dtype=torch.float64)
    with torch.no_grad():
        truth, promise = world.truth(theta), world.promise(theta, old)
        worth = world.effective_share(theta, old)
        generator = torch.Generator().manual_seed(0)
        gains = sampled_surrogates(
            world.mdp, world.logits(old), NUM_SURROGATES, EPISODES, generator
        )
        sampled = torch.vmap(lambda point: gains(world.logits(point)))(theta)
        low, high = truth_there + sampled.quantile(BAND, dim=-1)
    row = {
        "theta": list(THETA.positions),
        "truth": numbers(truth, 3),
        "promise": numbers(promise, 3),
        "low": numbers(low, 2),
        "high": numbers(high, 2),
        "worth": [short(EPISODES * float(share), 2) for share in worth],
    }
    return row | {
        OLD_THETA.name: old_theta,
        "old_value": number(float(truth_there.detach()), 3),
        "slope": f"{slope:.4f}",
        "surrogate_slope": f"{surrogate_slope:.4f}",
    }


EPOCH = Slider("epoch", "epochs on one batch", 0, explosion.NUM_EPOCHS, 1, 0)
STEP_SIZE = Slider("step_size", "step size of Adam", explosion.STEP_SIZES[0],
                   explosion.STEP_SIZES[-1], 0.012, 0.018)  # fmt: skip
NOISE = Choice("noise", "advantages", ("the batch's own", "pure noise"))
EXPLOSION_ALONG = (
    "epoch",
    "samples",
    "median",
    "lost",
    "log_largest",
    "largest",
    "worth",
    "share",
    "promise",
    "fresh",
)


def ratio_explosion() -> Explorer:
    """Show what many epochs on one batch do to the ratios, the promise and the return."""
    return Explorer(
        title="Many epochs on one batch of CartPole, without a clip",
        formula="r = π_θ(a|s) / π_old(a|s)",
        look_for="Add epochs: how long do the batch, fresh samples and the return agree? Then "
        "change the advantages.",
        sliders=(EPOCH, STEP_SIZE),
        rows=ratio_explosion_table(),
        headline=(
            "mean of r A: {promise} on the batch, {fresh} on fresh samples; return {median}",
            "medians; {lost} of {num_runs} runs below 50. First run: largest ratio {largest}; "
            "{num_samples} samples are worth {worth}; 1 % hold {share} % of the pull",
        ),
        drawing={"hconcat": [_ratios(), _returns()], "spacing": 84, "bounds": "flush"},
        choice=NOISE,
        along=EXPLOSION_ALONG,
    )


def _ratios() -> Json:
    here = EPOCH.here(*EXPLOSION_ALONG)
    first, last = explosion.BINS[0], explosion.BINS[-1]
    layers = [
        bars(here + spread_out("samples", "log_ratio", first, 1), "log_ratio", "samples"),
        vertical("weight", here, "log_largest", strokeDash=[9, 4, 2, 4], strokeWidth=3),
        label("weight", [], 12, 34, "dash-dotted: the largest ratio"),
        label("quiet", [], 12, 14, "left: rarer than before"),
    ]
    x = axis("log_ratio", "log-ratio of an action, in nats", first - 0.5, last + 0.5,
             ticks=[-20, -15, -10, -5, 0, 5])  # fmt: skip
    y = axis("samples", "share, % (square-root scale)", 0, 100, type="sqrt",
             ticks=[0, 1, 5, 20, 50, 100])  # fmt: skip
    return panel(x, y, layers, 390, 232)


def _returns() -> Json:
    here = EPOCH.here(*EXPLOSION_ALONG)
    trained = filtered(f"datum.epoch < toNumber(epoch) + {EPOCH.step / 2}")
    # One row per run, then one per run and epoch.
    runs = [*flatten("returns"), {"window": [{"op": "row_number", "as": "run"}]},
            *flatten("returns", "epoch"), *trained]  # fmt: skip
    each = line("light", runs, "epoch", "returns", strokeWidth=1.5)
    each["encoding"]["detail"] = {"field": "run"}
    layers = [
        each,
        line("new", [*flatten("epoch", "median"), *trained], "epoch", "median"),
        vertical("quiet", here, "epoch", strokeDash=[4, 4]),
        points("new", here, "epoch", "median", size=190),
        label("light", [], 270, 84, "thin: one run each", align="right"),
        label("new", [], 270, 104, "bold: their median", align="right"),
    ]
    x = axis("epoch", "epochs on one batch", 0, 20.4, ticks=[0, 5, 10, 15, 20])
    y = axis("median", "return of the policy now", 0, 515, ticks=[0, 100, 200, 300, 400, 500])
    return panel(x, y, layers, 282, 232)


def ratio_explosion_table() -> Table:
    """Arrange the stored experiment: one row per step size, own advantages and noise.

    The batches are those of the policies that are still learning, the objective is the plain one.
    """
    plain = [x for x in explosion.read() if x.batch == "learning" and not x.clipped]
    return [_explosion_row(x) for x in sorted(plain, key=lambda x: (x.step_size, x.noise))]


def _explosion_row(entry: explosion.Explosion) -> dict[str, Any]:
    epochs = range(len(entry.counts))

    def medians(runs: list[list[float]], digits: int) -> list[float | None]:
        return [number(median(run[epoch] for run in runs), digits) for epoch in epochs]

    return {
        STEP_SIZE.name: entry.step_size,
        NOISE.name: entry.noise,
        "num_samples": entry.num_samples,
        "num_runs": len(entry.returns),
        "returns": [numbers(run, 0) for run in entry.returns],
        "epoch": list(epochs),
        "samples": [
            numbers([100 * count / entry.num_samples for count in counts], 1)
            for counts in entry.counts
        ],
        "median": medians(entry.returns, 0),
        "lost": [sum(run[epoch] < 50 for run in entry.returns) for epoch in epochs],
        "log_largest": numbers([math.log(ratio) for ratio in entry.largest_ratio[0]], 2),
        "largest": [short(ratio, 3) for ratio in entry.largest_ratio[0]],
        "worth": numbers(entry.effective_sample_size[0], 0),
        "share": numbers([100 * share for share in entry.gradient_share[0]], 0),
        "promise": medians(entry.promise, 3),
        "fresh": medians(entry.fresh_promise, 3),
    }
