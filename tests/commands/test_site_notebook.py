"""A notebook on the website: explorers and diagrams for a script, places that can be linked to."""

from __future__ import annotations

import copy
import html
import json
import re

import nbformat
import pytest
from nbformat import NotebookNode

from ppo_lesson.commands.site_notebook import explorer, for_the_site, label
from ppo_lesson.explorers import clip_lab
from ppo_lesson.explorers.explorer import MIME, Explorer

PICTURE = {"image/png": "aGVs\nbG8=\n", "text/plain": 'Clip lab: "a < b"'}


def notebook(*sources: str) -> NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(s) for s in sources])


def sources(found: NotebookNode) -> list[str]:
    return [cell.source for cell in found.cells]


@pytest.fixture(scope="module")
def lab() -> Explorer:
    found = clip_lab()
    assert isinstance(found, Explorer)
    return found


def test_an_explorer_is_its_picture_its_words_and_what_a_script_draws(lab):
    found = explorer({MIME: lab.specification(), **PICTURE})
    assert 'src="data:image/png;base64,aGVsbG8="' in found
    assert f'alt="{html.escape(PICTURE["text/plain"])}"' in found
    script = re.search(r'<script type="application/json">(.*?)</script>', found, re.DOTALL)
    assert script and {"marks", "signals", "data"} <= set(json.loads(script[1]))
    assert f'data-width="{lab.size()[0]}"' in found


def test_what_closes_a_script_stays_in_it(lab):
    specification = lab.specification() | {"description": "</script>"}
    found = explorer({MIME: specification, **PICTURE})
    assert found.count("</script>") == 1 and r"<\/script>" in found


def test_every_other_output_and_the_stored_notebook_stay_as_they_are(lab):
    cell = nbformat.v4.new_code_cell("clip_lab()")
    forms = {MIME: lab.specification(), **PICTURE}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in (forms, PICTURE)]
    stored = notebook("# 06 Staying proximal")
    stored.cells.append(cell)
    before = copy.deepcopy(stored)
    first, second = for_the_site(stored, "06").cells[1].outputs
    assert list(first.data) == ["text/html"] and second.data == PICTURE
    assert stored == before


def test_a_diagram_is_left_to_the_script_and_other_code_is_not():
    text = "Look:\n\n```mermaid\nflowchart LR\n  A -->|a < b| B\n```\n\n```python\nx = 1\n```"
    (found,) = sources(for_the_site(notebook(text), "01"))
    drawing = html.escape("flowchart LR\n  A -->|a < b| B\n")
    assert f'<pre class="mermaid">\n{drawing}</pre>' in found
    assert found.endswith("```python\nx = 1\n```") and "```mermaid" not in found


def test_title_numbered_sections_and_further_ones_can_be_linked_to():
    found = sources(
        for_the_site(
            notebook("# 02 Weights\nText", "## 1. Why\n### Every throw\n## Further: a $b$ c"), "02"
        )
    )
    assert found == [
        "(notebook-02)=\n# 02 Weights\nText",
        "(notebook-02-1)=\n## 1. Why\n### Every throw\n"
        "(notebook-02-further-a-b-c)=\n## Further: a $b$ c",
    ]
    assert label("02", "Further: a $b$ c") == "notebook-02-further-a-b-c"
    assert (label("02"), label("02", "1")) == ("notebook-02", "notebook-02-1")


def test_a_title_has_no_formula_and_the_text_keeps_its_own():
    (found,) = sources(for_the_site(notebook("# 05 Away from $\\theta_{old}$: x\n$\\theta$"), "05"))
    assert found == "(notebook-05)=\n# 05 Away from theta_old: x\n$\\theta$"
