"""Every exercise's own functions are run once."""

from __future__ import annotations

from tests.remembered import our_own_outcomes_are_remembered  # noqa: F401 - a fixture
