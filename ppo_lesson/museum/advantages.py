"""The museum's first room: faults between the rewards and the advantages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.maths import gae
from ppo_lesson.maths.advantages import STD_FLOOR, backward_sum
from ppo_lesson.museum.detectors import (
    more_than_expected_is_good,
    targets_do_not_depend_on_normalising,
    the_future_is_worth_something_after_truncation,
    the_last_step_has_an_advantage,
    what_is_trained_on_is_centred,
)
from ppo_lesson.museum.fault import Fault
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import Rollout
from ppo_lesson.training.ppo import make_batch

Gae = Callable[..., Tensor]


# The faulty versions of gae take its arguments in its order, as `train` gives them.


def loses_the_last_step(*steps: Any) -> Tensor:
    """Compute GAE, but stop the recursion one step too early at the end of an episode."""
    reward, value, next_value, terminated, truncated, gamma, gae_lambda = steps
    td_error = reward + gamma * next_value.masked_fill(terminated, 0.0) - value
    goes_on = (~(terminated | truncated)).to(reward.dtype)
    return backward_sum(td_error * goes_on, gamma * gae_lambda * goes_on)


def swaps_the_sign(*steps: Any) -> Tensor:
    """Compute GAE from TD errors of the wrong sign."""
    reward, value, next_value, terminated, truncated, gamma, gae_lambda = steps
    td_error = value - (reward + gamma * next_value.masked_fill(terminated, 0.0))
    goes_on = ~(terminated | truncated)
    return backward_sum(td_error, gamma * gae_lambda * goes_on.to(reward.dtype))


def takes_truncation_for_termination(*steps: Any) -> Tensor:
    """Compute GAE, but count nothing after the clock was stopped."""
    reward, value, next_value, terminated, truncated, gamma, gae_lambda = steps
    ended = terminated | truncated
    td_error = reward + gamma * next_value.masked_fill(ended, 0.0) - value
    return backward_sum(td_error, gamma * gae_lambda * (~ended).to(reward.dtype))


def fits_the_critic_to_normalised_advantages(
    rollout: Rollout, config: PPOConfig, gae: Gae = gae
) -> Batch:
    """Make the batch, but normalise before the value targets are made."""

    def normalised(*steps: Any) -> Tensor:
        advantage = gae(*steps)
        if not config.normalise_advantage:
            return advantage
        return (advantage - advantage.mean()) / (advantage.std() + STD_FLOOR)

    return make_batch(rollout, config, normalised)


def normalises_over_reset_rows(rollout: Rollout, config: PPOConfig, gae: Gae = gae) -> Batch:
    """Make the batch, but take mean and standard deviation over rows that only reset, too."""
    every_row = replace(rollout, valid=torch.ones_like(rollout.valid))
    normalised = make_batch(every_row, config, gae).advantage.view(rollout.valid.shape)
    return make_batch(rollout, config, gae)._replace(advantage=normalised[rollout.valid])


FAULTS = (
    Fault(
        id="lost-last-step",
        title="the last step of an episode loses its advantage",
        change="The mask that keeps episodes apart also wipes out the TD error of the last step.",
        part="gae",
        wrong=loses_the_last_step,
        test=the_last_step_has_an_advantage,
    ),
    Fault(
        id="swapped-sign",
        title="the TD error has the wrong sign",
        change="Prediction and outcome are swapped.",
        part="gae",
        wrong=swaps_the_sign,
        test=more_than_expected_is_good,
    ),
    Fault(
        id="truncation-as-termination",
        title="a time limit is taken for the end of the world",
        change="After a time limit nothing is counted, as if the world had ended there.",
        part="gae",
        wrong=takes_truncation_for_termination,
        test=the_future_is_worth_something_after_truncation,
    ),
    Fault(
        id="normalised-targets",
        title="the critic is fitted to value plus normalised advantage",
        change="Advantages are normalised before the value targets are made of them.",
        part="make_batch",
        wrong=fits_the_critic_to_normalised_advantages,
        test=targets_do_not_depend_on_normalising,
    ),
    Fault(
        id="normalised-over-resets",
        title="advantages are normalised over rows that are not trained on",
        change="Mean and standard deviation are those of all rows; the mask comes afterwards.",
        part="make_batch",
        wrong=normalises_over_reset_rows,
        test=what_is_trained_on_is_centred,
    ),
)
