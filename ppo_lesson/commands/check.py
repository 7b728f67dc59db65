"""``ppo-lesson check``: is what is installed whole?"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ppo_lesson.commands import lab, notebook_rules, notebooks
from ppo_lesson.commands.own_folder import course_notebooks, own_file, usual, way_out
from ppo_lesson.exercises import progress
from ppo_lesson.files import require_writable, sentence
from ppo_lesson.lessons import LESSONS
from ppo_lesson.notebook.environment import check_packages

SERVER = "jupyter_server_config.d/ppo_lesson.json"
SCHEMES = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))


class Finding(NamedTuple):
    """What was looked at, what was found, and whether that is as it should be."""

    what: str
    found: str
    is_fine: bool


def run() -> int:
    """Print what is installed, a line each.

    Returns:
        0; 1 where something is missing or broken.
    """
    code = 0
    for look in (packages, lessons, own_copies, jupyterlab, own_progress):
        for finding in look():
            code = code if finding.is_fine else 1
            print(f"{finding.what}: {finding.found}")
    return code


def packages() -> Iterator[Finding]:
    """Look at the packages that the lessons need."""
    found = check_packages()
    unfit = [package for package in found if not package.works]
    yield Finding("packages", f"{len(found) - len(unfit)} of {len(found)} fit", not unfit)
    for package in unfit:
        yield Finding(f"  {package.name}", str(package), False)


def lessons() -> Iterator[Finding]:
    """Look at the course's notebooks: each lesson has one, and none has a fault."""
    try:
        found = course_notebooks()
    except FileNotFoundError as error:
        yield Finding("notebooks", sentence(error), False)
        return
    findings = [Finding(f"  {name}", "missing", False) for name in LESSONS if name not in found]
    for name, path in found.items():
        try:
            notebooks.read(path)
        except (OSError, ValueError) as error:
            findings.append(Finding(f"  {name}", sentence(error), False))
            continue
        findings += [
            Finding(f"  {name}", f"{fault.cell_id}: {fault.what}", False)
            for fault in notebook_rules.faults(path)
        ]
    said = f"{len(findings)} faults" if findings else "no fault"
    yield Finding("notebooks", f"{len(found)} in {next(iter(found.values())).parent}, {said}", True)
    yield from findings


def own_copies() -> Iterator[Finding]:
    """Look whether each of a learner's copies, in this folder or in my_notebooks, can be read."""
    folder = usual()
    copies = [own_file(folder, name) for name in LESSONS] if folder.is_dir() else []
    copies = [copy for copy in copies if copy]
    broken = []
    for copy in copies:
        try:
            notebooks.read(copy)
        except (OSError, ValueError) as error:
            said = f"{sentence(error)}; {way_out(copy)}"
            broken.append(Finding(f"  {copy.stem}", said, False))
    if copies:
        said = f"{len(broken)} cannot be read" if broken else "all can be read"
        yield Finding("your copies", f"{len(copies)} in {folder.resolve()}, {said}", True)
    yield from broken


def jupyterlab() -> Iterator[Finding]:
    """Look for JupyterLab, and for the settings by which it saves notebooks of the course."""
    if lab.is_installed():
        yield Finding("JupyterLab", "installed", True)
    else:
        yield Finding("JupyterLab", "not installed; another program can open the notebooks", True)
    # Where pip puts data-files, for everybody or with --user; Jupyter looks there too.
    places = [sysconfig.get_path("data", scheme) for scheme in SCHEMES]
    there = any(Path(place, "etc", "jupyter", SERVER).is_file() for place in places)
    missing = f"not found: {SERVER}; saved quizzes may show an error when they are opened again"
    yield Finding("Jupyter's settings", "found" if there else missing, there)


def own_progress() -> Iterator[Finding]:
    """Look at the folder that keeps a learner's progress."""
    folder = progress.data_folder()
    place = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        require_writable(place / "progress.json")
    except OSError as error:
        yield Finding("progress", f"cannot be kept: {sentence(error)}", False)
    else:
        yield Finding("progress", f"is kept in {folder}", True)
