"""Training on one screen while it happens: a bar, six panels, and a button that stops it."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

from gymnasium.vector import VectorEnv
from ipywidgets import HTML, Button, HBox, Image, IntProgress, Label, Layout, VBox

from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.notebook.curves import WIDTH, DashboardCurves
from ppo_lesson.notebook.live import display_forms
from ppo_lesson.training import experience
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate, make_env, solved_return
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import ALL_DONE

SHARE = 0.04
"""Of the time that training takes by itself, how much drawing may take; the aim is below 5 %."""

DESCRIPTION = (
    "Training dashboard: return, KL, clip fraction, largest ratio, value loss and entropy "
    "against steps."
)
HOW_TO_STOP = (
    "Stop, or the square in the toolbar, ends training after the running update. Nothing is lost."
)
STOPPED = "stopped by you"


def dashboard(
    config: PPOConfig,
    seed: int,
    *,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    iterations_between: int = 5,
    num_episodes: int = 20,
    clock: Callable[[], float] = time.perf_counter,
) -> Dashboard:
    """Display a dashboard, and return it: what `train` takes as `watch`.

    A page that is stored keeps the last picture and one line of text. The Stop button ends training
    after the running iteration, as Ctrl-C does. Evaluating and drawing do not count as training
    time. It shows every end, and why training ended. A watcher of your own may call this one, each
    time that it is called; it should return what this one returns, or Stop stops nothing.

    Args:
        config: the settings that training runs with.
        seed: of the evaluation episodes.
        make_env: as in `train`; the evaluations are played in its worlds.
        iterations_between: two evaluations, 1 or more; the last iteration is always evaluated.
        num_episodes: fresh ones per evaluation.
        clock: tells the time in seconds.

    Raises:
        ValueError: iterations_between or num_episodes is below 1, or seed is no seed.
    """
    between = check_count("iterations_between", iterations_between)
    num_episodes, seed = check_count("num_episodes", num_episodes), check_seed(seed)

    def play(policy: ActorCritic) -> float:
        return evaluate(policy, num_episodes, seed, config.env_id, make_env).mean().item()

    # Of a world that gymnasium does not make, it cannot say when it is solved.
    solved = solved_return(config.env_id) if make_env is experience.make_env else None
    curves = DashboardCurves(config, solved)
    return Dashboard(config.total_steps, curves, play, between, clock)


class Dashboard:
    """A bar, lines of text, a Stop button and a picture beneath the cell, which follow a training.

    It evaluates now and then, draws where there is time, and shows the end.
    """

    def __init__(
        self,
        total: int,
        curves: DashboardCurves,
        play: Callable[[ActorCritic], float],
        iterations_between: int,
        clock: Callable[[], float],
    ) -> None:
        """Display the beginning: no steps, empty curves; `play` evaluates a policy."""
        self.total, self.curves, self.play = total, curves, play
        self.iterations_between, self.clock = iterations_between, clock
        self.next_picture = 0.0  # seconds of training before there is time for one
        self.stopped = False  # by the button
        self.bar = IntProgress(max=total, layout=Layout(width="320px"))
        self.steps = Label(layout=Layout(width="auto"))
        self.stop = Button(description="Stop", tooltip=HOW_TO_STOP, layout=Layout(width="110px"))
        self.stop.on_click(self._press)
        _hear_while_busy(self.stop)
        self.words = HTML(_status(HOW_TO_STOP))
        self.picture = Image(format="png", layout=Layout(width=f"{WIDTH}px", max_width="100%"))
        self._show(steps=0, seconds=0.0)
        everything = VBox([HBox([self.bar, self.steps, self.stop]), self.words, self.picture])
        self.view = {"application/vnd.jupyter.widget-view+json": everything.get_view_spec()}
        self.update = display_forms(self._stored(DESCRIPTION))

    def __call__(self, result: TrainingResult) -> str | None:
        """Take in an iteration, or the end; return why training should end, if it should."""
        if result.stopped:
            self._finish(result)
            return None
        stopping = self.stopped  # a click that comes from now on ends the next iteration
        metrics = result.history[-1]
        self.curves.add(metrics)
        is_last = stopping or metrics.steps >= self.total
        if is_last or len(result.history) % self.iterations_between == 0:
            self.curves.extend("return", metrics.steps, self.play(result.policy))
        if metrics.seconds >= self.next_picture:
            self._show(metrics.steps, metrics.seconds)
        return STOPPED if stopping else None

    def _show(self, steps: int, seconds: float) -> None:
        """Move the bar and draw the curves; the next picture waits until this one is paid for."""
        begin = self.clock()
        self.bar.value = steps
        self.steps.value = f"{steps:,} of {self.total:,} environment steps"
        self.picture.value = self.curves.png()
        self.next_picture = seconds + (self.clock() - begin) / SHARE

    def _finish(self, result: TrainingResult) -> None:
        """Say why training has ended, and leave the last picture to the stored notebook."""
        self.stop.disabled = True
        self._show(self.curves.steps, seconds=0.0)
        ended = f"Ended after {self.steps.value}: {result.stopped}."
        self.words.value = _status(ended)
        done = result.stopped == ALL_DONE
        self.bar.bar_style = "success" if done else "warning"
        text = DESCRIPTION if done else f"{DESCRIPTION} {ended}"
        self.update(self._stored(text))

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
