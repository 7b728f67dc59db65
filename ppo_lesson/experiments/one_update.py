"""One update of ours and one of Stable-Baselines3's, from the same policy on the same batch.

Stable-Baselines3 is a dependency of the tests alone, so what it did is stored beside this module;
`python tests/benchmarks/one_update.py` makes it again. What ours does is computed where it is
shown.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.maths.gradients import flat_gradient
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import make_env, rollouts
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import make_batch, ppo_loss, ppo_update

STORED = Path(__file__).with_name("one_update.json")
COMMAND = "python tests/benchmarks/one_update.py"
SEED = 0
LEARNING_RATE = 0.01
# One gradient step on all samples; and a whole update: four epochs of four minibatches.
ONE_STEP = PPOConfig(
    num_envs=16,
    num_steps=32,
    num_epochs=1,
    minibatch_size=512,
    learning_rate=LEARNING_RATE,
    entropy_coefficient=0.01,
    max_gradient_norm=0.02,  # below that of the first gradient, so that it is shortened
    hidden_sizes=(8, 8),
)
WHOLE_UPDATE = replace(ONE_STEP, num_epochs=4, minibatch_size=128)


class Start(NamedTuple):
    """What both begin with."""

    policy: ActorCritic  # has moved away from the one that acted, so that the clip is at work
    batch: Batch


class Update(NamedTuple):
    """What an update did."""

    policy_loss: float  # this and the next are of the first gradient step
    value_loss: float  # half the mean squared error
    entropy: float
    loss: float  # their weighted sum
    gradient_norm: float  # before it was shortened
    after_one_step: Tensor  # (P,) all parameters, the actor's first
    after_update: Tensor  # (P,) the same after the whole update


def start() -> Start:
    """Collect a batch with a new policy, and let the policy move on by ten epochs."""
    policy = ActorCritic(4, 2, ONE_STEP.hidden_sizes, torch.Generator().manual_seed(SEED))
    with closing(make_env(ONE_STEP.env_id, ONE_STEP.num_envs)) as env:
        batch = make_batch(next(rollouts(env, policy, ONE_STEP.num_steps, SEED)), ONE_STEP)
    config = replace(WHOLE_UPDATE, num_epochs=10)
    ppo_update(policy, adam(policy), batch, config, generator())
    return Start(policy, batch)


def adam(policy: torch.nn.Module) -> torch.optim.Optimizer:
    """Make the optimiser that both use."""
    return torch.optim.Adam(policy.parameters(), LEARNING_RATE, eps=ONE_STEP.adam_epsilon)


def generator() -> torch.Generator:
    """Make what deals the minibatches, for both alike."""
    return torch.Generator().manual_seed(SEED)


def ours() -> Update:
    """Update by the functions that the lessons teach."""
    policy, batch = start()
    after = {}
    for config in (ONE_STEP, WHOLE_UPDATE):
        learner = copy.deepcopy(policy)
        ppo_update(learner, adam(learner), batch, config, generator())
        after[config] = flat(learner.parameters())
    logits = policy.logits(batch.obs)
    log_prob = maths.action_log_prob(logits, batch.action)
    loss = ppo_loss(policy, batch, ONE_STEP, maths.clipped_surrogate_loss)
    return Update(
        maths.clipped_surrogate_loss(
            log_prob, batch.old_log_prob, batch.advantage, ONE_STEP.clip_epsilon
        ).item(),
        maths.value_loss(policy.value(batch.obs), batch.value_target).item(),
        maths.entropy(logits).mean().item(),
        loss.item(),
        flat_gradient(loss, list(policy.parameters())).norm().item(),
        after[ONE_STEP],
        after[WHOLE_UPDATE],
    )


def flat(parameters: Iterable[Tensor]) -> Tensor:
    """Put parameters into one row, float64."""
    return parameters_to_vector(parameters).detach().double()


def head() -> dict[str, Any]:
    """Say what the stored file is made with."""
    return {
        "command": COMMAND,
        "seed": SEED,
        "config": experiments.settings(WHOLE_UPDATE),
    }


def write(update: Update, version: str, path: Path = STORED) -> None:
    """Store what Stable-Baselines3 did; `version` is its own."""
    numbers = {
        name: value.tolist() if isinstance(value, Tensor) else value
        for name, value in update._asdict().items()
    }
    experiments.write(path, head(), {"Stable-Baselines3": numbers, "version": version})


def read(path: Path = STORED) -> Update:
    """Read what Stable-Baselines3 did."""
    stored = experiments.read(path)[1]["Stable-Baselines3"]
    row = {name: experiments.numbers([stored[name]])[0] for name in Update._fields[-2:]}
    return Update(**(stored | row))


COLUMNS = ("one update, same batch", "ppo_lesson", "Stable-Baselines3", "difference")


def table(mine: Update, theirs: Update) -> list[list[Any]]:
    """Return a row for each thing compared, as COLUMNS says; for `show_table`.

    The last two rows compare parameter by parameter: they show the length of the way that all
    parameters went together, and as the difference the largest one of a single parameter.
    """
    names = {
        "policy_loss": "policy's loss",
        "value_loss": "critic's loss",
        "entropy": "entropy, nats",
        "loss": "weighted sum",
        "gradient_norm": "norm of the gradient",
    }
    rows = []
    for name, words in names.items():
        one, other = getattr(mine, name), getattr(theirs, name)
        rows.append([words, one, other, abs(one - other)])
    before = flat(start().policy.parameters())
    for name, words in (
        ("after_one_step", "distance moved after 1 gradient step"),
        ("after_update", "distance moved after 4 epochs of 4 minibatches"),
    ):
        one, other = getattr(mine, name), getattr(theirs, name)
        ways = [(after - before).norm().item() for after in (one, other)]
        rows.append([words, *ways, (one - other).abs().max().item()])
    return rows
