"""The stored experiment is whole and can be made again; what the notebook says of it holds."""

from __future__ import annotations

import dataclasses

import pytest

from ppo_lesson.experiments import reuse, running as experiments

ALL = [
    pytest.param(arm, size, id=f"{arm.id} {size}") for arm in reuse.ARMS for size in arm.step_sizes
]


def test_the_stored_file_was_made_with_the_settings_of_today():
    stored, runs = experiments.read(reuse.STORED)
    assert stored == reuse.head()
    assert list(runs) == [f"{arm.id} {size:g}" for arm in reuse.ARMS for size in arm.step_sizes]
    assert reuse.STORED.stat().st_size < 60_000


def test_there_are_epochs_and_minibatches_for_every_number_of_gradient_steps():
    found = {(arm.num_gradient_steps, arm.reused, arm.clipped) for arm in reuse.ARMS}
    pairs = {(steps, how, clip) for steps in (4, 10, 30) for how in (1, 0) for clip in (1, 0)}
    assert found == pairs | {(1, True, True)}
    assert reuse.find(1, reused=False, clipped=False) is reuse.ARMS[0]
    with pytest.raises(ValueError, match=r"^num_gradient_steps: expected one of .*got 2"):
        reuse.find(2)


@pytest.mark.parametrize(("arm", "size"), ALL)
def test_every_entry_is_whole(arm, size):
    for seeds, count in (("choosing", len(reuse.CHOOSING_SEEDS)), ("reported", reuse.NUM_SEEDS)):
        found = reuse.measured(arm, size, seeds=seeds)
        assert found.shape == (count, len(reuse.BUDGETS))
        assert ((found >= 8) & (found <= 500)).all()
        assert (reuse.measured(arm, size, "largest_kl", seeds) >= 0).all()


