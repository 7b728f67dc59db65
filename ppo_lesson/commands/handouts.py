"""``ppo-lesson handouts``: for each notebook its exercises on paper, and a key apart, as PDF.

A page is written as HTML and printed by a Chromium, through Playwright; both are in the extra
``classroom``, but for the browser itself, which Playwright or the system brings.
"""

from __future__ import annotations

import html
import inspect
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ppo_lesson.commands import notebook_cells, notebook_form, notebooks, page_html
from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.exercises.questions import OpenQuestion, Question
from ppo_lesson.exercises.solution import solution_cell
from ppo_lesson.files import make_folder, not_ours, replace_bytes
from ppo_lesson.lessons import LESSONS

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
IN_WORDS = "<h2>In your own words</h2>"
LINES_A_MINUTE = 1.5  # of room to write, for each minute that an exercise takes
STYLE = """
@page { size: A4; margin: 16mm 18mm; }
body { font: 11pt/1.4 Liberation Sans, Arial, Helvetica, sans-serif; color: #111; margin: 0; }
h1 { font-size: 17pt; margin: 0 0 2mm; }
h2 { font-size: 12.5pt; margin: 6mm 0 1mm; }
h2, h3 { break-after: avoid; }
h3 { font-size: 11pt; margin: 4mm 0 1mm; }
p { margin: 1.5mm 0; }
ul, ol { margin: 1mm 0; padding-left: 6mm; }
.name { display: flex; gap: 8mm; margin: 3mm 0 5mm; }
.name span { flex: 1; border-bottom: .3mm solid #767676; padding-bottom: 1mm; color: #595959; }
.item { break-inside: avoid; }
.item + .item { margin-top: 3mm; }
.lines div { height: 8mm; border-bottom: .2mm solid #aaa; }
.code { border: .3mm solid #aaa; padding: 2mm 3mm; }
.code .lines div { border-bottom: .2mm dotted #bbb; }
.highlight pre, pre { font-size: 9.5pt; }
.boxes { list-style: none; padding-left: 0; }
.boxes li::before { content: "\\2610\\00a0\\00a0"; }
.display { display: block; text-align: center; margin: 1.5mm 0; }
.right { font-weight: bold; }
"""


def write(folder: Path, names: Sequence[str] = ()) -> Iterator[Path]:
    """Write a handout and a key for each notebook; yield their paths as they are done.

    Args:
        folder: where, made if need be.
        names: of the notebooks; none means all.

    Raises:
        OSError: a file is there that is not one of ours, or the folder cannot be written.
        ValueError: a notebook is not known, or something is not installed.
    """
    paths = notebooks.find_all(names)
    page_html.require("ziamath", "nbconvert", "playwright")
    make_folder(folder)
    _spare_others([folder / name for path in paths for name in file_names(path.stem)])
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(playwright), args=FLAGS)
        for path in paths:
            lesson = LESSONS[path.stem]
            for name, text in zip(file_names(path.stem), (sheet(lesson), key(lesson)), strict=True):
                replace_bytes(folder / name, _printed(browser, text))
                yield folder / name
        browser.close()


def file_names(notebook: str) -> tuple[str, str]:
    """Name the handout of a notebook, and its key."""
    return f"{notebook}_handout.pdf", f"{notebook}_key.pdf"


def chromium(playwright: Any) -> str:
    """Find a Chromium: Playwright's own, or the system's.

    Raises:
        ValueError: there is none.
    """
    own = playwright.chromium.executable_path
    found = own if Path(own).exists() else next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise ValueError("no Chromium found to print with; playwright install chromium brings one")
    return found


def sheet(lesson: Lesson) -> str:
    """Write the handout of a lesson: what it asks, with room to write."""
    body = [
        '<div class="name"><span>Name</span><span>Date</span></div>',
        "<h2>Exercises</h2>",
        *(_exercise(number, exercise) for number, exercise in enumerate(lesson.exercises, 1)),
        "<h2>Questions</h2>" if lesson.questions else "",
        *(_question(number, question) for number, question in enumerate(lesson.questions, 1)),
        IN_WORDS if lesson.open_questions else "",
        *(_open_question(number, asked) for number, asked in enumerate(lesson.open_questions, 1)),
    ]
    return document(f"{title(lesson)}: handout", "".join(body))


