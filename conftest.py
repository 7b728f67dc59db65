"""The gate around ``pytest --nbval``: what nbval lets pass fails here.

nbval runs every cell and compares texts. By itself it accepts a cell that was never run, a time-out
that the cell swallowed, and (as expected failures) cells after a time-out or a dead kernel. It
never looks at pictures, widgets or the order of outputs. Five hooks close that:

    pytest_configure            the kernel is this interpreter's; a cell has two minutes, no more
    pytest_collect_file         each notebook gets one more test, ``rules``: ``notebooks check``
    pytest_runtest_setup        the kernel works as in ``notebooks run``: empty folders, own profile
    pytest_runtest_call         after nbval's comparison: kinds, order, picture sizes, explorers
    pytest_runtest_makereport   a cell passes or fails; skipped and expected failure are failures

Pixels are not compared: training curves differ in the last digits between machines. That pictures
are there, and how large, is compared; one more or less in height or width is matplotlib's rounding.
In the table and the specification of an explorer the last written digit of a number may differ by
one, and a number that was shown with a tolerance (``show(..., within=30)``) by so much.
``tests/test_gate.py`` plants each fault.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import tempfile
from collections.abc import Generator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, NbCellError

# Pictures go to files, whatever window is asked for, be it one that matplotlib does not know.
os.environ["MPLBACKEND"] = "Agg"

CELL_SECONDS = 120
LONGEST = (  # files, by what they take; the browser's are one file, see below
    "tests/browser/",
    "notebooks/10",
    "answers/test_collection",
    "notebooks/",
    "commands/test_grade.py",
    "test_gate",
    "commands/test_learner_process",
    "tests/test_",
    "notebook/",
    "commands/",
    "explorers/",
    "answers/",
    "training/test_ppo",
    "language/",
    "lessons/",
)
CHART = "application/vnd.vegalite.v5+json"
# By nbval; beside image/png, image/jpeg and widgets, which it leaves out by itself.
NOT_COMPARED = (CHART, "image/gif", "image/webp")
WORK_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config: pytest.Config) -> None:
    """Make nbval use this interpreter, one time limit, and whole notebooks per xdist worker."""
    if sys.flags.optimize:
        reason = "this Python leaves out assert statements, so that tests would prove nothing"
        raise pytest.UsageError(f"{reason}: unset PYTHONOPTIMIZE, and call it without -O")
    if not config.option.nbval:
        return
    config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = min(config.option.nbval_cell_timeout, CELL_SECONDS)
    if getattr(config.option, "dist", "no") in ("load", "worksteal"):
        config.option.dist = "loadfile"  # the others tear the cells of a notebook apart
        config.option.loadscopereorder = False  # files with many tests first: not the longest ones
    config.stash[WORK_FOLDER] = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    config.add_cleanup(config.stash[WORK_FOLDER].cleanup)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage meanwhile: there is none, and looking for it is a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()  # what is there now stays to the end
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, so that no worker idles at the end; the rest stays as it is."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((k for k, part in enumerate(LONGEST) if part in path), len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Let ``-n auto`` be a worker more than cores: often one waits for a browser or a kernel."""
    workers = yield
    return workers + ("PYTEST_XDIST_AUTO_NUM_WORKERS" not in os.environ)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all browser tests to one worker: one JupyterLab, one Chromium; the rest runs beside."""
    from xdist.scheduler import LoadFileScheduling

    class OneBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return "browser" if "tests/browser/" in scope else scope

    return OneBrowser(config, log) if config.option.dist == "loadfile" else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Add the rules to the tests that nbval makes of a notebook."""
    if parent.config.option.nbval and file_path.suffix == ".ipynb":
        return NotebookRules.from_parent(parent, path=file_path)
    return None


class NotebookRules(pytest.File):
    """Collects one test, ``rules``, beside nbval's cells of the same file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the one test."""
        yield RulesItem.from_parent(self, name="rules")


