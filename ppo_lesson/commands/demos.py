"""Every explorer on a page of its own: for a projector, without Python, a server or a network.

A page holds the drawing's specification and the program that draws it (Vega, Vega-Lite and
vega-embed, as vl-convert bundles them), so that a double-click is enough.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import vl_convert

from ppo_lesson.files import make_folder, spare_others
from ppo_lesson.teaching.explorer import Explorer
from ppo_lesson.teaching.explorers import EXPLORERS
from ppo_lesson.teaching.renderer import VEGA_LITE, require_room

MARK = '<meta name="generator" content="ppo_lesson demos">'  # by it a page of ours is known

STYLE = """
body { font: 18px/1.45 Liberation Sans, Arial, Helvetica, sans-serif; color: #111;
       background: #fff; margin: 24px auto; max-width: 960px; padding: 0 24px; }
h1 { font-size: 30px; margin: 8px 0; }
a { color: #0b5f94; }
.formula { font: italic 24px/1.5 Georgia, Liberation Serif, serif; margin: 8px 0; }
/* Letters as small as JupyterLab's: the room for those that hang down is part of the drawing. */
.drawing { overflow-x: auto; margin: 8px 0; font-size: 13px; line-height: 1.3; }
kbd { border: 1px solid #767676; border-radius: 4px; padding: 0 6px; font-size: 16px; }
a:focus-visible { outline: 3px solid #0072B2; outline-offset: 3px; }
"""

KEYS = """<p><strong>Keys.</strong> <kbd>Tab</kbd> goes to the next slider, <kbd>←</kbd> and
<kbd>→</kbd> move it by one step, <kbd>Page Up</kbd> and <kbd>Page Down</kbd> by several,
<kbd>Home</kbd> and <kbd>End</kbd> to its ends; a choice is a slider with two positions.</p>"""


def write(folder: Path) -> list[Path]:
    """Write a page for each explorer and an index into a folder; return their paths.

    Raises:
        OSError: the folder cannot be made, holds a file of that name which is not ours, or there
            is no room to draw.
    """
    require_room()
    make_folder(folder)
    spare_others([folder / f"{name}.html" for name in (*EXPLORERS, "index")], MARK)
    program = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
    paths, entries = [], []
    for name, build in EXPLORERS.items():
        explorer = build()
        if not isinstance(explorer, Explorer):  # only a learner's own function ends that way
            raise TypeError(f"{name}: expected an Explorer, got {explorer!r}")
        paths.append(folder / f"{name}.html")
        paths[-1].write_text(page(explorer, program), encoding="utf-8")
        entries.append(
            f'<li><p><a href="{paths[-1].name}">{html.escape(explorer.title)}</a><br>'
            f"{html.escape(explorer.look_for)}</p></li>"
        )
    paths.append(folder / "index.html")
    body = f"<h1>Explorers of ppo_lesson</h1><ol>{''.join(entries)}</ol>{KEYS}"
    paths[-1].write_text(_document("Explorers of ppo_lesson", body), encoding="utf-8")
    return paths


def page(explorer: Explorer, program: str) -> str:
    """Write the page of one explorer.

    Args:
        explorer: what it shows.
        program: JavaScript that sets `vegaEmbed`.
    """
    drawing = explorer.specification(words=False)
    compiled = vl_convert.vegalite_to_vega(drawing, vl_version=VEGA_LITE)
    # It names Vega 5; the bundle's Vega 6 draws the same, but would complain on the console.
    del compiled["$schema"]
    specification = json.dumps(compiled, ensure_ascii=False)
    body = f"""<p><a href="index.html">All explorers</a></p>
<h1>{html.escape(explorer.title)}</h1>
<p class="formula">{formula_html(explorer.formula)}</p>
<p>{html.escape(explorer.look_for)}</p>
<div class="drawing" id="drawing"></div>
{KEYS}
<script>{_in_script(program)}</script>
<script>vegaEmbed("#drawing", {_in_script(specification)}, {{mode: "vega"}});</script>"""
    return _document(explorer.title, body)


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


def _in_script(text: str) -> str:
    """Keep a text from ending, or hiding the end of, the script element that it stands in."""
    # Only in strings do these occur; "</" alone would also be in regular expressions.
    return re.sub("<(?=/script|!--|script)", r"\\x3c", text, flags=re.IGNORECASE)


def _document(title: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
{MARK}
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""
