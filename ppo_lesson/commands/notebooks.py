"""``python -m ppo_lesson notebooks``: fill in outputs, list faults, add up minutes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import nbformat.reader
import nbformat.validator
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, ValidationError

from ppo_lesson.commands import notebook_form, notebook_rules
from ppo_lesson.files import checkout, course, require_writable, sentence

CELL_SECONDS = 120
# Of Python's variables, those that say where its parts are; the others change how a program runs.
PLACES = {"PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX",
          "PYTHONDONTWRITEBYTECODE"}  # fmt: skip


class CellFailedError(Exception):
    """A cell raised, took too long, or killed its kernel; the message starts with the cell's id."""


def find(
    names: Sequence[str], folder: Path | None = None, written: bool = False
) -> tuple[list[Path], list[str]]:
    """Find notebooks by number, name or path.

    Args:
        names: of notebooks; none mean all in the folder.
        folder: the course's, unless another is named.
        written: they will be written; then the course's are those of a checkout.

    Returns:
        The files, and a sentence for each name that fits none; it says which ones exist.

    Raises:
        FileNotFoundError: all are asked for, and there are none.
    """
    try:
        folder = folder or (checkout() / "notebooks" if written else course())
        shipped = sorted(folder.glob("*.ipynb"))
    except FileNotFoundError:
        if not names:
            raise
        shipped = []
    if not names:
        if not shipped:
            raise FileNotFoundError(f"there are no notebooks in {folder}")
        return shipped, []
    found = {name: _find_one(name, shipped) for name in names}
    exist = ", ".join(path.stem for path in shipped) or "none"
    unknown = [name for name, path in found.items() if path is None]
    return [path for path in found.values() if path is not None], [
        f"no notebook is called {name!r}; these exist: {exist}." for name in unknown
    ]


def find_all(names: Sequence[str]) -> list[Path]:
    """Find notebooks of the course as `find` does; each name must fit one.

    Raises:
        FileNotFoundError: all are asked for, and there are none.
        ValueError: a name fits none.
    """
    paths, unknown = find(names)
    if unknown:
        raise ValueError(" ".join(unknown))
    return paths


def _find_one(name: str, shipped: Sequence[Path]) -> Path | None:
    if name.endswith(".ipynb") and os.path.exists(name):
        return Path(name)
    for path in shipped:
        if name in (path.stem, path.name, path.stem.split("_")[0]):
            return path
    return None


def execute(
    notebook: NotebookNode,
    cell_seconds: float = CELL_SECONDS,
    prepare: Callable[[Path], None] = lambda progress: None,
) -> None:
    """Run the notebook in place, in a fresh kernel of this interpreter and an empty folder.

    Args:
        notebook: its cells get their outputs.
        cell_seconds: limit of time for each.
        prepare: is given the folder of the learner's progress before the kernel starts.

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
        prepare(_progress(folder))
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
    """Return the environment of a kernel: ours, less what changes how Python or a figure behaves.

    PYTHONOPTIMIZE would leave out the proofs, PYTHONWARNINGS=error end a run for a remark of some
    library, MPLBACKEND=Agg draw no picture. Nobody's matplotlibrc, IPython profile and progress
    have a say.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in PLACES or not name.startswith(("PYTHON", "MPLBACKEND"))
    }
    own = {
        "IPYTHONDIR": folder,
        "MATPLOTLIBRC": matplotlib.get_data_path(),
        "PPO_LESSON_DATA": str(_progress(folder)),
    }
    return kept | own


def _progress(folder: str) -> Path:
    return Path(folder, "progress")


def run(paths: Sequence[Path], cell_seconds: float = CELL_SECONDS) -> int:
    """Run notebooks and store them in canonical form; where a cell fails, nothing is written.

    Returns:
        0; 1 where a cell failed; 2 where a file cannot be read or written: the others are run.
    """
    code = 0
    for path in paths:
        try:
            require_writable(path)
            # Ids first, so that a failing cell is named as the stored notebook will name it.
            notebook = notebook_form.canonical(read(path))
            start = time.perf_counter()
            execute(notebook, cell_seconds)
            seconds = time.perf_counter() - start
            notebook_form.write(notebook, path)
        except CellFailedError as error:
            code = max(code, 1)
            print(f"{path.stem}: {error}", file=sys.stderr)
        except (OSError, ValueError) as error:
            code = 2
            print(f"error: {sentence(error)}", file=sys.stderr)
        else:
            size = path.stat().st_size / 1000
            print(f"{path.stem}: {len(notebook.cells)} cells, {seconds:.1f} s, {size:.0f} kB")
    return code


def check(paths: Sequence[Path]) -> int:
    """Print every fault of stored notebooks, a line each, without running them.

    Returns:
        0; 1 where there are faults; 2 where a file cannot be read: the others are checked.
    """
    code = 0
    for path in paths:
        try:
            read(path)
        except (OSError, ValueError) as error:
            code = 2
            print(f"error: {sentence(error)}", file=sys.stderr)
            continue
        for fault in notebook_rules.faults(path):
            code = max(code, 1)
            print(f"{path.stem}: {fault.cell_id}: {fault.what}")
    return code


def minutes(paths: Sequence[Path]) -> int:
    """Print how long notebooks take to read and to work through, a row each.

    Returns:
        0; 2 where a file cannot be read: the others are measured.
    """
    from ppo_lesson.commands import reading_time  # loads the lessons, and so torch

    code, times = 0, []
    for path in paths:
        try:
            times.append((path, reading_time.measure(read(path))))
        except (OSError, ValueError) as error:
            code = 2
            print(f"error: {sentence(error)}", file=sys.stderr)
    if times:
        print(reading_time.table(times))
    return code


def read(path: Path) -> NotebookNode:
    """Read a notebook of format 4; minor slips, which canonical form mends, are let pass.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such notebook; the message names it.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path}: not a notebook: it is not a file")  # a pipe would never end
    try:
        notebook = notebook_form.read(path)
        version = nbformat.reader.get_version(notebook)
        if version[0] != 4:
            raise ValueError(f"format {version[0]} instead of 4")
        # As 4.4, which knows no ids: those that are missing or double are given anew.
        faults = nbformat.validator.iter_validate(
            notebook, version=4, version_minor=4, relax_add_props=True
        )
        for fault in faults:
            raise ValueError(fault.message[:80])
    except (ValueError, AttributeError, TypeError, RecursionError, ValidationError) as error:
        # nbformat has no one error for what is JSON, but no notebook.
        raise ValueError(f"{path}: not a notebook: {' '.join(str(error).split())[:160]}") from error
    return notebook
