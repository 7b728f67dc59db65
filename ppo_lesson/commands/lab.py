"""Start JupyterLab on a folder, and wait for its end."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


def start(folder: Path, first: str | None = None) -> int:
    """Start the JupyterLab of this interpreter and return its exit code.

    Args:
        folder: where it works.
        first: a notebook in it that is opened; none means what was open last.

    Raises:
        FileNotFoundError: it is not installed.
    """
    if not is_installed():
        raise FileNotFoundError(
            f"JupyterLab is not installed here; the notebooks are in {folder.resolve()}: open them "
            f"with what you have, or install it: {sys.executable} -m pip install 'ppo-lesson[lab]'"
        )
    command = [sys.executable, "-m", "jupyterlab", *([first] if first else [])]
    with subprocess.Popen(command, cwd=folder) as server:
        while server.poll() is None:
            with suppress(KeyboardInterrupt):  # goes to JupyterLab too, which asks whether to end
                server.wait()
    return server.returncode


def is_installed() -> bool:
    """Tell whether this interpreter finds JupyterLab."""
    return importlib.util.find_spec("jupyterlab") is not None
