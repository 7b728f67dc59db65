"""What notebook 04 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.surrogate_gradient.differences import FINITE_DIFFERENCE_GRADIENT
from ppo_lesson.lessons.surrogate_gradient.exercises import POLICY_RATIO, SURROGATE_LOSS
from ppo_lesson.lessons.surrogate_gradient.predictions import PREDICTIONS
from ppo_lesson.lessons.surrogate_gradient.proof import PROOF_ORDER
from ppo_lesson.lessons.surrogate_gradient.questions import OPEN_QUESTIONS, QUESTIONS

LESSON = Lesson(
    notebook="04_surrogate_gradient",
    exercises=(POLICY_RATIO, PROOF_ORDER, SURROGATE_LOSS, FINITE_DIFFERENCE_GRADIENT),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
