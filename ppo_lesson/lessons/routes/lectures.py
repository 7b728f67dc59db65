"""Two long routes: four weeks of lectures, and the way for those who train language models only."""

from __future__ import annotations

from ppo_lesson.lessons.routes.notebooks_00_03 import (
    EXPLODING,
    IMPORTANCE,
    POLICY_GRADIENT,
    START_HERE,
)
from ppo_lesson.lessons.routes.notebooks_04_06 import AWAY, PROXIMAL, SURROGATE
from ppo_lesson.lessons.routes.notebooks_07_09 import ADVANTAGES, CARTPOLE, DEBUGGING
from ppo_lesson.lessons.routes.notebooks_10_12 import DPO, GRPO, LANGUAGE
from ppo_lesson.lessons.routes.slide import Deck

WEEKS = (
    Deck(
        "week-1",
        "Week 1: the policy gradient, and old samples (00 to 03)",
        (*START_HERE, *POLICY_GRADIENT, *IMPORTANCE, *EXPLODING),
    ),
    Deck(
        "week-2",
        "Week 2: the surrogate, and how to stay near (04 to 06)",
        (*SURROGATE, *AWAY, *PROXIMAL),
    ),
    Deck(
        "week-3",
        "Week 3: advantages, PPO and its faults (07 to 09)",
        (*ADVANTAGES, *CARTPOLE, *DEBUGGING),
    ),
    Deck(
        "week-4",
        "Week 4: language models (10 to 12)",
        (*LANGUAGE, *DPO, *GRPO),
    ),
)

LANGUAGE_MODELS = (
    Deck(
        "language-1",
        "PPO for language models, first half (01 to 06)",
        (
            *POLICY_GRADIENT[3:8],
            *POLICY_GRADIENT[11:],
            *IMPORTANCE[3:9],
            *EXPLODING[5:9],
            *SURROGATE[3:13],
            *AWAY[:6],
            *PROXIMAL[:10],
        ),
    ),
    Deck(
        "language-2",
        "PPO for language models, second half (10 to 12)",
        (*LANGUAGE, *DPO, *GRPO),
    ),
)
