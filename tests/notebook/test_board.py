"""The dashboard shows what training reports, stops when asked, and costs little."""

from __future__ import annotations

import contextlib
import html
import io
import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import SyncVectorEnv
from PIL import Image

from ppo_lesson import maths
from ppo_lesson.commands.notebook_form import lasting
from ppo_lesson.notebook import board as module
from ppo_lesson.notebook.board import (
    DESCRIPTION,
    HOW_TO_STOP,
    SHARE,
    DashboardCurves,
    dashboard,
)
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult, diagnose
from ppo_lesson.training.experience import evaluate, make_env
from ppo_lesson.training.interrupts import press
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import Parts, train, train_with

CONFIG = PPOConfig(total_steps=1_024, num_envs=4, num_steps=32, num_epochs=1, minibatch_size=64)


pytestmark = pytest.mark.usefixtures("screen")

MADE = ("Button", "DashboardCurves", "HTML", "Image", "IntProgress", "Label")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, list]:
    """Keep the widgets and curves that a dashboard makes."""
    kept: dict[str, list] = {name: [] for name in MADE}
    for name, list_ in kept.items():
        real = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda *a, real=real, list_=list_, **k: list_.append(real(*a, **k)) or list_[-1],
        )
    return kept


def test_the_curves_are_those_of_the_training(made):
    result = train(
        CONFIG, seed=0, watch=dashboard(CONFIG, seed=1, iterations_between=3, num_episodes=5)
    )
    lines = made["DashboardCurves"][0].curves
    for name in ("approx_kl", "clip_fraction", "active_clip_fraction", "largest_ratio"):
        assert lines[name].values == result.curve(name).tolist()
        assert lines[name].steps == result.curve("steps").tolist()
    last = lines["return"].values[-1]
    assert last == evaluate(result.policy, 5, 1).mean().item()
    assert made["IntProgress"][0].value == CONFIG.total_steps
    assert made["Label"][0].value == f"{result.history[-1].steps:,} of 1,024 environment steps"


def test_a_watched_training_is_the_same_as_an_unwatched_one():
    board = dashboard(CONFIG, seed=1, iterations_between=1, num_episodes=2)
    watched = train(CONFIG, seed=0, watch=board).policy
    alone = train(CONFIG, seed=0).policy
    assert all(map(torch.equal, watched.parameters(), alone.parameters()))


def test_a_stored_page_keeps_one_picture_and_one_stable_line(screen):
    train(CONFIG, seed=0, watch=dashboard(CONFIG, seed=1))
    first, last = screen.shown
    assert set(lasting(first)) == set(lasting(last)) == {"image/png", "text/plain"}
    assert first["text/plain"] == last["text/plain"] == DESCRIPTION
    # A widget hands out a memoryview, which a kernel would send as a list of numbers.
    assert all(isinstance(shown["image/png"], bytes) for shown in (first, last))
    sizes = {Image.open(io.BytesIO(shown["image/png"])).size for shown in (first, last)}
    assert len(sizes) == 1


def test_stop_ends_training_after_the_running_update(made):
    board = dashboard(CONFIG, seed=1)

    def click_at_the_second(result):
        if len(result.history) == 2:
            made["Button"][0].click()
        return board(result)

    result = train(CONFIG, seed=0, watch=click_at_the_second)
    assert len(result.history) == 2
    assert result.stopped == "stopped by you"
    assert made["Button"][0].disabled


def press_once(*arguments: Any) -> None:
    press()


def press_twice(*arguments: Any) -> None:
    press()
    press()


def fail(*arguments: Any) -> None:
    raise KeyError("mine")


def no_number(log_prob: torch.Tensor, *arguments: Any) -> torch.Tensor:
    return log_prob.sum() * math.nan


# What a learner's loss does in the third iteration; how many are finished; the reason.
ENDS: dict[str, tuple[Callable[..., Any] | None, int | None, str]] = {
    "done": (None, None, "all steps done"),
    "Ctrl-C": (press_once, 3, "interrupted"),
    "a second Ctrl-C": (press_twice, 2, "stopped by KeyboardInterrupt"),
    "an error": (fail, 2, "stopped by KeyError"),
    "NaN": (no_number, 2, "the gradient&#x27;s norm is nan in iteration 3."),
    "Stop": (lambda *_: None, 3, "stopped by you"),
}


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(False, id="alone"),
        pytest.param(True, id="in a function of one's own", marks=pytest.mark.exhaustive),
    ],
)
@pytest.mark.parametrize("end", ENDS)
def test_every_end_is_shown_with_its_reason_and_keeps_the_last_picture(
    end: str, wrapped: bool, made, screen
) -> None:
    act, finished, reason = ENDS[end]
    board = dashboard(CONFIG, seed=1, iterations_between=10**9)
    board.next_picture = math.inf  # no time for one
    updates: list[None] = []
    todo = [act] if act else []

    def policy_loss(*arguments):
        if todo and len(updates) == 2:
            if end == "Stop":
                made["Button"][0].click()
            instead = todo.pop()(*arguments)
            if instead is not None:
                return instead
        return maths.clipped_surrogate_loss(*arguments)

    def counted(*arguments):
        updates.append(None)
        return diagnose(*arguments)

    watch = (lambda result: board(result)) if wrapped else board
    parts = Parts(policy_loss=policy_loss, diagnose=counted)
    with warnings.catch_warnings(), contextlib.suppress(KeyError, KeyboardInterrupt):
        warnings.simplefilter("ignore", RuntimeWarning)
        train_with(parts, CONFIG, seed=0, watch=watch)

    assert len(updates) == (finished or len(updates))
    assert made["Button"][0].disabled
    ended = f"Ended after {made['Label'][0].value}: {reason}"
    assert ended in made["HTML"][0].value
    assert made["IntProgress"][0].bar_style == ("success" if end == "done" else "warning")
    (curves,) = made["DashboardCurves"]
    assert len(curves.curves["approx_kl"].values) == len(updates) > 1
    assert made["IntProgress"][0].value == min(curves.steps, CONFIG.total_steps) > 0
    first, last = screen.shown
    assert last["image/png"] == bytes(made["Image"][0].value) == curves.png()
    assert last["image/png"] != first["image/png"]
    told = DESCRIPTION if end == "done" else f"{DESCRIPTION} {ended}"
    assert last["text/plain"].startswith(html.unescape(told))


