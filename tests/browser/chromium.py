"""Finds the browser of the browser tests, and installs one where a machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def is_root() -> bool:
    """Tell whether this process may install system packages without asking anybody."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def succeeds(command: list[str]) -> bool:
    """Run a command, print what it prints, and tell whether it ended well."""
    print("+", *command, flush=True)
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


def find_or_install_chromium(
    playwrights_own: Path,
    *,
    which: Callable[[str], str | None] = shutil.which,
    run: Callable[[list[str]], bool] = succeeds,
    root: bool | None = None,
) -> str | None:
    """Return the path of a Chromium that starts, installing one if there is none, else None.

    Args:
        playwrights_own: where Playwright keeps the Chromium that it installs itself.
        which: looks up a program by name.
        run: runs a command and tells whether it succeeded.
        root: whether we are root; asked of the system if not given.
    """
    root = is_root() if root is None else root

    def find() -> str | None:
        found = [path for name in NAMES if (path := which(name))]
        if playwrights_own.exists():
            found.append(str(playwrights_own))
        # Asking for the version weeds out Ubuntu's chromium-browser, a shell that says "use snap".
        return next((path for path in found if run([path, "--version"])), None)

    if path := find():
        return path
    for install in _ways_to_install(which, run, root=root):
        if run(install) and (path := find()):
            return path
    return None


def _ways_to_install(
    which: Callable[[str], str | None], run: Callable[[list[str]], bool], *, root: bool
) -> list[list[str]]:
    """List the commands to try, one after the other: the system's package, then Playwright's."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    sudo = [] if root else ["sudo", "-n"]
    if which("apt-get") and (root or (which("sudo") and run([*sudo, "true"]))):
        script = "apt-get update && apt-get install -y chromium"
        ways.insert(0, [*sudo, "sh", "-c", script])
    return ways
