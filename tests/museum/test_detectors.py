"""What the detectors look at is luck of the policy's own, and enough of it."""

from __future__ import annotations

from contextlib import closing

import pytest
import torch

from ppo_lesson.museum import detectors
from ppo_lesson.museum.record import FAULTS
from ppo_lesson.training.experience import action_generator, make_env

faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@faults
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])  # notebooks set the second
def test_the_test_passes_right_code_and_fails_the_fault(fault, dtype) -> None:
    torch.set_default_dtype(dtype)
    assert fault.test(fault.right) is True
    assert fault.test(fault.wrong) is False


@faults
def test_a_test_is_a_detector_of_the_museum(fault) -> None:
    assert fault.test is getattr(detectors, fault.test.__name__)


def test_actions_do_not_follow_the_environments_luck() -> None:
    # As they would with default_rng(seed): the uniforms behind starts and actions were the same.
    with closing(make_env("CartPole-v1", 2)) as env:
        env.reset(seed=detectors.SEED)
        theirs = env.np_random.bit_generator.state["state"]["inc"]
    ours = action_generator(detectors.SEED).bit_generator.state["state"]["inc"]
    assert ours != theirs


def test_what_is_played_holds_episodes_that_end_and_rows_that_reset() -> None:
    _, rollout = detectors.play()
    assert rollout.reward.shape == (64, 16)
    assert 16 < (~rollout.valid).sum() < rollout.valid.numel() / 4
    assert rollout.terminated.any()
