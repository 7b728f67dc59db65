"""The four figures of the README, drawn by the functions that draw the notebooks'."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from matplotlib.figure import Figure

from ppo_lesson.figures.clip import plot_clip
from ppo_lesson.figures.importance_sampling import plot_weighted_samples
from ppo_lesson.figures.ppo_cartpole import plot_seeds
from ppo_lesson.figures.style import house_style
from ppo_lesson.figures.surrogate_gradient import plot_cliff_tangent
from ppo_lesson.files import checkout, make_folder, replace_bytes, spare_others
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.seeds import train_seeds
from ppo_lesson.worlds.toys import Gaussian

NUM_SEEDS = 10
MARK = "ppo_lesson figures"  # by it a picture of ours is known


def write(folder: Path | None = None) -> list[Path]:
    """Draw the figures into a folder, made if need be, and return their paths.

    Args:
        folder: the checkout's own, beside the README, unless another is named.

    Raises:
        OSError: there is no checkout and no other folder is named, the folder cannot be made, or it
            holds a file of that name which is not ours.
    """
    if folder is None:
        folder = checkout() / "figures"
    make_folder(folder)
    drawings = {
        "importance_sampling": _importance_sampling,
        "surrogate_cliff": _surrogate_cliff,
        "clip": _clip,
        "cartpole": _cartpole,
    }
    paths = [folder / f"{name}.png" for name in drawings]
    spare_others(paths, MARK)
    with house_style():
        for path, draw in zip(paths, drawings.values(), strict=True):
            # In place of the version of matplotlib, which would change the file and no pixel.
            picture = io.BytesIO()
            draw().savefig(picture, format="png", metadata={"Software": MARK})
            replace_bytes(path, picture.getvalue())
    return paths


def _importance_sampling() -> Figure:
    figure = Figure()
    target, proposal = Gaussian(0.0, 1.0), Gaussian(1.5, 1.5)
    x = proposal.sample(60, torch.Generator().manual_seed(2))
    title = "Weights let samples of q stand for p"
    plot_weighted_samples(figure.subplots(), target, proposal, x, title)
    return figure


def _surrogate_cliff() -> Figure:
    figure = Figure()
    theta = torch.linspace(-2, 4, 121, dtype=torch.float64)
    ax = plot_cliff_tangent(figure.subplots(), theta, torch.tensor(0.0, dtype=torch.float64))
    ax.set_title("The surrogate agrees at one point and promises a gain where the truth falls")
    return figure


def _clip() -> Figure:
    figure = Figure()
    for ax, advantage in zip(figure.subplots(1, 2), (1.0, -1.0), strict=True):
        plot_clip(ax, advantage, PPOConfig().clip_epsilon)
    return figure


def _cartpole() -> Figure:
    """Train with the defaults from several seeds."""
    runs = train_seeds(PPOConfig(), range(NUM_SEEDS), num_evaluations=24, num_episodes=20)
    if len(runs.results) < NUM_SEEDS:  # Ctrl-C
        raise KeyboardInterrupt
    figure = Figure()
    ax = plot_seeds(figure.subplots(), runs.steps, runs.returns)
    ax.set_title(f"PPO learns CartPole: {NUM_SEEDS} seeds, their median bold")
    return figure
