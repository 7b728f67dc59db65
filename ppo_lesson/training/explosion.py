"""An experiment, recorded: many epochs on one batch, with and without the clip.

A policy that has learned CartPole collects one batch. Copies of it take epoch after epoch of
gradient steps on that batch, with the plain surrogate or with the clipped one, and after each epoch
the ratios are measured and the policy plays fresh episodes.

It takes minutes, and training amplifies the last digits in which machines differ, so the result is
stored beside this module. `python -m ppo_lesson.training.explosion` makes it again.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.importance import LOG_RATIO_LIMIT
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, UpdateMetrics
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import make_batch, ppo_update, train
from ppo_lesson.training.rollouts import collect, evaluate, make_env

STORED = Path(__file__).with_name("explosion.json")
STEP_SIZES = (0.006, 0.012, 0.018, 0.024, 0.03)
NUM_EPOCHS = 20
NUM_RUNS = 10
UPDATES_BEFORE = 30  # of ordinary PPO, until the pole stands
MINIBATCH_SIZE = 128
BINS = range(-20, 6)  # centres of the bins of log-ratios, one nat wide
TOP = 0.01  # of the samples, whose share of the gradient is measured
EPISODES = 16


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


def read(path: Path = STORED) -> list[Explosion]:
    """Read the stored experiment: one entry per step size, plain and clipped."""
    return [Explosion(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def record(
    step_sizes: Sequence[float] = STEP_SIZES,
    num_epochs: int = NUM_EPOCHS,
    num_runs: int = NUM_RUNS,
    updates_before: int = UPDATES_BEFORE,
) -> list[Explosion]:
    """Run the experiment.

    Args:
        step_sizes: Adam's, one entry of the result each, plain and clipped.
        num_epochs: E, passes over the batch.
        num_runs: R, with a policy and a batch of its own each.
        updates_before: iterations of ordinary PPO that the policy had.
    """
    num_epochs = check_count("num_epochs", num_epochs, 0)
    num_runs = check_count("num_runs", num_runs)
    updates_before = check_count("updates_before", updates_before)
    starts = [_start(seed, updates_before) for seed in range(num_runs)]
    found = []
    for step_size in step_sizes:
        for clipped in (False, True):
            runs = [
                _run(policy, batch, step_size, clipped, num_epochs, seed)
                for seed, (policy, batch) in enumerate(starts)
            ]
            measured = {
                name: [[entry[name] for entry in run] for run in runs] for name in runs[0][0]
            }
            measured["counts"] = measured["counts"][0]
            found.append(Explosion(step_size, clipped, len(starts[0][1].action), **measured))
    return found


def write(path: Path = STORED) -> None:
    """Run the experiment and store it."""
    entries = [asdict(entry) for entry in record()]
    text = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


def _start(seed: int, updates: int) -> tuple[ActorCritic, Batch]:
    """Train for so many updates and collect one more batch."""
    config = PPOConfig()
    done = 0

    def enough(policy: ActorCritic, metrics: UpdateMetrics) -> bool:
        nonlocal done
        done += 1
        return done >= updates

    policy = train(config, seed=seed, on_update=enough).policy
    with closing(make_env(config.env_id, config.num_envs)) as env:
        rng = np.random.default_rng([seed, 2])
        rollout = collect(env, policy, config.num_steps, rng, seed=seed + 1000)
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


def plain_surrogate_loss(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    """Leave out the clip: `surrogate_loss` with the arguments of `clipped_surrogate_loss`.

    Args:
        log_prob: (N,) under the current policy.
        old_log_prob: (N,) under the policy that acted.
        advantage: (N,) of each action.
        clip_epsilon: not used.
    """
    return maths.surrogate_loss(log_prob, old_log_prob, advantage)


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
        "returns": round(evaluate(policy, EPISODES, seed=7).mean().item(), 1),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    write()
