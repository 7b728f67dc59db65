from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from ppo_lesson.maths.advantages import (
    backward_sum,
    discounted_returns,
    explained_variance,
    gae,
    group_relative_advantage,
    normalise_advantage,
    rewards_to_go,
)
from ppo_lesson.maths.gradients import finite_difference_gradient

few = settings(max_examples=25)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def flags(text: str) -> Tensor:
    return torch.tensor([letter == "x" for letter in text])


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def draw_steps(seed: int, num_steps: int, num_envs: int) -> dict[str, Tensor]:
    """Draw steps of all kinds: none, terminated, truncated, both."""
    generator = torch.Generator().manual_seed(seed)
    shape = (num_steps, num_envs)
    names = ("reward", "value", "next_value")
    numbers = torch.randn(3, *shape, dtype=torch.float64, generator=generator)
    ends = torch.rand(2, *shape, generator=generator) < 0.25
    return dict(zip(names, numbers, strict=True)) | {"terminated": ends[0], "truncated": ends[1]}


all_steps = st.builds(draw_steps, st.integers(0, 9999), st.integers(1, 6), st.integers(1, 3))
fractions = st.sampled_from([0.0, 0.5, 0.9, 1.0])


def without_value(steps: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: steps[name] for name in steps if name != "value"}


# Every kind of end, by hand. gamma = lambda = 1/2, so gamma lambda = 1/4.
# delta = R + V(s')/2 - V, without V(s') where terminated;
# A = delta + (A of the row below)/4, without it where the episode ends. Read from the last row up.
#
#  t    R    V   V(s')  end                   delta              A
#  0    1    2    4     -                     1 + 2 - 2 =  1      1 - 1/4 = 0.75
#  1    3    4    8     terminated            3 + 0 - 4 = -1     -1
#  2    2    1    6     -                     2 + 3 - 1 =  4      4 + 5/4 = 5.25
#  3    0   -1    8     truncated             0 + 4 + 1 =  5      5
#  4    3    1    2     both: terminated      3 + 0 - 1 =  2      2
#  5    4    3    4     - (last row: cut)     4 + 2 - 3 =  3      3
HAND: dict[str, Any] = {
    "reward": row(1, 3, 2, 0, 3, 4),
    "value": row(2, 4, 1, -1, 1, 3),
    "next_value": row(4, 8, 6, 8, 2, 4),
    "terminated": flags(".x..x."),
    "truncated": flags("...xx."),
    "gamma": 0.5,
}


def test_gae_is_the_table_done_by_hand_with_every_kind_of_end() -> None:
    advantage = gae(**HAND, gae_lambda=0.5)
    assert_equal(advantage, row(0.75, -1.0, 5.25, 5.0, 2.0, 3.0))


def test_rewards_to_go_are_the_table_done_by_hand_with_every_kind_of_end() -> None:
    # terminated: R. truncated, and the last row: R + V(s')/2. else: R + G_next/2.
    #  G_5 = 4 + 2 = 6;  G_4 = 3;  G_3 = 0 + 4 = 4;  G_2 = 2 + 4/2 = 4;  G_1 = 3;  G_0 = 1 + 3/2
    assert_equal(rewards_to_go(**without_value(HAND)), row(2.5, 3.0, 4.0, 4.0, 3.0, 6.0))


def test_each_environment_is_a_column_of_its_own() -> None:
    steps = draw_steps(3, 6, 3)
    advantage = gae(**steps, gamma=0.9, gae_lambda=0.8)
    returns = rewards_to_go(**without_value(steps), gamma=0.9)
    for env in range(3):
        column = {name: series[:, env] for name, series in steps.items()}
        assert_equal(advantage[:, env], gae(**column, gamma=0.9, gae_lambda=0.8))
        assert_equal(returns[:, env], rewards_to_go(**without_value(column), gamma=0.9))


@given(all_steps, fractions)
@few
def test_with_lambda_zero_gae_is_the_td_error(steps: dict[str, Tensor], gamma: float) -> None:
    future = torch.where(steps["terminated"], 0.0, gamma * steps["next_value"])
    td_error = steps["reward"] + future - steps["value"]
    assert_equal(gae(**steps, gamma=gamma, gae_lambda=0.0), td_error)


@given(all_steps, fractions)
@few
def test_with_lambda_one_gae_and_value_add_up_to_the_rewards_to_go(
    steps: dict[str, Tensor], gamma: float
) -> None:
    # Values must belong to one record: where an episode goes on, V(s') is the next row's V.
    goes_on = ~(steps["terminated"] | steps["truncated"])[:-1]
    after = steps["next_value"][:-1]
    steps["next_value"][:-1] = torch.where(goes_on, steps["value"][1:], after)
    advantage = gae(**steps, gamma=gamma, gae_lambda=1.0)
    returns = rewards_to_go(**without_value(steps), gamma=gamma)
    assert_equal(advantage + steps["value"], returns, 1e-10)


