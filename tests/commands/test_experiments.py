from __future__ import annotations

import pytest

from ppo_lesson import __main__ as door, files
from ppo_lesson.commands import experiments


class Recorded:
    """Stands for an experiment that would take minutes."""

    def __init__(self, path) -> None:
        self.STORED = path

    def write(self, path, engine) -> None:
        path.write_text(f"made on {engine}")


@pytest.mark.parametrize("name", experiments.EXPERIMENTS)
def test_an_experiment_is_stored_where_the_package_reads_it(name, monkeypatch, tmp_path, capsys):
    path = tmp_path / "stored.json"
    monkeypatch.setitem(experiments.EXPERIMENTS, name, Recorded(path))
    assert door.main(["experiments", name]) == 0
    assert path.read_text() == "made on cores"
    assert capsys.readouterr().out == f"{path}\n"


def test_an_experiment_can_be_stored_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setitem(experiments.EXPERIMENTS, "museum", Recorded(tmp_path / "package.json"))
    other = tmp_path / "mine.json"
    assert experiments.write("museum", other) == other and other.read_text() == "made on cores"
    assert not (tmp_path / "package.json").exists()


def test_the_door_stores_an_experiment_where_it_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(experiments.EXPERIMENTS, "museum", Recorded(tmp_path / "package.json"))
    assert door.main(["experiments", "museum", str(tmp_path / "mine.json"), "--engine", "ray"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'mine.json'}\n"
    assert (tmp_path / "mine.json").read_text() == "made on ray"


@pytest.mark.parametrize("name", experiments.EXPERIMENTS)
def test_nothing_is_written_into_an_installed_package(name, monkeypatch, tmp_path, capsys):
    path = tmp_path / "stored.json"
    monkeypatch.setitem(experiments.EXPERIMENTS, name, Recorded(path))
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "site-packages" / "ppo_lesson")
    assert door.main(["experiments", name]) == 2
    assert not path.exists()
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "is an installed package" in said.err and "name a file" in said.err
    assert door.main(["experiments", name, str(path)]) == 0 and path.exists()


@pytest.mark.parametrize("name", experiments.EXPERIMENTS)
def test_a_place_that_cannot_be_written_costs_no_training(name, tmp_path, capsys):
    place = tmp_path / "nowhere" / "stored.json"
    assert door.main(["experiments", name, str(place)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err == f"error: {place}: No such file or directory\n"


@pytest.mark.parametrize("text", ["", '{"cells": []}', "my notes"])
@pytest.mark.parametrize("name", experiments.EXPERIMENTS)
def test_a_file_that_is_no_record_is_not_replaced_by_one(name, text, tmp_path, capsys):
    other = tmp_path / "02_importance_sampling.ipynb"
    other.write_text(text)
    assert door.main(["experiments", name, str(other)]) == 2
    assert other.read_text() == text and "has not written it" in capsys.readouterr().err


@pytest.mark.parametrize("name", experiments.EXPERIMENTS)
def test_a_record_may_be_made_again(name):
    assert experiments.EXPERIMENTS[name].STORED.read_text().startswith(experiments.MARK)


def test_the_door_knows_every_experiment(capsys):
    for name in experiments.EXPERIMENTS:
        assert door.parser().parse_args(["experiments", name]).name == name
        command = experiments.EXPERIMENTS[name].COMMAND
        assert command.split() == ["python", "-m", "ppo_lesson", "experiments", name]
    with pytest.raises(SystemExit):
        door.main(["experiments", "cold-fusion"])
    assert "invalid choice" in capsys.readouterr().err
