"""A figure that grows, and a bar that shows how much is done."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from ppo_lesson.figures.style import house_style
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL import ImageFont

    from ppo_lesson.language.rlhf import Alignment

FIGURE_SIZE = (9.0, 4.0)
ITERATIONS_BETWEEN = 10  # two drawings of a climb
BAR_SIZE = (600, 16)
LABEL_HEIGHT = 26
FONT, FONT_SIZE = "DejaVuSans.ttf", 16  # the font of all figures, which matplotlib brings along


def live_figure(draw: Callable[[Axes], object], description: str) -> Callable[[], None]:
    """Display a figure, and return a function that draws it anew in the same place.

    Args:
        draw: draws on empty axes what is to be seen at the moment.
        description: what the figure shows, for those who do not see it; it stays the same.
    """
    from matplotlib.figure import Figure

    @house_style()
    def png() -> bytes:
        # A Figure of its own: pyplot would keep it, and is not for callbacks of other threads.
        figure = Figure(figsize=FIGURE_SIZE)
        draw(figure.subplots())
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=100)
        return file.getvalue()

    return _live_picture(png, description)


def climb(optimum: tuple[float, float], num_iterations: int) -> Callable[[Alignment], None]:
    """Display score and KL of an alignment as they grow; return what `language.align` calls.

    Args:
        optimum: expected score and KL of the best policy.
        num_iterations: how many there will be.
    """
    from ppo_lesson.figures.language_models import plot_climb

    num_iterations, history = check_count("num_iterations", num_iterations), []

    def plot(ax: Axes) -> Axes:
        score, kl = ([getattr(seen, name) for seen in history] for name in ("score", "kl"))
        return plot_climb(ax, score, kl, optimum, num_iterations)

    redraw = live_figure(plot, "score and KL of each iteration of PPO, beside the optimum's")

    def watch(result: Alignment) -> None:
        history[:] = result.history
        if len(history) % ITERATIONS_BETWEEN == 0:
            redraw()

    return watch


def progress_bar(total: int, description: str) -> Callable[..., None]:
    """Display a bar that fills, and return the function that moves it one step on.

    It is a picture: text that changes would be another text in every stored notebook. The function
    may be called with what is done, as `sweep(..., on_job=progress_bar(6, "six trainings"))` does.

    Args:
        total: steps until it is full, 1 or more.
        description: what is going on, for those who do not see it.

    Raises:
        ValueError: total is below 1.
    """
    from PIL import Image, ImageDraw

    total = check_count("total", total)
    done = 0
    font = figure_font()

    def png() -> bytes:
        width, height = BAR_SIZE
        image = Image.new("RGB", (width, height + LABEL_HEIGHT), "white")
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, width - 1, height - 1), fill="#dddddd")
        filled = round(width * min(done, total) / total)
        if filled:
            draw.rectangle((0, 0, filled - 1, height - 1), fill=COLORS["old"])
        draw.text((0, height + 4), f"{description}: {done} of {total}", fill="black", font=font)
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    show = _live_picture(png, description)

    def advance(_job: object = None) -> None:
        nonlocal done
        done += 1
        show()

    return advance


def figure_font() -> ImageFont.FreeTypeFont:
    """Load the font of all figures, for pictures that are drawn without matplotlib."""
    import matplotlib
    from PIL import ImageFont

    file = str(Path(matplotlib.get_data_path(), "fonts", "ttf", FONT))  # Pillow 10.1 takes no Path
    # Letter by letter: other ways to set a line depend on what is installed.
    return ImageFont.truetype(file, FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)


def _live_picture(png: Callable[[], bytes], description: str) -> Callable[[], None]:
    """Display a picture, and return the function that draws it anew in the same place."""

    def forms() -> dict[str, object]:
        return {"image/png": png(), "text/plain": description}

    update = display_forms(forms())
    return lambda: update(forms())


def display_forms(forms: dict[str, object]) -> Callable[[dict[str, object]], None]:
    """Display something, mime type -> form, and return the function that puts other forms there."""
    handle = display(forms, raw=True, display_id=True)
    assert handle is not None  # display_id asks for it
    return partial(handle.update, raw=True)
