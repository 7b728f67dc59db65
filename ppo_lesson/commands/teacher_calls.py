"""How the commands for teachers are called; `__main__` lists them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ppo_lesson.commands import Run

ROUTES = ("demonstration", "lab", "language", "weeks")  # of lessons.routes, which takes longer


def grade(parser: argparse.ArgumentParser) -> Run:
    """``grade``: verdicts on learners' copies."""
    parser.description = "Check the exercises in learners' notebooks, each in a process of its own."
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table here too")
    parser.add_argument(
        "--per",
        choices=("exercise", "learner"),
        default="exercise",
        help="a row of the table: a verdict, or a learner's points (default: %(default)s)",
    )
    parser.add_argument(
        "--learner",
        type=_pattern,
        metavar="PATTERN",
        help="regular expression whose group finds the learner in a path, such as "
        "'submitted/([^/]+)/' (default: the part of the path that tells learners apart)",
    )
    _add_limits(parser)

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import grade

        return grade.run(
            options.notebooks,
            grade.Options(
                seconds=options.seconds,
                gigabytes=options.gigabytes,
                jobs=options.jobs,
                table=options.csv,
                per=options.per,
                learner=options.learner,
            ),
        )

    return run


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=_whole(1, 1000),
        default=1,
        metavar="N",
        help="notebooks that run at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=_number(1, 1_000_000),
        default=300,
        help="limit of time per notebook (default: %(default)s)",
    )
    parser.add_argument(
        "--gigabytes",
        type=_number(1, 1_000_000),
        default=8,
        help="limit of memory per notebook (default: %(default)s)",
    )


def demos(parser: argparse.ArgumentParser) -> Run:
    """``demos``: pages for a projector."""
    parser.description = "Write every explorer on a page that needs no Python and no network."
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where the pages are written, made if need be"
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import demos

        return _print(demos.write(options.folder))

    return run


def copies(parser: argparse.ArgumentParser) -> Run:
    """``copies``: the notebooks solved, or blank."""
    parser.description = "Write the notebooks solved, every check correct, or blank."
    parser.add_argument("--solved", type=Path, metavar="FOLDER", help="with every answer, run")
    parser.add_argument("--blank", type=Path, metavar="FOLDER", help="no outputs and no answers")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="02 or 02_importance_sampling; none means all"
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import copies

        return copies.run(options.solved, options.blank, options.names)

    return run


def slides(parser: argparse.ArgumentParser) -> Run:
    """``slides``: a route through the course, for a projector."""
    parser.description = "Write a route through the course as slides that need no network."
    parser.add_argument("route", choices=ROUTES, help="which one")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="made if need be")

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import slides

        return _print(slides.write(options.route, options.folder))

    return run


def handouts(parser: argparse.ArgumentParser) -> Run:
    """``handouts``: exercises on paper."""
    parser.description = "Print the exercises of each notebook with room to write, and a key."
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="made if need be")
    parser.add_argument("names", nargs="*", metavar="NAME", help="as of copies; none means all")

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import handouts

        return _print(handouts.write(options.folder, options.names))

    return run


def _print(paths: Iterable[Path]) -> int:
    for path in paths:
        print(path, flush=True)
    return 0


def site(parser: argparse.ArgumentParser) -> Run:
    """``site``: the course as a website."""
    parser.description = (
        "Build the course as a website: notebooks with explorers that move, notation, glossary, "
        "bibliography and the package's functions. It needs no Python, no server and no network."
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where it is written, made if need be"
    )
    parser.add_argument(
        "--repository",
        metavar="ADDRESS",
        help="of the project, for links to edit a page and to report a fault (default: the one "
        "that the package names, if any)",
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import site

        print(site.write(options.folder, options.repository))
        return 0

    return run


def _number(low: float, high: float) -> Callable[[str], float]:
    """Take a number between two; nan is between none."""

    def read(text: str) -> float:
        with suppress(ValueError):
            if low <= float(text) <= high:
                return float(text)
        raise argparse.ArgumentTypeError(f"expected a number from {low} to {high}, got {text!r}")

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    """Take a whole number between two."""

    def read(text: str) -> int:
        with suppress(ValueError):
            if low <= int(text) <= high:
                return int(text)
        raise argparse.ArgumentTypeError(
            f"expected a whole number from {low} to {high}, got {text!r}"
        )

    return read


def _pattern(text: str) -> re.Pattern[str]:
    """Take a regular expression that has a group."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(
            f"expected a regular expression, got {text!r}: {error}"
        ) from None
    if not pattern.groups:
        raise argparse.ArgumentTypeError(
            f"expected a group that finds the learner, as in 'submitted/([^/]+)/', got {text!r}"
        )
    return pattern
