"""An experiment, recorded: which steps carry a ratio over the edge of the clip's interval.

Samples are dealt into minibatches and the clipped loss is minimised. After each step it is asked
which ratios have left 1 - epsilon to 1 + epsilon for the first time, and whether the sample was in
the minibatch of that step, in an earlier one, or in none so far. Members are compared with the
others of the same step: most chances of those in none so far lie in the first steps, where ratios
leave at other rates. Then the control: each sample that left is trained again with its own
advantage set to 0, all others as they were, and the other way round.

On CartPole the actor alone is trained, by an Adam that has seen no gradient before; in training
Adam's averages go on from update to update.

Training amplifies the last digits in which machines differ, so the result is stored beside this
module; `python -m ppo_lesson experiments crossings` makes it again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.ppo import make_batch
from ppo_lesson.training.steps import gradient_step

STORED = Path(__file__).with_name("crossings.json")
COMMAND = "python -m ppo_lesson experiments crossings"
CLIP_EPSILON = 0.2
NUM_RUNS = 10
STUDENT_T = 2.262  # 97.5 % quantile, 9 degrees of freedom
LINEAR_SAMPLES, LINEAR_MINIBATCH = 256, 32
ADAM_STEP, PLAIN_STEP = 0.05, 0.6
ITERATIONS_BEFORE = 5  # of ordinary PPO on CartPole
GROUPS = ("members", "earlier", "not yet")


@dataclass(frozen=True)
class Task:
    """What is trained: a policy, its samples, and how it is stepped."""

    policy: nn.Module  # (N, D) -> logits (N, K)
    optimizer: Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]
    obs: Tensor  # (N, D)
    action: Tensor  # (N,)
    old_log_prob: Tensor  # (N,)
    advantage: Tensor  # (N,)
    minibatch_size: int
    num_epochs: int
    max_gradient_norm: float


@dataclass(frozen=True)
class Crossings:
    """What became of the samples of one kind of training, one entry per run.

    Samples are sorted by their part in the step that is looked at: in its minibatch, in an earlier
    one only, or in none so far (`GROUPS`).
    """

    num_samples: list[int]
    outside: list[float]  # share of the ratios outside the interval after the last step
    crossed: list[list[int]]  # (R, 3) samples that left for the first time, by group
    inside: list[list[int]]  # (R, 3) how often a sample that had not left could have, by group
    dragged: list[int]  # of those that left, over the edge that their own advantage points from
    without_own: list[int]  # of those that left: leave as well with an advantage of 0
    alone: list[int]  # of those that left: leave as well where all others have an advantage of 0
    member_excess: list[float]  # by how many points members leave more often, at the same step

    @property
    def num_left(self) -> int:
        """Count the samples that left, over all runs."""
        return sum(map(sum, self.crossed))

    @property
    def member_difference(self) -> tuple[float, float]:
        """Average `member_excess` over the runs; the second number is the 95 % half-width."""
        runs = torch.tensor(self.member_excess, dtype=torch.float64)
        half_width = STUDENT_T * runs.std() / len(runs) ** 0.5
        return runs.mean().item(), half_width.item()

    @property
    def percent(self) -> tuple[float, float, float]:
        """Of the samples that left, percent: without their own pull, without others', against A."""
        kinds = (self.without_own, self.alone, self.dragged)
        without_own, alone, dragged = (100 * sum(kind) / self.num_left for kind in kinds)
        return without_own, alone, dragged


def read(path: Path = STORED) -> dict[str, Crossings]:
    """Read the stored experiment: name of the training -> what became of its samples."""
    return {name: Crossings(**entry) for name, entry in experiments.read(path)[1].items()}


def head() -> dict:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": experiments.settings(PPOConfig()),
        "clip_epsilon": CLIP_EPSILON,
        "num_runs": NUM_RUNS,
        "linear": [LINEAR_SAMPLES, LINEAR_MINIBATCH],
        "step_sizes": [ADAM_STEP, PLAIN_STEP],
        "updates_before": ITERATIONS_BEFORE,
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each training."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(_run, {"name": TASKS}, range(NUM_RUNS))
    return {name: asdict(Crossings(**experiments.columns(runs))) for (name,), runs in found.items()}


def _linear(seed: int, optimizer: Callable) -> Task:
    """Make random samples for a linear policy that has not learned yet; one epoch."""
    generator = torch.Generator().manual_seed(seed)
    draw = partial(torch.randn, generator=generator, dtype=torch.float64)
    obs, advantage = draw(LINEAR_SAMPLES, 4), draw(LINEAR_SAMPLES)
    action = torch.randint(0, 2, (LINEAR_SAMPLES,), generator=generator)
    policy = nn.Linear(4, 2, bias=False, dtype=torch.float64)
    nn.init.zeros_(policy.weight)
    old = torch.full((LINEAR_SAMPLES,), 0.5, dtype=torch.float64).log()
    return Task(policy, optimizer, obs, action, old, advantage, LINEAR_MINIBATCH, 1, 1e9)