def test_an_end_before_the_first_update_is_shown_too(made, screen) -> None:
    def no_world(env_id, num_envs):
        raise KeyError(env_id)

    with pytest.raises(KeyError):
        train(CONFIG, seed=0, make_env=no_world, watch=dashboard(CONFIG, seed=1))
    assert made["Button"][0].disabled
    ended = "Ended after 0 of 1,024 environment steps: stopped by KeyError."
    assert ended in made["HTML"][0].value
    assert len(screen.shown) == 2


def test_the_words_name_the_square_beside_stop_until_the_end(made) -> None:
    board, no_policy = dashboard(CONFIG, seed=1), ActorCritic(4, 2, (4,), torch.Generator())
    assert HOW_TO_STOP in made["HTML"][0].value
    assert "Stop, or the square in the toolbar," in HOW_TO_STOP
    board(TrainingResult(no_policy, stopped="<b>"))
    assert HOW_TO_STOP not in made["HTML"][0].value
    assert "&lt;b&gt;" in made["HTML"][0].value


def test_a_click_is_heard_where_the_page_has_sent_it_while_a_cell_runs(made) -> None:
    """As ipykernel 7.4 asks the comm of the button; tests/browser holds that it works."""
    dashboard(CONFIG, seed=1)
    button = made["Button"][0]
    button.disabled = True  # sends something, from the thread that runs the cell
    assert button.comm._reply_subshell_for({}, "a subshell") == "a subshell"


class FourNumbers(gymnasium.Env[np.ndarray, Any]):
    """As many numbers and actions as CartPole, and another reward: every episode returns -21."""

    observation_space = Box(-1.0, 1.0, shape=(4,), dtype=np.float32)
    action_space = Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.steps = 0
        return np.zeros(4, dtype=np.float32), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        return np.ones(4, dtype=np.float32), -7.0, self.steps == 3, False, {}


WORLDS = {
    "CartPole-v1": (make_env, (0, 520), [475]),
    "Acrobot-v1": (make_env, (-500, 0), [-100]),
    "MountainCar-v0": (make_env, (-200, 0), [-110]),
    "one's own": (lambda env_id, n: SyncVectorEnv([FourNumbers] * n), (-21, -21), []),
}


@pytest.mark.parametrize("env_id", WORLDS)
def test_in_any_discrete_world_the_returns_are_that_worlds_and_on_the_axis(
    env_id: str, made
) -> None:
    world, (lowest, highest), solved = WORLDS[env_id]
    config = replace(CONFIG, env_id=env_id, total_steps=256)
    board = dashboard(config, seed=1, num_episodes=2, iterations_between=1, make_env=world)
    result = train(config, seed=0, make_env=world, watch=board)
    curve = made["DashboardCurves"][0].curves["return"]
    played = evaluate(result.policy, 2, 1, env_id, world).mean().item()
    assert curve.values[-1] == played
    assert lowest <= played <= highest
    low, high = curve.ax.get_ylim()
    assert all(low <= value <= high for value in curve.values)
    guides = [line.get_ydata()[0] for line in curve.ax.lines if line is not curve.line]
    assert guides == solved


def test_drawing_takes_a_small_share_of_the_time(made, monkeypatch):
    """By clocks: 0.1 s of training for every iteration, and up to 0.04 s for every picture."""
    now, costs = 0.0, itertools.cycle((0.01, 0.04, 0.02))
    png = DashboardCurves.png

    def slow_png(self):
        nonlocal now
        now += next(costs)
        return png(self)

    monkeypatch.setattr(DashboardCurves, "png", slow_png)
    board = dashboard(CONFIG, seed=1, iterations_between=10**9, clock=lambda: now)
    result, metrics = train(CONFIG, seed=0), []
    now, pictures = 0.0, []
    for k in range(200):
        last = replace(result.history[0], steps=k, seconds=0.1 * (k + 1))
        metrics.append(last)
        before = now
        board(TrainingResult(result.policy, metrics))
        pictures.append(now - before)
        assert now < SHARE * last.seconds + 0.04  # the one that was drawn last is not paid for yet
    assert 15 < sum(cost > 0 for cost in pictures) < 100
    assert now < 0.05 * metrics[-1].seconds
    board(TrainingResult(result.policy, metrics, "done"))
    assert now > sum(pictures)  # the last one always
    assert SHARE < 0.05


def test_iterations_between_evaluations_must_be_one_or_more():
    with pytest.raises(ValueError, match="iterations_between: expected 1 or more, got 0"):
        dashboard(CONFIG, seed=0, iterations_between=0)
