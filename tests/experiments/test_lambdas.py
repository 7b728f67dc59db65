"""The stored runs along lambda are whole, made with today's settings, and summed up rightly."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.experiments import lambdas, running as experiments
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.statistics import interquartile_mean

RUNS = lambdas.read()
STEPS = (lambdas.DEFAULT_STEP, *lambdas.OTHER_STEPS)
EVERY = {step_size: lambdas.read(step_size=step_size) for step_size in STEPS}


def test_the_stored_file_was_made_with_the_settings_of_today() -> None:
    assert experiments.read(lambdas.STORED)[0] == lambdas.head()


def test_every_lambda_has_twenty_seeds_and_every_evaluation() -> None:
    assert list(RUNS) == list(lambdas.LAMBDAS)
    shape = (lambdas.NUM_SEEDS, len(lambdas.steps()))
    assert {tuple(returns.shape) for returns in RUNS.values()} == {shape}
    assert all(((returns >= 8) & (returns <= 500)).all() for returns in RUNS.values())


def test_some_lambdas_have_other_step_sizes_from_ten_seeds() -> None:
    shape = (lambdas.CONTROL_SEEDS, len(lambdas.steps()))
    for step_size in lambdas.OTHER_STEPS:
        assert list(EVERY[step_size]) == list(lambdas.CONTROLS)
        assert {tuple(returns.shape) for returns in EVERY[step_size].values()} == {shape}


def test_the_default_step_size_is_that_of_the_defaults() -> None:
    assert PPOConfig().learning_rate == lambdas.DEFAULT_STEP


def test_the_best_step_size_has_the_largest_interquartile_mean() -> None:
    for at, (best, runs) in lambdas.read_controls().items():
        middle = {x: interquartile_mean(EVERY[x][at][:10].mean(1)) for x in STEPS}
        assert middle[best] == max(middle.values())
        assert torch.equal(runs, EVERY[best][at][:10])
        assert min(STEPS) < best < max(STEPS)  # no best one lies at the edge of those tried


def test_the_file_is_small() -> None:
    assert lambdas.STORED.stat().st_size < 60_000


def test_steps_until_solved_are_those_of_the_first_evaluation_that_is_good_enough() -> None:
    returns = torch.full((3, len(lambdas.steps())), 100.0, dtype=torch.float64)
    returns[0, 4:] = 475.0
    returns[1, 2], returns[1, 9] = 480.0, 500.0
    assert lambdas.steps_until_solved(returns).tolist() == [5 * 2048, 3 * 2048, math.inf]


def test_a_summary_compares_seed_by_seed_and_by_the_middle_half() -> None:
    seed = torch.arange(20.0, dtype=torch.float64)[:, None].expand(20, len(lambdas.steps()))
    runs = dict.fromkeys(lambdas.LAMBDAS, 10 * seed) | {0.9: 10 * seed + 7, 0.5: 10 * seed + 300}
    found = lambdas.summarise(runs, 0.9)
    assert found.minus_usual == pytest.approx((7, 7, 7)) and found.solved == 0
    assert found.mean_return.middle == pytest.approx(102) and found.median_steps == math.inf
    found = lambdas.summarise(runs, 0.5)
    assert found.minus_usual.middle == pytest.approx(300) and found.solved == 2
    assert lambdas.summarise(runs, 0.95).minus_usual == (0, 0, 0)


def test_what_notebook_07_says_of_the_runs() -> None:
    found = {at: lambdas.summarise(RUNS, at) for at in lambdas.LAMBDAS}
    assert [s.solved for s in found.values()] == [1, 2, 12, 18, 20, 20, 18]
    assert all(found[at].minus_usual.high < 0 for at in (0.0, 0.5, 0.8, 0.9))
    for at in (0.98, 1.0):
        assert found[at].minus_usual.low < 0 < found[at].minus_usual.high
    best = {at: returns for at, (_, returns) in lambdas.read_controls().items()}
    gaps = {at: lambdas.summarise(best, at).minus_usual for at in (0.0, 0.8, 0.9)}
    assert [round(gap.middle) for gap in gaps.values()] == [-292, -106, -29]
    assert [gap.high < 0 for gap in gaps.values()] == [True, True, False]


def test_recording_trains_every_arm_from_every_seed(monkeypatch, tmp_path) -> None:
    asked = []

    def rerun(gae_lambda: float, seed: int, step_size: float) -> list[float]:
        asked.append((step_size, gae_lambda, seed))
        return [step_size + seed]

    monkeypatch.setattr(lambdas, "rerun", rerun)
    made = tmp_path / "made.json"
    lambdas.write(made, "here")
    arms = [(0.015, at, 20) for at in lambdas.LAMBDAS]
    arms += [(step, at, 10) for step in lambdas.OTHER_STEPS for at in lambdas.CONTROLS]
    assert asked == [(step, at, seed) for step, at, seeds in arms for seed in range(seeds)]
    assert lambdas.read(made)[0.98][:, 0].tolist() == [0.015 + seed for seed in range(20)]
    assert lambdas.read(made, 0.03)[0.8][:, 0].tolist() == [0.03 + seed for seed in range(10)]


@pytest.mark.slow
def test_a_stored_run_made_again_begins_as_it_did() -> None:
    # As for the ablations: the first evaluations are hardly touched by how a machine rounds.
    again = lambdas.rerun(0.95, seed=1)
    assert again[0] == pytest.approx(RUNS[0.95][1, 0].item(), rel=0.05)
    assert again[-1] >= 450
