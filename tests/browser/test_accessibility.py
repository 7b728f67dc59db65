"""Explorers for those who hear them, do without a mouse, see little, or want things to keep still.

Everything is looked at twice: in JupyterLab, and on a page for the projector.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from ppo_lesson.commands import demos, notebooks
from ppo_lesson.explorers import EXPLORERS
from tests.browser.explorer_pages import drawing_in_lab, explorer, offline, slider, store
from tests.browser.lab import SHOWN_WITHIN, Lab, LabPage

pytestmark = pytest.mark.browser

# How large the letters are on the screen, in pixels: as written, times how much the page scales.
SMALLEST_LETTERS = """drawing => Math.min(...[...drawing.querySelectorAll("svg text")]
    .filter(text => text.textContent.trim())
    .map(text => parseFloat(getComputedStyle(text).fontSize) * Math.hypot(
        text.getScreenCTM().a, text.getScreenCTM().b)))"""

# The contrast of all letters against white, by WCAG 2.1; the least of them.
LEAST_CONTRAST = """drawing => {
    const part = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = text => {
        const [r, g, b] = getComputedStyle(text).fill.match(/[0-9.]+/g).map(c => part(c / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const texts = [...drawing.querySelectorAll("svg text")];
    return Math.min(...texts.map(text => 1.05 / (light(text) + 0.05)));
}"""

# Whether a frame or a shadow is drawn around the element that has the focus.
FOCUS_IS_SEEN = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
        || style.boxShadow !== "none";
}"""

# What moves by itself, or would: animations, transitions, SMIL.
MOVING = """root => [root, ...root.querySelectorAll("*")].filter(element =>
    element.getAnimations().length || /^(animate|set)/i.test(element.tagName)
    || getComputedStyle(element).transitionDuration.split(", ").some(time => time !== "0s")
    || getComputedStyle(element).animationName !== "none").map(element => element.outerHTML)"""

# All rules of WCAG 2.0, 2.1 and 2.2 at the levels A and AA.
LEVELS = [f"wcag{version}{level}" for version in ("2", "21", "22") for level in ("a", "aa")]

# What a cell of ours shows in JupyterLab; the rest of the page is not ours.
OUTPUTS = ".jp-Notebook .jp-OutputArea-output"

# Faults of JupyterLab in what our cells show: the rule, and the end of the place where it is found.
JUPYTERLAB_S_OWN = {
    # It draws a figure without an alternative text, and an output has no way to give it one. The
    # sentence beneath each figure of a lesson says what is seen.
    "image-alt": ".jp-RenderedImage > img",
}

NAME_IN_FOCUS = "() => document.activeElement.getAttribute('aria-label')"


def axe_findings(page: Page, *, within: str | None = None) -> list[str]:
    """List what axe-core finds against WCAG 2.2, levels A and AA: the rule, and where."""
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": LEVELS}}
    found = Axe().run(page, context=within, options=options).response
    assert found["passes"]  # it has looked at something
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if not str(node["target"][-1]).endswith(JUPYTERLAB_S_OWN.get(rule["id"], "(nowhere)"))
    ]


def check_names_and_values(drawing: Locator, name: str) -> None:
    """Read the drawing as a screen reader does."""
    found = explorer(name)
    for control in found.controls:
        handle = slider(drawing, found, control.name)
        expect(handle).to_have_count(1)
        spoken = handle.get_attribute("aria-label")
        handle.press("End")
        value = f"{control.positions[-1]:g}"
        # YAML has quotes of its own around a name with a colon in it.
        heard = handle.aria_snapshot().replace("'", "")
        assert heard == f'- slider "{spoken}": "{value}"'.replace("'", "")


def check_tab_goes_through_the_sliders(page: Page, name: str) -> None:
    """Press Tab from outside of the drawing: the sliders come in order, each one marked."""
    controls = explorer(name).controls
    for _ in range(100):  # once round the whole page at most
        page.keyboard.press("Tab")
        if str(page.evaluate(NAME_IN_FOCUS)).startswith(controls[0].label):
            break
    for control in controls:
        assert page.evaluate(NAME_IN_FOCUS).startswith(control.label)
        assert page.evaluate(FOCUS_IS_SEEN)
        page.keyboard.press("Tab")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demos")
    demos.write(folder)
    return folder


@pytest.fixture(scope="module")
def stored(lab: Lab) -> str:
    return store(lab.folder)


@pytest.fixture
def still_page(browser: Browser) -> Iterator[Page]:
    """Open a page for a reader who has asked for less motion."""
    with offline(browser) as page:
        yield page


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_demo_page_can_be_heard_read_and_used_without_a_mouse(name, pages, still_page):
    still_page.goto((pages / f"{name}.html").as_uri())
    drawing = still_page.locator("#drawing")
    expect(drawing.locator("svg")).to_be_visible()
    assert drawing.evaluate(SMALLEST_LETTERS) >= 20
    assert drawing.evaluate(LEAST_CONTRAST) >= 4.5
    assert axe_findings(still_page) == []
    check_tab_goes_through_the_sliders(still_page, name)
    check_names_and_values(drawing, name)
    assert axe_findings(still_page) == []  # with every slider at its end, and the other button
    assert still_page.locator("html").evaluate(MOVING) == []


def test_the_index_shows_where_the_focus_is_and_keeps_still(pages, still_page):
    still_page.goto((pages / "index.html").as_uri())
    assert axe_findings(still_page) == []
    for _ in EXPLORERS:
        still_page.keyboard.press("Tab")
        assert still_page.evaluate("() => document.activeElement.tagName") == "A"
        assert still_page.evaluate(FOCUS_IS_SEEN)
    assert still_page.locator("html").evaluate(MOVING) == []


def test_in_jupyterlab_they_can_be_heard_read_and_used_without_a_mouse(
    lab_page: LabPage, stored: str
):
    lab_page.page.emulate_media(reduced_motion="reduce")
    lab_page.open_notebook(stored)
    for number, name in enumerate(EXPLORERS):
        drawing = drawing_in_lab(lab_page.page, name)
        assert drawing.evaluate(SMALLEST_LETTERS) >= 15
        check_names_and_values(drawing, name)
        assert drawing.evaluate(MOVING) == []
        # From the cell above its output; in command mode, for in a text Tab writes spaces.
        lab_page.page.locator(".jp-Notebook .jp-InputPrompt").nth(number).click()
        check_tab_goes_through_the_sliders(lab_page.page, name)

    assert axe_findings(lab_page.page, within=OUTPUTS) == []


# One of everything that a cell of the lessons can show.
SHOWN = """from ppo_lesson.lessons.importance_sampling import questions as quiz
from matplotlib import pyplot
from ppo_lesson.lessons.importance_sampling import LESSON
from ppo_lesson.lessons.importance_sampling.exercises import IMPORTANCE_WEIGHTS
from ppo_lesson.exercises.checker import check, hint, show_solution
from ppo_lesson.explorers import proposal_explorer
from ppo_lesson.notebook.page import setup, show, show_table
from ppo_lesson.exercises.progress_panel import show_progress
from ppo_lesson.exercises.forms import ask, predict

setup()
---
ask(quiz.BEST_PROPOSAL)
---
predict(quiz.PREDICT_BEST_DIE)
---
ask(quiz.IMPORTANCE_WEIGHT_IN_WORDS)
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


def test_axe_finds_nothing_in_the_forms_and_verdicts_of_a_notebook(lab_page: LabPage, lab: Lab):
    cells = [nbformat.v4.new_code_cell(source) for source in SHOWN.split("---\n")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path = lab.folder / "forms.ipynb"
    nbformat.write(notebook, path)
    assert notebooks.run([path]) == 0
    lab_page.open_notebook(path.name)
    expect(lab_page.page.locator(OUTPUTS).get_by_text("Show the answer").first).to_be_visible()
    assert axe_findings(lab_page.page, within=OUTPUTS) == []  # as it is stored
    lab_page.run_all()
    assert lab_page.error_outputs() == []
    expect(lab_page.page.get_by_role("radio").first).to_be_visible()
    assert axe_findings(lab_page.page, within=OUTPUTS) == []


@pytest.fixture
def dark(lab_page: LabPage) -> Iterator[None]:
    """Give JupyterLab its dark theme; other tests share the lab, and its settings."""
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
    lab_page.page.goto(f"{lab_page.lab.url}/lab?reset&token={lab_page.lab.token}")
    expect_light(lab_page.page, "true")
    lab_page.page.evaluate(change, "JupyterLab Dark")
    expect_light(lab_page.page, "false")
    yield
    lab_page.page.evaluate(change, "JupyterLab Light")
    expect_light(lab_page.page, "true")


def expect_light(page: Page, light: str) -> None:
    expect(page.locator("body")).to_have_attribute(
        "data-jp-theme-light", light, timeout=SHOWN_WITHIN
    )


def test_in_the_dark_theme_they_stay_dark_on_white(dark, lab_page, stored, screenshots):
    lab_page.open_notebook(stored)
    expect_light(lab_page.page, "false")
    for name in EXPLORERS:
        drawing = drawing_in_lab(lab_page.page, name)
        assert drawing.evaluate(LEAST_CONTRAST) >= 4.5
        behind = "svg => getComputedStyle(svg).backgroundColor"
        assert drawing.locator("svg").evaluate(behind) == "rgb(255, 255, 255)"
        drawing.screenshot(path=screenshots / f"dark-{name}.png")
