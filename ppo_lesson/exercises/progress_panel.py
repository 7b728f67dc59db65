"""A table of what this learner has done."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from IPython.display import display

from ppo_lesson.exercises.exercise import Exercise, Lesson
from ppo_lesson.exercises.progress import recall_all
from ppo_lesson.exercises.questions import OpenQuestion, Question

Rows = list[tuple[str, str]]
Kept = dict[str, dict[str, Any]]


def show_progress(lessons: Sequence[Lesson]) -> None:
    """Display a table per notebook: the state of each exercise, and questions answered right.

    Of several notebooks, those in which nothing was done are only named, in one line.
    """
    kept = recall_all()
    tables = [(lesson.notebook, _rows(lesson, kept)) for lesson in lessons]
    untouched = [table for table in tables if len(tables) > 1 and not _is_begun(table[1])]
    tables = [table for table in tables if table not in untouched]
    names = ", ".join(notebook for notebook, _ in untouched)
    exercises = [exercise for lesson in lessons for exercise in lesson.exercises]
    questions = [question for lesson in lessons for question in lesson.questions]
    passed = sum(_state(exercise, kept).startswith("passed") for exercise in exercises)
    summary = (
        f"Exercises passed: {passed} of {len(exercises)}. "
        f"Questions answered right: {_done(questions, kept['questions'])}."
    )
    last = f"Nothing done yet: {names}." if names else ""
    page, text = _html(summary, tables, last), _plain(summary, tables, last)
    display({"text/html": page, "text/plain": text}, raw=True)


def _rows(lesson: Lesson, kept: Kept) -> Rows:
    rows = [(exercise.id, _state(exercise, kept)) for exercise in lesson.exercises]
    counts = (
        ("Predictions locked in", lesson.predictions, "predictions"),
        ("Questions answered right", lesson.questions, "questions"),
        ("Answered in your own words", lesson.open_questions, "notes"),
    )
    return rows + [(label, _done(asked, kept[kind])) for label, asked, kind in counts if asked]


def _is_begun(rows: Rows) -> bool:
    return any(state != "not started" and not state.startswith("0 of") for _, state in rows)


def _done(asked: Sequence[Question | OpenQuestion], kept: dict[str, Any]) -> str:
    """Count the questions of which something is kept; an emptied note is nothing."""
    return f"{sum(bool(kept.get(question.id)) for question in asked)} of {len(asked)}"


def _state(exercise: Exercise, kept: Kept) -> str:
    status = kept["exercises"].get(exercise.id, {"best": "not started"})
    if status["best"] == "not started":
        return "not started"
    state = "passed" if status["best"] == "correct" else "tried"
    return state if status["best"] == status["last"] else f"{state} (last check: {status['last']})"


def _html(summary: str, tables: Sequence[tuple[str, Rows]], last: str) -> str:
    parts = []
    for notebook, rows in tables:
        body = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(task)}</th>"
            f"<td style='text-align:left'>{html.escape(state)}</td></tr>"
            for task, state in rows
        )
        parts.append(
            "<table style='font-size:14px; margin:0 0 1em 0; table-layout:fixed; width:36em'>"
            "<caption style='text-align:left; font-size:14px; font-weight:bold'>"
            f"{html.escape(notebook)}</caption><thead><tr><th scope='col' style='text-align:left'>"
            "Task</th><th scope='col' style='text-align:left'>State</th></tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )
    return (
        f"<div style='font-size:14px'><p>{html.escape(summary)}</p>"
        "<div style='display:flex; flex-wrap:wrap; gap:0 40px; align-items:flex-start'>"
        f"{''.join(parts)}</div><p>{html.escape(last)}</p></div>"
    )


def _plain(summary: str, tables: Sequence[tuple[str, Rows]], last: str) -> str:
    lines = [summary]
    for notebook, rows in tables:
        width = max((len(task) for task, _ in rows), default=0)
        lines += ["", notebook, *(f"  {task.ljust(width)}  {state}" for task, state in rows)]
    return "\n".join([*lines, *(["", last] if last else [])])
