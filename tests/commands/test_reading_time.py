"""What a notebook takes: words, lines of code and exercises, the core and Further apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson.commands.reading_time import ReadingTime, measure, table
from ppo_lesson.lessons import EXERCISES, LESSONS

OPEN = LESSONS["02_importance_sampling"].open_questions[0].id


def of(*cells):
    return measure(new_notebook(cells=list(cells)))


def md(source: str):
    return new_markdown_cell(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("two words", 2),
        ("A formula, $p / q$, counts - without its signs.", 8),
        ("[a link](https://example.org/a/b) and <details><summary>One</summary>", 4),
        ("```mermaid\nflowchart LR\n  A --> B\n```\n\nIn words: A, B.", 4),
        ("| a | b |\n|---|---|\n| c | 1 |", 4),
    ],
)
def test_words_are_what_is_read(source: str, words: int):
    time = of(md(source))
    assert time == ReadingTime(words=words, reading=words / 150, cells=1)


def test_150_words_and_10_lines_of_code_that_is_not_folded_take_a_minute_each():
    folded = new_code_cell("x\n" * 20, metadata={"tags": ["hide-input"]})
    stub = new_code_cell("def my_f():\n    ...", id="exercise-unknown")
    time = of(md("word " * 150), new_code_cell("# Ten:\n" + "x\n\n" * 10), folded, stub)
    assert time.reading == pytest.approx(2) and time.exercises == 0 and time.cells == 4


def test_exercises_bring_their_own_minutes():
    cells = [new_code_cell("x", id=f"exercise-{name}") for name in ("gae", "kl-estimates")]
    assert of(*cells).exercises == EXERCISES["gae"].minutes + EXERCISES["kl_estimates"].minutes
    assert of(*cells).reading == 0


def test_a_further_section_ends_at_the_next_heading_of_its_level_or_above():
    exercise = new_code_cell("x", id="exercise-gae")
    time = of(
        md("# Title"),
        md("### Further: one\n\n" + "word " * 148),
        md("#### A part of it\n\n" + "word " * 146),
        exercise,
        md("### 4. Back\n\n" + "word " * 149),
        md("## 5. Further\n\n### A part"),
    )
    assert time.further_reading == pytest.approx((150 + 150 + 2 + 2) / 150, abs=0.02)
    assert (time.further_exercises, time.exercises) == (15, 0)
    assert time.reading == pytest.approx(151 / 150, abs=0.02)
    assert time.cells == 2


def test_predictions_and_quiz_questions_are_counted_open_questions_are_not():
    asks = [new_code_cell("ask(ONE)", id="one"), new_code_cell("ask(WHY)", id=OPEN)]
    time = of(new_code_cell("predict(ONE)"), *asks)
    assert (time.predictions, time.questions) == (1, 1)


def test_a_table_has_a_row_per_notebook_and_their_sum():
    times = [
        (Path("01_a.ipynb"), ReadingTime(1.4, 2, 3, 4, 50, 6, 7, 8)),
        (Path("02.ipynb"), ReadingTime()),
    ]
    lines = table(times).splitlines()
    assert lines[2].split() == ["01_a", "1", "2", "3", "4", "50", "6", "7", "8"]
    assert lines[-1].split() == ["all", "1", "2", "3", "4", "50", "6", "7", "8"]
    assert len({len(line) for line in lines[1:]}) == 1
    assert "all" not in table(times[:1])
