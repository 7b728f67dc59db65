"""``notebooks run`` and ``notebooks check``: what is found, run, written and reported."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson.commands import notebook_form, notebook_rules, notebooks
from ppo_lesson.exercises.progress import record
from ppo_lesson.files import spare_others
from tests.small_notebook import KNOWN, opening


def write(path: Path, *sources: str) -> Path:
    """Write a notebook that was never run, with random ids, as JupyterLab makes one."""
    cells = [new_markdown_cell(opening("A lesson"))]
    for source in sources:
        cells += [new_code_cell(source), new_markdown_cell(f"After {len(cells)}.")]
    cells[-1].source = KNOWN
    cells[1].metadata.tags = [notebook_form.FOLDED]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("02_importance_sampling", "04_surrogate_gradient"):
        (tmp_path / f"{name}.ipynb").write_text("{}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["02", "02_importance_sampling", "02_importance_sampling.ipynb"])
def test_a_notebook_is_found_by_number_and_by_name(folder, name):
    found, unknown = notebooks.find([name], folder)
    assert [path.stem for path in found] == ["02_importance_sampling"] and unknown == []


def test_a_notebook_elsewhere_is_found_by_its_path(folder, tmp_path):
    path = tmp_path / "mine.ipynb"
    path.touch()
    assert notebooks.find([str(path)], folder / "empty") == ([path], [])


def test_no_name_means_all_in_order(folder):
    found, unknown = notebooks.find([], folder)
    assert [path.stem for path in found] == ["02_importance_sampling", "04_surrogate_gradient"]
    assert unknown == []


def test_where_there_are_none_all_of_them_is_no_success(tmp_path):
    with pytest.raises(FileNotFoundError, match="there are no notebooks in"):
        notebooks.find([], tmp_path)


@pytest.mark.parametrize("name", ["03", "2", "importance", "missing.ipynb", "x" * 5000 + ".ipynb"])
def test_an_unknown_name_gets_one_sentence_with_those_that_exist_and_the_others_are_found(
    folder, name
):
    found, unknown = notebooks.find([name, "04"], folder)
    exist = "02_importance_sampling, 04_surrogate_gradient"
    assert unknown == [f"no notebook is called {name!r}; these exist: {exist}."]
    assert [path.stem for path in found] == ["04_surrogate_gradient"]


BROKEN = {
    "empty": b"",
    "text": b"hello",
    "half": b'{"cells": [',
    "a list": b"[]",
    "not utf-8": b'{"nbformat": 4, "name": "\xff"}',
    "format 3": b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}',
    "format 5": b'{"nbformat": 5, "nbformat_minor": 0, "cells": [], "metadata": {}}',
    "format four": b'{"nbformat": "four", "cells": [], "metadata": {}}',
    "cells are a number": b'{"nbformat": 4, "nbformat_minor": 5, "cells": 3, "metadata": {}}',
    "no cells": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "a cell of nothing": b'{"nbformat": 4, "nbformat_minor": 5, "cells": [{}], "metadata": {}}',
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("action", [notebooks.run, notebooks.check])
def test_broken_files_get_one_sentence_each_and_the_next_file_is_done(
    action, tmp_path, monkeypatch, capsys
):
    executed = []
    monkeypatch.setattr(notebooks, "execute", lambda notebook, seconds: executed.append(notebook))
    for name, content in BROKEN.items():
        (tmp_path / f"{name}.ipynb").write_bytes(content)
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "gone.ipynb").symlink_to(tmp_path / "nowhere.ipynb")
    broken = sorted(tmp_path.iterdir())
    good = write(tmp_path / "zgood.ipynb", "setup()")

    assert action([*broken, good]) == 2

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert len(lines) == len(broken)
    for path, line in zip(broken, lines, strict=True):
        assert line.startswith(f"error: {path}: ") and len(line) < 300 + len(str(path))
    assert said.out.startswith("zgood: ")
    assert len(executed) == (action is notebooks.run)
    for name, content in BROKEN.items():
        assert (tmp_path / f"{name}.ipynb").read_bytes() == content


def test_a_notebook_that_cannot_be_written_is_refused_before_it_is_run(
    tmp_path, monkeypatch, capsys
):
    path = write(tmp_path / "lesson.ipynb", "1 / 0")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write whatever is read-only
    assert notebooks.run([path]) == 2
    assert capsys.readouterr().err == f"error: {path}: Permission denied\n"


def test_a_link_is_run_and_its_target_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "execute", lambda *_: None)
    path = write(tmp_path / "lesson.ipynb", "setup()")
    (tmp_path / "link.ipynb").symlink_to(path)
    assert notebooks.run([tmp_path / "link.ipynb"]) == 0
    assert (tmp_path / "link.ipynb").is_symlink()
    assert path.read_text() == notebook_form.text(notebook_form.read(path))
    assert notebook_form.read(path).cells[0].id == "a-lesson"


HOSTILE = {
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONSAFEPATH": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "ascii",
    "LC_ALL": "C",
    "MPLBACKEND": "no-such-window",
}


def test_no_setting_of_the_shell_turns_a_proof_off_or_a_run_over(tmp_path, monkeypatch, capsys):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nlines.linewidth: 77\nnonsense: 1\n")
    for name, value in {**HOSTILE, "MATPLOTLIBRC": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HOME", raising=False)
    imports = "import warnings\nimport matplotlib as mpl\nfrom gc import enable as setup\n\nsetup()"
    good = write(
        tmp_path / "good.ipynb",
        imports,
        "warnings.warn('a remark of some library', DeprecationWarning, stacklevel=3)",
        "print('\u03c0', __debug__, mpl.rcParams['lines.linewidth'])",
    )
    wrong = write(tmp_path / "wrong.ipynb", "assert 2 + 2 == 5, 'the proof'")
    assert notebooks.run([good, wrong]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("good: ") and "AssertionError: the proof" in said.err
    outputs = [o for cell in notebook_form.read(good).cells for o in cell.get("outputs", [])]
    assert [output.text for output in outputs] == ["\u03c0 True 1.5\n"]


def test_a_kernel_still_finds_what_the_shell_says_where_to_find(monkeypatch):
    places = {"PYTHONPATH": "here", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "there"}
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    assert places.items() <= notebooks.kernel_environment("folder").items()


def test_a_run_fills_in_the_outputs_in_this_interpreter_an_empty_folder_and_nobodys_progress(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path / "mine"))
    record("notes", "a", "mine")
    mine = (tmp_path / "mine" / "notes" / "a.json").read_bytes()
    path = write(
        tmp_path / "lesson.ipynb",
        "import os, sys\nfrom gc import enable as setup\n"
        "from ppo_lesson.exercises.progress import recall, record\n\nsetup()",
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
    assert (tmp_path / "mine" / "notes" / "a.json").read_bytes() == mine
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
    ("source", "seconds", "what"),
    [
        ("1 / 0", 60, "ZeroDivisionError: division by zero"),
        (SHOWN_WITH_AN_ERROR, 60, "FileNotFoundError: No such file or directory: 'missing'"),
        ("import time; time.sleep(600)", 1, "ran longer than 1 seconds"),
        ("import os; os._exit(1)", 60, "the kernel died"),
    ],
    ids=["raises", "cannot be shown", "hangs", "dies"],
)
@pytest.mark.slow
def test_a_cell_that_fails_is_named_and_nothing_is_written(source, seconds, what, tmp_path, capsys):
    path = write(tmp_path / "lesson.ipynb", source)
    before = path.read_bytes()

    assert notebooks.run([path], cell_seconds=seconds) == 1

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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_notebook_and_holds_nobody_up(tmp_path, capsys):
    pipe = tmp_path / "pipe.ipynb"
    os.mkfifo(pipe)
    assert notebooks.check([pipe]) == notebooks.run([pipe]) == 2
    assert capsys.readouterr().err.count(f"error: {pipe}: not a notebook: it is not a file") == 2
    with pytest.raises(FileExistsError):
        spare_others([pipe], "mark")


def test_minutes_are_printed_a_row_each_and_a_broken_file_costs_only_itself(tmp_path, capsys):
    paths = [write(tmp_path / f"0{n}_a.ipynb", "setup()") for n in (1, 2)]
    (tmp_path / "broken.ipynb").write_text("[]")
    assert notebooks.minutes(paths) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == [
        "01_a", "02_a", "all",
    ]  # fmt: skip
    assert notebooks.minutes([tmp_path / "broken.ipynb", *paths]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ") and "01_a" in said.out
    assert notebooks.minutes([]) == 0
