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
from ppo_lesson.commands.notebook_cells import EXERCISE
from ppo_lesson.files import checkout, replace_text
from ppo_lesson.lessons import EXERCISES, OPEN_QUESTIONS, QUESTIONS, coverage
from ppo_lesson.lessons.routes import ROUTES, Deck, Slide

SHORT = ("demonstration", "lab")  # routes whose tables have a row for each slide
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
MARKED = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
ASKS = re.compile(r"^(?:predict|ask)\(lesson\.\w+\.")
MOST_LETTERS = 44  # of a line by which a cell is found
WRITTEN = {f"{EXERCISE}{name.replace('_', '-')}": exercise for name, exercise in EXERCISES.items()}
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


def write(path: Path | None = None) -> Path:
    """Replace the tables of a page by those of today; return its path.

    Args:
        path: the checkout's TEACHING.md, unless another page is named.

    Raises:
        ValueError: a mark of the page names no table, or a table has no mark.
        OSError: the page cannot be read or written.
    """
    path = path or checkout() / "TEACHING.md"
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
    told: set[tuple[Slide, ...]] = set()
    for route, decks in ROUTES.items():
        for deck in decks:
            if deck.slides not in told:  # two routes may share a meeting
                steps = list(_steps(deck, places))
                rows = by_slide(steps) if route in SHORT else by_section(steps)
                known[deck.name] = f"**{deck.title}. {deck.minutes} minutes.**\n\n{rows}"
            told.add(deck.slides)
    return known


def by_slide(steps: Sequence[Step]) -> str:
    """Write a table with a row for each slide."""
    rows, start = [], 0.0
    for slide, place in steps:
        end = start + slide.minutes
        where = f"{_link(place)} {_short(place.section)}: {place.begins}" if slide.shows else ""
        doing = (
            f"**{slide.title.rstrip('.')}**{'' if slide.title.endswith('?') else '.'} {slide.do}"
        )
        rows.append([_minutes(start, end), where, doing, *_said(slide)])
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
        chief = max(slides, key=lambda slide: (bool(slide.ask), slide.minutes))
        where = f"{_link(Place(path, section, ''))} {section}"
        rows.append([_minutes(start, end), where, "; ".join(_doings(slides)), *_said(chief)])
        start = end
    return _table(rows)


def _said(slide: Slide) -> tuple[str, str]:
    """Give what to ask at a slide, and what usually goes wrong there."""
    question, exercise = QUESTIONS.get(_cell_id(slide)), WRITTEN.get(_cell_id(slide))
    if slide.ask:
        return slide.ask, slide.wrong
    if question:
        return "Who is for which option, and why?", f"{slide.wrong} Right: “{question.answer.text}”"
    if spoken := OPEN_QUESTIONS.get(_cell_id(slide)):
        return "Who speaks? The others give the points.", f"Left out: {spoken.rubric[-1]}"
    if exercise:
        slip = exercise.mistakes[0].sentence if exercise.mistakes else exercise.hints[0]
        return f"{exercise.minutes:g} minutes alone; then compare in pairs.", slip
    raise ValueError(f"ask: expected what to ask at {slide.title!r}, got nothing")


def _doings(slides: Sequence[Slide]) -> Iterator[str]:
    """Say what a section's slides are, in a few words."""
    written = [WRITTEN[_cell_id(s)].id for s in slides if not s.ask and _cell_id(s) in WRITTEN]
    asked = [
        _cell_id(s) for s in slides if not s.ask and _cell_id(s) in {*QUESTIONS, *OPEN_QUESTIONS}
    ]
    shown = [f"*{slide.title}*" for slide in slides if slide.ask]
    if shown:
        yield f"show {', '.join(shown)}"
    if asked:
        yield f"ask {', '.join(f'`{name}`' for name in asked)}"
    if written:
        yield f"they write {', '.join(f'`{name}`' for name in written)}"


def _cell_id(slide: Slide) -> str:
    return slide.shows[0].partition(":")[0].partition("/")[2] if slide.shows else ""


def _steps(deck: Deck, places: dict[str, Place]) -> Iterator[Step]:
    place = None
    found: list[Step] = []
    for slide in reversed(deck.slides):  # who shows nothing belongs to what follows
        if slide.shows:
            cells = [places[shown.partition(":")[0]] for shown in slide.shows]
            place = next((cell for cell in cells if cell.begins.startswith("`")), cells[0])
        found.append(Step(slide, place or Place(Path(), "", "")))
    yield from reversed(found)


def _places() -> dict[str, Place]:
    """Find every cell: "04/climb" -> its place."""
    found = {}
    for path in notebooks.find([])[0]:
        section, cells = "the opening", notebook_form.read(path).cells
        for cell in cells:
            heading = SECTION.search(cell.source) if cell.cell_type == "markdown" else None
            section = heading[1] if heading else section
            found[f"{path.stem[:2]}/{cell.id}"] = Place(path, section, _begins(cell, cells))
    return found


def _begins(cell: NotebookNode, cells: Sequence[NotebookNode]) -> str:
    """Quote as much of a cell's first line as a reader must search for, for no cell else has it."""
    line = next(line for line in cell.source.splitlines() if line.strip())
    if cell.cell_type == "markdown":
        return f"“{line.strip('#* ').partition('$')[0][:MOST_LETTERS].rstrip(' .:')}”"
    sources = [other.source.lower() for other in cells]
    for words in _beginnings(line):
        if sum(words.lower() in source for source in sources) == 1:
            return f"`{words}`"
    return f"`{line[:MOST_LETTERS].rstrip()}`"


def _beginnings(line: str) -> Iterator[str]:
    """Yield what a line begins with, a word more each time; first without a question's module."""
    for text in dict.fromkeys((ASKS.sub("", line).rstrip(")"), line)):
        ends = [found.end() for found in re.finditer(r"\w+(?: =)?", text)]
        yield from (text[:end] for end in [*ends, len(text)] if end > 3)


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
