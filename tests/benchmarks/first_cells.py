"""What the first cell of a notebook costs, beside torch and its first optimiser alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALONE = "torch and the first optimiser"
TORCH = "import torch; torch.optim.Adam([torch.zeros(1, requires_grad=True)])"
# In a kernel IPython is loaded before any cell.
PROGRAM = """
import sys, time
import ipykernel.kernelapp
before = time.process_time(), time.perf_counter()
exec(sys.argv[1], {})
print(time.process_time() - before[0], time.perf_counter() - before[1])
"""


def rows(num_rounds: int = 5) -> list[list[str]]:
    """Measure every first cell in fresh processes, in turn: medians, and CPU as a ratio."""
    cells = {ALONE: TORCH} | {path.stem: first_cell(path) for path in NOTEBOOKS.glob("*.ipynb")}
    seconds: dict[str, list[tuple[float, ...]]] = {name: [] for name in sorted(cells)}
    for _ in range(num_rounds):
        for name, runs in seconds.items():
            runs.append(measure(cells[name]))
    cpu, wall = (
        {name: statistics.median(run[k] for run in runs) for name, runs in seconds.items()}
        for k in (0, 1)
    )
    return [
        [name, f"{cpu[name]:.2f}", f"{wall[name]:.2f}", f"{cpu[name] / cpu[ALONE]:.2f}"]
        for name in seconds
    ]


def first_cell(path: Path) -> str:
    """Read the first code cell of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return next(cell.source for cell in cells if cell.cell_type == "code")


def measure(source: str) -> tuple[float, ...]:
    """Run a cell in a fresh process; return its CPU and wall seconds."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, source], capture_output=True, text=True, check=True
    )
    return tuple(map(float, done.stdout.split()))
