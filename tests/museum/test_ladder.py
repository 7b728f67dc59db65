from __future__ import annotations

import pytest

from ppo_lesson.museum.ladder import climb
from ppo_lesson.museum.record import FAULTS


def test_right_code_learns_a_probe_and_a_fault_does_not() -> None:
    right = climb("EndlessProbe")
    assert right.passed and right.known == pytest.approx([5.0])
    assert right.learned == pytest.approx([5.0], abs=0.2)
    wrong = climb("EndlessProbe", FAULTS["truncation-as-termination"].parts)
    assert not wrong.passed and wrong.learned[0] < 3


def test_a_right_value_with_a_wrong_action_does_not_pass() -> None:
    # Every ratio meets every advantage: the policy stays a coin.
    assert not climb("ActionProbe", FAULTS["all-with-all"].parts).passed


def test_a_probe_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"probe_name: expected one of .*, got 'Pole'"):
        climb("Pole")
