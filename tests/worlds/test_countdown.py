"""The language of sums: every response once, values by Python's own arithmetic, rewards as said."""

from __future__ import annotations

import functools
import itertools
import math

import pytest
import torch

from ppo_lesson.worlds import countdown

EVERY = countdown.sentences()
ROWS = [tuple(row) for row in EVERY.token.tolist()]


@functools.cache
def texts() -> list[str]:
    return [countdown.text(token) for token in EVERY.token]


def by_python(said: str) -> float:
    """Work a response out with eval, or NaN: digits and signs in turn, a full stop at the end."""
    words = said.split()
    if len(words) % 2 or words[-1] != "." or "." in words[:-1]:
        return math.nan
    digits, signs = words[:-1:2], words[1:-1:2]
    if not set(digits) <= set("123") or not set(signs) <= set("+-x"):
        return math.nan
    return float(eval("".join(words[:-1]).replace("x", "*")))


def test_every_response_is_there_once():
    assert len(EVERY) == sum(6**k for k in range(6)) + 6**6 == 55_987
    assert len(set(ROWS)) == len(EVERY) == len(set(texts()))
    assert countdown.length().min() == 1 and countdown.length().max() == countdown.MAX_LENGTH
    assert [int((countdown.length() == k + 1).sum()) for k in range(5)] == [6**k for k in range(5)]


def test_the_row_of_a_token_is_that_of_the_text_read_before_it():
    read = countdown.read_before()
    rows = [
        row
        for length in range(countdown.MAX_LENGTH)
        for row in itertools.product(range(1, countdown.NUM_WORDS), repeat=length)
    ]
    assert len(rows) == countdown.NUM_READ
    for k in range(0, len(EVERY), 37):
        for t in range(int(countdown.length()[k])):
            assert rows[read[k, t]] == ROWS[k][:t]


def test_values_are_those_of_python():
    wanted = [by_python(said) for said in texts()]
    assert torch.tensor(wanted).double().equal(countdown.values()) or all(
        math.isnan(a) if math.isnan(b) else a == b
        for a, b in zip(countdown.values().tolist(), wanted, strict=True)
    )
    assert int((~countdown.values().isnan()).sum()) == 3 + 27 + 243


def test_rewards_are_as_described():
    right, true = countdown.right(), countdown.true_reward()
    for said, target, mark, reward in (
        ("2 .", 2, 1, 1),
        ("3 .", 2, 0, 0.5),
        ("2 x 3 + 2 .", 8, 1, 1),
        ("3 x 3 - 1 .", 8, 1, 1),
        ("1 + 2 x 3 .", 6, 0, 0.5),  # times comes first: 7
        ("1 .", 8, 0, 0),
        (".", 2, 0, -1),
        ("2 + .", 2, 0, -1),
        ("1 + 1 + 1 +", 2, 0, -1),  # no full stop
    ):
        prompt, row = countdown.TARGETS.index(target), texts().index(said)
        assert right[prompt, row] == mark and true[prompt, row] == reward, said
    assert torch.allclose(
        countdown.proxy_reward() - true, countdown.BIAS * countdown.length().expand(4, -1)
    )


def test_the_reference_writes_expressions_and_finds_each_target_more_rarely():
    logits = countdown.reference()
    countdown.check_tables(logits=logits)
    assert logits.exp().sum(-1).sub(1).abs().max() < 1e-12
    assert (logits == logits[:1]).all()


@pytest.mark.parametrize(
    "table", [countdown.right, countdown.values, countdown.reference, countdown.read_before]
)
def test_a_table_that_somebody_has_changed_is_whole_for_the_next(table):
    before, spoilt = table(), table()
    spoilt += 1
    assert torch.equal(table().nan_to_num(-9), before.nan_to_num(-9))


def test_a_policy_of_another_language_is_refused():
    with pytest.raises(ValueError, match="logits"):
        countdown.check_tables(logits=torch.zeros(4, 3, 7))


def test_a_token_of_another_language_is_refused():
    for wrong in (7, -1):
        with pytest.raises(ValueError, match=r"^token: expected indices from 0 to 6, got"):
            countdown.text(torch.tensor([1, wrong]))


def test_there_are_as_many_responses_as_the_constant_says():
    assert len(countdown.sentences()) == countdown.NUM_RESPONSES == 55_987
