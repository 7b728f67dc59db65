"""A function's own lines, with all that they need to run alone.

Read and never run: the names that a function uses are looked up where it was defined. Of a library
comes an import, of a number its value, of a helper its lines. What no lines could make again (a
closure, a partial object, a tensor among the globals) cannot stand alone.
"""

from __future__ import annotations

import ast
import dis
import inspect
import math
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

PLAIN = (int, float, bool, str, type(None))
MOST_LETTERS = 1000  # of a value that is written down


def standalone(function: Any, name: str) -> str:
    """Return the lines of a module that defines the function, or "" where they cannot be told.

    Args:
        function: what a learner wrote.
        name: what the module shall call it.
    """
    module = _Module()
    if type(function) is not FunctionType or _is_library(function.__module__):
        return ""
    try:
        module.add(name, function)
    except Exception:  # whatever keeps it from being written down: then it is not
        return ""
    texts = [text for _, text in module.definitions.values()]
    imports = sorted(text for text in texts if text.startswith(("import ", "from ")))
    others = [text for text in texts if text not in imports]
    return "\n".join(["from __future__ import annotations", "", *imports, "", *others, ""])


class _CannotStandAloneError(Exception):
    """Something is needed that no lines say."""


class _Module:
    """A module that grows: name -> what it stands for, and the line or lines that say so."""

    def __init__(self) -> None:
        self.definitions: dict[str, tuple[Any, str]] = {}

    def add(self, name: str, value: Any) -> None:
        """Add what a function finds under a name, after what that needs."""
        if name in self.definitions and self.definitions[name][0] is value:
            return
        if type(value) is FunctionType and not _is_library(value.__module__):
            own_name = self.add_function(value)
            if own_name != name:
                self.define(name, value, f"{name} = {own_name}")
        elif is_plain(value) and len(repr(value)) <= MOST_LETTERS:
            self.define(name, value, f"{name} = {value!r}")
        else:
            self.define(name, value, import_line(name, value))

    def add_function(self, function: FunctionType) -> str:
        """Add a learner's function; return the name that its own lines give it."""
        inner = _undecorated(function)
        source = textwrap.dedent(inspect.getsource(inner.__code__)).rstrip()
        name = _defined_name(source)
        if self.definitions.get(name, (None, ""))[0] is function:
            return name
        self.define(name, function, "")  # before what it needs: it may need itself
        for needed in names_needed(source):
            if needed in inner.__globals__:
                self.add(needed, inner.__globals__[needed])
        del self.definitions[name]
        self.define(name, function, f"\n{source}\n")
        return name

    def define(self, name: str, value: Any, text: str) -> None:
        """Add a definition, unless the name stands for something else."""
        if name in self.definitions:
            raise _CannotStandAloneError(name)
        self.definitions[name] = (value, text)


def _undecorated(function: Any) -> FunctionType:
    """Find the function that the lines define, which a decorator may have wrapped."""
    for _ in range(10):
        if type(function) is not FunctionType or "__wrapped__" not in vars(function):
            break
        function = vars(function)["__wrapped__"]
    if type(function) is not FunctionType:
        raise _CannotStandAloneError("no function")
    if function.__code__.co_freevars:
        raise _CannotStandAloneError("a closure")
    return function


def _defined_name(source: str) -> str:
    """Read which name these lines define, by ``def`` or by a lambda that they name."""
    statements = ast.parse(source).body
    match statements:
        case [ast.FunctionDef(name=name)]:
            return name
        case [ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda())]:
            return name
    raise _CannotStandAloneError("not one definition")


def names_needed(source: str) -> list[str]:
    """Name what is looked up outside of the function's own lines, in the order of the lines.

    Annotations are not: the module does not evaluate them.
    """
    names = _looked_up(compile(source, "<answer>", "exec"))  # as here: from __future__ annotations
    return list(dict.fromkeys(names))


def _looked_up(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _looked_up(constant)


def import_line(name: str, value: Any) -> str:
    """Write the line that brings a library, or what one offers: by the shortest of its names."""
    if type(value) is ModuleType and _is_library(value.__name__):
        return f"import {value.__name__}" + ("" if name == value.__name__ else f" as {name}")
    offers = [
        (module.count("."), module, attribute)
        for module, contents in list(sys.modules.items())
        if isinstance(contents, ModuleType) and _is_library(module) and "._" not in module
        for attribute, offered in list(vars(contents).items())
        if offered is value
    ]
    if not offers:
        raise _CannotStandAloneError(name)
    _, module, attribute = min(offers)
    return f"from {module} import {attribute}" + ("" if name == attribute else f" as {name}")


def _is_library(module: Any) -> bool:
    """Tell whether another session has it, too: Python's own, an installed one, ours."""
    top = module.partition(".")[0] if type(module) is str else ""
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    installed = any(place in file for place in ("site-packages", "dist-packages"))
    return top in sys.stdlib_module_names or installed or top == "ppo_lesson"


def is_plain(value: Any) -> bool:
    """Tell whether a value is what its text says: numbers, texts, and lists and dicts of them."""
    if type(value) in (list, tuple, set):
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    return math.isfinite(value) if type(value) is float else type(value) in PLAIN
