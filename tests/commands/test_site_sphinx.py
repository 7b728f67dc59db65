"""What Sphinx is told, and what our docstrings are to it."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec

import pytest

from ppo_lesson.commands import site_sphinx
from ppo_lesson.commands.site_sphinx import as_restructured_text, settings

DOCSTRING = """Average |x| * y of theta_ and `a_*`.

L = -(1/N) sum_i |r_i| A_i
        else

Args:
    clip_epsilon: x = 1, above 0
    y: (N,) a value.

Source: Schulman et al. (2017), arXiv:1707.06347, eq. 7"""


def test_a_formula_keeps_its_lines_and_signs_are_no_marks():
    found = "\n".join(as_restructured_text(DOCSTRING.split("\n")))
    assert found.startswith(r"Average \|x\| \* y of theta\_ and `a_*`." + "\n\n")
    formula = ".. code-block:: text\n\n   L = -(1/N) sum_i |r_i| A_i\n           else\n\n"
    assert formula in found
    assert "Args:\n    clip_epsilon: x = 1, above 0\n    y: (N,) a value.\n" in found
    assert "`arXiv:1707.06347 <https://arxiv.org/abs/1707.06347>`__, eq. 7" in found


def test_a_table_of_words_keeps_its_lines_and_a_sentence_with_an_equation_does_not():
    table = ["importance   weights", "policies     log-probabilities"]
    assert as_restructured_text(table)[2:4] == [f"   {line}" for line in table]
    sentence = ["It is V = 0 there."]
    assert as_restructured_text(sentence) == [*sentence, ""]


@pytest.mark.parametrize(
    ("address", "edit"),
    [
        ("https://github.com/a/b", "https://github.com/a/b/edit/main/"),
        ("https://gitlab.example.org/a/b", "https://gitlab.example.org/a/b/-/edit/main/"),
    ],
)
def test_pages_can_be_edited_and_faults_reported_where_the_host_is_known(address, edit):
    found = settings(address)
    assert found["html_context"]["edit_page_url_template"].startswith(edit)
    assert found["html_theme_options"]["repository_url"] == address
    assert found["html_theme_options"]["use_issues_button"]
    assert found["html_theme_options"]["use_edit_page_button"]


def test_of_another_host_there_is_one_link_and_without_an_address_none():
    other = settings("https://example.org/b")["html_theme_options"]
    assert other["icon_links"][0]["url"] == "https://example.org/b"
    assert "repository_url" not in other
    alone = settings(None)
    assert not {"icon_links", "repository_url"} & set(alone["html_theme_options"])
    assert set(alone["html_context"]) == {"default_mode"}


def test_what_is_missing_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setattr(site_sphinx, "find_spec", lambda name: name != "myst_nb")
    monkeypatch.setattr(site_sphinx, "PROGRAMS", {"x.js": ("no-such-package", "x.js")})
    with pytest.raises(ValueError) as refused:
        site_sphinx.require_sphinx()
    assert str(refused.value) == (
        "site: myst_nb, no-such-package missing; "
        'pip install "ppo-lesson[site]", or in a checkout pip install -e ".[site]", installs it'
    )


def test_a_program_that_a_package_no_longer_brings_is_named(monkeypatch):
    monkeypatch.setattr(site_sphinx, "PROGRAMS", {"x.js": ("pytest", "no_such_file.js")})
    with pytest.raises(FileNotFoundError, match=r"^pytest has no file no_such_file\.js$"):
        site_sphinx.program("x.js")


# Of MathJax 3.2.2 and Mermaid 11.16.0 as their makers publish them.
PUBLISHED = {
    "mathjax.js": "a4354ff94fd868ae",
    "mermaid.js": "74d7c46dabca328c",
}


@pytest.mark.exhaustive
@pytest.mark.skipif(not find_spec("sphinx"), reason='the website: pip install -e ".[test,site]"')
@pytest.mark.parametrize("name", site_sphinx.PROGRAMS)
def test_the_programs_that_pages_load_are_their_makers_own(name):
    content = site_sphinx.program(name).read_bytes()
    assert hashlib.sha256(content).hexdigest().startswith(PUBLISHED[name])
