"""Each fault of the loss changes what it says, and nothing else."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.museum import losses as room
from ppo_lesson.museum.detectors import play
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import diagnose
from ppo_lesson.training.ppo import make_batch


def samples(ratio: list[float], advantage: list[float]) -> tuple:
    return (torch.tensor(ratio).log(), torch.zeros(len(ratio)), torch.tensor(advantage), 0.2)


def test_inside_the_interval_min_and_max_and_either_order_agree() -> None:
    inside = samples([0.9, 1.1, 1.19], [1.0, -2.0, 3.0])
    expected = maths.clipped_surrogate_loss(*inside)
    for wrong in (room.takes_the_larger, room.clips_before_the_sign):
        torch.testing.assert_close(wrong(*inside), expected)


def test_for_good_actions_the_order_of_clip_and_sign_does_not_matter() -> None:
    good = samples([0.3, 1.0, 2.5], [1.0, 2.0, 0.5])
    torch.testing.assert_close(
        room.clips_before_the_sign(*good), maths.clipped_surrogate_loss(*good)
    )


@pytest.mark.parametrize(("ratio", "expected"), [(0.3, 0.3), (2.5, 1.2)])
def test_for_bad_actions_the_clip_is_on_the_wrong_side(ratio: float, expected: float) -> None:
    # Right would be 0.8, silenced, and 2.5, in full.
    assert room.clips_before_the_sign(*samples([ratio], [-1.0])).item() == pytest.approx(expected)


def test_the_larger_product_is_never_a_loss_above_the_plain_one() -> None:
    far = samples([0.3, 0.3, 2.5, 2.5], [1.0, -1.0, 1.0, -1.0])
    plain = maths.surrogate_loss(*far[:3])
    assert room.takes_the_larger(*far) < plain < maths.clipped_surrogate_loss(*far)


def test_a_column_pairs_every_ratio_with_every_advantage() -> None:
    ratio, advantage = [0.9, 1.1, 1.0], [1.0, -2.0, 3.0]
    pairs = [r * a for r in ratio for a in advantage]
    found = room.pairs_all_with_all(*samples(ratio, advantage))
    assert found.item() == pytest.approx(-sum(pairs) / 9)


def test_only_the_kl_is_measured_wrong() -> None:
    policy, rollout = play()
    batch = make_batch(rollout, PPOConfig())
    with torch.no_grad():
        policy.actor[-1].bias += torch.tensor([0.0, 1.0])
    right, found = (
        f(policy, batch, PPOConfig()) for f in (diagnose, room.inverts_the_ratio_in_the_kl)
    )
    log_prob = maths.action_log_prob(policy.logits(batch.obs), batch.action)
    k1 = maths.kl_k1(log_prob, batch.old_log_prob).item()
    assert found.pop("approx_kl") == pytest.approx(-k1)
    assert right.pop("approx_kl") > 0
    assert found == right
