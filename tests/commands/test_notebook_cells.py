"""What is counted as a line of code, and as a cell that only asks."""

from __future__ import annotations

import ast

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson.commands import notebook_cells


@pytest.mark.parametrize(
    ("source", "lines"),
    [("", 0), ("x = 1  # one", 1), ("# no\n\n  # no\nx\n\ny", 2), ("f(\n    1,\n)", 3)],
)
def test_blank_lines_and_comments_are_no_code(source: str, lines: int):
    assert notebook_cells.code_lines(source) == lines


def test_a_heading_has_a_level_and_a_title_without_its_number():
    source = "# Title\n\n## 3. One more: 2 parts \n\n```python\n# no heading\n```\n#no\n### Last"
    assert notebook_cells.headings(source) == [(1, "Title"), (2, "One more: 2 parts"), (3, "Last")]


@pytest.mark.parametrize(
    ("source", "asks"),
    [
        ("ask(ONE)\nask(TWO)", True),
        ("# Ask again?", True),
        ("x = ask(ONE)", False),
        ("def my_a(): ...\nask(ONE)", False),
        ("ask(", False),
    ],
)
def test_a_cell_only_asks_where_each_of_its_lines_does(source: str, asks: bool):
    assert notebook_cells.only_asks(new_code_cell(source)) is asks


def test_what_python_cannot_read_has_no_nodes_and_prose_is_no_code():
    cells = [new_markdown_cell("x"), new_code_cell("x +"), new_code_cell("x")]
    notebook = new_notebook(cells=cells)
    assert notebook_cells.code_cells(notebook) == cells[1:]
    names = [(cell, n.id) for cell, n in notebook_cells.nodes(notebook) if isinstance(n, ast.Name)]
    assert names == [(cells[2], "x")]