class RulesItem(pytest.Item):
    """Passes where the stored notebook breaks no rule."""

    def runtest(self) -> None:
        """List the faults, as ``python -m ppo_lesson notebooks check`` does."""
        from ppo_lesson.commands.notebook_rules import faults

        found = [f"{fault.cell_id}: {fault.what}" for fault in faults(self.path)]
        if found:
            pytest.fail("\n".join(found), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the test in the report."""
        return self.path, None, f"{self.path.name}: rules"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Start the kernel as ``notebooks run`` does; move it to an empty folder."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    from ppo_lesson.commands.notebooks import kernel_environment

    notebook: Any = item.parent
    starts = notebook.kernel is None
    folder = item.config.stash[WORK_FOLDER].name
    with pytest.MonkeyPatch.context() as environment:
        wanted = kernel_environment(tempfile.mkdtemp(dir=folder) if starts else folder)
        for name in os.environ.keys() - wanted.keys():
            environment.delenv(name)
        for name, value in wanted.items():
            environment.setenv(name, value)
        result = yield
    if starts:
        from ppo_lesson.commands.notebook_form import TOLERANT, WITHOUT_NUMBER
        from ppo_lesson.commands.notebook_rules import EMBEDDED_PICTURE

        notebook.skip_compare += NOT_COMPARED
        # A picture in an <img> stands inside HTML, the rest of which is compared.
        notebook.sanitize_patterns[EMBEDDED_PICTURE.pattern] = "(picture)"
        # The number is compared below, and all around it, tolerance and label, by nbval.
        notebook.sanitize_patterns[TOLERANT.pattern] = WITHOUT_NUMBER
        _settle(notebook.kernel, tempfile.mkdtemp(dir=folder))
    return result


def _settle(kernel: Any, folder: str) -> None:
    """Move the kernel into the folder; from now on run cells as JupyterLab does."""
    request = kernel.execute_cell_input(f"__import__('os').chdir({folder!r})")
    kernel.await_reply(request, timeout=CELL_SECONDS)
    kernel.await_idle(request, timeout=CELL_SECONDS)

    def execute(source: str, allow_stdin: bool = False) -> str:
        # nbval keeps no history, and without one a semicolon at the end hides no value.
        return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)

    kernel.execute_cell_input = execute


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Compare what nbval does not; runs only after a cell that nbval let pass."""
    if not isinstance(item, IPyNbCell):
        return
    cell, notebook = item.cell, item.parent
    stored, fresh = outline(cell.outputs), outline(item.test_outputs or [])
    if cell.execution_count is None:
        problem = "the stored cell was not run"
    elif notebook.timed_out:
        problem = "a time limit was passed, and the cell swallowed it"
    elif not notebook.kernel.is_alive():
        problem = "the kernel died"
    elif "stream stderr" in stored + fresh:
        problem = "it writes to stderr"
    elif not outlines_agree(stored, fresh):
        problem = f"the kinds of outputs differ\nstored: {stored}\nfresh:  {fresh}"
    else:
        problem = chart_difference(charts(cell.outputs), charts(item.test_outputs or []))
        problem = problem or number_difference(cell.outputs, item.test_outputs or [])
    if not problem:
        return
    raise NbCellError(item.cell_num, f"{cell.get('id', '')}: {problem}", cell.source)


def outline(outputs: list[Any]) -> list[str]:
    """Say what kinds of outputs stand in which order: streams, mime types, sizes of pictures."""
    from ppo_lesson.commands.notebook_form import lasting, lasting_outputs, png_size

    lines: list[str] = []
    for output in lasting_outputs(outputs):
        line = output.output_type
        if line == "stream":
            line = f"stream {output.name}"
            if line in lines:  # nbval joins all pieces of a stream before it compares them
                continue
        elif "data" in output:
            kinds = dict.fromkeys(sorted(lasting(output.data)), "")
            if "image/png" in kinds:
                kinds["image/png"] = " {}x{}".format(*png_size(output.data["image/png"]))
            line = f"{line}: " + ", ".join(f"{mime}{size}" for mime, size in kinds.items())
        lines.append(line)
    return lines


def outlines_agree(stored: list[str], fresh: list[str]) -> bool:
    """Compare outlines; a picture may be a pixel larger or smaller, as matplotlib rounds it."""
    size = re.compile(r"\b\d+x\d+\b")
    one, other = "\n".join(stored), "\n".join(fresh)
    if size.sub("", one) != size.sub("", other):
        return False
    pairs = zip(size.findall(one), size.findall(other), strict=True)
    lengths = [zip(*(map(int, text.split("x")) for text in pair), strict=True) for pair in pairs]
    return all(abs(a - b) <= 1 for both in lengths for a, b in both)


def charts(outputs: list[Any]) -> list[Any]:
    """List the Vega-Lite specifications among outputs."""
    return [output["data"][CHART] for output in outputs if CHART in output.get("data", {})]


def chart_difference(stored: Any, fresh: Any, place: str = "chart") -> str:
    """Name the first place where two specifications differ by more than other CPUs make it."""
    if isinstance(stored, str) and isinstance(fresh, str) and stored[:1] == fresh[:1] == "[":
        stored, fresh = json.loads(stored), json.loads(fresh)  # a table is one string
    if isinstance(stored, dict) and isinstance(fresh, dict) and stored.keys() == fresh.keys():
        parts = [(stored[key], fresh[key], f"{place}.{key}") for key in stored]
    elif isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        parts = [(*pair, f"{place}[{k}]") for k, pair in enumerate(zip(stored, fresh, strict=True))]
    elif (is_number(stored) and is_number(fresh) and last_digits_agree(stored, fresh)) or (
        type(stored) is type(fresh) and stored == fresh
    ):
        return ""
    else:
        return f"{place} differs\nstored: {stored}\nfresh:  {fresh}"
    return next(filter(None, (chart_difference(*part) for part in parts)), "")


def number_difference(stored: list[Any], fresh: list[Any]) -> str:
    """Name the first number that differs by more than the tolerance that it was shown with."""
    pairs = zip(tolerant_numbers(stored), tolerant_numbers(fresh), strict=True)  # nbval saw to it
    for (one, within, text), (other, _, _) in pairs:
        if not abs(one - other) <= within:
            return f"a number differs by more than its tolerance\nstored: {text}\nfresh:  {other:g}"
    return ""


def tolerant_numbers(outputs: list[Any]) -> Iterator[tuple[float, float, str]]:
    """Yield each number that was shown with a tolerance, with that, and as it was shown."""
    from ppo_lesson.commands.notebook_form import TOLERANT

    for output in outputs:
        texts = [output.get("text", ""), *output.get("data", {}).values()]
        for text in filter(lambda text: isinstance(text, str), texts):
            for found in TOLERANT.finditer(text):
                yield float(found["number"]), float(found["within"]), found[0]


def is_number(value: object) -> bool:
    """Tell numbers from truth values, which Python counts among them."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def last_digits_agree(one: float, other: float) -> bool:
    """Tell whether two rounded numbers differ by one in the last digit that either has."""
    units = [Decimal(repr(number)).as_tuple().exponent for number in (one, other)]
    unit = 10.0 ** min(exponent for exponent in units if isinstance(exponent, int))
    return abs(one - other) <= max(1.01 * unit, 1e-9 * abs(one))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn every outcome of a notebook's cell but "passed" into "failed"."""
    report: Any = yield
    if isinstance(item, IPyNbCell) and (report.skipped or hasattr(report, "wasxfail")):
        reason = getattr(report, "wasxfail", None) or "skipped"
        report.outcome = "failed"
        report.longrepr = f"nbval let this cell go: {reason}\n{report.longrepr or ''}"
        report.__dict__.pop("wasxfail", None)
    return report
