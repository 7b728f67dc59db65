"""Routes through the course as slides: which cells, in which order, and what the teacher says.

ROUTES: the name of a route -> its decks, one for each meeting. A test fails where a cell that a
slide shows no longer exists.
"""

from __future__ import annotations

from ppo_lesson.lessons.routes.demonstration import DEMONSTRATION, LAB
from ppo_lesson.lessons.routes.lectures import LANGUAGE_MODELS, WEEKS
from ppo_lesson.lessons.routes.polls import POLLS
from ppo_lesson.lessons.routes.slide import PLACE, Deck, Slide

__all__ = ["PLACE", "POLLS", "ROUTES", "Deck", "Slide"]

ROUTES: dict[str, tuple[Deck, ...]] = {
    "demonstration": (DEMONSTRATION,),
    "lab": (LAB,),
    "weeks": WEEKS,
    "language": LANGUAGE_MODELS,
}
