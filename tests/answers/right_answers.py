"""Right answers to the exercises of notebooks 01 to 13, spelt as learners spell them.

RIGHT: right under every reading of the pinned text.
OPEN:  right by the words of the pinned text, but a stricter reading (a constant that is not
       detached, an edge that only the reference's docstring names) could refuse them. Each comes
       with what is open about it; whoever keeps the checker decides its verdict.

Written from CURRICULUM.md alone by somebody who has not read the checker's cases.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

TOPICS = (
    "policies",
    "importance",
    "surrogate",
    "proximal",
    "advantages",
    "training",
    "preferences",
    "responses",
    "machines",
    "log_space",
)


def load(name: str) -> ModuleType:
    """Import a module that lies beside this one, whether or not the folder is on sys.path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}
for _topic in TOPICS:
    _module = load(f"right_answers_{_topic}")
    for _kept, _found in ((RIGHT, _module.RIGHT), (OPEN, _module.OPEN)):
        for _exercise, _answers in _found.items():
            _kept.setdefault(_exercise, []).extend(_answers)
