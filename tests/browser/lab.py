"""Drives a real JupyterLab in a real browser: start it, open a notebook, run it, look at it."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, TimeoutError as PlaywrightTimeout

# Limits, not promises: where all is well nobody waits for them, however busy the machine.
STARTED_WITHIN = 180.0  # seconds; a cold, busy machine takes about ten
ANSWERED_WITHIN = 60.0  # seconds; the server ends kernels, which may be busy themselves
SHOWN_WITHIN = 60_000  # milliseconds; a page is usually ready in five seconds
RUN_WITHIN = 180_000  # milliseconds; the slowest notebook may take a minute

# A server that does not listen, is slow, or has not written down yet where it can be asked.
NO_ANSWER = (OSError, ValueError)

# Patterns of messages on the browser's console that say nothing about our notebooks. Each one that
# joins them needs its reason beside it.
HARMLESS_MESSAGES: tuple[str, ...] = (
    # On a busy machine a kernel is restarted before it has told JupyterLab of its breakpoints.
    "Could not restore the debugger state: Canceled future",
)

FIND_FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")

# Tells whether there are as many faults as parts of sentences, each of which is in one of them.
ONLY_THESE_FAULTS = f"""parts => {{
    const faults = ({FIND_FAULTS})();
    return faults.length === parts.length
        && parts.every(part => faults.some(fault => fault.includes(part)));
}}"""

KERNEL_IS_IDLE = '.jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status="idle"]'

# A page says "idle" before it has a kernel at all, and what is run or restarted then is lost.
KERNEL_ANSWERS = """async () => {
    const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
    if (!context) return false;
    await context.ready;
    const kernel = context.session?.kernel;
    if (!kernel) return false;
    await kernel.info;
    return kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""

# Shows page ``number``, with a strip of the page before; tells whether more stands below.
SCROLL_TO_PAGE = """async number => {
    const box = document.querySelector(".jp-NotebookPanel .jp-WindowedPanel-outer");
    box.scrollTop = number * (box.clientHeight - 60);
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    const last = [...box.querySelectorAll(".jp-Cell")].at(-1);
    return last.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom + 1;
}"""

RUN_ALL = """command => {
    window.allCellsAreRun = false;
    window.jupyterapp.commands.execute(command).then(() => { window.allCellsAreRun = true; });
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


def _stop(server: subprocess.Popen[bytes], folder: Path, private: Path) -> None:
    """Ask the server to end itself and its kernels; end it by force if it does not."""
    with suppress(*NO_ANSWER):
        _ask(_find(folder, private), "POST", "/api/shutdown")
    try:
        server.wait(timeout=ANSWERED_WITHIN)
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

    def open_notebook(self, name: str, faults: Sequence[str] = ()) -> None:
        """Open a notebook of the lab's folder; wait until all of it is drawn and a kernel answers.

        Args:
            name: of the file.
            faults: parts of the sentences about what was planted and is to stay wrong.
        """
        cells = json.loads((self.lab.folder / name).read_text(encoding="utf-8"))["cells"]
        self.page.goto(f"{self.lab.url}/lab/tree/{name}?reset&token={self.lab.token}")
        self.page.wait_for_function(
            "count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count",
            arg=len(cells),
        )
        self.wait_for_kernel()
        self.show_every_cell(faults)

    def wait_for_kernel(self) -> None:
        """Wait until the notebook's kernel is connected and has nothing to do."""
        self.page.wait_for_function(KERNEL_ANSWERS)
        self.page.locator(KERNEL_IS_IDLE).wait_for()

    def show_every_cell(self, faults: Sequence[str] = ()) -> None:
        """Scroll through the notebook, as a reader would: some things are drawn when first seen."""
        for _ in self.scroll():
            pass
        # What is not drawn yet is a fault for that long; what stays one is for find_faults to name.
        with suppress(PlaywrightTimeout):
            self.page.wait_for_function(ONLY_THESE_FAULTS, arg=list(faults))
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

    def run_all(self, *, restart: bool = False) -> None:
        """Run all cells, in a new kernel if asked, and wait until the last one is done."""
        self.start_all(restart=restart)
        self.page.wait_for_function("() => window.allCellsAreRun", timeout=RUN_WITHIN)
        self.wait_for_kernel()
        self.show_every_cell()

    def start_all(self, *, restart: bool = False) -> None:
        """Begin to run all cells, in a new kernel if asked."""
        command = "notebook:restart-run-all" if restart else "notebook:run-all-cells"
        self.page.evaluate(RUN_ALL, command)
        if restart:
            self.page.locator(".jp-Dialog button.jp-mod-accept").click()

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
