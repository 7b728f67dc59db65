"""What notebook 13 asks: its exercises, questions, predictions and the oral exam."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.beyond_one_machine.exam import EXAM
from ppo_lesson.lessons.beyond_one_machine.predictions import PREDICTIONS
from ppo_lesson.lessons.beyond_one_machine.questions import QUESTIONS
from ppo_lesson.lessons.beyond_one_machine.stale import DECOUPLED_CLIPPED_LOSS
from ppo_lesson.lessons.beyond_one_machine.way import WAY_TO_PPO
from ppo_lesson.lessons.beyond_one_machine.workers import ALL_REDUCE_MEAN

LESSON = Lesson(
    notebook="13_beyond_one_machine",
    exercises=(DECOUPLED_CLIPPED_LOSS, ALL_REDUCE_MEAN, WAY_TO_PPO),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=EXAM,
)
