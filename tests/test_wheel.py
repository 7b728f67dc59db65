"""The wheel carries the course: installed outside the checkout, every command does its work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

import ppo_lesson
from tests.test_setup import ROOT, tracked_files

pytestmark = pytest.mark.exhaustive
MOST_BYTES = 15_000_000
SHORT = ["total_steps=600", "num_envs=4", "num_steps=32"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the repository's files alone, as from a fresh clone."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for path in tracked_files():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    command = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", built, source]
    subprocess.run([sys.executable, "-m", "pip", *command], check=True, capture_output=True)
    (path,) = built.iterdir()
    return path


class Installed:
    """The wheel in an environment of its own; what it needs is borrowed from this one."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        venv.create(folder / "venv", with_pip=False)
        scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.python, self.program = scripts / "python", scripts / "ppo-lesson"
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install"]
        command = [*pip, "--no-deps", "--no-index", str(wheel)]
        subprocess.run(command, check=True, capture_output=True)
        # A path in a .pth file is searched last, and its own .pth files, the checkout's, are not.
        self.package = Path(self.ask("import ppo_lesson; print(ppo_lesson.__path__[0])", folder))
        borrowed = self.package.parent / "borrowed.pth"
        borrowed.write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        self.work = folder / "work"
        self.work.mkdir()

    def ask(self, code: str, folder: Path) -> str:
        command = [self.python, "-c", code]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def run(self, *arguments: str, code: int = 0) -> str:
        """Call the program; return what it said, errors too."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.work,
            env=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(wheel, tmp_path_factory.mktemp("elsewhere"))


def test_the_wheel_holds_every_notebook_once_and_is_small(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        held = [name for name in names if name.endswith(".ipynb")]
        notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
        assert sorted(held) == [f"ppo_lesson/course/{path.name}" for path in notebooks]
        for path in notebooks:
            assert archive.read(f"ppo_lesson/course/{path.name}") == path.read_bytes()
    tracked = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    package = {name for name in names if name.startswith("ppo_lesson/")} - set(held)
    assert {name for name in tracked if name.startswith("ppo_lesson/")} <= package
    assert wheel.stat().st_size < MOST_BYTES
    assert wheel.name == f"ppo_lesson-{ppo_lesson.__version__}-py3-none-any.whl"


def test_the_package_of_the_wheel_is_the_one_that_is_called(installed: Installed) -> None:
    assert ROOT not in installed.package.parents
    assert installed.run("--version") == f"ppo-lesson {ppo_lesson.__version__}\n"
    same = subprocess.run(
        [installed.python, "-m", "ppo_lesson", "--version"],
        cwd=installed.work,
        capture_output=True,
        text=True,
        check=True,
    )
    assert same.stdout == installed.run("--version")


def change(path: Path, cell_id: str, old: str, new: str) -> None:
    """Edit a cell of a notebook, as a learner or the next version of the course does."""
    notebook = nbformat.read(path, 4)
    (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def test_open_twice_with_an_answer_between_then_update_over_a_changed_notebook_and_reset(
    installed: Installed,
) -> None:
    name, own = "02_importance_sampling", installed.work / "my_notebooks"
    assert "Copied the course's" in installed.run("open", "--no-lab")
    path = own / f"{name}.ipynb"
    cell = "exercise-importance-weights"
    change(path, cell, "raise NotImplementedError", "return (log_target - log_proposal).exp()")
    answered = path.read_bytes()
    assert "notebooks are in" in installed.run("open", "--no-lab")
    assert path.read_bytes() == answered

    original = installed.package / "course" / f"{name}.ipynb"
    before = original.read_bytes()
    title = nbformat.read(original, 4).cells[0].id
    try:
        change(original, title, "# ", "# Changed: ")
        assert f"since you copied them: {name}\n" in installed.run("open", "--no-lab")
        assert path.read_bytes() == answered
        assert f"{name}: brought up to date with your work" in installed.run("update")
    finally:
        original.write_bytes(before)
    cells: dict[str, Any] = {cell.id: cell.source for cell in nbformat.read(path, 4).cells}
    assert cells[title].startswith("# Changed: ") and "return (log_target" in cells[cell]
    (kept,) = own.glob(f"{name}-*.ipynb")
    assert kept.read_bytes() == answered

    table = installed.work / "grades.csv"
    graded = installed.run("grade", str(path), "--csv", str(table))
    assert "correct" in graded and table.is_file()
    installed.run("reset", "02")
    assert path.read_bytes() == before
    assert len(list(own.glob(f"{name}-*.ipynb"))) == 2


def test_two_that_open_the_same_folder_at_once_leave_whole_notebooks(installed: Installed) -> None:
    own = installed.work / "shared"
    command = [installed.program, "open", "--no-lab", own]
    both = [subprocess.Popen(command, cwd=installed.work) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    for original in (installed.package / "course").iterdir():
        assert (own / original.name).read_bytes() == original.read_bytes()
    assert "notebooks are up to date" in installed.run("update", str(own))
    shutil.rmtree(own)


def test_the_installed_course_is_checked_and_a_planted_fault_is_found(
    installed: Installed,
) -> None:
    assert installed.run("notebooks", "check") == ""
    assert "no fault" in installed.run("check")
    assert "02_importance_sampling" in installed.run("notebooks", "minutes", "02")
    path = installed.package / "course" / "02_importance_sampling.ipynb"
    before = path.read_bytes()
    notebook = json.loads(before)
    notebook["cells"][0]["source"] = "no title"
    try:
        path.write_text(json.dumps(notebook), encoding="utf-8")
        for command in (["notebooks", "check"], ["check"]):
            assert "no '# title' in the first cell" in installed.run(*command, code=1)
    finally:
        path.write_bytes(before)


def test_nothing_is_written_into_the_installed_package(installed: Installed) -> None:
    for command in (["notebooks", "run"], ["figures"], ["experiments", "crossings"]):
        assert "nothing is written into it" in installed.run(*command, code=2)


def test_a_learners_copy_runs_from_top_to_bottom(installed: Installed) -> None:
    installed.run("open", "--no-lab")
    said = installed.run("notebooks", "run", "my_notebooks/02_importance_sampling.ipynb")
    assert said.startswith("02_importance_sampling: ")


def test_the_other_commands_write_where_they_are_told(installed: Installed) -> None:
    assert "index.html" in installed.run("demos", "pages")
    assert "mean return" in installed.run("sweep", *SHORT, "--seeds", "0-1", "--engine", "here")
    assert sorted(path.name for path in installed.work.iterdir()) == [
        "grades.csv",
        "my_notebooks",
        "pages",
        "sweeps",
    ]
