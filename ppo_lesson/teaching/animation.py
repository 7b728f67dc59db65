"""The pole in motion, as one small picture that plays by itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import gymnasium
import numpy as np
from PIL import Image

from ppo_lesson.training.networks import ActorCritic

FRAME_SIZE = (300, 200)
NUM_COLORS = 16
STEP_MILLISECONDS = 20
"""CartPole's physics advances 0.02 s per step."""


@dataclass(frozen=True)
class Animation:
    """An animated picture with a sentence that says what happens in it."""

    gif: bytes
    description: str

    def __repr__(self) -> str:
        """Return the sentence, for those who do not see the picture."""
        return self.description

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return {"image/gif": self.gif, "text/plain": self.description}


def record_pole(policy: ActorCritic, seed: int, num_steps: int = 500) -> list[Image.Image]:
    """Play one episode with sampled actions and take a picture of every step.

    Args:
        policy: the policy to play.
        seed: of environment and actions.
        num_steps: longest episode, in steps of 0.02 s.

    Returns:
        Pictures of 300 x 200 pixels, one before the first step and one after each step.
    """
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array", max_episode_steps=num_steps)
    sample = policy.sampler(np.random.default_rng(seed))
    obs, _ = env.reset(seed=seed)
    pictures, ended = [_picture(env)], False
    while not ended:
        obs, _, terminated, truncated, _ = env.step(sample(obs))
        pictures.append(_picture(env))
        ended = terminated or truncated
    env.close()
    return pictures


def animate(pictures: Sequence[Image.Image], description: str, every: int = 5) -> Animation:
    """Join pictures into an animation that loops at true speed, with a pause at the end.

    Args:
        pictures: one per step of 0.02 s, at least one.
        description: a sentence that says what is seen.
        every: keep one picture of so many, 1 or more.

    Raises:
        ValueError: there is no picture, or every is below 1.
    """
    if not pictures:
        raise ValueError("pictures: expected at least one, got none")
    if every < 1:
        raise ValueError(f"every: expected 1 or more, got {every}")
    kept = list(pictures[::every])
    if (len(pictures) - 1) % every:
        kept.append(pictures[-1])
    durations = [every * STEP_MILLISECONDS] * (len(kept) - 1) + [1500]
    file = io.BytesIO()
    first, *rest = kept
    first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return Animation(file.getvalue(), description)


def _picture(env: gymnasium.Env) -> Image.Image:
    picture = Image.fromarray(np.asarray(env.render())).resize(FRAME_SIZE, Image.Resampling.BILINEAR)
    return picture.quantize(NUM_COLORS, dither=Image.Dither.NONE)
