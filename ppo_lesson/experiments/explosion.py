"""An experiment, recorded: many epochs on one batch, with and without the clip.

A policy that has learned CartPole collects one batch. Copies of it take epoch after epoch of
gradient steps on that batch, with the plain surrogate or with the clipped one, and after each epoch
the ratios are measured and the policy plays fresh episodes.

It takes minutes, and training amplifies the last digits in which machines differ, so the result is
stored beside this module; `python -m ppo_lesson experiments explosion` makes it again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.importance import LOG_RATIO_LIMIT
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, TrainingResult
from ppo_lesson.training.experience import Player, evaluate, make_env, rollouts
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import make_batch, plain_surrogate_loss, ppo_update
from ppo_lesson.training.session import train

STORED = Path(__file__).with_name("explosion.json")
COMMAND = "python -m ppo_lesson experiments explosion"
STEP_SIZES = (0.006, 0.012, 0.018, 0.024, 0.03)
NUM_EPOCHS = 20
NUM_RUNS = 10
ITERATIONS_BEFORE = 30  # of ordinary PPO, until the pole stands
MINIBATCH_SIZE = 128
BINS = range(-20, 6)  # centres of the bins of log-ratios, one nat wide
TOP = 0.01  # of the samples, whose share of the gradient is measured
NUM_EPISODES = 16


@dataclass(frozen=True)
class Explosion:
    """What became of copies of a policy, epoch by epoch; E epochs, so E + 1 entries, R runs.

    Batch and starting policy differ from run to run. The histograms are of the first run.
    """

    step_size: float  # Adam's
    clipped: bool  # the clipped surrogate, or the plain one
    num_samples: int  # in the batch, of the first run; others lack a row per episode that ended
    counts: list[list[int]]  # (E + 1, B) samples in each bin of the log-ratio
    largest_ratio: list[list[float]]  # (R, E + 1)
    effective_sample_size: list[list[float]]  # (R, E + 1) of the ratios
    gradient_share: list[list[float]]  # (R, E + 1) of |r A|, held by the top hundredth
    promise: list[list[float]]  # (R, E + 1) mean of r A over the batch, A normalised
    returns: list[list[float]]  # (R, E + 1) mean return of fresh episodes


MEASURES = ("largest_ratio", "effective_sample_size", "gradient_share", "promise", "returns")


def read(path: Path = STORED) -> list[Explosion]:
    """Read the stored experiment: one entry per step size, plain and clipped."""
    found = []
    for entry in experiments.read(path)[1].values():
        measured = {name: experiments.numbers(entry[name]).tolist() for name in MEASURES}
        found.append(Explosion(**(entry | measured)))
    return found


def record(
    step_sizes: Sequence[float] = STEP_SIZES,
    num_epochs: int = NUM_EPOCHS,
    num_runs: int = NUM_RUNS,
    iterations_before: int = ITERATIONS_BEFORE,
) -> list[Explosion]:
    """Run the experiment.

    Args:
        step_sizes: Adam's, one entry of the result each, plain and clipped.
        num_epochs: E, passes over the batch.
        num_runs: R, with a policy and a batch of its own each.
        iterations_before: of ordinary PPO, that the policy had.
    """
    num_epochs = check_count("num_epochs", num_epochs, 0)
    num_runs = check_count("num_runs", num_runs)
    iterations_before = check_count("iterations_before", iterations_before)
    starts = [_start(seed, iterations_before) for seed in range(num_runs)]
    return [
        _explode(starts, step_size, clipped, num_epochs)
        for step_size in step_sizes
        for clipped in (False, True)
    ]


def _explode(
    starts: Sequence[tuple[ActorCritic, Batch]], step_size: float, clipped: bool, num_epochs: int
) -> Explosion:
    runs = [
        _run(policy, batch, step_size, clipped, num_epochs, seed)
        for seed, (policy, batch) in enumerate(starts)
    ]
    measured = {name: [[entry[name] for entry in run] for run in runs] for name in runs[0][0]}
    measured["counts"] = measured["counts"][0]
    return Explosion(step_size, clipped, len(starts[0][1].action), **measured)


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": experiments.settings(PPOConfig()),
        "step_sizes": list(STEP_SIZES),
        "num_epochs": NUM_EPOCHS,
        "num_runs": NUM_RUNS,
        "updates_before": ITERATIONS_BEFORE,
        "minibatch_size": MINIBATCH_SIZE,
        "bins": [BINS[0], BINS[-1]],
        "top": TOP,
        "episodes": NUM_EPISODES,
    }


def write(path: Path = STORED, on_entry: Callable[[str], object] = lambda name: None) -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each curve."""

    @cache  # one beginning for all entries
    def starts() -> list[tuple[ActorCritic, Batch]]:
        return [_start(seed, ITERATIONS_BEFORE) for seed in range(NUM_RUNS)]

    def entry(step_size: float, clipped: bool) -> dict[str, Any]:
        return asdict(_explode(starts(), step_size, clipped, NUM_EPOCHS))

    entries = {
        f"{step_size:g} {'clipped' if clipped else 'plain'}": partial(entry, step_size, clipped)
        for step_size in STEP_SIZES
        for clipped in (False, True)
    }
    experiments.make(path, head(), entries, on_entry)


