"""What the figure of the clip draws is the clipped objective."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from ppo_lesson.figures.clip import plot_clip


@pytest.mark.parametrize("advantage", [1.0, -2.0])
def test_the_lines_are_the_objectives_of_one_sample(advantage):
    ax = plot_clip(Figure().subplots(), advantage, 0.2)
    unclipped, clipped = (line.get_xydata() for line in ax.lines[:2])
    ratio = unclipped[:, 0]
    np.testing.assert_allclose(unclipped[:, 1], ratio * advantage)
    bound = np.where(advantage > 0, np.minimum(ratio, 1.2), np.maximum(ratio, 0.8))
    np.testing.assert_allclose(clipped[:, 1], bound * advantage)


@pytest.mark.parametrize(("advantage", "flat"), [(1.0, (1.2, 2.0)), (-1.0, (0.02, 0.8))])
def test_the_note_stands_over_the_flat_part(advantage, flat):
    ax = plot_clip(Figure().subplots(), advantage, 0.2)
    (note,) = [text for text in ax.texts if text.get_text() == "no gradient"]
    assert flat[0] < note.xy[0] < flat[1]
