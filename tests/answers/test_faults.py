"""Ways to misbehave, by somebody who had not read the checker: none raises or leaves a trace."""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from ppo_lesson.exercises.checker import check
from ppo_lesson.lessons import EXERCISES

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("faults", HERE / "faults.py")
assert spec is not None and spec.loader is not None
faults = importlib.util.module_from_spec(spec)
spec.loader.exec_module(faults)

# These leave the value right. What they do to a tensor's gradient, or to tensors after their call
# has ended, is not looked at: an answer by autograd may well ask its input for a gradient.
NOT_LOOKED_AT = {
    "makes its arguments require a gradient",
    "leaves gradients in its arguments",
    "changes its result after it was returned",
    "spoils the arguments of the call before",
}
LIMIT = 0.5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("name", sorted(set(faults.FAULTS) - faults.HANGS))
def test_a_fault_gets_a_verdict_and_leaves_no_trace(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exercise = EXERCISES["surrogate_loss"]
    before = world()
    verdict = check(exercise, faults.FAULTS[name](exercise.reference))
    assert world() == before
    assert verdict.status in ("correct", "wrong", "fragile", "not started")
    if name not in faults.HARMLESS | NOT_LOOKED_AT:
        assert verdict.status != "correct"
    assert "<script" not in verdict._repr_html_() and "<img" not in verdict._repr_html_()


def world() -> tuple[object, ...]:
    return (
        torch.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),  # type: ignore[index]  # noqa: NPY002
        random.getstate(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        str(vars(torch._tensor_str.PRINT_OPTS)),
        str(np.get_printoptions()),
        list(warnings.filters),
        os.getcwd(),
        sys.getrecursionlimit(),
        sys.stdout,
        sys.stderr,
    )


@pytest.mark.exhaustive
def test_what_never_ends_gets_a_verdict_soon():
    """Each in a process of its own: some of these threads cannot be ended by anybody.

    By itself an answer that hangs takes a minute or for ever. That the verdict comes within the
    limit and a second and a half is for a quiet machine: tests/benchmarks prints it.
    """
    program = f"""
import os, sys, time
sys.path.insert(0, {str(HERE)!r})
import faults
from ppo_lesson.lessons import EXERCISES
from ppo_lesson.exercises.checker import check
exercise = EXERCISES["surrogate_loss"]
for name in sys.argv[1:]:
    if hasattr(os, "fork") and (child := os.fork()):  # one import for all of them
        os.waitpid(child, 0)
        continue
    start = time.monotonic()
    verdict = check(exercise, faults.FAULTS[name](exercise.reference), time_limit={LIMIT})
    print(f"{{name}}|{{verdict.status}}|{{time.monotonic() - start}}", flush=True)
    os._exit(0)
"""
    names = sorted(faults.HANGS)
    calls = [names] if hasattr(os, "fork") else [[name] for name in names]
    lines = []
    for call in calls:
        done = subprocess.run(
            [sys.executable, "-c", program, *call],
            capture_output=True,
            text=True,
            timeout=60 * len(call),
            check=True,
        )
        lines += [line.split("|") for line in done.stdout.splitlines()]
    assert [(name, status) for name, status, _ in lines] == [(name, "wrong") for name in names]
    assert max(float(seconds) for *_, seconds in lines) < 20
