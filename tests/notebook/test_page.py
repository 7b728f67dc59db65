from __future__ import annotations

import inspect
import random
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from IPython.display import Markdown
from nbformat.v4 import new_code_cell, new_notebook

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.maths import effective_sample_size, surrogate_loss
from ppo_lesson.notebook import page as notebook
from ppo_lesson.notebook.page import Table, number_text, setup, show, show_source, show_table
from ppo_lesson.training import train


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


@pytest.mark.parametrize(
    ("value", "within", "line"),
    [
        (497.3, 30, "mean return: 497.3 (within 30 on any machine)"),
        (torch.tensor([-0.25]), 0.001, "mean return: -0.25 (within 0.001 on any machine)"),
        (123456, 5e3, "mean return: 123456 (within 5000 on any machine)"),
        (1.5e-7, 1e-8, "mean return: 1.5e-07 (within 1e-08 on any machine)"),
        (np.float32(0.5), 0.1, "mean return: 0.5 (within 0.1 on any machine)"),
        (1.5e20, 1e19, "mean return: 1.5e+20 (within 1e+19 on any machine)"),
    ],
)
def test_a_number_carries_its_tolerance_so_that_the_gate_can_read_both(value, within, line, capsys):
    show("mean return", value, within=within)
    assert capsys.readouterr().out == line + "\n"
    found = notebook_form.TOLERANT.search(line)
    assert found is not None
    assert float(found["number"]) == pytest.approx(float(value))
    assert float(found["within"]) == within
    without = notebook_form.TOLERANT.sub(notebook_form.WITHOUT_NUMBER, line)
    assert without == f"mean return: (number) {found['rest']}"


@pytest.mark.parametrize(
    ("value", "within", "error", "message"),
    [
        (1.0, 0, ValueError, "within: expected a finite number above 0, got 0"),
        (1.0, float("nan"), ValueError, "within: expected a finite number above 0, got nan"),
        (1.0, "30", TypeError, "within: expected a number, got '30'"),
        (float("nan"), 1, ValueError, "value: expected a finite number, got nan"),
        (True, 1, TypeError, "value: expected one number, as it has a tolerance, got True"),
        ([1, 2], 1, TypeError, r"value: expected one number, as it has a tolerance, got \[1, 2\]"),
    ],
)
def test_a_tolerance_is_for_one_finite_number(value, within, error, message, capsys):
    with pytest.raises(error, match=message):
        show("mean return", value, within=within)
    assert capsys.readouterr().out == ""


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


def test_show_source_shows_the_package_s_own_lines_and_of_a_docstring_what_and_formula(
    displayed: list[object],
) -> None:
    show_source(surrogate_loss, number_text, train)
    (page,) = displayed
    assert isinstance(page, Markdown)
    source = page.data.removeprefix("```python\n").removesuffix("\n```")
    formula, short, long = (
        source.split("\n\n\n") if "\n\n\n" in source else source.split("\n\ndef ")
    )
    own = inspect.getsource(surrogate_loss).splitlines()
    start = next(k for k, line in enumerate(own) if line.startswith('    """'))
    assert own[start + 2].startswith("    L = ")
    end = own.index('    """')
    assert formula.splitlines() == [*own[: start + 3], *own[end:]]
    assert f"def {short}" == inspect.getsource(number_text).rstrip()
    first, second = long.partition('"""')[2].splitlines()[:2]
    assert first.endswith('"""') and '"""' not in second  # prose, and Args, are left out


def test_show_source_leaves_out_remarks_to_the_linter(displayed: list[object]) -> None:
    show_source(train)
    assert "noqa" in inspect.getsource(train) and "noqa" not in displayed[0].data


def test_show_source_shows_a_method_from_the_margin(displayed: list[object]) -> None:
    show_source(Table.__repr__)
    own = textwrap.dedent(inspect.getsource(Table.__repr__)).rstrip()
    assert displayed[0].data == f"```python\n{own}\n```"


def test_show_source_leaves_out_what_only_checks_if_asked(displayed: list[object]) -> None:
    show_source(effective_sample_size, checks=False)
    own = inspect.getsource(effective_sample_size).splitlines()
    assert sum("check_" in line for line in own) == 2
    shown = displayed[0].data.splitlines()
    assert not any("check_" in line for line in shown)
    assert shown[-3:] == [*own[-2:], "```"]


def test_setup_makes_numbers_the_same_everywhere() -> None:
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


# ---- Other machines ------------------------------------------------------------------------------

CELLS = (
    "from ppo_lesson.lessons import EXERCISES\nfrom ppo_lesson.exercises.checker import check\n"
    "from ppo_lesson.notebook import draw, setup, show_source\n\nsetup()",
    "draw(lambda ax: ax.plot([0, 1]), size=(1, 1))",
    "import matplotlib.pyplot as plt\nplt.plot([0, 1]);",  # a learner's own
    "ratio = EXERCISES['policy_ratio']\nshow_source(setup)\nprint(check(ratio, ratio.reference))",
)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("variables", "proofs"),
    [
        ({"PYTHONWARNINGS": "error", "MPLBACKEND": "Agg"}, []),
        ({"PYTHONOPTIMIZE": "2"}, [notebook.PROOFS_ARE_OFF]),
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
    first, picture, own, source = (cell.outputs for cell in page.cells)
    assert ["image/png" in output.data for output in own] == [True]
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
        monkeypatch.setattr(notebook, "sys", SimpleNamespace(flags=flags))
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


@pytest.mark.exhaustive
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps to this limit")
@pytest.mark.parametrize("gigabytes", [32, 64])
def test_a_kernel_with_few_addresses_lives_and_has_its_explorers_without_the_png(
    gigabytes: int,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CROWDED, str(gigabytes)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{sorted(['application/vnd.vegalite.v5+json', 'text/plain'])} True\n"
