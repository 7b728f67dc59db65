"""How questions look: the pieces of their widgets, and the static form that a notebook keeps.

Texts are plain: what stands in them is escaped, and a blank line begins a paragraph. A formula
between dollars is drawn.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

CSS_CLASS = "ppo-quiz"
# ipywidgets gives every label one line of fixed height and cuts off the rest.
STYLE = """<style>
.ppo-quiz {
  max-width: 800px; padding: 4px 16px 12px; border-left: 4px solid #0072B2; overflow: visible;
}
.ppo-quiz p, .ppo-quiz label, .ppo-quiz textarea, .ppo-quiz button {
  font-size: 15px; line-height: 1.5; color: var(--jp-content-font-color1, black);
}
.ppo-quiz .jupyter-widgets:not(button) { height: auto; overflow: visible; }
.ppo-quiz p { margin: 0 0 8px; }
.ppo-quiz .widget-radio, .ppo-quiz .widget-checkbox, .ppo-quiz .widget-textarea { width: auto; }
.ppo-quiz .widget-radio-box { width: 100%; margin: 0; }
.ppo-quiz .widget-radio-box label, .ppo-quiz .widget-checkbox label {
  display: flex; align-items: flex-start; gap: 10px; width: 100%; height: auto;
  padding: 4px 0; white-space: normal;
}
.ppo-quiz input[type=radio], .ppo-quiz input[type=checkbox] {
  order: -1; flex: none; width: 16px; height: 16px; margin: 4px 0 0;
}
.ppo-quiz .widget-textarea { flex-direction: column; }
.ppo-quiz .widget-textarea label { width: auto; text-align: left; }
.ppo-quiz .widget-textarea textarea {
  width: 100%; padding: 8px; box-sizing: border-box; font-family: inherit;
}
.ppo-quiz label:has(:disabled:checked) { font-weight: bold; }
.ppo-quiz input[type=radio]:disabled:checked {  /* what is locked in: browsers draw it pale */
  appearance: none; border: 5px solid #0072B2; border-radius: 50%; background: white;
}
.ppo-quiz [role=status] { margin-top: 8px; }
.ppo-quiz button { height: 34px; line-height: 32px; }
.ppo-quiz :focus-visible { outline: 3px solid #0072B2 !important; outline-offset: 2px; }
</style>"""


# The static form stands beneath the widget, and takes its place where that is dead: its kernel has
# ended, or is another one. These are JupyterLab's and Notebook's elements; elsewhere both show.
LIVES = ":has(.ppo-quiz:not(.jupyter-widgets-disconnected))"
ONE_OF_TWO = (
    f"<style>.jp-OutputArea-child{LIVES}+*:has(.ppo-kept),"
    f".jp-OutputArea-child:has(>.lm-Panel):not({LIVES}):has(+* .ppo-kept)"  # the place of a widget
    "{display:none}</style>"
)


def prompt(label: str, text: str) -> str:
    """Write what is asked, and the style of the whole frame."""
    return f"{STYLE}{_paragraphs(text, label)}"


def status(text: str = "", opening: str = "", before: str = "") -> str:
    """Write a place whose words a screen reader says as soon as they change."""
    words = _paragraphs(before) + _paragraphs(text, opening)
    return f'<div role="status" aria-live="polite">{words}</div>'


def model_answer(text: str) -> str:
    """Write the answer to compare with, and what the points beneath it are for."""
    return status(text, "A model answer.") + _paragraphs("Which of these points did you make?")


def stored(
    label: str,
    text: str,
    *,
    answer: Sequence[str],
    options: Sequence[str] = (),
    points: Sequence[str] = (),
    chosen: str = "",
    said: Sequence[str] = (),
) -> dict[str, str]:
    """Return the form without widgets: HTML with the answer folded away, and text without it.

    Args:
        label: what kind of question it is.
        text: what is asked.
        answer: what the fold holds, a paragraph each.
        options: what can be chosen.
        points: what an answer in one's own words should say; they stand in the fold as well.
        chosen: the option that the learner has chosen; of nobody who has not answered.
        said: what the form says about that, or what the learner wrote, a paragraph each.
    """
    marked = [f"{option} (your answer)" if option == chosen else option for option in options]
    fold = "".join(_paragraphs(part) for part in answer) + _list(points)
    does = "change" if said else "give"
    page = (
        f'{ONE_OF_TWO}<div class="ppo-kept" style="font-size: 15px">'
        f"{_paragraphs(text, f'{label}.')}{_list(marked)}{''.join(map(_paragraphs, said))}"
        f"<details><summary>Show the answer (or run this cell to {does} yours)</summary>"
        f"{fold}</details></div>"
    )
    lines = [f"{label}. {text}", *(f"- {option}" for option in marked), *said]
    return {"text/html": page, "text/plain": "\n".join(lines)}


def _list(texts: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def _paragraphs(text: str, opening: str = "") -> str:
    """Write text as paragraphs, the first one after an opening in bold."""
    bold = f"<strong>{html.escape(opening)}</strong> " if opening else ""
    parts = [html.escape(part.strip()).replace("\n", "<br>") for part in text.split("\n\n")]
    return "".join(f"<p>{part}</p>" for part in [bold + parts[0], *parts[1:]] if part)
