"""Notebook 12: the advantage of a response over the others to the same prompt."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.maths import group_relative_advantage
from ppo_lesson.maths.advantages import STD_FLOOR


def _case(label: str, *rows: list[float], edge: bool = False) -> Case:
    return Case({"reward": torch.stack([floats(*row) for row in rows])}, label, edge)


def _centred_and_scaled(
    correction: int,
    *,
    mean_axis: int | None = -1,
    std_axis: int | None = -1,
    floor: float = STD_FLOOR,
) -> Function:
    """Build the formula with one of the two standard deviations; None: over the whole batch."""

    def answer(reward: Tensor) -> Tensor:
        mean = reward.mean(mean_axis, keepdim=True)
        std = reward.std(std_axis, correction=correction, keepdim=True)
        return (reward - mean) / (std + floor)

    return answer


def _centred(reward: Tensor) -> Tensor:
    return reward - reward.mean(-1, keepdim=True)


def _leave_one_out(reward: Tensor) -> Tensor:
    others = reward.sum(-1, keepdim=True) - reward
    return reward - others / (reward.shape[1] - 1)


def _leave_one_out_scaled(correction: int) -> Function:
    return lambda reward: (
        _leave_one_out(reward) / (reward.std(-1, correction=correction, keepdim=True) + STD_FLOOR)
    )


def _ranked(reward: Tensor) -> Tensor:
    rank = reward.argsort(-1).argsort(-1).to(reward.dtype)
    return _centred_and_scaled(0)(rank)


def _groups_do_not_see_each_other(answer: Function) -> bool:
    groups = 3 * normal(81, 3, 4)
    others = torch.cat([groups[:1], 5 * normal(82, 2, 4) - 9])
    return agree(answer(reward=groups)[0], answer(reward=others)[0])


def _offset_and_scale_do_not_matter(answer: Function) -> bool:
    reward = 2 * normal(83, 2, 5)
    moved = 10 * reward + torch.tensor([[50.0], [-3.0]], dtype=torch.float64)
    return torch.allclose(answer(reward=moved), answer(reward=reward), atol=1e-3)


def _groups_sum_to_zero(answer: Function) -> bool:
    total = answer(reward=3 * normal(84, 4, 3)).sum(-1)
    return agree(total, torch.zeros(4))


# One slip with either standard deviation: the sentence is the same, the numbers are not.
_WHOLE_BATCH = (
    "You compared with the whole batch. A response is measured against the others to the same "
    "prompt: mean and standard deviation of each row, or easy prompts look like good responses."
)
_WRONG_AXIS = (
    "Mean, standard deviation or both run down the columns, over prompts. The responses to one "
    "prompt stand in one row: the last axis."
)
_NO_FLOOR = (
    "You divided by the standard deviation without the tiny number: in a group whose rewards are "
    "equal you divide by 0. Such a group has nothing to teach, and its advantages are 0. The tiny "
    "number belongs below the line, in parentheses with the standard deviation."
)
_OTHERS_SCALED = (
    "You compared each response with the mean of the *others*. That is a baseline of its own right "
    "(leave one out); asked for is the mean of all K."
)
_NOT_CENTRED = (
    "You divided but did not subtract the mean. The mean of the group takes the critic's place: "
    "without it, every response with a positive reward becomes likelier."
)
_ONE_FOR_ALL_STD = (
    "The mean is each group's own, but the standard deviation is that of the whole batch. Both "
    "belong to the group."
)

GROUP_RELATIVE_ADVANTAGE = Exercise(
    id="group_relative_advantage",
    minutes=6,
    prompt=(
        "GRPO has no critic. It draws K responses to the same prompt and asks of each how much "
        "better it is than the others. Write this advantage: in every group the rewards are "
        "centred and divided by their standard deviation.\n\n"
        "`reward` has the shape (G, K): K responses to each of G prompts. Return (G, K). Add a "
        "tiny number such as 1e-8 to the standard deviation, so that a group whose rewards are all "
        "equal gets 0 and not 0 / 0. The standard deviation with n or with n - 1: either is right."
    ),
    reference=group_relative_advantage,
    cases=(
        _case("one group of two", [3.0, -1.0]),
        _case("one group of three", [4.0, 9.0, 2.0]),
        _case("an easy prompt beside a hard one", [10.0, 14.0, 12.5], [-6.0, -1.0, -2.0]),
        _case("groups of different spread", [40.0, -30.0], [2.0, -2.0], [1.0, 5.0]),
        Case({"reward": 5 * normal(85, 4, 6) + 2}, "4 groups of 6"),
        Case({"reward": 3 * normal(86, 8, 4) - 4}, "8 groups of 4"),
        _case("all rewards of a group are equal", [2.0, 2.0, 2.0], [1.0, 6.0, -4.0], edge=True),
    ),
    hints=(
        "The group plays the critic: its mean says what this prompt is worth, its spread in which "
        "unit to measure.",
        "(R - mean of the group) / (standard deviation of the group + 1e-8), row by row.",
        ".mean and .std take an axis, and keepdim=True keeps the result (G, 1), which fits beside "
        "(G, K). Without keepdim it is (G,) and is read as a row.",
    ),
    mistakes=(
        *(Mistake(_NO_FLOOR, _centred_and_scaled(correction, floor=0.0)) for correction in (0, 1)),
        *(
            Mistake(_WHOLE_BATCH, _centred_and_scaled(correction, mean_axis=None, std_axis=None))
            for correction in (0, 1)
        ),
        *(
            Mistake(_WRONG_AXIS, _centred_and_scaled(correction, mean_axis=mean, std_axis=std))
            for correction in (0, 1)
            for mean, std in ((0, 0), (0, -1), (-1, 0))
        ),
        *(
            Mistake(_ONE_FOR_ALL_STD, _centred_and_scaled(correction, std_axis=None))
            for correction in (0, 1)
        ),
        Mistake(
            "You centred the rewards but did not scale them. (Some of today's variants do that on "
            "purpose; here each group is divided by its standard deviation.)",
            _centred,
        ),
        *(
            Mistake(
                _NOT_CENTRED,
                lambda reward, correction=correction: (
                    reward / (reward.std(-1, correction=correction, keepdim=True) + STD_FLOOR)
                ),
            )
            for correction in (0, 1)
        ),
        Mistake(
            "You compared each response with the mean of the *others*, and did not scale. That is "
            "a baseline of its own right (leave one out); asked for is the mean of all K, and the "
            "division by the standard deviation.",
            _leave_one_out,
        ),
        *(Mistake(_OTHERS_SCALED, _leave_one_out_scaled(correction)) for correction in (0, 1)),
        *(
            Mistake(
                "You divided by the variance. Its square root, the standard deviation, has the "
                "unit of the rewards.",
                lambda reward, correction=correction: (
                    _centred(reward)
                    / (reward.var(-1, correction=correction, keepdim=True) + STD_FLOOR)
                ),
            )
            for correction in (0, 1)
        ),
        *(
            Mistake(
                "The sign is turned round: the worst response of the group becomes likelier.",
                lambda reward, right=right: -right(reward),
            )
            for right in (group_relative_advantage, _centred_and_scaled(1))
        ),
        Mistake(
            "You used the order of the rewards and not the rewards. It also matters by how much a "
            "response is better.",
            _ranked,
        ),
    ),
    properties=(
        Property(
            "The rewards of other prompts have no influence on a group.",
            _groups_do_not_see_each_other,
        ),
        Property("The advantages of a group sum to zero.", _groups_sum_to_zero),
        Property(
            "Ten times the rewards, or a constant added to those of one group, give the same.",
            _offset_and_scale_do_not_matter,
        ),
    ),
    alternatives=(_centred_and_scaled(1),),
    tolerance=1e-4,  # so that 1e-4 instead of 1e-8, which a library takes, is as right
)
