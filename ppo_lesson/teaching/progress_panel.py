"""A table of what this learner has done; apart from the file, because the quiz imports that."""

from __future__ import annotations

import html
from collections.abc import Sequence

from IPython.display import display

from ppo_lesson.teaching.exercise import Lesson
from ppo_lesson.teaching.progress import recall

Rows = list[tuple[str, str]]


def show_progress(lessons: Sequence[Lesson]) -> None:
    """Display a table per notebook: the state of each exercise, and questions answered right."""
    tables = [(lesson.notebook, _rows(lesson)) for lesson in lessons]
    exercises = [exercise.id for lesson in lessons for exercise in lesson.exercises]
    questions = [question.id for lesson in lessons for question in lesson.questions]
    passed = sum(_state(name).startswith("passed") for name in exercises)
    summary = (
        f"Exercises passed: {passed} of {len(exercises)}. "
        f"Questions answered right: {_kept('questions', questions)} of {len(questions)}."
    )
    display({"text/html": _html(summary, tables), "text/plain": _plain(summary, tables)}, raw=True)


def _rows(lesson: Lesson) -> Rows:
    rows = [(exercise.id, _state(exercise.id)) for exercise in lesson.exercises]
    for label, kind, asked in (
        ("Predictions locked in", "predictions", lesson.predictions),
        ("Questions answered right", "questions", lesson.questions),
        ("Questions answered in your own words", "notes", lesson.open_questions),
    ):
        if asked:
            done = _kept(kind, [question.id for question in asked])
            rows.append((label, f"{done} of {len(asked)}"))
    return rows


def _kept(kind: str, ids: Sequence[str]) -> int:
    """Count the ids with something kept; an emptied note is nothing."""
    return sum(bool(recall(kind, name)) for name in ids)


def _state(exercise_id: str) -> str:
    kept = recall("exercises", exercise_id) or {"best": "not started", "last": "not started"}
    if kept["best"] == "not started":
        return "not started"
    state = "passed" if kept["best"] == "correct" else "tried"
    return state if kept["best"] == kept["last"] else f"{state} (last check: {kept['last']})"


def _html(summary: str, tables: Sequence[tuple[str, Rows]]) -> str:
    parts = [f"<p>{html.escape(summary)}</p>"]
    for notebook, rows in tables:
        body = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(task)}</th>"
            f"<td style='text-align:left'>{html.escape(state)}</td></tr>"
            for task, state in rows
        )
        parts.append(
            "<table style='font-size:14px; margin:0 0 1em 0'>"
            "<caption style='text-align:left; font-size:14px; font-weight:bold'>"
            f"{html.escape(notebook)}</caption><thead><tr><th scope='col' style='text-align:left'>"
            "Task</th><th scope='col' style='text-align:left'>State</th></tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )
    return f"<div style='font-size:14px'>{''.join(parts)}</div>"


def _plain(summary: str, tables: Sequence[tuple[str, Rows]]) -> str:
    lines = [summary]
    for notebook, rows in tables:
        width = max((len(task) for task, _ in rows), default=0)
        lines += ["", notebook, *(f"  {task.ljust(width)}  {state}" for task, state in rows)]
    return "\n".join(lines)
