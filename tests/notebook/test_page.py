from __future__ import annotations

import inspect
import random
import subprocess
import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
import torch
from IPython.display import Markdown
from nbformat.v4 import new_code_cell, new_notebook

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.figures.style import STYLE
from ppo_lesson.maths import surrogate_loss
from ppo_lesson.notebook import page as notebook
from ppo_lesson.notebook.page import Table, number_text, setup, show, show_source, show_table
from ppo_lesson.training.ppo import train


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect what a notebook would display."""
    shown: list[object] = []
    monkeypatch.setattr(notebook, "display", shown.append)
    return shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"),
        (-0.0, "0"),
        (3, "3"),
        (True, "True"),
        ("ok", "ok"),
        (float("nan"), "nan"),
        (torch.tensor(2.0 / 3.0, dtype=torch.float64), "0.6667"),
        (torch.tensor(True), "True"),
        (torch.tensor([1.0, 0.25]), "1, 0.25"),
        ([1, 0.5, "x"], "1, 0.5, x"),
        (123456.0, "1.235e+05"),
    ],
)
def test_a_number_is_written_to_four_digits_without_noise(value: object, text: str) -> None:
    assert number_text(value) == text


def test_fewer_digits_can_be_asked_for() -> None:
    assert number_text([0.123456, 7.0], digits=2) == "0.12, 7"


def test_show_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show("the sum", torch.tensor(0.5))
    assert capsys.readouterr().out == "the sum: 0.5\n"


def test_a_table_is_the_same_in_text_and_html(displayed: list[object]) -> None:
    show_table(["name", "value"], [("a", 0.123456), ("longer", 2)])
    (table,) = displayed
    assert repr(table) == "  name   value\n     a  0.1235\nlonger       2"
    page = table._repr_html_()
    for text in ("name", "value", "longer", "0.1235"):
        assert f">{text}<" in page


def test_a_table_escapes_what_would_be_html() -> None:
    page = Table(["<b>"], [["a < b"]])._repr_html_()
    assert "<b>" not in page
    assert "a &lt; b" in page


def test_a_row_of_another_length_is_refused(displayed: list[object]) -> None:
    with pytest.raises(ValueError, match=r"rows: expected 2 entries each, got \['1'\]"):
        show_table(["a", "b"], [(1,)])
    assert displayed == []


def test_show_source_shows_the_package_s_own_lines(displayed: list[object]) -> None:
    show_source(surrogate_loss, number_text)
    (page,) = displayed
    assert isinstance(page, Markdown)
    source = page.data.removeprefix("```python\n").removesuffix("\n```")
    both = [inspect.getsource(function).rstrip() for function in (surrogate_loss, number_text)]
    own = "\n\n".join(both).splitlines()
    shown = source.splitlines()
    # What is left out stands between the first line of the long docstring and its end.
    start = next(k for k, line in enumerate(shown) if line.startswith('    """Score'))
    left_out = own.index('    """') + 1
    assert shown[:start] == own[:start] and shown[start].removesuffix('"""') == own[start]
    assert shown[start + 1 :] == own[left_out:]


def test_show_source_leaves_out_remarks_to_the_linter(displayed: list[object]) -> None:
    show_source(train)
    assert "noqa" in inspect.getsource(train) and "noqa" not in displayed[0].data


def test_setup_makes_numbers_and_pictures_the_same_everywhere() -> None:
    def draws() -> tuple[float, float, float]:
        return torch.rand(()).item(), np.random.rand(), random.random()  # noqa: NPY002

    setup(seed=3)
    first = draws()
    setup(seed=3)
    assert draws() == first
    setup(seed=4)
    assert draws() != first
    assert torch.get_default_dtype() == torch.float64
    assert torch.get_num_threads() == 1
    assert mpl.rcParams["figure.figsize"] == list(STYLE["figure.figsize"])


@pytest.mark.parametrize("loaded", [True, False])
def test_setup_starts_the_renderer_where_the_notebook_has_explorers(monkeypatch, loaded):
    started: list[str] = []
    renderer = SimpleNamespace(start=lambda: started.append("renderer"))
    monkeypatch.setitem(sys.modules, "ppo_lesson.notebook.renderer", renderer if loaded else None)
    setup()
    assert started == ["renderer"] * loaded


# ---- Other machines ------------------------------------------------------------------------------

CELLS = (
    "import matplotlib.pyplot as plt\nfrom ppo_lesson.lessons import EXERCISES\n"
    "from ppo_lesson.exercises.checker import check\n"
    "from ppo_lesson.notebook.page import setup, show_source\n\nsetup()",
    "plt.figure(figsize=(1, 1)).add_subplot().plot([0, 1]);",
    "ratio = EXERCISES['policy_ratio']\nshow_source(setup)\nprint(check(ratio, ratio.reference))",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "proofs"),
    [
        ({"PYTHONWARNINGS": "error", "MPLBACKEND": "Agg"}, []),
        pytest.param(
            {"PYTHONOPTIMIZE": "2"}, [notebook.PROOFS_ARE_OFF], marks=pytest.mark.exhaustive
        ),
    ],
    ids=["warnings are errors", "no asserts"],
)
def test_no_variable_keeps_a_learners_kernel_from_pictures_and_proofs_that_are_off_are_told(
    variables: dict[str, str], proofs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = notebooks.kernel_environment
    monkeypatch.setattr(notebooks, "kernel_environment", lambda folder: clean(folder) | variables)
    page = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    notebooks.execute(page)
    first, picture, source = (cell.outputs for cell in page.cells)
    assert [output.text.strip() for output in first] == proofs
    width, height = notebook_form.png_size(picture[0].data["image/png"])
    assert (width, height) == (100, 100)  # as it was asked for, without a tight frame
    assert "def setup" in source[0].data["text/markdown"] and "orrect" in str(source[1])


def test_a_python_without_asserts_is_told_that_proofs_are_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kernel that really has none compiles torch anew: that is among the exhaustive tests."""
    for optimize, said in ((0, ""), (1, f"{notebook.PROOFS_ARE_OFF}\n")):
        flags = SimpleNamespace(optimize=optimize)
        monkeypatch.setattr(notebook, "sys", SimpleNamespace(flags=flags, modules={}))
        setup()
        assert capsys.readouterr().out == said


CROWDED = """
import resource, sys
limit = int(sys.argv[1]) * 2**30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from ppo_lesson.explorers import clip_lab
from ppo_lesson.notebook.page import setup
setup()
forms = clip_lab()._repr_mimebundle_()
print(sorted(forms), "Look for: " in forms["text/plain"])
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps to this limit")
@pytest.mark.parametrize("gigabytes", [32, pytest.param(64, marks=pytest.mark.exhaustive)])
def test_a_kernel_with_few_addresses_lives_and_has_its_explorers_without_the_png(
    gigabytes: int,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CROWDED, str(gigabytes)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{sorted(['application/vnd.vegalite.v5+json', 'text/plain'])} True\n"