def _start(seed: int, num_iterations: int) -> tuple[ActorCritic, Batch]:
    """Train for so many iterations and collect one more batch."""
    config = PPOConfig()

    def enough(result: TrainingResult) -> bool:
        return len(result.history) >= num_iterations

    policy = whole(train(config, seed=seed, watch=enough)).policy
    # The record's actions: of another stream than those of the training and of the evaluation.
    rng = np.random.default_rng([seed, 2])
    player = Player(lambda _: policy.sampler(rng), policy.logits, policy.value)
    with closing(make_env(config.env_id, config.num_envs)) as env:
        rollout = next(rollouts(env, player, config.num_steps, seed + 1000))
    return policy, make_batch(rollout, config)


def _run(
    policy: ActorCritic, batch: Batch, step_size: float, clipped: bool, num_epochs: int, seed: int
) -> list[dict]:
    """Measure before the first epoch and after each; the policy given stays as it is."""
    policy = copy.deepcopy(policy)
    config = replace(PPOConfig(), num_epochs=1, minibatch_size=MINIBATCH_SIZE)
    optimizer = torch.optim.Adam(policy.parameters(), step_size, eps=config.adam_epsilon)
    generator = torch.Generator().manual_seed(seed)
    policy_loss = maths.clipped_surrogate_loss if clipped else plain_surrogate_loss
    found = [_measure(policy, batch)]
    for _ in range(num_epochs):
        ppo_update(policy, optimizer, batch, config, generator, policy_loss)
        found.append(_measure(policy, batch))
    return found


@torch.no_grad()
def _measure(policy: ActorCritic, batch: Batch) -> dict:
    log_prob = maths.action_log_prob(policy.logits(batch.obs), batch.action)
    log_prob, old_log_prob = log_prob.double(), batch.old_log_prob.double()
    ratio = maths.policy_ratio(log_prob, old_log_prob)
    log_ratio = (log_prob - old_log_prob).clamp(-LOG_RATIO_LIMIT, LOG_RATIO_LIMIT)
    advantage = batch.advantage.double()
    bins = log_ratio.round().clamp(BINS[0], BINS[-1]).long() - BINS[0]
    return {
        "counts": torch.bincount(bins, minlength=len(BINS)).tolist(),
        "largest_ratio": round(ratio.max().item(), 2),
        "effective_sample_size": round(maths.effective_sample_size(log_ratio).item(), 1),
        "gradient_share": round(maths.gradient_share(ratio, advantage, TOP).item(), 3),
        "promise": round((ratio * advantage).mean().item(), 3),
        "returns": round(evaluate(policy, NUM_EPISODES, seed=7).mean().item(), 1),
    }