def _cart_pole(seed: int) -> Task:
    """Train a little and collect one more rollout; the epochs of one ordinary update."""
    config = PPOConfig()
    policy = experiments.policy_after(ITERATIONS_BEFORE, seed)
    batch = make_batch(experiments.collect(policy, seed, 2, config.num_envs), config)
    adam = partial(torch.optim.Adam, lr=config.learning_rate, eps=config.adam_epsilon)
    return Task(
        copy.deepcopy(policy.actor), adam, batch.obs, batch.action, batch.old_log_prob,
        batch.advantage, config.minibatch_size, config.num_epochs, config.max_gradient_norm,
    )  # fmt: skip


TASKS: dict[str, Callable[[int], Task]] = {
    "linear, Adam": partial(_linear, optimizer=partial(torch.optim.Adam, lr=ADAM_STEP)),
    "linear, plain gradient": partial(_linear, optimizer=partial(torch.optim.SGD, lr=PLAIN_STEP)),
    "CartPole, Adam": _cart_pole,
}


def _ratios_by_step(task: Task, advantage: Tensor, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Train a copy of the task's policy; yield minibatch and ratios (N,) after each step."""
    policy, generator = copy.deepcopy(task.policy), torch.Generator().manual_seed(seed)
    optimizer = task.optimizer(policy.parameters())
    for _ in range(task.num_epochs):
        for index in maths.minibatches(len(task.action), task.minibatch_size, generator):
            log_prob = maths.action_log_prob(policy(task.obs[index]), task.action[index])
            loss = maths.clipped_surrogate_loss(
                log_prob, task.old_log_prob[index], advantage[index], CLIP_EPSILON
            )
            gradient_step(optimizer, loss, task.max_gradient_norm)
            with torch.no_grad():
                log_prob = maths.action_log_prob(policy(task.obs), task.action)
            yield index, maths.policy_ratio(log_prob, task.old_log_prob)


def _run(name: str, seed: int) -> dict:
    task = TASKS[name](seed)
    num_samples = len(task.action)
    out, met = torch.zeros(2, num_samples, dtype=torch.bool)
    dragged = torch.zeros(num_samples, dtype=torch.bool)
    crossed, inside = torch.zeros(2, len(GROUPS), dtype=torch.int64)
    steps = []  # of members and of the others: could leave, left
    ratio = torch.ones(num_samples)
    for index, ratio in _ratios_by_step(task, task.advantage, seed):
        member = torch.zeros_like(out)
        member[index] = True
        groups = torch.stack([member, met & ~member, ~met & ~member])
        newly = _outside(ratio) & ~out
        inside += (groups & ~out).sum(1)
        crossed += (groups & newly).sum(1)
        sides = torch.stack([member, ~member])
        steps.append(torch.stack([(sides & ~out).sum(1), (sides & newly).sum(1)]))
        dragged |= newly & ((ratio > 1) != (task.advantage > 0))
        out, met = out | newly, met | member
    left = out.nonzero()[:, 0]
    own, others = torch.eye(num_samples)[left], 1 - torch.eye(num_samples)[left]
    return {
        "num_samples": num_samples,
        "outside": round(_outside(ratio).double().mean().item(), 3),
        "crossed": crossed.tolist(),
        "inside": inside.tolist(),
        "dragged": int(dragged.sum()),
        "without_own": sum(
            _leaves(task, k, keep, seed) for k, keep in zip(left, others, strict=True)
        ),
        "alone": sum(_leaves(task, k, keep, seed) for k, keep in zip(left, own, strict=True)),
        "member_excess": round(_at_the_same_step(torch.stack(steps)), 3),
    }


def _at_the_same_step(steps: Tensor) -> float:
    """Compare members with the others step by step, in percentage points (Mantel-Haenszel).

    Args:
        steps: (K, 2, 2) per step: could leave and left, of members and of the others.
    """
    could, left = steps.double().unbind(1)  # (K, 2) each
    weight = could.prod(1) / could.sum(1)
    weight, rate = weight[weight > 0], (left / could)[weight > 0]
    return (100 * weight @ (rate[:, 0] - rate[:, 1]) / weight.sum()).item()


def _leaves(task: Task, sample: Tensor, keep: Tensor, seed: int) -> bool:
    """Tell whether a sample leaves where each advantage is multiplied by 0 or 1."""
    steps = _ratios_by_step(task, keep.to(task.advantage.dtype) * task.advantage, seed)
    return any(bool(_outside(ratio)[sample]) for _, ratio in steps)


def _outside(ratio: Tensor) -> Tensor:
    return (ratio - 1).abs() > CLIP_EPSILON
