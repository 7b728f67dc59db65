"""A notebook of questions in JupyterLab, and how a learner finds their parts."""

from __future__ import annotations

import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Locator, expect

from ppo_lesson.exercises.progress import data_folder
from tests.browser.lab_page import LabPage

LONG = "The target over the proposal, at the sample: " + "what is drawn too often counts less, " * 5
VALUES = f"""from gc import enable as setup
from ppo_lesson.exercises import ask, predict
from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

setup()
OPTIONS = (
    Option("The proposal over the target", "That is upside down."),
    Option({LONG!r}, "Then q cancels.", correct=True),
    Option("One", "The dice differ."),
)
WEIGHT = Question("browser-weight", "What is the weight $w$?", OPTIONS)
ESS = Question("browser-ess", "What becomes of the effective sample size?", OPTIONS)
KEYS = Question("browser-keys", "And without a mouse?", OPTIONS)
AGAIN = Question("browser-again", "And once more?", OPTIONS)
WHY = OpenQuestion(
    "browser-why", "concept 1", "Why?", "Because q cancels.", ("It cancels.", "A sum")
)"""


def run(lab_page: LabPage, *calls: str, number: int, values: str = VALUES) -> list[Locator]:
    """Run a new notebook, for somebody who has answered nothing; return its questions' frames."""
    # Of the session, and of the kernels it starts.
    shutil.rmtree(data_folder(), ignore_errors=True)
    cells = [new_markdown_cell("# Questions"), new_code_cell(values)]
    for call in calls:
        cells += [new_markdown_cell(f"Before `{call}`."), new_code_cell(call)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = lab_page.lab.folder / "quiz.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    lab_page.open_notebook(path.name)
    lab_page.run_all()
    assert lab_page.error_outputs() == []
    return frames(lab_page, number)


def frames(lab_page: LabPage, number: int) -> list[Locator]:
    """Wait for so many questions, and list their frames."""
    questions = lab_page.page.locator(".ppo-quiz")
    expect(questions).to_have_count(number)
    return [questions.nth(index) for index in range(number)]


def button(frame: Locator, name: str) -> Locator:
    """Find a button of a question."""
    return frame.get_by_role("button", name=name, exact=True)


def option(frame: Locator, name: str) -> Locator:
    """Find an option by the beginning of what it says."""
    return frame.get_by_role("radio", name=name)
