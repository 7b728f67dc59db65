"""Every exercise on logarithms turns down answers that leave log space, and names the cause."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest
from torch import Tensor

from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.lessons import EXERCISES
from tests.remembered import check


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RIGHT, WRONG = _load("right_answers_log_space"), _load("wrong_answers_log_space")


def _logs(exercise: Exercise) -> list[str]:
    """Name the arguments that are log-probabilities, log weights, log-ratios or logits."""
    return [name for name in inspect.signature(exercise.reference).parameters if "log" in name]


ON_LOGS = {exercise.id: exercise for exercise in EXERCISES.values() if _logs(exercise)}


def test_there_are_right_and_naive_answers_to_every_exercise_on_logarithms():
    assert set(ON_LOGS) <= set(WRONG.FRAGILE)
    assert set(ON_LOGS) <= set(RIGHT.RIGHT)
    assert len(ON_LOGS) == 21


@pytest.mark.parametrize("exercise", ON_LOGS.values(), ids=ON_LOGS)
def test_an_edge_lies_where_probabilities_are_no_numbers_any_more(exercise: Exercise):
    """Beyond e^-745 a float64 is 0; so what a float32 cannot hold lies there, too."""
    extremes = [
        value.abs().sum() if name == "log_ratio" else value.abs().max()
        for case in exercise.cases
        for name, value in case.inputs.items()
        if case.edge and name in _logs(exercise) and isinstance(value, Tensor)
    ]
    assert extremes and max(extremes) > 745


@pytest.mark.parametrize(
    ("name", "why", "answer"),
    [
        pytest.param(name, why, answer, id=f"{name}: {why}")
        for name, answers in WRONG.FRAGILE.items()
        for why, answer in answers
    ],
)
def test_a_naive_spelling_is_fragile_and_its_cause_is_named(name, why, answer):
    verdict = check(EXERCISES[name], answer)
    assert verdict.status == "fragile"
    assert verdict.message in {mistake.sentence for mistake in EXERCISES[name].mistakes}


@pytest.mark.parametrize("name", WRONG.DIVIDED)
def test_a_quotient_of_logarithms_is_named(name):
    for why, answer in WRONG.DIVIDED[name].items():
        assert check(EXERCISES[name], answer).message.startswith("You divided one logarithm"), why


@pytest.mark.parametrize(
    ("name", "why", "cause"),
    [
        ("entropy", "exp / sum, and its log", "e^800 is infinite"),
        ("entropy", "exp / sum, and the log of it + 1e-8", "e^800 is infinite"),
        ("entropy", "softmax, and its log", "0 times minus infinity"),
        ("score", "softmax, then log", "logarithm of a probability that has rounded to 0"),
        ("score", "one-hot minus exp / sum", "exp of the logits as they come"),
        ("token_log_probs", "softmax clamped, then log", "clamp it to"),
        ("bradley_terry_loss", "exp / (exp + exp)", "infinity over infinity"),
        ("bradley_terry_loss", "sigmoid, then log", "underflows to 0"),
        ("bradley_terry_loss", "sigmoid + 1e-8, then log", "only the small number is left"),
        ("dpo_loss", "log of exp / exp", "go through probabilities"),
        ("dpo_loss", "sigmoid + 1e-8, then log", "only the small number is left"),
        ("sequence_ratio", "log of exp / exp", "go through probabilities"),
        ("sequence_ratio", "probabilities of the whole", "probability of the whole response"),
        ("sequence_ratio", "product of ratios, then the root", "multiply the ratios first"),
        ("truncated_weight", "exp / exp", "dividing by it"),
        ("truncated_weight", "exp / (exp + 1e-8)", "A small number that you add"),
        ("policy_ratio", "exp / exp", "dividing by it"),
        ("policy_ratio", "exp / (exp + 1e-8)", "A small number that you add"),
        ("policy_ratio", "nan_to_num", "or a NaN that you replace"),
    ],
)
def test_the_cause_that_is_told_is_the_true_one(name, why, cause):
    assert cause in check(EXERCISES[name], dict(WRONG.FRAGILE[name])[why]).message
