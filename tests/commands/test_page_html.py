"""Formulas are drawn where they stand, in the size of their letters; outputs become HTML."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest
from nbformat.v4 import new_output

from ppo_lesson.commands import page_html
from ppo_lesson.commands.notebook_form import read
from ppo_lesson.commands.notebooks import find
from ppo_lesson.lessons import EXERCISES

needs_ziamath = pytest.mark.skipif(
    not find_spec("ziamath"), reason='formulas: pip install -e ".[test,classroom]"'
)
FORMULA = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL)


def ems(drawn: str, side: str) -> float:
    return float(re.search(rf"[\";]{side}:(-?[\d.]+)em", drawn)[1])


@needs_ziamath
def test_a_formula_stands_on_the_line_of_its_text():
    assert -0.05 <= ems(page_html.formula("x", block=False), "vertical-align") <= 0
    assert ems(page_html.formula("g_y", block=False), "vertical-align") < -0.2


@needs_ziamath
def test_who_does_not_see_a_formula_is_told_its_latex():
    drawn = page_html.formula(r"r < \pi", block=True)
    assert 'role="img"' in drawn and r'aria-label="r &lt; \pi"' in drawn


@needs_ziamath
def test_brackets_around_a_fraction_of_sums_end():
    drawn = page_html.formula(r"x \left(\frac{\sum_i w_i}{b}\right)", block=True)
    assert ems(drawn, "height") < 4


@needs_ziamath
def test_a_box_is_empty_inside():
    assert 'fill="none"' in page_html.formula(r"\boxed{\ x \ }", block=True)


@needs_ziamath
def test_formulas_of_markdown_are_drawn_and_its_code_is_marked():
    page = page_html.markdown("A $w < 1$ in **bold**:\n\n$$\\frac{a}{b}$$\n\n```python\nx = 1\n```")
    assert page.count("<svg") == 2 and "<strong>bold</strong>" in page and "$" not in page
    assert 'class="highlight"' in page


@needs_ziamath
@pytest.mark.exhaustive
@pytest.mark.parametrize("path", find([])[0], ids=lambda path: path.stem)
def test_every_formula_of_a_notebook_can_be_drawn(path):
    cells = read(path).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    texts += [exercise.prompt for exercise in EXERCISES.values()] if path.stem[:2] == "00" else []
    for found in (found for text in texts for found in FORMULA.finditer(text)):
        latex, block = found["block"] or found["inline"], bool(found["block"])
        drawn = page_html.formula(latex, block=block)
        assert ems(drawn, "height") <= page_html.HIGHEST, latex


def test_what_is_plain_is_escaped():
    assert page_html.plain("a < b\n\nc") == "a &lt; b<br><br>c"


def test_an_output_that_only_proves_shows_nothing():
    proof = new_output("display_data", {"text/html": '<div class="ppo-proved">proved</div>'})
    assert page_html.output(proof) == ""


def test_a_picture_has_words_and_a_printed_number_no_tolerance():
    drawn = new_output("display_data", {"image/png": "AB\nCD", "text/plain": "a figure"})
    assert page_html.output(drawn, 'a "line"') == (
        '<img src="data:image/png;base64,ABCD" alt="a &quot;line&quot;">'
    )
    assert 'alt="a figure"' in page_html.output(drawn)
    printed = new_output("stream", name="stdout", text="it: 3 (within 4 on any machine)\n")
    assert page_html.output(printed) == '<pre class="numbers">it: 3</pre>'


def test_without_the_extra_one_sentence_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(page_html, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'^ziamath is not installed; pip install "ppo-lesson\['):
        page_html.require("ziamath")