def key(lesson: Lesson) -> str:
    """Write the answers to the handout of a lesson."""
    body = [
        "<h2>Exercises</h2>",
        *(
            f'<div class="item"><h3>{number}. {html.escape(exercise.id)}</h3>'
            f"{page_html.code(solution_cell(exercise))}</div>"
            for number, exercise in enumerate(lesson.exercises, 1)
        ),
        "<h2>Questions</h2>" if lesson.questions else "",
        *(_answer(number, question) for number, question in enumerate(lesson.questions, 1)),
        IN_WORDS if lesson.open_questions else "",
        *(_model_answer(number, asked) for number, asked in enumerate(lesson.open_questions, 1)),
    ]
    return document(f"{title(lesson)}: key", "".join(body))


def title(lesson: Lesson) -> str:
    """Return the title of a lesson's notebook, as it stands in its first cell."""
    (path,), _ = notebooks.find([lesson.notebook])
    return notebook_cells.headings(notebook_form.read(path).cells[0].source)[0].title


def document(heading: str, body: str) -> str:
    """Write a page of HTML; its heading may hold a formula, which the footer spells out."""
    spelt = "".join(letter for letter in heading if letter not in "$\\{}")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(spelt)}</title>
<style>{STYLE}{page_html.CODE_STYLE}</style></head>
<body><h1>{page_html.plain(heading)}</h1>{body}</body></html>"""


def _exercise(number: int, exercise: Exercise) -> str:
    head = f"<h3>Exercise {number}, about {exercise.minutes:g} minutes</h3>"
    prompt = head + page_html.markdown(exercise.prompt)
    arguments = ", ".join(inspect.signature(exercise.reference).parameters)
    function = page_html.code(f"def my_{exercise.id}({arguments}):")
    room = _lines(round(LINES_A_MINUTE * exercise.minutes))
    return f'<div class="item">{prompt}<div class="code">{function}{room}</div></div>'


def _question(number: int, question: Question) -> str:
    options = "".join(f"<li>{page_html.plain(option.text)}</li>" for option in question.options)
    prompt = page_html.plain(question.prompt)
    return f'<div class="item"><p>{number}. {prompt}</p><ul class="boxes">{options}</ul></div>'


def _open_question(number: int, question: OpenQuestion) -> str:
    prompt = page_html.plain(question.prompt)
    return (
        f'<div class="item"><p>{number}. {prompt}</p>{_lines(2 * len(question.rubric) + 4)}</div>'
    )


def _answer(number: int, question: Question) -> str:
    right = question.answer
    others = "".join(
        f"<li><i>{_sentence(option.text)}</i> {page_html.plain(option.feedback)}</li>"
        for option in question.options
        if not option.correct
    )
    return (
        f'<div class="item"><p>{number}. <span class="right">{_sentence(right.text)}</span> '
        f"{page_html.plain(right.feedback)}</p><ul>{others}</ul></div>"
    )


def _sentence(text: str) -> str:
    """Set an option as a sentence, with the full stop that it may lack."""
    return page_html.plain(text.strip() if text.strip()[-1] in ".?!" else f"{text.strip()}.")


def _model_answer(number: int, question: OpenQuestion) -> str:
    points = "".join(f"<li>{page_html.plain(point)}</li>" for point in question.rubric)
    return (
        f'<div class="item"><p>{number}. <b>{page_html.plain(question.prompt)}</b></p>'
        f"<p>{page_html.plain(question.model_answer)}</p>"
        f"<p>A point for each of these:</p><ul>{points}</ul></div>"
    )


def _lines(number: int) -> str:
    return f'<div class="lines">{"<div></div>" * number}</div>'


def _printed(browser: Any, text: str) -> bytes:
    page = browser.new_page()
    page.set_content(text)
    footer = (
        '<div style="font-size:8pt;width:100%;text-align:center;color:#595959">'
        '<span class="title"></span>, <span class="pageNumber"></span> of '
        '<span class="totalPages"></span></div>'
    )
    printed = page.pdf(
        prefer_css_page_size=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=footer,
    )
    page.close()
    return printed


def _spare_others(paths: Sequence[Path]) -> None:
    """Refuse to write over a file that is not a PDF: one of ours is made anew."""
    for path in paths:
        if path.exists() and not (path.is_file() and path.read_bytes().startswith(b"%PDF-")):
            raise not_ours(path)
