"""What notebook 07 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.advantages.exercises import DISCOUNTED_RETURNS, NORMALISE_ADVANTAGE
from ppo_lesson.lessons.advantages.gae import GAE
from ppo_lesson.lessons.advantages.questions import PREDICTIONS, QUESTIONS
from ppo_lesson.lessons.advantages.to_go import REWARDS_TO_GO

LESSON = Lesson(
    notebook="07_advantages",
    exercises=(DISCOUNTED_RETURNS, REWARDS_TO_GO, GAE, NORMALISE_ADVANTAGE),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
)
