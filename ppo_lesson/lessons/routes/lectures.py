"""Two long routes: four weeks of lectures, and the way for those who train language models only."""

from __future__ import annotations

from ppo_lesson.lessons.routes.notebook_13 import EXAM, MACHINES
from ppo_lesson.lessons.routes.notebooks_00_03 import (
    EXPLODING,
    IMPORTANCE,
    POLICY_GRADIENT,
    START_HERE,
)
from ppo_lesson.lessons.routes.notebooks_04_06 import AWAY, PROXIMAL, SURROGATE
from ppo_lesson.lessons.routes.notebooks_07_09 import ADVANTAGES, CARTPOLE, DEBUGGING
from ppo_lesson.lessons.routes.notebooks_10_12 import DPO, GRPO, LANGUAGE
from ppo_lesson.lessons.routes.slide import Deck, Slide

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
    Deck(
        "week-4-exam",
        "Week 4, last meeting: beyond one machine, and an oral exam (13)",
        (*MACHINES, *EXAM),
    ),
)


def _part(slides: tuple[Slide, ...], first: str, last: str) -> tuple[Slide, ...]:
    """Take the slides from one that shows a cell to one that shows another."""
    cells = [{place.partition(":")[0] for place in slide.shows} for slide in slides]
    begin, end = (
        next(k for k, shown in enumerate(cells) if cell in shown) for cell in (first, last)
    )
    return slides[begin : end + 1]


LANGUAGE_MODELS = (
    Deck(
        "language-1",
        "PPO for language models, first meeting (01 to 06)",
        (
            *_part(POLICY_GRADIENT, "01/task-score", "01/predict-ten-more"),
            *_part(POLICY_GRADIENT, "01/language-model", "01/pg-on-policy"),
            *_part(IMPORTANCE, "02/identity", "02/predict-best-die"),
            *_part(EXPLODING, "03/predict-harmless-steps", "03/explorer"),
            *_part(SURROGATE, "04/old-walks", "04/predict-surrogate-value"),
            *_part(AWAY, "05/predict-many-steps", "05/explore-cliff"),
            *_part(PROXIMAL, "06/climb-answer", "06/three-causes"),
        ),
    ),
    Deck(
        "language-2",
        "PPO for language models, second meeting (10 to 12)",
        (*LANGUAGE, *DPO, *GRPO),
    ),
    Deck(
        "language-3",
        "PPO for language models, last meeting: many machines, and an oral exam (13)",
        (*MACHINES, *EXAM),
    ),
)
