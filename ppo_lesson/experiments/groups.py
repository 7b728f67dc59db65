"""An experiment, recorded: what grows a policy's answers, and what narrows it to one right answer.

Two parts, both on the language of sums (`worlds.countdown`). *Lengths*: exact gradient ascent, no
sampling, for each way to aggregate the token losses of a group, and for a reward that pays for
length. *Entropy*: GRPO with sampled groups, five seeds of each arm, rewards right or wrong.

It takes minutes, so the result is stored beside this module; `python -m ppo_lesson experiments
groups` makes it again.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.experiments import running as experiments
from ppo_lesson.language.groups import (
    AGGREGATIONS,
    CONSTANT,
    RESPONSE_MEAN,
    TOKEN_MEAN,
    centred,
    expected_gradient,
)
from ppo_lesson.language.grpo import GroupConfig, train_groups
from ppo_lesson.language.tables import Measured, measure, response_log_prob, score_sum
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.worlds import countdown

STORED = Path(__file__).with_name("groups.json")
COMMAND = "python -m ppo_lesson experiments groups"
GROUP_SIZE = 8
NUM_STEPS = 250  # of exact gradient ascent
TWICE = "response mean, twice the step"
STEP_SIZE = {RESPONSE_MEAN: 13.0, TOKEN_MEAN: 13.0, CONSTANT: 20.0, TWICE: 26.0}
"""For each aggregation, so that success rises about as fast: they weight a token differently.

TWICE is the control: what changes with the step size alone.
"""

RIGHT, TRUE, PROXY = "right or wrong", "the teacher's mark", "a mark that pays for length"
REWARDS = {
    RIGHT: countdown.right, TRUE: countdown.true_reward, PROXY: countdown.proxy_reward
}  # fmt: skip
FLOWS = (
    *((RIGHT, aggregation) for aggregation in AGGREGATIONS),
    *((reward, how) for reward in (TRUE, PROXY) for how in (RESPONSE_MEAN, CONSTANT)),
    *((reward, TWICE) for reward in (RIGHT, TRUE)),
)
"""Reward and aggregation of each run of exact ascent. The mean over all tokens of a group is
expected exactly for right-or-wrong rewards alone."""

NUM_SEEDS = 5
RECORDED = (0, 5, 10, 20, 40, 70, 100)  # iterations after which a policy is measured
PLAIN = "beta = 0"
ARMS = {
    PLAIN: GroupConfig(),
    "clip-higher": GroupConfig(clip_high=0.28),
    "entropy bonus": GroupConfig(entropy_coefficient=0.1),
    "beta = 0.1": GroupConfig(beta=0.1),
}


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "group_size": GROUP_SIZE,
        "num_steps": NUM_STEPS,
        "step_size": STEP_SIZE,
        "arms": {name: asdict(config) for name, config in ARMS.items()},
        "num_seeds": NUM_SEEDS,
        "recorded": list(RECORDED),
    }


def expected_step(logits: Tensor, reward: Tensor, aggregation: str) -> Tensor:
    """Return the gradient that groups of GROUP_SIZE estimate, without dividing by their spread.

    Args:
        logits: (P, N, V) of the policy.
        reward: (P, S); for the mean over all tokens, of 0 and 1 only.
        aggregation: how a group's token losses become one number.
    """
    if aggregation == TOKEN_MEAN:
        return expected_gradient(logits, reward, GROUP_SIZE, centred, aggregation)
    prob = response_log_prob(logits).exp()
    left = (1 - 1 / GROUP_SIZE) * (reward - (prob * reward).sum(-1, keepdim=True))
    size = countdown.MAX_LENGTH if aggregation == CONSTANT else countdown.length()
    return score_sum(logits, prob * left / size)


def flow(reward: str, aggregation: str) -> dict[str, Any]:
    """Climb by exact gradients from the reference, and measure each policy on the way."""
    logits, paid = countdown.reference(), REWARDS[reward]()
    path = []
    for _ in range(NUM_STEPS + 1):
        path.append(measure(logits))
        logits = logits + STEP_SIZE[aggregation] * expected_step(logits, paid, aggregation)
    return _columns(path)


def sampled(arm: str, seed: int) -> dict[str, Any]:
    """Train one arm by GRPO from one seed, and measure it after RECORDED iterations."""
    path, seed = [], check_seed(seed)

    def watch(iteration: int, logits: Tensor) -> None:
        if iteration in RECORDED:
            path.append(measure(logits))

    train_groups(countdown.reference(), countdown.right(), ARMS[arm], seed=seed, watch=watch)
    return _columns(path)


def _columns(path: list[Measured]) -> dict[str, Any]:
    names = Measured._fields
    return {
        name: [[significant(x, 4) for x in getattr(point, name).tolist()] for point in path]
        for name in names
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for (arm,), runs in do(sampled, {"arm": ARMS}, range(NUM_SEEDS)).items():
        entries |= {f"{arm}, seed {seed}": run for seed, run in enumerate(runs)}
    for ((reward, how),), (run,) in do(_flow, {"run": FLOWS}, [0]).items():
        entries[f"{reward}, {how}"] = run
    return entries


def _flow(run: tuple[str, str], seed: int) -> dict[str, Any]:
    """Do an exact ascent as a job; nothing in it depends on a seed."""
    return flow(*run)


@cache
def _stored(path: Path) -> dict[str, Any]:
    return experiments.read(path)[1]


def ascent(reward: str, aggregation: str, name: str, path: Path = STORED) -> Tensor:
    """Return what a run of exact ascent measured, (NUM_STEPS + 1, P); `tables.Measured` names."""
    return experiments.numbers(_stored(path)[f"{reward}, {aggregation}"][name])


def trained(arm: str, name: str, path: Path = STORED) -> Tensor:
    """Return what the runs of an arm measured, (NUM_SEEDS, RECORDED, P)."""
    runs = [_stored(path)[f"{arm}, seed {seed}"][name] for seed in range(NUM_SEEDS)]
    return torch.stack([experiments.numbers(run) for run in runs])


def when_right(
    reward: str, aggregation: str, name: str, success: float, path: Path = STORED
) -> Tensor:
    """Return what was measured when each prompt's success rate first reached a level: (P,).

    Between two steps it is interpolated; NaN where the level was not reached.
    """
    rates = ascent(reward, aggregation, "success", path)
    found = ascent(reward, aggregation, name, path)
    row = torch.full((rates.shape[-1],), torch.nan, dtype=rates.dtype)
    for p, rate in enumerate(rates.T):
        over = (rate >= success).nonzero().flatten()
        if len(over) and over[0] > 0:
            after = int(over[0])
            way = (success - rate[after - 1]) / (rate[after] - rate[after - 1])
            row[p] = found[after - 1, p] + way * (found[after, p] - found[after - 1, p])
    return row


def wrong_lengths(
    reward: str, aggregation: str, success: float, num_prompts: int = 4, path: Path = STORED
) -> float:
    """Return the mean tokens of a wrong answer when each prompt first reached a success rate.

    The mean is over the first so many prompts.
    """
    num_prompts = check_count("num_prompts", num_prompts)
    found = when_right(reward, aggregation, "wrong_length", success, path)
    return found[:num_prompts].mean().item()


def exact_end(name: str, path: Path = STORED) -> float:
    """Return what exact ascent without a price measured at its end, the mean over prompts."""
    return ascent(RIGHT, CONSTANT, name, path)[-1].mean().item()
