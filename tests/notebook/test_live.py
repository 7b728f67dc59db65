from __future__ import annotations

from types import SimpleNamespace

import pytest
from PIL import ImageOps

from ppo_lesson.notebook.live import BAR_SIZE, climb, live_figure, progress_bar

pytestmark = pytest.mark.usefixtures("screen")


def test_a_live_figure_draws_what_there_is_at_the_moment(screen) -> None:
    heights = [1.0]
    redraw = live_figure(lambda ax: ax.plot(heights), "heights")
    heights += [2.0]
    redraw()
    assert screen.image(0).size == screen.image(1).size
    assert screen.image(0).tobytes() != screen.image(1).tobytes()


def test_the_bar_is_full_when_all_is_done_and_not_before(screen) -> None:
    advance = progress_bar(4, "four runs")
    for told in ((), (), ("a job",), ("a job",)):
        advance(*told)
    bar = (0, 0, *BAR_SIZE)
    filled = [screen.image(k).crop(bar).getcolors() for k in range(5)]
    grey = (221, 221, 221)
    share = [{color: count for count, color in colors}.get(grey, 0) for colors in filled]
    pixels = BAR_SIZE[0] * BAR_SIZE[1]
    assert share == [pixels, pixels * 3 // 4, pixels // 2, pixels // 4, 0]
    assert {picture["text/plain"] for picture in screen.shown} == {"four runs"}


def test_the_words_under_the_bar_are_drawn_as_smoothly_as_those_of_figures(screen) -> None:
    progress_bar(4, "four runs")
    width, height = screen.image(0).size
    words = screen.image(0).crop((0, BAR_SIZE[1], width, height))
    darkness = {color[0] for _, color in words.getcolors()}
    assert {0, 255} < darkness and len(darkness) > 20
    assert words.getbbox() and ImageOps.invert(words).getbbox()[3] < height - BAR_SIZE[1]


def test_a_bar_of_no_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="total: expected 1 or more, got 0"):
        progress_bar(0, "nothing")


def test_a_climb_is_drawn_anew_every_ten_iterations(screen) -> None:
    watch, history = climb((2.0, 1.0), 30), []
    for k in range(1, 21):
        history.append(SimpleNamespace(score=0.1 * k, kl=0.05 * k))
        watch(SimpleNamespace(history=history))
    assert len(screen.shown) == 3  # the empty axes, and after 10 and 20 iterations
    assert screen.image(1).tobytes() != screen.image(2).tobytes()
