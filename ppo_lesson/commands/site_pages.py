"""The sources of the website: the notebooks, and pages written from what the package knows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import metadata
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ppo_lesson.commands import figures, site_api, site_notebook
from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS, build
from ppo_lesson.files import PACKAGE, beside, checkout, make_folder
from ppo_lesson.lessons.bibliography import WORKS, cited
from ppo_lesson.lessons.glossary import GLOSSARY
from ppo_lesson.lessons.notation import NOTATION

# Links of Markdown to files beside the README.
FILE = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<file>[\w./-]+)\)")
LINK = re.compile(r"\[[^\]]*\]\((?P<address>https?://[^)\s]+)\)")


def write(notebooks: Mapping[str, NotebookNode], folder: Path, repository: str | None) -> None:
    """Write all sources into a folder.

    Args:
        notebooks: by the name of the file, "02_importance_sampling".
        folder: is made.
        repository: address of the project, for links to files that are not on the site.
    """
    make_folder(folder / "notebooks")
    shown = {name: site_notebook.for_the_site(n, name[:2]) for name, n in notebooks.items()}
    for name, notebook in shown.items():
        nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")
    _figures(folder / "figures")
    (folder / "TEACHING.md").write_text(linked(teaching(), folder, repository), encoding="utf-8")
    pages = {
        "notation.md": notation(),
        "glossary.md": glossary(),
        "bibliography.md": bibliography(notebooks),
        "explorers.md": explorers(),
        **{f"api/{floor}.rst": site_api.page(floor) for floor in site_api.FLOORS},
        "index.md": linked(readme(), folder, repository) + contents(shown),
    }
    make_folder(folder / "api")
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def readme() -> str:
    """Return README: the checkout's, or what an installed package keeps of it."""
    try:
        return (checkout() / "README.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        return str(metadata("ppo-lesson").json["description"])


def teaching() -> str:
    """Return the page for teachers: the checkout's, or the one that setup.py puts into a wheel."""
    return beside("TEACHING.md").read_text(encoding="utf-8")


def linked(text: str, folder: Path, repository: str | None) -> str:
    """Let links to files that are not in the folder lead to the repository, or nowhere."""

    def link(found: re.Match[str]) -> str:
        if (folder / found["file"]).exists():
            return found[0]
        return (
            f"[{found['text']}]({repository}/blob/main/{found['file']})"
            if repository
            else found["text"]
        )

    return FILE.sub(link, text)


def contents(notebooks: Mapping[str, NotebookNode]) -> str:
    """Write the table of contents that stands beside every page."""
    trees = {
        "Notebooks": [
            f"{short_title(notebook)} <notebooks/{name}>" for name, notebook in notebooks.items()
        ],
        "To teach": ["For teachers <TEACHING>"],
        "To look up": ["notation", "glossary", "bibliography", "explorers", "Index <genindex>"],
        "The package": [f"{PACKAGE.name}.{floor} <api/{floor}>" for floor in site_api.FLOORS],
    }
    return "".join(
        "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])
        for caption, pages in trees.items()
    )


def short_title(notebook: NotebookNode) -> str:
    """Return what stands before the colon in the title of a notebook of the site."""
    return re.findall(r"^# ([^:\n]*)", notebook.cells[0].source, re.MULTILINE)[0]


def place(number: str, section: str = "") -> str:
    """Link to a section of a notebook, or to its beginning."""
    words = number
    if section.isdigit():
        words = f"{number}, section {section}"
    elif section:
        words = f"{number}, {section[0].lower()}{section[1:]}"
    return f"[{words}](#{site_notebook.label(number, section)})"


def notation() -> str:
    """Write the page of all symbols."""
    documented = site_api.places()
    parts = [
        "# Notation",
        "What a symbol means, what it is called in code, and which notebook defines it first. "
        "Each notebook repeats its own symbols at the top.",
    ]
    for title, symbols in NOTATION.items():
        parts.append(f"## {title}")
        rows = ["| symbol | meaning | in code | defined in | also in |", "|---|---|---|---|---|"]
        for symbol in symbols:
            names = ", ".join(
                f"{{py:func}}`{name} <{documented[name]}>`" if name in documented else f"`{name}`"
                for name in symbol.names
            )
            first, *others = map(place, symbol.notebooks)
            cells = (f"${symbol.symbol}$", symbol.meaning, names, first, ", ".join(others))
            rows.append(_row(cells))
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def glossary() -> str:
    """Write the page of all terms."""
    entries = [
        f"{term.name}\n  {term.meaning} {place(term.notebook, term.section)}" for term in GLOSSARY
    ]
    return "\n".join(
        [
            "# Glossary",
            "",
            "One word, one thing, in text and code alike. The links show where it is introduced.",
            "",
            "```{glossary}",
            "\n\n".join(entries),
            "```",
            "",
        ]
    )


def bibliography(notebooks: Mapping[str, NotebookNode]) -> str:
    """Write the page of all that is cited: papers, then programs and discussions."""
    texts = {name[:2]: _markdown(notebook) for name, notebook in notebooks.items()}
    code = {
        site_api.module_name(path): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent.name != "commands" and path.stem != "bibliography"
    }
    papers = []
    for address, work in WORKS.items():
        where = [place(number) for number, text in texts.items() if address in cited(text)]
        where += [f"`{module}`" for module, text in code.items() if address in cited(text)]
        if where:
            papers.append(
                f"- {work.authors} ({work.year}), *{work.title}*, "
                f"[{_short(address)}]({address}). Cited in {', '.join(where)}."
            )
    others: dict[str, list[str]] = {}
    for number, text in texts.items():
        for found in LINK.finditer(text):
            if found["address"] not in WORKS and place(number) not in others.setdefault(
                found["address"], []
            ):
                others[found["address"]].append(place(number))
    rest = [
        f"- [{_short(address)}]({address}): {', '.join(others[address])}"
        for address in sorted(others, key=str.lower)
    ]
    return "\n".join(
        [
            "# Bibliography",
            "",
            "Collected from the links in the notebooks, and from the sources that docstrings name.",
            "",
            "## Papers",
            "",
            *papers,
            "",
            "## Programs, discussions and other pages",
            "",
            *rest,
            "",
        ]
    )


def _short(address: str) -> str:
    """Shorten an address to what tells it from others."""
    text = re.sub(r"^https?://(?:arxiv\.org/abs/(?=\d)|www\.)?", "", address).rstrip("/")
    text = re.sub(r"/blob/[^/]+/", ": ", text.removeprefix("github.com/"))
    text = re.sub(r"#L(\d+)$", r", line \1", text)
    return f"arXiv:{text}" if "arxiv.org" in address else text


def explorers() -> str:
    """Write the page that leads to the explorers and their pages for a projector."""
    parts = [
        "# Explorers",
        "Pictures with sliders. In its notebook an explorer stands beside what it explains; on a "
        "page of its own it fills the screen of a projector.",
    ]
    for name in EXPLORERS:
        explorer = build(name)
        where = " and ".join(place(number) for number in NOTEBOOKS[name])
        parts += [
            f"## {explorer.title}",
            f"{explorer.look_for} Notebook {where}; "
            f'<a href="demos/{name}.html">on a page of its own</a>.',
        ]
    return "\n\n".join(parts) + "\n"


def _figures(folder: Path) -> None:
    """Bring the pictures of README: the checkout's, or drawn anew."""
    try:
        shutil.copytree(checkout() / "figures", folder)
    except FileNotFoundError:
        figures.write(folder)


def _markdown(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