@given(all_steps, fractions, fractions)
@few
def test_gae_is_the_sum_of_later_td_errors_of_the_same_episode(
    steps: dict[str, Tensor], gamma: float, gae_lambda: float
) -> None:
    td_error = gae(**steps, gamma=gamma, gae_lambda=0.0)
    ends = steps["terminated"] | steps["truncated"]
    num_steps, num_envs = td_error.shape
    expected = torch.zeros_like(td_error)
    for env in range(num_envs):
        for start in range(num_steps):
            for step in range(start, num_steps):
                weight = (gamma * gae_lambda) ** (step - start)
                expected[start, env] += weight * td_error[step, env]
                if ends[step, env]:
                    break
    assert_equal(gae(**steps, gamma=gamma, gae_lambda=gae_lambda), expected, 1e-10)


@given(all_steps)
@few
def test_nothing_leaks_across_an_end(steps: dict[str, Tensor]) -> None:
    last_end = (steps["terminated"] | steps["truncated"]).long().cumsum(0).argmax(0)
    row_number = torch.arange(len(steps["reward"])).unsqueeze(1)
    after = row_number > last_end  # later than the last end of its column, or than row 0
    ended = (steps["terminated"] | steps["truncated"]).any(0)
    changed = {**steps, "reward": torch.where(after, 1e6, steps["reward"])}
    for formula, extra in ((gae, {"gae_lambda": 0.95}), (rewards_to_go, {})):
        given_ = steps if formula is gae else without_value(steps)
        other = changed if formula is gae else without_value(changed)
        before = formula(**given_, gamma=0.99, **extra)
        again = formula(**other, gamma=0.99, **extra)
        kept = ended & ~after
        assert torch.equal(before[kept], again[kept])


def test_the_value_after_the_end_of_the_world_does_not_matter() -> None:
    # Terminated wins over truncated: rows 1 and 4.
    worthless = {**HAND, "next_value": HAND["next_value"].masked_fill(HAND["terminated"], 99.0)}
    assert_equal(gae(**worthless, gae_lambda=0.5), gae(**HAND, gae_lambda=0.5))
    assert_equal(rewards_to_go(**without_value(worthless)), rewards_to_go(**without_value(HAND)))


def test_discounted_returns_are_the_double_sum() -> None:
    reward = row(1.0, -2.0, 3.0)
    assert_equal(discounted_returns(reward, 0.9), row(1 - 1.8 + 2.43, -2 + 2.7, 3.0))
    ends = flags("..x")
    assert_equal(
        discounted_returns(reward, 0.9), rewards_to_go(reward, 9 * reward, ends, flags("..."), 0.9)
    )
    with pytest.raises(ValueError, match=r"^reward: expected shape \(T,\), got \(2, 2\)"):
        discounted_returns(torch.zeros(2, 2), 0.9)


def test_the_backward_sum_solves_its_recursion() -> None:
    increment, carry = row(1.0, 2.0, 3.0), row(0.5, -1.0, 7.0)
    total = backward_sum(increment, carry)
    assert_equal(total, increment + carry * torch.cat([total[1:], row(0.0)]))


def test_the_gradient_of_gae_with_respect_to_the_values_is_that_of_central_differences() -> None:
    value = HAND["value"].clone().requires_grad_()
    weight = row(1, -2, 3, -4, 5, -6)
    (gradient,) = torch.autograd.grad(
        gae(**{**HAND, "value": value}, gae_lambda=0.5) @ weight, value
    )
    numeric = finite_difference_gradient(
        lambda x: gae(**{**HAND, "value": x}, gae_lambda=0.5) @ weight, HAND["value"]
    )
    assert_equal(gradient, numeric, 1e-8)


