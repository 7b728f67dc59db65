"""The rules of notebooks: a good notebook keeps them all, and each planted violation is named."""

from __future__ import annotations

import json

import nbval.plugin
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ppo_lesson.commands import notebook_form, notebook_rules
from ppo_lesson.commands.notebook_rules import WHOLE, Fault
from tests.small_notebook import KNOWN, opening


def code(source: str, name: str, *outputs: NotebookNode) -> NotebookNode:
    return new_code_cell(source, id=name, outputs=list(outputs), execution_count=1)


def folded(source: str, name: str, *outputs: NotebookNode) -> NotebookNode:
    cell = code(source, name, *outputs)
    cell.metadata.tags = [notebook_form.FOLDED]
    return cell


def lines(count: int, first: str = "x") -> str:
    """Write so many lines, one of them code: a long cell in which there is little to read."""
    return "\n".join([first, *["    # more"] * (count - 1)])


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


def lesson(*cells: NotebookNode) -> NotebookNode:
    """A good notebook, in canonical form, with these cells in its middle."""
    start = [
        new_markdown_cell(opening("Title"), id="title"),
        folded("import math\n\nfrom ppo_lesson.notebook.page import setup\n\nsetup()", "setup"),
        new_markdown_cell("Prose.", id="prose"),
    ]
    end = [new_markdown_cell(KNOWN, id="end"), code("math.pi", "pi"), code("2", "two")]
    return notebook_form.canonical(new_notebook(cells=[*start, *cells, *end]))


def found(notebook: NotebookNode, tmp_path) -> list[Fault]:
    path = tmp_path / "lesson.ipynb"
    path.write_text(notebook_form.text(notebook), encoding="utf-8")
    return notebook_rules.faults(path)


def test_a_good_notebook_has_no_fault(tmp_path):
    cells = [
        code("def half(x):\n    return x / 2\n\nprint(half(1))", "half", stream("0.5\n")),
        code(lines(25), "as-long-as-allowed"),
    ]
    assert found(lesson(*cells), tmp_path) == []


PICTURE = new_output("display_data", {"image/png": "AAA/home/AAA", "text/plain": "<Figure>"})
EMBEDDED = new_output("display_data", {"text/html": '<img src="data:image/gif;base64,A/home/A=">'})
URL = stream("see https://example.org/home/page and 3/4, a/home/b, ratio C:\\alpha\n")


@pytest.mark.parametrize("output", [PICTURE, EMBEDDED, URL], ids=["png", "embedded", "url"])
def test_what_only_looks_like_a_path_is_no_fault(output, tmp_path):
    assert found(lesson(code("x", "x", output)), tmp_path) == []


VIOLATIONS = {
    "empty cell": (new_markdown_cell(" \n", id="bad"), "empty cell"),
    "error": (
        code("x", "bad", new_output("error", ename="NameError", evalue="x", traceback=[])),
        "error in the output: NameError",
    ),
    "stderr": (code("x", "bad", stream("careful\n", "stderr")), "stderr in the output: 'careful'"),
    "linux path": (
        code("x", "bad", stream("in /home/ada/lesson.py\n")),
        "path of a machine in the output: '/home/ada/lesson.py'",
    ),
    "windows path": (
        code("x", "bad", new_output("display_data", {"text/html": "<b>C:\\Users\\ada</b>"})),
        "path of a machine in the output: 'C:\\\\Users\\\\ada</b>'",
    ),
    "path in JSON": (
        code("x", "bad", new_output("display_data", {"application/json": {"a": ["/Users/ada/x"]}})),
        "path of a machine in the output: '/Users/ada/x\"]}'",
    ),
    "long cell": (code(lines(26), "bad"), "26 lines of code, more than 25"),
    "long function": (code(lines(15, "def f():") + "\n    x", "bad"), "f: 16 lines, more than 15"),
    "long class": (code(lines(15, "class C:") + "\n    x", "bad"), "C: 16 lines, more than 15"),
    "plt.show": (code("plt.show()", "bad"), "plt.show is not needed"),
    "pip": (code("!pip install x", "bad"), "shell command or magic: '!pip install x'"),
    "magic": (code("x\n%pip install y", "bad"), "shell command or magic: '%pip install y'"),
    "no Python": (code("setup??", "bad"), "not plain Python: does not parse"),
    "import": (code("if True:\n    import os", "bad"), "import outside the first code cell"),
    "comment": (code("# NBVAL_SKIP\n1", "bad"), "comment NBVAL_SKIP weakens the comparison"),
    "tag": (
        new_code_cell("1", id="bad", execution_count=1, metadata={"tags": ["raises-exception"]}),
        "tag raises-exception weakens the comparison",
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_in_a_cell_is_the_one_fault_and_carries_its_id(name, tmp_path):
    cell, what = VIOLATIONS[name]
    assert found(lesson(cell), tmp_path) == [Fault("bad", what)]


def test_a_star_import_is_named_also_in_the_first_code_cell(tmp_path):
    notebook = lesson()
    notebook.cells[1].source = "from math import *\n\nsetup()"
    assert found(notebook, tmp_path) == [Fault("setup", "star import from math")]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import math", "the first code cell calls setup() once"),
        ("setup()\nsetup()", "the first code cell calls setup() once"),
        ("setup()\nx = 1", "more than imports and setup() in the first code cell"),
    ],
)
def test_the_first_code_cell_holds_imports_and_setup(source, what, tmp_path):
    notebook = lesson()
    notebook.cells[1].source = source
    assert found(notebook, tmp_path)[0] == Fault("setup", what)


