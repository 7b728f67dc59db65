"""The rules of what a reader meets in a notebook: opening, end, what is shown, what is folded.

`notebook_rules.faults` asks for them together with its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form
from ppo_lesson.commands.notebook_cells import (
    WHOLE,
    Fault,
    Faults,
    code_cells,
    code_lines,
    headings,
    is_exercise,
    is_folded,
    nodes,
    only_asks,
    words,
)

MAX_READING_LINES = 10
MAX_CAPTION_WORDS = 40
MAX_OPENING_WORDS = 150
SYMBOLS = range(3, 7)
KNOWN_LINES = 5

PICTURE = re.compile(r"image/.*|application/vnd\.vegalite.*")
ITALIC = re.compile(r"\A\s*([*_])(?!\1)(?P<text>.+?)(?<!\1)\1(?!\1)\s*(\n\s*\n|\Z)", re.DOTALL)
FOLDED_TEXT = re.compile(r"<details>\s*<summary>.+?</summary>.*?</details>", re.DOTALL)
MERMAID = re.compile(r"```mermaid\n.*?\n```\s*(?P<after>[^\n]*)", re.DOTALL)
IN_WORDS = re.compile(r"[*_]*(In words|If you cannot see the drawing)\b")
ARXIV = re.compile(
    r"arXiv\W{0,3}(\d{4}\.\d{4,5})|\b(\d\d(?:0[1-9]|1[0-2])\.\d{5})\b", re.IGNORECASE
)
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]*)\)")
# "Sutton and Barto, section 13.4" is no place of ours: our sections are whole numbers.
SEVERAL = r"{0}(?:(?:, and |, | and | or | to ){0})*"
NOTEBOOKS = re.compile(r"\b[Nn]otebooks? (?P<numbers>" + SEVERAL.format(r"\d\d") + ")")
SECTIONS = re.compile(
    r"(?:(?:\b[Nn]otebook (?P<before>\d\d)|\]\((?P<linked>\d\d)_[^)]*\)),? \(?)?"
    r"\b[Ss]ections? (?P<numbers>" + SEVERAL.format(r"\d+\b(?!\.\d)") + r")"
    r"(?: of \[?notebook (?P<after>\d\d))?"
)


def no_bare_assert(notebook: NotebookNode) -> Faults:
    """A claim is proved in words: ``proved`` says what, and raises with both numbers."""
    for cell, node in nodes(notebook):
        if isinstance(node, ast.Assert):
            yield Fault(
                cell.id, f"a bare assert, in place of proved(...): {ast.unparse(node)[:60]}"
            )


def short_reading_cells(notebook: NotebookNode) -> Faults:
    """What is not folded is worth reading aloud; exercises are written, not read."""
    for cell in code_cells(notebook):
        length = code_lines(cell.source)
        if is_reading_cell(cell) and length > MAX_READING_LINES:
            yield Fault(cell.id, f"{length} lines to read, more than {MAX_READING_LINES}: fold it")


def short_captions(notebook: NotebookNode) -> Faults:
    """A caption describes what cannot be seen; it does not retell the argument."""
    for before, cell in pairwise(notebook.cells):
        length = len(words(caption(before, cell)))
        if length > MAX_CAPTION_WORDS:
            yield Fault(cell.id, f"a caption of {length} words, more than {MAX_CAPTION_WORDS}")


def linked_citations(notebook: NotebookNode) -> Faults:
    """Every number of arXiv stands in a link to its page there."""
    for cell in _markdown(notebook):
        for number in _arxiv_numbers(LINK.sub("", cell.source)):
            yield Fault(cell.id, f"arXiv:{number} is no link to https://arxiv.org/abs/{number}")
        for link in LINK.finditer(cell.source):
            for number in _arxiv_numbers(link["text"]):
                if link["target"] != f"https://arxiv.org/abs/{number}":
                    yield Fault(cell.id, f"arXiv:{number} links to {link['target']}")


def folded_answers(notebook: NotebookNode) -> Faults:
    """After the cell that answers a prediction comes a text that the reader unfolds."""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.startswith("predict("):
            texts = _texts_after_the_answer(notebook.cells[position + 1 :])
            if not any(FOLDED_TEXT.search(text) for text in texts):
                what = "no folded answer (<details><summary>) after the cell that answers"
                yield Fault(cell.id, what)
    for cell in _markdown(notebook):
        if len(FOLDED_TEXT.findall(cell.source)) != cell.source.count("<details"):
            yield Fault(cell.id, "<details> without <summary> or </details>, or not folded")


def _texts_after_the_answer(cells: list[NotebookNode]) -> Iterator[str]:
    """Yield the prose that follows the first cell that computes, up to the next such cell."""
    answered = False
    for cell in cells:
        if cell.cell_type == "markdown" and answered:
            yield cell.source
        elif cell.cell_type == "code" and not only_asks(cell):
            if answered and is_reading_cell(cell):
                return
            answered = True


def diagrams_in_words(notebook: NotebookNode) -> Faults:
    """What a Mermaid diagram draws stands beneath it, for those who cannot see it."""
    for cell in _markdown(notebook):
        for diagram in MERMAID.finditer(cell.source):
            if not IN_WORDS.match(diagram["after"]):
                yield Fault(cell.id, "no paragraph 'In words: ...' directly under the diagram")


def further_sections_folded(notebook: NotebookNode) -> Faults:
    """What a first reader may skip is called Further, and folded; nothing else is."""
    for cell in _markdown(notebook):
        further = [heading.title.startswith("Further") for heading in headings(cell.source)]
        collapsed = notebook_form.COLLAPSED in cell.metadata
        if any(further) and (not further[0] or not cell.source.startswith("#")):
            yield Fault(
                cell.id, "a heading 'Further' inside a cell: it opens one, so that it folds"
            )
        elif any(further) and not collapsed:
            yield Fault(cell.id, f"a section Further that is not folded: {notebook_form.COLLAPSED}")
        elif collapsed and not any(further):
            yield Fault(cell.id, "a folded section that is not called Further")


def opening_and_end(notebook: NotebookNode) -> Faults:
    """Question, why, what; then the symbols, then the code. At the end, what you now know."""
    first_code = next((k for k, c in enumerate(notebook.cells) if c.cell_type == "code"), 0)
    opening, box, symbols = "\n".join(c.source for c in notebook.cells[:first_code]).partition(
        "**Symbols here**"
    )
    length = len(words("\n".join(re.findall(r"^(?![#|>]).*", opening, re.MULTILINE))))
    if length > MAX_OPENING_WORDS:
        yield Fault(WHOLE, f"an opening of {length} words, more than {MAX_OPENING_WORDS}")
    formulas = any("$" in cell.source for cell in _markdown(notebook))
    lines = len(re.findall(r"^>? *[-*|] *(?![-: |]*$).+", symbols, re.MULTILINE))
    if formulas and lines not in SYMBOLS:
        what = f"{lines} lines" if box else "no box"
        yield Fault(WHOLE, f"{what} '**Symbols here**' before the first code, instead of 3 to 6")
    sections = [(cell, h) for cell in _markdown(notebook) for h in headings(cell.source)]
    cell, title = next(((c, h.title) for c, h in reversed(sections) if h.level <= 2), (None, ""))
    if cell is None or title != "What you now know":
        yield Fault(WHOLE, "the last section is not '## What you now know'")
        return
    end = cell.source.rpartition("What you now know")[2]
    lines = len(re.findall(r"^(?:[-*]|\d\.) ", end, re.MULTILINE))
    if lines != KNOWN_LINES:
        yield Fault(cell.id, f"{lines} lines of what you now know, instead of {KNOWN_LINES}")


CARD = re.compile(
    r"^\| *Time *\| *(\d+) minutes of reading(?: and (\d+) of exercises)?"
    r"(?:; \*?Further\*?: (\d+)(?: and (\d+))?)? *\|",
    re.MULTILINE,
)


def honest_card(notebook: NotebookNode) -> Faults:
    """The minutes on the card are those that are computed, within a tenth or one minute."""
    from ppo_lesson.commands.reading_time import measure  # loads the lessons, and so torch

    card = CARD.search(notebook.cells[0].source if notebook.cells else "")
    if card is None:
        row = "| Time | 35 minutes of reading and 15 of exercises; Further: 10 and 5 |"
        yield Fault(WHOLE, f"no card in the first cell with a row such as '{row}'")
        return
    time = measure(notebook)
    found = (time.reading, time.exercises, time.further_reading, time.further_exercises)
    names = ("of reading", "of exercises", "of Further", "of Further's exercises")
    for name, minutes, said in zip(names, found, card.groups("0"), strict=True):
        if abs(int(said) - minutes) > max(0.1 * minutes, 1):
            yield Fault(WHOLE, f"the card says {said} minutes {name}, but they are {minutes:.0f}")


RULES = (
    no_bare_assert,
    short_reading_cells,
    short_captions,
    linked_citations,
    folded_answers,
    diagrams_in_words,
    further_sections_folded,
    opening_and_end,
    honest_card,
)


def named_places_exist(notebook: NotebookNode, path: Path) -> Faults:
    """Every notebook, and every numbered section, that the text names is there."""
    own = path.name[:2]
    sections = {
        other.name[:2]: _numbered_sections(notebook_form.read(other))
        for other in path.parent.glob("[0-9][0-9]_*.ipynb")
    } | {own: _numbered_sections(notebook)}
    for cell in _markdown(notebook):
        for link in LINK.finditer(cell.source):
            target = link["target"].partition("#")[0]
            if target.endswith(".ipynb") and not (path.parent / target).is_file():
                yield Fault(cell.id, f"a link to a notebook that is not there: {target}")
        for number, section in _named_places(cell.source, own):
            if number not in sections:
                yield Fault(cell.id, f"names notebook {number}, which does not exist")
            elif section and section not in sections[number]:
                yield Fault(cell.id, f"names section {section} of {number}, which does not exist")


def _named_places(text: str, own: str) -> Iterator[tuple[str, str]]:
    """Yield the number of a notebook and of a section in it, "" for the whole."""
    text = " ".join(text.split())
    for named in NOTEBOOKS.finditer(text):
        yield from ((number, "") for number in re.findall(r"\d+", named["numbers"]))
    for named in SECTIONS.finditer(text):
        number = named["before"] or named["linked"] or named["after"] or own
        yield from ((number, section) for section in re.findall(r"\d+", named["numbers"]))


def is_reading_cell(cell: NotebookNode) -> bool:
    """Tell whether a code cell is part of the argument: not folded, and no exercise."""
    return cell.cell_type == "code" and not is_folded(cell) and not is_exercise(cell)


def caption(before: NotebookNode, cell: NotebookNode) -> str:
    """Return the caption that a markdown cell opens with: directly after a picture, in italics.

    A cell whose id ends in ``-caption`` is one as a whole.
    """
    if cell.cell_type != "markdown":
        return ""
    if cell.id.endswith("-caption"):
        return cell.source
    kinds = [mime for output in before.get("outputs", []) for mime in output.get("data", {})]
    found = ITALIC.match(cell.source)
    return found["text"] if found and any(map(PICTURE.fullmatch, kinds)) else ""


def _markdown(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def _numbered_sections(notebook: NotebookNode) -> set[str]:
    lines = "\n".join(cell.source for cell in _markdown(notebook))
    return set(re.findall(r"^##+ (\d+)\.", lines, re.MULTILINE))


def _arxiv_numbers(text: str) -> list[str]:
    return [one or other for one, other in ARXIV.findall(text)]
