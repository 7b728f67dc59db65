"""One colour and one line style a role, in figures, explorers and verdicts; plain data.

It stands below every floor, so that what needs a colour need not load what draws.
"""

from __future__ import annotations

COLORS = {
    "truth": "#000000",  # what is exact: J, the target p, the optimum
    "old": "#0072B2",  # the old policy, the proposal q
    "new": "#D55E00",  # the current policy, an estimate of the truth
    "weight": "#CC79A7",  # weights and ratios
    "good": "#009E73",  # positive advantage, a run that works
    "bad": "#E69F00",  # negative advantage, a run that fails
    "light": "#56B4E9",  # samples, clouds, seeds in the background
    "quiet": "#767676",  # axes, guides, notes
}
"""Colour-blind safe (Okabe and Ito, 2008), one role each in all notebooks."""

LINES = {"truth": "-", "old": "--", "new": "-", "weight": "-.", "good": "-", "bad": ":"}
"""Line style of each role, so that a figure can be read without its colours."""
