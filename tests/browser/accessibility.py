"""What those need who hear a page, do without a mouse, see little, or want things to keep still."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_pages import explorer, slider

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
    # Without preload: no style sheet is asked for a second time.
    rules = {"type": "tag", "values": LEVELS}
    options = {"resultTypes": ["violations"], "runOnly": rules, "preload": False}
    found = Axe().run(page, context=within, options=options).response
    assert found["passes"]  # it has looked at something
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if not str(node["target"][-1]).endswith(JUPYTERLAB_S_OWN.get(rule["id"], "(nowhere)"))
    ]


def expect_names_and_values(drawing: Locator, name: str) -> None:
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


def expect_tab_goes_through_the_sliders(page: Page, name: str) -> None:
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
