"""What teachers type reaches the commands as they meant it; what makes no sense is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import demos, grade


def test_all_that_was_said_of_grading_reaches_it(monkeypatch):
    calls = []
    monkeypatch.setattr(grade, "run", lambda *given: calls.append(given) or 1)
    options = "--csv t.csv --per learner --learner x/(.*) --jobs 2 --seconds 9.5 --gigabytes 3"
    assert door.main(["grade", "a.ipynb", "b.ipynb", *options.split()]) == 1
    ((paths, found),) = calls
    assert paths == [Path("a.ipynb"), Path("b.ipynb")]
    assert (found.table, found.per, found.learner.pattern) == (Path("t.csv"), "learner", "x/(.*)")
    assert (found.jobs, found.seconds, found.gigabytes) == (2, 9.5, 3)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--jobs", "0", "expected a whole number from 1 to 1000, got '0'"),
        ("--jobs", "1.5", "expected a whole number from 1 to 1000, got '1.5'"),
        ("--seconds", "nan", "expected a number from 1 to 1000000, got 'nan'"),
        ("--learner", "(", "expected a regular expression, got '('"),
        ("--learner", "x", "expected a group that finds the learner"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(option, value, said, capsys):
    with pytest.raises(SystemExit) as end:
        door.main(["grade", "a.ipynb", option, value])
    assert end.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_the_pages_of_the_explorers_are_listed(monkeypatch, capsys):
    monkeypatch.setattr(demos, "write", lambda folder: [folder / "index.html"])
    assert door.main(["demos", "pages"]) == 0
    assert capsys.readouterr().out == f"{Path('pages', 'index.html')}\n"
