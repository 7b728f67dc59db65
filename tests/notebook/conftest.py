"""A screen for what is displayed and replaced in place."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ppo_lesson.notebook import live


class Screen:
    """Stands for the notebook: keeps every picture, in order, with its text."""

    def __init__(self) -> None:
        self.shown: list[dict] = []

    def display(self, data: dict, *, raw: bool, display_id: bool) -> Screen:
        assert raw and display_id
        self.shown.append(data)
        return self

    def update(self, data: dict, *, raw: bool) -> None:
        assert raw
        self.shown.append(data)

    def image(self, index: int) -> Image.Image:
        return Image.open(io.BytesIO(self.shown[index]["image/png"])).convert("RGB")


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Catch what is displayed to be replaced."""
    screen = Screen()
    monkeypatch.setattr(live, "display", screen.display)
    return screen
