"""A figure that grows, and a bar that shows how much is done."""

from __future__ import annotations

import io
from collections.abc import Callable

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from ppo_lesson.figures.style import COLORS, house_style
from ppo_lesson.maths.shapes import check_count

FIGURE_SIZE = (9.0, 4.0)
BAR_SIZE = (600, 16)


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
