"""Collects what users read: notebooks, lessons, README and the like, as plain prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ppo_lesson.commands import notebook_form, notebooks
from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.exercises.questions import OpenQuestion, Question
from ppo_lesson.lessons import LESSONS
from ppo_lesson.lessons.glossary import GLOSSARY
from ppo_lesson.lessons.notation import NOTATION

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "TEACHING.md", "CHANGELOG.md")
# Not prose: blocks and pieces of code, formulas, addresses, tags; a title in italics after a year,
# which is spelt as its authors spelt it.
NO_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|(?<=\])\([^)\s]*\)|https?://\S+|<[^<>]*>"
    r"|(?<=\b\d{4}\)), \*[^*]*\*",
    re.DOTALL,
)
# Not the end of a paragraph, nor before a heading, a row of a table or an item of a list.
LINE_BREAK = re.compile(r"(?<!\n) *\n(?! *(?:\n|[-*|#>]|\d+\.))")

Texts = Iterator[tuple[str, str]]


def of_notebook(path: Path) -> Texts:
    """Yield where each markdown cell stands, and its prose."""
    for cell in notebook_form.read(path).cells:
        if cell.cell_type == "markdown":
            yield f"{path.stem}: {cell.id}", prose(cell.source)


def of_lesson(lesson: Lesson) -> Texts:
    """Yield the texts of exercises, hints, slips and questions."""
    for exercise in lesson.exercises:
        for text in exercise_texts(exercise):
            yield f"{lesson.notebook}: {exercise.id}", prose(text)
    for question in (*lesson.questions, *lesson.predictions, *lesson.open_questions):
        for text in question_texts(question):
            yield f"{lesson.notebook}: {question.id}", prose(text)


def exercise_texts(exercise: Exercise) -> Iterator[str]:
    """Yield all that a learner may read of an exercise."""
    yield exercise.prompt
    yield from exercise.hints
    yield from (mistake.sentence for mistake in exercise.mistakes)
    yield from (property_.sentence for property_ in exercise.properties)
    yield from (case.label for case in exercise.cases)


def question_texts(question: Question | OpenQuestion) -> Iterator[str]:
    """Yield all that a learner may read of a question."""
    yield question.prompt
    if isinstance(question, Question):
        yield from (text for option in question.options for text in (option.text, option.feedback))
    else:
        yield from (question.model_answer, *question.rubric)


def of_everything() -> Texts:
    """Yield every text of every notebook, lesson and page."""
    for path in notebooks.find([])[0]:
        yield from of_notebook(path)
    for lesson in LESSONS.values():
        yield from of_lesson(lesson)
    for entry in (*GLOSSARY, *(symbol for group in NOTATION.values() for symbol in group)):
        yield f"{type(entry).__name__}: {entry.meaning}", prose(entry.meaning)
    for name in PAGES:
        yield name, prose((ROOT / name).read_text(encoding="utf-8"))


def prose(text: str) -> str:
    """Leave out what is not prose, and write each paragraph as one line."""
    return LINE_BREAK.sub(" ", NO_PROSE.sub(" ", text))
