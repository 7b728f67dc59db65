"""Axes to draw on, and a screen for what is displayed and replaced in place."""

from __future__ import annotations

import io
from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.axes import Axes
from PIL import Image

from ppo_lesson.teaching import dashboard, live


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
    """Catch what `live` and `dashboard` display."""
    screen = Screen()
    for module in (live, dashboard):
        monkeypatch.setattr(module, "display", screen.display)
    return screen


@pytest.fixture
def ax() -> Iterator[Axes]:
    """Give empty axes; what cannot be laid out fails at the end, in every test."""
    _, ax = plt.subplots()
    yield ax
    ax.figure.canvas.draw()


@pytest.fixture
def float64() -> None:
    """Compute as notebooks do; `same_global_state` of tests/conftest.py puts float32 back."""
    torch.set_default_dtype(torch.float64)
