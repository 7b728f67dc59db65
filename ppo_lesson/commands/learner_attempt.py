"""One learner's notebook in a process of its own, seen from ``grade``: start, wait, end, read.

The process gets a folder that is thrown away afterwards: in it a copy of the files beside the
notebook, its progress, its IPython profile. What it starts dies with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ppo_lesson.commands import learner_process
from ppo_lesson.commands.learner_process import RESULTS, WORK

MOST_BYTES = 100 * 2**20  # of the files beside a notebook that are copied for it
MOST_FILES = 1000
NOT_COPIED = ("__pycache__", "node_modules", "site-packages")
LAST_WORDS = 300  # characters of the standard error that a report quotes
# Where Python looks for packages is the teacher's matter; how it runs must not change a grade.
KEPT = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPLATLIBDIR")


@dataclass
class Outcome:
    """What became of one notebook.

    Attributes:
        verdicts: exercise -> status and message, as far as the process came.
        failure: the first code cell that failed, with the error and its line.
        problem: why the notebook was not run to its end.
        warnings: what the teacher should know of this machine or of the files.
    """

    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    failure: str = ""
    problem: str = ""
    warnings: list[str] = field(default_factory=list)


class Attempt:
    """A notebook that is being run."""

    def __init__(
        self, path: Path, seconds: float, gigabytes: float, *, others: Collection[Path] = ()
    ) -> None:
        """Start the process.

        Args:
            path: the notebook.
            seconds: how long it may take.
            gigabytes: how much memory it may use.
            others: real paths that it must not see: notebooks of learners in the same folder.

        Raises:
            OSError: there is no room for the copy, or no process can be started.
        """
        self.seconds = seconds
        self.warnings: list[str] = []
        self.errors = bytearray()
        # Hidden: it is not copied itself where a notebook stands in the folder for such folders.
        self._folder = tempfile.TemporaryDirectory(prefix=".grade-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name).resolve()
        try:
            (self.folder / WORK).mkdir()
            if not copy_beside(path, self.folder / WORK, others):
                self.warnings.append(
                    f"of the files in {path.parent} only {MOST_FILES} or {MOST_BYTES >> 20} MB are "
                    "there when a notebook is run"
                )
            self.process = subprocess.Popen(
                command(path.resolve(), self.folder, gigabytes),
                cwd=self.folder,
                env=_environment(self.folder),
                stdin=subprocess.PIPE,  # closed by our end, however we end
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except BaseException:
            self._folder.cleanup()
            raise
        self.end = time.monotonic() + seconds
        # A process that outlives the notebook may hold the pipe: nobody waits for its end.
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self.reader.start()

    def is_over(self) -> bool:
        """Tell whether the process has ended or passed its limit."""
        return self.process.poll() is not None or time.monotonic() > self.end

    def close(self) -> Outcome:
        """End the process and all that it started; return what it found out."""
        late = self.process.poll() is None
        _kill(self.process, self.folder)
        self.reader.join(1.0)
        lines = list(_lines(self.folder / RESULTS))
        self._folder.cleanup()
        outcome = Outcome(warnings=self.warnings)
        cell = 0
        for kind, *content in lines:
            if kind == "verdict":
                exercise_id, status, message = content
                outcome.verdicts[exercise_id] = status, message
            elif kind == "failure":
                outcome.failure = content[0]
            elif kind == "warning":
                outcome.warnings.append(content[0])
            elif kind == "cell":
                cell = content[0]
        if ["done"] not in lines:
            how = f"The time limit of {self.seconds:g} seconds was passed" if late else self._end()
            where = f"in code cell {cell}" if cell else "before the first cell"
            outcome.problem = f"{how} {where}.{self._last_words()}"
        return outcome

    def _end(self) -> str:
        code = self.process.returncode
        name = ""
        with suppress(ValueError):
            name = f" ({signal.Signals(-code).name})"
        return f"The process ended with code {code}{name}"

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe, suppress(OSError):
            while piece := os.read(pipe.fileno(), 2**16):
                self.errors += piece
                del self.errors[: -(2**16)]

    def _last_words(self) -> str:
        text = bytes(self.errors).decode("utf-8", "replace")
        # Of what C writes when it dies, the addresses of its stack tell nobody anything.
        lines = [
            line.strip()
            for line in text.splitlines()
            if "0x" not in line and any(map(str.isalnum, line))
        ]
        said = " | ".join(lines[-5:])[-LAST_WORDS:]
        return f" Its last words: {said}" if said else ""


def command(path: Path, folder: Path, gigabytes: float) -> list[str]:
    """Say how the process is started."""
    return [sys.executable, "-m", learner_process.__name__, str(path), str(folder), repr(gigabytes)]


def copy_beside(path: Path, target: Path, others: Collection[Path] = ()) -> bool:
    """Copy the files beside a notebook, those near it first; tell whether that were all.

    Links that lead out of the folder, hidden files, packages and what is no file are left out.
    """
    root = path.parent.resolve()
    left_out = {path.resolve(), *others}
    room, number, complete = MOST_BYTES, 0, True
    folders = [root]
    for folder in folders:  # grows while it is read
        for entry in _entries(folder):
            source = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(source)
            real = Path(os.path.realpath(source))  # takes links that lead in a circle, too
            if not real.is_file() or not real.is_relative_to(root) or real in left_out:
                continue
            with suppress(OSError):  # what we may not read, the learner's code may not either
                size = real.stat().st_size
                if size > room or number >= MOST_FILES:
                    complete = False
                    continue
                copy = target / source.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(real, copy)
                room, number = room - size, number + 1
        if len(folders) > MOST_FILES:
            return False
    return complete


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []
    return [e for e in entries if not e.name.startswith(".") and e.name not in NOT_COPIED]


def _environment(folder: Path) -> dict[str, str]:
    """Make the environment the same for everybody, whatever the teacher has set."""
    (folder / "matplotlibrc").touch()
    ours = str(Path(__file__).parents[2])
    own = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") or k in KEPT}
    return own | {
        "IPYTHONDIR": str(folder / "ipython"),
        "PPO_LESSON_DATA": str(folder / "progress"),  # never the teacher's own progress
        "MPLBACKEND": "Agg",
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "SDL_VIDEODRIVER": "dummy",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONPATH": os.pathsep.join([ours, *filter(None, [own.get("PYTHONPATH")])]),
    }


def _kill(process: subprocess.Popen[bytes], folder: Path) -> None:
    """End the process, its group, and what left the group but was started within the folder."""
    if sys.platform == "win32":
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(tree, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    mark = os.fsencode(f"PPO_LESSON_DATA={folder / 'progress'}\0")
    for other in Path("/proc").glob("[1-9]*"):  # on Linux; its environment may be another one
        with suppress(OSError):
            inside = Path(os.readlink(other / "cwd")).is_relative_to(folder)
            if inside or mark in (other / "environ").read_bytes():
                os.kill(int(other.name), signal.SIGKILL)
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()


def _lines(path: Path) -> Iterator[list[Any]]:
    """Read what the process wrote; a line that it could not finish is left out."""
    with suppress(OSError):
        for line in path.read_bytes().splitlines():
            with suppress(ValueError):
                yield json.loads(line)
