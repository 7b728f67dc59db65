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
from ppo_lesson.teaching.plotting import STYLE
from ppo_lesson.training.ppo import PPOConfig, evaluate, train
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
    """Train with the defaults from several seeds; evaluate after every second update."""
    config = PPOConfig()
    every = 2 * config.num_envs * config.num_steps
    curves = []
    for seed in range(NUM_SEEDS):
        returns: list[float] = []

        def on_update(policy, metrics, seed=seed, returns=returns) -> None:
            # Resets cost a few steps, so this falls behind the round number by less than an update.
            if metrics.steps >= every * (len(returns) + 1):
                returns.append(evaluate(policy, 20, seed).mean().item())

        train(config, seed=seed, on_update=on_update)
        curves.append(torch.tensor(returns))
    figure = Figure()
    ax = figure.subplots()
    steps = [every * (k + 1) for k in range(len(curves[0]))]
    plot_seeds(ax, steps, torch.stack(curves))
    ax.set_title(f"PPO learns CartPole: {NUM_SEEDS} seeds, their median bold")
    return figure
