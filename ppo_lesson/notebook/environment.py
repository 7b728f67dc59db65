"""Where a notebook runs: what is installed, without importing any of it; a folder to write in."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion


def check_packages(distribution: str = "ppo-lesson") -> list[tuple[str, str]]:
    """Compare what is installed with what a distribution requires; its extras are left out.

    Args:
        distribution: name of an installed distribution.

    Returns:
        Name and verdict of each requirement that applies here, in their order: "ok", "missing", or
        which version was found and which is needed.

    Raises:
        importlib.metadata.PackageNotFoundError: the distribution itself is not installed.
        packaging.requirements.InvalidRequirement: it requires something that cannot be read.
    """
    wanted = [Requirement(text) for text in metadata.requires(distribution) or []]
    return [
        (requirement.name, _verdict(requirement))
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def temporary_folder() -> Path:
    """Make an empty folder for what a cell writes; it is gone when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="ppo-lesson-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _verdict(requirement: Requirement) -> str:
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return "missing"
    # torch calls its builds 2.13.0+cpu, 2.13.0+cu130, ...: to a specifier that is no other version.
    try:
        fits = requirement.specifier.contains(found, prereleases=True)
    except InvalidVersion:
        fits = False
    if fits:
        return "ok"
    return f"found {found}, needs {str(requirement.specifier).removeprefix('==')}"
