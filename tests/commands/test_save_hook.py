"""The server's hook: what it drops and puts back, in whose notebooks, and that it is installed."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.services.contents.filemanager import FileContentsManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ppo_lesson.commands import notebook_form, save_hook
from ppo_lesson.commands.notebook_form import METADATA, WIDGET

VIEW = {WIDGET: {"model_id": "5f3c", "version_major": 2, "version_minor": 0}}
HTML = {"text/html": "<p>Why?</p>", "text/plain": "Why?"}
PICTURE = {"image/png": "AAAA", "text/plain": "a dashboard"}
SLIDER = {"text/plain": "IntSlider(value=0)"}
LANGUAGE = {**METADATA["language_info"], "version": "3.14.1"}
KERNEL = {**METADATA["kernelspec"], "display_name": "Python (course)"}


def model(*bundles: dict[str, Any], source: str = "from ppo_lesson import maths") -> dict[str, Any]:
    """Describe a notebook as the contents API does, with one output per bundle."""
    outputs = [new_output("display_data", bundle) for bundle in bundles]
    cells = [new_markdown_cell("from ppo_lesson"), new_code_cell(source, outputs=outputs)]
    metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE, "mine": 1}
    content = json.loads(json.dumps(new_notebook(cells=cells, metadata=metadata)))
    return {"type": "notebook", "format": "json", "content": content}


def saved(notebook: dict[str, Any]) -> list[set[str]]:
    """Run the hook; name what remains of each output."""
    save_hook.before_save(model=notebook, path="a.ipynb", contents_manager=None)
    return [set(output["data"]) for output in notebook["content"]["cells"][1]["outputs"]]


def test_the_view_of_a_widget_goes_where_a_lasting_form_stands() -> None:
    assert saved(model(VIEW, HTML, VIEW | PICTURE, VIEW | HTML)) == [
        set(HTML),
        set(PICTURE),
        set(HTML),
    ]


def test_the_widgets_of_others_stay() -> None:
    bundles = [VIEW | SLIDER, VIEW, VIEW | SLIDER, HTML]
    assert saved(model(*bundles)) == [set(bundle) for bundle in bundles]


def test_metadata_are_those_of_the_notebooks_in_git_and_a_learners_own_stay() -> None:
    notebook = model()
    saved(notebook)
    assert notebook["content"]["metadata"] == {**METADATA, "mine": 1}


def test_what_has_the_tag_is_folded_and_what_a_learner_folded_stays_so() -> None:
    notebook = model()
    hidden = {"source_hidden": True, "outputs_hidden": True}
    cells = [
        new_code_cell("1", metadata={"tags": ["hide-input"], "mine": 1}),
        new_code_cell("2", metadata={"jupyter": hidden}),
        new_markdown_cell("## Further", metadata={"jp-MarkdownHeadingCollapsed": True}),
    ]
    notebook["content"]["cells"] += json.loads(json.dumps(cells))
    saved(notebook)
    assert [cell["metadata"] for cell in notebook["content"]["cells"][2:]] == [
        {"tags": ["hide-input"], "mine": 1, "jupyter": {"source_hidden": True}},
        {"jupyter": hidden},
        {"jp-MarkdownHeadingCollapsed": True},
    ]


def test_another_kernel_that_somebody_chose_stays() -> None:
    notebook = model()
    metadata = notebook["content"]["metadata"]
    metadata["kernelspec"] = {"name": "julia", "display_name": "Julia"}
    metadata["language_info"] = {"name": "julia", "version": "1.10"}
    before = copy.deepcopy(metadata)
    saved(notebook)
    assert metadata == before


@pytest.mark.parametrize(
    "source",
    [
        "print('from ppo_lesson import x')",
        "import ppo_lessons",
        "import torch",
        "# import ppo_lesson",
    ],
)
def test_a_notebook_that_does_not_import_the_package_stays_as_it_is(source: str) -> None:
    notebook = model(VIEW | HTML, source=source)
    before = copy.deepcopy(notebook)
    saved(notebook)
    assert notebook == before


@pytest.mark.parametrize(
    "source", ["import ppo_lesson as p", "if 1:\n    from ppo_lesson.maths import f"]
)
def test_every_way_to_import_the_package_is_seen(source: str) -> None:
    assert saved(model(VIEW | HTML, source=source)) == [set(HTML)]
    lines = model(VIEW | HTML)
    lines["content"]["cells"][1]["source"] = source.splitlines(keepends=True)
    assert saved(lines) == [set(HTML)]


@pytest.mark.parametrize(
    "other",
    [
        {"type": "file", "format": "text", "content": "from ppo_lesson import x"},
        {"type": "directory"},
        {"type": "notebook", "format": "json", "content": {"nbformat": 3, "worksheets": []}},
    ],
)
def test_what_is_no_notebook_of_format_4_stays_as_it_is(other: dict[str, Any]) -> None:
    before = copy.deepcopy(other)
    save_hook.before_save(model=other, path="a", contents_manager=None)
    assert other == before


@pytest.mark.parametrize(
    "odd",
    [
        {"cell_type": "code"},
        {"cell_type": "code", "source": None, "outputs": None},
        {"cell_type": "code", "source": "x", "outputs": [{"output_type": "display_data"}]},
        {"cell_type": "code", "source": "x", "outputs": [{"data": None}]},
        {},
    ],
)
def test_a_cell_that_is_not_well_formed_keeps_no_other_from_being_tidied(odd) -> None:
    notebook = model(VIEW | HTML)
    cells = notebook["content"]["cells"]
    cells.insert(0, copy.deepcopy(odd))
    notebook["content"]["metadata"]["kernelspec"] = None
    save_hook.before_save(model=notebook)
    assert cells[0] == odd
    assert set(cells[-1]["outputs"][0]["data"]) == set(HTML)


def manager(folder: Path) -> FileContentsManager:
    """Make what saves files in a server that has loaded the extension."""
    contents = FileContentsManager(root_dir=str(folder))
    save_hook._load_jupyter_server_extension(SimpleNamespace(contents_manager=contents))
    return contents


def test_a_server_that_has_loaded_the_extension_saves_what_the_hook_leaves(tmp_path: Path) -> None:
    manager(tmp_path).save(model(VIEW, HTML), "a.ipynb")
    stored = notebook_form.read(tmp_path / "a.ipynb")
    assert [set(output.data) for output in stored.cells[1].outputs] == [set(HTML)]


def test_a_save_never_fails_whatever_the_hook_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(save_hook, "lasting_outputs", fail)
    manager(tmp_path).save(model(VIEW, HTML), "a.ipynb")
    stored = notebook_form.read(tmp_path / "a.ipynb")
    assert [set(output.data) for output in stored.cells[1].outputs] == [set(VIEW), set(HTML)]


def test_the_hook_costs_a_server_no_torch_no_plots_and_no_widgets() -> None:
    heavy = "{'torch', 'numpy', 'matplotlib', 'ipywidgets', 'IPython'}"
    code = f"import ppo_lesson.commands.save_hook, sys; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"


def test_every_server_of_this_environment_loads_it() -> None:
    placed = Path(sys.prefix, "etc", "jupyter", "jupyter_server_config.d", "ppo_lesson.json")
    assert placed.is_file(), "install the package again: pip install -e ."
    (name,) = json.loads(placed.read_text())["ServerApp"]["jpserver_extensions"]
    assert name == save_hook.__name__
    assert save_hook._jupyter_server_extension_points() == [{"module": name}]


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ("import torch, ppo_lesson", True),
        ("import torch; from ppo_lesson.maths import gae", True),
        ("# from ppo_lesson import x", False),
        ("important = ppo_lesson", False),
    ],
)
def test_a_notebook_is_ours_however_it_imports_the_package(source, ours):
    assert bool(save_hook.OURS.search(source)) is ours
