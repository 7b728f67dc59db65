"""The sources of the API's pages: what each floor's window shows, for Sphinx's autodoc."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ppo_lesson.files import PACKAGE

FLOORS = (
    "maths",
    "worlds",
    "training",
    "language",
    "experiments",
    "figures",
    "museum",
    "notebook",
    "exercises",
    "explorers",
)
"""Those that notebooks import from."""


def page(floor: str) -> str:
    """Write the page of a floor: what its window names, or each of its modules if it is empty."""
    window = import_module(f"{PACKAGE.name}.{floor}")
    title = window.__name__
    parts = [_heading(title, "="), f".. automodule:: {title}\n   :no-members:\n"]
    if names := getattr(window, "__all__", ()):
        parts += [_entry(window, name) for name in names]
    else:
        files = sorted((PACKAGE / floor).glob("[!_]*.py"))
        parts += [_module(import_module(f"{title}.{file.stem}")) for file in files]
    return "\n".join(parts)


def places() -> dict[str, str]:
    """Tell by which path each name of a window is documented: "gae" -> "ppo_lesson.maths.gae"."""
    found: dict[str, str] = {}
    for floor in FLOORS:
        window = import_module(f"{PACKAGE.name}.{floor}")
        for name in getattr(window, "__all__", ()):
            if inspect.isfunction(getattr(window, name)):
                found.setdefault(name, f"{window.__name__}.{name}")
    return found


def module_name(path: Path) -> str:
    """Name the module of a file of the package, as it is imported."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _entry(window: ModuleType, name: str) -> str:
    value = getattr(window, name)
    if inspect.ismodule(value):
        return _module(value)
    if inspect.isclass(value):
        kind, options = "autoclass", ":members:"
    elif callable(value):
        kind, options = "autofunction", ""
    else:
        return f".. autodata:: {_home(window, name).__name__}.{name}\n   :no-value:\n"
    return f".. {kind}:: {window.__name__}.{name}\n   {options}\n"


def _home(window: ModuleType, name: str) -> ModuleType:
    """Find the module of a floor in which a value is written down; its words stand there."""
    for path in sorted(Path(str(window.__file__)).parent.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = (
                node.targets if isinstance(node, ast.Assign) else (getattr(node, "target", 0),)
            )
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                module = import_module(module_name(path))
                if getattr(module, name) is getattr(window, name):
                    return module
    raise LookupError(f"{window.__name__}: no module writes {name}")


def _module(module: ModuleType) -> str:
    title = module.__name__.rpartition(".")[2]
    return f"{_heading(title, '-')}\n.. automodule:: {module.__name__}\n   :members:\n"


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n"
