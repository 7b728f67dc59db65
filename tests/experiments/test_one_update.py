"""Our update and Stable-Baselines3's are the same, and the stored one is what it still does."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from ppo_lesson.experiments import one_update, running as experiments
from ppo_lesson.training import diagnostics

ROUNDING = 1e-5


def test_what_stable_baselines3_does_today_is_what_is_stored():
    from tests.benchmarks.one_update import theirs

    for now, stored in zip(theirs(), one_update.read(), strict=True):
        torch.testing.assert_close(
            torch.as_tensor(now), torch.as_tensor(stored), rtol=ROUNDING, atol=ROUNDING
        )


def test_ours_is_theirs_term_by_term_and_parameter_by_parameter():
    rows = one_update.table(one_update.ours(), one_update.read())
    assert [len(row) for row in rows] == [len(one_update.COLUMNS)] * 7
    assert all(difference < ROUNDING for *_, difference in rows)
    assert all(way > 0.1 for _, way, *_ in rows[-2:])


def test_every_part_of_the_update_is_at_work():
    policy, batch = one_update.start()
    found = diagnostics.diagnose(policy, batch, one_update.ONE_STEP)
    assert found["active_clip_fraction"] > 0.1
    update = one_update.ours()
    assert update.gradient_norm > one_update.ONE_STEP.max_gradient_norm
    assert len(batch.action) % one_update.WHOLE_UPDATE.minibatch_size  # the last one is shorter


@pytest.mark.parametrize(
    "change",
    [
        {"clip_epsilon": 0.21},
        {"value_coefficient": 0.6},
        {"entropy_coefficient": 0.0},
        {"max_gradient_norm": 0.5},
        {"adam_epsilon": 1e-4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_setting_is_seen(change, monkeypatch):
    start = one_update.start()
    monkeypatch.setattr(one_update, "start", lambda: start)
    for name in ("ONE_STEP", "WHOLE_UPDATE"):
        changed = dataclasses.replace(getattr(one_update, name), **change)
        monkeypatch.setattr(one_update, name, changed)
    rows = one_update.table(one_update.ours(), one_update.read())
    assert max(difference for *_, difference in rows) > 10 * ROUNDING


def test_the_stored_file_was_made_with_the_settings_of_today():
    assert experiments.read(one_update.STORED)[0] == one_update.head()
