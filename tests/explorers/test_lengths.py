"""Length bias: the pushes are A / (B |y|), A / sum |y| and A / (B C), and bars fit the panel."""

from __future__ import annotations

import pytest

from ppo_lesson.explorers.lengths import (
    LONGEST,
    MOST,
    length_bias,
    length_bias_table,
    pushes,
)
from ppo_lesson.maths import response_mean_loss, token_mean_loss

TABLE = length_bias_table()


def row(right: int, wrong: int, *, pooled: bool) -> dict:
    return length_bias().at(right=right, wrong=wrong, pooled=pooled)


@pytest.mark.parametrize("lengths", [[1, 1], [2, 5], [8, 1], [3, 8]])
def test_a_push_is_the_advantage_times_the_weight_of_the_token(lengths: list[int]):
    right, wrong = lengths
    # The standard deviation of the rewards 1 and 0 is 0.5: advantages are 1 but for 1e-8 / 0.5.
    own = [1 / (2 * right), -1 / (2 * wrong)]
    assert pushes(lengths, response_mean_loss) == pytest.approx(own, rel=1e-7)
    pooled = [1 / (right + wrong), -1 / (right + wrong)]
    assert pushes(lengths, token_mean_loss) == pytest.approx(pooled, rel=1e-7)


def test_each_answer_first_makes_both_answers_count_alike_whatever_their_lengths():
    totals = {(at["up_total"], at["down_total"]) for at in TABLE if not at["pooled"]}
    assert totals == {("+0.50", "-0.50")}


def test_pooled_all_tokens_count_alike_whichever_answer_they_belong_to():
    for at in TABLE:
        if at["pooled"]:
            assert at["push_up"] == -at["push_down"]
            share = at["right"] / (at["right"] + at["wrong"])
            assert float(at["up_total"]) == pytest.approx(share, abs=0.0051)


def test_the_constant_does_not_see_the_lengths():
    assert {at["constant"] for at in TABLE} == {f"{1 / (2 * LONGEST):.4f}"}


def test_a_longer_wrong_answer_is_discouraged_less_per_token_and_pooled_more_in_all():
    own = [row(4, wrong, pooled=False) for wrong in range(1, LONGEST + 1)]
    per_token = [-at["push_down"] for at in own]
    assert per_token == sorted(per_token, reverse=True) and len(set(per_token)) == LONGEST
    pooled = [float(row(4, wrong, pooled=True)["down_total"]) for wrong in range(1, LONGEST + 1)]
    assert pooled == sorted(pooled, reverse=True)


def test_equal_lengths_show_no_difference_between_the_two_losses():
    for length in range(1, LONGEST + 1):
        own, pooled = (row(length, length, pooled=way) for way in (False, True))
        assert {**own, "pooled": 0} == {**pooled, "pooled": 0}


def test_every_bar_ends_inside_the_panel_and_none_reaches_the_words():
    for at in TABLE:
        assert at["push_up"] < MOST and -at["push_down"] < MOST
    # The words begin at the fourth token, above 0.25 and below -0.45.
    assert max(at["push_up"] for at in TABLE if at["right"] > 3) < 0.25
    assert max(-at["push_down"] for at in TABLE if at["wrong"] > 3) < 0.45


def test_the_text_tells_of_the_start():
    text = repr(length_bias())
    assert "right answer: 4 of +0.1250, in all +0.50; wrong answer: 4 of -0.1250" in text


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_an_answer_has_a_whole_number_of_tokens(wrong):
    with pytest.raises(ValueError, match=r"^lengths: expected"):
        pushes([wrong, 2], token_mean_loss)
