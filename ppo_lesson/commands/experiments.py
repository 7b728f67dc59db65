"""Recorded experiments, made again: minutes of training, stored in the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ppo_lesson.teaching import museum
from ppo_lesson.training import ablations, alignment, token_ratios

EXPERIMENTS: dict[str, Any] = {
    "ablations": ablations,
    "alignment": alignment,
    "museum": museum,
    "token_ratios": token_ratios,
}


def write(name: str, path: Path | None = None) -> Path:
    """Run an experiment and store it, in the package unless told otherwise; return the path.

    Raises:
        KeyError: there is no such experiment.
    """
    experiment = EXPERIMENTS[name]
    stored: Path = path or experiment.STORED
    torch.set_num_threads(1)  # more threads would round otherwise, and take longer
    experiment.write(stored, on_entry=lambda entry: print(entry, flush=True))
    return stored
