"""Answers by somebody who had not read the checker's cases: wrong ones caught, right ones accepted.

The collection was written from the curriculum's table alone and is not used for recognition.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from ppo_lesson.lessons import EXERCISES
from tests.remembered import check


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RIGHT, WRONG = _load("right_answers"), _load("wrong_answers")


@pytest.mark.parametrize("name", RIGHT.RIGHT)
def test_right_answers_are_correct(name):
    verdicts = [check(EXERCISES[name], answer) for answer in RIGHT.RIGHT[name]]
    assert [verdict for verdict in verdicts if verdict.status != "correct"] == []


@pytest.mark.parametrize("name", WRONG.WRONG)
def test_wrong_answers_are_wrong(name):
    found = [(what, check(EXERCISES[name], answer).status) for what, answer in WRONG.WRONG[name]]
    assert [(what, status) for what, status in found if status != "wrong"] == []


@pytest.mark.parametrize("name", WRONG.FRAGILE)
def test_answers_that_break_on_an_edge_are_not_correct(name):
    found = [(what, check(EXERCISES[name], answer).status) for what, answer in WRONG.FRAGILE[name]]
    assert [(what, status) for what, status in found if status not in ("wrong", "fragile")] == []
