"""What notebook 03 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.exploding_weights.exercises import EFFECTIVE_SAMPLE_SIZE, UNSUPPORTED
from ppo_lesson.lessons.exploding_weights.predictions import PREDICTIONS
from ppo_lesson.lessons.exploding_weights.products import PER_DECISION_LOG_WEIGHT
from ppo_lesson.lessons.exploding_weights.questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.exploding_weights.truncation import TRUNCATED_ESTIMATE

LESSON = Lesson(
    notebook="03_when_weights_explode",
    exercises=(
        EFFECTIVE_SAMPLE_SIZE,
        UNSUPPORTED,
        TRUNCATED_ESTIMATE,
        PER_DECISION_LOG_WEIGHT,
    ),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
