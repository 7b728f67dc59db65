"""Ways in which a learner's function can misbehave, whatever the exercise.

FAULTS maps the name of a fault to a function that takes a right answer (of any signature, called by
keyword) and returns an answer with that fault. Most keep the signature of the right answer.

HANGS:     never comes back, or not within a minute.
HARMLESS:  the answer stays right; only its side effect, or its clothing, is odd. A checker may call
           it correct or wrong, but must put the world back.
GRADIENTS: the value stays right; a fault only where the exercise asks for a gradient.
TENSORS:   a fault only where an argument (or the result) is a tensor.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType


def load(name: str) -> ModuleType:
    """Import a module that lies beside this one, whether or not the folder is on sys.path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_returned, _world = load("faults_returned"), load("faults_world")

FAULTS: dict[str, Callable[[Callable], Callable]] = {
    **_returned.RESULTS,
    **_returned.RAISES,
    **_returned.SHAPES,
    **_world.MEMORY,
    **_world.EFFECTS,
    **_world.ENDLESS,
}
HANGS = frozenset(_world.ENDLESS)
# These four act on the answer's own lines too: gradients, dtypes and devices may come out wrong.
_ACTS_AT_ONCE = {
    "switches gradients off",
    "switches inference mode on",
    "sets the default dtype",
    "sets the default device",
}
HARMLESS = frozenset(_world.EFFECTS) - _ACTS_AT_ONCE | {
    "is a Tensor subclass",
    "is an object that can be called",
    "is an object that tells nothing",
    "is a torch module",
    "is a partial function",
}
GRADIENTS = frozenset(
    {
        "is detached",
        "is a fresh leaf",
        "is a Parameter",
        "raises in backward",
        "has a gradient doubled behind its back",
    }
)
TENSORS = (
    GRADIENTS
    | {name for name in _world.MEMORY if "argument" in name}
    | {"returns a Python float", "is a Tensor subclass", "changes its result after it was returned"}
)
