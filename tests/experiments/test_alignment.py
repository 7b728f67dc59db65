"""The recorded alignment: made with today's settings, and what the notebooks say of it is true."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest

from ppo_lesson.experiments import alignment, running as experiments
from ppo_lesson.experiments.alignment import BETA, BETAS, PAIRS_OF_DPO, WAYS
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.feedback import pretrain
from ppo_lesson.language.model import LanguageModel
from ppo_lesson.worlds import grammar


@pytest.fixture(scope="module")
def record():
    return alignment.read()


def test_the_stored_file_was_made_with_the_settings_of_today():
    assert experiments.read(alignment.STORED)[0] == alignment.head()


def test_every_seed_has_every_way_price_and_number_of_pairs(record):
    assert len(record) == alignment.NUM_SEEDS
    for run in record:
        assert {way: len(scores) for way, scores in run["frontier"].items()} == {
            way: len(BETAS) for way in WAYS
        }
        assert len(run["pairs"]) == len(PAIRS_OF_DPO)
        assert len(run["no price"]) == 1 + 50 // alignment.ITERATIONS_BETWEEN
        assert run["reference"]["gap_closed"] == 0 and run["optimum"]["gap_closed"] == 1


def test_ppo_closes_98_per_cent_of_the_gap_from_every_seed_and_the_others_90(record):
    for way, least in (("ppo", 0.98), ("grpo", 0.98), ("dpo", 0.9)):
        closed = [run["frontier"][way][BETAS.index(BETA)]["gap_closed"] for run in record]
        assert min(closed) >= least, (way, closed)


def test_without_a_price_the_proxy_rises_and_the_true_reward_falls_from_every_seed(record):
    for run in record:
        first, last = run["no price"][0], run["no price"][-1]
        assert last["proxy"] > first["proxy"] + 2
        assert last["true"] < first["true"] - 1
        best = max(run["no price"], key=lambda scores: scores["true"])
        assert best["true"] > first["true"] + 1  # at first it rises, too


def test_dpo_comes_nearer_to_the_annotators_optimum_with_every_pair(record):
    for run in record:
        closed = [scores["true_gap_closed"] for scores in run["pairs"]]
        assert closed == sorted(closed) and closed[-1] > 0.97


def test_the_runs_that_two_lists_hold_are_the_same(record):
    for run in record:
        twice = run["pairs"][PAIRS_OF_DPO.index(alignment.NUM_PAIRS)]
        assert twice == run["frontier"]["dpo"][BETAS.index(BETA)]


def test_a_run_trains_every_way_at_every_price_and_measures_it_there(monkeypatch):
    """With stand-ins for training and measuring, which take minutes."""
    reference, asked = LanguageModel(0), []

    def align(_reference, _reward_model, config, *, seed, **_watch):
        asked.append(("grpo" if config.group_size else "ppo", config.beta, seed))
        return SimpleNamespace(policy=reference)

    def align_directly(_reference, pairs, beta, *, seed):
        asked.append((f"dpo from {len(pairs)}", beta, seed))
        return reference

    def judge(_problem, beta=BETA):
        names = {"ref_log_prob": "the reference's", "optimum": "the optimum's"}
        return SimpleNamespace(beta=beta, measure=lambda policy: policy, **names)

    stand_ins = {
        "pose": lambda seed: alignment.Problem(reference, range(10), None),
        "align": align,
        "whole": lambda result: result,
        "align_directly": align_directly,
        "collect_pairs": lambda _reference, count, _generator: range(count),
        "measure": lambda judge, model: judge.beta,
        "seen": lambda scores: scores,
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(alignment, name, stand_in)
    monkeypatch.setattr(alignment.Problem, "judge", judge)
    assert alignment.run(3) == {
        "reference": "the reference's",
        "optimum": "the optimum's",
        "frontier": {way: list(BETAS) for way in WAYS},
        "pairs": [BETA] * len(PAIRS_OF_DPO),
        "no price": ["the reference's"],
    }
    assert asked == [
        *((way, beta, 3) for way in ("ppo", "grpo", "dpo from 10") for beta in BETAS),
        *((f"dpo from {count}", BETA, 3) for count in PAIRS_OF_DPO),
        ("ppo", 0.0, 3),
    ]


@pytest.mark.exhaustive
def test_the_whole_experiment_tells_its_ways_apart_and_is_read_as_it_was_written(
    monkeypatch, tmp_path
):
    """The code that made the stored file, with two iterations of everything."""
    config = partial(RLHFConfig, num_iterations=2, num_responses=64, minibatch_size=64)
    small = {
        "pretrain": partial(pretrain, num_sentences=2_000, num_epochs=1),
        "pose": partial(alignment.pose, num_pairs=600),
        "RLHFConfig": config,
        "NUM_SEEDS": 1,
        "BETAS": (BETA,),
        "PAIRS_OF_DPO": (300, 600),
        "ITERATIONS_BETWEEN": 1,
    }
    for name, setting in small.items():
        monkeypatch.setattr(alignment, name, setting)
    alignment.write(tmp_path / "made.json", "here")
    (run,) = alignment.read(tmp_path / "made.json")
    assert run["reference"]["gap_closed"] == 0 and run["optimum"]["gap_closed"] == 1
    (ppo,), (grpo,), (dpo,) = (run["frontier"][way] for way in ("ppo", "grpo", "dpo"))
    fewer, as_many = run["pairs"]
    start, _, free = run["no price"]
    assert start == run["reference"] and as_many == dpo
    different = [run["reference"], ppo, grpo, dpo, fewer, free]
    assert len({str(scores) for scores in different}) == len(different)


@pytest.mark.exhaustive
def test_a_fresh_seed_reaches_what_the_record_says():
    """Seed 100 is in no file: a reference, pairs, a reward model, PPO with and without a price."""
    seed = 100
    problem = alignment.pose(seed)
    judge = problem.judge()
    prob = judge.ref_log_prob.exp()
    ceiling = grammar.bayes_accuracy(prob, judge.true).item()
    accuracy = grammar.accuracy(prob, judge.proxy, judge.true).item()
    assert ceiling - 0.02 < accuracy < ceiling
    scores = judge.measure(judge.log_prob(alignment.by_ppo(problem, BETA, seed)))
    assert scores.gap_closed > 0.98
    assert scores.true > judge.measure(judge.ref_log_prob).true + 1
    free = alignment.without_price(problem, judge, seed)
    assert free[-1]["true"] < free[0]["true"] and free[0]["proxy"] + 1 < free[-1]["proxy"]


def test_dpo_aims_at_the_annotator_and_uses_the_pairs_that_it_is_given(monkeypatch):
    monkeypatch.setattr(alignment, "pretrain", lambda seed: pretrain(seed, 3_000, 1))  # quick
    problem = alignment.pose(seed=100, num_pairs=1_000)
    policy = alignment.by_dpo(problem, BETA, seed=0)
    judge = problem.judge()
    assert judge.measure(judge.log_prob(policy)).true_gap_closed > 0.05
