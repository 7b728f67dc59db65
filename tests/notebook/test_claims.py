"""``proved``: what it lets pass, what it raises, and the one line that it leaves in a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.notebook import claims
from ppo_lesson.notebook.claims import Proved, proved

NAN, INF = float("nan"), float("inf")
ONES = torch.ones(2, 3)

TRUE = {
    "a number": ((3.5, 3.5 + 1e-10), {}, "it is so, to 1e-9"),
    "a large number, relatively": ((1e6, 1e6 + 1e-4), {}, "it is so, to 1e-9"),
    "within": ((3.5, 3.6), {"within": 0.11}, "it is so, to 0.11"),
    "exactly": ((3, 3), {"within": 0}, "it is so, exactly"),
    "a tensor with a gradient": ((ONES.clone().requires_grad_(), ONES), {}, "it is so, to 1e-9"),
    "a list of tensors": (([ONES[0], ONES[1]], ONES), {}, "it is so, to 1e-9"),
    "an array": ((np.ones(2), [1, 1]), {}, "it is so, to 1e-9"),
    "truth values": (([True, False], [True, False]), {}, "it is so, to 1e-9"),
    "infinity": (([INF, 1.0], [INF, 1.0]), {}, "it is so, to 1e-9"),
    "below": ((ONES,), {"below": 1.5}, "it is so, below 1.5"),
    "above": ((1e-12,), {"above": 0}, "it is so, above 0"),
    "between": (([0.5, 0.6],), {"above": 1e-3, "below": 1}, "it is so, above 0.001 and below 1"),
    "a condition": ((True,), {}, "it is so"),
    "a condition of numpy": ((np.float64(1) > 0,), {}, "it is so"),
    "all of several": ((ONES > 0,), {}, "it is so"),
    "a list of conditions": (([True, torch.tensor(True)],), {}, "it is so"),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_leaves_one_line_that_says_how_closely(name, capsys):
    values, keywords, line = TRUE[name]
    proved("it is so", *values, **keywords)
    assert capsys.readouterr().out == f"proved: {line}\n"


FALSE = {
    "a number": ((3.4, 3.5), {}, "found 3.4, wanted 3.5 to 1e-9"),
    "one entry": (([1.0, 2.0], [1.0, 3.0]), {}, "found 2, wanted 3 to 1e-9, at [1]"),
    "the worst entry": ((ONES, ONES * 2 - torch.eye(2, 3) * 9), {}, "wanted -7 to 1e-9, at [0, 0]"),
    "outside": ((3.5, 3.6), {"within": 0.09}, "found 3.5, wanted 3.6 to 0.09"),
    "nearly exactly": ((1, 1 + 1e-15), {"within": 0}, "found 1, wanted 1 exactly"),
    "nan": ((NAN, 1.0), {"within": 1e300}, "found nan, wanted 1 to 1e+300"),
    "nan for nan": ((NAN, NAN), {}, "found nan, wanted nan"),
    "nan of several": (([1.0, NAN], [1.0, 1.0]), {}, "found nan, wanted 1 to 1e-9, at [1]"),
    "finite for infinity": ((5.0, INF), {}, "found 5, wanted inf"),
    "another infinity": ((-INF, INF), {}, "found -inf, wanted inf"),
    "below": (([0.1, 0.3], None), {"below": 0.2}, "found 0.3, wanted below 0.2, at [1]"),
    "at a bound": ((0.2, None), {"below": 0.2}, "found 0.2, wanted below 0.2"),
    "above": ((-1, None), {"above": 0}, "found -1, wanted above 0"),
    "nan below": ((NAN, None), {"below": 1}, "found nan, wanted below 1"),
    "nan above": ((NAN, None), {"above": 1}, "found nan, wanted above 1"),
    "a condition": ((False, None), {}, "the condition is False"),
    "one condition of several": (([True, False], None), {}, "the condition is False, at [1]"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_claim_raises_with_its_sentence_and_both_numbers(name, capsys):
    values, keywords, says = FALSE[name]
    with pytest.raises(AssertionError) as raised:
        proved("it is so", *values, **keywords)
    assert str(raised.value).startswith("not so: it is so: ") and says in str(raised.value)
    assert capsys.readouterr().out == ""


BAD = {
    "no claim": (("", True), {}, TypeError, "claim: expected a sentence, got ''"),
    "no text": ((3.5, 3.5), {}, TypeError, "claim: expected a sentence, got 3.5"),
    "another shape": (("a", ONES, 1.0), {}, ValueError, "wanted: expected the shape (2, 3) of"),
    "a column": (("a", ONES[0], ONES[:1].T), {}, ValueError, "of found, got (3, 1)"),
    "nothing": (("a", []), {}, ValueError, "found: expected at least one value, got none"),
    "ragged": (("a", [[1], [1, 2]], 1), {}, ValueError, "found: expected entries of one shape"),
    "mixed": (("a", [True, 2]), {}, TypeError, "found: expected numbers or truth values, got both"),
    "a text": (("a", "3.5", 3.5), {}, TypeError, "found: expected a number, a tensor or a list, g"),
    "texts": (("a", 1, np.array(["a"])), {}, TypeError, "wanted: expected a number, a tensor"),
    "complex": (("a", torch.ones(1) * 1j, 1), {}, TypeError, "found: expected a number, a tensor"),
    "no condition": (("a", 0.5), {}, TypeError, "found: expected True or False, or beside it want"),
    "an odd tensor": (("a", ONES), {}, TypeError, "below= or above=, got 1, at [0, 0]"),
    "nan within": (("a", 1, 1), {"within": NAN}, ValueError, "within: expected a number of 0 or"),
    "within inf": (("a", 1, 1), {"within": INF}, ValueError, "within: expected a number of 0 or"),
    "less than 0": (("a", 1, 1), {"within": -1}, ValueError, "within: expected a number of 0 or"),
    "within alone": (("a", True), {"within": 1}, ValueError, "within: expected only together with"),
    "below inf": (("a", 1), {"below": INF}, ValueError, "below: expected a finite number, got inf"),
    "a bound of many": (("a", 1), {"above": ONES}, TypeError, "above: expected a number, got Ten"),
    "both": (("a", 1, 1), {"below": 2}, ValueError, "wanted: expected either wanted, or below and"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_claims_nothing_is_refused(name):
    values, keywords, kind, message = BAD[name]
    with pytest.raises(kind) as raised:
        proved(*values, **keywords)
    assert message in str(raised.value)


def test_one_claim_stands_on_the_page_as_it_is_and_several_unfold():
    one, two = Proved(("p < q",)), Proved(("p < q", "again"))
    assert repr(one) == "proved: p < q"
    assert ">proved: p &lt; q</div>" in one._repr_html_()
    assert repr(two) == "proved: p < q\nproved: again"
    page = two._repr_html_()
    assert page.startswith("<details ") and "<summary>proved: 2 claims</summary>" in page
    assert "<li>p &lt; q</li><li>again</li>" in page and "<details open" not in page


def test_without_asserts_a_false_claim_raises_all_the_same():
    text = Path(claims.__file__).read_text(encoding="utf-8")
    module = {"__name__": claims.__name__}
    exec(compile(text, claims.__file__, "exec", optimize=2), module)  # as `python -OO` does
    with pytest.raises(AssertionError, match=r"^not so: 2 is 3: found 2, wanted 3 to 1e-9$"):
        module["proved"]("2 is 3", 2, 3)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    shell = InteractiveShell()
    monkeypatch.setattr("ppo_lesson.notebook.claims.get_ipython", lambda: shell)
    shell.user_ns["proved"] = proved
    return shell


def test_in_a_shell_a_cells_claims_are_shown_once_at_its_end_and_a_loop_is_one_line(shell, capsys):
    shell.run_cell(
        "for seed in range(5):\n    proved('a', seed, seed)\nproved('b', True)\nprint(1)"
    )
    shell.run_cell("print(2)")
    shell.run_cell("proved('c', True)")
    lines = ["1", "proved: a, to 1e-9 (5 times)", "proved: b", "2", "proved: c"]
    assert capsys.readouterr().out.splitlines() == lines


def test_in_a_shell_what_was_proved_before_a_false_claim_is_not_shown_by_the_next_cell(
    shell, capsys
):
    shell.run_cell("proved('a', True); proved('b', False)")
    said = capsys.readouterr().out
    assert "not so: b" in said and said.rstrip().endswith("proved: a")
    shell.run_cell("proved('c', True)")
    assert capsys.readouterr().out == "proved: c\n"


def written(path: Path, *sources: str) -> NotebookNode:
    cells = [new_markdown_cell("# Title")]
    for source in sources:
        cells += [new_code_cell(source), new_markdown_cell("Prose.")]
    notebook_form.write(new_notebook(cells=cells), path)
    assert notebooks.run([path]) == 0
    return notebook_form.read(path)


@pytest.mark.exhaustive
def test_a_notebook_keeps_one_output_per_cell_after_the_pictures_and_a_second_run_the_same_bytes(
    tmp_path: Path,
):
    path = tmp_path / "lesson.ipynb"
    imports = "import matplotlib.pyplot as plt\nfrom ppo_lesson.notebook import proved"
    picture = "plt.figure(figsize=(1, 1)).add_subplot()"
    picture += "\nproved('one', 1, 1)\nproved('two', True)\n'result'"
    cells = written(path, imports, picture, "proved('three', 3, below=4)").cells
    first = path.read_bytes()
    kinds = [sorted(output.data) for output in cells[3].outputs]
    assert kinds[0] == ["text/plain"] and "image/png" in kinds[1]
    assert kinds[2:] == [["text/html", "text/plain"]]
    assert cells[3].outputs[2].data["text/plain"] == "proved: one, to 1e-9\nproved: two"
    assert cells[5].outputs[0].data["text/plain"] == "proved: three, below 4"
    assert notebooks.run([path]) == 0
    assert path.read_bytes() == first
