"""Every solution stands alone in a cell, under the name that the check uses, and is correct."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from ppo_lesson.exercises.checker import verdict_on
from ppo_lesson.exercises.solution import solution_as_written, solution_cell, solution_functions
from ppo_lesson.lessons import EXERCISES


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_solution_runs_in_a_cell_of_its_own_and_is_correct(exercise):
    names = {"torch": torch}  # which every notebook imports
    exec(solution_cell(exercise), names)
    assert verdict_on(exercise, names[f"my_{exercise.id}"]).status == "correct"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_solution_is_named_as_its_check_names_it_and_says_no_types(exercise):
    source = solution_cell(exercise)
    assert ": Tensor" not in source and "-> " not in source
    assert source.count(f"def my_{exercise.id}(") == 1


def test_the_solution_that_a_learner_would_write_comes_before_the_packages_own():
    exercise = EXERCISES["importance_weights"]
    assert solution_cell(exercise) == solution_as_written(exercise)
    assert solution_as_written(EXERCISES["gae"]) == ""


def test_what_a_solution_calls_stands_above_it():
    source = solution_cell(EXERCISES["gae"])
    assert source.index("def backward_sum(") < source.index("def my_gae(")
    assert [f.__name__ for f in solution_functions(EXERCISES["gae"])] == ["gae", "backward_sum"]


def test_a_solution_must_be_a_function_of_its_own_lines():
    exercise = EXERCISES["importance_weights"]
    weights = lambda log_target, log_proposal: log_target  # noqa: E731 - named, it is what is tried
    with pytest.raises(TypeError, match=r"^function: expected a def, got 'weights = lambda"):
        solution_cell(dataclasses.replace(exercise, reference=weights, solution=""))


def test_a_name_of_the_package_comes_from_where_it_was_defined():
    source = solution_cell(EXERCISES["surrogate_loss"])
    assert source.startswith("from ppo_lesson.maths.importance import policy_ratio\n")
    assert solution_cell(EXERCISES["normalise_advantage"]).count("STD_FLOOR = 1e-08") == 1
