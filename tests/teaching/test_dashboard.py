"""The dashboard shows what training reports, stops when asked, and costs little."""

from __future__ import annotations

import io
import itertools

import pytest
import torch
from PIL import Image

from ppo_lesson.commands.notebook_form import lasting
from ppo_lesson.teaching import dashboard as module
from ppo_lesson.teaching.dashboard import DESCRIPTION, SHARE, Curves, dashboard
from ppo_lesson.teaching.plotting import house_style
from ppo_lesson.training.ppo import PPOConfig, evaluate, train

CONFIG = PPOConfig(total_steps=1_024, num_envs=4, num_steps=32, num_epochs=1, minibatch_size=64)


pytestmark = pytest.mark.usefixtures("screen")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, list]:
    """Keep the widgets and curves that a dashboard makes."""
    kept: dict[str, list] = {"Button": [], "IntProgress": [], "Label": [], "Curves": []}
    for name, list_ in kept.items():
        real = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda *a, real=real, list_=list_, **k: list_.append(real(*a, **k)) or list_[-1],
        )
    return kept


def test_the_curves_are_those_of_the_training(made):
    result = train(CONFIG, seed=0, on_update=dashboard(CONFIG, seed=1, every=3, episodes=5))
    lines = made["Curves"][0].curves
    for name in ("approx_kl", "clip_fraction", "active_clip_fraction", "largest_ratio"):
        assert lines[name].values == result.curve(name).tolist()
        assert lines[name].steps == result.curve("steps").tolist()
    last = lines["return"].values[-1]
    assert last == evaluate(result.policy, 5, 1).mean().item()
    assert made["IntProgress"][0].value == CONFIG.total_steps
    assert made["Label"][0].value == f"{result.history[-1].steps:,} of 1,024 environment steps"


def test_a_watched_training_is_the_same_as_an_unwatched_one():
    watched = train(CONFIG, seed=0, on_update=dashboard(CONFIG, seed=1, every=1, episodes=2)).policy
    alone = train(CONFIG, seed=0).policy
    assert all(map(torch.equal, watched.parameters(), alone.parameters()))


def test_a_stored_page_keeps_one_picture_and_one_stable_line(screen):
    train(CONFIG, seed=0, on_update=dashboard(CONFIG, seed=1))
    first, last = screen.shown
    assert set(lasting(first)) == set(lasting(last)) == {"image/png", "text/plain"}
    assert first["text/plain"] == last["text/plain"] == DESCRIPTION
    # A widget hands out a memoryview, which a kernel would send as a list of numbers.
    assert all(isinstance(shown["image/png"], bytes) for shown in (first, last))
    sizes = {Image.open(io.BytesIO(shown["image/png"])).size for shown in (first, last)}
    assert len(sizes) == 1


def test_stop_ends_training_after_the_running_update(made):
    on_update = dashboard(CONFIG, seed=1)
    updates = itertools.count(1)

    def press_at_the_second(policy, metrics):
        if next(updates) == 2:
            made["Button"][0].click()
        return on_update(policy, metrics)

    result = train(CONFIG, seed=0, on_update=press_at_the_second)
    assert len(result.history) == 2
    assert result.stopped == "on_update returned True"
    assert made["Button"][0].disabled


def test_drawing_takes_a_small_share_of_the_time(made, monkeypatch):
    """By a clock that moves 0.1 s with every update and 0.02 s with every picture."""
    now = 0.0
    png = Curves.png

    def slow_png(self):
        nonlocal now
        now += 0.02
        return png(self)

    monkeypatch.setattr(Curves, "png", slow_png)
    on_update = dashboard(CONFIG, seed=1, every=10**9, clock=lambda: now)
    begin, pictures = now, []

    def tick(policy, metrics):
        nonlocal now
        now += 0.1
        before = now
        result = on_update(policy, metrics)
        pictures.append(now - before)
        return result

    train(CONFIG, seed=0, on_update=tick)
    drawing = sum(pictures[:-1])  # the last one always
    assert 0 < drawing < SHARE * (now - begin) + 0.02
    assert SHARE < 0.05


def test_an_axis_grows_with_its_curve():
    curves = Curves(CONFIG)
    ax = curves.curves["largest_ratio"].ax
    curves.extend("largest_ratio", 100, 1.5)
    curves.png()
    assert ax.get_ylim() == (1, 4)
    curves.extend("largest_ratio", 200, 100.0)
    curves.extend("largest_ratio", 300, float("nan"))
    curves.png()
    low, high = ax.get_ylim()
    assert low == 1 and 100 <= high < 200


def test_an_axis_that_grew_looks_as_if_it_had_been_so_wide_from_the_start():
    grown, fresh = Curves(CONFIG), Curves(CONFIG)
    for curves in (grown, fresh):
        curves.extend("largest_ratio", 100, 30.0)
    picture = grown.png()
    fresh.figure.axes[3].set_ylim(grown.figure.axes[3].get_ylim())
    with house_style():  # in which the dashboard draws its axes
        fresh.canvas.draw()
    fresh.background = fresh.canvas.copy_from_bbox(fresh.figure.bbox)
    assert fresh.png() == picture


def test_a_curve_is_seen_in_the_picture():
    curves = Curves(CONFIG)
    empty = curves.png()
    curves.extend("approx_kl", 100, 0.01)
    curves.extend("approx_kl", 900, 0.015)
    assert curves.png() != empty
    assert curves.png() == curves.png()


def test_every_must_be_one_or_more():
    with pytest.raises(ValueError, match="every: expected 1 or more, got 0"):
        dashboard(CONFIG, seed=0, every=0)
