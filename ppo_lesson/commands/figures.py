"""The four figures of the README, drawn by the functions that draw the notebooks'."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import torch
from matplotlib.figure import Figure

from ppo_lesson.teaching.figures_clip import plot_clip
from ppo_lesson.teaching.figures_importance import plot_weighted_samples
from ppo_lesson.teaching.figures_surrogate import plot_cliff_tangent
from ppo_lesson.teaching.figures_training import plot_seeds
from ppo_lesson.teaching.live import train_seeds
from ppo_lesson.teaching.plotting import STYLE
from ppo_lesson.training.ppo import PPOConfig
from ppo_lesson.worlds.toys import Gaussian

NUM_SEEDS = 10


def write(folder: Path) -> list[Path]:
    """Draw the figures into a folder, made if need be, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {
        "importance_sampling": _importance_sampling,
        "surrogate_cliff": _surrogate_cliff,
        "clip": _clip,
        "cartpole": _cartpole,
    }
    paths = []
    with mpl.rc_context(STYLE):
        for name, draw in drawings.items():
            paths.append(folder / f"{name}.png")
            # No metadata: the version of matplotlib would change the file without changing it.
            draw().savefig(paths[-1], metadata={"Software": None})
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
    runs = train_seeds(PPOConfig(), range(NUM_SEEDS), evaluations=24, episodes=20)
    figure = Figure()
    ax = plot_seeds(figure.subplots(), runs.steps, runs.returns)
    ax.set_title(f"PPO learns CartPole: {NUM_SEEDS} seeds, their median bold")
    return figure
