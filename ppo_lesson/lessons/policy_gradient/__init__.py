"""What notebook 01 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.policy_gradient.exercises import REINFORCE_LOSS
from ppo_lesson.lessons.policy_gradient.predictions import PREDICTIONS
from ppo_lesson.lessons.policy_gradient.questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.policy_gradient.score import SCORE

LESSON = Lesson(
    notebook="01_policy_gradient",
    exercises=(SCORE, REINFORCE_LOSS),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
