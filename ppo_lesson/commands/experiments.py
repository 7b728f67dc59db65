"""Recorded experiments, made again: minutes of training, stored where the lessons read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ppo_lesson.experiments import (
    ablations,
    alignment,
    arms,
    crossings,
    explosion,
    groups,
    heads,
    lambdas,
    pairs,
    reuse,
    rivals,
    staleness,
    temperatures,
    token_ratios,
)
from ppo_lesson.files import checkout, spare_others
from ppo_lesson.museum import interventions, record as museum

MARK = '{"head":'  # by it a record of ours is known

EXPERIMENTS: dict[str, Any] = {
    "ablations": ablations,
    "alignment": alignment,
    "arms": arms,
    "crossings": crossings,
    "explosion": explosion,
    "groups": groups,
    "heads": heads,
    "interventions": interventions,
    "lambda": lambdas,
    "museum": museum,
    "pairs": pairs,
    "reuse": reuse,
    "rivals": rivals,
    "staleness": staleness,
    "temperature": temperatures,
    "token_ratios": token_ratios,
}


def write(name: str, path: Path | None = None, engine: str = "cores") -> Path:
    """Run an experiment and store it; return the path.

    Args:
        name: of the experiment.
        path: where to; the checkout's own record, which the lessons read, unless another is named.
        engine: as in `training.sweep`.

    Raises:
        KeyError: there is no such experiment.
        OSError: nothing can be written there, a file stands there that is no record, or there is
            no checkout and no other file is named.
    """
    experiment = EXPERIMENTS[name]
    if path is None:
        checkout()  # nothing is written into an installed package
    stored: Path = path or experiment.STORED
    spare_others([stored], MARK)
    experiment.write(stored, engine)
    return stored
