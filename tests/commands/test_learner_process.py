"""Which cells of a learner's notebook define exercises, and what is checked after each."""

from __future__ import annotations

import nbformat

from ppo_lesson.commands.learner_process import defined_exercises


def _cells(*sources: str) -> list[nbformat.NotebookNode]:
    return [nbformat.v4.new_code_cell(source) for source in sources]


def test_the_last_definition_of_an_exercise_counts():
    cells = _cells(
        "def my_score(logits, action):\n    raise NotImplementedError",
        "def my_gae(**steps): ...\n\ndef my_entropy(logits): ...",
        "def my_score(logits, action): ...",
        "check(SCORE, my_score)",
        "my_value_loss = lambda value, value_target: 0",
    )
    found = {position: set(ids) for position, ids in defined_exercises(cells).items()}
    assert found == {1: {"gae", "entropy"}, 2: {"score"}, 4: {"value_loss"}}


def test_text_cells_and_other_functions_define_nothing():
    text = nbformat.v4.new_markdown_cell("def my_score(logits, action): ...")
    assert defined_exercises([text, *_cells("def my_scorer(x): ...", "def score(x): ...")]) == {}
