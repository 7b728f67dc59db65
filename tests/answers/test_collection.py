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


def _spread(collection: dict[str, list]) -> list:
    return [
        pytest.param(name, answer, id=f"{name}-{number}")
        for name, answers in collection.items()
        for number, answer in enumerate(answers)
    ]


@pytest.mark.parametrize(("name", "answer"), _spread(RIGHT.RIGHT))
def test_a_right_answer_is_correct(name, answer):
    verdict = check(EXERCISES[name], answer)
    assert verdict.status == "correct", verdict


@pytest.mark.parametrize(("name", "answer"), _spread(WRONG.WRONG))
def test_a_wrong_answer_is_wrong(name, answer):
    what, function = answer
    assert check(EXERCISES[name], function).status == "wrong", what


@pytest.mark.parametrize(("name", "answer"), _spread(WRONG.FRAGILE))
def test_an_answer_that_breaks_on_an_edge_is_not_correct(name, answer):
    what, function = answer
    assert check(EXERCISES[name], function).status in ("wrong", "fragile"), what
