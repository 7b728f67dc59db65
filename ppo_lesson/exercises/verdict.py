"""What a check says, as text and as a piece of a page."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ppo_lesson.notebook.page import number_text
from ppo_lesson.palette import COLORS

Status = Literal["correct", "wrong", "fragile", "not started", "not run"]
MOST_LETTERS = 300
MOST_ENTRIES = 12  # of a tensor that are shown
ROLES = {
    "correct": "good",
    "wrong": "bad",
    "fragile": "weight",
    "not started": "quiet",
    "not run": "bad",
}
"""Of colours, one a status."""


@dataclass(frozen=True)
class Verdict:
    """The answer to `check`; shows itself in a notebook.

    Attributes:
        exercise: the exercise's id.
        status: "correct", "wrong", "fragile" (right on ordinary numbers only), "not started", or
            "not run" (the cell that defines it failed, and the function is that of a run before).
        message: one or two plain sentences.
        details: what belongs to it, as pairs of a heading and a text: the smallest input that
            fails, what the learner's function returned and printed.
    """

    exercise: str
    status: Status
    message: str
    details: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Write it as text, the same for the same answer."""
        lines = [f"{self.exercise}: {self.status}", self.message]
        for heading, text in self.details:
            lines += [f"{heading}:", *(f"    {line}" for line in text.splitlines())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        details = "".join(
            f"<p style='margin:8px 0 0'>{html.escape(heading)}:</p>"
            f"<pre style='margin:0;white-space:pre-wrap'>{html.escape(text)}</pre>"
            for heading, text in self.details
        )
        return framed(
            ROLES[self.status],
            f"<p style='margin:0'><strong>{html.escape(self.exercise)}: {self.status}</strong></p>"
            f"<p style='margin:0'>{with_code(self.message)}</p>{details}",
        )


def framed(role: str, content: str) -> str:
    """Frame a piece of a page in the colour of a role; a screen reader says it when it comes."""
    return (
        f"<div role='status' style='border-left:6px solid {COLORS[role]};padding:4px 12px;"
        f"font-size:16px;line-height:1.4'>{content}</div>"
    )


def with_code(text: str) -> str:
    """Escape a text for a page and set what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def safe_text(thing: object) -> str:
    """Write what an exception or a warning says, in one line, even if its own text fails."""
    try:
        return " ".join(str(thing).split())[:MOST_LETTERS]
    except BaseException:  # a text may raise whatever it likes
        return "(its own text fails)"


def describe_value(value: Any) -> str:
    """Write a value to four digits: numbers as they are, tensors as nested brackets."""
    if isinstance(value, Tensor):
        if value.numel() > MOST_ENTRIES:
            return f"a tensor of shape {tuple(value.shape)}"
        return _nested(value.tolist())
    if isinstance(value, torch.Generator):
        return "a generator"
    if isinstance(value, list | tuple):
        shown = ", ".join(describe_value(item) for item in value[:MOST_ENTRIES])
        return f"[{shown}{', ...' if len(value) > MOST_ENTRIES else ''}]"
    if isinstance(value, bool | int | float | str):
        return number_text(value)
    if callable(value):
        return f"the function {getattr(value, '__name__', 'given')}"
    return str(type(value).__name__)


def _nested(numbers: Any) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(_nested(item) for item in numbers)}]"
    return str(numbers) if isinstance(numbers, complex) else number_text(numbers)
