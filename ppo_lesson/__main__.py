"""The one door for authors and teachers: ``python -m ppo_lesson``.

A new command is a module in ``commands/`` and one branch in each of two functions here: ``parser``
says how it is called, ``run`` calls it. Its module is imported in the branch, so that ``--help``
waits for nothing.

What is wrong with a file, a place or an argument is an OSError or a ValueError, and ends as one
sentence; ``python -X dev -m ppo_lesson`` shows where it came from. Anything else is our own fault.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ppo_lesson.files import sentence


def parser() -> argparse.ArgumentParser:
    """Say which commands exist and what each one takes."""
    door = argparse.ArgumentParser(
        prog="python -m ppo_lesson", description="Commands for authors and teachers of ppo_lesson."
    )
    commands = door.add_subparsers(dest="command", required=True, metavar="COMMAND")

    notebooks = commands.add_parser("notebooks", help="run, check, measure or copy the notebooks")
    notebooks.add_argument(
        "action",
        choices=("run", "check", "minutes", "colab"),
        help="run: fill in the outputs in a fresh kernel, store canonical form; check: list faults;"
        " minutes: say how long they take; colab: write copies for Google Colab and Kaggle",
    )
    notebooks.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="02, 02_importance_sampling or a path; none means all; for colab the copies' folder",
    )
    notebooks.add_argument("--repository", metavar="ADDRESS", help="for colab: on GitHub")

    figures = commands.add_parser("figures", help="draw the figures of the README")
    figures.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="where the pictures are written; none means the checkout's figures/",
    )

    demos = commands.add_parser(
        "demos", help="write every explorer on a page that needs no Python and no network"
    )
    demos.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where the pages are written, made if need be"
    )

    _add_grade(commands)
    _add_experiments(commands)
    _add_sweep(commands)
    return door


def _add_grade(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    grade = commands.add_parser("grade", help="check the exercises in learners' notebooks")
    grade.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    grade.add_argument("--csv", type=Path, metavar="FILE", help="write a table here too")
    grade.add_argument(
        "--per",
        choices=("exercise", "learner"),
        default="exercise",
        help="a row of the table: a verdict, or a learner's points (default: %(default)s)",
    )
    grade.add_argument(
        "--learner",
        type=_pattern,
        metavar="PATTERN",
        help="regular expression whose group finds the learner in a path, such as "
        "'submitted/([^/]+)/' (default: the part of the path that tells learners apart)",
    )
    grade.add_argument(
        "--jobs",
        type=_whole(1, 1000),
        default=1,
        metavar="N",
        help="notebooks that run at a time (default: %(default)s)",
    )
    grade.add_argument(
        "--seconds",
        type=_number(1, 1_000_000),
        default=300,
        help="limit of time per notebook (default: %(default)s)",
    )
    grade.add_argument(
        "--gigabytes",
        type=_number(1, 1_000_000),
        default=8,
        help="limit of memory per notebook (default: %(default)s)",
    )


def _add_experiments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    experiments = commands.add_parser(
        "experiments", help="make a recorded experiment again: minutes of training"
    )
    names = (
        "ablations",
        "alignment",
        "arms",
        "crossings",
        "explosion",
        "groups",
        "heads",
        "interventions",
        "lambda",
        "museum",
        "pairs",
        "reuse",
        "rivals",
        "temperature",
        "token_ratios",
    )
    experiments.add_argument("name", choices=names, help="which one")
    experiments.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="where the record is written; none means where the lessons read it, in a checkout",
    )


def _add_sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sweep = commands.add_parser(
        "sweep", help="train PPO with several settings and seeds; it goes on where it was ended"
    )
    sweep.add_argument(
        "settings",
        nargs="*",
        metavar="NAME=VALUE,VALUE",
        help="of PPOConfig, as learning_rate=0.01,0.02 or clip_value=true,false; every "
        "combination is trained; none means the defaults",
    )
    sweep.add_argument("--seeds", default="0-9", help="0-9 or 0,3,7 (default: %(default)s)")
    sweep.add_argument(
        "--engine",
        default="cores",
        choices=("here", "cores", "ray"),
        help="one core, all cores, or the Ray cluster of RAY_ADDRESS (default: %(default)s)",
    )
    sweep.add_argument(
        "--folder",
        type=Path,
        default=Path("sweeps"),
        help="where a file for each training is kept (default: %(default)s)",
    )


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


def run(options: argparse.Namespace) -> int:
    """Run the command that was asked for and return its exit code."""
    if options.command == "notebooks":
        from ppo_lesson.commands import colab, notebooks

        if options.action == "colab":
            return colab.run(options.names, options.repository)
        actions = {"run": notebooks.run, "check": notebooks.check, "minutes": notebooks.minutes}
        paths, unknown = notebooks.find(options.names)
        for complaint in unknown:
            _complain(complaint)
        return max(actions[options.action](paths), 2 if unknown else 0)

    if options.command == "grade":
        return _grade(options)

    if options.command == "demos":
        from ppo_lesson.commands import demos

        for path in demos.write(options.folder):
            print(path)
        return 0

    if options.command == "experiments":
        from ppo_lesson.commands import experiments

        print(experiments.write(options.name, options.file))
        return 0

    if options.command == "sweep":
        from ppo_lesson.commands import sweep

        return sweep.run(options.settings, options.seeds, options.engine, options.folder)

    from ppo_lesson.commands import figures

    for path in figures.write(options.folder):
        print(path)
    return 0


def _grade(options: argparse.Namespace) -> int:
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Returns:
        0 done; 1 faults were found; 2 the call was not understood, or a file or place cannot be
        used; 130 after Ctrl-C, and 141 where nobody reads on: what was finished is kept.
    """
    # Pictures go to files: no window, and no name of one that matplotlib does not know.
    os.environ["MPLBACKEND"] = "Agg"
    # Closed ones (`>&-`, a service, a program without a window) are None: then nobody is told.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - until the process ends
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # some encodings cannot write every file's name
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(parser().parse_args(arguments))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _complain("interrupted; what was finished before is kept")
        return 130
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (OSError, ValueError) as error:
        if sys.flags.dev_mode:
            raise
        _complain(sentence(error))
        return 2


def _complain(complaint: str) -> None:
    print(f"error: {complaint}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
