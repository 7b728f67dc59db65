"""The next morning: a notebook is opened again, without the kernel that ran it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ppo_lesson.commands import notebook_form
from tests.browser.lab_page import LabPage
from tests.browser.quiz_page import VALUES, button, frames, option, run

pytestmark = pytest.mark.browser

BOARD = """from ppo_lesson.notebook.board import dashboard
from ppo_lesson.training.ppo import PPOConfig
watch = dashboard(PPOConfig(), 1)"""


@pytest.mark.exhaustive
def test_the_next_morning_everything_tells_what_was_answered(lab_page: LabPage, photograph) -> None:
    calls = ("ask(WEIGHT)", "predict(ESS)", "ask(WHY)", BOARD)
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
    lab_page.save()
    stored = (lab_page.lab.folder / "quiz.ipynb").read_text(encoding="utf-8")
    assert notebook_form.WIDGET not in stored
    third.get_by_role("textbox").press_sequentially(" Really.")
    expect(kept.nth(2)).to_contain_text("Really.")  # the kernel has read it
    lab_page.save()
    lab_page.leave()

    lab_page.page.set_viewport_size({"width": 1366, "height": 650})
    lab_page.open_notebook("quiz.ipynb")
    kept = lab_page.page.locator(".ppo-kept")
    expect(kept.filter(visible=True)).to_have_count(3)
    expect(kept.nth(0)).to_contain_text("One (your answer)")
    expect(kept.nth(0)).to_contain_text("Not yet. The dice differ.")
    expect(kept.nth(1)).to_contain_text("Locked in: One.")
    expect(kept.nth(1)).to_contain_text("Not right. The dice differ.")
    expect(kept.nth(2)).to_contain_text("Your answer: Because <b> of q. Really.")
    expect(lab_page.page.locator(".jp-OutputArea-output img")).to_be_visible()
    expect(lab_page.page.get_by_text("Error displaying widget")).to_have_count(0)
    assert lab_page.find_faults() == []
    for number in lab_page.scroll():
        photograph(lab_page.page, f"next-morning-{number:02}")

    lab_page.run_all()
    first, second, third = frames(lab_page, 3)
    expect(option(first, "One")).to_be_checked()
    expect(first.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    expect(option(second, "One")).to_be_checked()
    expect(second.get_by_role("status")).to_contain_text("Locked in: One.")
    expect(third.get_by_role("textbox")).to_have_value("Because <b> of q. Really.")
    expect(kept.filter(visible=True)).to_have_count(0)
    for number in lab_page.scroll():
        photograph(lab_page.page, f"run-again-{number:02}")


@pytest.mark.exhaustive
def test_where_no_hook_drops_the_dead_widget_what_was_answered_is_seen_in_its_place(
    lab_page: LabPage,
) -> None:
    hidden = VALUES.replace("\nfrom ppo_lesson", "\nif True: from ppo_lesson")
    # The hook takes it for somebody else's.
    (frame,) = run(lab_page, "ask(WEIGHT)", number=1, values=hidden)
    option(frame, "One").click()
    button(frame, "Check").click()
    expect(lab_page.page.locator(".ppo-kept")).to_contain_text("Not yet. The dice differ.")
    lab_page.save()
    assert notebook_form.WIDGET in (lab_page.lab.folder / "quiz.ipynb").read_text(encoding="utf-8")

    lab_page.open_notebook("quiz.ipynb")  # closed before, and its kernel ended
    expect(lab_page.page.locator(".ppo-kept")).to_be_visible()
    outputs = lab_page.page.locator(".jp-OutputArea-child")
    expect(outputs).to_have_count(2)
    expect(outputs.first).to_be_hidden()
