"""Canonical form: what it keeps, what it drops, and that it never changes twice."""

from __future__ import annotations

import base64
import copy
import io
import json

import nbformat
import numpy as np
import pytest
from ipykernel.ipkernel import IPythonKernel
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from ppo_lesson.commands import notebook_form


def figure_png(**metadata: str) -> str:
    figure = Figure(figsize=(0.3, 0.2), dpi=100)
    figure.add_subplot().plot([0, 1])
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata=metadata)
    return base64.b64encode(file.getvalue()).decode() + "\n"


@pytest.fixture
def untidy():
    """A notebook as JupyterLab and its extensions may leave it."""
    view = {"model_id": "5f3c", "version_major": 2, "version_minor": 0}
    plot = {"image/png": figure_png(), "text/plain": "<Figure>"}
    outputs = [
        new_output("stream", name="stdout", text="a\n"),
        new_output("stream", name="stdout", text="b\n"),
        new_output("display_data", plot, metadata={"needs_background": "light"}),
        new_output("stream", name="stdout", text="c\n"),
        new_output("display_data", {notebook_form.WIDGET: view, "text/plain": "a slider"}),
        new_output("execute_result", {"text/plain": "3"}, execution_count=17),
    ]
    timing = {"execution": {"iopub.execute_input": "2026-01-01"}, "collapsed": True, "tags": ["x"]}
    cells = [
        new_markdown_cell("text\n# The *first* heading: 2 parts", id="1b2c3d4e"),
        new_code_cell("weight = 1", id="weight", execution_count=12),
        new_code_cell("total = weight", id="f3a0c1d2-1111-4222-8333-444455556666", outputs=outputs),
        new_markdown_cell("$$\\pi$$", id="not-yet-weight"),
        new_code_cell("1 + 2", id="UPPER", execution_count=17),
    ]
    cells[2].execution_count, cells[2].metadata = 17, timing
    metadata = {"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3.11.7"}}
    notebook = new_notebook(cells=cells, metadata=nbformat.from_dict(metadata))
    notebook.cells[3].id = "weight"  # nbformat makes no notebook with one id twice
    return notebook


def test_canonical_form_of_canonical_form_is_itself_and_the_argument_stays(untidy):
    before = copy.deepcopy(untidy)
    once = notebook_form.canonical(untidy)
    assert untidy == before
    assert notebook_form.canonical(once) == once
    nbformat.validate(once)


def test_random_ids_become_readable_and_unique_and_named_ones_stay(untidy):
    ids = [cell.id for cell in notebook_form.canonical(untidy).cells]
    assert ids == ["the-first-heading-2-parts", "weight", "total-weight", "pi", "cell-1-2"]


def test_cells_that_say_the_same_get_different_ids():
    same = [new_markdown_cell("Look:", id=f"0000000{n}") for n in range(3)]
    kept = new_markdown_cell("Look:", id="look-2")
    ids = [cell.id for cell in notebook_form.canonical(new_notebook(cells=[*same, kept])).cells]
    assert ids == ["look", "look-3", "look-4", "look-2"]


@pytest.mark.parametrize("source", ["", "!!!", "deadbeef", "42", "é" * 80, "word " * 60])
def test_every_new_id_is_readable(source):
    notebook = notebook_form.canonical(new_notebook(cells=[new_code_cell(source, id="0a0b0c0d")]))
    assert notebook_form.is_readable_id(notebook.cells[0].id)
    nbformat.validate(notebook)


def test_only_tags_and_the_kernel_remain_of_the_metadata(untidy):
    result = notebook_form.canonical(untidy)
    assert [dict(cell.metadata) for cell in result.cells] == [{}, {}, {"tags": ["x"]}, {}, {}]
    assert result.metadata == notebook_form.METADATA
    outputs = result.cells[2].outputs
    assert all(output.metadata == {} for output in outputs if "metadata" in output)


HIDDEN = {"jupyter": {"source_hidden": True}}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("code", {"tags": ["hide-input"]}, {"tags": ["hide-input"], **HIDDEN}),
        ("code", {"tags": ["hide-input"], **HIDDEN}, {"tags": ["hide-input"], **HIDDEN}),
        ("code", HIDDEN, {}),
        ("code", {"tags": ["x"], "jupyter": {"outputs_hidden": True}}, {"tags": ["x"]}),
        ("code", {"jp-MarkdownHeadingCollapsed": True}, {}),
        ("markdown", {"tags": ["hide-input"], **HIDDEN}, {"tags": ["hide-input"]}),
        ("markdown", {"jp-MarkdownHeadingCollapsed": False}, {}),
        (
            "markdown",
            {"jp-MarkdownHeadingCollapsed": True, "scrolled": True},
            {"jp-MarkdownHeadingCollapsed": True},
        ),
    ],
)
def test_what_is_folded_stays_so_and_of_a_code_cell_the_tag_decides(kind, before, after):
    new = {"code": new_code_cell, "markdown": new_markdown_cell}[kind]
    notebook = new_notebook(cells=[new("## Further", id="further", metadata=before)])
    once = notebook_form.canonical(notebook)
    assert once.cells[0].metadata == after
    assert notebook_form.canonical(once) == once


def test_the_metadata_say_all_that_a_kernel_says_of_its_language():
    language = {**IPythonKernel.language_info, "version": "3.11.7"}
    assert notebook_form.METADATA["language_info"] == language


