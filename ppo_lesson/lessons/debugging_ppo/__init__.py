"""What notebook 09 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.debugging_ppo.exercises import EXPLAINED_VARIANCE
from ppo_lesson.lessons.debugging_ppo.museum import MUSEUM
from ppo_lesson.lessons.debugging_ppo.predictions import PREDICTIONS
from ppo_lesson.lessons.debugging_ppo.questions import QUESTIONS
from ppo_lesson.lessons.debugging_ppo.silent import SILENT

LESSON = Lesson(
    notebook="09_debugging_ppo",
    exercises=(EXPLAINED_VARIANCE,),
    questions=(*MUSEUM, *SILENT, *QUESTIONS),
    predictions=PREDICTIONS,
)
