"""A notebook as the website shows it: explorers alive, diagrams drawn, the rest as it is stored.

Nothing is run: what stands in the outputs is what a reader sees.
"""

from __future__ import annotations

import copy
import html
import json
import re
from typing import Any

from nbformat import NotebookNode

from ppo_lesson.explorers.explorer import MIME
from ppo_lesson.explorers.layout import WIDTH
from ppo_lesson.notebook import renderer

DIAGRAM = re.compile(r"^```mermaid\n(?P<drawing>.*?)^```$", re.DOTALL | re.MULTILINE)
# The title, a numbered section, or one that may be skipped.
HEADING = re.compile(r"^(?:# |## (?:(?P<number>\d+)\. |(?P<further>Further: .*)$))", re.MULTILINE)
# A tab and a list of pages show no formulas.
FORMULA_IN_TITLE = re.compile(r"(?<=\A# )(?P<before>[^$\n]*)\$(?P<formula>[^$\n]*)\$")


def for_the_site(notebook: NotebookNode, number: str) -> NotebookNode:
    """Return a copy that the website's sources can hold.

    Args:
        notebook: as it is stored.
        number: its own, as "02"; by `label(number, section)` other pages link to its sections.
    """
    notebook = copy.deepcopy(notebook)
    if notebook.cells:
        notebook.cells[0].source = FORMULA_IN_TITLE.sub(_without_tex, notebook.cells[0].source)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = DIAGRAM.sub(_diagram, cell.source)
            cell.source = HEADING.sub(lambda found: _labelled(found, number), text)
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                output.data = NotebookNode({"text/html": explorer(output.data)})
    return notebook


def label(number: str, section: str = "") -> str:
    """Name a place that can be linked to.

    Args:
        number: of a notebook, as "02".
        section: its number, or its title if that begins with "Further"; "" is the title itself.
    """
    words = "".join(letter if letter.isalnum() else " " for letter in section.lower()).split()
    return "-".join(["notebook", number, *words])


def explorer(data: dict[str, Any]) -> str:
    """Write an explorer's output as HTML: its picture, until a script has drawn it.

    Args:
        data: the forms of the output: specification, picture and text.
    """
    drawing = json.dumps(renderer.compiled(data[MIME]), ensure_ascii=False)
    specification = drawing.replace("</", r"<\/")
    picture = "".join(data["image/png"].split())
    return (
        f'<div class="ppo-explorer" data-width="{WIDTH}"><div>'
        f'<img alt="{html.escape(data["text/plain"])}" src="data:image/png;base64,{picture}"></div>'
        f'<script type="application/json">{specification}</script></div>'
    )


def _diagram(found: re.Match[str]) -> str:
    return f'<pre class="mermaid">\n{html.escape(found["drawing"])}</pre>'


def _without_tex(found: re.Match[str]) -> str:
    return found["before"] + re.sub(r"[\\{}]", "", found["formula"])


def _labelled(found: re.Match[str], number: str) -> str:
    place = label(number, found["number"] or found["further"] or "")
    return f"({place})=\n{found[0]}"
