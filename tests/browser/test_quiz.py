"""Questions as a learner meets them: in a real JupyterLab, with the mouse and with the keyboard."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Locator, expect

from ppo_lesson.commands import notebook_form, notebooks
from tests.browser.lab import LabPage

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_answered")]

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
WHY = OpenQuestion(
    "browser-why", "concept 1", "Why?", "Because q cancels.", ("It cancels.", "A sum")
)"""

# Texts that are cut off or too small to read; labels of radio buttons are both, by default.
ILLEGIBLE = """() => [...document.querySelectorAll(
    ".ppo-quiz :is(p, label, button, textarea), .ppo-quiz"
)].filter(element => element.checkVisibility()).filter(element => {
    const cell = element.closest(".jp-Cell").getBoundingClientRect();
    return parseFloat(getComputedStyle(element).fontSize) < 14 && !element.matches(".ppo-quiz")
        || element.scrollWidth > element.clientWidth + 1
        || element.scrollHeight > element.clientHeight + 1 && !element.matches("textarea")
        || element.getBoundingClientRect().right > cell.right;
}).map(element => element.outerHTML.slice(0, 200))"""


def notebook(lab_page: LabPage, *calls: str) -> Path:
    """Write a notebook that was never run into the lab's folder."""
    cells = [new_markdown_cell("# Questions"), new_code_cell(VALUES)]
    for call in calls:
        cells += [new_markdown_cell(f"Before `{call}`."), new_code_cell(call)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = lab_page.lab.folder / "quiz.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def run(lab_page: LabPage, *calls: str, number: int | None = None) -> list[Locator]:
    """Run a new notebook in the browser; return the frame of each question, one per call."""
    lab_page.open_notebook(notebook(lab_page, *calls).name)
    lab_page.run_all()
    assert lab_page.error_outputs() == []
    return frames(lab_page, len(calls) if number is None else number)


def frames(lab_page: LabPage, number: int) -> list[Locator]:
    questions = lab_page.page.locator(".ppo-quiz")
    expect(questions).to_have_count(number)
    return [questions.nth(index) for index in range(number)]


def button(frame: Locator, name: str) -> Locator:
    return frame.get_by_role("button", name=name, exact=True)


def option(frame: Locator, name: str) -> Locator:
    return frame.get_by_role("radio", name=name)


def test_a_question_says_why_not_yet_and_then_right(lab_page: LabPage) -> None:
    (frame,) = run(lab_page, "ask(WEIGHT)")
    assert not any(radio.is_checked() for radio in frame.get_by_role("radio").all())
    expect(button(frame, "Check")).to_be_disabled()
    option(frame, "One").click()
    button(frame, "Check").click()
    expect(frame.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    option(frame, "The target over").click()
    expect(frame.get_by_role("status")).to_have_text("")
    button(frame, "Check").click()
    expect(frame.get_by_role("status")).to_have_text("Right. Then q cancels.")


def test_tab_and_space_are_enough_for_a_question(lab_page: LabPage) -> None:
    (frame,) = run(lab_page, "ask(WEIGHT)")
    press = lab_page.page.keyboard.press
    frame.get_by_role("radio").first.focus()
    press("Tab")
    press("Space")
    expect(option(frame, "The target over")).to_be_checked()
    expect(button(frame, "Check")).to_be_enabled()
    press("Tab")
    press("Tab")
    press("Space")
    expect(frame.get_by_role("status")).to_have_text("Right. Then q cancels.")
    expect(button(frame, "Check")).to_be_focused()


def test_a_prediction_stays_locked_after_a_restart_until_it_is_asked_again(
    lab_page: LabPage,
) -> None:
    (frame,) = run(lab_page, "predict(ESS)")
    option(frame, "One").click()
    button(frame, "Lock in").click()
    locked = "Locked in: One. Now run the cells below, then compare."
    expect(frame.get_by_role("status")).to_have_text(locked)

    lab_page.run_all(restart=True)
    (frame,) = frames(lab_page, 1)
    expect(frame.get_by_role("status")).to_have_text(locked)
    expect(option(frame, "One")).to_be_checked()
    assert all(radio.is_disabled() for radio in frame.get_by_role("radio").all())
    button(frame, "Compare").click()
    expect(frame.get_by_role("status")).to_contain_text("Locked in: One.")
    expect(frame.get_by_role("status")).to_contain_text("Not right. The dice differ.")

    button(frame, "Ask me again").click()
    expect(frame.get_by_role("status")).to_have_text("")
    expect(option(frame, "One")).not_to_be_checked()
    expect(option(frame, "One")).to_be_enabled()
    lab_page.run_all(restart=True)
    (frame,) = frames(lab_page, 1)
    expect(option(frame, "One")).not_to_be_checked()


def test_a_note_is_there_again_after_a_restart_of_the_kernel(lab_page: LabPage) -> None:
    (frame,) = run(lab_page, "ask(WHY)")
    compare = button(frame, "Compare with a model answer")
    expect(compare).to_be_disabled()
    frame.get_by_role("textbox", name="Your answer").press_sequentially("Because <b> & so on")
    expect(frame.get_by_role("status")).to_have_text("Saved.")
    compare.click()
    expect(frame.get_by_text("Because q cancels.")).to_be_visible()
    frame.get_by_role("checkbox", name="It cancels.").check()

    lab_page.run_all(restart=True)
    (frame,) = frames(lab_page, 1)
    expect(frame.get_by_role("textbox")).to_have_value("Because <b> & so on")


def test_on_a_laptop_every_text_is_large_enough_and_none_is_cut_off(
    lab_page: LabPage, screenshots: Path
) -> None:
    first, second, third = run(lab_page, "ask(WEIGHT)", "predict(ESS)", "ask(WHY)")
    option(first, "The target over").click()
    button(first, "Check").click()
    option(second, "The target over").click()
    third.get_by_role("textbox").fill("Because.")
    button(third, "Compare with a model answer").click()
    expect(third.get_by_role("checkbox")).to_have_count(2)
    lab_page.take_screenshots(screenshots, "quiz")
    assert lab_page.page.evaluate(ILLEGIBLE) == []
    lines = option(first, "The target over").locator("..").bounding_box()
    assert lines is not None and lines["height"] > 2 * 20  # the long option has more than one


def test_a_stored_notebook_shows_the_question_before_it_is_run(lab_page: LabPage) -> None:
    path = notebook(lab_page, "ask(WEIGHT)", "predict(ESS)", "ask(WHY)")
    assert notebooks.run([path]) == 0
    assert notebook_form.WIDGET not in path.read_text(encoding="utf-8")
    lab_page.open_notebook(path.name)
    outputs = lab_page.page.locator(".jp-OutputArea-output")
    expect(outputs).to_have_count(3)
    expect(outputs.get_by_role("listitem").filter(has_text="One")).to_have_count(2)
    answer = outputs.first.get_by_text("Then q cancels.")
    expect(answer).to_be_hidden()
    outputs.first.get_by_text("Show the answer").click()
    expect(answer).to_be_visible()
    assert lab_page.find_faults() == []
