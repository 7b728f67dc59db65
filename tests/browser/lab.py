"""Drives a real JupyterLab in a real browser: start it, open a notebook, run it, look at it."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, TimeoutError

STARTED_WITHIN = 60.0  # seconds; a cold, busy machine takes about ten
SHOWN_WITHIN = 60_000  # milliseconds; a page is usually ready in five seconds
DRAWN_WITHIN = 10_000  # milliseconds; formulas wait until MathJax has been loaded
RUN_WITHIN = 120_000  # milliseconds; the slowest notebook may take a minute

# Patterns of messages on the browser's console that say nothing about our notebooks. Each one that
# joins them needs its reason beside it.
HARMLESS_MESSAGES: tuple[str, ...] = (
    # On a busy machine a kernel is restarted before it has told JupyterLab of its breakpoints.
    "Could not restore the debugger state: Canceled future",
)

FIND_FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")

KERNEL_IS_IDLE = '.jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status="idle"]'

# Shows page ``number``, with a strip of the page before; tells whether more stands below.
SCROLL_TO_PAGE = """async number => {
    const box = document.querySelector(".jp-NotebookPanel .jp-WindowedPanel-outer");
    box.scrollTop = number * (box.clientHeight - 60);
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    const last = [...box.querySelectorAll(".jp-Cell")].at(-1);
    return last.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom + 1;
}"""

RESTART_AND_RUN_ALL = """() => {
    window.allCellsAreRun = false;
    window.jupyterapp.commands.execute("notebook:restart-run-all")
        .then(() => { window.allCellsAreRun = true; });
}"""

UNRUN_CELLS = """() => [...document.querySelectorAll(".jp-Notebook .jp-Cell")].flatMap(
    (cell, index) => {
        const code = cell.matches(".jp-CodeCell") && cell.querySelector(".cm-content");
        const number = cell.querySelector(".jp-InputPrompt")?.innerText.match("[0-9]+");
        return code && code.innerText.trim() && !number ? [index] : [];
    })"""


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
    log_path = private / "log.txt"
    lab = Lab(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16), folder)
    with log_path.open("w") as log:
        server = subprocess.Popen(
            _lab_command(lab, private),
            env=_lab_environment(private),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_it_answers(lab, server, log_path)
            yield lab
        finally:
            _stop(lab, server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _lab_command(lab: Lab, private: Path) -> list[str]:
    settings = private / "app_settings"
    settings.mkdir()
    quiet = {"checkForUpdates": False, "fetchNews": "false"}
    overrides = {"@jupyterlab/apputils-extension:notification": quiet}
    (settings / "overrides.json").write_text(json.dumps(overrides))
    port = lab.url.rpartition(":")[2]
    return [
        *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
        f"--ServerApp.root_dir={lab.folder}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={lab.token}",
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


def _wait_until_it_answers(lab: Lab, server: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            _ask(lab, "GET", "/api/status")
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start; it said:\n{log_path.read_text()}")


def _ask(lab: Lab, method: str, path: str) -> bytes:
    headers = {"Authorization": f"token {lab.token}"}
    request = urllib.request.Request(lab.url + path, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def _stop(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    """Ask the server to end itself and its kernels; end it by force if it does not."""
    with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
        _ask(lab, "POST", "/api/shutdown")
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


class LabPage:
    """One window on the lab. ``errors`` fills with what the browser's console complained about."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.errors: list[str] = []
        page.set_default_timeout(SHOWN_WITHIN)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        harmless = any(re.search(pattern, message.text) for pattern in HARMLESS_MESSAGES)
        if message.type == "error" and not harmless:
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def open_notebook(self, name: str) -> None:
        """Open a notebook of the lab's folder and wait until all of it is drawn."""
        cells = json.loads((self.lab.folder / name).read_text(encoding="utf-8"))["cells"]
        self.page.goto(f"{self.lab.url}/lab/tree/{name}?reset&token={self.lab.token}")
        self.page.wait_for_function(
            "count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count",
            arg=len(cells),
        )
        self.page.locator(KERNEL_IS_IDLE).wait_for()
        self.show_every_cell()

    def show_every_cell(self) -> None:
        """Scroll through the notebook, as a reader would: some things are drawn when first seen."""
        for _ in self.scroll():
            pass
        # What is not drawn yet is a fault for that long; what stays one is for find_faults to name.
        with suppress(TimeoutError):
            self.page.wait_for_function(f"({FIND_FAULTS})().length === 0", timeout=DRAWN_WITHIN)
        self.page.evaluate("() => document.fonts.ready.then(() => null)")

    def scroll(self) -> Iterator[int]:
        """Show the notebook from top to bottom, a window's height at a time; yield page numbers."""
        number, more = 0, True
        while more:
            more = self.page.evaluate(SCROLL_TO_PAGE, number)
            yield (number := number + 1)

    def take_screenshots(self, folder: Path, name: str) -> list[Path]:
        """Write the whole notebook as pictures ``name-01.png``, ``name-02.png``, ..., in order."""
        paths = []
        for number in self.scroll():
            paths.append(folder / f"{name}-{number:02}.png")
            self.page.screenshot(path=paths[-1])
        return paths

    def find_faults(self) -> list[str]:
        """List what a reader would see wrong: formulas, diagrams, images, too wide, console."""
        return self.page.evaluate(FIND_FAULTS) + [f"console: {error}" for error in self.errors]

    def run_all(self) -> None:
        """Restart the kernel, run all cells, and wait until the last one is done."""
        self.page.evaluate(RESTART_AND_RUN_ALL)
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_function("() => window.allCellsAreRun", timeout=RUN_WITHIN)
        self.page.locator(KERNEL_IS_IDLE).wait_for()
        self.show_every_cell()

    def unrun_cells(self) -> list[int]:
        """List the code cells, counted from 0, that have code but no number in their brackets."""
        return self.page.evaluate(UNRUN_CELLS)

    def error_outputs(self) -> list[str]:
        """Return the text of every traceback and every line of stderr that cells have printed."""
        kinds = ("error", "stderr")
        selectors = [f'[data-mime-type="application/vnd.jupyter.{kind}"]' for kind in kinds]
        return self.page.locator(", ".join(selectors)).all_inner_texts()

    def close(self) -> None:
        """Close the window and end the kernels that it started."""
        self.page.close()
        for kernel in json.loads(_ask(self.lab, "GET", "/api/kernels")):
            _ask(self.lab, "DELETE", f"/api/kernels/{kernel['id']}")
