"""Whatever a learner's function does, numbers come or one sentence that says what went wrong."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch

from ppo_lesson.exercises.trial import NOT_STARTED
from ppo_lesson.explorers import (
    EXPLORERS,
    clip as explorers_clip,
    importance as explorers_importance,
)
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.own_function import Trouble, tabulate
from ppo_lesson.figures.style import COLORS
from ppo_lesson.maths import clipped_surrogate_loss, importance_weights
from ppo_lesson.notebook import renderer

CALLS = [{"x": torch.tensor([float(k)])} for k in range(3)]
PLACES = [f"x = {k}" for k in range(3)]


def told(function, **options) -> str:
    found = tabulate(function, CALLS, PLACES, (), **options)
    assert isinstance(found, Trouble)
    return found.sentence


def raises(error):
    def function(x):
        raise error

    return function


class BadText(Exception):
    def __str__(self):
        raise RuntimeError


def test_numbers_come_back_detached_and_in_double_precision():
    leaf = torch.ones(1, requires_grad=True)
    found = tabulate(lambda x: (leaf * x).sum().float(), CALLS, PLACES, ())
    assert [float(entry) for entry in found] == [0, 1, 2]
    assert all(e.dtype == torch.float64 and not e.requires_grad for e in found)


def test_a_function_that_changes_its_inputs_changes_a_copy():
    assert not isinstance(tabulate(lambda x: x.add_(1).sum(), CALLS, PLACES, ()), Trouble)
    assert float(CALLS[1]["x"]) == 1


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 1 / 0, "raised ZeroDivisionError at x = 0: division by zero"),
        (lambda x: x, "tensor of shape (1,) at x = 0; one of shape () is drawn"),
        (lambda x: None, "returned None at x = 0"),
        (lambda x: x.to_sparse(), "returned a sparse tensor at x = 0"),
        (lambda x: x.sum() * 1j, "returned complex numbers at x = 0"),
        (lambda x: x.to_sparse().clamp(min=0), "raised NotImplementedError at x = 0: "),
        (lambda x: 0.5, "returned a Python number at x = 0"),
        (lambda x: (1 / (x - 1)).sum(), "returned inf at x = 1"),
        (lambda x, y: x, "raised TypeError at x = 0"),
        (raises(SystemExit()), "raised SystemExit at x = 0."),
        (raises(KeyboardInterrupt()), "raised KeyboardInterrupt at x = 0."),
        (raises(BadText()), "raised BadText at x = 0"),
        (raises(NotImplementedError()), NOT_STARTED),
        ("no function", "This is not a function but a str"),
    ],
)
def test_what_goes_wrong_is_one_sentence(function, words):
    assert words in told(function)


def test_an_endless_loop_is_ended():
    def endless(x):
        while True:
            pass

    assert "still running after 0.2 seconds, at x = 0" in told(endless, time_limit=0.2)


def test_what_it_prints_and_sets_stays_in_there(capsys):
    def loud(x):
        print("hello")
        torch.set_default_dtype(torch.float16)
        return x.sum()

    assert not isinstance(tabulate(loud, CALLS, PLACES, ()), Trouble)
    assert capsys.readouterr().out == "" and torch.get_default_dtype() == torch.float32


def test_trouble_shows_its_sentence_as_text_and_escaped():
    trouble = Trouble("a < b in `c`")
    assert repr(trouble) == "a < b in `c`"
    shown = trouble._repr_html_()
    assert "a &lt; b in <code>c</code>" in shown and "role='status'" in shown


class Own(NamedTuple):
    """What an explorer says of a learner's function."""

    right: Callable  # a right answer
    line: str  # field of the table: the heights of the learner's line
    value: str  # field of the table: the value that is marked where it lies beyond the axis
    ends: tuple[float, float]  # of what is drawn as it is


OWN = {
    "proposal_explorer": Own(
        importance_weights, "my_estimate", "mine_at_end", explorers_importance.INNER
    ),
    "clip_lab": Own(clipped_surrogate_loss, "mine", "my_text", explorers_clip.INNER),
}
ANSWERS = {
    "right": lambda right: right,
    "10 times too large": lambda right: 10 * right,
    "upside down": lambda right: 1 / right,
    "negative": lambda right: -right,
    "constant": lambda right: torch.full_like(right, 7.0),
    "zero": torch.zeros_like,
    "huge": lambda right: 1e150 * right,
    "in single precision": lambda right: right.float(),
    "a logarithm": lambda right: right.abs().log(),
}
NOT_FINITE = {
    "nan": lambda right: right * torch.nan,
    "inf": lambda right: right / 0,
    "nan at one place": lambda right: torch.where(
        right.abs() == right.abs().max(), torch.nan, right
    ),
    "an estimate that overflows": lambda right: right.sign() * 1e308,
}


def drawn_over(name: str, wrong: Callable) -> Explorer | Trouble:
    names = list(inspect.signature(OWN[name].right).parameters)

    def mine(**inputs):
        return wrong(OWN[name].right(*(inputs[each] for each in names)))

    return EXPLORERS[name](mine)


def test_every_explorer_that_takes_a_function_is_walked_over():
    takes = [name for name, build in EXPLORERS.items() if inspect.signature(build).parameters]
    assert takes == list(OWN)


def own_line(picture: str) -> list[tuple[float, float]]:
    """List the places of the learner's line, in pixels of its panel."""
    (path,) = re.findall(rf'd="(M[^"]*)" stroke="{COLORS["new"]}" stroke-width="3"', picture)
    numbers = list(map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", path)))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answer, marks=[pytest.mark.exhaustive] if k else [])
        for k, answer in enumerate(ANSWERS)
    ],
)
@pytest.mark.parametrize("name", OWN)
def test_the_learners_line_is_in_the_picture_whatever_its_values(name, answer):
    found = drawn_over(name, ANSWERS[answer])
    assert isinstance(found, Explorer)
    panel = found.drawing["hconcat"][1 if name == "proposal_explorer" else 0]
    places = [[c.start, c.positions[0], c.positions[-1]] for c in found.controls]
    for place in zip(*places, strict=True):
        position = dict(zip((c.name for c in found.controls), place, strict=True))
        picture = renderer.svg(found.specification(**position))
        line = own_line(picture)
        assert len(line) > 10
        assert all(0 <= x <= panel["width"] and 0 <= y <= panel["height"] for x, y in line)
        value = found.at(**position)[OWN[name].value]
        low, high = OWN[name].ends
        marked = re.findall(r'font-weight="bold"[^>]*>([^<]*)</text>', picture)
        assert (str(value) in marked) == (not low <= float(value) <= high), (position, value)
        chosen = [row for row in found.rows if all(
            row[key] == value for key, value in position.items() if not isinstance(row[key], list)
        )]  # fmt: skip
        beyond = [y for y in chosen[0][OWN[name].line] if not low <= y <= high]
        arrows = re.findall(rf'd="M0,[^"]*" fill="{COLORS["new"]}"', picture)
        assert len(chosen) == 1 and len(arrows) == len(beyond)


@pytest.mark.parametrize("answer", NOT_FINITE)
@pytest.mark.parametrize("name", OWN)
def test_what_is_no_number_is_told_in_words(name, answer):
    found = drawn_over(name, NOT_FINITE[answer])
    if name == "clip_lab" and answer == "an estimate that overflows":
        assert isinstance(found, Explorer)  # nothing is added up there
        assert "yours 1.00e+308" in repr(found)
        return
    assert isinstance(found, Trouble)
    assert (
        re.search(r"\b(nan|inf|not finite)\b", found.sentence)
        and "picture can show" in found.sentence
    )
