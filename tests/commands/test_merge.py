"""What a learner wrote stands in the newer version of a notebook, cell by cell."""

from __future__ import annotations

import ast

import pytest
from nbformat import NotebookNode

from ppo_lesson.commands import notebook_form
from ppo_lesson.commands.merge import EXERCISE, STUCK, Merged, merge
from ppo_lesson.commands.own_folder import cell_digest
from ppo_lesson.files import course as course_folder
from tests.commands.conftest import CELLS, STUB, cells

ANSWER = STUB.replace("raise NotImplementedError", "return reward.cumsum(0)")
NEWER_STUB = STUB.replace("Take rewards", "Take rewards, (T,)").replace("lesson.GAE", "theirs.GAE")


def merged(
    own: dict[str, str] | list[NotebookNode],
    new: dict[str, str],
    taken: dict[str, str] | None = CELLS,
) -> Merged:
    """Merge sources; ``taken`` is what was copied, None if nobody knows."""
    mine = cells(own) if isinstance(own, dict) else own
    digests = taken and {cell.id: cell_digest(cell) for cell in cells(taken)}
    return merge(mine, digests, cells(new))


def sources(result: Merged) -> dict[str, str]:
    return {cell.id: cell.source for cell in result.cells}


@pytest.mark.parametrize("taken", [CELLS, None], ids=["known", "unknown"])
def test_an_answer_stands_under_the_newer_check_and_what_the_course_changed_is_changed(taken):
    newer = CELLS | {"reading": "2 + 2 + 2", "exercise-gae": NEWER_STUB}
    result = merged(CELLS | {"exercise-gae": ANSWER}, newer, taken)
    found = sources(result)
    assert list(found) == list(newer) and result.answers == ["exercise-gae"]
    assert found["exercise-gae"] == ANSWER.replace("lesson.GAE", "theirs.GAE")
    assert result.asked == (["exercise-gae"] if taken else [])  # unknown: nothing to compare with
    assert {id: found[id] for id in found if id != "exercise-gae"} == {
        id: source for id, source in newer.items() if id != "exercise-gae"
    }


@pytest.mark.parametrize("taken", [CELLS, None], ids=["known", "unknown"])
def test_added_cells_follow_the_cell_that_they_followed_also_when_that_moves(taken):
    own = {"aaaaaaaa": "# A note on top"} | CELLS | {"bbbbbbbb": "mine = 1", "cccccccc": "mine"}
    newer = {"title": CELLS["title"], "known": CELLS["known"], "new": "4"}
    newer |= {id: source for id, source in CELLS.items() if id not in newer}
    result = merged(own, newer, taken)
    order = list(sources(result))
    assert order[:5] == ["aaaaaaaa", "title", "known", "bbbbbbbb", "cccccccc"]
    assert order[5:] == ["new", "setup", "reading", "exercise-gae"] and result.own == 3


def test_a_cell_that_was_added_to_a_section_that_is_gone_follows_what_is_left_of_it():
    own = {**CELLS, "known": "## What you now know"}
    own = {id: own[id] for id in ("title", "setup", "reading")} | {"aaaaaaaa": "mine"}
    newer = {id: source for id, source in CELLS.items() if id != "reading"}
    assert list(sources(merged(own, newer)))[:3] == ["title", "setup", "aaaaaaaa"]


def test_another_cell_keeps_an_edit_that_meets_no_change_of_the_course():
    result = merged(CELLS | {"reading": "2 + 40"}, CELLS | {"setup": "new = 1"})
    assert sources(result) == CELLS | {"reading": "2 + 40", "setup": "new = 1"}
    assert result.kept == ["reading"] and result.given_up == []


def test_where_both_changed_a_cell_the_courses_stands_and_that_is_said():
    newer = CELLS | {"reading": "2 + 2 + 2"}
    result = merged(CELLS | {"reading": "2 + 40"}, newer)
    assert sources(result) == newer and result.given_up == ["2 + 40"] and result.edited


def test_both_made_the_same_change():
    newer = CELLS | {"reading": "2 + 2 + 2"}
    result = merged(newer, newer)
    assert sources(result) == newer and result.given_up == [] and result.kept == []


def test_running_reordering_ends_of_lines_and_an_empty_cell_at_the_end():
    ran = cells(CELLS)
    for cell in ran:
        cell.source = cell.source.replace("\n", "\r\n") + "\n"
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = 7, [{"output_type": "stream", "text": "4"}]
    assert not merged([*ran, *cells({"dddddddd": "  "})], CELLS).edited
    assert merged(ran[::-1], CELLS).edited and merged(ran[1:], CELLS).edited


def test_a_cell_that_was_deleted_is_there_again_and_counts_as_work():
    result = merged({id: CELLS[id] for id in list(CELLS)[:3]}, CELLS)
    assert sources(result) == CELLS and result.edited


