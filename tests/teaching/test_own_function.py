"""Whatever a learner's function does, numbers come or one sentence that says what went wrong."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.teaching.own_function import Trouble, tabulate
from ppo_lesson.teaching.trial import NOT_STARTED

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
