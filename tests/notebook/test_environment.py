from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import InvalidRequirement
from packaging.version import Version

from ppo_lesson import files
from ppo_lesson.notebook import environment
from ppo_lesson.notebook.environment import (
    Package,
    check_packages,
    pinned_versions,
    temporary_folder,
)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Stand in for what is installed: the lessons require three packages and one for tests."""
    versions = {"torch": "2.13.0+cpu", "numpy": "1.0"}
    tested = {"torch": "2.13.0", "numpy": "2.4.6", "gymnasium": "1.4.0"}
    requires = ["torch>=2.6", "numpy>=2.0", "gymnasium[classic-control]>=1.1"]
    requires += ['pytest==9.2.0; extra == "test"']

    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(environment.metadata, "requires", lambda name: requires)
    monkeypatch.setattr(environment.metadata, "version", version)
    read = {name: Version(text) for name, text in tested.items()}
    monkeypatch.setattr(environment, "pinned_versions", lambda: read)
    return versions


def verdict(name: str) -> Package:
    (found,) = [package for package in check_packages() if package.name == name]
    return found


@pytest.mark.parametrize("found", ["2.13.0", "2.13.0+cpu", "2.13.0+cu130", "2.13.0.post1", "2.6.0"])
def test_any_build_of_the_tested_version_or_of_one_that_does_is_ok(
    found: str, installed: dict[str, str]
) -> None:
    installed["torch"] = found
    assert str(verdict("torch")) == "ok" and verdict("torch").works


@pytest.mark.parametrize("found", ["2.13.1", "2.14.0+cu130", "3.0"])
def test_a_newer_version_is_named_with_the_tested_one_and_may_work(
    found: str, installed: dict[str, str]
) -> None:
    installed["torch"] = found
    assert str(verdict("torch")) == f"newer than tested (found {found}, tested with 2.13.0)"
    assert verdict("torch").works


def test_an_older_version_is_named_with_what_is_needed_and_does_not_work(
    installed: dict[str, str],
) -> None:
    assert str(verdict("numpy")) == "too old (found 1.0, needs >=2.0)"
    assert not verdict("numpy").works


def test_one_beyond_the_range_is_too_new(
    installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.metadata, "requires", lambda name: ["numpy>=2,<3"])
    installed["numpy"] = "3.0"
    assert str(verdict("numpy")) == "too new (found 3.0, needs <3,>=2)"
    assert not verdict("numpy").works


def test_a_package_that_is_not_there_is_missing(installed: dict[str, str]) -> None:
    assert verdict("gymnasium") == Package("gymnasium", "missing")
    assert not verdict("gymnasium").works


def test_what_only_tests_need_is_not_asked_for(installed: dict[str, str]) -> None:
    assert [package.name for package in check_packages()] == ["torch", "numpy", "gymnasium"]


RANGES = {
    "numpy>=0.9,<2": "ok",
    "numpy>=1.24": "too old (found 1.0, needs >=1.24)",
    "numpy!=1.0": "too old (found 1.0, needs !=1.0)",
    "numpy~=1.0": "ok",
    "numpy": "ok",
    "numpy[extra]==1.*": "ok",
    "numpy===1.0": "ok",
    "numpy @ file:///somewhere/numpy.whl": "ok",
    "numpy>=2; python_version >= '3'": "too old (found 1.0, needs >=2)",
    "nothing-of-this-name>1": "missing",
}


@pytest.mark.parametrize(("requirement", "verdict"), RANGES.items())
def test_whatever_form_a_requirement_has_it_gets_a_verdict(
    requirement: str, verdict: str, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.metadata, "requires", lambda name: [requirement])
    assert [str(found) for found in check_packages()] == [verdict]


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


def test_a_version_that_cannot_be_read_does_not_pass(installed: dict[str, str]) -> None:
    installed["numpy"] = "unknown"
    assert str(verdict("numpy")) == "too old (found unknown, needs >=2.0)"


def test_everything_that_the_lessons_need_is_looked_at_and_was_tested() -> None:
    required = [text for text in metadata.requires("ppo-lesson") or [] if "extra" not in text]
    assert len(check_packages()) == len(required) > 5
    assert {package.name for package in check_packages()} <= pinned_versions().keys()


def test_an_installed_package_reads_the_pinned_versions_that_it_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# Tested.\n\nnumpy==2.4.6  # arrays\nOld_Name==1.0; python_version < '3'\nA.b==1.0\n"
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr(files, "PACKAGE", tmp_path)
    assert pinned_versions() == {"numpy": Version("2.4.6"), "a-b": Version("1.0")}


def test_a_checkout_reads_those_beside_the_package() -> None:
    assert not (files.PACKAGE / "requirements.txt").exists()
    assert pinned_versions()["matplotlib"] > Version("3")


def test_a_temporary_folder_lasts_as_long_as_python() -> None:
    one, other = temporary_folder(), temporary_folder()
    assert one != other and one.is_dir() and list(one.iterdir()) == []
    code = "from ppo_lesson.notebook.environment import temporary_folder as made; f = made()\n"
    code += "(f / 'kept').write_text('x'); print(f)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not Path(found.stdout.strip()).exists()
