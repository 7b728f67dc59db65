"""``ppo-lesson open``: the course's notebooks in a folder of the learner's, and JupyterLab."""

from __future__ import annotations

from pathlib import Path

from ppo_lesson.commands import lab
from ppo_lesson.commands.own_folder import choose, course_notebooks, own_file, put
from ppo_lesson.commands.update import has_changed
from ppo_lesson.files import make_folder


def run(folder: Path | None = None, start_lab: bool = True) -> int:
    """Copy the notebooks that are not there yet, say what is new or changed, start JupyterLab.

    Args:
        folder: the learner's, made if need be; see `own_folder.choose`.
        start_lab: whether JupyterLab is started.

    Returns:
        0, or what JupyterLab returned.

    Raises:
        OSError: the folder cannot be made or written, the course has no notebooks, or JupyterLab is
            not installed: what was copied stays.
        ValueError: the folder is the course's own.
    """
    folder = choose(folder)
    make_folder(folder)
    notebooks = course_notebooks()
    new, changed = [], []
    for name, original in notebooks.items():
        own = own_file(folder, name)
        if own is None:
            put(folder, name, original)
            new.append(name)
        elif has_changed(folder, name, own, original):
            changed.append(own.stem)
    place = folder.resolve()
    if len(new) == len(notebooks):
        print(f"Copied the course's {len(new)} notebooks into {place}", flush=True)
    elif new:
        print(f"New in {place}: {', '.join(new)}", flush=True)
    else:
        print(f"All {len(notebooks)} notebooks are in {place}", flush=True)
    if changed:
        print(f"Changed in the course since you copied them: {', '.join(changed)}")
        where = "" if folder == Path() else f' "{folder}"'
        print(f"`ppo-lesson update{where}` brings the changes and keeps your answers.", flush=True)
    first = next(iter(notebooks))
    return lab.start(folder, f"{first}.ipynb" if first in new else None) if start_lab else 0
