"""Training from several seeds; a figure that grows, and a bar that shows how many are done."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from gymnasium.vector import VectorEnv
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.teaching.plotting import COLORS, house_style
from ppo_lesson.training.interrupts import INTERRUPTED
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import PPOConfig, TrainingResult, UpdateMetrics, evaluate, train
from ppo_lesson.training.rollouts import make_env

FIGURE_SIZE = (9.0, 4.0)
BAR_SIZE = (600, 16)


class Runs(NamedTuple):
    """The same settings trained from several seeds, and evaluated at the same moments."""

    steps: Tensor  # (U,) environment steps, each reached by the update before the evaluation
    returns: Tensor  # (S, U) mean return of fresh episodes, one row per seed
    results: tuple[TrainingResult, ...]  # S of them


def train_seeds(
    config: PPOConfig,
    seeds: Sequence[int],
    *,
    evaluations: int = 7,
    episodes: int = 20,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    on_run: Callable[[], None] = lambda: None,
) -> Runs:
    """Train once per seed, and evaluate each run at the same moments.

    Args:
        config: the settings of all runs.
        seeds: S of them, at least one; evaluation episodes take a seed of their own from each.
        evaluations: U, how many, at equal distances; the last one after the last update.
        episodes: fresh episodes per evaluation.
        policy_loss: as in `train`.
        make_env: as in `train`; the evaluations are played in its worlds too.
        on_run: called after every run: the place for a progress bar.

    Returns:
        The runs. After Ctrl-C: those that were finished before.

    Raises:
        ValueError: there is no seed.
        KeyboardInterrupt: Ctrl-C, before the first run was finished.
    """
    seeds = [check_seed(seed) for seed in seeds]
    evaluations, episodes = (
        check_count("evaluations", evaluations),
        check_count("episodes", episodes),
    )
    if not seeds:
        raise ValueError("seeds: expected at least one, got none")
    first = config.total_steps / evaluations
    moments = torch.linspace(first, config.total_steps, evaluations, dtype=torch.float64)
    returns, results = [], []
    for seed in seeds:
        row: list[float] = []

        def on_update(
            policy: ActorCritic, metrics: UpdateMetrics, row: list[float] = row, seed: int = seed
        ) -> None:
            while len(row) < evaluations and metrics.steps >= moments[len(row)]:
                played = evaluate(policy, episodes, 10_000 + seed, config.env_id, make_env)
                row.append(played.mean().item())

        result = train(
            config, seed=seed, policy_loss=policy_loss, make_env=make_env, on_update=on_update
        )
        if result.stopped == INTERRUPTED:
            break
        row += [float("nan")] * (evaluations - len(row))  # of a run that ended early, by a fault
        returns.append(row)
        results.append(result)
        on_run()
    if not returns:
        raise KeyboardInterrupt
    return Runs(moments, torch.tensor(returns, dtype=torch.float64), tuple(results))


def live_figure(draw: Callable[[Axes], object], description: str) -> Callable[[], None]:
    """Display a figure, and return a function that draws it anew in the same place.

    Args:
        draw: draws on empty axes what is to be seen at the moment.
        description: what the figure shows, for those who do not see it; it stays the same.
    """

    @house_style()
    def picture() -> dict[str, object]:
        # A Figure of its own: pyplot would keep it, and is not for callbacks of other threads.
        figure = Figure(figsize=FIGURE_SIZE)
        draw(figure.subplots())
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=100)
        return {"image/png": file.getvalue(), "text/plain": description}

    handle = display(picture(), raw=True, display_id=True)
    assert handle is not None  # display_id asks for it
    return lambda: handle.update(picture(), raw=True)


def progress_bar(total: int, description: str) -> Callable[[], None]:
    """Display a bar that fills, and return the function that moves it one step on.

    It is a picture: text that changes would be another text in every stored notebook.

    Args:
        total: steps until it is full, 1 or more.
        description: what is going on, for those who do not see it.

    Raises:
        ValueError: total is below 1.
    """
    total = check_count("total", total)
    done = 0

    def picture() -> dict[str, object]:
        (width, height), label_height = BAR_SIZE, 26
        image = Image.new("RGB", (width, height + label_height), "white")
        draw = ImageDraw.Draw(image)
        draw.fontmode = "1"  # without half-tones
        draw.rectangle((0, 0, width - 1, height - 1), fill="#dddddd")
        filled = round(width * min(done, total) / total)
        if filled:
            draw.rectangle((0, 0, filled - 1, height - 1), fill=COLORS["old"])
        label = f"{description}: {done} of {total}"
        draw.text((0, height + 4), label, fill="black", font_size=16)
        file = io.BytesIO()
        image.save(file, "PNG")
        return {"image/png": file.getvalue(), "text/plain": description}

    handle = display(picture(), raw=True, display_id=True)
    assert handle is not None  # display_id asks for it
    update = handle.update

    def advance() -> None:
        nonlocal done
        done += 1
        update(picture(), raw=True)

    return advance
