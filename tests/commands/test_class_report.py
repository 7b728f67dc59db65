"""The report of a class tells a teacher who needs help with what."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands.class_report import WIDTH, class_report
from ppo_lesson.commands.grade import LOST
from ppo_lesson.commands.grade_report import Grade, HandIn
from tests.commands import class_of_thirty

UPSIDE_DOWN = "Your ratio is upside down."


def _class(*grades: tuple[str, str, str, str]) -> list[str]:
    """Report on grades written as learner, exercise, status, message."""
    hand_ins = [HandIn(Path(g[0]) / "copy.ipynb", g[0], [g[1]], "") for g in grades]
    results = {
        k: [Grade(f"{g[0]}/copy.ipynb", g[0], g[1], g[2], g[3], "")] for k, g in enumerate(grades)
    }
    return list(class_report(hand_ins, results))


# ---- What it says --------------------------------------------------------------------------------


def test_who_did_not_hand_in_a_notebook_that_others_did_is_not_called_done():
    lines = _class(
        ("ada", "policy_ratio", "correct", ""),
        ("ada", "gradient_share", "correct", ""),
        ("bob", "policy_ratio", "correct", ""),
        ("cem", "", "not graded", "the file cannot be read: no JSON"),
    )
    assert lines[lines.index("\nNotebooks that others handed in, and these did not") :] == [
        "\nNotebooks that others handed in, and these did not",
        "  bob: 05",
        "\nNot graded: look at these yourself",
        "  cem: the whole file; the file cannot be read: no JSON",
        "\nNothing is open",
        "  ada",
    ]


def test_each_exercise_shows_its_commonest_slip_first_and_whose_it_is():
    assert _class(
        ("ada", "surrogate_loss", "wrong", "Put a minus in front."),
        ("ada", "policy_ratio", "correct", "Well."),
        ("bob", "policy_ratio", "fragile", "It rounds to 0."),
        ("cem", "policy_ratio", "wrong", UPSIDE_DOWN),
        ("dee", "policy_ratio", "wrong", UPSIDE_DOWN),
    )[:9] == [
        "\nThe class: 4 learners, 5 notebooks",
        "\npolicy_ratio (04): 1 of 4 correct",  # in the order of the course
        f"  2 wrong: {UPSIDE_DOWN}",
        "      cem, dee",
        "  1 fragile: It rounds to 0.",
        "      bob",
        "\nsurrogate_loss (04): 0 of 1 correct",
        "  1 wrong: Put a minus in front.",
        "      ada",
    ]


def test_who_needs_help_who_needs_time_and_whom_a_teacher_must_grade_are_kept_apart():
    lines = _class(
        ("ada", "policy_ratio", "correct", ""),
        ("bob", "policy_ratio", "wrong", UPSIDE_DOWN),
        ("cem", "policy_ratio", "wrong", UPSIDE_DOWN),
        ("cem", "surrogate_loss", "not started", "Nothing yet."),
        ("dee", "", "not graded", "the file cannot be read: no JSON"),
        ("eve", "policy_ratio", "not graded", "It ended."),
        ("eve", "surrogate_loss", "not graded", "It ended."),
        ("fay", "policy_ratio", "fragile", "It rounds to 0."),
        ("fay", "surrogate_loss", "wrong", "Put a minus in front."),
    )
    assert lines[lines.index("\nWho needs help with what") :] == [
        "\nWho needs help with what",
        "  fay: policy_ratio (fragile), surrogate_loss",  # with most first
        "  bob, cem: policy_ratio",
        "\nNot written yet, or the cell is gone",
        "  cem: surrogate_loss",
        "\nNot graded: look at these yourself",
        "  dee: the whole file; the file cannot be read: no JSON",
        "  eve: policy_ratio, surrogate_loss; It ended.",
        "\nNothing is open",
        "  ada",
    ]


def test_of_two_copies_of_a_learner_the_better_one_counts_here_too():
    lines = _class(
        ("ada", "gae", "fragile", "f"), ("ada", "gae", "correct", ""), ("ada", "gae", "wrong", "w")
    )
    assert lines[1:] == ["\ngae (07): 1 of 1 correct", "\nNothing is open", "  ada"]


def test_who_is_not_graded_counts_neither_as_right_nor_as_wrong():
    ungraded = ("bob", "gae", "not graded", "It ended.")
    assert "\ngae (07): 1 of 1 correct" in _class(("ada", "gae", "correct", ""), ungraded)
    assert "\ngae (07): nobody is graded" in _class(ungraded)


def test_what_all_of_them_left_out_is_one_line_with_one_word():
    lines = _class(*((name, "gae", "not started", "Say.") for name in ("ada", "bob", "cem")))
    assert lines[1:4] == ["\ngae (07): 0 of 3 correct", "  3 not started", "      everybody"]


def test_no_line_is_longer_than_a_terminal_and_no_name_is_lost():
    names = [f"learner{number}" for number in range(40)]
    lines = _class(
        *((name, "gae", "wrong", "Words " * 40) for name in names), ("ada", "gae", "correct", "")
    )
    assert max(len(line) for line in lines) <= WIDTH
    text = " ".join(lines)
    assert all(re.search(rf"\b{name}\b", text) for name in names)


# ---- A class of thirty ---------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_thirty_copies_get_the_verdicts_that_were_planted_and_a_report_names_their_slips(
    tmp_path, capsys, monkeypatch
):
    paths = class_of_thirty.hand_in(tmp_path)
    class_ = list(class_of_thirty.learners())
    assert len(paths) == len(class_) + 1 == 30
    table = tmp_path / "grades.csv"
    monkeypatch.chdir(tmp_path)
    arguments = ["--csv", str(table), "--jobs", "4", "--seconds", "1800"]  # on a busy machine
    assert door.main(["grade", *map(str, paths), *arguments]) == 1  # two could not be graded
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(row["learner"].removeprefix("'"), row["exercise"]): row["status"] for row in rows}
    expected = {
        (learner.name, exercise): status
        for learner in class_
        for exercise, status in learner.deserves.items()
    }
    assert found == expected | {(class_of_thirty.UNREAD, ""): "not graded"}
    report = capsys.readouterr().out.partition("\nThe class: ")[2]
    assert report.startswith("30 learners, 30 notebooks\n\npolicy_ratio (04): ")
    ratio = report.partition("policy_ratio (04): ")[2].partition("proof_order (04): ")[0]
    slip = r" 5 wrong: Your ratio is upside down[^_]*?\n      ida, jan, kim, leo, mia\n"
    assert re.search(slip, ratio), ratio
    for line in (
        "  ida, jan, kim, leo, mia: policy_ratio, surrogate_loss\n",
        "  ned, ola, pia: policy_ratio (fragile)\n",
        "  xia: proof_order, surrogate_loss, finite_difference_gradient\n",
        f"  kai: policy_ratio, proof_order; {LOST[:40]}",
        "Nothing is open\n  ada, ben, cem, dee\n",
    ):
        assert line in report, report
