"""``python -m ppo_lesson notebooks colab``: copies for Google Colab and Kaggle.

They open one file, without a checkout and without the package. So a copy begins with two cells
more: badges that open it, and a line that installs the package from its repository. Links to other
notebooks lead to their copies, and folded cells are folded as Colab does it. The copies belong at
the top of the repository's branch `colab`.
"""

from __future__ import annotations

import copy
import errno
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.files import make_folder, replace_text

BRANCH = "colab"
ADDRESS = re.compile(r"(?:https://github\.com/)?(?P<name>[\w-]+/[\w.-]+?)(?:\.git)?/?")
LINK = re.compile(r"\]\((\d\d_\w+\.ipynb)\)")

HEAD = """[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) \
[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]({kaggle})

A copy of [{file}]({source}) for Google Colab and Kaggle. Run the next cell first: in about a \
minute it installs what is not there yet (on Kaggle, switch the internet on before). When the \
session ends, your answers and your progress are gone. **File → Download** keeps what stands in \
the cells."""

INSTALL = '%pip install --quiet "ppo-lesson @ git+https://github.com/{name}"'
FOLD = "# @title Folded: open it to see the code\n"


def run(folders: Sequence[str], repository: str | None) -> int:
    """Write the copies into the one folder that was named, print their paths, and return 0.

    Raises:
        ValueError: not one folder was named, or no repository; and what `write` raises.
    """
    if len(folders) != 1 or not repository:
        raise ValueError("colab: expected one folder, and --repository with an address on GitHub")
    for path in write(Path(folders[0]), repository):
        print(path)
    return 0


def write(folder: Path, repository: str) -> list[Path]:
    """Write a copy of every notebook into a folder, made if need be; return their paths.

    Args:
        folder: where; a file that is there already may hold somebody's answers, and stays.
        repository: the project's address on GitHub, or OWNER/NAME.

    Raises:
        ValueError: it is no such address.
        OSError: there are no notebooks, one of the copies is there already, or cannot be written.
    """
    address = ADDRESS.fullmatch(repository)
    if not address:
        raise ValueError(
            f"repository: expected https://github.com/OWNER/NAME or OWNER/NAME, got {repository!r}"
        )
    sources, _ = notebooks.find([])
    make_folder(folder)
    paths = [folder / source.name for source in sources]
    for path in paths:
        if path.exists():
            what = "it is there already, and may hold answers; name another folder"
            raise FileExistsError(errno.EEXIST, what, str(path))
    for source, path in zip(sources, paths, strict=True):
        replace_text(
            path, notebook_form.text(derived(notebooks.read(source), source.name, address["name"]))
        )
    return paths


def derived(notebook: NotebookNode, file: str, name: str) -> NotebookNode:
    """Return the copy of a notebook; the argument stays as it is.

    Args:
        notebook: in canonical form.
        file: its file's name.
        name: OWNER/NAME of the repository.
    """
    result = copy.deepcopy(notebook)
    for cell in result.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: f"]({_colab(link[1], name)})", cell.source)
        elif notebook_form.FOLDED in cell.metadata.get("tags", []):
            cell.metadata["cellView"] = "form"
            cell.source = FOLD + cell.source
    stored = f"https://github.com/{name}/blob/{BRANCH}/{file}"
    head = HEAD.format(
        colab=_colab(file, name),
        kaggle=f"https://kaggle.com/kernels/welcome?src={stored}",
        file=file,
        source=f"https://github.com/{name}/blob/main/notebooks/{file}",
    )
    result.cells[:0] = [
        nbformat.v4.new_markdown_cell(head, id="elsewhere"),
        nbformat.v4.new_code_cell(INSTALL.format(name=name), id="install"),
    ]
    return result


def _colab(file: str, name: str) -> str:
    return f"https://colab.research.google.com/github/{name}/blob/{BRANCH}/{file}"
