"""What those who work on the course type reaches the commands as they meant it."""

from __future__ import annotations

from pathlib import Path

from ppo_lesson import __main__ as door
from ppo_lesson.commands import experiments, notebooks, sweep


def test_all_that_was_said_of_a_sweep_reaches_it(monkeypatch):
    calls = []
    monkeypatch.setattr(sweep, "run", lambda *given: calls.append(given) or 1)
    typed = "sweep learning_rate=0.01,0.02 --seeds 0-3 --engine here --folder mine"
    assert door.main(typed.split()) == 1 and door.main(["sweep"]) == 1
    assert calls == [
        (["learning_rate=0.01,0.02"], "0-3", "here", Path("mine")),
        ([], "0-9", "cores", Path("sweeps")),
    ]


def test_the_file_of_an_experiment_is_named(monkeypatch, capsys):
    monkeypatch.setattr(experiments, "write", lambda name, file: f"{name} in {file}")
    assert door.main(["experiments", "lambda", "mine.json"]) == 0
    assert capsys.readouterr().out == "lambda in mine.json\n"


def test_installed_notebooks_can_be_checked_and_are_never_run_in_place(course, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(notebooks, "check", lambda paths: asked.append(paths) or 0)
    monkeypatch.setattr(notebooks, "run", lambda paths: asked.append(paths) or 0)
    assert door.main(["notebooks", "check"]) == 0
    assert asked == [sorted(course.folder.iterdir())]
    assert door.main(["notebooks", "run"]) == 2
    assert door.main(["notebooks", "run", "00"]) == 2
    assert "nothing is written into it" in capsys.readouterr().err and not any(asked[1:])
    assert door.main(["notebooks", "run", str(course.folder / "00_start.ipynb")]) == 0
