"""An experiment, recorded: many epochs on one batch, and what of it pure noise does as well.

A policy collects one batch of CartPole. Copies of it take epoch after epoch of gradient steps on
that batch, and after each epoch the ratios are measured and the policy plays fresh episodes. The
arms differ in one thing each: the batch is that of a policy that balances the pole, in which no
episode ends, or of one that is still learning, in which episodes do end; its advantages are its
own, or independent noise; the objective is the plain surrogate, or the clipped one.

A second table measures how far a number of Adam's steps goes, whatever the gradient's size.

It takes minutes, and training amplifies the last digits in which machines differ, so the result is
stored beside this module; `python -m ppo_lesson experiments explosion` makes it again.
"""

from __future__ import annotations

import copy
import math
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.importance import LOG_RATIO_LIMIT
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import evaluate
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import make_batch, plain_surrogate_loss, ppo_update
from ppo_lesson.training.steps import gradient_step

STORED = Path(__file__).with_name("explosion.json")
COMMAND = "python -m ppo_lesson experiments explosion"
STEP_SIZES = (0.006, 0.018, 0.03)
NUM_EPOCHS = 20
NUM_RUNS = 10
BATCHES = {"balancing": (30, 0), "learning": (6, 3)}  # iterations of PPO, rollouts passed over
MINIBATCH_SIZE = 128
BINS = range(-20, 6)  # centres of the bins of log-ratios, one nat wide
TOP = 0.01  # of the samples, whose share of the gradient is measured
NUM_EPISODES = 16
NUM_FRESH = 8  # times as many samples in the fresh batch
# Step sizes and numbers of steps; the products are 0.012 and 0.12.
WAYS = ((0.0015, 8), (0.0003, 40), (0.015, 8), (0.003, 40), (0.00075, 160))
SCALES = (0.01, 1, 100)  # by which the gradient is multiplied


class Arm(NamedTuple):
    """What a run is made of."""

    batch: str  # a name of BATCHES
    noise: bool  # advantages that know nothing of states and actions, or the batch's own
    step_size: float  # Adam's
    clipped: bool  # the clipped surrogate, or the plain one


@dataclass(frozen=True)
class Explosion:
    """What became of copies of a policy, epoch by epoch; E epochs, so E + 1 entries, R runs.

    Batch and starting policy differ from run to run. The histograms are of the first run.
    """

    batch: str
    noise: bool
    step_size: float
    clipped: bool
    num_samples: int  # in the batch, of the first run; others lack a row per episode that ended
    num_ends: list[int]  # (R,) episodes that ended in the batch
    counts: list[list[int]]  # (E + 1, B) samples in each bin of the log-ratio
    mean_ratio: list[list[float]]  # (R, E + 1)
    largest_ratio: list[list[float]]  # (R, E + 1)
    effective_sample_size: list[list[float]]  # (R, E + 1) of the ratios
    gradient_share: list[list[float]]  # (R, E + 1) of |r (1 - pi) A|, held by the top hundredth
    promise: list[list[float]]  # (R, E + 1) mean of r A over the batch, A normalised
    fresh_promise: list[list[float]]  # (R, E + 1) the same over fresh samples of the old policy
    returns: list[list[float]]  # (R, E + 1) mean return of fresh episodes


MEASURES = (
    "mean_ratio",
    "largest_ratio",
    "effective_sample_size",
    "gradient_share",
    "promise",
    "fresh_promise",
    "returns",
)


@dataclass(frozen=True)
class Distance:
    """How far Adam has gone on one batch, with a gradient of any size."""

    step_size: float
    num_steps: int
    scale: float  # by which the loss is multiplied
    kl: list[float]  # (R,) mean KL(old || new) over the states of the batch, in nats
    weights: list[float]  # (R,) mean distance that a weight of the policy has gone


class Start(NamedTuple):
    """Where the runs of one seed begin."""

    policy: ActorCritic
    batch: Batch  # what is learned from
    fresh: Batch  # of the same policy, for measuring alone
    num_ends: int  # of episodes in the batch


def read(path: Path = STORED) -> list[Explosion]:
    """Read the stored experiment: one entry per arm."""
    found = []
    for name, entry in experiments.read(path)[1].items():
        if name != "distances":
            measured = {key: experiments.numbers(entry[key]).tolist() for key in MEASURES}
            found.append(Explosion(**(entry | measured)))
    return found


def read_distances(path: Path = STORED) -> list[Distance]:
    """Read the stored table of distances."""
    return [Distance(**entry) for entry in experiments.read(path)[1]["distances"]]


def arms() -> list[Arm]:
    """List every arm: batch, own advantages or noise, step size, plain or clipped."""
    return [
        Arm(batch, noise, step_size, clipped)
        for batch in BATCHES
        for noise in (False, True)
        for step_size in STEP_SIZES
        for clipped in (False, True)
    ]


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": experiments.settings(PPOConfig()),
        "step_sizes": list(STEP_SIZES),
        "num_epochs": NUM_EPOCHS,
        "num_runs": NUM_RUNS,
        "batches": {name: list(how) for name, how in BATCHES.items()},
        "minibatch_size": MINIBATCH_SIZE,
        "bins": [BINS[0], BINS[-1]],
        "top": TOP,
        "episodes": NUM_EPISODES,
        "fresh": NUM_FRESH,
        "ways": [list(way) for way in WAYS],
        "scales": list(SCALES),
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each arm."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(_run, {"arm": arms()}, range(NUM_RUNS)).values()
    entries: dict[str, Any] = {}
    for arm, runs in zip(arms(), found, strict=True):
        measured = experiments.columns([experiments.columns(run["epochs"]) for run in runs])
        measured["counts"] = measured["counts"][0]
        num_ends = [run["num_ends"] for run in runs]
        name = (
            f"{arm.batch} {'noise' if arm.noise else 'own'} {arm.step_size:g} "
            f"{'clipped' if arm.clipped else 'plain'}"
        )
        entries[name] = asdict(Explosion(*arm, runs[0]["num_samples"], num_ends, **measured))
    entries["distances"] = []
    for (way, scale), runs in do(_gone, {"way": WAYS, "scale": SCALES}, range(NUM_RUNS)).items():
        step_size, num_steps = way
        kl, weights = map(list, zip(*runs, strict=True))
        entries["distances"].append(asdict(Distance(step_size, num_steps, scale, kl, weights)))
    return entries


