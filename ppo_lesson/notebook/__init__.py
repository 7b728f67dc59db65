"""What stands on a page: numbers, tables, figures, progress, the dashboard, the pole.

What loads widgets, gymnasium or torch's optimisers comes when it is asked for: the dashboard, the
film of a training run, the pole.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ppo_lesson.notebook.claims import proved
from ppo_lesson.notebook.drawing import draw, draw_panels
from ppo_lesson.notebook.environment import check_packages, temporary_folder
from ppo_lesson.notebook.live import climb, live_figure, progress_bar
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
    "climb",
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
    "temporary_folder",
]


_MODULES = {
    "Film": "film",
    "animate": "animation",
    "animate_together": "animation",
    "dashboard": "board",
    "record_pole": "animation",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # for Tab, before anything is loaded
