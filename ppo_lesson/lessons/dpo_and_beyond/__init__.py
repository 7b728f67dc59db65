"""What notebook 11 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.dpo_and_beyond.exercises import IMPLICIT_REWARD
from ppo_lesson.lessons.dpo_and_beyond.loss import DPO_LOSS
from ppo_lesson.lessons.dpo_and_beyond.predictions import PREDICTIONS
from ppo_lesson.lessons.dpo_and_beyond.questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.grpo_and_after.groups import GROUP_RELATIVE_ADVANTAGE  # noqa: F401

LESSON = Lesson(
    notebook="11_dpo_and_beyond",
    exercises=(IMPLICIT_REWARD, DPO_LOSS),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
