"""What notebook 06 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.staying_proximal.exercises import CLIPPED_SURROGATE_LOSS
from ppo_lesson.lessons.staying_proximal.fraction import ACTIVE_CLIP_FRACTION
from ppo_lesson.lessons.staying_proximal.kl import KL_ESTIMATES
from ppo_lesson.lessons.staying_proximal.penalty import ADAPTIVE_BETA, KL_PENALISED_LOSS
from ppo_lesson.lessons.staying_proximal.predictions import PREDICTIONS
from ppo_lesson.lessons.staying_proximal.questions import OPEN_QUESTIONS, QUESTIONS

LESSON = Lesson(
    notebook="06_staying_proximal",
    exercises=(
        CLIPPED_SURROGATE_LOSS,
        ACTIVE_CLIP_FRACTION,
        KL_ESTIMATES,
        KL_PENALISED_LOSS,
        ADAPTIVE_BETA,
    ),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
