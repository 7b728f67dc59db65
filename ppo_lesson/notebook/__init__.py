"""What stands on a page: numbers, tables, figures, progress, the dashboard, the pole.

What loads widgets, gymnasium or torch's optimisers comes when it is asked for: the dashboard, the
film of a training run, the pole.
"""

from typing import TYPE_CHECKING

from ppo_lesson.notebook.claims import proved
from ppo_lesson.notebook.drawing import draw, draw_panels
from ppo_lesson.notebook.environment import check_packages
from ppo_lesson.notebook.live import live_figure, progress_bar
from ppo_lesson.notebook.page import setup, show, show_source, show_table

if TYPE_CHECKING:
    from ppo_lesson.notebook.animation import animate, animate_together, record_pole
    from ppo_lesson.notebook.board import dashboard
    from ppo_lesson.notebook.film import Film

__all__ = [
    "Film",
    "animate",
    "animate_together",
    "check_packages",
    "dashboard",
    "draw",
    "draw_panels",
    "live_figure",
    "progress_bar",
    "proved",
    "record_pole",
    "setup",
    "show",
    "show_source",
    "show_table",
]


def __getattr__(name: str) -> object:
    if name == "dashboard":
        from ppo_lesson.notebook.board import dashboard

        return dashboard
    if name == "Film":
        from ppo_lesson.notebook.film import Film

        return Film
    if name in ("animate", "animate_together", "record_pole"):
        from ppo_lesson.notebook import animation

        return getattr(animation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # for Tab, before anything is loaded
