"""Wrong answers to the exercises of notebooks 01 to 13, made as learners make them.

WRONG:   wrong on ordinary numbers, in value, shape, type, gradient or by a side effect.
FRAGILE: right on ordinary numbers, wrong on an edge that the pinned text names. A checker may call
         these wrong or fragile, never correct.

Each exercise has a list of (a few words on the slip, the answer). Written from CURRICULUM.md alone
by somebody who has not read the checker's cases.
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


WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}
for _topic in TOPICS:
    _module = load(f"wrong_answers_{_topic}")
    for _kept, _found in ((WRONG, _module.WRONG), (FRAGILE, _module.FRAGILE)):
        for _exercise, _answers in _found.items():
            _kept.setdefault(_exercise, []).extend(_answers)
