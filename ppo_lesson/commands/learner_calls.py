"""How the commands for learners are called; `__main__` lists them.

Each function says what its command takes, and returns what runs it. What does the work is imported
only then, so that ``--help`` waits for nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ppo_lesson.commands import Run

FOLDER = "your folder (default: this one, if it holds your notebooks, else my_notebooks in it)"


def open_folder(parser: argparse.ArgumentParser) -> Run:
    """``open``: copy the notebooks that are not there yet, and start JupyterLab."""
    parser.description = (
        "Copy the course's notebooks into a folder of yours, and open it in JupyterLab. A notebook "
        "that is there already is left as it is, so call this again whenever you go on."
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help=FOLDER)
    parser.add_argument(
        "--no-lab",
        action="store_true",
        help="only copy: you start JupyterLab there, with options of your own, or another program",
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import open as opening

        return opening.run(options.folder, start_lab=not options.no_lab)

    return run


def update(parser: argparse.ArgumentParser) -> Run:
    """``update``: bring what has changed in the course, and keep what the learner wrote."""
    parser.description = (
        "Bring the notebooks that are new or have changed in the course since you copied them. One "
        "that you have not edited is replaced. In one that you have, your answers to exercises and "
        "the cells that you added stand in the new one, and the old one is kept beside it, with "
        "the date in its name. Close the notebooks first."
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help=FOLDER)

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import update

        return update.run(options.folder)

    return run


def reset(parser: argparse.ArgumentParser) -> Run:
    """``reset``: a notebook as it is in the course; the old one is kept."""
    parser.description = (
        "Get a notebook as it is in the course. Yours is kept beside it, with the date in its "
        "name. Close the notebook first. Your progress, which no notebook holds, is kept."
    )
    parser.add_argument(
        "notebooks",
        nargs="+",
        metavar="NOTEBOOK",
        help="02, 02_importance_sampling or a path; the first two are looked for in this folder, "
        "if it holds your notebooks, else in my_notebooks",
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import reset

        return reset.run(options.notebooks)

    return run


def check(parser: argparse.ArgumentParser) -> Run:
    """``check``: is what is installed whole?"""
    parser.description = (
        "Look at what is installed: the packages that the lessons need, the course's notebooks and "
        "your copies, JupyterLab, and the folder for your progress."
    )

    def run(_: argparse.Namespace) -> int:
        from ppo_lesson.commands import check

        return check.run()

    return run
