"""What the notebooks ask: a folder per notebook, whose window holds its LESSON.

EXERCISES: the id of an exercise, which is the name of its function -> the exercise.
LESSONS: the name of a notebook -> what it asks.
QUESTIONS, OPEN_QUESTIONS: the id of a question, predictions among them -> the question.

They load every lesson, and so come when they are asked for: a notebook needs only its own.
"""

from __future__ import annotations

from functools import cache

from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.exercises.questions import OpenQuestion, Question

__all__ = ["EXERCISES", "LESSONS", "OPEN_QUESTIONS", "QUESTIONS"]

LESSONS: dict[str, Lesson]
EXERCISES: dict[str, Exercise]
QUESTIONS: dict[str, Question]
OPEN_QUESTIONS: dict[str, OpenQuestion]


def __getattr__(name: str) -> object:
    if name == "LESSONS":
        return _lessons()
    if name == "EXERCISES":
        return _exercises()
    if name == "QUESTIONS":
        return _questions()
    if name == "OPEN_QUESTIONS":
        return _open_questions()
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


@cache
def _questions() -> dict[str, Question]:
    return {
        question.id: question
        for lesson in _lessons().values()
        for question in (*lesson.questions, *lesson.predictions)
    }


@cache
def _open_questions() -> dict[str, OpenQuestion]:
    return {asked.id: asked for lesson in _lessons().values() for asked in lesson.open_questions}
