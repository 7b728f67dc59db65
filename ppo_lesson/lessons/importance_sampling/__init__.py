"""What notebook 02 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.importance_sampling.exercises import IMPORTANCE_ESTIMATE, IMPORTANCE_WEIGHTS
from ppo_lesson.lessons.importance_sampling.normalised import SELF_NORMALISED_ESTIMATE
from ppo_lesson.lessons.importance_sampling.questions import OPEN_QUESTIONS, PREDICTIONS, QUESTIONS

LESSON = Lesson(
    notebook="02_importance_sampling",
    exercises=(IMPORTANCE_WEIGHTS, IMPORTANCE_ESTIMATE, SELF_NORMALISED_ESTIMATE),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
