"""Every explorer on a page of its own: for a projector, without Python, a server or a network.

Before it comes a question, on a page that counts hands (`polls`).

A page holds the drawing's specification and the program that draws it (Vega, Vega-Lite and
vega-embed, as vl-convert bundles them), so that a double-click is enough.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from ppo_lesson.commands import page_html, polls
from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS, build
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.files import make_folder, replace_text, spare_others
from ppo_lesson.lessons import QUESTIONS
from ppo_lesson.lessons.routes import POLLS
from ppo_lesson.notebook import renderer
from ppo_lesson.notebook.renderer import program, require_room

MARK = '<meta name="generator" content="ppo_lesson demos">'  # by it a page of ours is known

# Letters are as wide a part of the window on any screen, and never too small to read.
STYLE = """
:root { --letter: max(14px, 1.3vw); }
* { box-sizing: border-box; margin: 0; }
body { font: var(--letter)/1.4 Liberation Sans, Arial, Helvetica, sans-serif; color: #111;
       background: #fff; min-height: 100vh; padding: .4em .8em; display: flex;
       flex-direction: column; }
header { display: flex; flex-wrap: wrap; align-items: baseline; column-gap: 1.2em; }
h1 { font-size: 1.35em; }
a { color: #0b5f94; }
.formula { font: italic 1.2em/1.2 Georgia, Liberation Serif, serif; }
.right { margin-left: auto; white-space: nowrap; }
kbd { border: 1px solid #767676; border-radius: 4px; padding: 0 .3em; font: inherit; }
ol { flex: 1; display: flex; flex-direction: column; justify-content: space-evenly; }
li { font-size: 1.15em; }
li small { font-size: 1em; color: #595959; }
a:focus-visible { outline: 3px solid #0072B2; outline-offset: 3px; }
/* The drawing has the size that its numbers say; the script makes it as large as the room. */
main { flex: 1; position: relative; overflow: hidden; min-height: 240px; }
#drawing { position: absolute; left: 50%; transform-origin: top center; }
"""

KEYS = """<p class="right"><kbd>Tab</kbd> next, <kbd>\u2190</kbd> <kbd>\u2192</kbd> move,
<kbd>Home</kbd> <kbd>End</kbd> ends</p>"""

FIT = """const drawing = document.getElementById("drawing"), room = drawing.parentElement;
const fit = () => {
  const scale = Math.min(room.clientWidth / drawing.offsetWidth,
                         room.clientHeight / drawing.offsetHeight);
  drawing.style.transform = `translateX(-50%) scale(${scale})`;
};
new ResizeObserver(fit).observe(room);"""


def write(folder: Path) -> list[Path]:
    """Write a page for each explorer and an index into a folder; return their paths.

    Raises:
        OSError: the folder cannot be made, holds a file of that name which is not ours, or there
            is no room to draw.
    """
    require_room()
    make_folder(folder)
    names = [*(file for name in EXPLORERS for file in (name, f"poll_{name}")), "index"]
    spare_others([folder / f"{name}.html" for name in names], MARK)
    bundle = program()
    paths, entries = [], []
    for name in EXPLORERS:
        explorer = build(name)
        poll = polls.body(QUESTIONS[POLLS[name]], explorer.title, f"{name}.html")
        paths += [folder / f"{name}.html", folder / f"poll_{name}.html"]
        replace_text(paths[-2], page(explorer, bundle, paths[-1].name))
        replace_text(paths[-1], _document(explorer.title, poll, polls.STYLE))
        entries.append(
            f'<li><a href="{name}.html">{html.escape(explorer.title)}</a> '
            f'<small>({_belongs_to(name)})</small> <a href="poll_{name}.html">Ask first</a>'
            f"<br>{html.escape(explorer.look_for)}</li>"
        )
    paths.append(folder / "index.html")
    body = f"""<header><h1>Explorers of ppo_lesson</h1>{KEYS}</header>
<ol>{"".join(entries)}</ol>"""
    replace_text(paths[-1], _document("Explorers of ppo_lesson", body))
    return paths


def page(explorer: Explorer, program: str, poll: str) -> str:
    """Write the page of one explorer.

    Args:
        explorer: what it shows.
        program: JavaScript that sets `vegaEmbed`.
        poll: the file of the question that is asked before it.
    """
    specification = json.dumps(compiled(explorer), ensure_ascii=False)
    width, height = explorer.size(words=False)
    body = f"""<header><h1>{html.escape(explorer.title)}</h1>
<p class="formula">{formula_html(explorer.formula)}</p>
<p class="right"><a href="{poll}">Question</a> <a href="index.html">All explorers</a></p></header>
<header><p>{html.escape(explorer.look_for)}</p>{KEYS}</header>
<main><div id="drawing" style="width: {width}px; height: {height}px"></div></main>
<script>{in_script(program)}</script>
<script>vegaEmbed("#drawing", {in_script(specification)}, {{mode: "vega"}});
{FIT}</script>"""
    return _document(explorer.title, body)


def compiled(explorer: Explorer) -> dict[str, Any]:
    """Compile the drawing of an explorer, without the words of its page, to Vega."""
    return renderer.compiled(explorer.specification(words=False))


def _belongs_to(name: str) -> str:
    numbers = NOTEBOOKS[name]
    return f"notebook{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def formula_html(formula: str) -> str:
    """Set a formula in plain text as HTML: what follows _ is lowered, what follows ^ is raised.

    An index is one word, or anything in braces: "A_{t+1}".
    """
    text = html.escape(formula)
    for sign, tag in (("_", "sub"), (r"\^", "sup")):
        text = re.sub(sign + r"\{([^}]*)\}", rf"<{tag}>\1</{tag}>", text)
        text = re.sub(sign + r"(\w+)", rf"<{tag}>\1</{tag}>", text)
    for word, letter in LETTERS.items():
        text = re.sub(rf"(?<![A-Za-z]){word}(?![A-Za-z])", letter, text)
    return text


LETTERS = {
    "theta": "&theta;",
    "pi": "&pi;",
    "epsilon": "&epsilon;",
    "gamma": "&gamma;",
    "lambda": "&lambda;",
    "delta": "&delta;",
}


def in_script(text: str) -> str:
    """Keep a text from ending, or hiding the end of, the script element that it stands in."""
    # Only in strings do these occur; "</" alone would also be in regular expressions.
    return re.sub("<(?=/script|!--|script)", r"\\x3c", text, flags=re.IGNORECASE)


def _document(title: str, body: str, style: str = "") -> str:
    return page_html.document(title, body, STYLE + style, MARK)
