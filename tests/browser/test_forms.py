"""Questions, verdicts, tables: all that a cell can show, as it is stored, before it is run."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from ppo_lesson.commands import notebook_form, notebooks
from tests.browser.accessibility import OUTPUTS, axe_findings
from tests.browser.lab_page import LabPage
from tests.browser.quiz_page import VALUES

pytestmark = pytest.mark.browser

# One of everything that a cell of the lessons can show.
SHOWN = """from matplotlib import pyplot
from ppo_lesson.lessons.importance_sampling import LESSON
from ppo_lesson.lessons.importance_sampling.exercises import IMPORTANCE_WEIGHTS
from ppo_lesson.exercises import check, hint, show_progress, show_solution
from ppo_lesson.explorers import proposal_explorer
from ppo_lesson.notebook.page import setup, show, show_table

setup()
---
ask(WEIGHT)
---
predict(ESS)
---
ask(WHY)
---
check(IMPORTANCE_WEIGHTS, lambda log_target, log_proposal: log_target - log_proposal)
---
check(IMPORTANCE_WEIGHTS, lambda log_target, log_proposal: (log_target - log_proposal).exp())
---
hint(IMPORTANCE_WEIGHTS)
---
show_solution(IMPORTANCE_WEIGHTS)
---
show_table(["x", "y"], [[1.0, 2.0]])
---
proposal_explorer(lambda log_target, log_proposal: log_target.sqrt())
---
figure = pyplot.figure()
---
show_progress([LESSON])
"""


@pytest.fixture(scope="module")
def stored(lab_page: LabPage) -> LabPage:
    """Run the notebook as authors do, and open it in the browser."""
    cells = [new_code_cell(source) for source in (VALUES, *SHOWN.split("---\n"))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = lab_page.lab.folder / "forms.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    assert notebooks.run([path]) == 0
    assert notebook_form.WIDGET not in path.read_text(encoding="utf-8")
    lab_page.open_notebook(path.name)
    return lab_page


@pytest.mark.exhaustive
def test_axe_finds_nothing_in_the_forms_and_verdicts_of_a_notebook(stored: LabPage) -> None:
    """Questions that are alive have their turn in test_quiz.py; all else stays as it is stored."""
    assert axe_findings(stored.page, within=OUTPUTS) == []


def test_a_stored_notebook_shows_the_question_before_it_is_run(stored: LabPage) -> None:
    ask, predict, _ = (stored.page.locator(OUTPUTS).nth(index) for index in range(3))
    for question in (ask, predict):
        expect(question.get_by_role("listitem").filter(has_text="One")).to_have_count(1)
    answer = ask.get_by_text("Then q cancels.")
    expect(answer).to_be_hidden()
    ask.get_by_text("Show the answer").click()
    expect(answer).to_be_visible()
    assert stored.find_faults() == []
