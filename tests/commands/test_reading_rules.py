"""What a reader meets: a good notebook keeps the rules, each planted violation is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ppo_lesson.commands import notebook_form, notebook_rules
from ppo_lesson.commands.notebook_cells import WHOLE, Fault
from tests.small_notebook import KNOWN

NAME = "02_dice"
PICTURE = new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
ARXIV = "https://arxiv.org/abs/1707.06347"


def md(source: str, name: str, **metadata: object) -> NotebookNode:
    return new_markdown_cell(source, id=name, metadata=metadata)


def code(source: str, name: str, *outputs: NotebookNode, **metadata: object) -> NotebookNode:
    cell = new_code_cell(source, id=name, outputs=list(outputs), metadata=metadata)
    cell.execution_count = 1
    return cell


OPENING = """# 02 Dice

| | |
|---|---|
| Time | 1 minutes of reading and 15 of exercises; *Further*: 1 |

What does a die show? It matters, and we throw it.

> **Symbols here**
> - $p$: the target
> - $q$: the proposal
> - $w$: the weight, $p / q$"""


def lesson(*cells: NotebookNode) -> NotebookNode:
    """A good notebook, with these cells in its middle."""
    number = new_output("execute_result", {"text/plain": "3"}, execution_count=3)
    start = [
        md(OPENING, "title"),
        code("import math\n\nsetup()", "setup", tags=["hide-input"]),
        md("## 1. Throw\n\nHow often does a six come up?", "throw"),
    ]
    end = [
        code("predict(lesson.SIX)", "predict-six"),
        code("throws.mean()", "mean", number),
        code("proved('it is 3', throws.mean(), 3)", "mean-proof", tags=["hide-input"]),
        md("<details><summary>What came out</summary>\n\nThree.\n\n</details>", "mean-answer"),
        code("def my_gae():\n    raise NotImplementedError", "exercise-gae"),
        code("plot(throws)", "plot", PICTURE),
        md(f"*{'word ' * 39}end.*\n\nMore prose than a caption holds. {'word ' * 40}", "plot-text"),
        md(f"As [arXiv:1707.06347]({ARXIV}) says; see section 1.", "citation"),
        md("## Further: loaded dice\n\nMore.", "further", **{notebook_form.COLLAPSED: True}),
        md("```mermaid\nflowchart LR\n  A --> B\n```\n\nIn words: A leads to B.", "drawing"),
        md("## Quiz", "quiz"),
        code("ask(lesson.ONE)", "one"),
        md(KNOWN, "known"),
        code("show_progress(LESSONS)", "progress"),
    ]
    return notebook_form.canonical(new_notebook(cells=[*start, *cells, *end]))


def found(notebook: NotebookNode, folder: Path, *, card: bool = False) -> list[Fault]:
    """List the faults; a planted cell may well take a minute more than the card says."""
    path = folder / f"{NAME}.ipynb"
    path.write_text(notebook_form.text(notebook_form.canonical(notebook)), encoding="utf-8")
    faults = notebook_rules.faults(path)
    return [fault for fault in faults if card or not fault.what.startswith("the card says")]


def test_a_good_notebook_has_no_fault(tmp_path: Path):
    ten = "\n\n".join(f"x{n} = {n}" for n in range(10))
    exercise = "def my_f(x):\n" + "    x = 1\n" * 12  # of no lesson: it has no minutes
    (tmp_path / "07_advantages.ipynb").write_text(
        notebook_form.text(new_notebook(cells=[md("## 4. GAE", "gae")])), encoding="utf-8"
    )
    cells = [
        code(f"# Ten lines.\n{ten}", "ten"),
        md("See [notebook 07](07_advantages.ipynb), section 4, and section 4 of notebook 07; "
           "sections 1 and 1; Sutton and Barto, sections 3.1 and 13.4; notebooks 02 and 07; "
           "[Advantages](07_advantages.ipynb) (section 4).", "places"),
        code(exercise, "exercise-f"),
        md(f"Not italic, so no caption. {'word ' * 50}", "prose"),
        code("proved('x', True)\n" * 20, "proof", tags=["hide-input"]),
    ]  # fmt: skip
    assert found(lesson(*cells), tmp_path) == []


NO_LINK = "arXiv:1707.06347 is no link to https://arxiv.org/abs/1707.06347"
NO_WORDS = "no paragraph 'In words: ...' directly under the diagram"
DIAGRAM = "```mermaid\nflowchart LR\n  A --> B\n```"
COLLAPSED = {notebook_form.COLLAPSED: True}
VIOLATIONS = {
    "assert": (
        code("for x in y:\n    assert x > 0, 'no'", "bad"),
        "a bare assert, in place of proved(...): assert x > 0, 'no'",
    ),
    "long reading cell": (code("x\n" * 11, "bad"), "11 lines to read, more than 10: fold it"),
    "long caption by its id": (
        md("word " * 41, "bad-caption"),
        "a caption of 41 words, more than 40",
    ),
    "citation without a link": (md("Schulman et al. (arXiv:1707.06347)", "bad"), NO_LINK),
    "citation without its prefix": (md("Schulman et al. (1707.06347)", "bad"), NO_LINK),
    "citation with another link": (
        md("[arXiv:1707.06347](https://arxiv.org/abs/1502.05477)", "bad"),
        "arXiv:1707.06347 links to https://arxiv.org/abs/1502.05477",
    ),
    "details that are open": (
        md("<details open><summary>A</summary>B</details>", "bad"),
        "<details> without <summary> or </details>, or not folded",
    ),
    "details without an end": (
        md("<details><summary>A</summary>B", "bad"),
        "<details> without <summary> or </details>, or not folded",
    ),
    "diagram without words": (md(f"{DIAGRAM}\n\nThe next thought.", "bad"), NO_WORDS),
    "diagram at the end": (md(DIAGRAM, "bad"), NO_WORDS),
    "Further, not folded": (
        md("### Further: more", "bad"),
        "a section Further that is not folded: jp-MarkdownHeadingCollapsed",
    ),
    "Further with a number, not folded": (
        md("## 3. Further reading", "bad"),
        "a section Further that is not folded: jp-MarkdownHeadingCollapsed",
    ),
    "Further inside a cell": (
        md("Prose.\n\n## Further: more", "bad", **COLLAPSED),
        "a heading 'Further' inside a cell: it opens one, so that it folds",
    ),
    "another section that is folded": (
        md("## Why", "bad", **COLLAPSED),
        "a folded section that is not called Further",
    ),
    "link to no notebook": (
        md("[there](09_nowhere.ipynb)", "bad"),
        "a link to a notebook that is not there: 09_nowhere.ipynb",
    ),
    "no notebook": (md("notebooks 02\nand 09", "bad"), "names notebook 09, which does not exist"),
    "no section": (md("sections 1 and 8", "bad"), "names section 8 of 02, which does not exist"),
    "no section of a notebook": (
        md("notebook 02 (section 7)", "bad"),
        "names section 7 of 02, which does not exist",
    ),
    "no section of a notebook, said first": (
        md("section 7 of notebook 02", "bad"),
        "names section 7 of 02, which does not exist",
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_is_the_one_fault_and_carries_its_cells_id(name: str, tmp_path: Path):
    cell, what = VIOLATIONS[name]
    assert found(lesson(cell), tmp_path) == [Fault(cell.id, what)]


def edit(name: str, change: Callable[[NotebookNode], object]) -> NotebookNode:
    notebook = lesson()
    change(next(cell for cell in notebook.cells if cell.id == name))
    return notebook


@pytest.mark.parametrize("mime", ["image/png", "image/gif", "application/vnd.vegalite.v5+json"])
def test_a_caption_is_the_italic_paragraph_after_a_picture(mime: str, tmp_path: Path):
    picture = new_output("display_data", {mime: "{}", "text/plain": "a picture"})
    long = f"*{'word ' * 40}of $w$ and *more*.*\n\nProse."
    cells = [code("draw()", "draw", picture), md(long, "bad")]
    assert found(lesson(*cells), tmp_path) == [Fault("bad", "a caption of 44 words, more than 40")]
    cells[0].outputs[0].data = {"text/plain": "no picture"}
    assert found(lesson(*cells), tmp_path) == []


def test_an_answer_is_folded_after_the_cell_that_answers(tmp_path: Path):
    missing = Fault(
        "predict-six", "no folded answer (<details><summary>) after the cell that answers"
    )
    plain = edit("mean-answer", lambda cell: cell.update(source="Three."))
    assert found(plain, tmp_path) == [missing]
    before = lesson()
    position = next(k for k, cell in enumerate(before.cells) if cell.id == "mean-answer")
    before.cells.insert(position - 2, before.cells.pop(position))
    assert missing in found(before, tmp_path)


def test_the_opening_holds_at_most_150_words_and_three_to_six_symbols(tmp_path: Path):
    def opening(old: str, new: str) -> list[Fault]:
        return found(
            edit("title", lambda cell: cell.update(source=OPENING.replace(old, new))), tmp_path
        )

    what = "What does a die show? It matters, and we throw it."
    assert opening(what, "word " * 150) == []
    assert opening(what, "word " * 151) == [
        Fault(WHOLE, "an opening of 151 words, more than 150"),
    ]
    box = "'**Symbols here**' before the first code, instead of 3 to 6"
    assert opening("**Symbols here**", "Symbols") == [Fault(WHOLE, f"no box {box}")]
    assert opening("> - $q$: the proposal\n", "") == [Fault(WHOLE, f"2 lines {box}")]
    assert opening("> - $q$: the proposal\n", "> - $q$: a\n" * 5) == [
        Fault(WHOLE, f"7 lines {box}")
    ]


def test_a_notebook_without_a_formula_needs_no_symbols(tmp_path: Path):
    opening = OPENING.partition("> **Symbols")[0]
    assert found(edit("title", lambda cell: cell.update(source=opening)), tmp_path) == []


def test_the_end_is_what_you_now_know_in_five_lines(tmp_path: Path):
    four = edit("known", lambda cell: cell.update(source=KNOWN.replace("- Line 4.", "")))
    what = "4 lines of what you now know, instead of 5"
    assert found(four, tmp_path) == [Fault("known", what)]
    last = edit("known", lambda cell: cell.update(source=f"{KNOWN}\n\n## What comes next"))
    what = "the last section is not '## What you now know'"
    assert found(last, tmp_path) == [Fault(WHOLE, what)]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("3 minutes of reading and 15 of exercises; Further: 1", ["3 minutes of reading"]),
        ("1 minutes of reading and 13 of exercises", ["13 minutes of exercises"]),
        ("1 minutes of reading", ["0 minutes of exercises"]),
        (
            "1 minutes of reading and 16 of exercises; Further: 1 and 2",
            ["2 minutes of Further's exercises"],
        ),
        ("1 minutes of reading and 16 of exercises; Further: 0 and 1", []),
    ],
)
def test_the_card_says_the_minutes_that_are_computed(row: str, what: list[str], tmp_path: Path):
    card = re.sub(r"1 minutes of .* 1(?= \|)", row, OPENING)
    faults = found(edit("title", lambda cell: cell.update(source=card)), tmp_path, card=True)
    assert found(lesson(), tmp_path, card=True) == []
    assert [fault.what.partition(", but they are ")[0] for fault in faults] == [
        f"the card says {words}" for words in what
    ]


def test_a_card_without_its_minutes_is_a_fault(tmp_path: Path):
    card = OPENING.replace("1 minutes of reading", "about an hour")
    (fault,) = found(edit("title", lambda cell: cell.update(source=card)), tmp_path)
    assert fault.what.startswith("no card in the first cell with a row such as '| Time |")
