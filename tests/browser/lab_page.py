"""Drives a page of a real JupyterLab: open a notebook, run it, look at it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, TimeoutError as PlaywrightTimeout

from tests.browser.lab import Lab, end_kernels

# Limits, not promises: where all is well nobody waits for them, however busy the machine.
SHOWN_WITHIN = 60_000  # milliseconds; a page is usually ready in five seconds
RUN_WITHIN = 180_000  # milliseconds; the slowest notebook may take a minute

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

# Opens a notebook as a double click in the list of files does, with a kernel that runs already or,
# without an id, with a new one; returns the kernel's id.
OPEN = """async ([path, id]) => {
    const {commands, shell} = window.jupyterapp;
    await commands.execute("docmanager:open", {path, kernel: id ? {id} : undefined});
    const context = shell.currentWidget.sessionContext;
    await context.ready;
    return context.session.kernel.id;
}"""

# Closes what is open, and asks nobody whether to save it.
CLOSE_ALL = """() => {
    for (const widget of [...window.jupyterapp.shell.widgets("main")]) {
        if (widget.context) widget.context.model.dirty = false;
        widget.close();
    }
}"""

# Shows page ``number``, with a strip of the page before; tells whether more stands below.
SCROLL_TO_PAGE = """async number => {
    const box = document.querySelector(".jp-NotebookPanel .jp-WindowedPanel-outer");
    box.scrollTop = number * (box.clientHeight - 60);
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const last = [...box.querySelectorAll(".jp-Cell")].at(-1);
    return last.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom + 1;
}"""

RUN_ALL = """command => {
    window.allCellsAreRun = false;
    window.jupyterapp.commands.execute(command).then(() => { window.allCellsAreRun = true; });
}"""

# Of the model: a cell that JupyterLab has not drawn yet shows neither code nor number.
UNRUN_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(
    ({model}, index) => {
        const code = model.type === "code" && model.sharedModel.getSource().trim();
        return code && model.executionCount === null ? [index] : [];
    })"""

IS_SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"


class LabPage:
    """One window on the lab, with one notebook at a time.

    JupyterLab is loaded once, and a kernel that has run nothing serves the next notebook too.
    ``errors`` fills with what the browser's console complains about.
    """

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.errors: list[str] = []
        self._loaded = False
        self._new_kernel: str | None = None  # the id of one that has run nothing yet
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
        self.load()
        cells = json.loads((self.lab.folder / name).read_text(encoding="utf-8"))["cells"]
        self._new_kernel = self.page.evaluate(OPEN, [name, self._new_kernel])
        self.page.wait_for_function(
            "count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count",
            arg=len(cells),
        )
        self.wait_for_kernel()
        self.show_every_cell(faults)

    def load(self) -> None:
        """Load JupyterLab unless it is there; close what is open, and end the kernels that ran."""
        if self._loaded:
            self.page.evaluate(CLOSE_ALL)
            self.page.wait_for_function("() => !document.querySelector('.jp-NotebookPanel')")
        else:
            self.page.goto(f"{self.lab.url}/lab?reset&token={self.lab.token}")
            self.page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
            self._loaded = True
        end_kernels(self.lab, but=self._new_kernel)
        self.errors.clear()

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
        self._new_kernel = None
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

    def save(self) -> None:
        """Save the notebook, and wait until nothing of it is unsaved."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function(IS_SAVED)
        assert not self.page.locator(".jp-Dialog").count()  # as of a file that has changed

    def leave(self) -> None:
        """Leave JupyterLab and end all kernels: what is opened next, is opened the next morning."""
        self.page.goto("about:blank")
        end_kernels(self.lab)
        self._loaded, self._new_kernel = False, None

    def close(self) -> None:
        """Close the window and end the kernels that it started."""
        self.page.close()
        end_kernels(self.lab)
