"""Notebook 07: rewards to the end of the episode, or to where the record stops."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Exercise, Function, Mistake
from ppo_lesson.lessons.advantages.ends import (
    Rule,
    at_an_end,
    at_termination,
    end_properties,
    everywhere,
    nowhere,
    recursion,
)
from ppo_lesson.lessons.advantages.rollouts import ROLLOUTS, last_row, without_critic


def _at_truncation_and_last_row(terminated: Tensor, truncated: Tensor) -> Tensor:
    return (truncated | last_row(truncated)) & ~terminated


def _wrong_rewards_to_go(
    bootstrapped: Rule = _at_truncation_and_last_row,
    cut: Rule = at_an_end,
    *,
    factor: Callable[[float], float] = lambda gamma: gamma,
    bootstrap_factor: Callable[[float], float] = lambda gamma: gamma,
    forward: bool = False,
) -> Function:
    """Build rewards_to_go with some of its rules replaced."""

    def answer(
        reward: Tensor, next_value: Tensor, terminated: Tensor, truncated: Tensor, gamma: float
    ) -> Tensor:
        bootstrap = next_value * bootstrapped(terminated, truncated)
        increment = reward + bootstrap_factor(gamma) * bootstrap
        return recursion(increment, factor(gamma), cut(terminated, truncated), forward)

    return answer


REWARDS_TO_GO = Exercise(
    id="rewards_to_go",
    minutes=10,
    prompt=(
        "Write the discounted rewards from every step of a rollout to the end of its episode, or "
        "to a value where the record stops:\n\n"
        "- terminated, in the last row too: $G_t = R_t$. Nothing follows.\n"
        "- truncated, or the last row of the rollout: $G_t = R_t + \\gamma V(s')$, with $V(s')$ in "
        "`next_value`. The future was there, and nobody saw it.\n"
        "- else: $G_t = R_t + \\gamma G_{t+1}$.\n\n"
        "All tensors have the shape (T, N), T steps in N environments (write it so that (T,) works "
        "too); `terminated` and `truncated` are bool. Where both are true, terminated wins. Return "
        "the G of all steps, (T, N)."
    ),
    reference=maths.rewards_to_go,
    cases=tuple(
        without_critic(case) for label, case in ROLLOUTS.items() if "lambda = 0" not in label
    ),
    hints=(
        "What follows a step is one of three things: nothing, a value, or the next step's return. "
        "Sort the steps into these three first.",
        "Go from the last row to the first. At each row choose between 0, next_value and the later "
        "return, per environment; then G = reward + gamma times the chosen one.",
        "Start with future = next_value[-1]. For each row, from the last: where truncated, the "
        "future is next_value[t]; where terminated, it is 0 (torch.where does both, in this "
        "order). Then future = reward[t] + gamma * future, and store it.",
    ),
    mistakes=(
        Mistake(
            "You added next_value where the world terminated. Nothing follows there: the "
            "future is worth 0.",
            _wrong_rewards_to_go(lambda a, b: a | b | last_row(a)),
        ),
        Mistake(
            "You took truncation for termination. The clock was stopped, not the world: the "
            "future is worth next_value.",
            _wrong_rewards_to_go(lambda a, b: last_row(a) & ~a & ~b),
        ),
        *(
            Mistake(
                "You treated the last row as an end. The episode goes on in the next rollout: its "
                "future is worth next_value.",
                _wrong_rewards_to_go(rule),
            )
            for rule in (lambda a, b: b & ~a, lambda a, b: b & ~a & ~last_row(a))
        ),
        Mistake(
            "In the last row you added next_value although the world had terminated there. "
            "Termination wins over the end of the rollout.",
            _wrong_rewards_to_go(lambda a, b: (b & ~a) | last_row(a)),
        ),
        Mistake(
            "You summed across the ends: the next episode's rewards flow into the one before.",
            _wrong_rewards_to_go(lambda a, b: last_row(a) & ~a & ~b, nowhere),
        ),
        Mistake(
            "You did not stop the sum at a truncation: its step gets the next episode's rewards.",
            _wrong_rewards_to_go(lambda a, b: last_row(a) & ~a, at_termination),
        ),
        Mistake(
            "At a truncation you added next_value and the next episode's rewards too. The sum "
            "must stop there.",
            _wrong_rewards_to_go(cut=at_termination),
        ),
        Mistake(
            "You looked one step ahead and stopped: R + gamma V(s') at every step. Inside an "
            "episode what follows is the return of the next step.",
            _wrong_rewards_to_go(lambda a, b: ~a, everywhere),
        ),
        Mistake(
            "You added next_value at every step and the later return as well, so the future counts "
            "many times. Inside an episode the return of the next step is enough.",
            _wrong_rewards_to_go(lambda a, b: ~a),
        ),
        Mistake(
            "Where both flags are true you let truncation win. The world did end, so terminated "
            "wins, and next_value does not count.",
            _wrong_rewards_to_go(lambda a, b: b | (last_row(a) & ~a)),
        ),
        Mistake(
            "You added next_value undiscounted. It belongs to the next step, so it counts gamma.",
            _wrong_rewards_to_go(bootstrap_factor=lambda gamma: 1.0),
        ),
        Mistake(
            "You discounted next_value and not the later return. What comes a step later counts "
            "gamma, either way.",
            _wrong_rewards_to_go(factor=lambda _: 1.0),
        ),
        Mistake(
            "You summed without discounting: what comes a step later counts gamma.",
            _wrong_rewards_to_go(factor=lambda _: 1.0, bootstrap_factor=lambda _: 1.0),
        ),
        Mistake(
            "You went from the first row to the last, so each step collects its past. Returns "
            "look ahead: start with the last row.",
            _wrong_rewards_to_go(forward=True),
        ),
    ),
    properties=end_properties(without_critic),
)
