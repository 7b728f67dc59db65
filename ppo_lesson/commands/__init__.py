"""The program `ppo-lesson`, a module for each command; `*_calls` say how they are called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

Run = Callable[[argparse.Namespace], int]  # does the work, and returns the exit code


class Command(NamedTuple):
    """A row of the table in `__main__`."""

    name: str
    help: str  # one line
    call: Callable[[argparse.ArgumentParser], Run]  # says what the command takes, and what runs it
