from __future__ import annotations

import html
import re
import sys
from types import ModuleType

import pytest

from ppo_lesson.explorers import hosts
from ppo_lesson.explorers.explorer import MIME
from tests.explorers.test_explorer import build


@pytest.fixture(params=["Colab", "Kaggle"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process look like a kernel of one of the two."""
    if request.param == "Colab":
        monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    else:
        monkeypatch.setenv(hosts.KAGGLE, "Interactive")


def test_in_jupyter_an_explorer_has_no_html_which_would_hide_its_drawing() -> None:
    assert not hosts.need_html()
    assert set(build()._repr_mimebundle_()) == {MIME, "image/png", "text/plain"}


@pytest.mark.usefixtures("elsewhere")
def test_colab_and_kaggle_get_html_beside_what_everybody_gets() -> None:
    bundle = build()._repr_mimebundle_()
    assert set(bundle) == {MIME, "image/png", "text/plain", "text/html"}
    assert bundle["text/html"].startswith('<iframe title="Line" width="')


@pytest.mark.usefixtures("elsewhere")
def test_where_nothing_can_be_drawn_the_text_is_still_shown(monkeypatch) -> None:
    monkeypatch.setattr("ppo_lesson.notebook.renderer.can_draw", lambda: False)
    assert set(build()._repr_mimebundle_()) == {MIME, "text/plain"}


def test_the_frame_holds_a_whole_page_that_asks_nobody_for_anything() -> None:
    found = re.fullmatch(
        r'<iframe title="a &lt; b" width="320" height="220" [^>]* srcdoc="([^"]*)"></iframe>',
        hosts.frame(build().specification(), "a < b", (300, 200)),
    )
    assert found
    page = html.unescape(found[1])
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>")
    assert not re.search(r"<script[^>]* src=|<link|import\(|@import", page)
