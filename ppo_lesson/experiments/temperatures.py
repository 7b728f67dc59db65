"""An experiment, recorded: responses drawn at a temperature, and three ways to score them.

PPO aligns the small language model with its usual settings, in half as many iterations. Responses
are drawn at temperature T, and the log-probabilities of the ratio and of the price come from the
plain softmax, from the distribution that drew (of the old policy; the current one is scored by the
softmax), or from models whose logits are all divided by T. Five seeds of each, from the problems of
`alignment`. It takes about ten minutes, so the result is stored beside this module;
`python -m ppo_lesson experiments temperature` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.experiments.alignment import NUM_PAIRS, NUM_SEEDS, Problem, seen
from ppo_lesson.experiments.rivals import pose
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.model import LanguageModel, Responses, respond
from ppo_lesson.language.rlhf import align
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_positive, check_seed
from ppo_lesson.training.interrupts import whole
from ppo_lesson.worlds import grammar

STORED = Path(__file__).with_name("temperature.json")
COMMAND = "python -m ppo_lesson experiments temperature"
TEMPERATURES = (0.7, 1.0, 2.0)
WAYS = ("softmax", "as drawn", "all divided")
CLIP_OFF = "as drawn, clip off"  # the control: is it the clip that stops it?
WIDE = 0.999  # half-width of a clip that is all but off
NUM_ITERATIONS = 25
NUM_FIRST = 1000  # responses to each prompt, for the ratios before the first step
Draw = Callable[[LanguageModel, Tensor, torch.Generator], Responses]


def settings() -> RLHFConfig:
    """Return those of every run but the control."""
    return RLHFConfig(num_iterations=NUM_ITERATIONS)


def divided(model: LanguageModel, temperature: float) -> LanguageModel:
    """Return a copy whose logits are divided by a temperature above 0, for good."""
    check_positive(temperature=temperature)
    copy = model.copy()
    with torch.no_grad():
        for parameter in copy.actor_head.parameters():
            parameter /= temperature
    return copy


def drawing(temperature: float, *, scored_as_drawn: bool) -> Draw:
    """Make a function that draws at a temperature, and scores as it drew or by the softmax."""

    def draw(model: LanguageModel, prompt: Tensor, generator: torch.Generator) -> Responses:
        said = respond(model, prompt, generator, temperature=temperature)
        if scored_as_drawn:
            return said
        with torch.no_grad():
            log_prob = model.log_prob(prompt, said.token).masked_fill(~said.mask, 0.0)
        return Responses(prompt, said.token, said.mask, log_prob)

    return draw


def first_ratios(model: LanguageModel, draw: Draw, seed: int = 0) -> Tensor:
    """Return the ratios of a rollout's real tokens before any step, current over old: (N,)."""
    generator = torch.Generator().manual_seed(check_seed(seed))
    prompt = torch.arange(len(grammar.PROMPTS)).repeat_interleave(NUM_FIRST)
    said = draw(model, prompt, generator)
    with torch.no_grad():
        log_prob = model.log_prob(prompt, said.token)[said.mask]
    return maths.policy_ratio(log_prob, said.log_prob[said.mask])


def run(
    problem: Problem, way: str, temperature: float, seed: int, config: RLHFConfig | None = None
) -> dict[str, Any]:
    """Train once.

    Args:
        problem: reference, pairs and reward model.
        way: one of WAYS, or CLIP_OFF.
        temperature: of the draws, above 0.
        seed: of the training.
        config: the settings; by default those of `settings`.

    Returns:
        "first outside": share of the first token ratios outside 0.8 to 1.2; "logged kl":
        what the last iteration's log says; "writes" and "plain": what the policy is worth that
        drew, and the same network at temperature 1, as dicts of `judge.Worth`; "own gap": the gap
        closed where the reference is the one of the price.
    """
    seed, config = check_seed(seed), config or settings()
    half_width = config.clip_epsilon
    judge = problem.judge(config.beta)
    reference, draw, at = problem.reference, drawing(temperature, scored_as_drawn=False), 1.0
    if way in ("as drawn", CLIP_OFF):
        draw = drawing(temperature, scored_as_drawn=True)
    if way == CLIP_OFF:
        config = replace(config, clip_epsilon=WIDE)
    if way == "all divided":
        reference, draw, at = divided(reference, temperature), respond, 1 / temperature
    outside = maths.clip_fraction(first_ratios(reference, draw), half_width)
    done = whole(align(reference, judge.score, config, seed=seed, draw=draw))
    own = Problem(reference, problem.pairs, problem.reward_model).judge(config.beta)
    writes = judge.log_prob(done.policy, temperature=at * temperature)
    plain = judge.log_prob(done.policy, temperature=at)
    return {
        "first outside": significant(outside.item(), 4),
        "logged kl": significant(done.history[-1].kl, 4),
        "writes": seen(judge.measure(writes)),
        "plain": seen(judge.measure(plain)),
        "own gap": significant(own.measure(own.log_prob(done.policy)).gap_closed, 4),
    }


def arms() -> list[tuple[str, float]]:
    """List way and temperature of every arm; at temperature 1 all ways are the same."""
    hot_or_cold = [t for t in TEMPERATURES if t != 1]
    pairs = [(WAYS[0], 1.0)] + [(way, t) for t in hot_or_cold for way in WAYS]
    return [*pairs, (CLIP_OFF, max(TEMPERATURES))]


def _name(way: str, temperature: float, seed: int) -> str:
    return f"temperature {temperature:g}, {way}, seed {seed}"


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": asdict(settings()),
        "wide": WIDE,
        "num_seeds": NUM_SEEDS,
        "num_pairs": NUM_PAIRS,
        "temperatures": list(TEMPERATURES),
        "ways": list(WAYS),
        "first": NUM_FIRST,
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each run."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(_run, {"arm": arms()}, range(NUM_SEEDS))
    return {
        _name(way, temperature, seed): runs[seed]
        for seed in range(NUM_SEEDS)
        for ((way, temperature),), runs in found.items()
    }


def _run(arm: tuple[str, float], seed: int) -> dict[str, Any]:
    way, temperature = arm
    return run(pose(seed), way, temperature, seed)


def read(way: str, temperature: float, path: Path = STORED) -> list[dict[str, Any]]:
    """Read what `run` has found for one arm, one entry per seed."""
    runs = experiments.read(path)[1]
    return [runs[_name(way, temperature, seed)] for seed in range(NUM_SEEDS)]


COLUMNS = (
    "drawn at",
    "scored",
    "first ratios outside",
    "KL logged",
    "KL of what writes",
    "gap closed",
)


def table(path: Path = STORED) -> list[list[Any]]:
    """Average the seeds of every arm: a row of COLUMNS each, the gap closed the arm's own.

    Where all logits are divided, the logged KL counts from the divided reference; that of what
    writes, from the plain one, would be of another kind, and has no place.
    """
    rows = []
    for way, temperature in arms():
        runs = read(way, temperature, path)
        outside, logged, closed = (
            sum(run[name] for run in runs) / len(runs)
            for name in ("first outside", "logged kl", "own gap")
        )
        writes = sum(run["writes"]["kl_to_ref"] for run in runs) / len(runs)
        kl = "-" if way == "all divided" else writes
        rows.append([temperature, way, outside, logged, kl, closed])
    return rows
