"""Each term of the glossary is introduced where it says, and stands in its place."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from ppo_lesson.commands import notebook_form
from ppo_lesson.lessons.glossary import GLOSSARY

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^## (?:(?P<number>\d+)\. |(?P<title>Further: .*)$)?", re.MULTILINE)


@cache
def sections(number: str) -> dict[str, str]:
    """Return the text of each section of a notebook; that before the first is called ""."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = notebook_form.read(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = list(HEADING.finditer(text))
    starts = [0, *(heading.start() for heading in found)]
    ends = [*starts[1:], len(text)]
    names = ["", *(heading["number"] or heading["title"] or "Quiz" for heading in found)]
    return {name: text[a:b] for name, a, b in zip(names, starts, ends, strict=True)}


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_the_section_that_a_term_names_introduces_it(term):
    text = " ".join(sections(term.notebook)[term.section].split())
    assert (term.spelling or term.name).lower() in text.lower()


def test_terms_stand_in_order_once_each_and_say_something():
    names = [term.name.lower() for term in GLOSSARY]
    assert names == sorted(set(names)) and len(names) >= 60
    for term in GLOSSARY:
        assert len(term.meaning.split()) >= 3 and term.meaning.endswith((".", ".)")), term.name
