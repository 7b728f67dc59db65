"""What the notebooks ask: a folder per notebook, whose window holds its LESSON.

EXERCISES: the id of an exercise, which is the name of its function -> the exercise.
LESSONS: the name of a notebook -> what it asks.

Both load every lesson, and so come when they are asked for: a notebook needs only its own.
"""

from __future__ import annotations

from functools import cache

from ppo_lesson.exercises.exercise import Exercise, Lesson

__all__ = ["EXERCISES", "LESSONS"]

LESSONS: dict[str, Lesson]
EXERCISES: dict[str, Exercise]


def __getattr__(name: str) -> object:
    if name == "LESSONS":
        return _lessons()
    if name == "EXERCISES":
        return _exercises()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # for Tab, before anything is loaded


@cache
def _lessons() -> dict[str, Lesson]:
    from ppo_lesson.lessons import (
        advantages,
        away_from_theta_old,
        beyond_one_machine,
        debugging_ppo,
        dpo,
        exploding_weights,
        grpo_and_after,
        importance_sampling,
        language_models,
        policy_gradient,
        ppo_cartpole,
        start_here,
        staying_proximal,
        surrogate_gradient,
    )

    topics = (
        start_here,
        policy_gradient,
        importance_sampling,
        exploding_weights,
        surrogate_gradient,
        away_from_theta_old,
        staying_proximal,
        advantages,
        ppo_cartpole,
        debugging_ppo,
        language_models,
        dpo,
        grpo_and_after,
        beyond_one_machine,
    )
    return {topic.LESSON.notebook: topic.LESSON for topic in topics}


@cache
def _exercises() -> dict[str, Exercise]:
    return {
        exercise.id: exercise for lesson in _lessons().values() for exercise in lesson.exercises
    }
