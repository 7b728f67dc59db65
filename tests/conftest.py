"""What every test starts from: one thread, fixed seeds, no window, the same global state."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

# Numerical libraries read these when they are first imported, so they stand above every import of
# one. Small tensors gain nothing from a second thread, and lose much on a busy machine.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"
os.environ["SDL_VIDEODRIVER"] = "dummy"  # pygame draws CartPole without a window

# What a shell starts in the background ignores Ctrl-C; tests that press it need Python's handler.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run and no time limit: a test fails for what the code does, not for
# how busy the machine is. Nothing is kept on disk between two runs.
hypothesis.settings.register_profile(
    "ppo_lesson",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # it looks at the clock too
)
hypothesis.settings.load_profile("ppo_lesson")


@pytest.fixture(autouse=True, scope="session")
def nobodys_progress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the progress of this session, and of the kernels it starts, in an empty folder."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PPO_LESSON_DATA", str(tmp_path_factory.mktemp("progress")))
        yield


_default_style: dict[str, Any] = {}  # every parameter of matplotlib, once it is loaded


@pytest.fixture(autouse=True)
def same_global_state() -> Iterator[None]:
    """Seed torch before each test; afterwards undo what a notebook's ``setup()`` changes.

    Nothing is imported here: a test without torch or matplotlib does not wait for them. For eight
    thousand tests a millisecond counts: `torch.manual_seed` writes down the stack for devices that
    nobody has, and `rcdefaults` checks three hundred values.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(0)
    yield
    if "torch" in sys.modules:
        import torch

        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(1)
    if "matplotlib.pyplot" in sys.modules:
        import matplotlib.pyplot as plt

        plt.close("all")
        if not dict.__eq__(plt.rcParams, _default_style):
            plt.rcdefaults()
            _default_style.update(plt.rcParams)


@pytest.fixture
def ax() -> Iterator[Any]:
    """Give empty axes; what cannot be laid out fails at the end, in every test."""
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    yield ax
    ax.figure.canvas.draw()


@pytest.fixture
def float64() -> None:
    """Compute as notebooks do; `same_global_state` puts float32 back."""
    import torch

    torch.set_default_dtype(torch.float64)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded as ``summary``: counts that a reader of the run should see."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in getattr(report, "user_properties", ()):
            if name == "summary" and report.when == "call":
                terminalreporter.write_line(text)
