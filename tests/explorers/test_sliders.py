"""What can be moved: positions, starts, and the parameter that a page gets."""

from __future__ import annotations

import pytest

from ppo_lesson.explorers.sliders import Choice, Slider

THETA = Slider("theta", "theta", -1, 1, 0.1, 0.3)


def test_positions_are_the_steps_from_low_to_high_without_noise():
    assert THETA.positions[:4] == (-1, -0.9, -0.8, -0.7)
    assert THETA.positions[13] == 0.3 and THETA.positions[-1] == 1 and len(THETA.positions) == 21


def test_a_position_is_found_although_sums_of_tenths_are_not_tenths():
    assert THETA.index(0.1 + 0.2) == 13
    with pytest.raises(ValueError, match=r"theta: expected -1 to 1 in steps of 0\.1, got 0\.25"):
        THETA.index(0.25)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "width"}, "name"),
        ({"name": "two words"}, "name"),
        ({"label": " "}, "label"),
        ({"step": 0}, "step"),
        ({"step": 0.3}, "high"),
        ({"low": 2}, "high"),
        ({"low": float("nan")}, "low"),
        ({"start": 0.25}, "theta"),
    ],
)
def test_a_slider_that_cannot_work_is_refused_by_name(change, word):
    fields = {"name": "theta", "label": "t", "low": -1, "high": 1, "step": 0.1, "start": 0} | change
    with pytest.raises(ValueError, match=f"^{word}: "):
        Slider(**fields)


def test_a_slider_has_a_name_for_screen_readers_and_keeps_its_keys():
    bound = THETA.parameter(0.3, "width: 9px")["bind"]
    # Not "range": that is Vega's own branch, which passes no attribute on. See the browser tests.
    assert bound["input"] == "Range"
    assert bound["aria-label"] == "theta" and bound["data-lm-suppress-shortcuts"] == "true"
    assert (bound["min"], bound["max"], bound["step"]) == ("-1", "1", "0.1")
    assert bound["style"].startswith("width: 9px; accent-color: #")


def test_the_arrays_along_a_slider_become_rows_of_which_one_is_kept() -> None:
    assert THETA.here("theta", "height") == [
        {"flatten": ["theta", "height"]},
        {"filter": THETA.is_at()},
    ]


def test_a_slider_says_where_it_stands():
    assert THETA.as_text(0.3) == "theta at 0.3 (-1 to 1)"
    assert THETA.caption() == '"theta: " + theta'


def test_a_choice_is_two_buttons_with_a_slider_of_two_positions_on_them():
    choice = Choice("negative", "advantage A", ("+1", "-1"))
    assert choice.positions == (False, True) and choice.start is False
    assert choice.as_text(True) == "advantage A: -1 (or +1)"
    assert choice.pressed(1) == "toNumber(negative) == 1"
    found = choice.parameter(True, "")
    assert found["value"] == 1 and found["bind"]["max"] == "1"
    assert "appearance: none" in found["bind"]["style"]
    assert found["bind"]["aria-label"] == "advantage A: 0 is +1, 1 is -1"
    with pytest.raises(ValueError, match="negative: expected True or False, got 2"):
        choice.index(2)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"name": "datum"}, "name"), ({"label": ""}, "label"), ({"options": ("a", "")}, "options")],
)
def test_a_choice_that_cannot_work_is_refused_by_name(change, word):
    fields = {"name": "negative", "label": "A", "options": ("+1", "-1")} | change
    with pytest.raises(ValueError, match=f"^{word}: "):
        Choice(**fields)
