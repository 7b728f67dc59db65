"""One task for every setting and seed, on one core, on all cores or on a cluster: one call.

A job is one setting with one seed. Its result is written as it comes, to a small file of its own,
and a later call reads it there; what is lost on the way is done again.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ppo_lesson.files import make_folder, replace_text, require_writable
from ppo_lesson.training.engines import ATTEMPTS, find_engine, see_through
from ppo_lesson.training.jobs import (
    Task,
    attempt,
    file_name,
    make_heads,
    make_jobs,
    read_stored,
    versions,
)


class Outcome(NamedTuple):
    """What became of a job."""

    settings: dict[str, Any]
    seed: int
    result: Any  # what the task returned, as JSON gives it back; None where it failed
    error: str = ""  # of the last attempt; empty where there is a result


def sweep(
    task: Task,
    grid: Mapping[str, Iterable[Any]],
    *,
    seeds: Iterable[int],
    engine: str,
    folder: str | Path = "sweeps",
    on_job: Callable[[Outcome], object] | None = None,
) -> tuple[Outcome, ...]:
    """Do a task with every setting and every seed; keep each result as soon as it is there.

    Results are the same to the last bit with every engine on the same kind of machine, if the task
    draws from its seed alone: each job has one thread of torch, and the caller's default dtype.

    A file belongs to a task with its source text, one setting, one seed, dtype and versions; where
    one is there, the job is not done again. Of what the task calls, or has enclosed, the file knows
    nothing: who changes that names another folder. Ctrl-C, a process that is killed, a lost node
    and a full disk cost the jobs that were under way, which the next call does.

    Args:
        task: a function with a name, called as `task(**settings, seed=seed)`; what it returns can
            be written as JSON.
        grid: name of a setting -> its values; every combination is one setting. {} is one.
        seeds: at least one, none twice.
        engine: "here", one job after the other in this process; "cores", one on each core; "ray",
            one on each core of the cluster that RAY_ADDRESS names, else of this machine.
        folder: where the files are, made if need be.
        on_job: hears of each job, those too that were done before: the place for a progress bar.
            None shows one of tqdm.

    Returns:
        The outcomes, setting by setting, in each seed by seed. Where a job failed ATTEMPTS times,
        one RuntimeWarning says so; a later call tries it again.

    Raises:
        ValueError: an argument cannot work; no job was begun.
        OSError: nothing can be written there, and something must be.
        KeyboardInterrupt: Ctrl-C; a job that was under way is not kept.
    """
    run = find_engine(engine)
    jobs = make_jobs(task, grid, seeds)
    heads = make_heads(task, jobs)
    paths = [Path(folder, file_name(head)) for head in heads]
    stored = [read_stored(path, head) for path, head in zip(paths, heads, strict=True)]
    if None in stored:
        make_folder(Path(folder))
        require_writable(paths[stored.index(None)])
    work = partial(attempt, task, torch.get_default_dtype(), versions())
    outcomes: dict[int, Outcome] = {}
    with _told(on_job, len(jobs)) as tell:

        def end(number: int, result: Any, error: str = "") -> None:
            outcomes[number] = Outcome(*jobs[number], result, error)
            tell(outcomes[number])

        for number, found in enumerate(stored):
            if found:
                end(number, found["result"])
        left = {number: job for number, job in enumerate(jobs) if number not in outcomes}
        with closing(see_through(run, work, left)) as replies:
            for number, (text, error) in replies:
                if error:
                    end(number, None, error)
                    continue
                head = json.dumps(heads[number])
                replace_text(paths[number], f'{{"head":{head},\n"result":{text}}}\n')
                end(number, json.loads(text))
    every = tuple(outcomes[number] for number in range(len(jobs)))
    _warn_of([outcome for outcome in every if outcome.error], len(every))
    return every


@contextmanager
def _told(
    on_job: Callable[[Outcome], object] | None, total: int
) -> Iterator[Callable[[Outcome], object]]:
    """Find whom to tell of each job: who was named, or a bar in the notebook or terminal."""
    if on_job:
        yield on_job
        return
    from tqdm import auto, std

    # auto takes every process for a notebook that has imported ipykernel, as commands do.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    tqdm = auto.tqdm if getattr(shell, "kernel", None) else std.tqdm
    with tqdm(total=total, desc="jobs", unit="job") as bar:
        yield lambda outcome: bar.update()


def _warn_of(failed: list[Outcome], total: int) -> None:
    if failed:
        settings, seed, _, error = failed[0]
        first = f"the first with {settings}, seed {seed}: {error}"
        count = f"{len(failed)} of {total} jobs failed {ATTEMPTS} times"
        warnings.warn(f"{count}, {first}", RuntimeWarning, stacklevel=3)
