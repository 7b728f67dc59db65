"""What the notebooks ask: a folder per notebook, whose window holds its LESSON.

EXERCISES: the id of an exercise, which is the name of its function -> the exercise.
LESSONS: the name of a notebook -> what it asks.
"""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.lessons import (
    advantages,
    away_from_theta_old,
    debugging_ppo,
    dpo_and_beyond,
    exploding_weights,
    importance_sampling,
    language_models,
    policy_gradient,
    ppo_cartpole,
    start_here,
    staying_proximal,
    surrogate_gradient,
)

LESSONS: dict[str, Lesson] = {
    module.LESSON.notebook: module.LESSON
    for module in (
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
        dpo_and_beyond,
    )
}
EXERCISES: dict[str, Exercise] = {
    exercise.id: exercise for lesson in LESSONS.values() for exercise in lesson.exercises
}
