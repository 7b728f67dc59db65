"""The window of the floor shows a learner's seven words, and loads no more than is asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from ppo_lesson import exercises

SLOW = {"IPython", "ipywidgets", "matplotlib", "scipy", "torch._dynamo"}


def loaded_by(program: str) -> set[str]:
    """Run a program in a new interpreter; return which slow packages it loaded."""
    program += f"; import sys; print(*({SLOW} & set(sys.modules)))"
    arguments = [sys.executable, "-c", program]
    return set(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split())


def test_every_word_of_the_window_is_the_function_of_its_module() -> None:
    assert set(exercises._MODULES) == set(exercises.__all__)
    for name, module in exercises._MODULES.items():
        home = importlib.import_module(f"ppo_lesson.exercises.{module}")
        assert getattr(exercises, name) is getattr(home, name)
        assert getattr(home, name).__module__ == home.__name__


def test_another_word_is_no_word_of_it() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'verdict_of_all'"):
        exercises.verdict_of_all  # noqa: B018 - asking for it is the test


def test_lessons_load_no_widgets_and_no_pictures() -> None:
    assert loaded_by("import ppo_lesson.lessons") == set()


def test_whoever_checks_and_grades_loads_no_widgets() -> None:
    program = "from ppo_lesson.exercises import check; import ppo_lesson.commands.learner_process"
    assert "ipywidgets" not in loaded_by(program)
