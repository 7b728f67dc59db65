"""What notebook 07 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.advantages.gae import GAE
from ppo_lesson.lessons.advantages.normalising import NORMALISE_ADVANTAGE
from ppo_lesson.lessons.advantages.questions import PREDICTIONS, QUESTIONS

LESSON = Lesson(
    notebook="07_advantages",
    exercises=(GAE, NORMALISE_ADVANTAGE),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
)
