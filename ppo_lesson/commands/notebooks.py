"""``python -m ppo_lesson notebooks``: fill in the outputs of notebooks, or list their faults."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, notebook_rules

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
CELL_SECONDS = 120


class CellFailedError(Exception):
    """A cell raised, took too long, or killed its kernel; the message starts with the cell's id."""


def find(names: Sequence[str], folder: Path = FOLDER) -> list[Path]:
    """Find notebooks by number, name or path; no names mean all in the folder.

    Raises:
        LookupError: A name fits no notebook; the message says which ones exist.
    """
    shipped = sorted(folder.glob("*.ipynb"))
    if not names:
        return shipped
    return [_find_one(name, shipped) for name in names]


def _find_one(name: str, shipped: Sequence[Path]) -> Path:
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    for path in shipped:
        if name in (path.stem, path.name, path.stem.split("_")[0]):
            return path
    exist = ", ".join(path.stem for path in shipped) or "none"
    raise LookupError(f"no notebook is called {name!r}; these exist: {exist}.")


def execute(notebook: NotebookNode, cell_seconds: float = CELL_SECONDS) -> None:
    """Run the notebook in place, in a fresh kernel of this interpreter and an empty folder.

    Raises:
        CellFailedError: A cell raised, took longer than ``cell_seconds``, or killed its kernel.
    """
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=cell_seconds,
        record_timing=False,
        store_widget_state=False,
    )
    # No folder of kernels is searched: one called python3 may belong to another interpreter.
    client.create_kernel_manager().kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The kernel process's own stderr holds remarks on its start; a cell's goes to its outputs.
        quiet = {"stderr": subprocess.DEVNULL}
        work = Path(folder, "work")
        work.mkdir()
        with client.setup_kernel(cwd=str(work), env=kernel_environment(folder), **quiet):
            for index, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    raise CellFailedError(f"{cell.id}: {error.ename}: {error.evalue}") from error
                except CellTimeoutError as error:
                    message = f"{cell.id}: ran longer than {cell_seconds:g} seconds"
                    raise CellFailedError(message) from error
                except DeadKernelError as error:
                    raise CellFailedError(f"{cell.id}: the kernel died") from error
                # What fails while IPython shows it raises nothing, and stands in the outputs.
                for output in cell.get("outputs", []):
                    if output.output_type == "error":
                        raise CellFailedError(f"{cell.id}: {output.ename}: {output.evalue}")


def kernel_environment(folder: str) -> dict[str, str]:
    """Return the environment of a kernel: ours, but nobody's IPython profile, progress and backend.

    Tests draw without a window (``MPLBACKEND=Agg``), which in a kernel means without a picture.
    """
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return {**environment, "IPYTHONDIR": folder, "PPO_LESSON_DATA": str(Path(folder, "progress"))}


def run(paths: Sequence[Path], cell_seconds: float = CELL_SECONDS) -> int:
    """Run notebooks and store them in canonical form; where a cell fails, nothing is written."""
    failures = 0
    for path in paths:
        # Ids first, so that a failing cell is named as the stored notebook will name it.
        notebook = notebook_form.canonical(notebook_form.read(path))
        start = time.perf_counter()
        try:
            execute(notebook, cell_seconds)
        except CellFailedError as error:
            failures += 1
            print(f"{path.stem}: {error}", file=sys.stderr)
            continue
        seconds = time.perf_counter() - start
        notebook_form.write(notebook, path)
        size = path.stat().st_size / 1000
        print(f"{path.stem}: {len(notebook.cells)} cells, {seconds:.1f} s, {size:.0f} kB")
    return 1 if failures else 0


def check(paths: Sequence[Path]) -> int:
    """Print every fault of stored notebooks, a line each, without running them."""
    found = [(path.stem, fault) for path in paths for fault in notebook_rules.faults(path)]
    for name, fault in found:
        print(f"{name}: {fault.cell_id}: {fault.what}")
    return 1 if found else 0
