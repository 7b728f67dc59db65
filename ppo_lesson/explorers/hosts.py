"""Where a notebook is shown by something that knows no Vega-Lite: Google Colab and Kaggle.

They would show the stored picture, which does not move; of HTML they run the scripts. Everywhere
else that form would do harm: JupyterLab prefers HTML, and would hide its own, livelier drawing.
"""

from __future__ import annotations

import html
import os
import sys

from ppo_lesson.explorers.vega import Json
from ppo_lesson.notebook import renderer

KAGGLE = "KAGGLE_KERNEL_RUN_TYPE"
"""Of Kaggle's variables in the environment the one that each of its kernels has."""

EDGE = 20  # pixels around the drawing: a page's own margin


def need_html() -> bool:
    """Tell whether this kernel runs where a drawing must bring along what draws it."""
    return "google.colab" in sys.modules or KAGGLE in os.environ


def frame(specification: Json, title: str, size: tuple[int, int]) -> str:
    """Write a page that draws the specification, in a frame: nobody's style reaches inside.

    Args:
        specification: of Vega-Lite.
        title: what a screen reader says of the frame.
        size: of the drawing: width and height in pixels.

    Raises:
        OSError: there are too few addresses left to start the program that writes it.
    """
    width, height = (length + EDGE for length in size)
    page = html.escape(renderer.page(specification))
    return (
        f'<iframe title="{html.escape(title)}" width="{width}" height="{height}" '
        f'style="border: 0; background: white" srcdoc="{page}"></iframe>'
    )
