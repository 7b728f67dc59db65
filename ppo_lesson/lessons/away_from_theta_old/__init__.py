"""What notebook 05 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.away_from_theta_old.exercises import GRADIENT_SHARE
from ppo_lesson.lessons.away_from_theta_old.explosion import EXPLODING_RATIO
from ppo_lesson.lessons.away_from_theta_old.predictions import PREDICTIONS
from ppo_lesson.lessons.away_from_theta_old.questions import OPEN_QUESTIONS, QUESTIONS

LESSON = Lesson(
    notebook="05_away_from_theta_old",
    exercises=(GRADIENT_SHARE, EXPLODING_RATIO),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
