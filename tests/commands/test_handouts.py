"""A handout asks each exercise once and has room to write; the key is apart."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import handouts, notebooks, page_html
from ppo_lesson.exercises.exercise import Lesson
from ppo_lesson.lessons import LESSONS

PATHS, _ = notebooks.find([])
LESSON = LESSONS["02_importance_sampling"]


@pytest.fixture
def undrawn(monkeypatch):
    """Leave formulas and Markdown as they are written."""
    monkeypatch.setattr(page_html, "formula", lambda latex, *, block: f"[{latex.strip()}]")
    monkeypatch.setattr(page_html, "markdown", lambda text: f"<p>{text}</p>")


def test_a_handout_asks_everything_once_and_answers_nothing(undrawn):
    page = handouts.sheet(LESSON)
    for number, exercise in enumerate(LESSON.exercises, start=1):
        assert page.count(exercise.prompt) == 1
        assert page.count(f"Exercise {number}, about {exercise.minutes:g} minutes") == 1
    for question in LESSON.questions:
        assert page.count(page_html.plain(question.prompt)) == 1
        assert page_html.plain(question.answer.feedback) not in page
        assert all(page_html.plain(option.text) in page for option in question.options)
    for question in LESSON.open_questions:
        assert page.count(page_html.plain(question.prompt)) == 1
        assert page_html.plain(question.rubric[0]) not in page


def test_there_is_more_room_to_write_where_an_exercise_takes_longer(undrawn):
    rooms = [
        len(re.findall("<div></div>", handouts._exercise(1, exercise)))
        for exercise in sorted(LESSON.exercises, key=lambda exercise: exercise.minutes)
    ]
    assert rooms == sorted(rooms) and rooms[0] >= 4


def test_the_key_has_the_solutions_and_why_each_option_is_wrong(undrawn):
    page = handouts.key(LESSON)
    for exercise in LESSON.exercises:
        assert page.count(f">my_{exercise.id}<") == 1
    for question in LESSON.questions:
        assert all(page_html.plain(option.feedback) in page for option in question.options)
    for question in LESSON.open_questions:
        assert all(page_html.plain(point) in page for point in question.rubric)


def test_an_option_becomes_a_sentence():
    assert handouts._sentence("One third") == "One third."
    assert handouts._sentence("None warns you.") == "None warns you."


def test_a_page_has_the_title_of_its_notebook_and_spells_formulas_out_below(undrawn):
    page = handouts.sheet(LESSONS["12_grpo_and_after"])
    assert "<h1>12 GRPO and after: handout</h1>" in page
    page = handouts.key(LESSONS["05_away_from_theta_old"])
    assert r"<h1>05 Away from [\theta_{old}]: the cliff" in page
    assert "<title>05 Away from theta_old: the cliff" in page


def test_questions_in_own_words_have_one_heading_and_numbers_and_the_key_repeats_them(undrawn):
    lesson = LESSONS["13_beyond_one_machine"]
    for page in (handouts.sheet(lesson), handouts.key(lesson)):
        assert page.count("In your own words") == 1
        asked = page.partition("In your own words")[2]
        for number, question in enumerate(lesson.open_questions, start=1):
            prompt = page_html.plain(question.prompt)
            assert len(re.findall(rf"<p>{number}\. (?:<b>)?{re.escape(prompt)}", asked)) == 1


def test_a_lesson_without_questions_has_no_heading_for_them(undrawn):
    assert "Questions" not in handouts.sheet(Lesson(LESSON.notebook, exercises=LESSON.exercises))


def test_a_file_of_somebody_else_is_not_written_over(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(page_html, "require", lambda *names: None)
    mine = tmp_path / "02_importance_sampling_key.pdf"
    mine.write_text("mine")
    assert door.main(["handouts", str(tmp_path), "02"]) == 2
    assert mine.read_text() == "mine" and list(tmp_path.iterdir()) == [mine]
    assert capsys.readouterr().err.startswith(f"error: {mine}: it is there already")


def test_without_the_extra_or_an_unknown_notebook_nothing_is_written(monkeypatch, tmp_path, capsys):
    assert door.main(["handouts", str(tmp_path / "new"), "99"]) == 2
    assert "'99'" in capsys.readouterr().err
    monkeypatch.setattr(page_html, "find_spec", lambda name: None)
    assert door.main(["handouts", str(tmp_path / "new")]) == 2
    assert "ppo-lesson[classroom]" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_where_there_is_no_browser_one_sentence_says_so(monkeypatch):
    class Playwright:
        class chromium:
            executable_path = "/nowhere/chrome"

    monkeypatch.setattr(handouts.shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match=r"^no Chromium found to print with; "):
        handouts.chromium(Playwright)


def letters(text: str) -> str:
    """Leave the letters and digits alone: lines break, and ligatures come apart, as they like."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def words_of(prompt: str) -> list[str]:
    """Take what a prompt says between its formulas, in pieces long enough to be its own."""
    pieces = re.split(r"\$\$.+?\$\$|\$.+?\$|\n", prompt, flags=re.DOTALL)
    return [letters(piece) for piece in pieces if len(letters(piece)) >= 40]


@pytest.mark.browser
@pytest.mark.exhaustive
@pytest.mark.skipif(not find_spec("ziamath"), reason='pip install -e ".[test,classroom]"')
@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_what_is_printed_holds_each_prompt_once_and_the_key_apart(name: str, tmp_path: Path):
    from pypdf import PdfReader

    sheet, key = handouts.write(tmp_path, [name])
    printed = {path: PdfReader(path).pages for path in (sheet, key)}
    text = letters(" ".join(page.extract_text() for page in printed[sheet]))
    for exercise in LESSONS[name].exercises:
        for words in words_of(exercise.prompt):
            asking = [other for other in LESSONS[name].exercises if words in letters(other.prompt)]
            assert text.count(words) == len(asking), (exercise.id, words)
        assert text.count(letters(f"def my_{exercise.id}(")) == 1
    answers = letters(" ".join(page.extract_text() for page in printed[key]))
    for question in LESSONS[name].questions:
        feedback = letters(question.answer.feedback.partition("$")[0])
        assert feedback[:60] in answers and (len(feedback) < 40 or feedback[:60] not in text)
    assert all(page.mediabox.width == pytest.approx(595, abs=1) for page in printed[sheet])
