"""What a Jupyter server does to a notebook of this course before it writes the file.

A saved notebook is opened again without its kernel, or by another Python. So the view of a widget
goes where a lasting form stands: JupyterLab would show "Error displaying widget" in its place. And
the metadata say what the notebooks in git say, whatever the version: opening changes no byte.
What has the tag is folded, as in git, also where a reader unfolded it to look; what else a reader
has folded stays so.

Installing the package places `etc/jupyter/jupyter_server_config.d/ppo_lesson.json`, which tells
every server of the environment, JupyterLab's and Notebook's, to load this extension. The server
catches and logs whatever a hook raises, and saves all the same.
"""

from __future__ import annotations

import copy
import re
from contextlib import suppress
from typing import Any

from ppo_lesson.commands.notebook_form import METADATA, fold_what_has_the_tag, lasting_outputs

OURS = re.compile(r"^([^#\n]*;)?\s*(from|import)\s[^#\n]*\bppo_lesson\b", re.MULTILINE)


def before_save(model: dict[str, Any], **_: Any) -> None:
    """Tidy a notebook that imports ppo_lesson, in place; leave everything else as it is.

    Args:
        model: what is about to be saved, as the contents API describes it.
        _: path and contents manager, which the server hands to every hook.
    """
    if model.get("type") != "notebook":
        return
    notebook = model["content"]
    cells = [cell for cell in notebook.get("cells", []) if cell.get("cell_type") == "code"]
    if not any(OURS.search("".join(cell.get("source") or "")) for cell in cells):
        return
    for cell in cells:
        with suppress(AttributeError, KeyError, TypeError):  # not well formed: it stays as it is
            cell["outputs"] = lasting_outputs(cell["outputs"])
            fold_what_has_the_tag(cell)
    for key in ("kernelspec", "language_info"):
        found = notebook["metadata"].get(key) or {}
        if found.get("name") == METADATA[key]["name"]:  # else somebody chose another kernel
            notebook["metadata"][key] = copy.deepcopy(METADATA[key])


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(before_save)
