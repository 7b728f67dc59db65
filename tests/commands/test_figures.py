"""The README's figures are drawn by one command, and the README shows what it draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from ppo_lesson.commands import figures
from ppo_lesson.training.ppo import PPOConfig
from ppo_lesson.training.seeds import Runs

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_the_four_figures_that_are_stored():
    shown = re.findall(r"\]\((figures/\w+\.png)\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(shown) == len(set(shown)) == 4
    assert sorted(shown) == sorted(f"figures/{p.name}" for p in (ROOT / "figures").iterdir())


@pytest.mark.exhaustive
def test_the_command_writes_the_stored_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "NUM_SEEDS", 2)
    monkeypatch.setattr(figures, "PPOConfig", lambda: PPOConfig(total_steps=5_000))
    for _ in range(2):  # its own may be drawn again
        paths = figures.write(tmp_path / "new")
    assert sorted(p.name for p in paths) == sorted(p.name for p in (ROOT / "figures").iterdir())
    # The three that are not trained are the same to the last byte on the machine that drew them.
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_the_stored_figures_are_known_as_those_of_the_command():
    for path in (ROOT / "figures").iterdir():
        with Image.open(path) as picture:
            assert picture.info["Software"] == figures.MARK


def test_the_checkouts_own_are_drawn_unless_a_folder_is_named(monkeypatch):
    asked = []
    monkeypatch.setattr(figures, "make_folder", lambda folder: asked.append(folder))
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)
    monkeypatch.setattr(figures, "_cartpole", Figure)
    monkeypatch.setattr(figures, "replace_bytes", lambda *_: None)
    assert {path.parent for path in figures.write()} == {ROOT / "figures"} == set(asked)


def test_ctrl_c_leaves_no_figure_of_fewer_seeds_than_its_title_says(monkeypatch):
    few = Runs(torch.ones(1), torch.ones(1, 1), ())
    monkeypatch.setattr(figures, "train_seeds", lambda *_, **__: few)
    with pytest.raises(KeyboardInterrupt):
        figures._cartpole()
