"""What notebook 07 asks: returns, advantages, and what an episode's end does to them."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.maths.advantages import STD_FLOOR, backward_sum


def _summed_with_step_number_of_episode(reward: Tensor, gamma: float) -> Tensor:
    discounted = reward * gamma ** torch.arange(len(reward), dtype=reward.dtype)
    return backward_sum(discounted, torch.ones_like(reward))


def _forward(reward: Tensor, gamma: float) -> Tensor:
    return maths.discounted_returns(reward.flip(0), gamma).flip(0)


def _without_own_reward(reward: Tensor, gamma: float) -> Tensor:
    return maths.discounted_returns(reward, gamma) - reward


def _gamma_zero_gives_rewards(answer: Function) -> bool:
    reward = floats(2.0, -1.0, 4.0)
    return torch.allclose(answer(reward=reward, gamma=0.0), reward, atol=1e-5)


def _past_rewards_do_not_count(answer: Function) -> bool:
    one, other = floats(2.0, -1.0, 4.0, 3.0), floats(-9.0, 5.0, 4.0, 3.0)
    later = [answer(reward=reward, gamma=0.8)[2:] for reward in (one, other)]
    return torch.allclose(later[0], later[1], atol=1e-5)


DISCOUNTED_RETURNS = Exercise(
    id="discounted_returns",
    minutes=5,
    prompt=(
        "Write the discounted return of every step of **one finished episode**: "
        "$G_t = R_t + \\gamma R_{t+1} + \\gamma^2 R_{t+2} + \\dots$, up to the last reward.\n\n"
        "`reward` has the shape (T,), `gamma` is a number from 0 to 1. Return a tensor of shape "
        "(T,), one return for each step. The step's own reward counts in full; after the last "
        "step nothing follows."
    ),
    reference=maths.discounted_returns,
    cases=(
        Case({"reward": floats(3.0), "gamma": 0.9}, "an episode of one step"),
        Case({"reward": floats(1.0, 5.0), "gamma": 0.5}, "two steps"),
        Case({"reward": floats(2.0, 0.0, -4.0), "gamma": 0.8}, "three steps"),
        Case({"reward": floats(2.0, 0.0, -4.0), "gamma": 1.0}, "nothing is discounted"),
        Case({"reward": normal(3, 7), "gamma": 0.8}, "seven steps"),
        Case({"reward": normal(4, 30), "gamma": 0.97}, "a long episode"),
        # Dividing by powers of gamma is right elsewhere; here it is 0 / 0.
        Case({"reward": normal(7, 5), "gamma": 0.0}, "gamma is 0", edge=True),
    ),
    hints=(
        "The last step is the easy one: its return is its reward. How does the return of the step "
        "before follow from it?",
        "G_t = R_t + gamma G_{t+1}. So go through the episode from its end to its start and carry "
        "one number along.",
        "Start with total = 0. For t in reversed(range(len(reward))): the new total is reward[t] "
        "plus gamma times the old one; store it at t. torch.stack makes a tensor of the list.",
    ),
    mistakes=(
        Mistake(
            "You summed without discounting: a reward k steps ahead counts gamma^k.",
            lambda reward, gamma: maths.discounted_returns(reward, 1.0),
        ),
        Mistake(
            "You went from the first step to the last, so each step collects the rewards of its "
            "past. A return looks ahead: start at the end.",
            _forward,
        ),
        Mistake(
            "You discounted by the step's number in the episode. Time is counted from the step "
            "whose return it is: its own reward counts in full.",
            _summed_with_step_number_of_episode,
        ),
        Mistake(
            "You discounted the step's own reward too. The first factor of gamma belongs to the "
            "next reward.",
            lambda reward, gamma: gamma * maths.discounted_returns(reward, gamma),
        ),
        Mistake(
            "You left out the step's own reward: the sum starts with R_t.",
            _without_own_reward,
        ),
        Mistake(
            "You returned the return of the first step alone. Every step has one: return (T,).",
            lambda reward, gamma: maths.discounted_returns(reward, gamma)[0],
        ),
        Mistake(
            "You discounted every step twice: what comes one step later counts one gamma.",
            lambda reward, gamma: maths.discounted_returns(reward, gamma**2),
        ),
        Mistake(
            "You looked one step ahead and stopped. What follows is the whole return of the next "
            "step, and not its reward alone.",
            lambda reward, gamma: reward + gamma * torch.cat([reward[1:], reward[:1] * 0]),
        ),
    ),
    properties=(
        Property(
            "Where gamma is 0, every return is the step's own reward.", _gamma_zero_gives_rewards
        ),
        Property(
            "Rewards of the past must not change the returns of later steps.",
            _past_rewards_do_not_count,
        ),
    ),
)


def _normalise(correction: int, floor: float = STD_FLOOR) -> Function:
    """Build the normalisation with one of the two conventions for the standard deviation."""

    def answer(advantage: Tensor) -> Tensor:
        spread = advantage.std(correction=correction) + floor
        return (advantage - advantage.mean()) / spread

    return answer


def _only_scaled(correction: int) -> Function:
    return lambda advantage: advantage / (advantage.std(correction=correction) + STD_FLOOR)


def _by_the_variance(correction: int) -> Function:
    def answer(advantage: Tensor) -> Tensor:
        spread = advantage.var(correction=correction) + STD_FLOOR
        return (advantage - advantage.mean()) / spread

    return answer


def _min_max(advantage: Tensor) -> Tensor:
    low, high = advantage.min(), advantage.max()
    return (advantage - low) / (high - low)


def _mean_zero_spread_one(answer: Function) -> bool:
    result = answer(advantage=floats(4.0, -2.0, 1.0, 7.0))
    spreads = [float(result.std(correction=correction)) for correction in (0, 1)]
    return abs(float(result.mean())) < 1e-3 and min(abs(s - 1) for s in spreads) < 1e-3


def _offset_and_scale_do_not_matter(answer: Function) -> bool:
    advantage = floats(4.0, -2.0, 1.0, 7.0)
    moved = answer(advantage=10 * advantage + 50)
    return torch.allclose(moved, answer(advantage=advantage), atol=1e-3)


# One slip with either standard deviation: the sentence is the same, the numbers are not.
_NO_FLOOR = (
    "You divided by the standard deviation without the tiny number: equal advantages give 0 / 0, "
    "which is NaN, and one NaN spoils all weights of the network."
)
_SCALED = "You divided but did not subtract the mean, so the advantages are not centred."
_VARIANCE = "You divided by the variance. Its square root, the standard deviation, has its unit."

NORMALISE_ADVANTAGE = Exercise(
    id="normalise_advantage",
    minutes=4,
    prompt=(
        "Write the normalisation of advantages that PPO does before its updates: mean 0 and "
        "standard deviation 1.\n\n"
        "`advantage` has the shape (N,), and so has the result. Add a tiny number such as 1e-8 to "
        "the standard deviation, so that equal advantages give 0 and not 0 / 0. The standard "
        "deviation with n or with n - 1: either is right."
    ),
    reference=maths.normalise_advantage,
    cases=(
        Case({"advantage": floats(5.0, -3.0)}, "two samples"),
        Case({"advantage": floats(4.0, 9.0, 2.0)}, "all are positive"),
        Case({"advantage": floats(-6.0, -2.0, -7.0, -1.0)}, "all are negative"),
        Case({"advantage": 3 * normal(5, 10) + 1}, "ten samples"),
        Case({"advantage": 20 * normal(6, 40) - 5}, "large and many"),
        Case({"advantage": floats(2.0, 2.0, 2.0)}, "all advantages are equal", edge=True),
    ),
    hints=(
        "Two things are wished: the mean becomes 0, the spread becomes 1. One is a difference, the "
        "other a quotient.",
        "(A - mean of A) / (standard deviation of A + 1e-8): the difference first, then the "
        "quotient.",
        "Tensors have .mean() and .std(). Mind the brackets around the difference and around the "
        "sum below the line.",
    ),
    mistakes=(
        *(Mistake(_NO_FLOOR, _normalise(correction, floor=0.0)) for correction in (0, 1)),
        Mistake(
            "You centred the advantages but did not scale them: divide by the standard deviation.",
            lambda advantage: advantage - advantage.mean(),
        ),
        Mistake(
            "You stretched the advantages to the interval from 0 to 1. Then none is negative, and "
            "no action is made less likely. Subtract the mean and divide by the standard "
            "deviation.",
            _min_max,
        ),
        *(Mistake(_SCALED, _only_scaled(correction)) for correction in (0, 1)),
        *(Mistake(_VARIANCE, _by_the_variance(correction)) for correction in (0, 1)),
        Mistake(
            "You subtracted the advantages from their mean: good actions became bad ones.",
            lambda advantage: -maths.normalise_advantage(advantage),
        ),
        Mistake(
            "You divided by the largest absolute value. One outlier then makes all others tiny: "
            "subtract the mean and divide by the standard deviation.",
            lambda advantage: advantage / advantage.abs().max(),
        ),
        Mistake(
            "The brackets are missing: you divided the mean alone. First the difference, then the "
            "quotient.",
            lambda advantage: advantage - advantage.mean() / (advantage.std() + STD_FLOOR),
        ),
    ),
    properties=(
        Property("The result has mean 0 and standard deviation 1.", _mean_zero_spread_one),
        Property(
            "Ten times the advantages, or a constant added to all of them, gives the same result.",
            _offset_and_scale_do_not_matter,
        ),
    ),
    alternatives=(_normalise(correction=1),),
    tolerance=1e-4,  # so that 1e-5 instead of 1e-8 is as right
)