def test_the_first_code_cell_is_folded(tmp_path):
    notebook = lesson()
    notebook.cells[1].metadata = {}
    what = "the first code cell is not folded: tag hide-input"
    assert found(notebook, tmp_path) == [Fault("setup", what)]


def test_the_first_code_cell_has_at_most_10_lines_of_code_blank_ones_not_counted(tmp_path):
    notebook = lesson()
    ten = [f"import a{n}" for n in range(9)]
    notebook.cells[1].source = "\n\n".join([*ten, "# The rest:", "setup()"])
    assert found(notebook, tmp_path) == []
    notebook.cells[1].source = "\n".join([*ten, "import b", "setup()"])
    assert found(notebook, tmp_path) == [Fault("setup", "11 lines of code, more than 10")]


@pytest.mark.parametrize("first", [new_markdown_cell("Hello", id="a"), code("setup()", "a")])
def test_the_first_cell_is_a_title(first, tmp_path):
    notebook = lesson()
    notebook.cells[0:3] = [first, *notebook.cells[1:2], new_markdown_cell("Prose.", id="prose")]
    assert Fault("a", "no '# title' in the first cell") in found(notebook, tmp_path)


def test_a_third_code_cell_in_a_row_is_one_too_many_and_named_once(tmp_path):
    notebook = lesson(*(code("1", f"number-{n}") for n in "abcd"))
    what = "more than 2 code cells without prose between"
    assert found(notebook, tmp_path) == [Fault("number-c", what)]


def test_folded_cells_do_not_count_as_code_in_a_row_nor_in_the_median(tmp_path):
    proofs = [folded("\n".join("x" * 20), f"proof-{n}") for n in "abcdefg"]
    assert found(lesson(*proofs[:3], code("1", "one"), *proofs[3:]), tmp_path) == []


ANSWER = new_markdown_cell("<details><summary>What</summary>One.</details>", id="answer")


def test_the_cell_after_a_prediction_shows_what_was_predicted(tmp_path):
    predict, defines = code("predict(ONE)", "predict-one"), code("x = 1", "defines")
    shows = code("print(x)", "shows", stream("1\n"))
    cells = [defines, predict, code("ask(TWO)", "asks"), shows, ANSWER]
    assert found(lesson(*cells), tmp_path) == []
    what = "shows nothing, and predict-one says: run the next cell"
    assert found(lesson(predict, defines, ANSWER, shows), tmp_path) == [Fault("defines", what)]


def test_cells_that_ask_the_learner_do_not_count_as_code_in_a_row(tmp_path):
    asking = ("ask(ONE)", "predict(TWO)", "ask(THREE)", "show_progress(LESSONS)")
    cells = [code(source, f"asks-{n}") for n, source in zip("abcd", asking, strict=True)]
    second = code("print(2)", "second", stream("2\n"))
    assert found(lesson(code("1", "first"), *cells, second, ANSWER), tmp_path) == []
    notebook = lesson(code("1", "first"), code("ask(show(1))", "a"), code("2 + ask(3)", "b"))
    assert [fault.cell_id for fault in found(notebook, tmp_path)] == []
    notebook = lesson(*(code(f"x = ask({n})", f"computes-{n}") for n in "12"), code("3", "third"))
    assert [fault.cell_id for fault in found(notebook, tmp_path)] == ["third"]


