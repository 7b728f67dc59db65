"""The recorded heads: made with today's settings, and what the notebooks say of them is true."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from ppo_lesson.experiments import alignment, heads, running as experiments
from ppo_lesson.experiments.alignment import BETA, BETAS, NUM_SEEDS, Problem
from ppo_lesson.language.feedback import collect_pairs, fit_reward_model, pretrain
from ppo_lesson.language.model import HEADS, LanguageModel

LOW = heads.PRICES.index(0.125)


@pytest.fixture(scope="module")
def record():
    return heads.read()


def test_the_stored_file_was_made_with_the_settings_of_today():
    assert experiments.read(heads.STORED)[0] == heads.head()


def test_every_seed_has_both_heads_every_price_and_the_way_without(record):
    assert len(record) == NUM_SEEDS
    for run in record:
        for kind in heads._kinds():
            assert len(run[kind]["optimum"]) == len(heads.PRICES)
        for head in HEADS:
            assert {way: len(x) for way, x in run["frontier"][head].items()} == {
                way: len(BETAS) for way in ("ppo", "grpo")
            }
            assert len(run["no price"][head]) == len(run["no price, 4 epochs"]) == 26


def test_the_summed_head_of_this_record_is_that_of_the_alignment(record):
    at = heads.PRICES.index(BETA)
    for run, summed in zip(record, alignment.read(), strict=True):
        optimum = run["sum, 4 epochs"]["optimum"][at]
        for name, number in optimum.items():
            assert number == pytest.approx(summed["optimum"][name], abs=2e-3)
        assert run["no price"]["sum"] == summed["no price"]


def test_the_heads_foresee_as_many_choices_and_more_than_the_last_token_with_fewer_epochs(record):
    for run in record:
        right = {kind: run[kind]["accuracy"] for kind in heads._kinds()}
        assert abs(right["sum, 4 epochs"] - right["last token, 8 epochs"]) < 0.015
        assert right["last token, 4 epochs"] < right["last token, 8 epochs"]
        assert max(right.values()) < run["ceiling"] < 0.8


def test_at_a_low_price_one_optimum_has_left_what_people_like_and_the_other_has_not(record):
    for run in record:
        summed, last = (
            run[f"{head}, {heads.EQUAL[head]} epochs"]["optimum"] for head in ("sum", "last token")
        )
        assert summed[LOW]["true"] < 1.7 and last[LOW]["true"] > 2.5
        assert max(scores["true"] for scores in summed) > summed[LOW]["true"] + 0.5


def test_no_policy_is_better_than_the_limit_at_its_price(record):
    for run in record:
        for price, limit in zip(heads.PRICES, run["limit"], strict=True):
            best = limit["true"] - price * limit["kl_to_ref"]
            for kind in heads._kinds():
                for scores in run[kind]["optimum"]:
                    assert scores["true"] - price * scores["kl_to_ref"] < best + 2e-3


def test_without_a_price_the_sum_ends_below_the_reference_from_every_seed(record):
    runs = {head: [run["no price"][head] for run in record] for head in ("sum", "last token")}
    below = {
        head: sum(path[-1]["true"] < path[0]["true"] for path in paths)
        for head, paths in runs.items()
    }
    assert below["sum"] == NUM_SEEDS > below["last token"]
    for path in runs["sum"] + runs["last token"]:
        assert path[-1]["proxy"] > path[0]["proxy"] + 1


def test_the_table_holds_a_row_for_each_head_and_its_spread(record):
    rows = heads.accuracy_table(record)
    assert [row[0] for row in rows] == heads._kinds()
    for _, middle, low, high, *true in rows:
        assert low <= middle <= high and true[1] <= true[0] <= true[2]


def test_an_entry_of_a_seed_is_made_with_that_seed_and_its_head(monkeypatch):
    """With stand-ins for training, which takes minutes."""
    asked = []
    problem = SimpleNamespace(pairs="pairs", judge=lambda beta=BETA: SimpleNamespace(beta=beta))
    stand_ins = {
        "pose": lambda seed: problem,
        "replace": lambda problem, reward_model: problem,
        "fit_reward_model": lambda *call, head: asked.append((*call, head)),
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(heads, name, stand_in)
    ways = {"ppo": lambda problem, beta, seed: (beta, seed)}
    monkeypatch.setattr(alignment, "WAYS", ways)
    monkeypatch.setattr(alignment, "measure", lambda judge, policy: (judge.beta, *policy))
    monkeypatch.setattr(alignment, "without_price", lambda problem, judge, seed: seed)
    assert heads._run("ppo", 3) == [(beta, beta, 3) for beta in BETAS]
    assert heads._run("no price, 8 epochs", 3) == 3 and asked == []
    assert heads._run("no price, 4 epochs", 2) == 2
    assert asked == [("pairs", 2, 4, "last token")]


@pytest.mark.exhaustive
def test_the_whole_experiment_is_read_as_it_was_written(monkeypatch, tmp_path):
    """The code that made the stored file, with little training."""
    reference = pretrain(0, num_sentences=2_000, num_epochs=1)
    pairs = collect_pairs(reference, 600, torch.Generator().manual_seed(0))
    problem = Problem(reference, pairs, fit_reward_model(pairs, 0, 1, head="last token"))
    config = partial(alignment.RLHFConfig, num_iterations=2, num_responses=64, minibatch_size=64)
    monkeypatch.setattr(alignment, "RLHFConfig", config)
    monkeypatch.setattr(alignment, "ITERATIONS_BETWEEN", 1)
    small = {"pose": lambda seed: problem, "NUM_SEEDS": 1, "BETAS": (BETA,)}
    for name, setting in small.items():
        monkeypatch.setattr(heads, name, setting)
    stored = alignment.read()[:1]
    monkeypatch.setattr(alignment, "read", lambda: stored)
    heads.write(tmp_path / "made.json", "here")
    (run,) = heads.read(tmp_path / "made.json")
    assert len(run["no price"]["last token"]) == 3
    accuracies = [run[kind]["accuracy"] for kind in heads._kinds()]
    assert len(set(accuracies)) == 4 and max(accuracies) < run["ceiling"]
    ppo, grpo = (run["frontier"]["last token"][way] for way in ("ppo", "grpo"))
    assert len(ppo) == len(grpo) == 1 and ppo != grpo


def test_the_head_of_this_record_reads_the_last_token(monkeypatch):
    monkeypatch.setattr(heads, "pretrain", lambda seed: LanguageModel(seed))
    monkeypatch.setattr(heads, "NUM_PAIRS", 20)
    heads.pose.cache_clear()
    assert heads.pose(0).reward_model.head == "last token"
    heads.pose.cache_clear()
