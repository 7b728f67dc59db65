"""Where a notebook runs: what is installed, without importing any of it; a folder to write in.

`pyproject.toml` says which versions do, `requirements.txt` which ones every change is tested with.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ppo_lesson.files import beside

OK, NEWER = "ok", "newer than tested"
TOO_OLD, TOO_NEW, MISSING = "too old", "too new", "missing"


@dataclass(frozen=True)
class Package:
    """One that the lessons need, and what is to be said of it.

    Attributes:
        name: of the distribution.
        verdict: "ok", "newer than tested", "too old", "too new" or "missing".
        versions: the one that is installed and the one it is compared with; "" where it is ok.
    """

    name: str
    verdict: str
    versions: str = ""

    @property
    def works(self) -> bool:
        """Tell whether the lessons can be expected to run: a newer one may well do."""
        return self.verdict in (OK, NEWER)

    def __str__(self) -> str:
        """Write the verdict, with versions where there is something to do or to know."""
        return f"{self.verdict} ({self.versions})" if self.versions else self.verdict


def check_packages(distribution: str = "ppo-lesson") -> list[Package]:
    """Compare what is installed with what a distribution requires; its extras are left out.

    Args:
        distribution: name of an installed distribution.

    Returns:
        Each requirement that applies here, with its verdict, in their order.

    Raises:
        importlib.metadata.PackageNotFoundError: the distribution itself is not installed.
        packaging.requirements.InvalidRequirement: it requires something that cannot be read.
    """
    wanted = [Requirement(text) for text in metadata.requires(distribution) or []]
    tested = pinned_versions()
    return [
        _compare(requirement, tested)
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def temporary_folder() -> Path:
    """Make an empty folder for what a cell writes; it is gone when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="ppo-lesson-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def pinned_versions() -> dict[str, Version]:
    """Read the versions that every change is tested with, name -> version, as they apply here.

    Raises:
        FileNotFoundError: neither the package nor a checkout around it holds them.
    """
    tested = {}
    for line in beside("requirements.txt").read_text(encoding="utf-8").splitlines():
        if text := line.partition("#")[0].strip():
            pin = Requirement(text)
            if pin.marker is None or pin.marker.evaluate():
                version = Version(str(pin.specifier).removeprefix("=="))
                tested[canonicalize_name(pin.name)] = version
    return tested


def _compare(requirement: Requirement, tested: Mapping[str, Version]) -> Package:
    name, needed = requirement.name, requirement.specifier
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Package(name, MISSING)
    best = tested.get(canonicalize_name(name))
    try:
        # No newer ones are builds (2.13.0+cpu, 2.13.0+cu130) and repaired packages (1.9.0.post1).
        fits = needed.contains(found, prereleases=True)
        newer = best is not None and Version(found).release > best.release
    except InvalidVersion:
        fits = newer = False
    if not fits:
        verdict = TOO_NEW if newer else TOO_OLD
        return Package(name, verdict, f"found {found}, needs {needed}")
    if newer:
        return Package(name, NEWER, f"found {found}, tested with {best}")
    return Package(name, OK)
