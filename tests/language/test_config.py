"""Settings that cannot work are refused by name; tests/training/test_config.py has the others."""

from __future__ import annotations

import pytest

from ppo_lesson.language.config import RLHFConfig


@pytest.mark.parametrize("group_size", [1, 7, -2])
def test_groups_that_do_not_fit_are_refused(group_size):
    with pytest.raises(ValueError, match=r"^group_size: expected 0 or .*, got"):
        RLHFConfig(group_size=group_size)
