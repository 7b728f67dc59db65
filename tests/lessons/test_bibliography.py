"""Whatever notebooks and docstrings cite by number has an author, a year and a title."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ppo_lesson.commands import notebook_form
from ppo_lesson.lessons.bibliography import WORKS, arxiv, cited, doi

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def text_of(path: Path) -> str:
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    return "\n".join(c.source for c in notebook_form.read(path).cells if c.cell_type == "markdown")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_link_of_a_notebook_to_a_paper_leads_to_a_work(path):
    assert cited(text_of(path)) <= set(WORKS)


def test_each_number_in_the_package_names_a_work():
    for path in (ROOT / "ppo_lesson").rglob("*.py"):
        assert cited(text_of(path)) <= set(WORKS), path


def test_a_notebook_names_the_year_and_an_author_of_what_it_cites():
    """Within a few words of the link: "Schulman et al. (2017, [arXiv:...](...))"."""
    slips = []
    for path in NOTEBOOKS:
        text = text_of(path)
        for work in WORKS.values():
            places = [m.start() for m in re.finditer(re.escape(f"({work.address})"), text)]
            author = work.authors.split()[0]
            near = [text[max(0, place - 160) : place] for place in places]
            slips += [
                (path.stem, work)
                for words in near
                if author not in words or str(work.year) not in words
            ]
    assert slips == []


def test_both_ways_to_cite_are_found():
    text = f"([arXiv:1707.06347]({arxiv('1707.06347')})); Source: arXiv:1506.02438, eq. 16. "
    text += f"[Williams, 1992]({doi('10.1007/BF00992696')})"
    assert cited(text) == {
        arxiv("1707.06347"),
        arxiv("1506.02438"),
        doi("10.1007/BF00992696"),
    }


def test_works_stand_in_order_of_time():
    years = [work.year for work in WORKS.values()]
    assert years == sorted(years)
