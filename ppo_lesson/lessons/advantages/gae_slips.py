"""Notebook 07: the published ways to get GAE wrong, and what learners write instead of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Function, Mistake
from ppo_lesson.lessons.advantages.ends import (
    Rule,
    at_an_end,
    at_termination,
    nowhere,
    recursion,
)
from ppo_lesson.lessons.advantages.rollouts import last_row


def _where_nothing_is_truncated(terminated: Tensor, truncated: Tensor) -> Tensor:
    return terminated & ~truncated


def _last_row_of_all(terminated: Tensor, truncated: Tensor) -> Tensor:
    return last_row(terminated)


def _terminated_in_the_next_row(terminated: Tensor, truncated: Tensor) -> Tensor:
    return torch.cat([terminated[1:], terminated[-1:]])


def _ended_in_the_next_row(terminated: Tensor, truncated: Tensor) -> Tensor:
    return _terminated_in_the_next_row(terminated | truncated, truncated)


def _before_the_last_row(terminated: Tensor, truncated: Tensor) -> Tensor:
    return terminated & ~last_row(terminated)


def _wrong_gae(
    worthless: Rule = at_termination,
    cut: Rule = at_an_end,
    *,
    factor: Callable[[float, float], float] = lambda gamma, gae_lambda: gamma * gae_lambda,
    bootstrap_factor: Callable[[float], float] = lambda gamma: gamma,
    zero: Rule = nowhere,
    forward: bool = False,
) -> Function:
    """Build gae with some of its rules replaced.

    Args:
        worthless: where next_value is left out.
        cut: where the later advantage is left out.
        factor: what a later advantage counts, from gamma and gae_lambda.
        bootstrap_factor: what next_value counts, from gamma.
        zero: where the advantage is set to 0.
        forward: run from the first row to the last.
    """

    def answer(
        *,
        reward: Tensor,
        value: Tensor,
        next_value: Tensor,
        terminated: Tensor,
        truncated: Tensor,
        gamma: float,
        gae_lambda: float,
    ) -> Tensor:
        ends = terminated, truncated
        td_error = reward + bootstrap_factor(gamma) * next_value * ~worthless(*ends) - value
        lost = zero(*ends)
        increment = td_error * ~lost
        return recursion(increment, factor(gamma, gae_lambda), cut(*ends) | lost, forward)

    return answer


def _gae_with(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Function:
    """Build gae with some of its inputs replaced."""

    def answer(**given: Any) -> Tensor:
        return maths.gae(**{**given, **change(given)})

    return answer


def _of_the_next_row(given: dict[str, Any]) -> dict[str, Any]:
    return {"next_value": torch.cat([given["value"][1:], given["next_value"][-1:]])}


def _last_row_worthless(given: dict[str, Any]) -> dict[str, Any]:
    return {"next_value": given["next_value"] * ~last_row(given["terminated"])}


def _one_ahead(*, gamma: float, gae_lambda: float, **others: Any) -> Tensor:
    td_error = maths.gae(gamma=gamma, gae_lambda=0.0, **others)
    goes_on = ~(others["terminated"] | others["truncated"])
    following = torch.cat([td_error[1:], 0 * td_error[:1]])
    return td_error + gamma * gae_lambda * goes_on * following


def _by_row_number(*, gamma: float, gae_lambda: float, **others: Any) -> Tensor:
    td_error = maths.gae(gamma=gamma, gae_lambda=0.0, **others)
    row = torch.arange(len(td_error), dtype=td_error.dtype)
    power = ((gamma * gae_lambda) ** row).view(-1, *[1] * (td_error.ndim - 1))
    ended = others["terminated"] | others["truncated"]
    return recursion(td_error * power, 1.0, ended, forward=False)


# One slip in one place or in both: the sentence is the same, the numbers are not.
_NEXT_FLAGS = (
    "You looked at the flags of the next row. The flags of row t say what followed step t, so they "
    "decide about row t."
)

MISTAKES = (
    Mistake(
        "You bootstrapped past termination: where the world ended, next_value must not count.",
        _wrong_gae(nowhere),
    ),
    Mistake(
        "You took truncation for termination. The clock was stopped, not the world: next_value "
        "counts there, and only the later advantage does not.",
        _wrong_gae(at_an_end),
    ),
    Mistake(
        "The sum runs across the ends of episodes: the advantages of the next episode leak "
        "into the one before.",
        _wrong_gae(cut=nowhere),
    ),
    Mistake(
        "You left next_value out at a truncation and let the sum run on. It is the other way "
        "round: next_value counts there, and the next episode's advantage does not.",
        _wrong_gae(at_an_end, at_termination),
    ),
    Mistake(
        "You left next_value out at every end and let the sum run across it. Only termination "
        "removes next_value, and every end stops the sum.",
        _wrong_gae(at_an_end, nowhere),
    ),
    Mistake(
        "You stopped the sum at termination alone. After a truncation, too, the next row "
        "belongs to another episode, and its advantage leaks.",
        _wrong_gae(cut=at_termination),
    ),
    Mistake(
        "You looked at neither flag: the future counts where the world ended, and advantages "
        "leak from one episode into the one before.",
        _wrong_gae(nowhere, nowhere),
    ),
    Mistake(
        "The step that ends an episode lost its advantage. Its own TD error counts: the end "
        "removes what comes later, not the step itself.",
        _wrong_gae(zero=at_an_end),
    ),
    Mistake(
        "The terminating step lost its advantage, the one that says the pole fell. Its "
        "own TD error counts: termination removes what comes later, not the step itself.",
        _wrong_gae(zero=at_termination),
    ),
    Mistake(
        "Where both flags are true you let truncation win. The world did end, so terminated "
        "wins, and next_value does not count.",
        _wrong_gae(_where_nothing_is_truncated),
    ),
    Mistake(
        "In the last row you added next_value although the world had terminated there. "
        "Termination counts in every row.",
        _wrong_gae(_before_the_last_row),
    ),
    *(
        Mistake(_NEXT_FLAGS, _wrong_gae(worthless, _ended_in_the_next_row))
        for worthless in (at_termination, _terminated_in_the_next_row)
    ),
    Mistake(
        "You left the last row at 0. It has a TD error too: what is missing there is the later "
        "advantage alone.",
        _wrong_gae(zero=_last_row_of_all),
    ),
    Mistake(
        "Your rows are in reverse order, as they were appended. Turn them round before you return "
        "them.",
        lambda **given: maths.gae(**given).flip(0),
    ),
    Mistake(
        "You multiplied next_value by lambda too. In the TD error it counts gamma; lambda belongs "
        "to the later advantage.",
        _gae_with(lambda given: {"next_value": given["gae_lambda"] * given["next_value"]}),
    ),
    Mistake(
        "You summed without discounting: what comes one step later is multiplied by gamma, in "
        "the TD error and in the sum.",
        lambda gamma, **others: maths.gae(gamma=1.0, **others),
    ),
    Mistake(
        "You discounted every step twice: what comes one step later is multiplied by gamma "
        "once, in the TD error and in the sum.",
        lambda gamma, **others: maths.gae(gamma=gamma**2, **others),
    ),
    Mistake(
        "You added next_value undiscounted. It belongs to the next step, so multiply it by gamma.",
        _wrong_gae(bootstrap_factor=lambda gamma: 1.0),
    ),
    Mistake(
        "You discounted the step's own reward too. The first factor of gamma belongs to what "
        "comes one step later.",
        _gae_with(lambda given: {"reward": given["gamma"] * given["reward"]}),
    ),
    Mistake(
        "You left out the step's own reward: the TD error starts with R_t.",
        _gae_with(lambda given: {"reward": 0 * given["reward"]}),
    ),
    Mistake(
        "You did not subtract the value in the TD error. Each row then adds its next_value to "
        "the sum, and the future counts many times.",
        _gae_with(lambda given: {"value": 0 * given["value"]}),
    ),
    Mistake(
        "You discounted by the row's number. Count time from the step whose advantage you "
        "compute: its own TD error counts in full.",
        _by_row_number,
    ),
    Mistake(
        "You looked one step ahead and stopped. Add the whole advantage of the next step, "
        "not its TD error alone.",
        _one_ahead,
    ),
    Mistake(
        "You returned the advantage of the first row alone. Every row has one: return (T, N).",
        lambda **given: maths.gae(**given)[0],
    ),
    Mistake(
        "The later advantage is discounted twice: multiply it by gamma times lambda, one gamma "
        "only.",
        _wrong_gae(factor=lambda gamma, gae_lambda: gamma**2 * gae_lambda),
    ),
    Mistake(
        "Lambda is missing: multiply the later advantage by gamma times lambda.",
        _wrong_gae(factor=lambda gamma, gae_lambda: gamma),
    ),
    Mistake(
        "Gamma is missing in the recursion: multiply the later advantage by gamma times lambda.",
        _wrong_gae(factor=lambda gamma, gae_lambda: gae_lambda),
    ),
    Mistake(
        "You returned the TD errors. To each, add gamma times lambda times the advantage of "
        "the next step, unless the episode ended.",
        _wrong_gae(factor=lambda gamma, gae_lambda: 0.0),
    ),
    Mistake(
        "You ran from the first row to the last, so each step collects its past. Advantages "
        "look ahead: start with the last row.",
        _wrong_gae(forward=True),
    ),
    Mistake(
        "You used the next row's value instead of next_value. Where an episode ended, the next "
        "row belongs to another one.",
        _gae_with(_of_the_next_row),
    ),
    Mistake(
        "You treated the last row as an end of the world. The episode goes on in the next "
        "rollout, so next_value counts there.",
        _gae_with(_last_row_worthless),
    ),
    Mistake(
        "You returned advantage plus value. That is what the critic is fitted to; the "
        "exercise asks for the advantage alone.",
        lambda value, **others: maths.gae(value=value, **others) + value,
    ),
)
