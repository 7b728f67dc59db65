"""What notebook 12 asks: its exercises, questions and predictions; and its table of variants."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.grpo_and_after.aggregation import RESPONSE_MEAN_LOSS, TOKEN_MEAN_LOSS
from ppo_lesson.lessons.grpo_and_after.groups import GROUP_RELATIVE_ADVANTAGE
from ppo_lesson.lessons.grpo_and_after.predictions import PREDICTIONS
from ppo_lesson.lessons.grpo_and_after.questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.grpo_and_after.ratios import SEQUENCE_RATIO
from ppo_lesson.lessons.grpo_and_after.weights import TRUNCATED_WEIGHT

LESSON = Lesson(
    notebook="12_grpo_and_after",
    exercises=(
        GROUP_RELATIVE_ADVANTAGE,
        RESPONSE_MEAN_LOSS,
        TOKEN_MEAN_LOSS,
        SEQUENCE_RATIO,
        TRUNCATED_WEIGHT,
    ),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
