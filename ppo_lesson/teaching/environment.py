"""Is everything installed that the lessons need? Read without importing any of it."""

from __future__ import annotations

import re
from importlib import metadata

PIN = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?==(?P<version>[\w.]+)")


def check_packages(distribution: str = "ppo-lesson") -> list[tuple[str, str]]:
    """Compare what is installed with what a distribution pins; its extras are left out.

    Args:
        distribution: name of an installed distribution whose requirements have the form name==1.2.

    Returns:
        Name and verdict of each requirement, in their order: "ok", "missing", or which version
        was found and which is needed.
    """
    pins = [PIN.fullmatch(text.strip()) for text in metadata.requires(distribution) or []]
    return [(pin["name"], _verdict(pin["name"], pin["version"])) for pin in pins if pin]


def _verdict(name: str, needed: str) -> str:
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
    # torch calls its builds 2.13.0+cpu, 2.13.0+cu130, ...: the part behind the plus is no version.
    if found.partition("+")[0] == needed:
        return "ok"
    return f"found {found}, needs {needed}"
