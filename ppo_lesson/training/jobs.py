"""The jobs of a sweep: which ones there are, how one is done, and the file of its result."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import torch

import ppo_lesson
from ppo_lesson.maths.shapes import check_seed
from ppo_lesson.training.engines import Reply
from ppo_lesson.training.interrupts import raise_interrupts

Task = Callable[..., Any]
"""Called as `task(**settings, seed=seed)`; returns numbers, texts, lists and dicts of them."""


class Job(NamedTuple):
    """One setting with one seed."""

    settings: dict[str, Any]
    seed: int


def attempt(task: Task, dtype: torch.dtype, made_with: str, job: Job) -> Reply:
    """Do a job where an engine has put it, and write its result as JSON.

    Args:
        task: what is done.
        dtype: torch's default while it is done; notebooks compute in float64.
        made_with: the versions that results are asked of.
        job: with which setting and seed.

    Raises:
        KeyboardInterrupt: Ctrl-C, though a training inside may have ended in order.
    """
    if versions() != made_with:
        return Reply(error=f"the worker has {versions()}, the sweep {made_with}")
    try:
        with alike(dtype), raise_interrupts():
            return Reply(json.dumps(task(**job.settings, seed=job.seed)))
    except (Exception, SystemExit) as error:
        return Reply(error=f"{type(error).__name__}: {' '.join(str(error).split())}")


@contextmanager
def alike(dtype: torch.dtype) -> Iterator[None]:
    """Let torch compute alike wherever a job is: with one thread, and the caller's dtype."""
    before = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)  # more would round otherwise, and take longer
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_default_dtype(before[1])


def versions() -> str:
    """Name the versions that a result depends on; torch's builds for other hardware count alike."""
    return f"ppo_lesson {ppo_lesson.__version__}, torch {torch.__version__.partition('+')[0]}"


def make_jobs(task: Task, grid: Mapping[str, Iterable[Any]], seeds: Iterable[int]) -> list[Job]:
    """Combine every setting with every seed, in the order of both.

    Args:
        task: as in `sweep`; it must take the settings.
        grid: as in `sweep`.
        seeds: as in `sweep`.

    Raises:
        ValueError: an argument cannot work; the message names it.
    """
    if not inspect.isfunction(task) or task.__name__ == "<lambda>":
        raise ValueError(f"task: expected a function with a name (def), got {task!r}")
    if not isinstance(grid, Mapping):
        raise ValueError(f"grid: expected a dict, name of a setting -> its values, got {grid!r}")
    values = {name: _values(name, some) for name, some in grid.items()}
    seeds = [check_seed(seed) for seed in seeds]
    _check_several("seeds", seeds)
    try:
        inspect.signature(task).bind(**dict.fromkeys(values), seed=0)
    except TypeError as error:
        raise ValueError(f"task: {task.__name__} cannot take these settings: {error}") from None
    settings = [
        dict(zip(values, some, strict=True)) for some in itertools.product(*values.values())
    ]
    return [Job(setting, seed) for setting in settings for seed in seeds]


def _values(name: Any, some: Iterable[Any]) -> list[Any]:
    """Check one setting's values: what is written into a file must say what they are."""
    if not isinstance(name, str) or name == "seed":
        raise ValueError(f"grid: expected names of settings, and the seeds beside it, got {name!r}")
    if isinstance(some, str | bytes | Mapping) or not isinstance(some, Iterable):
        raise ValueError(f"grid: {name}: expected a list of values, got {some!r}")
    some = list(some)
    try:
        _check_several(f"grid: {name}", [json.dumps(value) for value in some])
    except TypeError:
        raise ValueError(
            f"grid: {name}: expected numbers of Python, texts, or lists of them, got {some!r}"
        ) from None
    return some


def _check_several(name: str, some: list[Any]) -> None:
    if not some:
        raise ValueError(f"{name}: expected at least one, got none")
    twice = [value for number, value in enumerate(some) if value in some[:number]]
    if twice:
        raise ValueError(f"{name}: {twice[0]} stands there twice")


def make_heads(task: Task, jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """Say what each result is made with, as it comes back from a file.

    Args:
        task: its name and source text count.
        jobs: their settings and seeds count.
    """
    try:
        source = inspect.getsource(task)
    except (OSError, TypeError):  # typed at a prompt: nobody has kept it
        source = _compiled(task.__code__)
    common = {
        "task": f"{task.__module__}.{task.__qualname__}",
        "source": hashlib.sha256(source.encode()).hexdigest(),
        "dtype": str(torch.get_default_dtype()),
        "version": versions(),
    }
    return [json.loads(json.dumps({**common, **job._asdict()})) for job in jobs]


def _compiled(code: CodeType) -> str:
    """Write down what Python has made of a source text."""
    inner = [_compiled(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return repr((code.co_code, code.co_names, code.co_varnames, inner))


def file_name(head: dict[str, Any]) -> str:
    """Name the file of a result: another head, another file."""
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()
    return f"{head['task'].rpartition('.')[2]}-seed{head['seed']}-{digest[:16]}.json"


def read_stored(path: Path, head: dict[str, Any]) -> dict[str, Any] | None:
    """Read the file of a job that was done with the same head; None where there is none."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # none, or no file of ours
        return None
    # Compared as text: NaN, which a setting may be, equals nothing.
    same = isinstance(stored, dict) and json.dumps(stored.get("head")) == json.dumps(head)
    return stored if same and "result" in stored else None
