"""What notebook 00 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.start_here.exercises import (
    EXPECTATION,
    PREDICT_PRACTICE,
    PROGRESSION,
)
from ppo_lesson.lessons.start_here.questions import SELF_TEST

LESSON = Lesson(
    notebook="00_start_here",
    exercises=(EXPECTATION,),
    questions=SELF_TEST,
    predictions=(PREDICT_PRACTICE,),
    open_questions=(PROGRESSION,),
)
