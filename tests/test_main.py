"""The door ``python -m ppo_lesson``: what it understands, what it answers, what it loads."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import ppo_lesson
from ppo_lesson import __main__ as door, files
from ppo_lesson.commands import Command, notebooks

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "ppo_lesson"]


def test_help_names_every_command_and_loads_no_torch():
    code = (
        "import sys\nfrom ppo_lesson.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'nbformat', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("  ")]
    listed = {row[0] for row in rows}
    assert {"open", "update", "reset", "check", "grade", "demos", "sweep"} <= listed
    assert listed - {"-h,", "--version"} == {command.name for command in all_commands()}


def all_commands() -> list[Command]:
    return [command for commands in door.COMMANDS.values() for command in commands]


def test_every_command_says_in_a_sentence_what_it_does_and_takes(capsys):
    for command in all_commands():
        with pytest.raises(SystemExit) as end:
            door.main([command.name, "--help"])
        usage, does, *_ = capsys.readouterr().out.split("\n\n")
        assert end.value.code == 0 and command.name in usage
        assert does.endswith(".") and does != f"{command.name}."


def test_without_a_command_the_whole_help_is_shown_and_nothing_was_done(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/home/ada/.venv/bin/ppo-lesson"])
    assert door.main() == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("usage: ppo-lesson COMMAND ...")
    assert "Begin with: ppo-lesson open" in said.err


def test_the_script_is_the_same_program_and_says_its_version():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ppo-lesson {ppo_lesson.__version__}\n"
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert list(scripts) == ["ppo-lesson"]
    assert EntryPoint("ppo-lesson", scripts["ppo-lesson"], "console_scripts").load() is door.main


def test_the_module_runs_as_a_command():
    command = [sys.executable, "-m", "ppo_lesson", "notebooks", "check", "99"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: no notebook is called '99'; these exist: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("action", ["run", "check", "minutes"])
def test_notebooks_passes_the_files_on_and_returns_their_code(action, monkeypatch, tmp_path):
    path = tmp_path / "mine.ipynb"
    path.touch()
    asked = []
    monkeypatch.setattr(notebooks, action, lambda paths: asked.append(paths) or 1)
    assert door.main(["notebooks", action, str(path)]) == 1
    assert asked == [[path]]


@pytest.mark.parametrize("arguments", [["unknown"], ["notebooks"], ["notebooks", "publish"]])
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
    assert door.parser().parse_args(["figures"]).folder is None


# ---- How a command ends --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "a.txt"), "a.txt: Permission denied"),
        (OSError(errno.EXDEV, "Cross-device link", "a.tmp", None, "a.txt"), "a.txt: Cross-device"),
        (OSError(errno.ENOMEM, "no room"), "no room"),
        (FileNotFoundError("there are none"), "there are none"),
        (ValueError("seeds: expected\n  one"), "seeds: expected one"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "'utf-8' codec can't"),
        (OSError(), "OSError"),
    ],
)
def test_what_is_wrong_with_a_file_or_a_value_is_one_sentence_and_code_2(
    error, sentence, monkeypatch, capsys
):
    def fail(options):
        raise error

    monkeypatch.setattr(door, "run", fail)
    assert door.main(["figures"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("error", [TypeError, KeyError, AttributeError, AssertionError])
def test_a_fault_of_our_own_keeps_its_traceback(error, monkeypatch):
    def fail(options):
        raise error("ours")

    monkeypatch.setattr(door, "run", fail)
    with pytest.raises(error, match="ours"):
        door.main(["figures"])


def test_ctrl_c_is_one_line_and_code_130(monkeypatch, capsys):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(door, "run", interrupt)
    assert door.main(["figures"]) == 130
    assert capsys.readouterr().err == "error: interrupted; what was finished before is kept\n"


# A command that has nothing to do but to print, and imports nothing.
LONG = """
import sys
from types import SimpleNamespace
from ppo_lesson import __main__ as door
prints = SimpleNamespace(write=lambda folder: ["{name}"] * {times})
sys.modules["ppo_lesson.commands.figures"] = prints
sys.exit(door.main(["figures"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="a pipe of Windows says something else")
@pytest.mark.parametrize("times", [1, 100_000], ids=["flushed at the end", "flushed on the way"])
def test_nobody_who_reads_on_is_no_traceback(times):
    code = LONG.format(name="one.png", times=times)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "MPLBACKEND": "no-such-window"},
        {"PYTHONIOENCODING": "cp1252", "PYTHONOPTIMIZE": "2", "LC_ALL": "tr_TR.UTF-8"},
        {"PYTHONWARNINGS": "error", "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "3", "HOME": None},
    ],
    ids=str,
)
def test_no_setting_of_the_shell_ends_a_command(environment, tmp_path):
    settings = {**os.environ, **environment}
    settings = {name: value for name, value in settings.items() if value is not None}
    code = LONG.format(name="\u03c0.png", times=1)
    run = {"env": settings, "cwd": tmp_path, "capture_output": True, "check": False}
    done = subprocess.run([sys.executable, "-c", code], **run)
    assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run([*COMMAND, "notebooks", "check", "missing-\u03c0.ipynb"], **run)
    assert done.returncode == 2 and done.stderr.startswith(b"error: no notebook is called 'missing")


@pytest.mark.parametrize("arguments", [["figures"], ["notebooks", "run"], ["notebooks", "check"]])
def test_outside_a_checkout_there_is_nothing_to_do_and_that_is_said(
    arguments, monkeypatch, tmp_path, capsys
):
    installed = tmp_path / "site-packages"
    (installed / "notebooks").mkdir(parents=True)  # of somebody else
    (installed / "notebooks" / "theirs.ipynb").write_text("{}")
    monkeypatch.setattr(files, "PACKAGE", installed / "ppo_lesson")
    monkeypatch.chdir(tmp_path)
    assert door.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert said.err.startswith(f"error: {installed / 'ppo_lesson'} is an installed package")
    assert [path.name for path in tmp_path.iterdir()] == ["site-packages"]


@pytest.mark.parametrize("command", ["figures", "demos"])
@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_in_place_of_a_folder_is_named(command, below, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    place = tmp_path / "file" / below
    assert door.main([command, str(place)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {place}: ")
    assert said.err.count("\n") == 1 and (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("command", "name"), [("figures", "clip.png"), ("demos", "index.html"), ("demos", "cliff.html")]
)
def test_a_file_that_the_command_has_not_written_is_never_written_over(
    command, name, monkeypatch, tmp_path, capsys
):
    from ppo_lesson.commands import demos

    monkeypatch.setattr(demos, "EXPLORERS", {"cliff": demos.EXPLORERS["surrogate_cliff"]})
    (tmp_path / name).write_text("mine")
    assert door.main([command, str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {tmp_path / name}: it is there already")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_stream_that_is_closed_ends_nothing(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr(door, "run", lambda options: print("said to nobody") or 0)
    assert door.main(["notebooks", "check"]) == 0
    for nowhere in (sys.stdout, sys.stderr):
        nowhere.close()