@cache  # one beginning for all arms
def _start(seed: int, num_iterations: int, num_passed: int) -> Start:
    """Train for so many iterations, pass over so many rollouts, and collect the next one."""
    config = PPOConfig()
    policy = experiments.policy_after(num_iterations, seed)
    rollout = experiments.collect(policy, seed, 2, config.num_envs, num_passed)
    fresh = experiments.collect(policy, seed + 1000, 3, NUM_FRESH * config.num_envs, num_passed)
    num_ends = int((rollout.terminated | rollout.truncated).sum())
    return Start(policy, make_batch(rollout, config), make_batch(fresh, config), num_ends)


def _with_noise(batch: Batch, seed: int) -> Batch:
    """Put independent standard normal numbers where the advantages were, normalised like them."""
    noise = torch.randn(len(batch.action), generator=torch.Generator().manual_seed(seed))
    return batch._replace(advantage=maths.normalise_advantage(noise))


def _run(arm: Arm, seed: int) -> dict[str, Any]:
    """Measure before the first epoch and after each; the beginning stays as it is."""
    policy, batch, fresh, num_ends = _start(seed, *BATCHES[arm.batch])
    if arm.noise:
        batch, fresh = _with_noise(batch, seed), _with_noise(fresh, seed + 1000)
    policy = copy.deepcopy(policy)
    config = replace(PPOConfig(), num_epochs=1, minibatch_size=MINIBATCH_SIZE)
    optimizer = torch.optim.Adam(policy.parameters(), arm.step_size, eps=config.adam_epsilon)
    generator = torch.Generator().manual_seed(seed)
    policy_loss = maths.clipped_surrogate_loss if arm.clipped else plain_surrogate_loss
    found = [_measure(policy, batch, fresh)]
    for _ in range(NUM_EPOCHS):
        ppo_update(policy, optimizer, batch, config, generator, policy_loss)
        found.append(_measure(policy, batch, fresh))
    return {"num_samples": len(batch.action), "num_ends": num_ends, "epochs": found}


def _log_probs(policy: ActorCritic, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the log-probability of each action, current and old, float64."""
    log_prob = maths.action_log_prob(policy.logits(batch.obs), batch.action)
    return log_prob.double(), batch.old_log_prob.double()


@torch.no_grad()
def _measure(policy: ActorCritic, batch: Batch, fresh: Batch) -> dict:
    log_prob, old_log_prob = _log_probs(policy, batch)
    ratio = maths.policy_ratio(log_prob, old_log_prob)
    log_ratio = (log_prob - old_log_prob).clamp(-LOG_RATIO_LIMIT, LOG_RATIO_LIMIT)
    advantage = batch.advantage.double()
    share = maths.gradient_share(ratio, log_prob.exp(), advantage, TOP)
    bins = log_ratio.round().clamp(BINS[0], BINS[-1]).long() - BINS[0]
    fresh_ratio = maths.policy_ratio(*_log_probs(policy, fresh))
    return {
        "counts": torch.bincount(bins, minlength=len(BINS)).tolist(),
        "mean_ratio": round(ratio.mean().item(), 3),
        "largest_ratio": round(ratio.max().item(), 2),
        "effective_sample_size": round(maths.effective_sample_size(log_ratio).item(), 1),
        "gradient_share": round(share.item(), 3),
        "promise": round((ratio * advantage).mean().item(), 3),
        "fresh_promise": round((fresh_ratio * fresh.advantage.double()).mean().item(), 3),
        "returns": round(evaluate(policy, NUM_EPISODES, seed=7).mean().item(), 1),
    }


def _gone(way: tuple[float, int], scale: float, seed: int) -> tuple[float, float]:
    """Go on the plain surrogate, without any clip, of loss or gradient.

    Returns:
        The KL divergence, and how far a weight has gone on average.
    """
    step_size, num_steps = way
    start = _start(seed, *BATCHES["learning"])
    policy, batch = copy.deepcopy(start.policy), start.batch
    optimizer = torch.optim.Adam(policy.actor.parameters(), step_size, eps=PPOConfig().adam_epsilon)
    generator, dealt = torch.Generator().manual_seed(seed), []
    for _ in range(num_steps):
        dealt = dealt or maths.minibatches(len(batch.action), MINIBATCH_SIZE, generator)
        part = batch.select(dealt.pop())
        log_prob = maths.action_log_prob(policy.logits(part.obs), part.action)
        loss = scale * maths.surrogate_loss(log_prob, part.old_log_prob, part.advantage)
        gradient_step(optimizer, loss, math.inf)
    with torch.no_grad():
        kl = maths.kl_p_q(start.policy.logits(batch.obs), policy.logits(batch.obs)).mean().item()
        pairs = zip(policy.actor.parameters(), start.policy.actor.parameters(), strict=True)
        moved = torch.cat([(new - old).flatten() for new, old in pairs]).abs().mean().item()
    return round(kl, 6), round(moved, 6)
