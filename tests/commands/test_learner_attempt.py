"""A learner's process: what it gets, when it ends, what is left of it. Stand-ins take its place."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ppo_lesson.commands import learner_attempt
from ppo_lesson.commands.learner_attempt import Attempt, Outcome, copy_beside
from ppo_lesson.commands.learner_process import RESULTS

LONG = 600.0  # seconds: nobody waits for them
START = """
import json, os, subprocess, sys, time
folder = sys.argv[2]
def report(*line):
    with open(os.path.join(folder, "results.jsonl"), "a") as file:
        file.write(json.dumps(line) + "\\n")
def sleeper(**how):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], **how)
"""

StandIn = Callable[[str], Attempt]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")


@pytest.fixture
def stand_in(tmp_path, monkeypatch) -> Iterator[StandIn]:
    """Start a small program where a notebook would be run."""
    notebook = tmp_path / "copy.ipynb"
    notebook.touch()

    def start(code: str) -> Attempt:
        def command(*arguments: object) -> Sequence[str]:
            return [sys.executable, "-c", START + code, *map(str, arguments)]

        monkeypatch.setattr(learner_attempt, "command", command)
        attempts.append(Attempt(notebook, LONG, 8))
        return attempts[-1]

    attempts: list[Attempt] = []
    yield start
    for attempt in attempts:  # of a test that failed
        attempt.process.kill()


def _outcome(attempt: Attempt) -> Outcome:
    while not attempt.is_over():
        time.sleep(0.01)
    return attempt.close()


def _until(holds: Callable[[], object]) -> None:
    """Wait for an event."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet buried does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


# ---- Ends ----------------------------------------------------------------------------------------


def test_verdicts_of_a_notebook_that_was_run_are_read(stand_in):
    outcome = _outcome(stand_in("""
report("warning", "no limit")
report("cell", 1)
report("failure", "code cell 1: NameError")
report("verdict", "gae", "wrong", "")
report("verdict", "gae", "correct", "Well.")
report("done")
"""))  # fmt: skip
    assert outcome == Outcome(
        {"gae": ("correct", "Well.")}, "code cell 1: NameError", "", ["no limit"]
    )


def test_a_time_limit_costs_only_what_comes_after_it(stand_in):
    attempt = stand_in("""
report("verdict", "gae", "correct", "")
report("cell", 7)
time.sleep(600)
""")
    written = attempt.folder / RESULTS
    _until(lambda: written.exists() and '["cell", 7]\n' in written.read_text())
    assert not attempt.is_over()
    attempt.end -= LONG  # the clock goes on
    outcome = _outcome(attempt)
    assert outcome.verdicts == {"gae": ("correct", "")}
    assert outcome.problem == "The time limit of 600 seconds was passed in code cell 7."


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("os._exit(7)", "ended with code 7 before the first cell."),
        ("report('cell', 3); os._exit(0)", "ended with code 0 in code cell 3."),
        pytest.param("os.abort()", "ended with code -6 (SIGABRT) before", marks=posix),
        (
            "os.write(2, b'# Fatal: Oilpan\\n#\\n\\nv8.so(+0x26) [0x7f]\\n'); os._exit(3)",
            "with code 3 before the first cell. Its last words: # Fatal: Oilpan",
        ),
    ],
)
def test_a_process_that_ends_early_is_reported_with_its_last_words(code, how, stand_in):
    assert how in _outcome(stand_in(code)).problem


def test_a_line_that_was_not_finished_is_left_out_and_errors_without_end_are_cut(stand_in):
    outcome = _outcome(stand_in("""
report("verdict", "gae", "correct", "")
with open(os.path.join(folder, "results.jsonl"), "a") as file:
    file.write('["verdict", "sco')
os.write(2, b"x" * 10**6)
os._exit(1)
"""))  # fmt: skip
    assert list(outcome.verdicts) == ["gae"] and len(outcome.problem) < 500


@posix
@pytest.mark.parametrize(
    "how", ["env={}", "start_new_session=True", "start_new_session=True, env={}"]
)  # in its group, out of it
@pytest.mark.parametrize("end", ["report('done')", "time.sleep(600)", "os._exit(1)"])
def test_what_a_notebook_starts_holds_nobody_up_and_dies_with_it(how, end, stand_in, tmp_path):
    if "session" in how and not Path("/proc").is_dir():
        pytest.skip("only Linux finds what has left its group")
    # It keeps the pipes open.
    attempt = stand_in(f"pid = sleeper({how}).pid\n"
                       f"open({str(tmp_path / 'pid')!r}, 'w').write(str(pid))\n"
                       f"open({str(tmp_path / 'ready')!r}, 'w')\n{end}")  # fmt: skip
    _until((tmp_path / "ready").exists)
    if end == "time.sleep(600)":
        attempt.end -= LONG
    _outcome(attempt)
    pid = int((tmp_path / "pid").read_text())
    _until(lambda: not _is_alive(pid))


