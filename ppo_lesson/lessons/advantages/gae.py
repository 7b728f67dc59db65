"""Notebook 07: generalised advantage estimation, and the published ways to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property, fresh_inputs
from ppo_lesson.lessons.advantages.ends import (
    Rule,
    at_an_end,
    at_termination,
    end_properties,
    nowhere,
    recursion,
)
from ppo_lesson.lessons.advantages.rollouts import ROLLOUTS, last_row


def _where_nothing_is_truncated(terminated: Tensor, truncated: Tensor) -> Tensor:
    return terminated & ~truncated


def _wrong_gae(
    worthless: Rule = at_termination,
    cut: Rule = at_an_end,
    *,
    factor: Callable[[float, float], float] = lambda gamma, gae_lambda: gamma * gae_lambda,
    zero: Rule = nowhere,
    forward: bool = False,
) -> Function:
    """Build gae with some of its rules replaced.

    Args:
        worthless: where next_value is left out.
        cut: where the later advantage is left out.
        factor: what a later advantage counts, from gamma and gae_lambda.
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
        td_error = reward + gamma * next_value * ~worthless(*ends) - value
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


def _lambda_zero_is_one_step(answer: Function) -> bool:
    case = fresh_inputs(ROLLOUTS["two steps of one episode"].inputs)
    found = answer(**{**case, "gae_lambda": 0.0})
    td_error = case["reward"] + case["gamma"] * case["next_value"] - case["value"]
    return torch.allclose(found, td_error, atol=1e-5)


def _keep(case: Case) -> Case:
    return case


GAE = Exercise(
    id="gae",
    minutes=15,
    prompt=(
        "Write generalised advantage estimation for a rollout of T steps in N environments:\n\n"
        "$$\\delta_t = R_t + \\gamma V(s_{t+1}) - V(s_t), \\qquad "
        "A_t = \\delta_t + \\gamma \\lambda A_{t+1}$$\n\n"
        "- `value[t]` is $V(s_t)$; `next_value[t]` is the value of the observation that truly "
        "followed step t, also where the episode ended and the next row belongs to another one.\n"
        "- Where the step `terminated`, $V(s_{t+1})$ is left out of $\\delta_t$.\n"
        "- Where the episode ended in either way (`terminated` or `truncated`), and in the last "
        "row, $A_{t+1}$ is left out. Where both flags are true, terminated wins.\n\n"
        "All tensors have the shape (T, N) (write it so that (T,) works too), the flags are bool. "
        "Return the advantages, (T, N)."
    ),
    reference=maths.gae,
    cases=tuple(ROLLOUTS.values()),
    hints=(
        "An end does two different things: it may make the future worthless, and it stops the "
        "sum. Which end does which?",
        "First all TD errors at once: only termination removes next_value. Then the recursion from "
        "the last row to the first: any end removes the later advantage.",
        "Start with later = 0. For each row, from the last: later = td_error[t] + gamma * "
        "gae_lambda * later, where the product is 0 if the row ended an episode; store it. Mind "
        "that the row's own TD error stays, also at an end.",
    ),
    mistakes=(
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
            "The terminating step lost its advantage, the one that tells that the pole fell. Its "
            "own TD error counts: termination removes what comes later, not the step itself.",
            _wrong_gae(zero=at_termination),
        ),
        Mistake(
            "Where both flags are true you let truncation win. The world did end, so terminated "
            "wins, and next_value does not count.",
            _wrong_gae(_where_nothing_is_truncated),
        ),
        Mistake(
            "The later advantage is discounted twice: it counts gamma times lambda, with one "
            "gamma.",
            _wrong_gae(factor=lambda gamma, gae_lambda: gamma**2 * gae_lambda),
        ),
        Mistake(
            "Lambda is missing: a later advantage counts gamma times lambda.",
            _wrong_gae(factor=lambda gamma, gae_lambda: gamma),
        ),
        Mistake(
            "Gamma is missing in the recursion: a later advantage counts gamma times lambda.",
            _wrong_gae(factor=lambda gamma, gae_lambda: gae_lambda),
        ),
        Mistake(
            "You returned the TD errors. The advantages that come later in the episode are still "
            "to be added, each time with gamma times lambda.",
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
            "You returned advantage plus value. That is what the critic is fitted to; asked for "
            "is the advantage alone.",
            lambda value, **others: maths.gae(value=value, **others) + value,
        ),
    ),
    properties=(
        *end_properties(_keep),
        Property(
            "Where lambda is 0, the advantage is the TD error of the step alone.",
            _lambda_zero_is_one_step,
        ),
    ),
)
