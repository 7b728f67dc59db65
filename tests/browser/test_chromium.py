"""The browser is found, or installed, in the right order; nothing is installed here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.browser.chromium import find_or_install_chromium

APT = ["sh", "-c", "apt-get update && apt-get install -y chromium"]
PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "chromium"]


class Machine:
    """A pretended machine: the programs it has, and what each command that succeeds adds."""

    def __init__(self, *programs: str, adds: dict[str, str] | None = None, stubs: str = "") -> None:
        self.programs = set(programs)
        self.adds = adds or {}
        self.stubs = stubs
        self.commands: list[list[str]] = []

    def which(self, name: str) -> str | None:
        return f"/bin/{name}" if name in self.programs else None

    def run(self, command: list[str]) -> bool:
        if command[-1] == "--version":
            return command[0] != f"/bin/{self.stubs}"
        self.commands.append(command)
        added = [program for part, program in self.adds.items() if part in " ".join(command)]
        self.programs.update(added)
        return bool(added)


def find(machine: Machine, *, root: bool, own: Path | None = None) -> str | None:
    own = own or Path("no such file")
    return find_or_install_chromium(own, which=machine.which, run=machine.run, root=root)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_taken_and_nothing_is_installed(name: str) -> None:
    machine = Machine(name, "apt-get")
    assert find(machine, root=True) == f"/bin/{name}"
    assert machine.commands == []


def test_playwrights_own_browser_is_taken(tmp_path: Path) -> None:
    own = tmp_path / "chrome"
    own.touch()
    machine = Machine("apt-get")
    assert find(machine, root=True, own=own) == str(own)
    assert machine.commands == []


def test_a_program_that_does_not_start_is_passed_over() -> None:
    machine = Machine("chromium-browser", "google-chrome", stubs="chromium-browser")
    assert find(machine, root=True) == "/bin/google-chrome"


def test_root_installs_the_systems_package() -> None:
    machine = Machine("apt-get", adds={"apt-get install": "chromium"})
    assert find(machine, root=True) == "/bin/chromium"
    assert machine.commands == [APT]


def test_sudo_installs_the_systems_package_if_it_asks_nothing() -> None:
    adds = {"sudo -n true": "sudo", "apt-get install": "chromium"}
    machine = Machine("apt-get", "sudo", adds=adds)
    assert find(machine, root=False) == "/bin/chromium"
    assert machine.commands == [["sudo", "-n", "true"], ["sudo", "-n", *APT]]


@pytest.mark.parametrize("programs", [(), ("apt-get",), ("apt-get", "sudo")])
def test_without_rights_playwright_installs_its_own(
    programs: tuple[str, ...], tmp_path: Path
) -> None:
    machine = Machine(*programs)
    own = tmp_path / "chrome"

    def run(command: list[str]) -> bool:
        if command == PLAYWRIGHT:
            own.touch()
        return command == PLAYWRIGHT or command[-1] == "--version"

    found = find_or_install_chromium(own, which=machine.which, run=run, root=False)
    assert found == str(own)


def test_playwright_is_tried_when_the_systems_package_fails() -> None:
    machine = Machine("apt-get")
    assert find(machine, root=True) is None
    assert machine.commands == [APT, PLAYWRIGHT]
