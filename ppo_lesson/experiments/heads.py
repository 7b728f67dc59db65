"""An experiment, recorded: two reward models that are equally accurate, and what PPO makes of them.

Both are fitted to the same pairs and differ in their head alone: one adds up what it reads at the
tokens, one reads the last token. The second needs more epochs to foresee as many choices. PPO and
GRPO then align the same reference by either score, at each price and at no price.

The runs of the summed head are those of `experiments.alignment`; what is made here is stored beside
this module, and `python -m ppo_lesson experiments heads` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any

import torch

from ppo_lesson.experiments import alignment, running as experiments
from ppo_lesson.experiments.alignment import BETAS, NUM_PAIRS, NUM_SEEDS, Problem
from ppo_lesson.language.feedback import collect_pairs, fit_reward_model, pretrain
from ppo_lesson.language.judge import Judge
from ppo_lesson.language.model import HEADS
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.worlds import grammar

STORED = Path(__file__).with_name("heads.json")
COMMAND = "python -m ppo_lesson experiments heads"
EPOCHS = (4, 8)  # of the reward model
EQUAL = {"sum": 4, "last token": 8}
"""Head -> epochs of the reward model after which the two foresee as many choices."""
PRICES = tuple(2.0 ** (1 - k / 2) for k in range(13))  # 2 to 1/32: of the exact optima
LAST = "last token"


@cache  # one problem for all jobs of a seed
def pose(seed: int) -> Problem:
    """Pose the problem of `alignment.pose`, with the head that reads the last token."""
    seed = check_seed(seed)
    reference = pretrain(seed)
    pairs = collect_pairs(reference, NUM_PAIRS, torch.Generator().manual_seed(seed))
    return Problem(reference, pairs, fit_reward_model(pairs, seed, EQUAL[LAST], head=LAST))


def _with_head(problem: Problem, seed: int, head: str, num_epochs: int) -> Problem:
    """Return the problem with another reward model, fitted to the same pairs.

    Args:
        problem: whose reward model is replaced.
        seed: of weights and minibatches.
        head: "sum" or "last token".
        num_epochs: passes over the pairs.
    """
    fitted = fit_reward_model(problem.pairs, check_seed(seed), num_epochs, head=head)
    return replace(problem, reward_model=fitted)


def _scores(seed: int) -> dict[str, Any]:
    """Look at both heads after each number of epochs, without aligning anything.

    Returns:
        "ceiling": share of choices that the best guess foresees; "limit": the optimum of the true
        reward at each of PRICES; for each head and number of epochs, as "sum, 4 epochs", the share
        of choices it foresees, its "accuracy", and its "optimum" at each of PRICES. Shares are
        exact sums over all pairs of responses that the reference writes.
    """
    problem = pose(check_seed(seed))
    judge = problem.judge()
    prob = judge.ref_log_prob.exp()
    found: dict[str, Any] = {
        "ceiling": significant(grammar.bayes_accuracy(prob, judge.true).item(), 4),
        "limit": _optima(judge, judge.true),
    }
    for head in HEADS:
        for num_epochs in EPOCHS:
            judge = _with_head(problem, seed, head, num_epochs).judge()
            foreseen = grammar.accuracy(prob, judge.proxy, judge.true).item()
            found[f"{head}, {num_epochs} epochs"] = {
                "accuracy": significant(foreseen, 4),
                "optimum": _optima(judge, judge.proxy),
            }
    return found


def _optima(judge: Judge, reward: torch.Tensor) -> list[dict[str, float]]:
    """Tell what the optimum of a reward is worth at each price; shares of a gap have no place."""
    names = "proxy", "true", "kl_to_ref"
    worth = [judge.measure(judge.optimum_of(reward, price)) for price in PRICES]
    return [{name: significant(getattr(seen, name), 4) for name in names} for seen in worth]


def _frontier(way: str, seed: int) -> list[dict[str, float]]:
    """Align by the head that reads the last token: one score per BETAS.

    Args:
        way: "ppo" or "grpo".
        seed: of everything.
    """
    problem = pose(check_seed(seed))
    judges = [problem.judge(beta) for beta in BETAS]
    train = alignment.WAYS[way]
    return [alignment.measure(judge, train(problem, judge.beta, seed)) for judge in judges]


def _without_price(num_epochs: int, seed: int) -> list[dict[str, float]]:
    """Do `alignment.without_price` by the head that reads the last token.

    Args:
        num_epochs: passes over the pairs when it is fitted.
        seed: of everything.
    """
    num_epochs, seed = check_count("num_epochs", num_epochs), check_seed(seed)
    problem = pose(seed)
    if num_epochs != EQUAL[LAST]:
        problem = _with_head(problem, seed, LAST, num_epochs)
    return alignment.without_price(problem, problem.judge(), seed)


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        **alignment.head(),
        "command": COMMAND,
        "epochs": list(EPOCHS),
        "equal": EQUAL,
        "prices": list(PRICES),
    }


def _makers() -> dict[str, Callable[[int], Any]]:
    """Name what is made from each seed."""
    return {
        "scores": _scores,
        **{f"no price, {count} epochs": partial(_without_price, count) for count in EPOCHS},
        **{way: partial(_frontier, way) for way in ("ppo", "grpo")},
    }


def _run(name: str, seed: int) -> Any:
    return _makers()[name](seed)


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    return experiments.by_seed(do(_run, {"name": _makers()}, range(NUM_SEEDS)))


def read(path: Path = STORED) -> list[dict[str, Any]]:
    """Read what both heads have led to, one entry per seed.

    Returns:
        What `_scores` returns; "frontier" and "no price": head -> what `alignment.run` calls so,
        where the heads foresee as many choices; and "no price, 4 epochs" of the last token's.
    """
    runs = experiments.read(path)[1]
    return [
        {
            **runs[f"seed {seed}: scores"],
            "frontier": {
                "sum": {way: summed["frontier"][way] for way in ("ppo", "grpo")},
                LAST: {way: runs[f"seed {seed}: {way}"] for way in ("ppo", "grpo")},
            },
            "no price": {
                "sum": summed["no price"],
                LAST: runs[f"seed {seed}: no price, {EQUAL[LAST]} epochs"],
            },
            "no price, 4 epochs": runs[f"seed {seed}: no price, 4 epochs"],
        }
        for seed, summed in enumerate(alignment.read())
    ]


def accuracy_table(record: list[dict[str, Any]], price: float = 0.125) -> list[list[Any]]:
    """Compare how well each reward model foresees choices, and what following it exactly leads to.

    Args:
        record: what `read` returns.
        price: of the exact optimum, one of PRICES.

    Returns:
        A row per head and number of epochs: its name; share of choices foreseen, median, lowest
        and highest of the seeds; true reward of the score's optimum at the price, the same.
    """
    at = PRICES.index(price)
    rows = []
    for kind in _kinds():
        foreseen = [run[kind]["accuracy"] for run in record]
        true = [run[kind]["optimum"][at]["true"] for run in record]
        rows.append([kind, *_spread(foreseen), *_spread(true)])
    return rows


def _kinds() -> list[str]:
    return [f"{head}, {num_epochs} epochs" for head in HEADS for num_epochs in EPOCHS]


def _spread(numbers: list[float]) -> tuple[float, float, float]:
    return median(numbers), min(numbers), max(numbers)