def test_the_folder_is_gone_afterwards(stand_in):
    attempt = stand_in("report('done')")
    assert attempt.folder.is_dir()
    _outcome(attempt)
    assert not attempt.folder.exists()


def test_a_folder_of_temporary_files_is_not_copied_into_itself(stand_in, tmp_path, monkeypatch):
    (tmp_path / "helpers.py").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first = stand_in("time.sleep(600)")
    second = stand_in("report('verdict', 'gae', '', os.listdir(os.path.join(folder, 'work')))")
    assert _outcome(second).verdicts["gae"] == ("", ["helpers.py"])
    first.close()


# ---- What it gets --------------------------------------------------------------------------------


def test_the_teachers_settings_do_not_reach_the_process(stand_in, monkeypatch, tmp_path):
    for name, value in {
        "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONSTARTUP": "x", "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "3",
        "PYTHONPATH": "kept", "MPLBACKEND": "TkAgg", "MATPLOTLIBRC": "dark",
        "PPO_LESSON_DATA": str(tmp_path), "IPYTHONDIR": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    attempt = stand_in("""
names = [n for n in os.environ if n.startswith(("PYTHON", "MPL", "MATPLOTLIB", "PPO", "IPYTHON"))]
report("verdict", "gae", sys.flags.optimize, {name: os.environ[name] for name in names})
""")
    folder = attempt.folder
    optimize, environment = _outcome(attempt).verdicts["gae"]
    root = str(Path(learner_attempt.__file__).parents[2])
    assert optimize == 0
    assert environment == {
        "PYTHONPATH": f"{root}{os.pathsep}kept",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "PPO_LESSON_DATA": str(folder / "progress"),
        "IPYTHONDIR": str(folder / "ipython"),
    }


def _copied(root: Path, notebook: Path, target: Path, **options) -> set[str]:
    assert copy_beside(notebook, target, **options)
    return {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}


def test_files_beside_a_notebook_are_copied_and_nobody_elses(tmp_path):
    root = tmp_path / "alice"
    for name in ("02.ipynb", "bob.ipynb", "own.ipynb", "helpers.py", "data/a.csv", ".git/config",
                 "__pycache__/helpers.pyc"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    copied = _copied(root, root / "02.ipynb", tmp_path / "copy", others=[root / "bob.ipynb"])
    assert copied == {"own.ipynb", "helpers.py", "data/a.csv"}
    assert (tmp_path / "copy" / "data" / "a.csv").read_text() == "data/a.csv"


@posix
def test_links_are_not_followed_out_and_what_is_no_file_is_left(tmp_path):
    root, secret = tmp_path / "alice", tmp_path / "bob" / "02.ipynb"
    (root / "data").mkdir(parents=True)
    secret.parent.mkdir()
    secret.write_text("bob's")
    (root / "data" / "inside.txt").write_text("own")
    for name, target in {"out.txt": secret, "folder": secret.parent, "in.txt": "data/inside.txt",
                         "circle": "circle", "up": "..", "dead": "missing"}.items():  # fmt: skip
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    (root / "closed").mkdir(mode=0o000)
    copied = _copied(root, root / "02.ipynb", tmp_path / "copy")
    assert copied == {"data/inside.txt", "in.txt"}


def test_a_folder_that_is_too_large_is_copied_in_part_and_that_is_told(
    tmp_path, monkeypatch, stand_in
):
    (tmp_path / "a_large.bin").write_bytes(b"x" * 200)
    (tmp_path / "helpers.py").write_bytes(b"x" * 10)
    monkeypatch.setattr(learner_attempt, "MOST_BYTES", 100)
    assert not copy_beside(tmp_path / "copy.ipynb", tmp_path.parent / "copy")
    assert os.listdir(tmp_path.parent / "copy") == ["helpers.py"]
    outcome = _outcome(stand_in("report('done')"))
    assert len(outcome.warnings) == 1 and str(tmp_path) in outcome.warnings[0]
    monkeypatch.setattr(learner_attempt, "MOST_BYTES", 1000)
    monkeypatch.setattr(learner_attempt, "MOST_FILES", 1)
    assert not copy_beside(tmp_path / "copy.ipynb", tmp_path.parent / "second")
