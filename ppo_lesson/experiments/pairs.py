"""An experiment, recorded: what limits DPO, its steps, its labels, its pairs or its reference?

Every arm trains from the same reference, at the same price and step size, and differs from another
one in a single thing: labels per pair, pairs, passes, or the reference in the loss. All are
measured by sums over every response. The result is stored beside this module;
`python -m ppo_lesson experiments pairs` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.experiments import alignment, running as experiments
from ppo_lesson.experiments.alignment import NUM_SEEDS
from ppo_lesson.experiments.rivals import fit_steps, pose
from ppo_lesson.language.dpo import align_directly
from ppo_lesson.language.feedback import Pairs, choose, fit
from ppo_lesson.language.model import LanguageModel, response_log_prob
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.training.config import settle_counts

STORED = Path(__file__).with_name("pairs.json")
COMMAND = "python -m ppo_lesson experiments pairs"
NUM_RECORDS = 8  # of each training, at equal distances; the last one is its end
MEASURES = ("true_gap_closed", "true", "kl_to_ref")


@dataclass(frozen=True)
class Arm:
    """One way to spend labels and gradient steps.

    Args:
        num_pairs: different pairs.
        num_labels: answers of the annotator to each.
        num_epochs: passes over all answers.
        has_reference: false leaves the reference out of the loss.
    """

    num_pairs: int
    num_labels: int
    num_epochs: int
    has_reference: bool = True

    def __post_init__(self) -> None:
        """Refuse counts below 1."""
        settle_counts(self, "num_pairs", "num_labels", "num_epochs")


ARMS = {
    "500 pairs, 1 label each, 80 passes": Arm(500, 1, 80),
    "500 pairs, 20 labels each, 4 passes": Arm(500, 20, 4),
    "10,000 pairs, 1 label each, 4 passes": Arm(10_000, 1, 4),
    "10,000 pairs, 1 label each, 16 passes": Arm(10_000, 1, 16),
    "the same 4 passes, no reference": Arm(10_000, 1, 4, has_reference=False),
    "the same 16 passes, no reference": Arm(10_000, 1, 16, has_reference=False),
}


def _ask_again(pairs: Pairs, num_labels: int, generator: torch.Generator) -> Pairs:
    """Let the annotator answer each pair so many times anew: N pairs become N x num_labels.

    Args:
        pairs: the responses to compare; which of them was chosen does not matter.
        num_labels: answers to each.
        generator: of the answers.
    """
    prompt = pairs.prompt.repeat(num_labels)
    one, other = (token.repeat(num_labels, 1) for token in (pairs.chosen, pairs.rejected))
    return choose(prompt, one, other, generator)


def _without_reference(
    reference: LanguageModel,
    pairs: Pairs,
    beta: float,
    *,
    seed: int,
    num_epochs: int,
    on_step: Callable[[LanguageModel], None],
) -> LanguageModel:
    """Train as `align_directly` does, by the log-probabilities of the policy alone."""
    model, generator = reference.copy(), torch.Generator().manual_seed(seed)
    nothing = torch.zeros(len(pairs))

    def loss(index: Tensor) -> Tensor:
        some, zero = pairs.select(index), nothing[index]
        chosen = response_log_prob(model, some.prompt, some.chosen)
        rejected = response_log_prob(model, some.prompt, some.rejected)
        return maths.dpo_loss(chosen, rejected, zero, zero, beta)

    def step() -> None:
        on_step(model)

    fit(model, loss, len(pairs), num_epochs, generator, learning_rate=1e-3, on_step=step)
    return model


def _run(arm_name: str, seed: int) -> dict[str, Any]:
    """Train one arm and measure it on the way.

    Returns:
        "labels", "steps": what it was given; each of MEASURES: NUM_RECORDS numbers.
    """
    arm, problem = ARMS[arm_name], pose(seed)
    judge = problem.judge()
    pairs = problem.pairs.select(torch.arange(arm.num_pairs))
    if arm.num_labels > 1:
        pairs = _ask_again(pairs, arm.num_labels, torch.Generator().manual_seed(seed))
    steps = count_steps(arm)
    found: dict[str, Any] = {"labels": len(pairs), "steps": steps} | {m: [] for m in MEASURES}
    taken = 0

    def on_step(model: LanguageModel) -> None:
        nonlocal taken
        taken += 1
        if taken % (steps // NUM_RECORDS) == 0:
            worth = judge.measure(judge.log_prob(model))
            for name in MEASURES:
                found[name].append(significant(getattr(worth, name), 4))

    trained = align_directly if arm.has_reference else _without_reference
    settings = {"seed": seed, "num_epochs": arm.num_epochs, "on_step": on_step}
    trained(problem.reference, pairs, alignment.BETA, **settings)
    return found


def count_steps(arm: Arm) -> int:
    """Count the gradient steps."""
    return fit_steps(arm.num_pairs * arm.num_labels, arm.num_epochs)


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "num_seeds": NUM_SEEDS,
        "num_records": NUM_RECORDS,
        "beta": alignment.BETA,
        "arms": list(ARMS),
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each seed."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    found = do(_run, {"arm_name": ARMS}, range(NUM_SEEDS))
    return {
        f"seed {seed}": {name: runs[seed] for (name,), runs in found.items()}
        for seed in range(NUM_SEEDS)
    }


def read(path: Path = STORED) -> dict[str, dict[str, Any]]:
    """Read the stored experiment.

    Returns:
        Name of the arm -> "labels" and "steps", and of each of MEASURES a tensor
        (NUM_SEEDS, NUM_RECORDS).
    """
    seeds = list(experiments.read(path)[1].values())
    return {
        name: {
            "labels": seeds[0][name]["labels"],
            "steps": seeds[0][name]["steps"],
            **{m: experiments.numbers([seed[name][m] for seed in seeds]) for m in MEASURES},
        }
        for name in seeds[0]
    }


COLUMNS = ["arm", "labels", "steps", "gap closed", "lowest", "highest", "true reward", "KL to ref"]
"""Of `table`: what an arm was given, and the medians over seeds of what it came to at its end."""


def table(record: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Return a row per arm, as COLUMNS; of the gap closed also the lowest and highest seed."""
    rows = []
    for name, arm in record.items():
        closed, true, kl = (arm[measure][:, -1] for measure in MEASURES)
        ends = closed.median(), closed.min(), closed.max(), true.median(), kl.median()
        rows.append([name, arm["labels"], arm["steps"], *ends])
    return rows


def differences(record: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Compare arms that differ in one thing, seed by seed, by the gap closed at their end.

    Returns:
        A row per comparison: its name, and the median, smallest and largest of the differences.
    """
    once, again, many, longer, bare, bare_longer = (
        arm["true_gap_closed"][:, -1] for arm in record.values()
    )
    pairs = {
        "labels: twenty each - one each": (again, once),
        "pairs: 10,000 - 500 with twenty labels": (many, again),
        "steps: 320 - 80": (longer, many),
        "reference: with - without, 80 steps": (many, bare),
        "reference: with - without, 320 steps": (longer, bare_longer),
        "steps, no reference: 80 - 320": (bare, bare_longer),
    }
    gains = {name: one - other for name, (one, other) in pairs.items()}
    return [[name, g.median(), g.min(), g.max()] for name, g in gains.items()]
