"""One slide as HTML: what its cells show, and the notes that only the speaker sees."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from ppo_lesson.commands import page_html
from ppo_lesson.commands.notebook_cells import exercise_of
from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.exercises.questions import OpenQuestion, Question
from ppo_lesson.explorers.explorer import MIME as EXPLORER
from ppo_lesson.lessons.routes import PLACE, Slide

FORMULA = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)
CAPTION = re.compile(r"^\*([^*]+)\*")
EXPLORER_CALL = re.compile(r"explorers\.(\w+)\(\)")
ROOM = (1200, 560)  # what a slide of 1280 x 720 leaves below its title


@dataclass(frozen=True)
class Course:
    """What slides are made from.

    Attributes:
        cells: number of a notebook -> its cells by id, in order.
        questions: id -> question, of all lessons.
        sizes: name of an explorer -> its width and height in pixels.
    """

    cells: Mapping[str, Mapping[str, NotebookNode]]
    questions: Mapping[str, Question | OpenQuestion]
    sizes: Mapping[str, tuple[int, int]]


def section(slide: Slide, course: Course) -> str:
    """Write a slide as reveal.js wants it.

    Raises:
        ValueError: it shows a cell, or a part of one, that is not there.
    """
    blocks = [points(slide.points)] if slide.points else []
    for place in slide.shows:
        blocks += shown(place, course)
    side = len(blocks) == 2 and sum("<img" in block for block in blocks) == 1
    seconds = round(60 * slide.minutes)
    return f"""<section data-timing="{seconds}">
<h2>{page_html.plain(slide.title)}</h2>
<div class="body{" side" if side else ""}">{"".join(blocks)}</div>
<aside class="notes">{notes(slide, course)}</aside>
</section>"""


def points(lines: tuple[str, ...]) -> str:
    """Write the points of a slide as a list."""
    return (
        '<div class="points">' + page_html.markdown("\n".join(f"- {x}" for x in lines)) + "</div>"
    )


def shown(place: str, course: Course) -> list[str]:
    """Write what a place of the notebooks shows, a block each.

    Raises:
        ValueError: there is no such cell, or nothing of that kind in it.
    """
    cell, part = find(place, course)
    part, number = part.rstrip("123456789"), part[-1]
    question = course.questions.get(cell.id)
    exercise = exercise_of(cell)
    if question is not None and part == "all":
        blocks = [asked(question)]
    elif exercise is not None:
        blocks = [task(exercise, cell.source)]
    elif cell.cell_type == "markdown":
        blocks = list(_of_text(cell.source, part))
    else:
        blocks = list(_of_code(cell, part, course))
    if number.isdigit():
        blocks = blocks[int(number) - 1 : int(number)]
    if not blocks:
        raise ValueError(f"{place}: expected something to show, found nothing")
    return blocks


def find(place: str, course: Course) -> tuple[NotebookNode, str]:
    """Find a cell, and which part of it is meant.

    Raises:
        ValueError: there is no such cell.
    """
    named = PLACE.fullmatch(place)
    cell = course.cells.get(named["notebook"], {}).get(named["cell"]) if named else None
    if cell is None:
        raise ValueError(f"{place}: expected a cell of the notebooks, found none")
    return cell, place.partition(":")[2] or "all"


def asked(question: Question | OpenQuestion) -> str:
    """Write a question in large letters; a step further marks the right option."""
    prompt = f'<p class="prompt">{page_html.plain(question.prompt)}</p>'
    if isinstance(question, OpenQuestion):
        return f'<div class="question">{prompt}</div>'
    marks = {True: ' class="fragment mark"', False: ""}
    options = "".join(
        f"<li{marks[option.correct]}>{page_html.plain(option.text)}</li>"
        for option in question.options
    )
    return f'<div class="question">{prompt}<ol type="A">{options}</ol></div>'


def task(exercise: Exercise, source: str) -> str:
    """Write the task of an exercise, and the line that its function begins with."""
    head = source.partition("raise NotImplementedError")[0].split('"""')[0].strip()
    text = page_html.markdown(exercise.prompt)
    return f'<div class="task">{text}{page_html.code(head)}</div>'


def _of_text(source: str, part: str) -> Iterator[str]:
    text = FOLD.sub("", source)
    formulas = [page_html.formula(found[1], block=True) for found in FORMULA.finditer(text)]
    if part == "text":
        yield f'<div class="text">{page_html.markdown(CAPTION.sub("", text))}</div>'
    elif part in ("all", "formula"):
        yield from formulas


