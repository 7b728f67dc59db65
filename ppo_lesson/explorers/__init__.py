"""The explorers of the lessons, by name; each is a table and a drawing in a module of its topic."""

from __future__ import annotations

from collections.abc import Callable

from ppo_lesson.explorers.advantages import lambda_dial
from ppo_lesson.explorers.clip import clip_lab
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.importance import proposal_explorer
from ppo_lesson.explorers.language import token_ratios
from ppo_lesson.explorers.lengths import length_bias
from ppo_lesson.explorers.own_function import Trouble
from ppo_lesson.explorers.surrogate import ratio_explosion, surrogate_cliff
from ppo_lesson.explorers.weights import weight_rain

__all__ = [
    "EXPLORERS",
    "NOTEBOOKS",
    "build",
    "clip_lab",
    "lambda_dial",
    "length_bias",
    "proposal_explorer",
    "ratio_explosion",
    "surrogate_cliff",
    "token_ratios",
    "weight_rain",
]

EXPLORERS: dict[str, Callable[[], Explorer | Trouble]] = {
    "proposal_explorer": proposal_explorer,
    "weight_rain": weight_rain,
    "surrogate_cliff": surrogate_cliff,
    "ratio_explosion": ratio_explosion,
    "clip_lab": clip_lab,
    "lambda_dial": lambda_dial,
    "token_ratios": token_ratios,
    "length_bias": length_bias,
}
"""In the order of the notebooks."""

NOTEBOOKS: dict[str, tuple[str, ...]] = {
    "proposal_explorer": ("02",),
    "weight_rain": ("03",),
    "surrogate_cliff": ("05",),
    "ratio_explosion": ("05",),
    "clip_lab": ("06",),
    "lambda_dial": ("07",),
    "token_ratios": ("10",),
    "length_bias": ("12",),
}
"""Numbers of the notebooks in which an explorer stands."""


def build(name: str) -> Explorer:
    """Build an explorer as it is without a learner's function.

    Args:
        name: a key of EXPLORERS.
    """
    explorer = EXPLORERS[name]()
    if not isinstance(explorer, Explorer):  # only a learner's own function ends that way
        raise TypeError(f"{name}: expected an Explorer, got {explorer!r}")
    return explorer
