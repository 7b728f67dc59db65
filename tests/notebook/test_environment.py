from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import InvalidRequirement

from ppo_lesson.notebook import environment
from ppo_lesson.notebook.environment import check_packages, temporary_folder


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


RANGES = {
    "numpy>=0.9,<2": "ok",
    "numpy>=1.24": "found 1.0, needs >=1.24",
    "numpy!=1.0": "found 1.0, needs !=1.0",
    "numpy~=1.0": "ok",
    "numpy": "ok",
    "numpy[extra]==1.*": "ok",
    "numpy===1.0": "ok",
    "numpy @ file:///somewhere/numpy.whl": "ok",
    "numpy>=2; python_version >= '3'": "found 1.0, needs >=2",
    "nothing-of-this-name>1": "missing",
}


@pytest.mark.parametrize(("requirement", "verdict"), RANGES.items())
def test_whatever_form_a_requirement_has_it_gets_a_verdict(
    requirement: str, verdict: str, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.metadata, "requires", lambda name: [requirement])
    assert [found for _, found in check_packages()] == [verdict]


def test_what_another_python_needs_is_not_asked_for(
    installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ["tomli==2; python_version < '3.11'"]
    monkeypatch.setattr(environment.metadata, "requires", lambda name: other)
    assert check_packages() == []


def test_a_requirement_that_cannot_be_read_is_not_passed_over(
    installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.metadata, "requires", lambda name: ["numpy = 2"])
    with pytest.raises(InvalidRequirement):
        check_packages()


@pytest.mark.parametrize("found", ["2.0.0rc1", "unknown"])
def test_a_version_between_two_or_none_at_all_is_compared_too(
    found: str, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed["numpy"] = found
    monkeypatch.setattr(environment.metadata, "requires", lambda name: ["numpy>=1", "numpy==2.4.6"])
    first, second = (verdict for _, verdict in check_packages())
    assert first == ("ok" if found == "2.0.0rc1" else "found unknown, needs >=1")
    assert second == f"found {found}, needs 2.4.6"


def test_everything_that_the_lessons_pin_is_looked_at() -> None:
    required = [text for text in metadata.requires("ppo-lesson") or [] if "extra" not in text]
    assert len(check_packages()) == len(required) > 5


def test_a_temporary_folder_lasts_as_long_as_python() -> None:
    one, other = temporary_folder(), temporary_folder()
    assert one != other and one.is_dir() and list(one.iterdir()) == []
    code = "from ppo_lesson.notebook.environment import temporary_folder as made; f = made()\n"
    code += "(f / 'kept').write_text('x'); print(f)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not Path(found.stdout.strip()).exists()
