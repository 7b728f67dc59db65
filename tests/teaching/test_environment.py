from __future__ import annotations

from importlib import metadata

import pytest

from ppo_lesson.teaching import environment
from ppo_lesson.teaching.environment import check_packages


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Stand in for what is installed: the lessons require three packages and one for tests."""
    versions = {"torch": "2.13.0+cpu", "numpy": "1.0"}
    requires = ["torch==2.13.0", "numpy==2.4.6", "gymnasium[classic-control]==1.4.0"]
    requires += ['pytest==9.2.0; extra == "test"']

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(environment.metadata, "requires", lambda name: requires)
    monkeypatch.setattr(environment.metadata, "version", version)
    return versions


def test_a_build_of_the_pinned_version_is_ok(installed: dict[str, str]) -> None:
    assert dict(check_packages())["torch"] == "ok"


def test_another_version_is_named_with_the_one_that_is_needed(installed: dict[str, str]) -> None:
    assert dict(check_packages())["numpy"] == "found 1.0, needs 2.4.6"


def test_a_package_that_is_not_there_is_missing(installed: dict[str, str]) -> None:
    assert dict(check_packages())["gymnasium"] == "missing"


def test_what_only_tests_need_is_not_asked_for(installed: dict[str, str]) -> None:
    assert [name for name, _ in check_packages()] == ["torch", "numpy", "gymnasium"]


def test_everything_that_the_lessons_pin_is_looked_at() -> None:
    required = [text for text in metadata.requires("ppo-lesson") or [] if "extra" not in text]
    assert len(check_packages()) == len(required) > 5
