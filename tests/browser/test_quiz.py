"""Questions as a learner meets them: in a real JupyterLab, with the mouse and with the keyboard.

One notebook, run once, for all tests; each answers a question of its own.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import OUTPUTS, axe_findings
from tests.browser.lab_page import LabPage
from tests.browser.quiz_page import button, frames, option, run

pytestmark = pytest.mark.browser

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

RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
CALLS = ("ask(WEIGHT)", "ask(KEYS)", "predict(ESS)", "ask(WHY)", "predict(AGAIN)")


@pytest.fixture(scope="module")
def opened(lab_page: LabPage) -> LabPage:
    run(lab_page, *CALLS, number=len(CALLS))
    return lab_page


def test_a_question_says_why_not_yet_and_then_right(opened: LabPage) -> None:
    frame = frames(opened, len(CALLS))[0]
    assert not any(radio.is_checked() for radio in frame.get_by_role("radio").all())
    expect(button(frame, "Check")).to_be_disabled()
    option(frame, "One").click()
    button(frame, "Check").click()
    expect(frame.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    option(frame, "The target over").click()
    expect(frame.get_by_role("status")).to_have_text("")
    button(frame, "Check").click()
    expect(frame.get_by_role("status")).to_have_text("Right. Then q cancels.")


def test_tab_and_space_are_enough_for_a_question(opened: LabPage) -> None:
    frame = frames(opened, len(CALLS))[1]
    press = opened.page.keyboard.press
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


def test_on_a_laptop_every_text_is_large_enough_none_is_cut_off_and_axe_finds_nothing(
    opened: LabPage, photograph
) -> None:
    weight, _, ess, why, _ = frames(opened, len(CALLS))
    assert axe_findings(opened.page, within=OUTPUTS) == []
    option(weight, "The target over").click()
    button(weight, "Check").click()
    option(ess, "The target over").click()
    why.get_by_role("textbox").fill("Because.")
    button(why, "Compare with a model answer").click()
    expect(why.get_by_role("checkbox")).to_have_count(2)
    for number in opened.scroll():
        photograph(opened.page, f"quiz-{number:02}")
    assert opened.page.evaluate(ILLEGIBLE) == []
    lines = option(weight, "The target over").locator("..").bounding_box()
    assert lines is not None and lines["height"] > 2 * 20  # the long option has more than one


def test_after_a_restart_what_was_answered_is_told_and_run_again_stands_there_unless_asked_again(
    opened: LabPage,
) -> None:
    weight, _, ess, why, again = frames(opened, len(CALLS))
    option(weight, "One").click()
    button(weight, "Check").click()
    expect(weight.get_by_role("status")).to_have_text("Not yet. The dice differ.")
    option(ess, "One").click()
    button(ess, "Lock in").click()
    locked = "Locked in: One. Now run the cells below, then compare."
    expect(ess.get_by_role("status")).to_have_text(locked)
    why.get_by_role("textbox", name="Your answer").fill("")
    expect(button(why, "Compare with a model answer")).to_be_disabled()
    why.get_by_role("textbox", name="Your answer").press_sequentially("Because <b> & so on")
    expect(why.get_by_role("status").first).to_have_text("Saved.")
    button(why, "Compare with a model answer").click()
    expect(why.get_by_text("Because q cancels.")).to_be_visible()
    why.get_by_role("checkbox", name="It cancels.").check()
    option(again, "One").click()
    button(again, "Lock in").click()
    button(again, "Compare").click()
    button(again, "Ask me again").click()
    expect(again.get_by_role("status")).to_have_text("")
    expect(option(again, "One")).not_to_be_checked()
    expect(option(again, "One")).to_be_enabled()

    opened.page.evaluate(RESTART)  # what was answered takes the place of dead buttons
    expect(opened.page.locator(".ppo-quiz").filter(visible=True)).to_have_count(0)
    kept = opened.page.locator(".ppo-kept").filter(visible=True)
    for words in ("Not yet. The dice differ.", "Locked in: One.", "Because <b> & so on"):
        expect(kept.filter(has_text=words)).to_have_count(1)

    opened.wait_for_kernel()
    opened.run_all()
    _, _, ess, why, again = frames(opened, len(CALLS))
    expect(why.get_by_role("textbox")).to_have_value("Because <b> & so on")
    expect(ess.get_by_role("status")).to_have_text(locked)
    expect(option(ess, "One")).to_be_checked()
    assert all(radio.is_disabled() for radio in ess.get_by_role("radio").all())
    button(ess, "Compare").click()
    expect(ess.get_by_role("status")).to_contain_text("Locked in: One.")
    expect(ess.get_by_role("status")).to_contain_text("Not right. The dice differ.")
    expect(option(again, "One")).not_to_be_checked()
    expect(option(again, "One")).to_be_enabled()
