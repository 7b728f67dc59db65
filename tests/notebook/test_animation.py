from __future__ import annotations

import io
import os

import pytest
import torch
from PIL import Image

from ppo_lesson.notebook import animation
from ppo_lesson.notebook.animation import (
    FRAME_SIZE,
    Animation,
    Recording,
    animate,
    animate_together,
    record_pole,
)
from ppo_lesson.training.networks import ActorCritic


@pytest.fixture(scope="module")
def pushing_right() -> ActorCritic:
    """A policy that always pushes to the right: the pole falls within a dozen steps."""
    policy = ActorCritic(4, 2, (4,), torch.Generator().manual_seed(0))
    with torch.no_grad():
        policy.actor[-1].weight.zero_()
        policy.actor[-1].bias.copy_(torch.tensor([-100.0, 100.0]))
    return policy


def test_a_pole_that_is_only_pushed_falls_in_about_ten_steps(pushing_right: ActorCritic) -> None:
    assert 8 <= record_pole(pushing_right, seed=0).num_steps <= 12


def test_pictures_are_of_the_start_then_every_so_many_steps_and_of_the_end(
    pushing_right: ActorCritic,
) -> None:
    recording = record_pole(pushing_right, seed=0, max_steps=7, every=3)
    assert recording.num_steps == 7
    assert len(recording.pictures) == 1 + 2 + 1
    assert all(picture.size == FRAME_SIZE for picture in recording.pictures)


def test_an_episode_whose_end_is_pictured_anyway_gets_no_second_last_picture(
    pushing_right: ActorCritic,
) -> None:
    assert len(record_pole(pushing_right, seed=0, max_steps=6, every=3).pictures) == 1 + 2


def test_the_same_seed_gives_the_same_animation(pushing_right: ActorCritic) -> None:
    one, other = (animate(record_pole(pushing_right, seed=1), "x").gif for _ in range(2))
    assert one == other


def test_the_animation_moves_at_true_speed_loops_and_stays_small(
    pushing_right: ActorCritic,
) -> None:
    gif = animate(record_pole(pushing_right, seed=0, max_steps=8, every=2), "x").gif
    image = Image.open(io.BytesIO(gif))
    durations = []
    for index in range(image.n_frames):
        image.seek(index)
        durations.append(image.info["duration"])
    assert image.size == FRAME_SIZE
    assert durations == [40, 40, 40, 40, 1500]
    assert image.info["loop"] == 0
    assert len(gif) < 5 * 2000


@pytest.mark.parametrize("name", ["SDL_VIDEODRIVER", "SDL_AUDIODRIVER"])
@pytest.mark.parametrize("driver", ["x11", None])
def test_recording_needs_no_screen_and_no_sound_and_leaves_the_environment_as_it_was(
    name: str,
    driver: str | None,
    pushing_right: ActorCritic,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if driver is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, driver)
    asked = []
    picture = animation._picture
    monkeypatch.setattr(
        animation, "_picture", lambda env: asked.append(os.environ[name]) or picture(env)
    )
    record_pole(pushing_right, seed=0, max_steps=2)
    assert set(asked) == {"dummy"}
    assert os.environ.get(name) == driver
    assert capfd.readouterr().err == ""


def test_the_description_is_the_alt_text_and_the_plain_text() -> None:
    shown = Animation(b"GIF89a", 'it falls to the "left"')
    assert repr(shown) == 'it falls to the "left"'
    assert 'alt="it falls to the &quot;left&quot;"' in shown._repr_html_()


def test_taking_a_picture_every_zero_steps_is_refused(pushing_right: ActorCritic) -> None:
    with pytest.raises(ValueError, match="every: expected 1 or more, got 0"):
        record_pole(pushing_right, seed=0, every=0)


def _flat(color: str, num_pictures: int, every: int = 5) -> Recording:
    picture = Image.new("RGB", FRAME_SIZE, color)
    return Recording((picture,) * num_pictures, every * (num_pictures - 1), every)


def _frames(gif: bytes) -> list[Image.Image]:
    image = Image.open(io.BytesIO(gif))
    frames = []
    for index in range(image.n_frames):
        image.seek(index)
        frames.append(image.convert("RGB"))
    return frames


def test_poles_that_are_shown_together_keep_their_places_and_each_stops_where_it_ended() -> None:
    colors = ("#ff0000", "#0000ff")
    recordings = dict(zip(("before", "after"), map(_flat, colors, (2, 4)), strict=True))
    shown = animate_together(recordings, "two poles")
    frames = _frames(shown.gif)
    assert len(frames) == 4 and {frame.size for frame in frames} == {shown.size}
    for frame in frames:
        left, right = (frame.getpixel((x, frame.height // 2)) for x in (150, frame.width - 150))
        assert left[0] > 200 > 50 > left[2] and right[2] > 200 > 50 > right[0]
        assert frame.getpixel((frame.width // 2, frame.height // 2)) == (255, 255, 255)
    below = (0, frames[0].height - 20, 300, frames[0].height)  # the steps of the first
    steps = [frame.crop(below).tobytes() for frame in frames]
    assert steps[0] != steps[1] == steps[2] == steps[3]


def test_the_same_recordings_give_the_same_picture_in_its_own_size() -> None:
    one, other = (animate_together({"a": _flat("red", 3)}, "x") for _ in range(2))
    assert one.gif == other.gif
    assert f'width="{one.size[0]}" height="{one.size[1]}"' in one._repr_html_()


@pytest.mark.parametrize("recordings", [{}, {"a": _flat("red", 2, 5), "b": _flat("red", 2, 4)}])
def test_poles_that_do_not_keep_step_are_refused(recordings: dict[str, Recording]) -> None:
    with pytest.raises(ValueError, match="recordings: expected one number of steps, got"):
        animate_together(recordings, "x")
