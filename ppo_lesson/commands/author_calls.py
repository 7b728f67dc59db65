"""How the commands for those who work on the course are called; `__main__` lists them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ppo_lesson.commands import Run


def notebooks(parser: argparse.ArgumentParser) -> Run:
    """``notebooks``: run, check, measure or copy the course's notebooks."""
    parser.description = "Run, check, measure or copy the course's notebooks, or others."
    parser.add_argument(
        "action",
        choices=("run", "check", "minutes", "colab"),
        help="run: fill in the outputs in a fresh kernel, store canonical form; check: list faults;"
        " minutes: say how long they take; colab: write copies for Google Colab and Kaggle",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="02, 02_importance_sampling or a path; none means all of the course; for colab the "
        "folder of the copies",
    )
    parser.add_argument(
        "--repository",
        metavar="ADDRESS",
        help="for colab: where on GitHub the package is installed from",
    )

    def run(options: argparse.Namespace) -> int:
        if options.action == "colab":
            from ppo_lesson.commands import colab

            return colab.run(options.names, options.repository)
        from ppo_lesson.commands import notebooks

        actions = {"run": notebooks.run, "check": notebooks.check, "minutes": notebooks.minutes}
        paths, unknown = notebooks.find(options.names, written=options.action == "run")
        for complaint in unknown:
            print(f"error: {complaint}", file=sys.stderr)
        return max(actions[options.action](paths), 2 if unknown else 0)

    return run


def figures(parser: argparse.ArgumentParser) -> Run:
    """``figures``: the README's."""
    parser.description = "Draw the figures of the README."
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="where the pictures are written; none means the checkout's figures/",
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import figures

        for path in figures.write(options.folder):
            print(path)
        return 0

    return run


def teaching(parser: argparse.ArgumentParser) -> Run:
    """``teaching``: the tables of TEACHING.md."""
    parser.description = "Write the tables of TEACHING.md anew."
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="none means the checkout's TEACHING.md"
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import teaching

        print(teaching.write(options.file))
        return 0

    return run


def experiments(parser: argparse.ArgumentParser) -> Run:
    """``experiments``: a record is made again."""
    parser.description = (
        "Make a recorded experiment again: minutes of training; it goes on where it was ended."
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
        "staleness",
        "temperature",
        "token_ratios",
    )
    parser.add_argument("name", choices=names, help="which one")
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="where the record is written; none means where the lessons read it, in a checkout",
    )

    _add_engine(parser)

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import experiments

        print(experiments.write(options.name, options.file, options.engine))
        return 0

    return run


def sweep(parser: argparse.ArgumentParser) -> Run:
    """``sweep``: many trainings, on all cores or on a cluster."""
    parser.description = "Train PPO with several settings and seeds; it goes on where it was ended."
    parser.add_argument(
        "settings",
        nargs="*",
        metavar="NAME=VALUE,VALUE",
        help="of PPOConfig, as learning_rate=0.01,0.02 or clip_value=true,false; every "
        "combination is trained; none means the defaults",
    )
    parser.add_argument("--seeds", default="0-9", help="0-9 or 0,3,7 (default: %(default)s)")
    _add_engine(parser)
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("sweeps"),
        help="where a file for each training is kept (default: %(default)s)",
    )

    def run(options: argparse.Namespace) -> int:
        from ppo_lesson.commands import sweep

        return sweep.run(options.settings, options.seeds, options.engine, options.folder)

    return run


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        default="cores",
        choices=("here", "cores", "ray"),
        help="one core, all cores, or the Ray cluster of RAY_ADDRESS (default: %(default)s)",
    )
