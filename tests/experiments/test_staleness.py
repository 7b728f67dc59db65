"""The stored experiment is whole and can be made again."""

from __future__ import annotations

import pytest

from ppo_lesson.experiments import running as experiments, staleness


def test_the_stored_file_was_made_with_the_settings_of_today() -> None:
    stored, runs = experiments.read(staleness.STORED)
    assert stored == staleness.head()
    assert list(runs) == list(staleness.ARMS)
    assert staleness.STORED.stat().st_size < 30_000


def test_every_lag_has_every_centre_and_there_are_two_fresh_arms() -> None:
    found = {(arm.lag, arm.centre) for arm in staleness.ARMS.values() if arm.lag}
    assert found == {(lag, centre) for lag in (2, 4, 8) for centre in staleness.UPDATES}
    assert sorted(a.num_envs for a in staleness.ARMS.values() if not a.lag) == [8, 16]


@pytest.mark.parametrize("arm", staleness.ARMS)
def test_every_entry_is_whole_and_its_step_size_is_that_of_the_other_seeds(arm: str) -> None:
    shape = (staleness.NUM_SEEDS, len(staleness.EVALUATED))
    found = staleness.measured(arm)
    assert found.shape == shape and ((found >= 8) & (found <= 500)).all()
    ess, kl = staleness.measured(arm, "ess"), staleness.measured(arm, "kl")
    assert ((ess > 0) & (ess <= 1)).all() and (kl >= 0).all()
    assert (kl == 0).all() == (staleness.ARMS[arm].lag == 0)
    tried = staleness.tried(arm)
    assert tuple(tried) == staleness.STEP_SIZES
    assert staleness.best_step_size(arm) == max(tried, key=lambda size: tried[size])


def test_a_later_start_takes_the_evaluations_before() -> None:
    found = staleness.measured(staleness.FRESH)
    assert staleness.returns(staleness.FRESH).tolist() == found[:, 2:].mean(1).tolist()
    assert staleness.returns(staleness.FRESH, late=8).tolist() == found[:, :3].mean(1).tolist()


def test_the_table_and_the_curves_say_the_same() -> None:
    rows = {tuple(row[:2]): row for row in staleness.table()}
    for centre in staleness.UPDATES:
        curve = staleness.curve(centre, "return")
        shown = [rows[lag, centre][5] for lag in staleness.LAGS[1:]]
        assert [round(interval.middle) for interval in curve[1:]] == shown


def test_the_course_of_a_difference_is_that_of_the_two_arms() -> None:
    one, other = "lag 8, old, weighted", "lag 8, behaviour"
    apart = staleness.course(one, other)
    assert len(apart) == len(staleness.EVALUATED)
    middles = [interval.middle for interval in staleness.course(one)]
    taken_off = [interval.middle for interval in staleness.course(other)]
    expected = [a - b for a, b in zip(middles, taken_off, strict=True)]
    assert [interval.middle for interval in apart] == pytest.approx(expected)


@pytest.mark.exhaustive
def test_a_run_has_a_number_for_every_update_and_evaluation() -> None:
    found = staleness.run("lag 4, old, weighted", 0.005, seed=3)
    assert len(found["return"]) == len(staleness.EVALUATED)
    assert len(found["ess"]) == len(found["kl"]) == staleness.NUM_UPDATES
    assert found["kl"][0] == 0 and found["kl"][-1] > 0
