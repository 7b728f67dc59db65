"""Exercises and how they are checked; questions and predictions; a learner's progress.

What a learner says: `check`, `hint`, `show_solution` and `yours` about an exercise; `ask` and
`predict` about a question; `show_progress`. Each is loaded when it is asked for: lessons import the
values of this floor, and need neither widgets nor pictures.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppo_lesson.exercises.checker import check, hint, show_solution
    from ppo_lesson.exercises.choosing import yours
    from ppo_lesson.exercises.forms import ask, predict
    from ppo_lesson.exercises.progress_panel import show_progress

__all__ = ["ask", "check", "hint", "predict", "show_progress", "show_solution", "yours"]

_MODULES = {
    "ask": "forms",
    "check": "checker",
    "hint": "checker",
    "predict": "forms",
    "show_progress": "progress_panel",
    "show_solution": "checker",
    "yours": "choosing",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # for Tab, before anything is loaded
