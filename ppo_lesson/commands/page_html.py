"""Markdown, formulas, code and outputs as HTML that asks no network: for slides and handouts.

Formulas are drawn as SVG here and now (ziamath), so that a page needs no program and no font for
them, and prints. What draws them is in the extra ``classroom``.
"""

from __future__ import annotations

import html
import re
from functools import cache
from importlib.util import find_spec
from typing import Any

from nbformat import NotebookNode

EXTRA = 'pip install "ppo-lesson[classroom]" installs it'
HIGHEST = 12  # of the letters of a formula
LETTERS = 24  # points of the letters that a formula is drawn for; the page scales it with its own
# Of nbconvert's own style for code: names of kinds of words, as Pygments gives them.
CODE_STYLE = """pre { font-family: Liberation Mono, Consolas, Menlo, monospace; margin: 0;
  line-height: 1.3; white-space: pre-wrap; }
.highlight .k, .highlight .kn, .highlight .ow, .highlight .kc { color: #0b5f94; font-weight: bold; }
.highlight .s1, .highlight .s2, .highlight .sd, .highlight .sa { color: #8A3B00; }
.highlight .c1 { color: #595959; font-style: italic; }
.highlight .mi, .highlight .mf { color: #00704F; }"""


def document(title: str, body: str, style: str, mark: str) -> str:
    """Write a page that needs no other file.

    Args:
        title: of its window.
        body: HTML.
        style: CSS.
        mark: an element of the head, by which a page of ours is known.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
{mark}
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def require(*packages: str) -> None:
    """Refuse to start without packages of the extra.

    Raises:
        ValueError: one is not installed.
    """
    for package in packages:
        if find_spec(package) is None:
            raise ValueError(f"{package} is not installed; {EXTRA}")


@cache
def formula(latex: str, *, block: bool) -> str:
    """Draw a formula of LaTeX as SVG; what it is named for those who do not see it is the LaTeX."""
    drawn, (width, height, top) = _drawn(latex, block=block)
    if height > HIGHEST * LETTERS:  # in a block ziamath stretches some brackets without an end
        drawn, (width, height, top) = _drawn(latex, block=False)
    style = f"width:{width / LETTERS:.3f}em;height:{height / LETTERS:.3f}em"
    if not block:
        style += f";vertical-align:{-(height + top) / LETTERS:.3f}em"
    named = f'role="img" aria-label="{html.escape(latex.strip())}" style="{style}"'
    text = re.sub(r' width="\S+" height="\S+"', lambda _: f" {named}", drawn, count=1)
    # Three digits are more than a screen shows, and a third of the size.
    text = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", text)
    return f'<span class="{"display" if block else "inline"}">{text}</span>'


def _drawn(latex: str, *, block: bool) -> tuple[str, tuple[float, ...]]:
    """Return the drawing, and its width, height and topmost place; the baseline is at 0."""
    # Of the extra `classroom`:
    from ziamath.config import config  # pyright: ignore[reportMissingImports]
    from ziamath.zmath import Latex  # pyright: ignore[reportMissingImports]

    config.svg2 = False  # shapes stand in place: none is taken from a part that is hidden
    drawn = Latex(latex, size=LETTERS, inline=not block).svg()
    size = re.match(r'<svg [^>]*width="(\S+)" height="(\S+)" viewBox="\S+ (\S+) ', drawn)
    if size is None:
        raise ValueError(f"formula: expected a drawing with a size, got {drawn[:80]!r}")
    # A box around a formula that begins with a blank comes out filled.
    drawn = re.sub(r'(<rect [^>]*stroke="black" )fill="black"', r'\1fill="none"', drawn)
    return drawn, tuple(map(float, size.groups()))


def markdown(text: str) -> str:
    """Set Markdown as HTML, formulas drawn."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """As nbconvert's, but formulas are drawn."""

        def block_math(self, body: str) -> str:
            return formula(html.unescape(body), block=True)

        def inline_math(self, body: str) -> str:
            return formula(html.unescape(body), block=False)

    renderer = Renderer(escape=False, exclude_anchor_links=True)
    return str(MarkdownWithMath(renderer=renderer).render(text))


def code(source: str) -> str:
    """Set Python as HTML, its kinds of words marked."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return str(highlight(source, PythonLexer(), HtmlFormatter()))


def plain(text: str) -> str:
    """Set a text without Markdown, as questions have it: formulas between dollars are drawn."""
    parts = re.split(r"\$([^$]+)\$", text)
    drawn = [
        formula(part, block=False) if k % 2 else html.escape(part, quote=False)
        for k, part in enumerate(parts)
    ]
    return "".join(drawn).replace("\n\n", "<br><br>")


def picture(data: dict[str, Any], words: str) -> str:
    """Set a picture of an output as HTML, or "" where it has none; words describe it."""
    for mime in ("image/png", "image/webp", "image/gif"):
        if mime in data:
            content = "".join(data[mime].split())
            return f'<img src="data:{mime};base64,{content}" alt="{html.escape(words)}">'
    return ""


def output(out: NotebookNode, words: str = "") -> str:
    """Set an output as HTML: a picture, a table, printed lines; "" for one that only proves.

    Args:
        out: of a cell.
        words: describe its picture for those who do not see it.
    """
    data = out.get("data", {})
    page = data.get("text/html", "")
    if "ppo-proved" in page:
        return ""
    if out.output_type == "stream":
        return f'<pre class="numbers">{html.escape(_without_tolerance(out.text.rstrip()))}</pre>'
    if "image/png" in data:
        return picture(data, words or data.get("text/plain", ""))
    if "<table" in page or "<img" in page:
        return page
    if "text/markdown" in data:
        return markdown(data["text/markdown"])
    return ""


def _without_tolerance(text: str) -> str:
    """Leave out what only the tests read: how far a number may be from the stored one."""
    return re.sub(r" \(within \S+ on any machine\)", "", text)
