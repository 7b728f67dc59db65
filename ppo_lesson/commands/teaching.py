"""``python -m ppo_lesson teaching``: write the tables of TEACHING.md anew.

They come from the routes and from the list of what the lecture wants; what stands around them is
written by hand. A table stands between two marks, ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.files import replace_text
from ppo_lesson.lessons import EXERCISES, coverage
from ppo_lesson.lessons.routes import ROUTES, Deck, Slide

SHORT = ("demonstration", "lab")  # routes whose tables have a row for each slide
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
MARKED = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MOST_LETTERS = 44  # of the line by which a cell is found
HEAD = ("minutes", "where", "what you do", "ask", "what usually goes wrong")


class Place(NamedTuple):
    """Where a slide's first cell stands: the notebook's file, its section, and how it begins."""

    path: Path
    section: str
    begins: str


class Step(NamedTuple):
    """A slide with its place, or with that of the next slide if it shows no cell."""

    slide: Slide
    place: Place


def write(path: Path) -> Path:
    """Replace the tables of a page by those of today.

    Raises:
        ValueError: a mark of the page names no table, or a table has no mark.
        OSError: the page cannot be read or written.
    """
    text = path.read_text(encoding="utf-8")
    replace_text(path, with_tables(text, tables()))
    return path


def with_tables(text: str, known: dict[str, str]) -> str:
    """Return the text with each marked table replaced.

    Raises:
        ValueError: a mark names no table, or a table has no mark.
    """
    marked = sorted(found["name"] for found in MARKED.finditer(text))
    if marked != sorted(known):
        raise ValueError(f"tables: expected marks for {sorted(known)}, got {marked}")
    return MARKED.sub(lambda found: f"{found[1]}\n{known[found['name']]}\n\n{found[3]}", text)


def tables() -> dict[str, str]:
    """Write every table: name -> Markdown."""
    places = _places()
    known = {"lecture": coverage.table()}
    for route, decks in ROUTES.items():
        for deck in decks:
            steps = list(_steps(deck, places))
            known[deck.name] = by_slide(steps) if route in SHORT else by_section(steps)
    return known


def by_slide(steps: Sequence[Step]) -> str:
    """Write a table with a row for each slide."""
    rows, start = [], 0.0
    for slide, place in steps:
        end = start + slide.minutes
        where = f"{_link(place)} {_short(place.section)}: {place.begins}" if slide.shows else ""
        title = f"**{slide.title}**"
        rows.append([_minutes(start, end), where, f"{title}. {slide.do}", slide.ask, slide.wrong])
        start = end
    return _table(rows)


def by_section(steps: Sequence[Step]) -> str:
    """Write a table with a row for each section of a notebook.

    What is asked, and what goes wrong, is that of the slide which takes longest: the others are in
    the speaker's notes.
    """
    rows, start = [], 0.0
    for (path, section), group in groupby(steps, lambda step: step.place[:2]):
        slides = [step.slide for step in group]
        end = start + sum(slide.minutes for slide in slides)
        chief = max((slide for slide in slides if slide.ask), key=lambda s: s.minutes, default=None)
        where = f"{_link(Place(path, section, ''))} {section}"
        said = [chief.ask, chief.wrong] if chief else ["Hands up for each option.", ""]
        rows.append([_minutes(start, end), where, "; ".join(_doings(slides)), *said])
        start = end
    return _table(rows)


def _doings(slides: Sequence[Slide]) -> Iterator[str]:
    """Say what a section's slides are, in a few words."""
    ids = [place.partition(":")[0].partition("/")[2] for s in slides for place in s.shows[:1]]
    exercises = {f"exercise-{name.replace('_', '-')}": name for name in EXERCISES}
    shown = [slide.title for slide in slides if slide.ask]
    if shown:
        yield f"show {', '.join(f'*{title}*' for title in shown)}"
    asked = [name for name, slide in _with_ids(slides) if not slide.ask and name not in exercises]
    if asked:
        yield f"ask {', '.join(f'`{name}`' for name in asked)}"
    written = [exercises[name] for name in ids if name in exercises]
    if written:
        yield f"they write {', '.join(f'`{name}`' for name in written)}"


def _with_ids(slides: Sequence[Slide]) -> Iterator[tuple[str, Slide]]:
    for slide in slides:
        for place in slide.shows[:1]:
            yield place.partition(":")[0].partition("/")[2], slide


def _steps(deck: Deck, places: dict[str, Place]) -> Iterator[Step]:
    place = None
    found: list[Step] = []
    for slide in reversed(deck.slides):  # who shows nothing belongs to what follows
        if slide.shows:
            place = places[slide.shows[0].partition(":")[0]]
        found.append(Step(slide, place or Place(Path(), "", "")))
    yield from reversed(found)


def _places() -> dict[str, Place]:
    """Find every cell: "04/climb" -> its place."""
    found = {}
    for path in notebooks.find([])[0]:
        section = "the opening"
        for cell in notebook_form.read(path).cells:
            heading = SECTION.search(cell.source) if cell.cell_type == "markdown" else None
            section = heading[1] if heading else section
            found[f"{path.stem[:2]}/{cell.id}"] = Place(path, section, _begins(cell))
    return found


def _begins(cell: NotebookNode) -> str:
    """Quote the line by which a reader finds the cell; a slide of a text shows its formulas."""
    if cell.cell_type == "markdown":
        return "the formulas"
    line = cell.source.splitlines()[0]
    return f"`{line[:MOST_LETTERS].rstrip()}`"


def _link(place: Place) -> str:
    return f"[{place.path.stem[:2]}](notebooks/{place.path.name})"


def _short(section: str) -> str:
    """Write "section 3" for "3. The gain", and the whole title where there is no number."""
    number = re.match(r"(\d+)\.", section)
    return f"section {number[1]}" if number else section


def _minutes(start: float, end: float) -> str:
    return f"{start:g}-{end:g}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    lines += [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()
