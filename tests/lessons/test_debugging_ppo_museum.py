"""The exhibits without a name: every fault is asked for once, and nothing tells before."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.lessons.debugging_ppo import museum as lesson
from ppo_lesson.lessons.debugging_ppo.museum import EXHIBITS, MUSEUM
from ppo_lesson.lessons.debugging_ppo.silent import SILENT
from ppo_lesson.museum import record as museum
from ppo_lesson.museum.detectors import one_step
from ppo_lesson.museum.record import FAULTS

QUESTIONS = (*MUSEUM, *SILENT)


def test_every_fault_is_an_exhibit_with_a_question() -> None:
    assert sorted(EXHIBITS.values()) == sorted(FAULTS)
    assert [question.id for question in QUESTIONS] == [f"museum-{x.lower()}" for x in EXHIBITS]
    for letter, question in zip(EXHIBITS, QUESTIONS, strict=True):
        assert question.answer.text == lesson.fault(letter).title
        assert question.prompt.startswith(f"Exhibit {letter}. ")
        assert question.answer.text not in question.prompt


def test_the_options_are_causes_from_the_museum() -> None:
    titles = {fault.title for fault in FAULTS.values()}
    for question in QUESTIONS:
        assert {option.text for option in question.options} <= titles
        assert len(question.options) == 4


def test_no_place_among_the_options_is_the_right_one_too_often() -> None:
    places = [[option.correct for option in question.options].index(True) for question in QUESTIONS]
    assert max(places.count(k) for k in range(4)) <= 5
    assert min(places.count(k) for k in range(4)) >= 2


def test_a_question_does_not_read_the_picture_aloud() -> None:
    for question in MUSEUM:
        assert question.prompt == f"Exhibit {question.id[-1].upper()}. What is the cause?"
    for question in SILENT:
        assert " A test " in question.prompt


def test_the_right_cause_is_the_longest_no_more_often_than_by_chance() -> None:
    lengths = [[len(option.text) for option in question.options] for question in QUESTIONS]
    longest = [max(row) == len(q.answer.text) for row, q in zip(lengths, QUESTIONS, strict=True)]
    assert sum(longest) <= len(QUESTIONS) / 4


def test_the_curves_of_an_exhibit_are_those_of_its_fault() -> None:
    stored = museum.read()
    for letter, name in EXHIBITS.items():
        assert torch.equal(lesson.curves(letter)["entropy"], stored[name]["entropy"])


def test_a_letter_without_an_exhibit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"letter: expected one of A, B, .*, got 'Z'"):
        lesson.fault("Z")


def test_the_numbers_of_the_questions_are_those_of_the_tests() -> None:
    stopped = {"terminated": False, "truncated": True}
    wrong = {name: FAULTS[name].wrong for name in FAULTS if FAULTS[name].part == "gae"}
    found = {name: round(one_step(gae, **stopped), 4) for name, gae in wrong.items()}
    assert found == {"lost-last-step": 0, "swapped-sign": -7, "truncation-as-termination": -2}
