from __future__ import annotations

from typing import Any

import pytest

from ppo_lesson import maths
from ppo_lesson.museum.fault import Fault
from ppo_lesson.training.session import Parts

TEXTS = dict.fromkeys(("id", "title", "change"), "a")


def a_fault(**changes: Any) -> Fault:
    given = {"part": "gae", "wrong": max, "test": bool, **TEXTS, **changes}
    return Fault(**given)


def test_a_fault_knows_what_stands_in_its_place_in_right_code() -> None:
    fault = a_fault()
    assert fault.right is maths.gae
    assert fault.parts == Parts(gae=max)


@pytest.mark.parametrize("part", ["seed", "config", "optimiser"])
def test_a_part_that_training_has_not_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match=f"^part: expected one of .*'gae', .* got '{part}'"):
        a_fault(part=part)
