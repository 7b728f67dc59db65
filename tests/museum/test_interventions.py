"""The stored interventions are whole, each takes one cause away, and the notebook's words hold."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.experiments import running as experiments
from ppo_lesson.museum import interventions
from ppo_lesson.museum.losses import pairs_all_with_all
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.ppo import ppo_update
from ppo_lesson.training.session import RIGHT, Parts
from tests.training.tiny import TINY, a_batch, parameters


def test_the_stored_file_was_made_with_the_settings_of_today() -> None:
    stored, runs = experiments.read(interventions.STORED)
    assert stored == interventions.head()
    assert list(runs) == list(interventions.ARMS)
    assert interventions.STORED.stat().st_size < 60_000


def test_every_arm_has_ten_seeds_and_every_record() -> None:
    for curves in interventions.read().values():
        assert set(curves) == set(interventions.MEASURED)
        assert {tuple(metric.shape) for metric in curves.values()} == {(10, 12)}
        assert not curves["return"].isnan().any()


def changed(one: Parts, other: Parts) -> set[str]:
    return {
        part.name
        for part in fields(Parts)
        if getattr(one, part.name) is not getattr(other, part.name)
    }


@pytest.mark.parametrize(
    ("arm", "from_arm", "parts"),
    [
        ("scaled-own", "scaled", {"update"}),
        ("raw", "scaled", set()),
        ("raw-own", "raw", {"update"}),
        ("raw-units", "raw", {"make_policy"}),
        ("raw-own-units", "raw", {"update", "make_policy"}),
        ("g-own", "g", {"update"}),
    ],
)
def test_an_arm_differs_in_what_it_takes_away_alone(arm, from_arm, parts) -> None:
    one, other = interventions.ARMS[arm], interventions.ARMS[from_arm]
    assert changed(one.parts, other.parts) == parts
    assert (one.changes == other.changes) == (from_arm != "scaled" or arm == "scaled-own")


def test_own_limits_shorten_each_gradient_by_itself() -> None:
    policy, batch = a_batch()
    batch = batch._replace(
        value_target=batch.value_target + 1000
    )  # a critic's gradient that is long
    one_step = PPOConfig(num_epochs=1, minibatch_size=len(batch.action))
    seen = []

    class Spy(torch.optim.SGD):
        def step(self, closure=None):
            for network in (policy.actor, policy.critic):
                norm = torch.stack([p.grad.norm() for p in network.parameters()]).norm()
                seen.append(norm.item())
            return super().step(closure)

    for update in (ppo_update, interventions.update_with_own_limits):
        optimizer = Spy(policy.parameters(), lr=0.0)
        norms = update(
            policy, optimizer, batch, one_step, torch.Generator(), maths.clipped_surrogate_loss
        )
        assert norms[0] > 100
    shared, own = seen[:2], seen[2:]
    assert shared[0] < 0.01 and shared[1] == pytest.approx(0.5, abs=0.01)
    assert own[0] > 10 * shared[0] and own[1] == pytest.approx(0.5, abs=0.01)


def test_without_a_long_gradient_both_updates_are_the_same() -> None:
    ends = []
    config = PPOConfig(**{**experiments.settings(TINY), "max_gradient_norm": 1e9})
    for update in (ppo_update, interventions.update_with_own_limits):
        policy, batch = a_batch()
        optimizer = torch.optim.Adam(policy.parameters(), lr=0.01)
        given = config, torch.Generator().manual_seed(0), maths.clipped_surrogate_loss
        update(policy, optimizer, batch, *given)
        ends.append(parameters(policy))
    torch.testing.assert_close(*ends)


def test_a_critic_in_units_of_ten_says_ten_times_its_output() -> None:
    policies = []
    for part in (RIGHT.make_policy, interventions.predicts_in_units):
        env = RIGHT.make_env("CartPole-v1", 1)
        policies.append(part(env, (4,), torch.Generator().manual_seed(0)))
        env.close()
    obs = torch.ones(3, 4, dtype=torch.float32)
    torch.testing.assert_close(policies[1].value(obs), 10 * policies[0].value(obs))
    torch.testing.assert_close(policies[1].logits(obs), policies[0].logits(obs))


def test_what_is_left_of_the_gradient_is_the_mean_over_all_minibatches() -> None:
    generator = torch.Generator().manual_seed(1)
    advantage, score = (torch.randn(7, generator=generator) for _ in range(2))
    advantage = advantage - advantage.mean()
    right = (advantage * score).mean().item()
    for size in (1, 2, 4, 7):
        for weight in (1.0, 0.0, (size - 1) / 6):
            found = []
            for drawn in torch.combinations(torch.arange(7), size):
                pairs = advantage[drawn][:, None] * score[drawn]
                found.append((pairs.sum() + (weight - 1) * pairs.diagonal().sum()) / size**2)
            expected = interventions.right_multiple(7, size, weight) * right
            assert torch.stack(found).mean().item() == pytest.approx(expected, abs=1e-6)
    assert interventions.right_multiple(7, 4, 3 / 6) == pytest.approx(0)


def test_all_pairs_with_weight_one_are_exhibit_a() -> None:
    generator = torch.Generator().manual_seed(2)
    log_prob, old, advantage = (torch.randn(5, generator=generator) for _ in range(3))
    found = interventions.all_pairs_loss(log_prob, old, advantage, 0.2, own_weight=lambda size: 1)
    torch.testing.assert_close(found, pairs_all_with_all(log_prob, old, advantage, 0.2))


def test_what_the_notebook_says_of_the_record_holds() -> None:
    own, units = interventions.gain("raw-own", "raw"), interventions.gain("raw-units", "raw")
    assert own.high < 0 < units.low
    assert (interventions.final("raw-units") >= 475).all()
    assert interventions.final("a").median() > 2 * interventions.final("a-none").median()


def test_a_column_of_advantages_is_refused_and_so_is_a_minibatch_larger_than_the_rollout():
    row = torch.zeros(3)
    given = {"log_prob": row, "old_log_prob": row, "own_weight": lambda size: 1.0}
    with pytest.raises(ValueError, match=r"^advantage: expected shape .*, got \(3, 1\)$"):
        interventions.all_pairs_loss(**given, advantage=row.unsqueeze(-1), clip_epsilon=0.2)
    with pytest.raises(ValueError, match=r"^clip_epsilon: expected"):
        interventions.all_pairs_loss(**given, advantage=row, clip_epsilon=-1)
    with pytest.raises(ValueError, match=r"^minibatch_size: expected 10 or less, got 11$"):
        interventions.right_multiple(10, 11)
