"""The pages that are written for the website, from README, notation, glossary and links."""

from __future__ import annotations

import re

import nbformat
import pytest

from ppo_lesson import files
from ppo_lesson.commands import notebook_form, notebooks, site_pages
from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS
from ppo_lesson.lessons.bibliography import WORKS, arxiv
from ppo_lesson.lessons.glossary import GLOSSARY
from ppo_lesson.lessons.notation import NOTATION

STORED = {path.stem: notebook_form.read(path) for path in notebooks.find([])[0]}


def test_a_link_of_readme_leads_to_a_page_or_to_the_repository_or_nowhere(tmp_path):
    (tmp_path / "here.md").touch()
    text = "[a](here.md), [b](LICENSE), ![c](figures/c.png), [d](https://example.org/x)"
    with_one = site_pages.linked(text, tmp_path, "https://example.org/p")
    assert with_one == text.replace("LICENSE", "https://example.org/p/blob/main/LICENSE")
    assert site_pages.linked(text, tmp_path, None) == text.replace("[b](LICENSE)", "b")


def test_readme_is_the_front_page_in_a_checkout_and_in_a_package(monkeypatch):
    text = site_pages.readme()
    assert text.startswith("# ppo_lesson\n") and "## The notebooks" in text

    def no_checkout():
        raise FileNotFoundError

    monkeypatch.setattr(site_pages, "checkout", no_checkout)
    assert site_pages.readme().startswith("# ppo_lesson\n")


def test_the_contents_name_every_notebook_by_its_short_title_and_every_page_once():
    found = site_pages.contents(STORED)
    for name in STORED:
        assert len(re.findall(rf"^\d\d [^:\n]+ <notebooks/{name}>$", found, re.MULTILINE)) == 1
    assert "02 Importance sampling <notebooks/02_importance_sampling>\n" in found
    for page in ("notation", "glossary", "bibliography", "explorers", "api/maths"):
        assert len(re.findall(rf"(^|<){page}>?$", found, re.MULTILINE)) == 1


def test_every_symbol_has_a_row_that_leads_to_where_it_is_defined():
    found = site_pages.notation()
    rows = [line for line in found.splitlines() if line.startswith("| $")]
    assert len(rows) == sum(map(len, NOTATION.values()))
    assert "| $V$ | value: what the policy earns on average from a state on | `value` |" in found
    assert "{py:func}`effective_sample_size <ppo_lesson.maths.effective_sample_size>`" in found
    for row in rows:
        assert re.search(r"\| \[\d\d\]\(#notebook-\d\d\) \|", row), row
        assert len(re.findall(r"(?<!\\)\|", row)) == 6, row  # a bar in a formula ends no cell


def test_every_term_leads_to_its_section():
    found = site_pages.glossary()
    for term in GLOSSARY:
        assert f"\n{term.name}\n  {term.meaning} [{term.notebook}" in found
    assert "[07, section 5](#notebook-07-5)" in found
    assert "[06, further: the natural step](#notebook-06-further-the-natural-step)" in found


def test_every_paper_says_where_it_is_cited_and_every_other_link_is_listed_once():
    found = site_pages.bibliography(STORED)
    entry = next(line for line in found.splitlines() if arxiv("1707.06347") in line)
    assert entry.startswith("- Schulman et al. (2017), *Proximal Policy Optimization Algorithms*, ")
    assert "[06](#notebook-06)" in entry and "`ppo_lesson.maths.objectives`" in entry
    papers, _, others = found.partition("## Programs")
    assert len(re.findall("^- ", papers, re.MULTILINE)) <= len(WORKS)
    addresses = re.findall(r"^- \[[^\]]+\]\((\S+)\): \[\d\d\]", others, re.MULTILINE)
    assert addresses and len(addresses) == len(set(addresses)) and not set(addresses) & set(WORKS)


def test_a_work_that_nothing_cites_is_not_listed():
    text = f"([arXiv:2402.03300]({arxiv('2402.03300')}))"
    alone = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    found = site_pages.bibliography({"12_alone": alone})
    assert arxiv("2402.03300") in found and arxiv("2405.14734") not in found


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("https://arxiv.org/abs/1707.06347", "arXiv:1707.06347"),
        ("https://doi.org/10.1007/BF00992696", "doi.org/10.1007/BF00992696"),
        ("https://github.com/a/b/blob/v1.9.0/c/d.py#L385", "a/b: c/d.py, line 385"),
        ("https://github.com/a/b/issues/13", "a/b/issues/13"),
        ("https://example.org/posts/x.html", "example.org/posts/x.html"),
    ],
)
def test_an_address_is_shown_by_what_tells_it_from_others(address, short):
    assert site_pages._short(address) == short


@pytest.mark.slow
def test_every_explorer_leads_to_its_notebook_and_its_page():
    found = site_pages.explorers()
    for name in EXPLORERS:
        assert f'<a href="demos/{name}.html">' in found
        assert all(f"[{number}](#notebook-{number})" in found for number in NOTEBOOKS[name])


def test_the_page_for_teachers_is_the_checkouts_or_that_of_a_wheel(tmp_path, monkeypatch):
    assert site_pages.teaching().startswith("# For teachers\n")
    assert "For teachers <TEACHING>" in site_pages.contents({})
    (tmp_path / "TEACHING.md").write_text("of a wheel", encoding="utf-8")
    monkeypatch.setattr(files, "PACKAGE", tmp_path)
    assert site_pages.teaching() == "of a wheel"
