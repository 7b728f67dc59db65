"""What stands on a page: numbers, tables, the dashboard, a progress bar, the pole in motion.

The dashboard is loaded when it is asked for: whoever checks and grades needs no widgets.
"""

from typing import TYPE_CHECKING, Any

from ppo_lesson.notebook.animation import animate, record_pole
from ppo_lesson.notebook.claims import proved
from ppo_lesson.notebook.drawing import draw, draw_panels
from ppo_lesson.notebook.environment import check_packages
from ppo_lesson.notebook.live import live_figure, progress_bar
from ppo_lesson.notebook.page import setup, show, show_source, show_table

if TYPE_CHECKING:
    from ppo_lesson.notebook.board import dashboard

__all__ = [
    "animate",
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


def __getattr__(name: str) -> Any:
    if name != "dashboard":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ppo_lesson.notebook.board import dashboard

    return dashboard