def test_execution_counts_run_from_one(untidy):
    cells = notebook_form.canonical(untidy).cells
    assert [cell.execution_count for cell in cells if cell.cell_type == "code"] == [1, 2, 3]
    assert cells[2].outputs[-1].execution_count == 2


def test_a_cell_that_was_not_run_is_not_said_to_be():
    notebook = notebook_form.canonical(new_notebook(cells=[new_code_cell("1", id="one")]))
    assert notebook.cells[0].execution_count is None


def test_only_neighbouring_pieces_of_one_stream_become_one(untidy):
    outputs = notebook_form.canonical(untidy).cells[2].outputs
    kinds = [output.get("text", output.output_type) for output in outputs]
    assert kinds == ["a\nb\n", "display_data", "c\n", "display_data", "execute_result"]


def test_of_a_widget_only_the_forms_that_need_no_kernel_remain(untidy):
    assert notebook_form.canonical(untidy).cells[2].outputs[3].data == {"text/plain": "a slider"}


def test_a_widget_without_another_form_keeps_its_place_under_an_id_that_does_not_change(untidy):
    del untidy.cells[2].outputs[4].data["text/plain"]
    view = notebook_form.canonical(untidy).cells[2].outputs[3].data[notebook_form.WIDGET]
    untidy.cells[2].outputs[4].data[notebook_form.WIDGET]["model_id"] = "another"
    again = notebook_form.canonical(untidy).cells[2].outputs[3].data[notebook_form.WIDGET]
    assert view == again and view["version_major"] == 2


def test_a_picture_loses_its_remarks_and_no_pixel():
    def stored(picture):
        output = new_output("display_data", {"image/png": picture})
        cell = new_code_cell("plot", id="plot", outputs=[output], execution_count=1)
        notebook = notebook_form.canonical(new_notebook(cells=[cell]))
        return notebook.cells[0].outputs[0].data["image/png"]

    one, two = figure_png(Software="version 1"), figure_png(Software="version 2")
    assert one != two and stored(one) == stored(two)
    assert b"Software" not in base64.b64decode(stored(one))
    assert notebook_form.png_size(stored(one)) == (30, 20)  # pillow, below, is the oracle
    images = [Image.open(io.BytesIO(base64.b64decode(data))) for data in (one, stored(one))]
    assert images[0].size == (30, 20)
    assert np.array_equal(np.asarray(images[0]), np.asarray(images[1]))


def test_a_view_alone_goes_where_the_next_output_is_its_lasting_form():
    view = {"model_id": "5f3c", "version_major": 2, "version_minor": 0}
    outputs = [
        new_output("display_data", {notebook_form.WIDGET: view}),
        new_output("display_data", {"text/html": "<p>Why?</p>", "text/plain": "Why?"}),
        new_output("display_data", {notebook_form.WIDGET: view}),
        new_output("display_data", {"image/png": "", "text/plain": "<Figure>"}),
    ]
    cell = new_code_cell("ask()", id="ask", outputs=outputs)
    kept = notebook_form.canonical(new_notebook(cells=[cell])).cells[0].outputs
    assert [set(output.data) for output in kept] == [
        {"text/html", "text/plain"},
        {notebook_form.WIDGET},
        {"image/png", "text/plain"},
    ]


@pytest.mark.parametrize(
    ("python", "browser"),
    [(1.0, 1), (-0.0, 0), (0.5, 0.5), (1e20, 10**20), (1e21, 1e21), (1e-7, 1e-7), (True, True)],
)
def test_numbers_are_spelt_as_a_browser_spells_them(python, browser):
    chart = {"data": [{"value": python}, [python]], "text": "1.0"}
    outputs = [new_output("display_data", {"application/vnd.vegalite.v5+json": chart})]
    cell = new_code_cell("chart", id="chart", outputs=outputs)
    written = notebook_form.text(notebook_form.canonical(new_notebook(cells=[cell])))
    chart["data"] = [{"value": browser}, [browser]]
    (output,) = json.loads(written)["cells"][0]["outputs"]
    assert repr(output["data"]["application/vnd.vegalite.v5+json"]) == repr(chart)


def test_a_notebook_that_is_a_link_stays_one(untidy, tmp_path):
    (tmp_path / "there").mkdir()
    path, target = tmp_path / "lesson.ipynb", tmp_path / "there" / "lesson.ipynb"
    target.write_text("old", encoding="utf-8")
    path.symlink_to(target)
    notebook_form.write(untidy, path)
    assert path.is_symlink()
    assert notebook_form.read(target) == notebook_form.canonical(untidy)


def test_the_file_is_what_nbformat_writes_with_one_newline_at_the_end(untidy, tmp_path):
    path = tmp_path / "lesson.ipynb"
    notebook_form.write(untidy, path)
    stored = path.read_bytes()
    nbformat.write(notebook_form.canonical(untidy), tmp_path / "oracle.ipynb")
    assert stored == (tmp_path / "oracle.ipynb").read_bytes()
    assert stored.endswith(b"}\n") and not stored.endswith(b"\n\n")
    assert notebook_form.read(path) == notebook_form.canonical(untidy)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(untidy, tmp_path, monkeypatch):
    path = tmp_path / "lesson.ipynb"
    path.write_text("old", encoding="utf-8")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        notebook_form.write(untidy, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
