from __future__ import annotations

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import experiments


class Recorded:
    """Stands for an experiment that would take minutes."""

    def __init__(self, path) -> None:
        self.STORED = path

    def write(self, path, on_entry) -> None:
        on_entry("first entry")
        path.write_text("made")


@pytest.mark.parametrize("name", ["ablations", "museum", "token_ratios"])
def test_an_experiment_is_stored_where_the_package_reads_it(name, monkeypatch, tmp_path, capsys):
    path = tmp_path / "stored.json"
    monkeypatch.setitem(experiments.EXPERIMENTS, name, Recorded(path))
    assert door.main(["experiments", name]) == 0
    assert path.read_text() == "made"
    assert capsys.readouterr().out == f"first entry\n{path}\n"


def test_an_experiment_can_be_stored_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setitem(experiments.EXPERIMENTS, "museum", Recorded(tmp_path / "package.json"))
    other = tmp_path / "mine.json"
    assert experiments.write("museum", other) == other and other.read_text() == "made"
    assert not (tmp_path / "package.json").exists()


def test_the_door_knows_every_experiment(capsys):
    for name in experiments.EXPERIMENTS:
        assert door.parser().parse_args(["experiments", name]).name == name
        command = experiments.EXPERIMENTS[name].COMMAND
        assert command.split() == ["python", "-m", "ppo_lesson", "experiments", name]
    with pytest.raises(SystemExit):
        door.main(["experiments", "cold-fusion"])
    assert "invalid choice" in capsys.readouterr().err
