"""What an exhibit of the museum is: one fault, its symptom, and the test that catches it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ppo_lesson.training.ppo import train

Part = Callable[..., Any]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong about PPO, and all else as it should be.

    Raises:
        ValueError: part is no keyword of `train` that has a function as its default.
    """

    id: str
    title: str  # the cause, as the option of a quiz says it
    symptom: str  # what the curves show, and what the recorded runs are tested for
    change: str  # what was changed, in one sentence
    right_line: str  # the line of the package
    wrong_line: str  # the line as the fault has it
    part: str  # keyword of `train` under which `wrong` stands in
    wrong: Part  # the faulty function
    test: Callable[[Part], bool]  # True of a right function in that place, False of the wrong one
    is_silent: bool = False  # training looks healthy: only the test sees it

    def __post_init__(self) -> None:
        """Check that there is such a part."""
        keyword = inspect.signature(train).parameters.get(self.part)
        if keyword is None or not inspect.isfunction(keyword.default):
            raise ValueError(f"part: expected a function that train takes, got {self.part!r}")

    @property
    def right(self) -> Part:
        """The function that ought to stand there: train's default."""
        return inspect.signature(train).parameters[self.part].default

    @property
    def parts(self) -> dict[str, Part]:
        """What `train` takes to have this fault: train(config, seed=seed, **fault.parts)."""
        return {self.part: self.wrong}