@pytest.mark.parametrize("clipped", [True, False])
@pytest.mark.parametrize("steps", [4, 10, 30])
def test_reusing_and_dealing_take_as_many_gradient_steps(steps, clipped):
    """A rollout of 512 rows has some fewer samples: minibatches of 17 are 29 to 31."""
    sizes = reuse.STEP_SIZES[steps]
    arms = [reuse.find(steps, reused=reused, clipped=clipped) for reused in (True, False)]
    middle = sizes[len(sizes) // 2]
    means = [reuse.measured(arm, middle, "gradient_steps").mean(0) for arm in arms]
    assert means[0].tolist() == pytest.approx(means[1].tolist(), rel=0.12)


def test_the_choice_of_a_step_size_does_not_look_at_the_reported_seeds(tmp_path):
    stored, runs = experiments.read(reuse.STORED)
    arm = reuse.find(30)
    for name, entry in runs.items():
        if name.startswith(arm.id):
            entry["reported"]["return"] = [[9.0] * len(reuse.BUDGETS)] * reuse.NUM_SEEDS
    other = tmp_path / "other.json"
    experiments.write(other, stored, runs)
    assert reuse.best_step_size(arm, path=other) == reuse.best_step_size(arm)
    assert reuse.returns(arm, path=other).tolist() == [9.0] * reuse.NUM_SEEDS


def test_a_gain_is_the_mean_of_the_differences_seed_by_seed():
    one, other = reuse.find(30), reuse.find(30, reused=False)
    low, middle, high = reuse.gain(one, other)
    assert middle == pytest.approx((reuse.returns(one) - reuse.returns(other)).mean().item())
    assert low < middle < high
    assert reuse.gain(one, one) == (0, 0, 0)


def test_the_table_and_the_curves_say_the_same():
    rows = reuse.table()
    assert len(rows) == len(reuse.ARMS) and {len(row) for row in rows} == {len(reuse.COLUMNS)}
    curve = reuse.curve(reused=True, clipped=True)
    shown = [row[5] for row in rows if row[2] != 1 or row[3] == "no matter" if row[3] != "no"]
    assert shown == [round(interval.middle) for interval in curve]


def test_one_gradient_step_on_a_rollout_is_the_same_with_and_without_the_clip():
    """Which is why the record holds this arm once: every ratio is 1 there."""
    short = dataclasses.replace(reuse.ARMS[0], clipped=False)
    few = {"total_steps": 1_000}
    with pytest.MonkeyPatch.context() as patch:
        config = reuse.Arm.config
        patch.setattr(
            reuse.Arm, "config", lambda arm, size: dataclasses.replace(config(arm, size), **few)
        )
        patch.setattr(reuse, "BUDGETS", (500, 1_000))
        both = [reuse.rerun(arm, 0.02, 3) for arm in (reuse.ARMS[0], short)]
    assert both[0] == both[1]
    assert len(both[0]["return"]) == 2 and both[0]["gradient_steps"] == [2, 3]
    # One a rollout: of its 512 rows, those that only reset an environment are no steps.


def test_ctrl_c_begins_no_experiment(monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(reuse, "train_seeds", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reuse.write(tmp_path / "made.json", "here")
    assert not list(tmp_path.glob("**/*.json"))


def test_an_arm_is_found_by_the_name_of_its_entry(monkeypatch):
    monkeypatch.setattr(reuse, "rerun", lambda *asked: asked)
    for arm in reuse.ARMS:
        for step_size in arm.step_sizes:
            assert reuse._run(f"{arm.id} {step_size:g}", 3) == (arm, step_size, 3)


# ---- what notebook 08 says of the record -----------------------------------------------------


@pytest.mark.parametrize(("steps", "least"), [(30, 90), (10, -5)])
def test_with_the_clip_reuse_pays_at_equal_gradient_steps(steps, least):
    low, middle, _ = reuse.gain(reuse.find(steps), reuse.find(steps, reused=False))
    assert low > least and middle > 100


@pytest.mark.parametrize("steps", [4, 10, 30])
def test_without_the_clip_it_is_not_seen_to_pay(steps):
    one, other = (reuse.find(steps, reused=reused, clipped=False) for reused in (True, False))
    low, middle, high = reuse.gain(one, other)
    assert low < 0 < high and (middle < 0 or steps == 30)


@pytest.mark.parametrize(("steps", "takes"), [(30, True), (10, True), (4, False)])
def test_reuse_takes_the_clip_from_ten_epochs_on(steps, takes):
    low, _, _ = reuse.gain(reuse.find(steps), reuse.find(steps, clipped=False))
    assert (low > 100) is takes


@pytest.mark.parametrize(("steps", "sign"), [(4, -1), (10, 1), (30, 1)])
def test_one_large_step_on_each_rollout_beats_four_epochs_and_not_ten(steps, sign):
    low, middle, high = reuse.gain(reuse.find(steps), reuse.find(1))
    assert sign * middle > 90 and low * high > 0
    assert (
        reuse.measured(reuse.find(1), 0.006)[:, -1].mean() < 100
    )  # at a small step size it starves


def test_a_small_step_size_does_not_replace_the_clip_of_thirty_epochs():
    plain, clipped = reuse.find(30, clipped=False), reuse.find(30)
    found = [reuse.measured(plain, size)[:, -1].mean() for size in plain.step_sizes]
    assert max(found) < 210 and reuse.returns(clipped).mean() > 370
    best = [reuse.best_step_size(arm) for arm in (clipped, plain)]
    assert round(best[0] / best[1]) == 33


@pytest.mark.parametrize("arm", reuse.ARMS, ids=lambda arm: arm.id)
def test_no_arm_is_best_at_the_edge_of_its_grid(arm):
    assert arm.step_sizes[0] < reuse.best_step_size(arm) < arm.step_sizes[-1]


@pytest.mark.parametrize("reused", [True, False])
@pytest.mark.parametrize("steps", [4, 10, 30])
def test_without_the_clip_several_steps_do_not_reach_the_mean_of_one(steps, reused):
    several = reuse.returns(reuse.find(steps, reused=reused, clipped=False)).mean()
    assert several + 50 < reuse.returns(reuse.find(1)).mean()
