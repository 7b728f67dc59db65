"""What an exhibit of the museum is: one fault, and the test that catches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from ppo_lesson.training.session import Parts

Part = Callable[..., Any]
ORIGINALS: dict[str, Any] = {part.name: part.default for part in fields(Parts) if part.default}
"""Name of a part -> the package's own function."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong about PPO, and all else as it should be.

    Raises:
        ValueError: part is none of `Parts` that has a function as its default.
    """

    id: str
    title: str  # the cause, as the option of a quiz says it
    change: str  # what was changed, in one sentence
    part: str  # of `Parts`, in whose place `wrong` stands
    wrong: Part  # the faulty function
    test: Callable[[Part], bool]  # True of a right function in that place, False of the wrong one

    def __post_init__(self) -> None:
        """Check that there is such a part."""
        if self.part not in ORIGINALS:
            raise ValueError(f"part: expected one of {list(ORIGINALS)}, got {self.part!r}")

    @property
    def right(self) -> Part:
        """The function that ought to stand there."""
        return ORIGINALS[self.part]

    @property
    def parts(self) -> Parts:
        """What training is made of that has this fault: train_with(fault.parts, ...)."""
        return Parts(**{self.part: self.wrong})
