"""Every notebook, in a real JupyterLab in a real browser, as a learner opens it."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import matplotlib.figure
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.browser.lab_page import LabPage

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SIZES = [(1280, 800), (1920, 1080)]

pytestmark = pytest.mark.browser


# What JupyterLab learns from a kernel stands in the model from then on: now it is the kernel's.
LANGUAGE_IS_THE_KERNELS = """async () => {
    const {context} = window.jupyterapp.shell.currentWidget;
    const {language_info} = await context.sessionContext.session.kernel.info;
    return context.model.getMetadata("language_info").version === language_info.version;
}"""
ANOTHER_PYTHON = """() => {
    const {model} = window.jupyterapp.shell.currentWidget.context;
    model.setMetadata("language_info", {...model.getMetadata("language_info"), version: "3.99.9"});
    return model.dirty;
}"""


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(lab_page: LabPage, request: pytest.FixtureRequest) -> Path:
    """Open the lab's copy of a notebook, once for all tests that look at it."""
    lab_page.open_notebook(request.param.name)
    return lab_page.lab.folder / request.param.name


def test_a_notebook_shows_all_of_itself(lab_page: LabPage, notebook: Path) -> None:
    """At the narrower width: a wider cell only gives room."""
    assert lab_page.find_faults() == []


@pytest.mark.exhaustive
def test_a_notebook_shows_all_of_itself_at_every_width(
    lab_page: LabPage, notebook: Path, photograph
) -> None:
    """And leaves pictures of it for people, of which nothing is asserted."""
    faults: dict[int, list[str]] = {}
    for width, height in SIZES:
        lab_page.page.set_viewport_size({"width": width, "height": height})
        lab_page.show_every_cell()
        for number in lab_page.scroll():
            photograph(lab_page.page, f"{notebook.stem}-{width}-{number:02}")
        faults[width] = lab_page.find_faults()
    lab_page.page.set_viewport_size({"width": 1280, "height": 800})
    assert faults == {width: [] for width, _ in SIZES}


def test_opening_a_notebook_changes_no_byte_of_it_whatever_the_python(
    lab_page: LabPage, notebook: Path
) -> None:
    before = (NOTEBOOKS[0].parent / notebook.name).read_bytes()
    lab_page.page.wait_for_function(LANGUAGE_IS_THE_KERNELS)
    lab_page.save()
    assert notebook.read_bytes() == before
    assert lab_page.page.evaluate(ANOTHER_PYTHON)  # dirty: autosave would come
    lab_page.save()
    assert notebook.read_bytes() == before


@pytest.mark.exhaustive
@pytest.mark.parametrize("notebook", NOTEBOOKS[:1], indirect=True, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_in_the_browser(
    lab_page: LabPage, notebook: Path
) -> None:
    lab_page.run_all()
    assert lab_page.error_outputs() == []
    assert lab_page.unrun_cells() == []
    assert lab_page.find_faults() == []


# ---- The instrument itself: what it must find, planted in small notebooks ----------------------


def write_notebook(lab_page: LabPage, *cells: nbformat.NotebookNode) -> str:
    """Write a notebook whose cells follow three screens of text: they are not seen at once."""
    filling = [new_markdown_cell("A line with $x_0$ in it.\n\n" * 20) for _ in range(3)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=[*filling, *cells], metadata={"kernelspec": kernel})
    nbformat.write(notebook, lab_page.lab.folder / "planted.ipynb")
    return "planted.ipynb"


def picture() -> str:
    file = io.BytesIO()
    figure = matplotlib.figure.Figure(figsize=(4, 3))
    figure.add_subplot().plot([1, 3, 2])
    figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def picture_cell(png: str) -> nbformat.NotebookNode:
    output = new_output("display_data", data={"image/png": png, "text/plain": "<Figure>"})
    return new_code_cell("plot()", execution_count=1, outputs=[output])


DIAGRAM = "```mermaid\ngraph LR\n  accTitle: from A to B\n  A[old] --> B[new]\n```"


def test_a_sound_notebook_has_no_faults(lab_page: LabPage) -> None:
    sound = [
        new_markdown_cell("# Weights\n\n$$w = \\frac{p(x)}{q(x)}$$ so $E_q[w] = 1$"),
        new_markdown_cell(DIAGRAM),
        picture_cell(picture()),
        new_markdown_cell(f"![a curve](data:image/png;base64,{picture()})"),
        new_markdown_cell("In code a `$dollar` is no formula."),
    ]
    lab_page.open_notebook(write_notebook(lab_page, *sound))
    pictures = [lab_page.page.screenshot() for _ in lab_page.scroll()]
    assert lab_page.find_faults() == []
    assert len(pictures) >= 3
    assert all(len(picture) > 10_000 for picture in pictures)


def test_every_planted_fault_is_found_and_named(lab_page: LabPage) -> None:
    wide = " + ".join(f"x_{{{i}}}" for i in range(80))
    planted = {
        "MathJax does not understand": new_markdown_cell("$\\frac{a}$"),
        "stands in red": new_markdown_cell("$\\nosuchcommand x$"),
        "a dollar sign shows": new_markdown_cell("The end of this formula is missing: $x"),
        "Mermaid does not understand": new_markdown_cell("```mermaid\ngraph LR\n  A[old -->\n```"),
        "a diagram has no alt text": new_markdown_cell("```mermaid\ngraph LR\n  A --> B\n```"),
        "an image has no alt text": new_markdown_cell(f"![](data:image/png;base64,{picture()})"),
        "an image does not show": picture_cell(base64.b64encode(b"no picture").decode("ascii")),
        "pixels wider than the cell": new_markdown_cell(f"$${wide}$$"),
    }
    lab_page.open_notebook(write_notebook(lab_page, *planted.values()), faults=list(planted))
    lab_page.page.evaluate("() => console.error('planted')")
    expected = [f"cell {i}: .*{re.escape(part)}" for i, part in enumerate(planted, start=3)]
    found = lab_page.find_faults()
    missing = [want for want in expected if not any(re.match(want, fault) for fault in found)]
    assert missing == []
    assert len([fault for fault in found if fault.startswith("cell")]) == len(planted)
    assert any(fault.startswith("console: planted") for fault in found)


def test_an_error_a_warning_and_a_cell_that_never_ran_are_found(lab_page: LabPage) -> None:
    cells = [
        new_code_cell("import sys; print('a warning', file=sys.stderr)"),
        new_code_cell("1 / 0"),
        new_code_cell("print('never run')"),
    ]
    lab_page.open_notebook(write_notebook(lab_page, *cells))
    lab_page.run_all()
    assert [("warning" in text, "ZeroDivision" in text) for text in lab_page.error_outputs()] == [
        (True, False),
        (False, True),
    ]
    assert lab_page.unrun_cells() == [5]
