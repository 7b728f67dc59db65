"""Ruff reads all code, notebooks too; pyright reads the types of the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUFF = (sys.executable, "-m", "ruff")
CHECK = (*RUFF, "check", "--no-cache")
FORMAT = (*RUFF, "format", "--check", "--diff", "--no-cache")
# Left to itself, pyright looks for installed packages in whichever `python` comes first on PATH.
PYRIGHT = (sys.executable, "-m", "pyright", "--pythonpath", sys.executable)


def complaints(*command: str) -> str:
    """Run a tool in the repository and return what it complains about: nothing if all is well."""
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.parametrize("tool", [CHECK, FORMAT], ids=["check", "format"])
def test_ruff_has_no_complaint(tool: tuple[str, ...]) -> None:
    assert complaints(*tool, ".") == ""


def test_notebooks_import_nothing_unused_but_the_help_for_exercises() -> None:
    command = (*RUFF, "check", "--no-cache", "--isolated", "--select", "F401", "notebooks")
    lines = complaints(*command, "--output-format", "concise").splitlines()
    unused = {line.split("`")[1].rpartition(".")[2] for line in lines if "F401" in line}
    assert unused <= {"hint", "show_solution"}


@pytest.mark.exhaustive
def test_pyright_has_no_complaint() -> None:
    assert complaints(*PYRIGHT) == ""


NOTEBOOK = """{"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [],
 "execution_count": null, "source": ["import os\\n", "x = 'a'"]}],
 "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}"""


@pytest.mark.parametrize(
    ("tool", "name", "text", "word"),
    [
        (CHECK, "planted.py", "import os\n", "F401"),
        (CHECK, "planted.py", "import numpy as np\n\nnp.random.seed(0)\n", "NPY002"),
        (CHECK, "planted.py", '"""Doc."""\n\n\ndef f(x=[]):\n    """Do."""\n', "B006"),
        (CHECK, "planted.py", '"""Doc."""\n\n\ndef f(x):\n    return x\n', "D103"),
        (CHECK, "planted.ipynb", NOTEBOOK, "F401"),
        (FORMAT, "planted.py", "x = 'a'\n", '"a"'),
        (FORMAT, "planted.ipynb", NOTEBOOK, '"a"'),
        pytest.param(PYRIGHT, "planted.py", "x: int = 'a'\n", "int", marks=pytest.mark.exhaustive),
    ],
)
def test_a_planted_slip_is_found(
    tool: tuple[str, ...], name: str, text: str, word: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    config = () if tool == PYRIGHT else ("--config", str(ROOT / "pyproject.toml"))
    assert word in complaints(*tool, *config, str(path))