def _of_code(cell: NotebookNode, part: str, course: Course) -> Iterator[str]:
    if part == "code":
        yield f'<div class="code">{page_html.code(cell.source)}</div>'
        return
    words = _caption(cell, course)
    for out in cell.outputs:
        if EXPLORER in out.get("data", {}):
            yield explorer_block(cell.source, course)
            continue
        block = page_html.output(out, words)
        kind = "picture" if "<img" in block else "table" if "<table" in block else "numbers"
        if block and part in ("all", kind):
            yield f'<div class="{kind}">{block}</div>'


def explorer_block(source: str, course: Course) -> str:
    """Leave the room that an explorer is drawn in, as large as the slide lets it be."""
    called = EXPLORER_CALL.search(source)
    if called is None:
        raise ValueError(f"explorer: expected a call of one in {source!r}")
    width, height = course.sizes[called[1]]
    scale = min(ROOM[0] / width, ROOM[1] / height)
    outer = f"width:{width * scale:.0f}px;height:{height * scale:.0f}px"
    inner = f"width:{width}px;height:{height}px;transform:scale({scale:.4f})"
    return (
        f'<div class="explorer" style="{outer}">'
        f'<div data-explorer="{called[1]}" style="{inner}"></div></div>'
    )


def explorers_of(slides: tuple[Slide, ...], course: Course) -> list[str]:
    """Name the explorers that slides show."""
    cells = [find(place, course)[0] for slide in slides for place in slide.shows]
    called = [EXPLORER_CALL.search(cell.source) for cell in cells if cell.cell_type == "code"]
    return list(dict.fromkeys(found[1] for found in called if found))


def _caption(cell: NotebookNode, course: Course) -> str:
    """Take the words for a picture from the caption that opens the next cell."""
    for cells in course.cells.values():
        ids = list(cells)
        if cells.get(cell.id) is cell:
            following = ids[ids.index(cell.id) + 1 :][:2]
            texts = [cells[name].source for name in following]
            found = next((m for text in texts if (m := CAPTION.match(text))), None)
            return found[1] if found else ""
    return ""


def notes(slide: Slide, course: Course) -> str:
    """Write what the speaker reads: what to do, to ask, what goes wrong, where it stands."""
    told = (("Do", slide.do), ("Ask", slide.ask), ("What usually goes wrong", slide.wrong))
    parts = [(head, re.sub(r"\*\*|`", "", text)) for head, text in told if text]
    for place in slide.shows:
        cell, part = find(place, course)
        if part != "all":
            continue
        question, exercise = course.questions.get(cell.id), exercise_of(cell)
        if isinstance(question, Question):
            parts += _notes_of_question(question)
        elif question is not None:
            parts.append(("A model answer", question.model_answer))
            parts.append(("Points to make", " / ".join(question.rubric)))
        elif exercise is not None:
            parts += _notes_of_exercise(exercise)
    paragraphs = [
        f"<p><strong>{head}.</strong> {page_html.plain(text)}</p>" for head, text in parts
    ]
    cells = dict.fromkeys(place.partition(":")[0] for place in slide.shows)
    where = ", ".join(f"notebook {cell[:2]}, cell {cell[3:]}" for cell in cells)
    time = f"{slide.minutes:g} minutes. " if slide.minutes != 1 else "1 minute. "
    return "".join(paragraphs) + f"<p><em>{time}{html.escape(where.capitalize())}</em></p>"


def _notes_of_question(question: Question) -> list[tuple[str, str]]:
    letters = dict(zip("ABCDEFGH", question.options, strict=False))
    right = next(letter for letter, option in letters.items() if option.correct)
    wrong = " ".join(
        f"{letter}: {option.feedback}" for letter, option in letters.items() if not option.correct
    )
    hands = ", ".join(letters)
    return [
        ("Ask", f"Who is for {hands}? Hands up, then let one of each group say why."),
        ("Right", f"{right}. {question.answer.feedback}"),
        ("What usually goes wrong", wrong),
    ]


def _notes_of_exercise(exercise: Exercise) -> list[tuple[str, str]]:
    slips = " ".join(dict.fromkeys(mistake.sentence for mistake in exercise.mistakes[:4]))
    minutes = f"Write it on your own, {exercise.minutes:g} minutes; then compare in pairs."
    return [
        ("Ask", minutes),
        ("What usually goes wrong", slips.replace("`", "")),
        ("If somebody is stuck", exercise.hints[0].replace("`", "")),
    ]
