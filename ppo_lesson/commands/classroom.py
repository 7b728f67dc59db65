"""The commands for a classroom: how each is called, and what it runs.

``python -m ppo_lesson --help`` reads this module: what a command needs is imported when it is run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

COMMANDS = ("copies", "demos")


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


def run(options: argparse.Namespace) -> int:
    """Run one of these commands and return its exit code.

    Raises:
        OSError, ValueError: as `main` of the package tells.
    """
    if options.command == "copies":
        from ppo_lesson.commands import copies

        return copies.run(options.solved, options.blank, options.names)

    from ppo_lesson.commands import demos

    for path in demos.write(options.folder):
        print(path)
    return 0
