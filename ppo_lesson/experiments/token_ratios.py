"""An experiment, recorded: the ratios of four sentences, token by token, in one iteration of PPO.

A policy that has been aligned for a few iterations writes a rollout. Copies of it take gradient
steps on that rollout, each with another epsilon of the clip, and after each step the tokens of four
of its responses are scored.

Training amplifies the last digits in which machines differ, so the result is stored beside this
module; `python -m ppo_lesson experiments token_ratios` makes it again.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.experiments import running as experiments
from ppo_lesson.experiments.alignment import Problem, pose
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.model import LanguageModel, respond
from ppo_lesson.language.rlhf import SentenceBatch, align, make_batch, rewards, take_step
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.interrupts import whole
from ppo_lesson.worlds import grammar

STORED = Path(__file__).with_name("token_ratios.json")
COMMAND = "python -m ppo_lesson experiments token_ratios"
SEED = 0
ITERATIONS_BEFORE = 4  # of ordinary training, until the critic knows something
NUM_GRADIENT_STEPS = 16  # gradient steps on the one rollout, all of it in each
EPSILONS = tuple(round(0.05 * k, 2) for k in range(1, 7))
RESPONSES = (
    ("sea", "calm sea sings."),
    ("sea", "the wild sea sings"),
    ("cat", "calm cat sleeps."),
    ("cat", "the storm sings."),
)
"""Prompt and response: of each prompt one that is to become likelier, and one rarer."""


@dataclass(frozen=True)
class Track:
    """What became of one response under one epsilon; K gradient steps, so K + 1 rows, T tokens."""

    prompt: str
    response: str
    clip_epsilon: float
    score: float  # of the reward model, on the judge's level
    words: list[str]  # (T,)
    advantage: list[float]  # (T,) normalised
    log_prob: list[list[float]]  # (K + 1, T) the first row is the old policy's


def start(
    problem: Problem, num_iterations: int = ITERATIONS_BEFORE
) -> tuple[LanguageModel, SentenceBatch, Tensor]:
    """Align for some iterations and write one more rollout.

    Returns:
        The policy, its rollout of B responses, and the reward model's scores (B,) on the judge's
        level, on which score and true reward have the same mean under the reference.
    """
    config = replace(RLHFConfig(), num_iterations=check_count("num_iterations", num_iterations))
    model = whole(align(problem.reference, problem.reward_model, config, seed=SEED)).policy
    prompt = torch.arange(config.num_responses) % len(grammar.PROMPTS)
    said = respond(model, prompt, torch.Generator().manual_seed(SEED + 1))
    _, _, reward = rewards(problem.reference, problem.reward_model, said, config.beta)
    with torch.no_grad():
        scores = problem.judge().score(said.prompt, said.token)
    return model, make_batch(model, said, reward, config), scores


def follow(
    model: LanguageModel, batch: SentenceBatch, clip_epsilon: float, num_gradient_steps: int
) -> Tensor:
    """Take gradient steps on a rollout, as `rlhf.align` does; the model given stays as it is.

    Args:
        model: the policy that wrote the rollout.
        batch: the rollout of B responses, T tokens at most.
        clip_epsilon: of the clip.
        num_gradient_steps: K, each on the whole rollout.

    Returns:
        (K + 1, B, T) log-probabilities of the tokens before the first step and after each, float64.
    """
    num_gradient_steps = check_count("num_gradient_steps", num_gradient_steps, 0)
    model = copy.deepcopy(model)
    config = replace(RLHFConfig(), clip_epsilon=clip_epsilon)
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
    everything = torch.arange(len(batch.said.token))
    found = [_log_prob(model, batch)]
    for _ in range(num_gradient_steps):
        take_step(model, optimizer, batch, everything, config)
        found.append(_log_prob(model, batch))
    return torch.stack(found)


@torch.no_grad()
def _log_prob(model: LanguageModel, batch: SentenceBatch) -> Tensor:
    return copy.deepcopy(model).double().log_prob(batch.said.prompt, batch.said.token)


def find(batch: SentenceBatch, prompt: str, response: str) -> int:
    """Return the index of a response in a rollout.

    Raises:
        ValueError: the rollout does not hold it.
    """
    said = batch.said
    for index in (said.prompt == grammar.PROMPTS.index(prompt)).nonzero().flatten().tolist():
        if grammar.text(said.token[index]) == response:
            return index
    raise ValueError(f"response: expected one of the rollout to {prompt!r}, got {response!r}")


def _run(clip_epsilon: float, seed: int) -> list[dict[str, Any]]:
    """Follow the four responses of a rollout under one epsilon: a `Track` each, as a dict."""
    model, batch, scores = _beginning(seed)
    log_prob = follow(model, batch, clip_epsilon, NUM_GRADIENT_STEPS)
    tracks = []
    for prompt, response in RESPONSES:
        k = find(batch, prompt, response)
        real = batch.said.mask[k]
        words = [grammar.WORDS[token] for token in batch.said.token[k][real].tolist()]
        score = round(scores[k].item(), 2)
        numbers = _rounded(batch.advantage[k][real]), _rounded(log_prob[:, k, real])
        tracks.append(asdict(Track(prompt, response, clip_epsilon, score, words, *numbers)))
    return tracks


def _rounded(numbers: Tensor) -> list[Any]:
    return (numbers.double() * 1e4).round().div(1e4).tolist()


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": asdict(RLHFConfig()),
        "seed": SEED,
        "iterations_before": ITERATIONS_BEFORE,
        "num_steps": NUM_GRADIENT_STEPS,
        "epsilons": list(EPSILONS),
        "responses": [list(pair) for pair in RESPONSES],
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each epsilon."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(_run, {"clip_epsilon": EPSILONS}, [SEED])
    return {f"epsilon {epsilon:g}": tracks for (epsilon,), (tracks,) in found.items()}


@cache  # one beginning for all epsilons
def _beginning(seed: int) -> tuple[LanguageModel, SentenceBatch, Tensor]:
    return start(pose(seed))


def read(path: Path = STORED) -> list[Track]:
    """Read the stored experiment: one entry per epsilon and response."""
    entries = experiments.read(path)[1].values()
    return [Track(**track) for tracks in entries for track in tracks]
