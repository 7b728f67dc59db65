"""The museum's first room: faults between the rewards and the advantages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.maths import gae
from ppo_lesson.maths.advantages import STD_FLOOR, backward_sum
from ppo_lesson.museum.fault import Fault, Part
from ppo_lesson.museum.rollouts import play
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.ppo import make_batch
from ppo_lesson.training.rollouts import Rollout

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


# ---- the tests that catch them ----------------------------------------------------------------


def _one_step(gae: Gae, *, terminated: bool, truncated: bool) -> float:
    """Compute the advantage of an episode of one step: R = 1, V = 3, next value 10, gamma 0.9."""
    numbers = (torch.tensor([number]) for number in (1.0, 3.0, 10.0))
    ends = torch.tensor([terminated]), torch.tensor([truncated])
    return gae(*numbers, *ends, 0.9, 0.8).item()


def the_last_step_has_an_advantage(gae: Gae) -> bool:
    """The world ends: A = R - V = 1 - 3, and all that was known of the end stands in it."""
    return abs(_one_step(gae, terminated=True, truncated=False) + 2) < 1e-5


def more_than_expected_is_good(gae: Gae) -> bool:
    """The clock is stopped: A = R + gamma V(s') - V = 1 + 9 - 3 is above 0."""
    return _one_step(gae, terminated=False, truncated=True) > 0


def the_future_is_worth_something_after_truncation(gae: Gae) -> bool:
    """The clock is stopped: A = 1 + 9 - 3 = 7, and not 1 - 3."""
    return abs(_one_step(gae, terminated=False, truncated=True) - 7) < 1e-5


def targets_do_not_depend_on_normalising(make_batch: Part) -> bool:
    """The critic predicts rewards to come, and how advantages are scaled is no reward."""
    _, rollout = play()
    raw, normalised = (
        make_batch(rollout, PPOConfig(normalise_advantage=switch), gae).value_target
        for switch in (False, True)
    )
    return torch.allclose(raw, normalised)


def what_is_trained_on_is_centred(make_batch: Part) -> bool:
    """The advantages of the batch, and of nothing else, have mean 0 and standard deviation 1."""
    _, rollout = play()
    advantage = make_batch(rollout, PPOConfig(), gae).advantage
    return bool(advantage.mean().abs() < 1e-5 and (advantage.std(correction=0) - 1).abs() < 1e-3)


# ---- the exhibits -----------------------------------------------------------------------------

FAULTS = (
    Fault(
        id="lost-last-step",
        title="the last step of an episode loses its advantage",
        symptom=(
            "The return climbs and falls again; halfway through training it is a coin's, and most "
            "runs end below 100. The steps of the policy are of ordinary size."
        ),
        change="The mask that keeps episodes apart also wipes out the TD error of the last step.",
        right_line="return backward_sum(td_error, gamma * gae_lambda * goes_on.to(reward.dtype))",
        wrong_line="return backward_sum(td_error * goes_on, gamma * gae_lambda * goes_on)",
        part="gae",
        wrong=loses_the_last_step,
        test=the_last_step_has_an_advantage,
    ),
    Fault(
        id="swapped-sign",
        title="the TD error has the wrong sign",
        symptom=(
            "The gradient norm grows to hundreds and the KL falls to almost 0 before the learning "
            "rate does. In most runs the return stays near a coin's."
        ),
        change="What was predicted and what came are swapped.",
        right_line=("td_error = reward + gamma * next_value.masked_fill(terminated, 0.0) - value"),
        wrong_line=(
            "td_error = value - (reward + gamma * next_value.masked_fill(terminated, 0.0))"
        ),
        part="gae",
        wrong=swaps_the_sign,
        test=more_than_expected_is_good,
    ),
    Fault(
        id="truncation-as-termination",
        title="an episode that was cut short by the clock is taken for one that has ended",
        symptom=(
            "None in the return, which ends at the top. Once episodes are cut at 500 steps, "
            "explained variance falls to 0; it does so in healthy runs, too, a little later."
        ),
        change="Behind a time limit nothing is counted, as if the world had ended there.",
        right_line=("td_error = reward + gamma * next_value.masked_fill(terminated, 0.0) - value"),
        wrong_line="td_error = reward + gamma * next_value.masked_fill(ended, 0.0) - value",
        part="gae",
        wrong=takes_truncation_for_termination,
        test=the_future_is_worth_something_after_truncation,
        is_silent=True,
    ),
    Fault(
        id="normalised-targets",
        title="the critic is fitted to value plus normalised advantage",
        symptom="Explained variance stays near 0; the return climbs to about a third of the top.",
        change="Advantages are normalised before the value targets are made of them.",
        right_line='value_target=columns["value"] + columns["advantage"],',
        wrong_line='value_target=columns["value"] + advantage,',
        part="make_batch",
        wrong=fits_the_critic_to_normalised_advantages,
        test=targets_do_not_depend_on_normalising,
    ),
    Fault(
        id="normalised-over-resets",
        title="advantages are normalised over rows that are not trained on",
        symptom="None: a few rows of a thousand move mean and standard deviation by very little.",
        change="Mean and standard deviation are those of all rows; the mask comes afterwards.",
        right_line="advantage = maths.normalise_advantage(advantage)",
        wrong_line="advantage = maths.normalise_advantage(every_row)[rollout.valid.flatten()]",
        part="make_batch",
        wrong=normalises_over_reset_rows,
        test=what_is_trained_on_is_centred,
        is_silent=True,
    ),
)
