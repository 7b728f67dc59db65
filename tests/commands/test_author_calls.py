"""What those who work on the course type reaches the commands as they meant it."""

from __future__ import annotations

from pathlib import Path

from ppo_lesson import __main__ as door
from ppo_lesson.commands import colab, experiments, notebooks, sweep


def test_all_that_was_said_of_a_sweep_reaches_it(monkeypatch):
    calls = []
    monkeypatch.setattr(sweep, "run", lambda *given: calls.append(given) or 1)
    typed = "sweep learning_rate=0.01,0.02 --seeds 0-3 --engine here --folder mine"
    assert door.main(typed.split()) == 1 and door.main(["sweep"]) == 1
    assert calls == [
        (["learning_rate=0.01,0.02"], "0-3", "here", Path("mine")),
        ([], "0-9", "cores", Path("sweeps")),
    ]


def test_file_and_engine_of_an_experiment_reach_it(monkeypatch, capsys):
    monkeypatch.setattr(experiments, "write", lambda *given: " ".join(map(str, given)))
    assert door.main(["experiments", "lambda", "mine.json", "--engine", "here"]) == 0
    assert door.main(["experiments", "lambda"]) == 0
    assert capsys.readouterr().out == "lambda mine.json here\nlambda None cores\n"


def test_copies_for_colab_need_a_folder_and_an_address(monkeypatch, capsys):
    monkeypatch.setattr(colab, "write", lambda folder, address: [f"{folder} from {address}"])
    assert door.main(["notebooks", "colab", "copies", "--repository", "ada/course"]) == 0
    assert capsys.readouterr().out == "copies from ada/course\n"
    for arguments in (["copies"], ["--repository", "ada/course"]):
        assert door.main(["notebooks", "colab", *arguments]) == 2
        assert "colab: expected one folder, and --repository" in capsys.readouterr().err


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
