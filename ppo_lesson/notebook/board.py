"""Training on one screen while it happens: a bar, four curves, and a button that stops it."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

from gymnasium.vector import VectorEnv
from IPython.display import display
from ipywidgets import HTML, Button, HBox, Image, IntProgress, Label, Layout, VBox

from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.notebook.curves import WIDTH, Curves
from ppo_lesson.training import rollouts
from ppo_lesson.training.interrupts import tell_at_the_end
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import PPOConfig, TrainingResult, UpdateMetrics, evaluate
from ppo_lesson.training.rollouts import make_env, solved_return

SHARE = 0.04
"""Of the time that training takes by itself, how much drawing may take; the aim is below 5 %."""

DESCRIPTION = "Training dashboard: return, KL, clip fraction and largest ratio against steps."
HOW_TO_STOP = (
    "Stop, or the square in the toolbar, ends training after the running update. Nothing is lost."
)
STOPPED = "stopped by you"


def dashboard(
    config: PPOConfig,
    seed: int,
    *,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    every: int = 5,
    episodes: int = 20,
    clock: Callable[[], float] = time.perf_counter,
) -> Dashboard:
    """Display a dashboard, and return the `on_update` that keeps it alive.

    A page that is stored keeps the last picture and one line of text. The Stop button ends training
    after the running update, as Ctrl-C does. Evaluating and drawing do not count as training time.
    It shows every end, and why training ended. An `on_update` of your own may call this one; it
    should return what this one returns, or Stop stops nothing.

    Args:
        config: the settings that training runs with.
        seed: of the evaluation episodes.
        make_env: as in `train`; the evaluations are played in its worlds.
        every: evaluate after so many updates, 1 or more; the last update is always evaluated.
        episodes: fresh episodes per evaluation.
        clock: tells the time in seconds.

    Raises:
        ValueError: every is below 1.
    """
    every, episodes = check_count("every", every), check_count("episodes", episodes)
    seed = check_seed(seed)

    def play(policy: ActorCritic) -> float:
        return evaluate(policy, episodes, seed, config.env_id, make_env).mean().item()

    # Of a world that gymnasium does not make, it cannot say when it is solved.
    solved = solved_return(config.env_id) if make_env is rollouts.make_env else None
    return Dashboard(Board(config.total_steps, Curves(config, solved)), play, every, clock)


class Dashboard:
    """Watches a training: evaluates now and then, draws where there is time, and tells the end."""

    def __init__(
        self,
        board: Board,
        play: Callable[[ActorCritic], float],
        every: int,
        clock: Callable[[], float],
    ) -> None:
        """Watch from now on; `play` evaluates a policy."""
        self.board, self.play, self.every, self.clock = board, play, every, clock
        self.updates, self.begin = 0, clock()
        self.watching, self.drawing, self.last_cost = 0.0, 0.0, 0.0  # seconds

    def __call__(self, policy: ActorCritic, metrics: UpdateMetrics) -> str | None:
        """Take in an update; return why training should end, if it should."""
        tell_at_the_end(self.finish)
        board, start = self.board, self.clock()
        training = start - self.begin - self.watching
        self.updates += 1
        stopping = board.stopped  # a click that comes from now on ends the next update
        is_last = stopping or metrics.steps >= board.total
        board.curves.add(metrics)
        if is_last or self.updates % self.every == 0:
            board.curves.extend("return", metrics.steps, self.play(policy))
        # There must be time for this picture and for the last one, which `finish` draws.
        if self.drawing + 2 * self.last_cost < SHARE * training:
            before = self.clock()
            board.show(metrics.steps)
            self.last_cost = self.clock() - before
            self.drawing += self.last_cost
        self.watching += self.clock() - start
        return STOPPED if stopping else None

    def finish(self, reason: str) -> None:
        """Show that training is over, and why."""
        self.board.finish(reason)


class Board:
    """A bar, lines of text, a Stop button and a picture, displayed beneath the cell."""

    def __init__(self, total: int, curves: Curves) -> None:
        """Display the beginning: no steps, empty curves."""
        self.total, self.curves, self.stopped = total, curves, False
        self.bar = IntProgress(max=total, layout=Layout(width="320px"))
        self.steps = Label(layout=Layout(width="auto"))
        self.stop = Button(description="Stop", tooltip=HOW_TO_STOP, layout=Layout(width="110px"))
        self.stop.on_click(self._press)
        _hear_while_busy(self.stop)
        self.words = HTML(_status(HOW_TO_STOP))
        self.picture = Image(format="png", layout=Layout(width=f"{WIDTH}px", max_width="100%"))
        self.show(0)
        everything = VBox([HBox([self.bar, self.steps, self.stop]), self.words, self.picture])
        self.view = {"application/vnd.jupyter.widget-view+json": everything.get_view_spec()}
        handle = display(self._stored(DESCRIPTION), raw=True, display_id=True)
        assert handle is not None  # display_id asks for it
        self.handle = handle

    def show(self, steps: int) -> None:
        """Move the bar and draw the curves."""
        self.bar.value = steps
        self.steps.value = f"{steps:,} of {self.total:,} environment steps"
        self.picture.value = self.curves.png()

    def finish(self, reason: str) -> None:
        """Say why training has ended, and leave the last picture to the stored notebook."""
        self.stop.disabled = True
        self.show(self.curves.steps)
        ended = f"Ended after {self.steps.value}: {reason}."
        self.words.value = _status(ended)
        done = reason == TrainingResult.stopped  # what it says where nothing came in between
        self.bar.bar_style = "success" if done else "warning"
        text = DESCRIPTION if done else f"{DESCRIPTION} {ended}"
        self.handle.update(self._stored(text), raw=True)

    def _press(self, _: object) -> None:
        self.stopped = self.stop.disabled = True

    def _stored(self, text: str) -> dict[str, object]:
        # The widget hands out a memoryview, which a kernel would send as a list of numbers.
        return {**self.view, "image/png": bytes(self.picture.value), "text/plain": text}


def _status(text: str) -> str:
    """Write words that a screen reader says when they change, and what it says of the picture.

    The widget of a picture knows no alt text, and one with a tooltip does not show.
    """
    unseen = "position: absolute; width: 1px; overflow: hidden; clip-path: inset(50%)"
    return (
        f'<div role="status" aria-live="polite">{html.escape(text)}</div>'
        f'<div style="{unseen}; white-space: nowrap">{DESCRIPTION}</div>'
    )


def _hear_while_busy(button: Button) -> None:
    """Let a click reach the kernel while a cell is running.

    JupyterLab sends clicks to a second thread of the kernel, a "subshell" (documented, and on by
    default). But ipykernel 7.4 passes them on to the thread that last sent something about the
    button: the one that runs the cell and has no time. It asks the button's comm where a message
    should go, by a method of no documented name; here the answer is "where the page has sent it".
    Older and other kernels do not ask. tests/browser holds that it works; the square in the toolbar
    does without all this.
    """
    if button.comm is not None:
        vars(button.comm)["_reply_subshell_for"] = lambda data, asked_for: asked_for
