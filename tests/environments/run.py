"""Quick tests and all notebooks with other versions: `python tests/environments/run.py floors`.

Every push is tested with the versions of requirements.txt. What else pyproject.toml lets in:

    floors  of each package that it names the oldest
    colab   those of Google Colab, `colab.txt`: all that the lessons would use of it
    newest  whatever is the newest today

A fresh virtual environment is made for it, by uv, and thrown away. Outputs are compared with the
stored ones as always, but for one cell of 00, which says that a package is newer than tested. What
a library says of its own future (DeprecationWarning), or IPython of a history that it leaves open,
is no failure here: it concerns us with the tested versions. On Linux `UV_TORCH_BACKEND=cpu` saves
the 3 GB of a PyTorch for graphics cards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from uv import find_uv_bin

ROOT = Path(__file__).parents[2]
COLAB = Path(__file__).with_name("colab.txt")


class Environment(NamedTuple):
    """What Python it has, and how uv chooses versions for it."""

    python: str
    choice: tuple[str, ...]


ENVIRONMENTS = {
    "floors": Environment("3.11", ("--resolution", "lowest-direct")),
    "colab": Environment("3.13", ("--override", str(COLAB))),
    "newest": Environment("3.15", ("--upgrade",)),
}

TESTS = ("-m", "pytest", "--nbval", "-n", "auto", "-q", "-p", "no:cacheprovider", "-W",
         "ignore::DeprecationWarning", "-W", "ignore::PendingDeprecationWarning",
         "-W", "ignore:unclosed database:ResourceWarning")  # fmt: skip


def install(environment: Environment, folder: Path) -> Path:
    """Make a virtual environment with the package, as it is edited, and what its tests need.

    Returns:
        Its interpreter.

    Raises:
        subprocess.CalledProcessError: there is no such Python, or the versions do not fit together.
    """
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--clear", "--python", environment.python, folder], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    package = ["--python", python, *environment.choice, "--editable", f"{ROOT}[test]"]
    subprocess.run([uv, "pip", "install", *package], check=True, cwd=folder)
    return python


def above_the_oldest(requirements: Sequence[str], installed: Mapping[str, str]) -> list[str]:
    """List what stands above its oldest version: then another package asks for more than we do.

    Args:
        requirements: as they stand in pyproject.toml, with ">=" in each that has an oldest version.
        installed: name -> version.
    """
    oldest: dict[str, Version] = {}
    for requirement in map(Requirement, requirements):
        name = canonicalize_name(requirement.name)
        for each in requirement.specifier:
            if each.operator == ">=":
                oldest[name] = max(Version(each.version), oldest.get(name, Version("0")))
    return [
        f"{name}: the oldest is {version}, but {installed[name]} is installed"
        for name, version in oldest.items()
        if Version(Version(installed[name]).public) != version
    ]


def installed_in(python: Path) -> dict[str, str]:
    """Ask uv what an environment holds, name -> version."""
    listed = [find_uv_bin(), "pip", "list", "--format", "json", "--python", python]
    answer = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    return {canonicalize_name(found["name"]): found["version"] for found in json.loads(answer)}


def asked_for() -> list[str]:
    """Read what pyproject.toml asks for, with the extras that are installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["lab"], *extras["test"]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Install an environment, run the tests in it, and return their exit code."""
    parser = argparse.ArgumentParser(description="Run tests and notebooks with other versions.")
    parser.add_argument("name", choices=ENVIRONMENTS)
    parser.add_argument("--python", help="an interpreter or a version, in place of the usual one")
    parser.add_argument("tests", nargs="*", help="files of tests (default: tests and notebooks)")
    options = parser.parse_intermixed_args(arguments)  # files after --python too
    environment = ENVIRONMENTS[options.name]
    if options.python:
        environment = environment._replace(python=options.python)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            python = install(environment, Path(folder, options.name))
        except subprocess.CalledProcessError as error:
            print(f"error: {options.name} cannot be installed, see above", file=sys.stderr)
            return error.returncode
        if options.name == "floors":
            for fault in (faults := above_the_oldest(asked_for(), installed_in(python))):
                print(f"error: {fault}", file=sys.stderr)
            if faults:
                return 2
        return subprocess.run([python, *TESTS, *options.tests], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
