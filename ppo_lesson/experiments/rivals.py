"""An experiment, recorded: DPO trained on and on at low prices, and as long as its rivals.

Over-optimisation: DPO from 1,000 and from 10,000 pairs at three prices, measured on its way through
64 epochs. Equal budgets: DPO from the pairs that a reward model is fitted to, with as many gradient
steps as reward model and PPO take together in `experiments.alignment` and `experiments.heads`.
The result is stored beside this module; `python -m ppo_lesson experiments rivals` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from ppo_lesson.experiments import alignment, heads, running as experiments
from ppo_lesson.experiments.alignment import NUM_PAIRS, NUM_SEEDS, Problem
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.dpo import align_directly
from ppo_lesson.language.feedback import BATCH_SIZE, Pairs, collect_pairs
from ppo_lesson.language.judge import Judge
from ppo_lesson.language.model import LanguageModel
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.worlds import grammar

STORED = Path(__file__).with_name("rivals.json")
COMMAND = "python -m ppo_lesson experiments rivals"
EPOCHS = (1, 2, 4, 8, 16, 32, 64)  # after which DPO is measured on its way
LONG_RUNS = ((1_000, 0.5), (1_000, 0.125), (1_000, 0.03125), (10_000, 0.125))
"""Numbers of pairs and prices at which DPO is trained for the last of EPOCHS."""
EQUAL_PRICES = (0.5, 0.125)  # of the equal budgets


@dataclass(frozen=True)
class Budget:
    """What a way of aligning costs, from the reference on.

    Args:
        labels: answers of the annotator, one for each pair.
        gradient_steps: of all models that are fitted, the reward model's among them.
        responses: that are drawn, for pairs and for rollouts.
    """

    labels: int
    gradient_steps: int
    responses: int


def fit_steps(num_samples: int, num_epochs: int) -> int:
    """Count the gradient steps of `language.feedback.fit`: the last minibatch may be short."""
    minibatches = -(-check_count("num_samples", num_samples) // BATCH_SIZE)
    return check_count("num_epochs", num_epochs) * minibatches


def align_steps(config: RLHFConfig) -> int:
    """Count the gradient steps of `language.align`."""
    minibatches = -(-config.num_responses // config.minibatch_size)
    return config.num_iterations * config.num_epochs * minibatches


def budget_of_dpo(num_pairs: int, num_epochs: int) -> Budget:
    """Count what `language.align_directly` takes, its pairs included."""
    num_pairs = check_count("num_pairs", num_pairs)
    return Budget(num_pairs, fit_steps(num_pairs, num_epochs), 2 * num_pairs)


def budget_of_rlhf(num_pairs: int, num_epochs: int, config: RLHFConfig) -> Budget:
    """Count what a reward model and `language.align` by it take, the pairs included.

    Args:
        num_pairs: that the reward model is fitted to.
        num_epochs: of the reward model.
        config: of PPO or GRPO.
    """
    fitted = budget_of_dpo(num_pairs, num_epochs)
    return Budget(
        fitted.labels,
        fitted.gradient_steps + align_steps(config),
        fitted.responses + config.num_iterations * config.num_responses,
    )


def equal_epochs(head: str) -> int:
    """Return the epochs of DPO that are as many gradient steps as reward model and PPO take."""
    rival = budget_of_rlhf(NUM_PAIRS, heads.EQUAL[head], RLHFConfig())
    return rival.gradient_steps // fit_steps(NUM_PAIRS, 1)


@cache  # one problem for all jobs of a seed
def pose(seed: int) -> Problem:
    """Pose the problem of `alignment.pose`."""
    return alignment.pose(check_seed(seed))


def _long_run(num_pairs: int, beta: float, seed: int) -> list[dict[str, float]]:
    """Train DPO for the last of EPOCHS, on the same pairs again and again.

    Returns:
        After each of EPOCHS a dict of `judge.Worth`, and "foreseen_seen" and "foreseen_fresh": the
        share of the annotator's choices that the implicit reward foresees, in its pairs and in all
        pairs that the reference writes. The step size falls until the last epoch.
    """
    num_pairs, problem = check_count("num_pairs", num_pairs), pose(check_seed(seed))
    generator = torch.Generator().manual_seed(seed)
    pairs = collect_pairs(problem.reference, num_pairs, generator)
    judge, found, steps = problem.judge(beta), [], 0
    per_epoch = fit_steps(num_pairs, 1)

    def on_step(model: LanguageModel) -> None:
        nonlocal steps
        steps += 1
        if steps in [count * per_epoch for count in EPOCHS]:
            found.append(_foreseen(judge, pairs, model) | alignment.measure(judge, model))

    start = problem.reference, pairs, beta
    align_directly(*start, seed=seed, num_epochs=EPOCHS[-1], on_step=on_step)
    return found


def _foreseen(judge: Judge, pairs: Pairs, model: LanguageModel) -> dict[str, float]:
    implicit = judge.log_prob(model) - judge.ref_log_prob  # over beta, which changes no order
    chosen, rejected = (
        implicit[pairs.prompt, grammar.sentence_index(token)]
        for token in (pairs.chosen, pairs.rejected)
    )
    seen = ((chosen > rejected) + 0.5 * (chosen == rejected)).mean()
    fresh = grammar.accuracy(judge.ref_log_prob.exp(), implicit, judge.true)
    shares = {"foreseen_seen": seen, "foreseen_fresh": fresh}
    return {name: significant(share.item(), 4) for name, share in shares.items()}


def _equal_run(head: str, seed: int) -> list[dict[str, float]]:
    """Train DPO with as many gradient steps as a head's reward model and PPO: a score per price.

    Args:
        head: of the reward model, "sum" or "last token".
        seed: of everything.
    """
    problem = pose(check_seed(seed))
    found = []
    for beta in EQUAL_PRICES:
        start = problem.reference, problem.pairs, beta
        policy = align_directly(*start, seed=seed, num_epochs=equal_epochs(head))
        found.append(alignment.measure(problem.judge(beta), policy))
    return found


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "epochs": list(EPOCHS),
        "long_runs": [list(run) for run in LONG_RUNS],
        "equal_prices": list(EQUAL_PRICES),
        "equal_epochs": {name: equal_epochs(name) for name in heads.EQUAL},
        "budgets": {name: asdict(budget) for name, budget in budgets().items()},
        "num_seeds": NUM_SEEDS,
    }


def budgets() -> dict[str, Budget]:
    """Count what each way of the records takes."""
    grouped = replace(RLHFConfig(), group_size=alignment.GROUP_SIZE)
    return {
        "DPO, 4 epochs": budget_of_dpo(NUM_PAIRS, 4),
        **{
            f"DPO, {equal_epochs(name)} epochs": budget_of_dpo(NUM_PAIRS, equal_epochs(name))
            for name in heads.EQUAL
        },
        **{
            f"{way}, {name}": budget_of_rlhf(NUM_PAIRS, num_epochs, config)
            for way, config in (("PPO", RLHFConfig()), ("GRPO", grouped))
            for name, num_epochs in heads.EQUAL.items()
        },
    }


def _makers() -> dict[str, Callable[[int], Any]]:
    """Name what is made from each seed."""
    return {
        **{f"as long as {name}": partial(_equal_run, name) for name in heads.EQUAL},
        **{
            f"{num_pairs} pairs, beta {beta:g}": partial(_long_run, num_pairs, beta)
            for num_pairs, beta in LONG_RUNS
        },
    }


def _run(name: str, seed: int) -> Any:
    return _makers()[name](seed)


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    return experiments.by_seed(do(_run, {"name": _makers()}, range(NUM_SEEDS)))


def read(path: Path = STORED) -> dict[str, list[list[dict[str, float]]]]:
    """Read the stored runs, as "as long as sum" or "1000 pairs, beta 0.5": a list for each seed."""
    runs = experiments.read(path)[1]
    names = [name.split(": ", 1)[1] for name in runs if name.startswith("seed 0: ")]
    return {name: [runs[f"seed {seed}: {name}"] for seed in range(NUM_SEEDS)] for name in names}
