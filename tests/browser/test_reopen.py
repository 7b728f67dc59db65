"""The next morning: a notebook is opened again, without the kernel that ran it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from ppo_lesson.commands import notebook_form
from tests.browser import test_quiz
from tests.browser.lab import LabPage
from tests.browser.test_quiz import button, frames, option, run

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_answered")]

SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
IS_SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"

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

BOARD = """from ppo_lesson.notebook.board import dashboard
from ppo_lesson.training.ppo import PPOConfig
watch = dashboard(PPOConfig(), 1)"""


@pytest.fixture
def next_page(window: BrowserContext, lab_page: LabPage) -> Iterator[LabPage]:
    """Open another tab, for after the first one was closed and its kernel was ended."""
    page = LabPage(window.new_page(), lab_page.lab)
    page.page.set_viewport_size({"width": 1366, "height": 650})
    yield page
    page.close()


def save(lab_page: LabPage) -> None:
    lab_page.page.evaluate(SAVE)
    lab_page.page.wait_for_function(IS_SAVED)
    expect(lab_page.page.locator(".jp-Dialog")).to_have_count(0)  # as of a file that has changed


def test_the_next_morning_everything_tells_what_was_answered(
    lab_page: LabPage, next_page: LabPage, screenshots: Path
) -> None:
    calls = ("ask(WEIGHT)", "predict(ESS)", "in_your_own_words(WHY)", BOARD)
    first, second, third = run(lab_page, *calls, number=3)
    option(first, "One").click()
    button(first, "Check").click()
    expect(first.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    option(second, "One").click()
    button(second, "Lock in").click()
    button(second, "Compare").click()
    expect(second.get_by_role("status")).to_contain_text("Not right. The dice differ.")
    third.get_by_role("textbox").press_sequentially("Because <b> of q.")
    expect(third.get_by_role("status")).to_have_text("Saved.")
    kept = lab_page.page.locator(".ppo-kept")
    expect(kept.nth(2)).to_contain_text("Because <b> of q.")
    expect(kept).to_have_count(3)
    expect(kept.filter(visible=True)).to_have_count(0)
    save(lab_page)
    stored = (lab_page.lab.folder / "quiz.ipynb").read_text(encoding="utf-8")
    assert notebook_form.WIDGET not in stored
    third.get_by_role("textbox").press_sequentially(" Really.")
    expect(kept.nth(2)).to_contain_text("Really.")  # the kernel has read it
    save(lab_page)
    lab_page.close()

    next_page.open_notebook("quiz.ipynb")
    kept = next_page.page.locator(".ppo-kept")
    expect(kept.filter(visible=True)).to_have_count(3)
    expect(kept.nth(0)).to_contain_text("One (your answer)")
    expect(kept.nth(0)).to_contain_text("Not yet. The dice differ.")
    expect(kept.nth(1)).to_contain_text("Locked in: One.")
    expect(kept.nth(1)).to_contain_text("Not right. The dice differ.")
    expect(kept.nth(2)).to_contain_text("Your answer: Because <b> of q. Really.")
    expect(next_page.page.locator(".jp-OutputArea-output img")).to_be_visible()
    expect(next_page.page.get_by_text("Error displaying widget")).to_have_count(0)
    assert next_page.find_faults() == []
    next_page.take_screenshots(screenshots, "next-morning")

    next_page.run_all()
    first, second, third = frames(next_page, 3)
    expect(option(first, "One")).to_be_checked()
    expect(first.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    expect(option(second, "One")).to_be_checked()
    expect(second.get_by_role("status")).to_contain_text("Locked in: One.")
    expect(third.get_by_role("textbox")).to_have_value("Because <b> of q. Really.")
    expect(kept.filter(visible=True)).to_have_count(0)
    next_page.take_screenshots(screenshots, "run-again")


def test_when_the_kernel_has_restarted_what_was_answered_takes_the_place_of_dead_buttons(
    lab_page: LabPage,
) -> None:
    (frame,) = run(lab_page, "ask(WEIGHT)")
    option(frame, "One").click()
    button(frame, "Check").click()
    expect(frame.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    lab_page.page.evaluate(RESTART)
    expect(frame).to_be_hidden()
    kept = lab_page.page.locator(".ppo-kept")
    expect(kept).to_be_visible()
    expect(kept).to_contain_text("Not yet. The dice differ.")


def test_where_no_hook_drops_the_dead_widget_what_was_answered_is_seen_in_its_place(
    lab_page: LabPage, next_page: LabPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = test_quiz.VALUES.replace("\nfrom ppo_lesson", "\nif True: from ppo_lesson")
    monkeypatch.setattr(test_quiz, "VALUES", hidden)  # the hook takes it for somebody else's
    (frame,) = run(lab_page, "ask(WEIGHT)")
    option(frame, "One").click()
    button(frame, "Check").click()
    expect(lab_page.page.locator(".ppo-kept")).to_contain_text("Not yet. The dice differ.")
    save(lab_page)
    assert notebook_form.WIDGET in (lab_page.lab.folder / "quiz.ipynb").read_text(encoding="utf-8")
    lab_page.close()

    next_page.open_notebook("quiz.ipynb")
    expect(next_page.page.locator(".ppo-kept")).to_be_visible()
    outputs = next_page.page.locator(".jp-OutputArea-child")
    expect(outputs).to_have_count(2)
    expect(outputs.first).to_be_hidden()


@pytest.mark.parametrize("name", ["02_importance_sampling", "10_ppo_for_language_models"])
def test_opening_a_notebook_changes_no_byte_of_it_whatever_the_python(
    lab_page: LabPage, name: str
) -> None:
    path = lab_page.lab.folder / f"{name}.ipynb"
    before = path.read_bytes()
    lab_page.open_notebook(path.name)
    lab_page.page.wait_for_function(LANGUAGE_IS_THE_KERNELS)
    save(lab_page)
    assert path.read_bytes() == before
    assert lab_page.page.evaluate(ANOTHER_PYTHON)  # dirty: autosave would come
    save(lab_page)
    assert path.read_bytes() == before
