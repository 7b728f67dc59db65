"""How Sphinx, MyST-NB and the theme build the website: settings, and what is changed on its pages.

Sphinx is not among what the lessons need: `pip install "ppo-lesson[site]"` brings it.
"""

from __future__ import annotations

import io
import re
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ppo_lesson import __version__
from ppo_lesson.files import PACKAGE
from ppo_lesson.lessons.bibliography import NUMBER, arxiv

STATIC = PACKAGE / "commands" / "site_static"
# Programs that pages load, byte for byte as their makers publish them, and who brings them.
PROGRAMS = {
    "mathjax.js": ("sphinx-mathjax-offline", "tex-svg-full.js"),
    "mermaid.js": ("mermaidx", "mermaid.js"),
}
NEEDED = ("sphinx", "myst_nb", "sphinx_book_theme")
POINTS = re.compile(r"[.,;:)?'\u2019]+")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FOLD = '<details class="ppo-further"><summary>You may skip this. Unfold it</summary>'


def require_sphinx() -> None:
    """Find out whether all is there that builds the site.

    Raises:
        ValueError: something is missing; the message says how to install it.
    """
    missing = [name for name in NEEDED if not find_spec(name)]
    missing += [package for package, _ in PROGRAMS.values() if not _is_installed(package)]
    if missing:
        raise ValueError(
            f"site: {', '.join(missing)} missing; "
            'pip install "ppo-lesson[site]", or in a checkout pip install -e ".[site]", installs it'
        )


def program(name: str) -> Path:
    """Find one of PROGRAMS among what is installed.

    Raises:
        FileNotFoundError: the package that brings it has no such file.
    """
    package, file = PROGRAMS[name]
    for path in distribution(package).files or []:
        if path.name == file:
            return Path(str(path.locate()))
    raise FileNotFoundError(f"{package} has no file {file}")


def build(sources: Path, pages: Path, repository: str | None) -> None:
    """Build the pages of a folder of sources.

    Args:
        sources: what `site_pages` wrote.
        pages: where the pages are written.
        repository: address of the project, for links to edit a page and to report a fault.

    Raises:
        ValueError: Sphinx complained; the message is what it said.
    """
    from sphinx.application import Sphinx  # pyright: ignore[reportMissingImports] - extra `site`
    from sphinx.errors import SphinxError  # pyright: ignore[reportMissingImports]

    complaints = io.StringIO()
    try:
        Sphinx(
            sources,
            None,
            pages,
            sources.parent / "doctrees",
            "html",
            confoverrides=settings(repository),
            status=None,
            warning=complaints,
        ).build()
    except SphinxError as error:
        raise ValueError(f"site: {error}") from error
    if said := COLOURS.sub("", complaints.getvalue()):
        raise ValueError(f"site: {said}")


