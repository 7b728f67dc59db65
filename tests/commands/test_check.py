"""``ppo-lesson check``: what is installed is whole, and each planted fault is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import check, lab, open as opening
from ppo_lesson.notebook.environment import MISSING, NEWER, OK, TOO_NEW, TOO_OLD, Package


@pytest.fixture
def whole(course, monkeypatch):
    """Let everything be as it should be; a small course has faults that a long one has not."""
    monkeypatch.setattr(check, "LESSONS", {"00_start": None, "01_gradient": None})
    monkeypatch.setattr(check.notebook_rules, "faults", lambda path: [])
    fit = [Package("torch", OK), Package("numpy", OK)]
    monkeypatch.setattr(check, "check_packages", lambda: fit)
    return course


def test_what_is_whole_is_said_in_five_lines(whole, capsys):
    assert door.main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "packages",
        "notebooks",
        "JupyterLab",
        "Jupyter's settings",
        "progress",
    ]
    assert lines[0] == "packages: 2 of 2 fit"
    assert lines[1] == f"notebooks: 2 in {whole.folder}, no fault"


@pytest.mark.parametrize("verdict", [MISSING, TOO_OLD, TOO_NEW])
def test_a_package_that_does_not_fit_is_named(verdict, whole, monkeypatch, capsys):
    monkeypatch.setattr(
        check,
        "check_packages",
        lambda: [Package("torch", verdict, "found 1"), Package("numpy", NEWER)],
    )
    assert door.main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["packages: 1 of 2 fit", f"  torch: {verdict} (found 1)"]


def test_notebooks_that_are_missing_broken_or_faulty_are_named(whole, capsys):
    (whole.folder / "00_start.ipynb").unlink()
    (whole.folder / "01_gradient.ipynb").write_text("{")
    assert door.main(["check"]) == 1
    out = capsys.readouterr().out
    assert "notebooks: 1 in " in out and ", 2 faults\n  00_start: missing\n  01_gradient: " in out
    assert "01_gradient.ipynb: not a notebook: " in out


def test_a_learners_copy_that_is_broken_is_named_here_or_in_its_folder(whole, monkeypatch, capsys):
    opening.run(start_lab=False)
    capsys.readouterr()
    assert door.main(["check"]) == 0
    place = Path("my_notebooks").resolve()
    assert f"your copies: 2 in {place}, all can be read\n" in capsys.readouterr().out
    (place / "01_gradient.ipynb").write_text("{")
    for folder in (place.parent, place):
        monkeypatch.chdir(folder)
        assert door.main(["check"]) == 1
        out = capsys.readouterr().out
        assert f"your copies: 2 in {place}, 1 cannot be read\n  01_gradient: " in out
        assert "; `ppo-lesson reset 01_gradient` keeps it and brings a whole one\n" in out


def test_a_rule_of_notebooks_check_that_is_broken_is_a_fault(course, monkeypatch, capsys):
    monkeypatch.setattr(check, "LESSONS", {"00_start": None})
    monkeypatch.setattr(check, "check_packages", lambda: [])
    path = course.folder / "00_start.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["source"] = "import os"
    path.write_text(json.dumps(notebook))
    assert door.main(["check"]) == 1
    assert "  00_start: reading: import outside the first code cell\n" in capsys.readouterr().out


def test_where_there_are_no_notebooks_that_is_a_fault(whole, capsys):
    for path in whole.folder.iterdir():
        path.unlink()
    assert door.main(["check"]) == 1
    assert "notebooks: there are no notebooks in " in capsys.readouterr().out


def test_without_jupyterlab_another_program_will_do_and_without_the_settings_it_will_not(
    whole, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    assert door.main(["check"]) == 0
    assert "JupyterLab: not installed; another program can" in capsys.readouterr().out
    monkeypatch.setattr(check.sysconfig, "get_path", lambda *_: str(tmp_path))
    assert door.main(["check"]) == 1
    assert "Jupyter's settings: not found: " in capsys.readouterr().out


def test_a_place_for_progress_that_cannot_be_used_is_a_fault(whole, monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path / "file" / "below"))
    assert door.main(["check"]) == 1
    assert "progress: cannot be kept: " in capsys.readouterr().out
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path / "new" / "below"))
    assert door.main(["check"]) == 0
    assert f"progress: is kept in {tmp_path / 'new' / 'below'}" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()
