"""The pole in motion, as one small picture that plays by itself."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import gymnasium
import numpy as np
from PIL import Image

from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.training.networks import ActorCritic

FRAME_SIZE = (300, 200)
NUM_COLORS = 16
STEP_MILLISECONDS = 20
"""CartPole's physics advances 0.02 s per step."""

PAUSE_MILLISECONDS = 1500
"""How long the last picture stays before the animation starts again."""


@dataclass(frozen=True)
class Animation:
    """An animated picture with a sentence that says what happens in it."""

    gif: bytes
    description: str

    def __repr__(self) -> str:
        """Return the sentence, for those who do not see the picture."""
        return self.description

    def _repr_html_(self) -> str:
        source = "data:image/gif;base64," + base64.b64encode(self.gif).decode()
        alt = html.escape(self.description)
        width, height = (2 * size for size in FRAME_SIZE)  # to be seen from the back row
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
    first, *rest = recording.pictures
    durations = [recording.every * STEP_MILLISECONDS] * len(rest) + [PAUSE_MILLISECONDS]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return Animation(file.getvalue(), description)


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
