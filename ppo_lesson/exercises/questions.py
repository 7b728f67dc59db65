"""Questions with a right answer, and questions to answer in one's own words: values.

How they are asked stands in `forms`; a lesson, and whoever grades one, needs no widgets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Option:
    """One answer to choose, and what a learner reads who chose it.

    Raises:
        ValueError: a text is empty, or the option holds a formula in dollars, which a radio button
            shows as it is written.
    """

    text: str
    feedback: str
    correct: bool = False

    def __post_init__(self) -> None:
        """Check the texts."""
        _require(bool(self.text.strip()), "text: an option without a text")
        _require("$" not in self.text, f"text: write formulas without dollars, got {self.text!r}")
        _require(bool(self.feedback.strip()), f"feedback: none for the option {self.text!r}")


@dataclass(frozen=True)
class Question:
    """A question with one right answer.

    Raises:
        ValueError: the id is not in words-with-hyphens, the prompt is empty, there are fewer than
            three options, two with the same text or feedback, or not exactly one right one.
    """

    id: str
    prompt: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        """Check the whole question."""
        _check_id_and_prompt(self.id, self.prompt)
        number = len(self.options)
        _require(number >= 3, f"options: {self.id} has {number}, expected 3 or more")
        correct = sum(option.correct for option in self.options)
        _require(correct == 1, f"options: {self.id} has {correct} right ones, expected 1")
        _check_different("options", self.id, [option.text for option in self.options])
        _check_different("feedback", self.id, [option.feedback for option in self.options])

    @property
    def answer(self) -> Option:
        """The right option."""
        return next(option for option in self.options if option.correct)


@dataclass(frozen=True)
class OpenQuestion:
    """A question of the lecture, to answer in one's own words, with an answer to compare with.

    Raises:
        ValueError: the id is not in words-with-hyphens, a text is empty, or the rubric is no tuple
            of different points.
    """

    id: str
    source: str
    prompt: str
    model_answer: str
    rubric: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the whole question."""
        _check_id_and_prompt(self.id, self.prompt)
        _require(bool(self.source.strip()), f"source: {self.id} names none")
        _require(bool(self.model_answer.strip()), f"model_answer: {self.id} has none")
        points = self.rubric if isinstance(self.rubric, tuple) else ()
        sound = bool(points) and all(point.strip() for point in points)
        _require(sound, f"rubric: {self.id} needs a tuple of points, got {self.rubric!r}")
        _check_different("rubric", self.id, points)


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise ValueError(complaint)


def _check_id_and_prompt(id: str, prompt: str) -> None:
    _require(bool(ID.fullmatch(id)), f"id: expected words-with-hyphens, got {id!r}")
    _require(bool(prompt.strip()), f"prompt: {id} has none")


def _check_different(argument: str, id: str, texts: Sequence[str]) -> None:
    twice = [text for text in dict.fromkeys(texts) if texts.count(text) > 1]
    _require(not twice, f"{argument}: {id} says more than once {twice}")
