"""The README's figures are drawn by one command, and the README shows what it draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ppo_lesson.commands import figures
from ppo_lesson.training.ppo import PPOConfig

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_the_four_figures_that_are_stored():
    shown = re.findall(r"\]\((figures/\w+\.png)\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(shown) == len(set(shown)) == 4
    assert sorted(shown) == sorted(f"figures/{p.name}" for p in (ROOT / "figures").iterdir())


@pytest.mark.slow
def test_the_command_writes_the_stored_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "NUM_SEEDS", 2)
    monkeypatch.setattr(figures, "PPOConfig", lambda: PPOConfig(total_steps=5_000))
    paths = figures.write(tmp_path / "new")
    assert sorted(p.name for p in paths) == sorted(p.name for p in (ROOT / "figures").iterdir())
    # The three that are not trained are the same to the last byte on the machine that drew them.
    assert all(path.stat().st_size > 10_000 for path in paths)
