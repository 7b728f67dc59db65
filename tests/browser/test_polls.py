"""A poll in a browser: by keys alone hands are counted, the answer shown, the explorer opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ppo_lesson.commands import demos
from ppo_lesson.explorers import EXPLORERS
from ppo_lesson.lessons import LESSONS
from ppo_lesson.lessons.routes import POLLS
from tests.browser.accessibility import axe_findings
from tests.browser.explorer_pages import OfflinePage

pytestmark = pytest.mark.browser
QUESTIONS = {
    question.id: question
    for lesson in LESSONS.values()
    for question in (*lesson.questions, *lesson.predictions)
}
SIZES = ((1280, 720), (1920, 1080), (960, 540))

# What is cut off, or stands below the fold, and how large the smallest letters are.
MEASURED = """() => ({
    scrolls: document.scrollingElement.scrollHeight > innerHeight
        || document.scrollingElement.scrollWidth > innerWidth,
    buttons: Math.min(...[...document.querySelectorAll(".poll button, a.next")].map(
        e => e.getBoundingClientRect().height)),
    letters: Math.min(...[...document.querySelectorAll(".prompt, .options span, .status")].map(
        e => parseFloat(getComputedStyle(e).fontSize))),
})"""

# How each option looks, but for its words.
LOOKS = """options => options.map(e => {
    const {left, width} = e.getBoundingClientRect(), style = getComputedStyle(e);
    return [left, width, style.borderColor, style.backgroundColor, style.fontWeight].join(" ");
})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("polls")
    with pytest.MonkeyPatch.context() as only:  # its question, and the explorer after it
        only.setattr(demos, "EXPLORERS", {"clip_lab": EXPLORERS["clip_lab"]})
        demos.write(folder)
    return folder


def test_hands_are_counted_the_answer_is_revealed_and_the_explorer_opens_by_keys(
    folder, browser: Browser
):
    question = QUESTIONS[POLLS["clip_lab"]]
    right = next(k for k, option in enumerate(question.options) if option.correct)
    offline = OfflinePage(browser)
    page = offline.page
    page.goto((folder / "poll_clip_lab.html").as_uri())
    options, said = page.locator(".options button"), page.get_by_role("status")
    looks = options.evaluate_all(LOOKS)
    assert len(looks) == len(question.options) and len(set(looks)) == 1  # which is right?
    for key in ("a", "a", "b", "c", "Backspace"):
        page.keyboard.press(key)
    options.nth(1).click()
    assert page.locator(".options i").all_inner_texts()[:3] == ["2", "2", ""]
    expect(said).to_have_text("")
    expect(page.get_by_text("(right)")).to_have_count(0)
    page.keyboard.press("r")
    expect(said).to_have_text(question.options[right].feedback)
    expect(options.nth(right)).to_have_css("font-weight", "700")
    other = (right + 1) % len(question.options)
    page.keyboard.press("abcd"[other])
    expect(said).to_have_text(question.options[other].feedback)
    assert page.locator(".options i").all_inner_texts()[:3] == ["2", "2", ""]  # counting is over
    assert axe_findings(page) == []
    page.keyboard.press("n")
    expect(said).to_have_text("")
    page.keyboard.press("e")
    expect(page.locator("#drawing svg")).to_be_visible()
    page.get_by_role("link", name="Question").click()
    expect(page.get_by_role("button", name="Reveal")).to_be_visible()
    offline.expect_silence()
    offline.context.close()


@pytest.mark.exhaustive
def test_a_poll_fills_no_more_than_the_window_before_and_after_it_is_revealed(
    tmp_path, browser: Browser, photograph
):
    demos.write(tmp_path)
    offline = OfflinePage(browser)
    for name in POLLS:
        offline.page.goto((tmp_path / f"poll_{name}.html").as_uri())
        for width, height in SIZES:
            offline.page.set_viewport_size({"width": width, "height": height})
            for key in ("n", "r"):
                offline.page.keyboard.press(key)
                found = offline.page.evaluate(MEASURED)
                assert not found["scrolls"], (name, width, key)
                assert found["buttons"] >= width / 32, (name, width, found)
                assert found["letters"] >= max(15, width / 64), (name, width, found)
            photograph(offline.page, f"poll-{name}-{width}")
    offline.expect_silence()
    offline.context.close()
