"""One program for learners, teachers and authors: ``ppo-lesson``, or ``python -m ppo_lesson``.

A new command is a module in ``commands/``, a function in one of ``commands/*_calls.py``, which says
what it takes and what runs it, and a row of the table here.

What is wrong with a file, a place or an argument is an OSError or a ValueError, and ends as one
sentence; ``python -X dev -m ppo_lesson`` shows where it came from. Anything else is our own fault.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ppo_lesson import __version__
from ppo_lesson.commands import Command, author_calls, learner_calls, teacher_calls
from ppo_lesson.files import sentence

COMMANDS = {
    "to learn": (
        Command("open", "copy the notebooks, start JupyterLab", learner_calls.open_folder),
        Command("update", "bring what is new, keep your answers", learner_calls.update),
        Command("reset", "get a notebook back as it was, keep yours", learner_calls.reset),
        Command("check", "is everything installed and whole?", learner_calls.check),
    ),
    "to teach": (
        Command("grade", "check the exercises in learners' notebooks", teacher_calls.grade),
        Command("demos", "write every explorer on a page of its own", teacher_calls.demos),
        Command("copies", "write the notebooks solved, or blank", teacher_calls.copies),
        Command("slides", "write a route through the course as slides", teacher_calls.slides),
        Command("handouts", "print the exercises, and a key", teacher_calls.handouts),
        Command("site", "build the course as a website", teacher_calls.site),
    ),
    "to experiment, and to work on the course": (
        Command("sweep", "train PPO with several settings and seeds", author_calls.sweep),
        Command("experiments", "make a recorded experiment again", author_calls.experiments),
        Command("notebooks", "run, check or measure the notebooks", author_calls.notebooks),
        Command("figures", "draw the figures of the README", author_calls.figures),
        Command("teaching", "write the tables of TEACHING.md", author_calls.teaching),
    ),
}


def parser() -> argparse.ArgumentParser:
    """Say which commands exist and what each one takes."""
    program = "ppo-lesson" if Path(sys.argv[0]).stem == "ppo-lesson" else "python -m ppo_lesson"
    rows = [f"Interactive notebooks that teach PPO. Begin with: {program} open"]
    for aim, commands in COMMANDS.items():
        rows += ["", f"{aim}:", *(f"  {c.name:<12} {c.help}" for c in commands)]
    rows += ["", "COMMAND --help says what it takes."]
    door = argparse.ArgumentParser(
        prog=program,
        description="\n".join(rows),
        usage="%(prog)s COMMAND ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    door.add_argument("--version", action="version", version=f"ppo-lesson {__version__}")
    subparsers = door.add_subparsers(
        required=True, metavar="COMMAND", help=argparse.SUPPRESS, prog=program
    )
    for command in (command for commands in COMMANDS.values() for command in commands):
        called_so = subparsers.add_parser(command.name, description=f"{command.help}.")
        called_so.set_defaults(run=command.call(called_so))
    return door


def run(options: argparse.Namespace) -> int:
    """Run the command that was asked for and return its exit code."""
    return options.run(options)


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
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if not arguments:
            parser().print_help(sys.stderr)
            return 2
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
