"""Whether a function is what the last cell that defines it says, or left over from an earlier run.

A kernel goes on with the old function where the cell was run again and failed: by a SyntaxError, or
by an error before it came to the definition. IPython keeps the text of every cell that was sent to
it, so this can be seen. An edit that was never run cannot: a kernel is not told of it.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Any, Literal

from IPython.core.getipython import get_ipython

Definition = Literal["", "function", "decorated", "something"]
"""What a cell binds a name to: nothing, a function that it writes down, or another thing."""


def stale_note(answer: Any) -> str:
    """Say that the function is from an earlier run, if the cells that were run since show it.

    Args:
        answer: what was handed to `check`.

    Returns:
        A sentence or two, or "" where the function is what the last cell says, where its source is
        no cell (a module, %run, exec), and outside of IPython.
    """
    shell = get_ipython()
    history = shell and shell.history_manager
    code = _code(answer)
    if not (shell and history and code):
        return ""
    inputs = [str(text) for text in history.input_hist_parsed]
    own = _cell_lines(code)
    ran = [number for number, text in enumerate(inputs) if text.splitlines() == own]
    if not ran:
        return ""
    names = [name for name, value in list(shell.user_ns.items()) if value is answer]
    notes = (_note(name, inputs, ran[-1], code) for name in names if not name.startswith("_"))
    return next(filter(None, notes), "")


def _note(name: str, inputs: Sequence[str], ran: int, code: CodeType) -> str:
    """Look at the cells after the one that made the function, the last one first."""
    for number in range(len(inputs) - 1, ran, -1):
        text = inputs[number]
        if name not in text:
            continue
        if "run_cell_magic(" in text:  # %%time and the like: what it did is not written here
            return ""
        try:
            definition = _definition(name, text)
        except (SyntaxError, ValueError) as error:  # ValueError: it holds a null byte
            if not _looks_defined(name, text):
                continue
            kind = type(error).__name__
            why = f"stopped with {'an' if kind[0] in 'AEIOU' else 'a'} {kind}"
        else:
            if not definition:
                continue
            if definition == "something" or (definition == "decorated" and code.co_name != name):
                return ""  # its lines may well stand elsewhere
            why = "stopped with an error before it came to the definition"
        return (
            f"This is the function from an earlier run: the last cell that defines `{name}`, "
            f"[{number}], {why}. Mend that cell and run it, then run this one again."
        )
    return ""


def _definition(name: str, text: str) -> Definition:
    """Find the last statement of a cell that binds the name.

    Raises:
        SyntaxError: the cell is no Python, so none of its lines was run.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Parsed and not compiled, as IPython does: it compiles one statement after the other.
        body = ast.parse(text).body
    last: Definition = ""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name == name:
                last = "decorated" if statement.decorator_list else "function"
        elif _binds(name, statement):
            value = getattr(statement, "value", None)
            last = "function" if isinstance(value, ast.Lambda) else "something"
    return last


def _binds(name: str, statement: ast.stmt) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"))
        or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.name == name
        )
        for node in ast.walk(statement)
    )


def _looks_defined(name: str, text: str) -> bool:
    """Tell whether a cell that is no Python meant to define the name: ``def name``, ``name =``."""
    word = re.escape(name)
    return bool(
        re.search(rf"(?im)^[ \t]*(?:async[ \t]+)?(?:\w*ef|df|class)[ \t]+{word}\b", text)
        or re.search(rf"(?m)^[ \t]*{word}[ \t]*(?::[^=\n]*)?=(?!=)", text)
    )


def _code(answer: Any) -> CodeType | None:
    """Find the lines behind decorators, partial objects, methods and objects that can be called."""
    try:
        function = inspect.unwrap(answer)
        while isinstance(function, functools.partial):
            function = inspect.unwrap(function.func)
        if not hasattr(function, "__code__") and not isinstance(function, type):
            function = type(function).__call__
        code = getattr(function, "__code__", None)
    except Exception:  # a learner's object may raise whatever it likes when it is looked at
        return None
    return code if isinstance(code, CodeType) else None


def _cell_lines(code: CodeType) -> list[str] | None:
    """Return the lines of the cell that the code stands in; None for the code of a file."""
    size_time_lines_name = linecache.cache.get(code.co_filename, ())
    if len(size_time_lines_name) != 4:
        return None
    _, time, lines, _ = size_time_lines_name
    # A cell was never saved; IPython 7 gives it a time nevertheless, and a name that is no file's.
    never_saved = time is None or not Path(code.co_filename).exists()
    return "".join(lines).splitlines() if never_saved else None