def settings(repository: str | None) -> dict[str, Any]:
    """Return Sphinx's settings; argument as in `build`."""
    return {
        "project": "ppo_lesson",
        "version": __version__,
        "language": "en",
        "extensions": [
            "myst_nb",
            "sphinx.ext.autodoc",
            "sphinx.ext.napoleon",
            "sphinx.ext.mathjax",
            "sphinx.ext.githubpages",
            __name__,
        ],
        "source_suffix": {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"},
        "html_theme": "sphinx_book_theme",
        "html_title": "ppo_lesson",
        "html_theme_options": theme_options(repository),
        "html_context": {"default_mode": "auto"} | edit_links(repository),
        "html_static_path": [str(STATIC)],
        "html_js_files": ["ppo_lesson.js"],
        "html_css_files": ["ppo_lesson.css"],
        "html_copy_source": False,
        "mathjax_path": "mathjax.js",
        # Its menu would load further programs.
        "mathjax3_config": {"options": {"enableMenu": False}},
        "nb_execution_mode": "off",
        "nb_code_prompt_show": "Show this cell's code",
        "nb_code_prompt_hide": "Hide this cell's code",
        "myst_enable_extensions": ["dollarmath", "colon_fence", "deflist"],
        "myst_heading_anchors": 3,  # links of TEACHING.md to its own sections
        "napoleon_use_ivar": True,  # fields are documented where they stand, too
        "autodoc_preserve_defaults": True,  # as it is written: a path is one of this machine
        "autodoc_typehints_format": "short",
        "python_use_unqualified_type_names": True,
        "add_module_names": False,
        "default_role": "code",
        "toc_object_entries_show_parents": "hide",
    }


def theme_options(repository: str | None) -> dict[str, Any]:
    """Return the settings of the theme; argument as in `build`."""
    options: dict[str, Any] = {
        "home_page_in_toc": True,
        "show_navbar_depth": 1,
        "navbar_persistent": [],  # the search stands at the side
        "use_download_button": False,
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    }
    if repository and edit_links(repository):
        options |= {
            "repository_url": repository,
            "repository_branch": "main",
            "use_repository_button": True,
            "use_edit_page_button": True,
            "use_issues_button": True,
        }
    elif repository:
        link = {"name": "Repository", "url": repository, "icon": "fa-solid fa-code-branch"}
        options["icon_links"] = [link]
    return options


def edit_links(repository: str | None) -> dict[str, str]:
    """Say how a link to edit a page is made, where the project's host is one that is known."""
    host = re.match(r"https://[^/]*(github|gitlab)[^/]*/[^/]+/[^/]+", repository or "")
    if not host:
        return {}
    between = "" if host[1] == "github" else "/-"
    file = "{{ 'README.md' if file_name == 'index.md' else file_name }}"
    return {
        "edit_page_provider_name": {"github": "GitHub", "gitlab": "GitLab"}[host[1]],
        "edit_page_url_template": f"{repository}{between}/edit/main/{file}",
    }


def setup(app: Any) -> dict[str, bool]:
    """Be an extension of Sphinx."""
    app.connect("doctree-read", lambda app, document: fold_further(document))
    app.connect("doctree-read", lambda app, document: keep_points_with_formulas(document))
    app.connect("html-page-context", _edit_sources_only)
    # Before napoleon, which reads what we leave.
    app.connect("autodoc-process-docstring", _read_docstring, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fold_further(document: Any) -> None:
    """Fold each section that a first reader may skip, below its heading."""
    from docutils import nodes  # pyright: ignore[reportMissingModuleSource] - Sphinx brings it

    for section in list(document.findall(nodes.section)):
        if section[0].astext().startswith("Further: "):
            section.insert(1, nodes.raw("", FOLD, format="html"))
            section.append(nodes.raw("", "</details>", format="html"))


def keep_points_with_formulas(document: Any) -> None:
    """Let no line begin with the point or comma that follows a formula."""
    from docutils import nodes  # pyright: ignore[reportMissingModuleSource]

    for formula in list(document.findall(nodes.math)):
        after = formula.next_node(siblings=True, descend=False)
        if isinstance(after, nodes.Text) and (points := POINTS.match(after)):
            rest = nodes.Text(after.removeprefix(points[0]))
            after.parent.replace(after, rest)
            together = nodes.inline("", "", classes=["ppo-together"])
            formula.replace_self(together)
            together += [formula, nodes.Text(points[0])]


def as_restructured_text(docstring: list[str]) -> list[str]:
    """Write a docstring of ours so that Sphinx reads it as it was meant.

    A formula keeps its lines; stars, bars and underscores are no marks; numbers of arXiv are links.
    """
    lines: list[str] = []
    for paragraph in "\n".join(docstring).split("\n\n"):
        if _is_laid_out(paragraph):
            shown = paragraph.strip("\n").split("\n")
            lines += [".. code-block:: text", "", *(f"   {line}" for line in shown), ""]
        else:
            lines += [*_escaped(paragraph).split("\n"), ""]
    return lines


def _is_laid_out(paragraph: str) -> bool:
    """Tell a formula, which is no sentence, or a table, which has gaps, from prose."""
    if paragraph.lstrip().startswith(SECTIONS):
        return False
    is_formula = "=" in paragraph and not paragraph.rstrip().endswith((".", ":", "?"))
    return is_formula or re.search(r"\S {2,}\S", paragraph) is not None


SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:", "Attributes:", "Example", "Source:")


def _escaped(paragraph: str) -> str:
    pieces = re.split(r"(``.*?``|`.*?`)", paragraph)
    pieces[::2] = [re.sub(r"[*|]|_(?!\w)", r"\\\g<0>", piece) for piece in pieces[::2]]
    return NUMBER.sub(lambda found: f"`{found[0]} <{arxiv(found[1])}>`__", "".join(pieces))


def _read_docstring(
    app: Any, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = as_restructured_text(lines)


def _edit_sources_only(
    app: Any, page: str, template: str, context: dict[str, Any], document: Any
) -> None:
    """Offer to edit what is a file of the repository; other pages are written by programs."""
    if page != "index" and not page.startswith("notebooks/"):
        context["page_source_suffix"] = ""


def _is_installed(package: str) -> bool:
    try:
        return bool(distribution(package))
    except PackageNotFoundError:
        return False
