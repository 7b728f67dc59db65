"""An experiment, recorded: what PPO on sentences does without its clip, its ratio, its epochs.

An arm changes one thing of the training that `experiments.alignment` records at BETA, and is
measured as that is. The result is stored beside this module; `python -m ppo_lesson experiments
arms` makes it again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import alignment, running as experiments
from ppo_lesson.experiments.alignment import BETA, NUM_SEEDS
from ppo_lesson.experiments.rivals import align_steps, pose
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.model import LanguageModel, Responses, respond
from ppo_lesson.language.rlhf import PolicyLoss, align
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_seed
from ppo_lesson.training.config import settle_counts
from ppo_lesson.training.interrupts import whole
from ppo_lesson.training.ppo import plain_surrogate_loss
from ppo_lesson.training.statistics import Interval, student_interval

STORED = Path(__file__).with_name("arms.json")
COMMAND = "python -m ppo_lesson experiments arms"


def no_ratio_loss(
    log_prob: Tensor, _old_log_prob: Tensor, advantage: Tensor, _clip_epsilon: float
) -> Tensor:
    """Leave out the ratio too: REINFORCE's loss, as if the current policy had drawn."""
    return maths.reinforce_loss(log_prob, advantage)


@dataclass(frozen=True)
class Arm:
    """What is changed of the training; a rollout has 512 responses."""

    num_epochs: int = RLHFConfig.num_epochs
    minibatch_size: int = RLHFConfig.minibatch_size
    policy_loss: PolicyLoss = maths.clipped_surrogate_loss

    def __post_init__(self) -> None:
        """Refuse counts that cannot work."""
        settle_counts(self, "num_epochs", "minibatch_size")

    @property
    def config(self) -> RLHFConfig:
        """Return the settings to train with."""
        return RLHFConfig(beta=BETA, num_epochs=self.num_epochs, minibatch_size=self.minibatch_size)


ARMS = {
    "default": Arm(),
    "no clip": Arm(policy_loss=plain_surrogate_loss),
    "no ratio": Arm(policy_loss=no_ratio_loss),
    "one epoch": Arm(num_epochs=1),
    "one epoch, four minibatches": Arm(num_epochs=1, minibatch_size=128),
    "16 epochs": Arm(num_epochs=16),
    "16 epochs, no clip": Arm(num_epochs=16, policy_loss=plain_surrogate_loss),
    "16 epochs, no ratio": Arm(num_epochs=16, policy_loss=no_ratio_loss),
}


def _run(arm: str, seed: int) -> dict[str, Any]:
    """Train an arm.

    Returns:
        "worth", a dict of `judge.Worth`; for each iteration, of the tokens after its last epoch,
        "largest_ratio" and "active_clip_fraction", the share to which a clip at 0.2 would leave no
        gradient; and "sampled_tokens", how many PPO has drawn.
    """
    problem, sampled = pose(check_seed(seed)), 0

    def draw(model: LanguageModel, prompt: Tensor, generator: torch.Generator) -> Responses:
        nonlocal sampled
        said = respond(model, prompt, generator)
        sampled += int(said.mask.sum())
        return said

    config, loss = ARMS[arm].config, ARMS[arm].policy_loss
    start = problem.reference, problem.reward_model, config
    result = whole(align(*start, seed=seed, draw=draw, policy_loss=loss))
    return {
        "worth": alignment.measure(problem.judge(), result.policy),
        **{
            name: [significant(getattr(iteration, name), 3) for iteration in result.history]
            for name in ("largest_ratio", "active_clip_fraction")
        },
        "sampled_tokens": sampled,
    }


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": {name: asdict(arm.config) for name, arm in ARMS.items()},
        "num_pairs": alignment.NUM_PAIRS,
        "num_seeds": NUM_SEEDS,
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    return experiments.by_seed(do(_run, {"arm": ARMS}, range(NUM_SEEDS)))


def read(path: Path = STORED) -> dict[str, list[dict[str, Any]]]:
    """Read the stored runs: name of the arm -> what `_run` says of each seed."""
    runs = experiments.read(path)[1]
    return {name: [runs[f"seed {seed}: {name}"] for seed in range(NUM_SEEDS)] for name in ARMS}


def lost(
    runs: dict[str, list[dict[str, Any]]], arm: str, name: str = "gap_closed"
) -> tuple[Tensor, Interval]:
    """Compare an arm with the default: default minus arm, seed by seed.

    Args:
        runs: what `read` returns.
        arm: one of ARMS.
        name: of the measure, a field of `judge.Worth`.

    Returns:
        (S,) the differences, and their mean with a 95 % interval by Student's t: a bootstrap of
        five numbers would be too narrow.
    """
    default, other = (
        torch.tensor([found["worth"][name] for found in runs[key]], dtype=torch.float64)
        for key in ("default", arm)
    )
    return default - other, student_interval(default - other)


def arms_table(runs: dict[str, list[dict[str, Any]]]) -> list[list[Any]]:
    """Compare the arms.

    Returns:
        A row per arm: its name; gradient steps and sampled tokens, the mean of the seeds; share of
        the gap closed, mean; what is lost against the default, mean and ends of the interval; the
        largest ratio of a token in all seeds; and the largest share of tokens, in an iteration,
        to which a clip at 0.2 leaves or would leave no gradient.
    """
    rows = []
    for name, arm in ARMS.items():
        found = runs[name]
        tokens = round(sum(run["sampled_tokens"] for run in found) / len(found))
        closed = sum(run["worth"]["gap_closed"] for run in found) / len(found)
        _, (low, middle, high) = lost(runs, name)
        largest, silent = (
            max(max(run[key]) for run in found) for key in ("largest_ratio", "active_clip_fraction")
        )
        rows.append(
            [name, align_steps(arm.config), tokens, closed, middle, low, high, largest, silent]
        )
    return rows
