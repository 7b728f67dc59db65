"""Canonical form: what a stored notebook keeps, so that two runs of it give the same file.

Kept are the cells, their tags, and the outputs that a reader sees. Gone are random ids, times,
versions, the state of widgets, and whatever an editor leaves behind.
"""

from __future__ import annotations

import base64
import copy
import re
import struct
import unicodedata
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbformat import NotebookNode

from ppo_lesson.files import replace_text

WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    # All that a kernel reports: JupyterLab writes it into a notebook that says less, or another
    # version, as soon as it is opened. `save_hook` puts these values back.
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.11.7",
    },
}
READABLE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Eight hex digits (nbformat) or a whole uuid (JupyterLab).
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}")
JSON_MIME = re.compile(r"application/(.+\+)?json")
FOLDED = (
    "hide-input"  # the tag of a folded code cell; websites that are built from notebooks know it
)
COLLAPSED = "jp-MarkdownHeadingCollapsed"  # what stands below the heading is folded with it
# As ``notebook.show`` prints a number that may differ elsewhere.
TOLERANT = re.compile(
    r"(?P<number>-?\d+(\.\d+)?(e[+-]?\d+)?) (?P<rest>\(within (?P<within>\S+) on any machine\))"
)
WITHOUT_NUMBER = r"(number) \g<rest>"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Chunks that name a program, its version or a time, and no pixel.
PNG_REMARKS = {b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"}


def canonical(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook in canonical form; the argument stays as it is.

    Execution counts run 1..n, ids are readable and unique, no metadata but tags and what is folded,
    no widget state, neighbouring pieces of one stream are one, pictures carry no remarks, nothing
    that needs a kernel stands beside a form that needs none, and numbers are spelt as JupyterLab
    spells them. A second time changes nothing more.
    """
    result = nbformat.v4.new_notebook(metadata=copy.deepcopy(METADATA))
    result.nbformat, result.nbformat_minor = 4, 5
    count = 0
    for cell, cell_id in zip(notebook.cells, _readable_ids(notebook.cells), strict=True):
        cell = copy.deepcopy(cell)
        cell.id, cell.metadata = cell_id, _canonical_metadata(cell)
        if cell.cell_type == "code":
            if cell.execution_count is not None:
                count += 1
                cell.execution_count = count
            cell.outputs = _canonical_outputs(cell)
        result.cells.append(cell)
    return result


def text(notebook: NotebookNode) -> str:
    """Write the notebook as the text of its file: stable JSON and one newline at the end."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def read(path: Path) -> NotebookNode:
    """Read a stored notebook as it is; ``nbformat.read`` would repair ids on the way."""
    return nbformat.reader.reads(path.read_text(encoding="utf-8"))


def write(notebook: NotebookNode, path: Path) -> None:
    """Write canonical form in one step: on disk is the old file or the new one, never half."""
    replace_text(path, text(canonical(notebook)))


def png_size(picture: str) -> tuple[int, int]:
    """Return width and height in pixels of a PNG in base64."""
    width, height = struct.unpack(">II", base64.b64decode(picture)[16:24])
    return width, height


def lasting(data: dict[str, Any]) -> dict[str, Any]:
    """Return what outlives the kernel, of the forms in which an output shows itself.

    The view of a widget does not: its model is gone with the kernel, and JupyterLab would show an
    error in place of the forms that stand beside it. Where none stands there, it stays.
    """
    kept = {mime: content for mime, content in data.items() if mime != WIDGET}
    return kept or data


def lasting_outputs(outputs: list[Any]) -> list[Any]:
    """Return a cell's outputs without the views of widgets that have a lasting form.

    It stands beside the view in the same output (`lasting`; a text alone is none to read), or is
    the HTML of the next output, as `exercises.forms` shows it; then the output of the view goes.
    """
    kept = []
    for output, following in zip_longest(outputs, outputs[1:], fillvalue={}):
        data = output.get("data", {})
        if WIDGET in data and {"text/html", "image/png"} & set(data):
            output = type(output)({**output, "data": lasting(data)})
        elif set(data) == {WIDGET} and "text/html" in following.get("data", {}):
            continue
        kept.append(output)
    return kept


def fold_what_has_the_tag(cell: dict[str, Any]) -> None:
    """Fold a code cell that has the tag, in place.

    JupyterLab and Notebook go by ``jupyter.source_hidden``, websites and VS Code by the tag.
    """
    metadata = cell["metadata"]
    if cell["cell_type"] == "code" and FOLDED in metadata.get("tags", []):
        hidden = {**metadata.get("jupyter", {}), "source_hidden": True}
        metadata["jupyter"] = type(metadata)(hidden)


def _canonical_metadata(cell: NotebookNode) -> NotebookNode:
    """Keep the tags, and what is folded."""
    kept = NotebookNode(tags=cell.metadata["tags"]) if cell.metadata.get("tags") else NotebookNode()
    if cell.cell_type == "markdown" and cell.metadata.get(COLLAPSED) is True:
        kept[COLLAPSED] = True
    fold_what_has_the_tag(NotebookNode(cell_type=cell.cell_type, metadata=kept))
    return kept


def _canonical_outputs(cell: NotebookNode) -> list[NotebookNode]:
    outputs: list[NotebookNode] = []
    for output in lasting_outputs(cell.outputs):
        last = outputs[-1] if outputs else None
        if output.output_type == "stream":
            if last is not None and last.output_type == "stream" and last.name == output.name:
                last.text += output.text
                continue
        elif "data" in output:
            output.metadata = NotebookNode()
            output.data = NotebookNode(lasting(output.data))
            for mime in filter(JSON_MIME.fullmatch, output.data):
                output.data[mime] = _as_javascript(output.data[mime])
            if "image/png" in output.data:
                output.data["image/png"] = _without_remarks(output.data["image/png"])
            if WIDGET in output.data:  # its id was random
                output.data[WIDGET]["model_id"] = f"{cell.id}-{len(outputs) + 1}"
        if output.output_type == "execute_result":
            output.execution_count = cell.execution_count
        outputs.append(output)
    return outputs


def _as_javascript(value: Any) -> Any:
    """Spell numbers in JSON as a browser does, which knows no 1.0: it writes 1."""
    if isinstance(value, dict):
        return NotebookNode({key: _as_javascript(part) for key, part in value.items()})
    if isinstance(value, list):
        return [_as_javascript(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value


def _without_remarks(picture: str) -> str:
    data = base64.b64decode(picture)
    if not data.startswith(PNG_SIGNATURE):
        return picture
    kept, start = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while start < len(data):  # a chunk: length, name, content, checksum
        length = struct.unpack(">I", data[start : start + 4])[0]
        end = start + 12 + length
        if data[start + 4 : start + 8] not in PNG_REMARKS:
            kept.append(data[start:end])
        start = end
    return base64.b64encode(b"".join(kept)).decode("ascii")


def _readable_ids(cells: list[NotebookNode]) -> Iterator[str]:
    """Yield an id per cell: its own where that is readable and new, else a slug of what it says."""
    own = [cell.get("id", "") for cell in cells]
    keeps = [is_readable_id(name) and name not in own[:index] for index, name in enumerate(own)]
    taken = {name for name, kept in zip(own, keeps, strict=True) if kept}
    for cell, name, kept in zip(cells, own, keeps, strict=True):
        if kept:
            yield name
            continue
        slug = candidate = _slug(cell)
        number = 1
        while candidate in taken:
            number += 1
            candidate = f"{slug}-{number}"
        taken.add(candidate)
        yield candidate


def is_readable_id(name: str) -> bool:
    """Tell whether a cell's id is one that a person gave it, in words."""
    return bool(READABLE_ID.fullmatch(name)) and not RANDOM_ID.fullmatch(name)


def _slug(cell: NotebookNode) -> str:
    """Make an id of the first heading, or else of the first line with a word in it."""
    lines = cell.source.splitlines()
    if cell.cell_type == "markdown":
        lines = sorted(lines, key=lambda line: not line.startswith("#"))  # headings first
    for line in lines:
        letters = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode("ascii")
        words = re.findall(r"[a-z0-9]+", letters.lower())[:5]
        if words:
            slug = "-".join(words)[:40].strip("-")
            usable = slug[0].isalpha() and not RANDOM_ID.fullmatch(slug)
            return slug if usable else f"cell-{slug}"
    return f"{cell.cell_type}-cell"
