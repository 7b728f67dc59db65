"""The first cell of every notebook, and one way to print numbers.

What is printed is compared in CI on other machines, so numbers are rounded here and nowhere else.
"""

from __future__ import annotations

import ast
import html
import inspect
import math
import os
import random
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import torch
from IPython.core.getipython import get_ipython
from IPython.display import Markdown, display
from torch import Tensor

from ppo_lesson.maths.shapes import check_count, check_seed

PROOFS_ARE_OFF = (
    "The proofs are off: this Python leaves out assert statements, because PYTHONOPTIMIZE is set "
    "or it was started with -O. Start Jupyter without them to have every claim checked."
)

INLINE = "module://matplotlib_inline.backend_inline"
"""Where a kernel has pyplot draw; the kernel says so itself, unless MPLBACKEND says otherwise."""

Number = bool | int | float | str | Tensor


def setup(seed: int = 0) -> None:
    """Prepare a notebook: one torch thread, float64, seeded random states.

    One thread, because a second one on a busy machine makes small networks many times slower.
    float64, because the checks of the lessons compare to the tenth digit; networks are float32.
    Where Python was told to leave out assert statements, one sentence says so.
    """
    seed = check_seed(seed)
    if sys.flags.optimize:
        print(PROOFS_ARE_OFF)
    _let_pyplot_show()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global state of code that is not ours
    random.seed(seed)
    # The first optimiser of a process imports for a second; better here than in a demonstration.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])


def _let_pyplot_show() -> None:
    """Have a learner's own figures shown where MPLBACKEND says Agg, which nobody sees."""
    shell = get_ipython()
    if not hasattr(shell, "kernel") or os.environ.get("MPLBACKEND", "").lower() != "agg":
        return
    os.environ["MPLBACKEND"] = INLINE  # is read when matplotlib is loaded, which takes a while
    if shell is not None and "matplotlib" in sys.modules:
        shell.enable_matplotlib("inline")


def show(
    label: str,
    value: Number | Sequence[Number],
    digits: int = 4,
    *,
    within: float | None = None,
) -> None:
    """Print one line: a label and a number, or several, to so many significant digits.

    Args:
        label: what the number is.
        value: the number, or several.
        digits: how many are significant.
        within: how far the number may be from the stored one where a notebook is run again; the
            line says so, and tests hold it to that. Without it every digit is compared.

    Raises:
        TypeError: there is a tolerance, and the value is not one number.
        ValueError: the tolerance is not finite and above 0, or the value is not finite.
    """
    text = number_text(value, digits)
    if within is not None:
        _check_within(value, within)
        text += f" (within {number_text(within)} on any machine)"
    print(f"{label}: {text}")


def _check_within(value: object, within: float) -> None:
    if isinstance(within, bool) or not isinstance(within, int | float):
        raise TypeError(f"within: expected a number, got {within!r}")
    if not 0 < within < math.inf:
        raise ValueError(f"within: expected a finite number above 0, got {within}")
    number = value
    if isinstance(value, np.generic) or (isinstance(value, Tensor) and value.numel() == 1):
        number = value.item()  # of numpy's kinds only float64 is a float
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError(f"value: expected one number, as it has a tolerance, got {value!r}")
    if not math.isfinite(number):
        raise ValueError(f"value: expected a finite number, got {number}")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Number]], digits: int = 4) -> None:
    """Display a table; numbers to so many significant digits."""
    cells = [[number_text(value, digits) for value in row] for row in rows]
    for row in cells:
        if len(row) != len(columns):
            raise ValueError(f"rows: expected {len(columns)} entries each, got {row}")
    display(Table(list(columns), cells))


def number_text(value: Number | Sequence[Number], digits: int = 4) -> str:
    """Write a number, or several with commas between, without -0 and without trailing noise."""
    digits = check_count("digits", digits)
    if isinstance(value, Tensor):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return ", ".join(number_text(item, digits) for item in value)
    if isinstance(value, bool | int | str):
        return str(value)
    text = f"{value:.{digits}g}"
    return "0" if float(text) == 0 else text


def show_source(*functions: Callable[..., object], checks: bool = True) -> None:
    """Display the package's own source of functions; of a docstring, what it does and the formula.

    The formula is the second paragraph where its first line is an equation.

    Args:
        functions: what to show.
        checks: whether with the lines that only check the arguments.
    """
    display(Markdown(_fenced(functions, checks=checks)))


def show_solved(solution: str, *functions: Callable[..., object]) -> None:
    """Display a function as a learner would write it; below, folded, what `show_source` shows."""
    summary = "<summary>The package's own, with guards for other inputs</summary>"
    package = f"<details>{summary}\n\n{_fenced(functions, checks=True)}\n\n</details>"
    display(Markdown(f"```python\n{solution}\n```\n\n{package}"))


def _fenced(functions: Sequence[Callable[..., object]], *, checks: bool) -> str:
    source = "\n\n".join(source_text(function, checks=checks) for function in functions)
    return f"```python\n{source}\n```"


def source_text(function: Callable[..., object], *, checks: bool) -> str:
    """Return the source of a function as `show_source` shows it."""
    lines = textwrap.dedent(inspect.getsource(function)).rstrip().splitlines()
    definition = ast.parse("\n".join(lines)).body[0]
    if isinstance(definition, ast.FunctionDef) and not checks:
        for statement in reversed(definition.body):
            if _is_check(statement):
                del lines[statement.lineno - 1 : statement.end_lineno]
    if isinstance(definition, ast.FunctionDef) and ast.get_docstring(definition):
        docstring = definition.body[0]
        first, end = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
        if end > docstring.lineno:
            formula = list(takewhile(str.strip, lines[first + 2 : end]))
            if formula and " = " in formula[0]:
                lines[first:end] = [lines[first], "", *formula, f'{" " * docstring.col_offset}"""']
            else:
                lines[first:end] = [f'{lines[first]}"""']
    return "\n".join(line.partition("  # noqa")[0] for line in lines)


def _is_check(statement: ast.stmt) -> bool:
    """Tell whether a statement is a call of a function named check_..., and nothing more."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name.startswith(("check_", "_check_"))
    return False


@dataclass(frozen=True)
class Table:
    """A table that shows itself as HTML in a notebook and as aligned text elsewhere."""

    columns: list[str]
    cells: list[list[str]]

    def __repr__(self) -> str:
        """Align the columns with spaces."""
        lines = [self.columns, *self.cells]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.columns))]
        return "\n".join(
            "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
            for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
            for row in self.cells
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