def test_half_of_the_code_cells_may_be_longer_than_the_median_and_no_more(tmp_path):
    cells = [code(lines(8), f"long-{n}") for n in "ab"]
    fits = lesson(*cells)
    for cell in cells:
        cell.source = lines(11)
    third = [new_markdown_cell("Prose.", id="more-prose"), code(lines(9), "long-c")]
    assert found(fits, tmp_path) == []
    notebook = lesson(*cells, *third)
    notebook.cells[-1].source = lines(9)
    assert found(notebook, tmp_path) == [Fault(WHOLE, "median 9 lines a cell, more than 7")]


def test_a_cell_that_was_not_run_is_a_fault(tmp_path):
    notebook = lesson()
    notebook.cells[-1].execution_count = None
    assert found(notebook, tmp_path) == [Fault("two", "was not run")]


def test_execution_counts_out_of_order_are_a_fault(tmp_path):
    notebook = lesson()
    notebook.cells[-1].execution_count = 9
    assert Fault("two", "execution count 9 instead of 3") in found(notebook, tmp_path)


def test_widget_state_is_a_fault(tmp_path):
    notebook = lesson()
    notebook.metadata["widgets"] = {}
    assert Fault(WHOLE, "widget state in the metadata") in found(notebook, tmp_path)


def test_a_language_info_to_which_jupyterlab_would_add_is_a_fault(tmp_path):
    notebook = lesson()
    notebook.metadata.language_info = {"name": "python", "version": "3.11.7", "mimetype": "x"}
    missing = "codemirror_mode, file_extension, nbconvert_exporter, pygments_lexer"
    assert Fault(WHOLE, f"language_info without {missing}") in found(notebook, tmp_path)


def test_what_is_out_of_canonical_form_is_named_cell_by_cell(tmp_path):
    notebook = lesson(code("1", "plain", stream("a\n"), stream("b\n")))
    notebook.cells[3].outputs = [stream("a\n"), stream("b\n")]
    notebook.cells[0].id = "5f6a7b8c"
    notebook.cells[1].metadata["collapsed"] = True
    notebook.cells[-1].metadata["jupyter"] = {"source_hidden": True}
    notebook.metadata.language_info["version"] = "3.12.1"
    assert found(notebook, tmp_path) == [
        Fault("5f6a7b8c", "not in canonical form: id"),
        Fault("setup", "not in canonical form: metadata"),
        Fault("plain", "not in canonical form: outputs"),
        Fault("two", "not in canonical form: metadata"),
        Fault(WHOLE, "not in canonical form: metadata"),
    ]


def test_an_id_that_two_cells_share_is_a_fault_of_the_second(tmp_path):
    stored = notebook_form.text(lesson()).replace('"id": "end"', '"id": "prose"')
    (tmp_path / "lesson.ipynb").write_text(stored, encoding="utf-8")
    faults = notebook_rules.faults(tmp_path / "lesson.ipynb")
    assert faults == [Fault("prose", "not in canonical form: id")]


def test_another_layout_of_the_file_is_a_fault(tmp_path):
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps(lesson(), indent=2), encoding="utf-8")
    assert notebook_rules.faults(path) == [
        Fault(WHOLE, "not in canonical form: layout of the file")
    ]


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "[]",
        "{}",
        "no JSON",
        '{"nbformat": 3, "nbformat_minor": 0}',
        '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": []}',
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
    ],
)
def test_what_is_no_notebook_of_today_is_one_fault(stored, tmp_path):
    path = tmp_path / "lesson.ipynb"
    path.write_text(stored, encoding="utf-8")
    (fault,) = notebook_rules.faults(path)
    assert fault.cell_id == WHOLE


def test_every_marker_of_nbval_is_known_to_the_rules():
    for comment in nbval.plugin.comment_markers:
        assert notebook_rules.WEAK_COMMENT.fullmatch(f"# {comment}")
    for tag in nbval.plugin.metadata_tags:
        assert notebook_rules.WEAK_TAG.fullmatch(tag)
