"""What notebook 08 asks: its exercises, questions and predictions."""

from __future__ import annotations

from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons.ppo_cartpole.critic import VALUE_LOSS
from ppo_lesson.lessons.ppo_cartpole.critic_clip import CLIPPED_VALUE_LOSS
from ppo_lesson.lessons.ppo_cartpole.exercises import ENTROPY
from ppo_lesson.lessons.ppo_cartpole.minibatches import MINIBATCHES
from ppo_lesson.lessons.ppo_cartpole.predictions import PREDICTIONS
from ppo_lesson.lessons.ppo_cartpole.questions import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.ppo_cartpole.update import PPO_UPDATE

LESSON = Lesson(
    notebook="08_ppo_cartpole",
    exercises=(VALUE_LOSS, ENTROPY, MINIBATCHES, PPO_UPDATE, CLIPPED_VALUE_LOSS),
    questions=QUESTIONS,
    predictions=PREDICTIONS,
    open_questions=OPEN_QUESTIONS,
)
