"""The commands for a classroom: how each is called, and what it runs.

``python -m ppo_lesson --help`` reads this module: what a command needs is imported when it is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

COMMANDS = ("copies", "demos", "handouts", "slides", "teaching")
ROUTES = ("demonstration", "lab", "language", "weeks")


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Say what each command takes."""
    copies = commands.add_parser("copies", help="write the notebooks solved, or blank")
    copies.add_argument("--solved", type=Path, metavar="FOLDER", help="with every answer, run")
    copies.add_argument("--blank", type=Path, metavar="FOLDER", help="no outputs and no answers")
    copies.add_argument(
        "names", nargs="*", metavar="NAME", help="02 or 02_importance_sampling; none means all"
    )

    demos = commands.add_parser(
        "demos", help="write every explorer on a page that needs no Python and no network"
    )
    demos.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where the pages are written, made if need be"
    )

    slides = commands.add_parser("slides", help="write a route through the course as slides")
    slides.add_argument("route", choices=ROUTES, help="which one")
    slides.add_argument("folder", type=Path, metavar="FOLDER", help="made if need be")

    handouts = commands.add_parser(
        "handouts", help="print the exercises of each notebook with room to write, and a key"
    )
    handouts.add_argument("folder", type=Path, metavar="FOLDER", help="made if need be")
    handouts.add_argument("names", nargs="*", metavar="NAME", help="as of copies; none means all")

    teaching = commands.add_parser("teaching", help="write the tables of TEACHING.md anew")
    teaching.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="none means the checkout's TEACHING.md"
    )


def run(options: argparse.Namespace) -> int:
    """Run one of these commands and return its exit code.

    Raises:
        OSError, ValueError: as `main` of the package tells.
    """
    if options.command == "copies":
        from ppo_lesson.commands import copies

        return copies.run(options.solved, options.blank, options.names)

    for path in _written(options):
        print(path, flush=True)
    return 0


def _written(options: argparse.Namespace) -> Iterable[Path]:
    if options.command == "slides":
        from ppo_lesson.commands import slides

        return slides.write(options.route, options.folder)
    if options.command == "handouts":
        from ppo_lesson.commands import handouts

        return handouts.write(options.folder, options.names)
    if options.command == "teaching":
        from ppo_lesson.commands import teaching

        return [teaching.write(options.file)]
    from ppo_lesson.commands import demos

    return demos.write(options.folder)
