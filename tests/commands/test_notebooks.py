"""``notebooks run`` and ``notebooks check``: what is found, run, written and reported."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson.commands import notebook_form, notebook_rules, notebooks
from ppo_lesson.teaching.progress import record


def write(path: Path, *sources: str) -> Path:
    """Write a notebook that was never run, with random ids, as JupyterLab makes one."""
    cells = [new_markdown_cell("# A lesson")]
    for source in sources:
        cells += [new_code_cell(source), new_markdown_cell(f"After {len(cells)}.")]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("02_importance_sampling", "04_surrogate_gradient"):
        (tmp_path / f"{name}.ipynb").write_text("{}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["02", "02_importance_sampling", "02_importance_sampling.ipynb"])
def test_a_notebook_is_found_by_number_and_by_name(folder, name):
    assert [path.stem for path in notebooks.find([name], folder)] == ["02_importance_sampling"]


def test_a_notebook_elsewhere_is_found_by_its_path(folder, tmp_path):
    path = tmp_path / "mine.ipynb"
    path.touch()
    assert notebooks.find([str(path)], folder / "empty") == [path]


def test_no_name_means_all_in_order(folder):
    stems = [path.stem for path in notebooks.find([], folder)]
    assert stems == ["02_importance_sampling", "04_surrogate_gradient"]


@pytest.mark.parametrize("name", ["03", "2", "importance", "missing.ipynb"])
def test_an_unknown_name_raises_one_sentence_with_those_that_exist(folder, name):
    exist = "02_importance_sampling, 04_surrogate_gradient"
    expected = f"no notebook is called {name!r}; these exist: {exist}."
    with pytest.raises(LookupError, match=re.escape(expected)):
        notebooks.find([name], folder)


def test_a_run_fills_in_the_outputs_in_this_interpreter_an_empty_folder_and_nobodys_progress(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path / "mine"))
    record("notes", "a", "mine")
    mine = (tmp_path / "mine" / "progress.json").read_bytes()
    path = write(
        tmp_path / "lesson.ipynb",
        "import os, sys\nfrom gc import enable as setup\n"
        "from ppo_lesson.teaching.progress import recall, record\n\nsetup()",
        f"print(sys.prefix == {sys.prefix!r}, os.listdir())",
        "print('inline' in os.environ['MPLBACKEND'])",
        "open('left_behind', 'w').close()",
        "print(recall('notes', 'a'), record('notes', 'a', 'left behind'))",
    )

    assert notebooks.run([path]) == 0

    line = r"lesson: 11 cells, \d+\.\d s, \d+ kB\n"
    assert re.fullmatch(line, capsys.readouterr().out)
    texts = [cell.outputs[0].text for cell in notebook_form.read(path).cells if cell.get("outputs")]
    assert texts == ["True []\n", "True\n", "None True\n"]
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "mine"]
    assert (tmp_path / "mine" / "progress.json").read_bytes() == mine
    assert notebook_rules.faults(path) == []


@pytest.mark.slow
def test_a_second_run_writes_the_same_bytes(tmp_path):
    plot = "plt.figure(figsize=(1, 1)).add_subplot().plot([0, 1])\nplt.gca().set_title('line')"
    slider = "display(IntSlider(3))"
    imports = "import matplotlib.pyplot as plt\nfrom ipywidgets import IntSlider"
    path = write(tmp_path / "lesson.ipynb", imports, plot, slider)
    assert notebooks.run([path]) == 0
    first = path.read_bytes()
    assert b"image/png" in first and b"IntSlider" in first
    assert notebooks.run([path]) == 0
    assert path.read_bytes() == first


# The cell itself raises nothing: IPython looks for the file when it shows the picture.
SHOWN_WITH_AN_ERROR = "from IPython.display import Image\ndisplay(Image(data='missing'))"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        (SHOWN_WITH_AN_ERROR, "FileNotFoundError: No such file or directory: 'missing'"),
        ("import time; time.sleep(30)", "ran longer than 2 seconds"),
        ("import os; os._exit(1)", "the kernel died"),
    ],
    ids=["raises", "cannot be shown", "hangs", "dies"],
)
@pytest.mark.slow
def test_a_cell_that_fails_is_named_and_nothing_is_written(source, what, tmp_path, capsys):
    path = write(tmp_path / "lesson.ipynb", source)
    before = path.read_bytes()

    assert notebooks.run([path], cell_seconds=2) == 1

    name = notebook_form.canonical(notebook_form.read(path)).cells[1].id
    assert capsys.readouterr().err == f"lesson: {name}: {what}\n"
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_check_prints_a_line_per_fault_and_fails(tmp_path, capsys):
    path = write(tmp_path / "lesson.ipynb", "setup()")
    nbformat.write(notebook_form.canonical(notebook_form.read(path)), path)
    assert notebooks.check([path]) == 1
    assert capsys.readouterr().out == "lesson: setup: was not run\n"


def test_a_check_of_no_notebooks_prints_nothing_and_passes(capsys):
    assert notebooks.check([]) == 0
    assert capsys.readouterr().out == ""
