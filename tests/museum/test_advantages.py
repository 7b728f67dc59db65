"""Each fault between rewards and advantages changes what it says, and nothing else."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.maths import gae
from ppo_lesson.museum import advantages as room
from ppo_lesson.museum.detectors import play
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.ppo import make_batch


def steps(terminated: list[int], truncated: list[int]) -> tuple:
    reward, value, next_value = torch.tensor(
        [[1.0, 2.0, 3.0], [0.5, 1.5, 2.5], [1.5, 2.5, 4.0]], dtype=torch.float64
    )
    ends = torch.tensor(terminated).bool(), torch.tensor(truncated).bool()
    return (reward, value, next_value, *ends, 0.9, 0.8)


def test_the_lost_step_passes_nothing_back_either() -> None:
    # TD errors of the first two: 1 + 0.9 * 1.5 - 0.5 = 1.85 and 2 + 0.9 * 2.5 - 1.5 = 2.75.
    found = room.loses_the_last_step(*steps([0, 0, 1], [0, 0, 0]))
    assert found.tolist() == pytest.approx([1.85 + 0.72 * 2.75, 2.75, 0])


@pytest.mark.parametrize("wrong", [room.loses_the_last_step, room.takes_truncation_for_termination])
def test_where_no_episode_ends_there_is_no_fault(wrong) -> None:
    given = steps([0, 0, 0], [0, 0, 0])
    torch.testing.assert_close(wrong(*given), gae(*given))


def test_truncation_is_termination_in_this_one_place() -> None:
    given = steps([0, 0, 1], [1, 0, 0])
    other = steps([1, 0, 1], [0, 0, 0])
    torch.testing.assert_close(room.takes_truncation_for_termination(*given), gae(*other))


def test_the_wrong_sign_turns_all_advantages_round() -> None:
    given = steps([0, 1, 0], [0, 0, 1])
    torch.testing.assert_close(room.swaps_the_sign(*given), -gae(*given))


@pytest.mark.parametrize(
    ("wrong", "changed"),
    [
        (room.fits_the_critic_to_normalised_advantages, "value_target"),
        (room.normalises_over_reset_rows, "advantage"),
    ],
)
def test_one_column_of_the_batch_is_wrong(wrong, changed) -> None:
    _, rollout = play()
    right, found = (make(rollout, PPOConfig(), gae) for make in (make_batch, wrong))
    for name in right._fields:
        # Normalising twice leaves the advantages as they are, up to rounding.
        is_same = torch.allclose(getattr(right, name), getattr(found, name), atol=1e-5)
        assert is_same == (name != changed)


def test_targets_of_normalised_advantages_have_lost_their_unit() -> None:
    _, rollout = play()
    batch = room.fits_the_critic_to_normalised_advantages(rollout, PPOConfig(), gae)
    # Over the valid rows: not exactly 1, because the others were normalised with them.
    assert (batch.value_target - batch.old_value).std().item() == pytest.approx(1, abs=0.2)


def test_advantages_normalised_with_the_padding_are_centred_with_it_only() -> None:
    _, rollout = play()
    batch = room.normalises_over_reset_rows(rollout, PPOConfig(), gae)
    assert abs(batch.advantage.mean().item()) > 1e-3
    assert len(batch.advantage) == rollout.valid.sum() < rollout.valid.numel()
