"""A verdict reads the same everywhere and lets nothing of a learner's text act on the page."""

from __future__ import annotations

import torch

from ppo_lesson.exercises.verdict import Verdict, describe_value, safe_text

WRONG = Verdict("gae", "wrong", "a < b & c", (("You printed", "<script>alert(1)</script>\n x"),))


def test_the_text_holds_status_message_and_details():
    assert repr(WRONG).splitlines() == [
        "gae: wrong",
        "a < b & c",
        "You printed:",
        "    <script>alert(1)</script>",
        "     x",
    ]


def test_the_page_escapes_every_part_and_says_the_status_in_words():
    hostile = "<img src=x onerror=alert(1)>"
    page = Verdict(hostile, "fragile", hostile, ((hostile, hostile),))._repr_html_()
    assert "<img" not in page and page.count("&lt;img") == 4
    assert "fragile" in page and "role='status'" in page


def test_code_in_a_message_is_set_as_code_and_still_escaped():
    page = Verdict("gae", "wrong", "Is a `return <b>` missing?")._repr_html_()
    assert "<code>return &lt;b&gt;</code>" in page


def test_values_are_written_to_four_digits():
    assert describe_value(torch.tensor([[1.23456, -0.0], [2.0, 3.0]])) == "[[1.235, 0], [2, 3]]"
    assert describe_value(torch.tensor([True, False])) == "[True, False]"
    assert describe_value(torch.zeros(3, 5)) == "a tensor of shape (3, 5)"
    assert describe_value([torch.tensor([1, 2]), 0.5]) == "[[1, 2], 0.5]"
    assert describe_value(torch.tensor(1 + 2j)) == "(1+2j)"
    assert describe_value(torch.Generator()) == "a generator"
    assert describe_value(describe_value) == "the function describe_value"
    assert describe_value({}) == "dict"


def test_text_of_an_exception_is_one_line_and_never_fails():
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert safe_text(ValueError("one\n  two")) == "one two"
    assert safe_text(Silent()) == "(its own text fails)"
    assert len(safe_text(ValueError("x" * 10_000))) == 300
