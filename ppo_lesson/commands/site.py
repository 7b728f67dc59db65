"""``ppo-lesson site``: the course as a website that needs no Python, no server and no network."""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import metadata
from pathlib import Path

from ppo_lesson.commands import demos, notebook_form, notebooks, site_pages, site_sphinx
from ppo_lesson.files import make_folder, not_ours, replace_text
from ppo_lesson.notebook.renderer import program, require_room

LIST = "ppo_lesson_site.txt"  # names what an earlier run has written, and may be replaced


def write(folder: Path, repository: str | None = None) -> Path:
    """Build the site and return the path of its front page.

    Args:
        folder: made if need be; files in it that no earlier run has written are left alone.
        repository: address of the project, for links to edit a page and to report a fault; none
            means the one that the package names, if any.

    Raises:
        ValueError: what builds the site is not installed, or it complained.
        OSError: the folder cannot be made, or holds a file that would be replaced and is not ours.
    """
    site_sphinx.require_sphinx()
    require_room()
    make_folder(folder)
    repository = (repository or named_repository() or "").rstrip("/") or None
    with tempfile.TemporaryDirectory() as work:
        sources, pages = Path(work, "sources"), Path(work, "pages")
        stored = {path.stem: notebook_form.read(path) for path in notebooks.find([])[0]}
        site_pages.write(stored, sources, repository)
        site_sphinx.build(sources, pages, repository)
        for name in site_sphinx.PROGRAMS:
            shutil.copyfile(site_sphinx.program(name), pages / "_static" / name)
        # In a scope of its own: Sphinx's programs have a `_` as well.
        replace_text(pages / "_static" / "vega.js", f"(() => {{{program()}\n}})();")
        demos.write(pages / "demos")
        for path in [*pages.rglob("*.map"), *(pages / "_static").glob("*.html")]:
            path.unlink()  # the theme's own workshop, which no page uses
        publish(pages, folder)
    return folder / "index.html"


def named_repository() -> str | None:
    """Return the project's address, from the one place that names it: pyproject.toml's URLs."""
    for entry in metadata("ppo-lesson").get_all("Project-URL") or []:
        name, _, address = entry.partition(", ")
        if name == "Repository":
            return address
    return None


def publish(pages: Path, folder: Path) -> None:
    """Copy pages into a folder, and take away those of an earlier run that are no more.

    Raises:
        OSError: a file would be replaced that no earlier run has written.
    """
    ours = folder / LIST
    before = set(ours.read_text(encoding="utf-8").splitlines()) if ours.is_file() else set()
    now = {path.relative_to(pages).as_posix() for path in pages.rglob("*") if path.is_file()}
    for name in sorted(now - before):
        if (folder / name).exists():
            raise not_ours(folder / name)
    replace_text(ours, "\n".join(sorted(before | now)) + "\n")  # before, so that a kill loses none
    shutil.copytree(pages, folder, dirs_exist_ok=True)
    for name in before - now:
        (folder / name).unlink(missing_ok=True)
    replace_text(ours, "\n".join(sorted(now)) + "\n")
