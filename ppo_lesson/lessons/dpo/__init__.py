"""What notebook 11 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.dpo.exercises import IMPLICIT_REWARD
from ppo_lesson.lessons.dpo.loss import DPO_LOSS
from ppo_lesson.lessons.dpo.predictions import PREDICTIONS
from ppo_lesson.lessons.dpo.questions import OPEN_QUESTIONS, QUESTIONS

LESSON = Lesson(
    notebook="11_dpo",
    exercises=(IMPLICIT_REWARD, DPO_LOSS),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
