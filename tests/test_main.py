"""The door ``python -m ppo_lesson``: what it understands, what it answers, what it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import notebooks


def test_help_names_every_command_and_loads_no_torch():
    code = (
        "import sys\nfrom ppo_lesson.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'nbformat', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "notebooks" in done.stdout and "figures" in done.stdout


def test_the_module_runs_as_a_command():
    command = [sys.executable, "-m", "ppo_lesson", "notebooks", "check", "99"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: no notebook is called '99'; these exist: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("action", ["run", "check"])
def test_notebooks_passes_the_files_on_and_returns_their_code(action, monkeypatch, tmp_path):
    path = tmp_path / "mine.ipynb"
    path.touch()
    asked = []
    monkeypatch.setattr(notebooks, action, lambda paths: asked.append(paths) or 1)
    assert door.main(["notebooks", action, str(path)]) == 1
    assert asked == [[path]]


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["notebooks"], ["notebooks", "publish"]])
def test_a_call_that_is_not_understood_ends_with_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        door.main(arguments)
    assert end.value.code == 2
    assert "usage: python -m ppo_lesson" in capsys.readouterr().err


def test_figures_are_written_into_the_folder_that_was_named(monkeypatch, capsys, tmp_path):
    figures = pytest.importorskip("ppo_lesson.commands.figures")
    monkeypatch.setattr(figures, "write", lambda folder: [folder / "one.png"])
    assert door.main(["figures", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'one.png'}\n"
    assert door.parser().parse_args(["figures"]).folder == Path("figures")
