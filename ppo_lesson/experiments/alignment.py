"""An experiment, recorded: PPO, GRPO and DPO align the small language model, five seeds of each.

All three start from the same reference and the same 10,000 pairs, and are measured by sums over
every response. The result is stored beside this module; `python -m ppo_lesson experiments
alignment` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ppo_lesson.experiments import running as experiments
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.dpo import align_directly
from ppo_lesson.language.feedback import Pairs, collect_pairs, fit_reward_model, pretrain
from ppo_lesson.language.judge import Judge, Worth
from ppo_lesson.language.model import LanguageModel, RewardModel
from ppo_lesson.language.rlhf import Alignment, align
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.interrupts import whole

STORED = Path(__file__).with_name("alignment.json")
COMMAND = "python -m ppo_lesson experiments alignment"
NUM_SEEDS = 5
NUM_PAIRS = 10_000
BETA = 0.5
BETAS = (2.0, 1.0, 0.5, 0.25, 0.125)
PAIRS_OF_DPO = (500, 2_000, 10_000, 50_000)
GROUP_SIZE = 16
ITERATIONS_BETWEEN = 2  # two records of the run without a price


@dataclass(frozen=True, eq=False)
class Problem:
    """What every way of aligning starts from.

    Args:
        reference: trained on what people write.
        pairs: the annotator's choices between its responses.
        reward_model: fitted to the pairs.
    """

    reference: LanguageModel
    pairs: Pairs
    reward_model: RewardModel

    def judge(self, beta: float = BETA) -> Judge:
        """Return the measure of what is aligned at this price."""
        return Judge(self.reference, self.reward_model, beta)


def pose(seed: int, num_pairs: int = NUM_PAIRS) -> Problem:
    """Train a reference, ask the annotator, and fit a reward model whose head is a sum."""
    seed, num_pairs = check_seed(seed), check_count("num_pairs", num_pairs)
    reference = pretrain(seed)
    pairs = collect_pairs(reference, num_pairs, torch.Generator().manual_seed(seed))
    return Problem(reference, pairs, fit_reward_model(pairs, seed))


def by_ppo(problem: Problem, beta: float, seed: int) -> LanguageModel:
    """Align with a critic."""
    config = RLHFConfig(beta=beta)
    return whole(align(problem.reference, problem.reward_model, config, seed=seed)).policy


def by_grpo(problem: Problem, beta: float, seed: int) -> LanguageModel:
    """Align with groups of responses in the critic's place."""
    config = RLHFConfig(beta=beta, group_size=GROUP_SIZE)
    return whole(align(problem.reference, problem.reward_model, config, seed=seed)).policy


def by_dpo(problem: Problem, beta: float, seed: int) -> LanguageModel:
    """Align by the pairs themselves."""
    return align_directly(problem.reference, problem.pairs, beta, seed=seed)


WAYS: dict[str, Callable[[Problem, float, int], LanguageModel]] = {
    "ppo": by_ppo,
    "grpo": by_grpo,
    "dpo": by_dpo,
}


def run(seed: int) -> dict[str, Any]:
    """Do the whole experiment from one seed.

    Returns:
        "reference" and "optimum": their scores at BETA; "frontier": way -> one score per BETAS;
        "pairs": one score of DPO per PAIRS_OF_DPO; "no price": one score per ITERATIONS_BETWEEN
        iterations of PPO with beta 0, the reference's first; all as dicts of `judge.Worth`.
    """
    problem = pose(seed)
    judge, judges = problem.judge(), [problem.judge(beta) for beta in BETAS]
    return {
        "reference": seen(judge.measure(judge.ref_log_prob)),
        "optimum": seen(judge.measure(judge.optimum)),
        "frontier": {
            way: [measure(at, train(problem, at.beta, seed)) for at in judges]
            for way, train in WAYS.items()
        },
        "pairs": [measure(judge, _dpo_from(problem, count, seed)) for count in PAIRS_OF_DPO],
        "no price": without_price(problem, judge, seed),
    }


def without_price(problem: Problem, judge: Judge, seed: int) -> list[dict[str, float]]:
    """Train by PPO with beta 0; score the reference, and then the policy now and again."""
    path = [seen(judge.measure(judge.ref_log_prob))]

    def watch(result: Alignment) -> None:
        if not result.stopped and len(result.history) % ITERATIONS_BETWEEN == 0:
            path.append(measure(judge, result.policy))

    config = RLHFConfig(beta=0.0)
    reference, reward_model = problem.reference, problem.reward_model
    whole(align(reference, reward_model, config, seed=seed, watch=watch))
    return path


def _dpo_from(problem: Problem, num_pairs: int, seed: int) -> LanguageModel:
    generator = torch.Generator().manual_seed(seed)
    pairs = collect_pairs(problem.reference, num_pairs, generator)
    return by_dpo(replace(problem, pairs=pairs), BETA, seed)


def measure(judge: Judge, model: LanguageModel) -> dict[str, float]:
    """Return what a policy is worth, four digits each: the fields of `judge.Worth`."""
    return seen(judge.measure(judge.log_prob(model)))


def seen(worth: Worth) -> dict[str, float]:
    """Write down what a policy is worth, four significant digits each."""
    return {name: significant(number, 4) for name, number in asdict(worth).items()}


def head() -> dict[str, Any]:
    """Say what the stored file is made with; a stored file that says otherwise is stale."""
    return {
        "command": COMMAND,
        "config": asdict(RLHFConfig()),
        "num_seeds": NUM_SEEDS,
        "num_pairs": NUM_PAIRS,
        "beta": BETA,
        "betas": list(BETAS),
        "pairs_of_dpo": list(PAIRS_OF_DPO),
        "group_size": GROUP_SIZE,
        "every": ITERATIONS_BETWEEN,
    }


def write(path: Path = STORED, engine: str = "cores") -> None:
    """Run the experiment and store it, as `experiments.make` does: an entry for each seed."""
    experiments.make(path, head(), _entries, engine)


def _entries(do: experiments.Do) -> dict[str, Any]:
    (runs,) = do(run, {}, range(NUM_SEEDS)).values()
    return {f"seed {seed}": found for seed, found in enumerate(runs)}


def read(path: Path = STORED) -> list[dict[str, Any]]:
    """Read what `run` has found, one entry per seed."""
    return list(experiments.read(path)[1].values())
