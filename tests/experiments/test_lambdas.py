"""The stored runs along lambda are whole, made with today's settings, and summed up rightly."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.experiments import lambdas, running as experiments

RUNS = lambdas.read()


def test_the_stored_file_was_made_with_the_settings_of_today() -> None:
    assert experiments.read(lambdas.STORED)[0] == lambdas.head()


def test_every_lambda_has_twenty_seeds_and_every_evaluation() -> None:
    assert list(RUNS) == list(lambdas.LAMBDAS)
    shape = (lambdas.NUM_SEEDS, len(lambdas.steps()))
    assert {tuple(returns.shape) for returns in RUNS.values()} == {shape}
    assert all(((returns >= 8) & (returns <= 500)).all() for returns in RUNS.values())


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


def test_recording_trains_every_lambda_from_every_seed(monkeypatch, tmp_path) -> None:
    asked, heard = [], []

    def rerun(gae_lambda: float, seed: int) -> list[float]:
        asked.append((gae_lambda, seed))
        return [float(seed)]

    monkeypatch.setattr(lambdas, "rerun", rerun)
    lambdas.write(tmp_path / "made.json", heard.append)
    assert asked == [(at, seed) for at in lambdas.LAMBDAS for seed in range(20)]
    assert heard == ["0", "0.5", "0.8", "0.9", "0.95", "0.98", "1"]
    assert lambdas.read(tmp_path / "made.json")[0.98][:, 0].tolist() == list(range(20))


@pytest.mark.slow
def test_a_stored_run_made_again_begins_as_it_did() -> None:
    # As for the ablations: the first evaluations are hardly touched by how a machine rounds.
    again = lambdas.rerun(0.95, seed=1)
    assert again[0] == pytest.approx(RUNS[0.95][1, 0].item(), rel=0.05)
    assert again[-1] >= 450
