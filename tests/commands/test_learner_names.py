"""A learner's name is told from the path: two are never taken for one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from ppo_lesson.commands.learner_names import by_path, by_pattern

FIRST, SECOND = "02_importance_sampling", "06_staying_proximal"


def _names(*paths: str, asked: Sequence[str] = ()) -> list[str]:
    """Take notebooks with one exercise each, by default named in the file's name."""
    wanted = asked or [next((n for n in (FIRST, SECOND) if n in path), "other") for path in paths]
    return by_path([Path(path) for path in paths], [[exercise] for exercise in wanted])


@pytest.mark.parametrize(
    ("paths", "learners"),
    [
        # nbgrader's and an LMS's folders, with one lesson or two
        ([f"submitted/alice/{FIRST}", f"submitted/bob/{FIRST}"], ["alice", "bob"]),
        ([f"alice/ps1/{FIRST}", f"bob/ps1/{FIRST}"], ["alice", "bob"]),
        (
            [f"alice/ps1/{FIRST}", f"alice/ps2/{SECOND}", f"bob/ps1/{FIRST}", f"bob/ps2/{SECOND}"],
            ["alice", "alice", "bob", "bob"],
        ),
        # the lesson's folder above the learner's
        (
            [f"ps1/alice/{FIRST}", f"ps1/bob/{FIRST}", f"ps2/alice/{SECOND}", f"ps2/bob/{SECOND}"],
            ["alice", "bob", "alice", "bob"],
        ),
        ([f"alice/{FIRST}", f"bob/deep/{FIRST}"], ["alice", "bob"]),
        # all in one folder, the name before or behind the lesson's
        ([f"{FIRST}_alice", f"bob-{FIRST}"], ["alice", "bob"]),
        (["alice", "bob"], ["alice", "bob"]),
        ([f"{FIRST}_alice", FIRST], ["alice", FIRST]),
        # several lessons of one learner; one file
        ([f"alice/{FIRST}", f"alice/{SECOND}"], ["alice", "alice"]),
        ([f"alice/{FIRST}"], ["alice"]),
        (["homework_ben"], ["homework_ben"]),
        # names that would be one without their lesson, or that no single part tells apart
        ([f"{FIRST}_alice", f"alice_{FIRST}"], [f"{FIRST}_alice", f"alice_{FIRST}"]),
        (
            [f"a/x/{FIRST}", f"a/y/{FIRST}", f"b/x/{FIRST}"],
            [f"a/x/{FIRST}", f"a/y/{FIRST}", f"b/x/{FIRST}"],
        ),
        # a copy beside the file changes no name; what a browser calls (1) may be another's
        (
            [f"ada/{FIRST}", f"ada/{FIRST}-Copy1", f"ada/{SECOND}", f"bob/{FIRST}"],
            ["ada", "ada", "ada", "bob"],
        ),
        (
            [f"ada/{FIRST}", f"ada/.ipynb_checkpoints/{FIRST}-checkpoint", f"bob/{FIRST}"],
            ["ada", "ada", "bob"],
        ),
        ([f"ada/{FIRST}", f"ada/{SECOND} - Copy (2)"], ["ada", "ada"]),
        (["ada", "ada copy 2", "bob"], ["ada", "ada", "bob"]),
        # What `ppo-lesson update` and `reset` set aside.
        (["ada", "ada-2026-11-26", "ada-2026-11-26-2", "bob"], ["ada", "ada", "ada", "bob"]),
        ([FIRST, f"{FIRST} (1)"], [FIRST, "(1)"]),
        # Canvas numbers what is handed in again, behind the lesson's name
        ([f"ada_{FIRST}-1", f"ada1_{SECOND}"], ["ada-1", "ada1"]),
    ],
)  # fmt: skip
def test_the_learner_is_the_part_of_the_path_that_tells_learners_apart(paths, learners):
    assert _names(*(f"{path}.ipynb" for path in paths)) == learners


def test_file_names_alone_decide_where_folders_hold_lessons():
    paths = ["one/ada.ipynb", "one/bob.ipynb", "two/ada.ipynb", "two/bob.ipynb"]
    assert _names(*paths, asked=["gae", "gae", "score", "score"]) == ["ada", "bob", "ada", "bob"]


def test_a_pattern_names_the_learner_by_its_group():
    paths = [Path("hw/alice_17/x.ipynb"), Path("hw/bob_4/x.ipynb")]
    assert by_pattern(paths, re.compile(r"/([^/_]+)_\d")) == ["alice", "bob"]
    named = re.compile(r"(\w+)/(?P<learner>[^/]+)/")
    assert by_pattern(paths, named) == ["alice_17", "bob_4"]


def test_a_path_in_which_the_pattern_is_not_found_stands_for_itself():
    paths = [Path("hw/alice/x.ipynb"), Path("stray.ipynb")]
    assert by_pattern(paths, re.compile("hw/([^/]*)")) == ["alice", "stray.ipynb"]
    with pytest.raises(ValueError, match=r"found in no path, as in 'hw/alice/x\.ipynb'"):
        by_pattern(paths, re.compile("submitted/([^/]*)"))
