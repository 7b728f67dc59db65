"""The website as a test sees it: built once, its pages, and what each of them links to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

REPOSITORY = "https://github.com/somebody/ppo_lesson"
with_sphinx = pytest.mark.skipif(
    not find_spec("sphinx"), reason='the website: pip install -e ".[test,site]"'
)


def build(folder: Path) -> None:
    """Build the site by its command, as its author does."""
    command = [sys.executable, "-m", "ppo_lesson", "site", str(folder), "--repository", REPOSITORY]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout == f"{folder / 'index.html'}\n"


class Places(HTMLParser):
    """The places of a page that can be linked to, and those to which it links."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in ("href", "src") and value is not None:
                self.links.append(value)


def links_that_lead_nowhere(folder: Path) -> Iterator[str]:
    """Name the links inside of a folder of pages whose file or place is not there."""
    places = {path: Places(path) for path in folder.rglob("*.html")}
    for path, page in places.items():
        for link in page.links:
            if urlsplit(link).scheme:
                continue
            target = urlsplit(urljoin(path.as_uri(), link))
            file = Path(unquote(target.path))
            is_there = file.is_file() and (
                not target.fragment or unquote(target.fragment) in places[file].ids
            )
            if not is_there:
                yield f"{path.relative_to(folder)}: {link}"