@pytest.mark.parametrize("last_row_ends", [False, True])
def test_gae_is_that_of_stable_baselines3_where_no_episode_is_truncated(
    last_row_ends: bool,
) -> None:
    from gymnasium import spaces
    from stable_baselines3.common.buffers import RolloutBuffer

    num_steps, num_envs, gamma, gae_lambda = 50, 4, 0.97, 0.9
    steps = draw_steps(5, num_steps, num_envs)
    reward, value, ends = steps["reward"], steps["value"], steps["terminated"]
    ends[-1] = last_row_ends
    last_value = steps["next_value"][-1]
    buffer = RolloutBuffer(
        num_steps,
        spaces.Box(-1, 1, (1,)),
        spaces.Discrete(2),
        device="cpu",
        gamma=gamma,
        gae_lambda=gae_lambda,
        n_envs=num_envs,
    )
    # Its convention: a flag marks the first step of an episode, ours the last one.
    starts = torch.cat([torch.ones(1, num_envs, dtype=torch.bool), ends[:-1]])
    nothing = np.zeros((num_envs, 1), dtype=np.float32)
    for t in range(num_steps):
        log_prob = torch.zeros(num_envs)
        buffer.add(nothing, nothing, reward[t].numpy(), starts[t].numpy(), value[t], log_prob)
    buffer.compute_returns_and_advantage(last_value, ends[-1].numpy())

    next_value = torch.cat([value[1:], last_value.unsqueeze(0)])
    no_end = torch.zeros_like(ends)
    advantage = gae(reward, value, next_value, ends, no_end, gamma, gae_lambda)
    # Its buffer is float32: 1e-6 is some eight of its roundings.
    np.testing.assert_allclose(advantage.numpy(), buffer.advantages, rtol=1e-6, atol=1e-6)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=9).map(lambda x: row(*x)))
@few
def test_normalised_advantages_have_mean_zero_and_deviation_one(advantage: Tensor) -> None:
    result = normalise_advantage(advantage)
    deviation = advantage.std(correction=0)
    if deviation > 1e-3:  # below that the 1e-8 in the divisor shows, and so does rounding
        assert_equal(result.mean(), row(0.0)[0], 1e-9)
        assert_equal(result.std(correction=0), row(1.0)[0], 2e-5)
        assert (result[advantage.argsort()].diff() >= 0).all()


def test_scale_and_offset_do_not_matter_to_normalised_advantages() -> None:
    advantage = row(1.0, 4.0, -2.0)
    assert_equal(normalise_advantage(advantage), row(0.0, 1.0, -1.0) * math.sqrt(1.5), 1e-8)
    assert_equal(normalise_advantage(10 * advantage - 7), normalise_advantage(advantage), 1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_sample_or_equal_ones_normalise_to_zero(dtype: torch.dtype) -> None:
    assert normalise_advantage(torch.tensor([3.7], dtype=dtype)).tolist() == [0.0]
    assert normalise_advantage(torch.full((4,), 2.5, dtype=dtype)).tolist() == [0.0] * 4
    for size, value in ((7, 0.1), (3, 1000.1), (512, 10.1), (1024, -7.3)):  # the mean is off
        assert (normalise_advantage(torch.full((size,), value, dtype=dtype)) == 0).all()


def test_differences_far_below_the_floor_stay_small() -> None:
    assert normalise_advantage(row(0.0, 1e-12)).abs().max() < 1e-4


def test_an_infinite_future_behind_an_end_does_not_count() -> None:
    infinite = row(1.0, math.inf)
    assert backward_sum(infinite, row(0.0, 0.0)).tolist() == [1.0, math.inf]


def test_explained_variance_of_a_perfect_a_constant_and_a_worse_critic() -> None:
    target = row(1.0, 2.0, 6.0)
    assert explained_variance(target, target) == 1
    assert explained_variance(target + 5, target) == 1  # an offset is not variation
    assert_equal(explained_variance(row(4.0, 4.0, 4.0), target), row(0.0)[0])
    assert_equal(explained_variance(-target, target), row(-3.0)[0])  # Var(2 target) is 4 Var
    assert_equal(explained_variance(target / 2, target), row(0.75)[0])


@pytest.mark.parametrize("target", [row(2.0, 2.0, 2.0), row(0.1)])
def test_explained_variance_of_constant_targets_is_nan_and_says_so(target: Tensor) -> None:
    with pytest.warns(RuntimeWarning, match="value_target is constant"):
        result = explained_variance(target + 1, target)
    assert result.isnan()
    assert result.shape == ()


def test_group_relative_advantages_are_centred_and_scaled_in_each_group():
    reward = torch.tensor([[1.0, 2.0, 6.0], [-1.0, 0.0, 1.0]], dtype=torch.float64)
    advantage = group_relative_advantage(reward)
    torch.testing.assert_close(advantage.mean(-1), torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(
        advantage[1], torch.tensor([-1.5, 0.0, 1.5], dtype=torch.float64).sign() * 1.5**0.5
    )
    torch.testing.assert_close(group_relative_advantage(10 * reward - 3), advantage)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("value", [0.1, 1000.1])
def test_a_constant_group_has_no_advantage(dtype, value):
    assert (group_relative_advantage(torch.full((2, 3), value, dtype=dtype)) == 0).all()