def test_an_answer_to_an_exercise_that_is_gone_stays_without_its_check():
    newer = {id: source for id, source in CELLS.items() if id != "exercise-gae"}
    for taken in (CELLS, None):
        result = merged(CELLS | {"exercise-gae": ANSWER}, newer, taken)
        assert sources(result)["exercise-gae"] == ANSWER.partition("\n\n\n# Stuck?")[0]
        assert result.own == 1
        assert "exercise-gae" not in sources(merged(CELLS, newer, taken))  # a stub is no answer


HALF_DONE = STUB.replace("    raise", "    # the sum of what follows?\n    raise")


@pytest.mark.parametrize("taken", [CELLS, None], ids=["known", "unknown"])
@pytest.mark.parametrize(
    "work",
    [
        HALF_DONE,
        STUB.replace("raise NotImplementedError", "pass"),
        STUB + "\nmy_gae(3)",
        "x = 3\n" + STUB,
        "%%time\n" + ANSWER,
        "def my_gae(reward:\n",
    ],
    ids=["a remark", "pass", "a call", "a line", "a magic", "no Python"],
)
def test_whatever_was_begun_is_work(work, taken):
    result = merged(CELLS | {"exercise-gae": work}, CELLS | {"exercise-gae": NEWER_STUB}, taken)
    kept = sources(result)["exercise-gae"]
    own_lines = [line for line in work.splitlines() if not line.startswith((STUCK, "check("))]
    assert all(line in kept.splitlines() for line in own_lines)
    assert result.answers == ["exercise-gae"]


@pytest.mark.parametrize("taken", [CELLS, None], ids=["known", "unknown"])
def test_a_stub_and_an_emptied_cell_are_no_answers(taken):
    for own in (STUB, " \n"):
        result = merged(CELLS | {"exercise-gae": own}, CELLS | {"exercise-gae": NEWER_STUB}, taken)
        assert sources(result)["exercise-gae"] == NEWER_STUB and result.answers == []


def test_a_check_over_several_lines_is_replaced_and_one_that_shares_its_line_is_left():
    newer = CELLS | {"exercise-gae": NEWER_STUB}
    spread = ANSWER.replace("check(lesson.GAE, my_gae)", "check(\n    lesson.GAE,\n    my_gae,\n)")
    assert sources(merged(CELLS | {"exercise-gae": spread}, newer))["exercise-gae"].endswith(
        "\n\n\n# Stuck? hint(theirs.GAE), show_solution(theirs.GAE)\ncheck(theirs.GAE, my_gae)"
    )
    shared = ANSWER.replace("check(", "x = 1; check(")
    assert sources(merged(CELLS | {"exercise-gae": shared}, newer))["exercise-gae"] == shared


def test_without_ids_or_with_colabs_cells_are_known_by_what_stands_in_them():
    own = cells(CELLS | {"exercise-gae": ANSWER, "bbbbbbbb": "mine = 1"})
    for cell in own:
        cell.metadata.id = cell.id if cell.id == "reading" else ""
        del cell["id"]
    result = merged(own, CELLS)
    added = [id for id in sources(result) if id not in CELLS]
    assert sources(result) == CELLS | {"exercise-gae": ANSWER, added[0]: "mine = 1"}
    assert result.own == 1 and result.answers == ["exercise-gae"] and len(added[0]) == 8


def test_ids_are_unique_when_a_cell_was_doubled():
    own = cells(CELLS)
    double = NotebookNode({**own[2], "source": "2 + 40"})
    result = merged([double, *own], CELLS)
    ids = [cell.id for cell in result.cells]
    assert len(set(ids)) == len(ids) == len(CELLS) + 1
    assert {"2 + 40", "2 + 2"} <= set(sources(result).values())


def test_two_versions_back_with_nothing_known_everything_is_the_newer_courses_but_the_work():
    first = {"title": "# A first lesson", "old-check": "check(GAE)", "exercise-gae": ANSWER}
    result = merged(first | {"aaaaaaaa": "mine"}, CELLS, taken=None)
    assert list(sources(result)) == [
        "title",
        "setup",
        "reading",
        "exercise-gae",
        "aaaaaaaa",
        "known",
    ]
    assert sources(result)["title"] == CELLS["title"] and result.given_up == ["# A first lesson"]


def test_every_exercise_of_the_course_has_an_end_that_can_be_replaced():
    found = 0
    for path in course_folder().glob("*.ipynb"):
        for cell in notebook_form.read(path).cells:
            if cell.id.startswith(EXERCISE):
                found += 1
                stub, *others = ast.parse(cell.source).body
                assert isinstance(stub, ast.FunctionDef) and len(others) == 1, cell.id
                own = [NotebookNode({**cell, "source": cell.source.replace("raise ", "return ")})]
                new = [NotebookNode({**cell, "source": cell.source.replace("lesson.", "theirs.")})]
                result = merge(own, {cell.id: cell_digest(cell)}, new).cells[0].source
                assert result.count("check(") == 1 and "return NotImplementedError" in result
                assert "lesson." not in result and "theirs." in result, cell.id
    assert found > 30
