"""What notebook 10 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.language_models.exercises import RLHF_OPTIMUM
from ppo_lesson.lessons.language_models.predictions import PREDICTIONS
from ppo_lesson.lessons.language_models.preferences import BRADLEY_TERRY_LOSS
from ppo_lesson.lessons.language_models.questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.language_models.sampling import BEHAVIOUR_LOG_PROB
from ppo_lesson.lessons.language_models.token_log_probs import TOKEN_LOG_PROBS
from ppo_lesson.lessons.language_models.tokens import SHAPED_REWARD

LESSON = Lesson(
    notebook="10_ppo_for_language_models",
    exercises=(
        TOKEN_LOG_PROBS,
        BEHAVIOUR_LOG_PROB,
        BRADLEY_TERRY_LOSS,
        SHAPED_REWARD,
        RLHF_OPTIMUM,
    ),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
