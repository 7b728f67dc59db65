"""The recorded rivals: what they cost is counted right, and what is said of them is true."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from ppo_lesson.experiments import alignment, heads, rivals, running as experiments
from ppo_lesson.experiments.rivals import Budget
from ppo_lesson.language import feedback, rlhf
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.feedback import Pairs, collect_pairs, fit_reward_model
from ppo_lesson.language.model import LanguageModel


def count_steps(monkeypatch, module, call) -> int:
    """Count how often a module takes a gradient step; without gradients, none moves anything."""
    taken = []
    monkeypatch.setattr(module, "gradient_step", lambda adam, *_: taken.append(adam.step()))
    call()
    return len(taken)


def test_the_counted_steps_of_a_fit_and_of_an_alignment_are_those_that_they_take(monkeypatch):
    token = torch.zeros(1_100, 4, dtype=torch.long)
    pairs = Pairs(torch.zeros(1_100, dtype=torch.long), token, token)
    fitted = count_steps(monkeypatch, feedback, lambda: fit_reward_model(pairs, 0, 2))
    assert fitted == rivals.fit_steps(1_100, 2) == 6
    config = RLHFConfig(num_iterations=2, num_responses=10, num_epochs=3, minibatch_size=4)
    start = LanguageModel(0), lambda prompt, token: torch.zeros(len(prompt)), config
    aligned = count_steps(monkeypatch, rlhf, lambda: rlhf.align(*start, seed=0))
    assert aligned == rivals.align_steps(config) == 18


def test_a_budget_holds_the_reward_models_steps_and_the_responses_of_the_pairs():
    found = rivals.budgets()
    assert found["DPO, 4 epochs"] == Budget(10_000, 80, 20_000)
    assert found["PPO, sum"] == found["GRPO, sum"] == Budget(10_000, 80 + 200, 20_000 + 25_600)
    assert found["PPO, last token"] == Budget(10_000, 160 + 200, 45_600)


@pytest.mark.parametrize("head", ["sum", "last token"])
def test_the_equal_run_takes_as_many_steps_as_its_rival_and_as_many_labels(head):
    found = rivals.budgets()
    equal = found[f"DPO, {rivals.equal_epochs(head)} epochs"]
    rival = found[f"PPO, {head}"]
    assert (equal.gradient_steps, equal.labels) == (rival.gradient_steps, rival.labels)


def test_a_long_run_is_measured_after_each_of_its_epochs(monkeypatch):
    reference = LanguageModel(0)
    token = torch.zeros(4, 4, dtype=torch.long)
    pairs = Pairs(torch.arange(4) % 3, token, token)
    problem = SimpleNamespace(reference=reference, judge=lambda beta: SimpleNamespace(beta=beta))

    def align_directly(start, given, beta, *, seed, num_epochs, on_step):
        assert (start, given, beta, seed, num_epochs) == (reference, pairs, 0.125, 3, 64)
        for step in range(2 * num_epochs):  # two minibatches
            on_step(step + 1)

    stand_ins = {
        "pose": lambda seed: problem,
        "collect_pairs": lambda *_: pairs,
        "align_directly": align_directly,
        "_foreseen": lambda judge, pairs, model: {"step": model},
        "alignment": SimpleNamespace(measure=lambda judge, model: {"beta": judge.beta}),
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(rivals, name, stand_in)
    found = rivals._long_run(1_000, 0.125, 3)
    assert found == [{"step": 2 * epochs, "beta": 0.125} for epochs in rivals.EPOCHS]


def test_the_reference_foresees_nothing_and_the_true_reward_what_can_be_foreseen():
    """By the implicit reward: 0 everywhere, a tie that counts one half."""
    reference = LanguageModel(0)
    problem = alignment.Problem(
        reference,
        collect_pairs(reference, 50, torch.Generator().manual_seed(0)),
        lambda prompt, token: torch.zeros(len(prompt)),  # type: ignore[arg-type]
    )
    shares = rivals._foreseen(problem.judge(), problem.pairs, reference)
    assert shares == {"foreseen_seen": 0.5, "foreseen_fresh": 0.5}


@pytest.mark.exhaustive
def test_the_whole_experiment_is_read_as_it_was_written(monkeypatch, tmp_path):
    """The code that made the stored file, with few pairs and one price."""
    small = partial(feedback.pretrain, num_sentences=2_000, num_epochs=1)
    reference = small(seed=0)
    pairs = collect_pairs(reference, 600, torch.Generator().manual_seed(0))
    problem = alignment.Problem(reference, pairs, fit_reward_model(pairs, 0, 1))
    monkeypatch.setattr(rivals, "pose", lambda seed: problem)
    monkeypatch.setattr(rivals, "NUM_SEEDS", 1)
    monkeypatch.setattr(rivals, "LONG_RUNS", ((300, 0.125),))
    monkeypatch.setattr(rivals, "equal_epochs", lambda head: 1 if head == "sum" else 2)
    rivals.write(tmp_path / "made.json", "here")
    runs = rivals.read(tmp_path / "made.json")
    assert list(runs) == ["as long as sum", "as long as last token", "300 pairs, beta 0.125"]
    (one,), (two,), (path,) = runs.values()
    assert len(one) == len(two) == 2 and one != two and len(path) == len(rivals.EPOCHS)
    assert path[-1]["foreseen_seen"] > path[0]["foreseen_seen"]


def test_at_equal_labels_and_steps_dpo_comes_nearer_to_the_annotators_optimum_than_ppo():
    runs, heads_record = rivals.read(), heads.read()
    for name in heads.EQUAL:
        for k, price in enumerate(rivals.EQUAL_PRICES):
            at = alignment.BETAS.index(price)
            for run, found in zip(heads_record, runs[f"as long as {name}"], strict=True):
                ppo = run["frontier"][name]["ppo"][at]
                assert found[k]["true_gap_closed"] > max(0.97, ppo["true_gap_closed"])


def test_on_the_same_pairs_dpo_learns_them_by_heart_and_goes_further_and_further():
    for num_pairs, beta in rivals.LONG_RUNS:
        for path in rivals.read()[f"{num_pairs} pairs, beta {beta:g}"]:
            if beta > 0.1:  # at the lowest price not from every seed
                assert path[-1]["foreseen_seen"] > path[2]["foreseen_seen"] + 0.01
            assert path[-1]["kl_to_ref"] > path[2]["kl_to_ref"]


def test_from_few_pairs_dpo_over_optimises_from_one_seed_in_five_and_from_many_from_none():
    runs = rivals.read()
    for beta in (0.5, 0.125, 0.03125):
        lost = [
            max(scores["true"] for scores in path) - path[-1]["true"]
            for path in runs[f"1000 pairs, beta {beta:g}"]
        ]
        assert lost[0] > 0.1 > max(lost[1:])
    for path in runs["10000 pairs, beta 0.125"]:
        assert max(scores["true"] for scores in path) - path[-1]["true"] < 0.02


def test_the_stored_file_was_made_with_the_settings_of_today():
    assert experiments.read(rivals.STORED)[0] == rivals.head()


def test_settings_with_groups_cost_as_much_as_those_with_a_critic():
    config = RLHFConfig()
    grouped = replace(config, group_size=alignment.GROUP_SIZE)
    assert rivals.align_steps(grouped) == rivals.align_steps(config)
