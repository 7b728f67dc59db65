"""Notebook 13: draw the way from the policy gradient to PPO, arrow by arrow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ppo_lesson.exercises.exercise import Case, Exercise, Mistake

Arrow = tuple[str, str]

BOXES = (
    "policy gradient",
    "on-policy waste",
    "importance sampling",
    "surrogate",
    "advantage",
    "old states",
    "ratio explosion",
    "proximal",
    "PPO",
)

REQUIRED: dict[Arrow, str] = {
    ("policy gradient", "on-policy waste"): "What does each batch cost, used once?",
    ("on-policy waste", "importance sampling"): "What lets old samples be used again?",
    ("importance sampling", "surrogate"): "Where does the ratio go, and what does it weigh?",
    ("surrogate", "old states"): "The surrogate has two dangers: which one is a bias?",
    ("surrogate", "ratio explosion"): "The surrogate has two dangers: which one is variance?",
    ("old states", "proximal"): "What is the cure for states that are the old policy's?",
    ("ratio explosion", "proximal"): "What keeps ratios from growing?",
    ("proximal", "PPO"): "Which algorithm is made of this principle?",
}
"""Arrow -> what to ask whoever has left it out."""

OF_THE_ADVANTAGE = ("policy gradient", "surrogate", "PPO")
"""To one of these the advantage has to lead."""

ALSO_TRUE: set[Arrow] = {
    *(("advantage", box) for box in OF_THE_ADVANTAGE),
    ("policy gradient", "advantage"),  # a baseline makes one of the return
    ("policy gradient", "surrogate"),  # equal gradients at theta_old
    ("importance sampling", "ratio explosion"),  # its weights explode already
    ("surrogate", "PPO"),  # whose loss is a clipped surrogate
}

SHORT_CUTS: dict[Arrow, str] = {
    ("policy gradient", "importance sampling"): "on-policy waste",
    ("policy gradient", "proximal"): "on-policy waste",
    ("policy gradient", "PPO"): "on-policy waste",
    ("on-policy waste", "surrogate"): "importance sampling",
    ("on-policy waste", "PPO"): "importance sampling",
    ("importance sampling", "proximal"): "surrogate",
    ("importance sampling", "PPO"): "surrogate",
    ("surrogate", "proximal"): "old states",
    ("old states", "PPO"): "proximal",
    ("ratio explosion", "PPO"): "proximal",
}
"""Arrow -> a box between its ends that says why."""


def way_to_ppo() -> list[Arrow]:
    """Draw the way from the policy gradient to PPO.

    Returns:
        One pair for each arrow: the box that it leaves, and the box that it leads to.
    """
    return [*REQUIRED, ("advantage", "surrogate")]


def _arrows(output: Any) -> list[Arrow] | None:
    """Read pairs, or lines as "a -> b -> c"; None where it is neither."""
    if isinstance(output, str):
        chains = [
            re.split(r"[-=]+>|→", line) for line in re.split(r"[\n;]+", output) if line.strip()
        ]
        if any(len(chain) < 2 for chain in chains):
            return None
        output = [pair for chain in chains for pair in pairwise(chain)]
    if not isinstance(output, list | tuple):
        return None
    arrows = []
    for pair in output:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return None
        if not all(isinstance(end, str) for end in pair):
            return None
        arrows.append((_box(pair[0]), _box(pair[1])))
    return arrows


def _box(text: str) -> str:
    """Find the box that is meant, whatever its capitals; else the text as it came."""
    plain = " ".join(text.lower().replace("-", " ").split())
    return next((box for box in BOXES if box.lower().replace("-", " ") == plain), text.strip())


_NO_ARROWS = (
    'Return a list of pairs, one for each arrow, as [("policy gradient", "on-policy waste"), '
    '...], or a text with a line for each, as "policy gradient -> on-policy waste".'
)


def objection_to_way(inputs: Mapping[str, Any], output: Any) -> str:
    """Say which arrow is missing, and else which one is wrong.

    Args:
        inputs: not used; the exercise has none.
        output: pairs, or text.

    Returns:
        What is wrong, or "" where every arrow that is needed is there, and none that is not true.
    """
    arrows = _arrows(output)
    if not arrows:
        return _NO_ARROWS
    return _strange(arrows) or _missing(arrows) or _too_many(arrows)


def _strange(arrows: list[Arrow]) -> str:
    for box in (end for arrow in arrows for end in arrow):
        if box not in BOXES:
            return f"There is no box {box!r}. The boxes are: {', '.join(BOXES)}."
    for start, end in arrows:
        if (end, start) in REQUIRED:
            return f"The arrow from {start} to {end} points backwards: the reason leads to {start}."
    return ""


def _missing(arrows: list[Arrow]) -> str:
    for arrow, question in REQUIRED.items():
        if arrow not in arrows:
            return f"An arrow is missing that leaves {arrow[0]}. {question}"
    if not any(("advantage", box) in arrows for box in OF_THE_ADVANTAGE):
        return (
            "No arrow leads from the advantage to what uses it. What does the ratio weigh, sample "
            "by sample?"
        )
    return ""


def _too_many(arrows: list[Arrow]) -> str:
    for arrow in arrows:
        start, end = arrow
        if arrow in SHORT_CUTS:
            between = SHORT_CUTS[arrow]
            return f"The arrow from {start} to {end} skips {between}, which says why: remove it."
        if arrow not in REQUIRED and arrow not in ALSO_TRUE:
            return f"What is the reason for the arrow from {start} to {end}? We know none."
    return ""


def _without(*arrows: Arrow) -> list[Arrow]:
    return [arrow for arrow in way_to_ppo() if arrow not in arrows]


_WRONG: tuple[list[Arrow], ...] = (
    *(_without(arrow) for arrow in REQUIRED),
    _without(("advantage", "surrogate")),
    *([*way_to_ppo(), arrow] for arrow in SHORT_CUTS),
    [*way_to_ppo(), ("proximal", "surrogate")],
    [*_without(("proximal", "PPO")), ("PPO", "proximal")],
    [*way_to_ppo(), ("PPO", "RLHF")],
)

WAY_TO_PPO = Exercise(
    id="way_to_ppo",
    minutes=7,
    prompt=(
        "Draw the way from the policy gradient to PPO, on paper first: one arrow wherever a box is "
        "the reason for the next. Then write the arrows down as pairs, such as "
        '`[("policy gradient", "on-policy waste"), ...]`, or as lines of text, '
        '`"policy gradient -> on-policy waste"`.'
        "\n\n"
        f"The boxes: {', '.join(f'*{box}*' for box in BOXES)}."
        "\n\n"
        "*Old states* is the bias of notebook 05, *ratio explosion* its variance. No arrow may "
        "skip a box that says why."
    ),
    reference=way_to_ppo,
    cases=(Case({}, "the nine boxes"),),
    hints=(
        "Begin with what is wrong with a batch that is used once, and ask of each box: which "
        "problem does it leave, and who solves that?",
        "One box has two problems, and both of them have the same cure. One box is neither "
        "problem nor cure, but what the ratio is multiplied with.",
        "The chain begins policy gradient, on-policy waste, importance sampling, surrogate; there "
        "it splits in two, meets again at proximal, and ends at PPO. The advantage joins on the "
        "way.",
    ),
    mistakes=(
        *(Mistake(objection_to_way({}, wrong), lambda wrong=wrong: wrong) for wrong in _WRONG),
        Mistake(_NO_ARROWS, lambda: 8),
    ),
    objection=objection_to_way,
    solved="Every arrow has its reason. Now say the reasons aloud, one sentence each.",
)
