"""Exercises and how they are checked; questions and predictions; a learner's progress.

What a learner says: `check`, `hint`, `show_solution` and `yours` about an exercise; `ask` and
`predict` about a question; `show_progress`.
"""

from ppo_lesson.exercises.checker import check, hint, show_solution
from ppo_lesson.exercises.choosing import yours
from ppo_lesson.exercises.progress_panel import show_progress
from ppo_lesson.exercises.quiz import ask, predict

__all__ = ["ask", "check", "hint", "predict", "show_progress", "show_solution", "yours"]
