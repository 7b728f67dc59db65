"""The clip lab's table: six cases by hand, and whatever a learner's own loss does."""

from __future__ import annotations

import itertools
import json
import re

import pytest
import torch

from ppo_lesson.exercises.trial import NOT_STARTED
from ppo_lesson.explorers.clip import EPSILON, NEGATIVE, RATIO, clip_lab, clip_lab_table
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.own_function import Trouble
from ppo_lesson.maths import clipped_surrogate_loss, policy_ratio
from ppo_lesson.notebook import renderer

LAB = clip_lab()


@pytest.mark.parametrize(
    ("negative", "ratio", "objective", "slope", "side"),
    [
        (False, 0.5, 0.5, 1, "below"),
        (False, 1.1, 1.1, 1, "inside"),
        (False, 1.5, 1.2, 0, "above"),
        (True, 0.5, -0.8, 0, "below"),
        (True, 0.9, -0.9, -1, "inside"),
        (True, 1.5, -1.5, -1, "above"),
    ],
)
def test_the_six_cases(negative, ratio, objective, slope, side):
    assert isinstance(LAB, Explorer)
    at = LAB.at(ratio=ratio, clip_epsilon=0.2, negative=negative)
    assert (at["clipped"], at["slope"], at["side"]) == (objective, slope, side)
    assert at["unclipped"] == (-ratio if negative else ratio)


def test_the_objective_is_the_lower_of_two_straight_lines_at_every_position():
    for epsilon, negative, ratio in itertools.product(
        EPSILON.positions, NEGATIVE.positions, RATIO.positions
    ):
        advantage = -1 if negative else 1
        inside = min(max(ratio, 1 - epsilon), 1 + epsilon)
        lower = min(ratio * advantage, inside * advantage)
        at = LAB.at(ratio=ratio, clip_epsilon=epsilon, negative=negative)
        assert at["clipped"] == pytest.approx(lower, abs=0.00051)


def test_there_is_no_slope_exactly_where_the_case_says_so():
    flat = {(False, "above"), (True, "below")}
    for row in clip_lab_table():
        for side, slope, meaning in zip(row["side"], row["slope"], row["meaning"], strict=True):
            assert (slope == 0) == ((row["negative"], side) in flat)
            assert ("left alone" in meaning) == (slope == 0)
            assert slope in (0, -1 if row["negative"] else 1)


def test_a_corner_belongs_to_the_inside():
    for negative, ratio in itertools.product((False, True), (0.8, 1.2)):
        at = LAB.at(ratio=ratio, clip_epsilon=0.2, negative=negative)
        assert at["side"] == "inside" and abs(at["slope"]) == 1


def without_the_minimum(log_prob, old_log_prob, advantage, clip_epsilon):
    ratio = policy_ratio(log_prob, old_log_prob).clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -(ratio * advantage).mean()


def test_a_learners_own_loss_is_drawn_over_the_reference():
    lab = clip_lab(without_the_minimum)
    assert isinstance(lab, Explorer)
    at = lab.at(ratio=0.5, clip_epsilon=0.2, negative=False)
    assert (at["mine"], at["clipped"]) == (0.8, 0.5)
    assert "yours 1" in repr(lab)
    words = json.dumps(lab.specification())
    assert "grey reference" in words and "without the clip" in words
    assert "solid: with the clip" not in words


def test_only_the_present_case_tells_what_it_is():
    """Which of the six have no gradient is a question that the notebook asks."""
    assert isinstance(LAB, Explorer)
    for negative, (ratio, words) in itertools.product(
        (False, True), ((0.5, "below"), (1.0, "inside"), (1.5, "above"))
    ):
        picture = renderer.svg(LAB.specification(ratio=ratio, negative=negative))
        slope = LAB.at(ratio=ratio, negative=negative)["slope"]
        meant = {1: ("made", "likelier"), -1: ("made", "rarer"), 0: ("no", "gradient")}[slope]
        told = re.findall(r">(made|no|likelier|rarer|gradient)</tspan>", picture)
        assert tuple(told) == meant, words
        assert picture.count(">?<") == 6


def test_the_reference_as_own_loss_lies_on_itself():
    for row in clip_lab_table(clipped_surrogate_loss):
        assert row["mine"] == row["clipped"]


def not_written_yet(log_prob, old_log_prob, advantage, clip_epsilon):
    raise NotImplementedError


def per_sample(log_prob, old_log_prob, advantage, clip_epsilon):
    return -log_prob.exp() * advantage


def breaks_at_small_ratios(log_prob, old_log_prob, advantage, clip_epsilon):
    if log_prob.item() < -2:
        raise RuntimeError("too small")
    return -(log_prob.exp() * advantage).mean()


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (not_written_yet, NOT_STARTED),
        (per_sample, "shape (1,) at ratio 0.05, A = +1, epsilon 0.05; one of shape () is drawn"),
        (
            breaks_at_small_ratios,
            "raised RuntimeError at ratio 0.05, A = +1, epsilon 0.05: too small",
        ),
        (lambda log_prob: log_prob.mean(), "raised TypeError"),
        (torch, "This is not a function"),
    ],
)
def test_what_goes_wrong_in_it_stands_in_the_pictures_place(mine, words):
    found = clip_lab(mine)
    assert isinstance(found, Trouble) and words in found.sentence
