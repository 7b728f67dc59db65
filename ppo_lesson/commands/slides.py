"""``ppo-lesson slides``: a route through the course as slides, a page for each meeting.

reveal.js shows them; it comes with the Python package sphinx-revealjs and is written into the page,
as is the program that draws explorers. No Python, no server and no network is needed to show them.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ppo_lesson.commands import demos, notebook_form, notebooks, page_html, slide_html
from ppo_lesson.explorers import EXPLORERS, build
from ppo_lesson.files import make_folder, replace_text, spare_others
from ppo_lesson.lessons import OPEN_QUESTIONS, QUESTIONS
from ppo_lesson.lessons.routes import ROUTES, Deck
from ppo_lesson.notebook.renderer import program, require_room

MARK = '<meta name="generator" content="ppo_lesson slides">'  # by it a page of ours is known
KEYS = """<p class="keys"><kbd>→</kbd> next <kbd>←</kbd> back <kbd>S</kbd> speaker's window
<kbd>T</kbd> notes below <kbd>F</kbd> full screen <kbd>B</kbd> black <kbd>Esc</kbd> all slides.
In an explorer: <kbd>Tab</kbd> to a slider, then <kbd>←</kbd> <kbd>→</kbd>.
On paper: add <code>?print-pdf</code> to the address, then print.</p>"""

STYLE = """
.reveal { font: 32px/1.35 Liberation Sans, Arial, Helvetica, sans-serif; color: #111; }
html, body, .reveal-viewport { background: #fff; }
.reveal .slides { text-align: left; }
.reveal .slides section { height: 720px; padding: 20px 40px 36px; box-sizing: border-box; }
.reveal .slides section.present, .print-pdf .reveal .slides section {
  display: flex !important; flex-direction: column; }
h1 { font-size: 56px; line-height: 1.15; margin: 120px 0 20px; }
h2 { font-size: 40px; line-height: 1.2; margin: 0 0 14px; color: #0b3f63; }
.body { flex: 1; min-height: 0; display: flex; flex-direction: column; gap: 16px;
  justify-content: center; align-items: center; }
.body.side { flex-direction: row; }
.body.side > * { flex: 1; min-width: 0; }
.body > * { max-width: 1200px; }
.points, .question, .task, .text, .code { align-self: stretch; }
.body.side .points { align-self: center; }
.points ul { margin: 0; padding-left: 1.1em; }
.points li { margin: .25em 0; }
.body > .picture { flex: 1; min-height: 0; width: 100%; height: 100%; }
.body.side > .picture { flex: 1.6; }
.body.side table { font-size: 24px; }
.body.side th, .body.side td { padding: 5px 8px; }
.picture img { width: 100%; height: 100%; object-fit: contain; margin: 0; }
table { border-collapse: collapse; font-size: 28px; }
table:has(tr:nth-child(10)) { font-size: 24px; line-height: 1.2; }
th, td { padding: 5px 16px; border-bottom: 1px solid #bbb; text-align: right; }
th { border-bottom: 2px solid #333; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
pre.numbers { font: 28px/1.5 Liberation Sans, Arial, sans-serif; }
.code pre { font-size: 22px; }
.task { font-size: 28px; }
.task pre { font-size: 24px; margin-top: 10px; padding: 8px 12px; background: #f3f3f3; }
.task h3, .text h2, .text h3 { display: none; }
.text { font-size: 24px; }
.text:only-child { font-size: 28px; }
.task p, .text p, .question p { margin: .35em 0; }
.task ul { margin: .2em 0; padding-left: 1.1em; }
.question ol { padding-left: 1.5em; margin: .5em 0 0; }
.question p:only-child { font-size: 40px; }
.question li { margin: .4em 0; padding: .25em .5em; border-left: 6px solid transparent; }
.reveal .fragment.mark { opacity: 1; visibility: inherit; transition: none; }
.reveal .slide-number { right: auto; left: 8px; }
.reveal .slide-number, .reveal .slide-number a { color: #333; background: #fff; font-size: 20px; }
.reveal .fragment.mark.visible { font-weight: bold; border-left-color: #00704F;
  background: #e8f5f0; }
.display { display: block; font-size: 38px; text-align: center; }
.inline svg, .display svg { max-width: 100%; }
.explorer > div { transform-origin: top left; }
.keys { font-size: 22px; color: #444; line-height: 2; margin-top: 60px; }
kbd { border: 1px solid #767676; border-radius: 4px; padding: 0 .4em; margin-left: .6em;
  font: inherit; }
a:focus-visible { outline: 3px solid #0072B2; outline-offset: 3px; }
"""

START = """Reveal.initialize({
  width: 1280, height: 720, margin: 0.02, center: false, hash: true, slideNumber: "c/t",
  transition: "none", backgroundTransition: "none", pdfSeparateFragments: false,
  pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
  keyboard: {84: () => Reveal.configure({showNotes: !Reveal.getConfig().showNotes})},
});"""


def write(route: str, folder: Path) -> Iterator[Path]:
    """Write the decks of a route into a folder; yield their paths as they are done.

    Raises:
        OSError: the folder cannot be made, holds a file of that name which is not ours, or there
            is no room to draw.
        ValueError: there is no such route, or what the slides are made with is not installed.
    """
    if route not in ROUTES:
        raise ValueError(f"route: expected one of {', '.join(ROUTES)}, got {route!r}")
    page_html.require("sphinx_revealjs", "ziamath", "nbconvert")
    require_room()
    make_folder(folder)
    decks = ROUTES[route]
    spare_others([folder / f"{deck.name}.html" for deck in decks], MARK)
    course = read_course()
    for deck in decks:
        path = folder / f"{deck.name}.html"
        replace_text(path, page(deck, course))
        yield path


def read_course() -> slide_html.Course:
    """Read the stored notebooks, the lessons' questions and the sizes of the explorers."""
    paths, _ = notebooks.find([])
    cells = {
        path.stem[:2]: {cell.id: cell for cell in notebook_form.read(path).cells} for path in paths
    }
    sizes = {name: build(name).size(words=False) for name in EXPLORERS}
    return slide_html.Course(cells, {**QUESTIONS, **OPEN_QUESTIONS}, sizes)


def page(deck: Deck, course: slide_html.Course) -> str:
    """Write a deck as one page."""
    sections = "\n".join(slide_html.section(slide, course) for slide in deck.slides)
    first = f"""<section><h1>{html.escape(deck.title)}</h1>
<p>{deck.minutes} minutes</p>{KEYS}
<aside class="notes"><p>Press S for this window on your own screen. The time of each slide stands
in its notes.</p></aside></section>"""
    names = slide_html.explorers_of(deck.slides, course)
    scripts = [_reveal("dist/reveal.js"), _reveal("plugin/notes/notes.js"), START]
    if names:
        scripts.append(program())
        scripts.append("\n".join(_drawing(name) for name in names))
    body = f"""<div class="reveal"><div class="slides">
{first}
{sections}
</div></div>
{"".join(f"<script>{demos.in_script(script)}</script>" for script in scripts)}"""
    style = "".join(
        (_reveal("dist/reset.css"), _reveal("dist/reveal.css"), STYLE, page_html.CODE_STYLE)
    )
    return page_html.document(deck.title, body, style, MARK)


def _reveal(name: str) -> str:
    """Read a file of reveal.js, which sphinx-revealjs brings."""
    found = find_spec("sphinx_revealjs")
    if found is None or not found.submodule_search_locations:
        raise ValueError(f"sphinx_revealjs is not installed; {page_html.EXTRA}")
    folder = Path(found.submodule_search_locations[0], "_static", "revealjs")
    return (folder / name).read_text(encoding="utf-8")


def _drawing(name: str) -> str:
    """Write the call that draws an explorer wherever a slide leaves room for it."""
    specification = json.dumps(demos.compiled(build(name)), ensure_ascii=False)
    return (
        f"for (const room of document.querySelectorAll('[data-explorer={name}]'))"
        f' vegaEmbed(room, {specification}, {{mode: "vega"}});'
    )
