"""A poll asks one question in large letters, tells nothing at first, and leads to the explorer."""

from __future__ import annotations

import html

import pytest

from ppo_lesson.commands import polls
from ppo_lesson.exercises.questions import Option, Question
from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS
from ppo_lesson.lessons import LESSONS
from ppo_lesson.lessons.routes import POLLS

QUESTIONS = {
    question.id: (name[:2], question)
    for name, lesson in LESSONS.items()
    for question in (*lesson.questions, *lesson.predictions)
}


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_is_asked_for_by_a_question_of_its_notebook(name):
    notebook, question = QUESTIONS[POLLS[name]]
    assert notebook in NOTEBOOKS[name]
    page = polls.body(question, "It", f"{name}.html")
    assert page.count("<i></i>") == len(question.options)
    assert page.count('<button type="button" class="answer"') == 1
    for option in question.options:
        assert f"<span>{html.escape(option.text)}</span>" in page
        assert page.count(html.escape(option.feedback)) == 1  # for the script, not to be seen
    assert "$" not in question.prompt  # nothing draws a formula here


def test_five_options_are_refused_as_e_opens_the_explorer():
    options = tuple(Option(f"{k}", f"no {k}", correct=k == 0) for k in range(5))
    with pytest.raises(ValueError, match=r"^question: expected at most four options, got 5"):
        polls.body(Question("many", "Which?", options), "It", "it.html")
