"""The pole in motion, as one small picture that plays by itself; or several poles together."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import gymnasium
import numpy as np
from PIL import Image, ImageDraw

from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.notebook.live import figure_font
from ppo_lesson.training.networks import ActorCritic

FRAME_SIZE = (300, 200)
NUM_COLORS = 16
GAP, LINE_HEIGHT = 12, 26
"""Pixels between poles that are shown together, and for each of the lines above and below them."""

NEARLY_WHITE = 246
"""Colours above it in red, green and blue: a small palette holds the page's white only roughly."""

STEP_MILLISECONDS = 20
"""CartPole's physics advances 0.02 s per step."""

PAUSE_MILLISECONDS = 1500
"""How long the last picture stays before the animation starts again."""


@dataclass(frozen=True)
class Animation:
    """An animated picture with a sentence that says what happens in it."""

    gif: bytes
    description: str
    size: tuple[int, int] = (2 * FRAME_SIZE[0], 2 * FRAME_SIZE[1])  # to be seen from the back row

    def __repr__(self) -> str:
        """Return the sentence, for those who do not see the picture."""
        return self.description

    def _repr_html_(self) -> str:
        source = "data:image/gif;base64," + base64.b64encode(self.gif).decode()
        alt = html.escape(self.description)
        width, height = self.size
        return f'<img src="{source}" alt="{alt}" width="{width}" height="{height}">'


@dataclass(frozen=True)
class Recording:
    """Pictures of one episode of CartPole."""

    pictures: tuple[Image.Image, ...]  # 300 x 200 pixels: the start, then one every so many steps
    num_steps: int  # steps that the episode lasted
    every: int  # steps between two pictures; the last two may be closer


def record_pole(policy: ActorCritic, seed: int, max_steps: int = 500, every: int = 5) -> Recording:
    """Play one episode with sampled actions and take pictures, the last one at its end.

    Args:
        policy: the policy to play.
        seed: of environment and actions.
        max_steps: longest episode, in steps of 0.02 s.
        every: take a picture after so many steps, 1 or more: drawing is slow, physics is not.

    Raises:
        ValueError: every is below 1.
    """
    every, max_steps = check_count("every", every), check_count("max_steps", max_steps)
    seed = check_seed(seed)
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array", max_episode_steps=max_steps)
    sample = policy.sampler(np.random.default_rng(seed))
    with closing(env), _drawing_in_memory():
        obs, _ = env.reset(seed=seed)
        pictures, num_steps, ended = [_picture(env)], 0, False
        while not ended:
            obs, _, terminated, truncated, _ = env.step(sample(obs))
            num_steps += 1
            ended = terminated or truncated
            if ended or num_steps % every == 0:
                pictures.append(_picture(env))
    return Recording(tuple(pictures), num_steps, every)


def animate(recording: Recording, description: str) -> Animation:
    """Join the pictures into an animation that loops at true speed, with a pause at the end.

    Args:
        recording: of at least one step.
        description: a sentence that says what is seen.
    """
    return Animation(_gif(recording.pictures, recording.every), description)


def animate_together(recordings: Mapping[str, Recording], description: str) -> Animation:
    """Show several recordings side by side, which start together; each stops where it ended.

    Args:
        recordings: under the words that stand above each; pictures equally far apart.
        description: a sentence that says what is seen.

    Raises:
        ValueError: there is no recording, or the steps between two pictures differ.
    """
    steps_between = {recording.every for recording in recordings.values()}
    if len(steps_between) != 1:
        raise ValueError(f"recordings: expected one number of steps, got {sorted(steps_between)}")
    longest = max(len(recording.pictures) for recording in recordings.values())
    frames = [_together(recordings, number) for number in range(longest)]
    palette = frames[-1].quantize(2 * NUM_COLORS, dither=Image.Dither.NONE)
    pictures = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    for picture in pictures:
        _whiten(picture)
    return Animation(_gif(pictures, steps_between.pop()), description, frames[0].size)


def _together(recordings: Mapping[str, Recording], number: int) -> Image.Image:
    """Draw one picture of each side by side, its name above it, its steps so far below."""
    width, height = FRAME_SIZE
    total = len(recordings) * (width + GAP) - GAP, height + 2 * LINE_HEIGHT
    frame = Image.new("RGB", total, "white")
    draw, font = ImageDraw.Draw(frame), figure_font()
    for place, (name, recording) in enumerate(recordings.items()):
        left = place * (width + GAP)
        frame.paste(
            recording.pictures[min(number, len(recording.pictures) - 1)], (left, LINE_HEIGHT)
        )
        steps = min(number * recording.every, recording.num_steps)
        draw.text((left + 4, 3), name, fill="black", font=font)
        draw.text((left + 4, LINE_HEIGHT + height + 3), f"step {steps}", fill="black", font=font)
    return frame


def _whiten(picture: Image.Image) -> None:
    """Make what is nearly white in its palette white, as the page is."""
    numbers = picture.getpalette() or []
    colors = [numbers[k : k + 3] for k in range(0, len(numbers), 3)]
    white = [[255] * 3 if min(color) > NEARLY_WHITE else color for color in colors]
    picture.putpalette([number for color in white for number in color])


def _gif(pictures: Sequence[Image.Image], every: int) -> bytes:
    """Join pictures that are so many steps apart; the last one stays for a while."""
    first, *rest = pictures
    durations = [every * STEP_MILLISECONDS] * len(rest) + [PAUSE_MILLISECONDS]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return file.getvalue()


@contextmanager
def _drawing_in_memory() -> Iterator[None]:
    """Ask for no screen and no sound: where there is none, SDL complains on stderr."""
    drivers = ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER")
    before = {name: os.environ.get(name) for name in drivers}
    os.environ.update(dict.fromkeys(drivers, "dummy"))
    try:
        yield
    finally:
        for name, driver in before.items():
            if driver is None:
                del os.environ[name]
            else:
                os.environ[name] = driver


def _picture(env: gymnasium.Env) -> Image.Image:
    picture = Image.fromarray(np.asarray(env.render())).resize(
        FRAME_SIZE, Image.Resampling.BILINEAR
    )
    return picture.quantize(NUM_COLORS, dither=Image.Dither.NONE)
