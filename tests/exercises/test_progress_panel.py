from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ppo_lesson.exercises import progress_panel
from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.exercises.progress import record
from ppo_lesson.exercises.progress_panel import show_progress
from ppo_lesson.exercises.questions import OpenQuestion, Option, Question


def exercise(name: str) -> Exercise:
    return Exercise(name, "", abs, (), ("", "", ""), ())


def question(name: str) -> Question:
    options = (Option("a", "1", True), Option("b", "2"), Option("c", "3"))
    return Question(name, "Why?", options)


LESSONS = [
    Lesson(
        "02_importance_sampling",
        exercises=tuple(map(exercise, ("passed", "tried", "failed_later", "stub", "new"))),
        questions=(question("first"), question("second")),
        predictions=(question("guess"),),
        open_questions=(OpenQuestion("open", "concept 1", "Why?", "So.", ("It is so.",)),),
    ),
    Lesson("03_exploding_<weights>", exercises=(exercise("other"),)),
]
EXERCISES = {
    "passed": ("wrong", "correct"),
    "tried": ("wrong",),
    "failed_later": ("correct", "wrong"),
    "stub": ("not started",),
}


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Collect what is displayed, of a learner who starts with nothing."""
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path))
    displayed: list[dict[str, str]] = []
    monkeypatch.setattr(progress_panel, "display", lambda data, raw: displayed.append(data))
    return displayed


def test_the_text_names_the_state_of_each_exercise_and_counts_the_rest(shown) -> None:
    for name, statuses in EXERCISES.items():
        for status in statuses:
            record("exercises", name, status)
    record("questions", "second", True)
    record("predictions", "guess", "a")
    record("notes", "open", "")  # emptied again
    show_progress(LESSONS)
    assert (
        shown[0]["text/plain"]
        == """\
Exercises passed: 2 of 6. Questions answered right: 1 of 2.

02_importance_sampling
  passed                      passed
  tried                       tried
  failed_later                passed (last check: wrong)
  stub                        not started
  new                         not started
  Predictions locked in       1 of 1
  Questions answered right    1 of 2
  Answered in your own words  0 of 1

Nothing done yet: 03_exploding_<weights>."""
    )


def test_of_one_notebook_all_is_shown_also_before_anything_is_done(shown) -> None:
    show_progress(LESSONS[1:])
    assert shown[0]["text/plain"].endswith("03_exploding_<weights>\n  other  not started")


@pytest.mark.parametrize(
    ("kind", "id", "value"),
    [("exercises", "other", "wrong"), ("questions", "first", True), ("notes", "open", "a")],
)
def test_of_several_notebooks_one_that_was_begun_has_a_table(shown, kind, id, value) -> None:
    show_progress(LESSONS)
    nothing = "Nothing done yet: 02_importance_sampling, 03_exploding_<weights>."
    assert shown[0]["text/plain"].splitlines()[2:] == [nothing]
    record(kind, id, value)
    show_progress(LESSONS)
    assert shown[1]["text/html"].count("<table") == 1


def test_the_tables_have_captions_and_header_cells_and_say_the_same_as_the_text(shown) -> None:
    record("exercises", "passed", "correct")
    record("exercises", "other", "wrong")
    show_progress(LESSONS)
    page = ElementTree.fromstring(shown[0]["text/html"])  # well-formed: all is escaped
    tables = list(page.iter("table"))
    assert [table.findtext("caption") for table in tables] == [x.notebook for x in LESSONS]
    for table in tables:
        assert [head.get("scope") for head in table.findall("thead/tr/th")] == ["col", "col"]
    rows = [(row.findtext("th[@scope='row']"), row.findtext("td")) for row in page.iter("tr")]
    lines = [line.split("  ", 1) for line in shown[0]["text/plain"].splitlines()]
    texts = [" ".join(" ".join(line[1:]).split()) for line in lines if line[0] == ""]
    assert [f"{task} {state}" for task, state in rows if task] == [text for text in texts if text]


def test_where_no_progress_can_be_read_nothing_is_begun(shown, tmp_path) -> None:
    (tmp_path / "progress.json").mkdir()
    show_progress(LESSONS)
    assert shown[0]["text/plain"].startswith("Exercises passed: 0 of 6.")
