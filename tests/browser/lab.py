"""A real JupyterLab: start it, find where it listens, end it and its kernels."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# Limits, not promises: where all is well nobody waits for them, however busy the machine.
STARTED_WITHIN = 180.0  # seconds; a cold, busy machine takes about ten
ANSWERED_WITHIN = 60.0  # seconds; the server ends kernels, which may be busy themselves

# A server that does not listen, is slow, or has not written down yet where it can be asked.
NO_ANSWER = (OSError, ValueError)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: where it listens, what it lets in, and the folder it shows."""

    url: str
    token: str
    folder: Path


@contextmanager
def running_lab(folder: Path, private: Path) -> Iterator[Lab]:
    """Run JupyterLab on ``folder`` until the block ends; it writes its own files to ``private``."""
    private.mkdir(parents=True)
    with (private / "log.txt").open("w") as log:
        server = subprocess.Popen(
            _lab_command(folder, private),
            env=_lab_environment(private),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _wait_until_it_answers(server, folder, private)
        finally:
            _stop(server, folder, private)


def _lab_command(folder: Path, private: Path) -> list[str]:
    settings = private / "app_settings"
    settings.mkdir()
    quiet = {"checkForUpdates": False, "fetchNews": "false"}
    overrides = {"@jupyterlab/apputils-extension:notification": quiet}
    (settings / "overrides.json").write_text(json.dumps(overrides))
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",  # the system chooses a free one; the server writes down which
        f"--IdentityProvider.token={secrets.token_hex(16)}",
        f"--LabApp.app_settings_dir={settings}",
        "--LabApp.extension_manager=readonly",  # the other one asks a package registry
        "--LabApp.expose_app_in_browser=True",  # the menus' commands, callable by their names
    ]


def _lab_environment(private: Path) -> dict[str, str]:
    """Keep the user's own Jupyter settings out, and the lab's files in ``private``."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return os.environ | {name: str(private / folder) for name, folder in folders.items()}


def _wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path, private: Path) -> Lab:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(*NO_ANSWER):
            lab = _find(folder, private)
            _ask(lab, "GET", "/api/status")
            return lab
        time.sleep(0.1)
    log = (private / "log.txt").read_text()
    raise RuntimeError(f"JupyterLab did not start; it said:\n{log}")


def _find(folder: Path, private: Path) -> Lab:
    """Read where the server listens; a ValueError says that it has not written that down yet."""
    (path,) = (private / "runtime").glob("jpserver-*.json")
    server = json.loads(path.read_text(encoding="utf-8"))
    return Lab(server["url"].rstrip("/"), server["token"], folder)


def _ask(lab: Lab, method: str, path: str) -> bytes:
    headers = {"Authorization": f"token {lab.token}"}
    request = urllib.request.Request(lab.url + path, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=ANSWERED_WITHIN) as answer:
        return answer.read()


def end_kernels(lab: Lab, but: str | None = None) -> None:
    """End every kernel of the lab except the one with the id ``but``."""
    for kernel in json.loads(_ask(lab, "GET", "/api/kernels")):
        if kernel["id"] != but:
            _ask(lab, "DELETE", f"/api/kernels/{kernel['id']}")


def _stop(server: subprocess.Popen[bytes], folder: Path, private: Path) -> None:
    """Ask the server to end itself and its kernels; end it by force if it does not."""
    with suppress(*NO_ANSWER):
        _ask(_find(folder, private), "POST", "/api/shutdown")
    try:
        server.wait(timeout=ANSWERED_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
