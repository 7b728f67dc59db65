"""The lambda dial's table: what must hold at the ends, and that the best lambda moves."""

from __future__ import annotations

import pytest

from ppo_lesson.explorers.advantages import ERROR, lambda_dial, lambda_dial_table

TABLE = lambda_dial_table()


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r['error']}-{r['discounted']}")
def test_the_mean_squared_error_is_bias_plus_variance_and_the_best_is_its_least(row):
    for bias, variance, total in zip(row["bias"], row["variance"], row["total"], strict=True):
        assert total == pytest.approx(bias + variance, abs=0.00011)  # four digits each
    assert row["least"] == min(row["total"])
    assert row["total"][row["gae_lambda"].index(row["best"])] == row["least"]


def test_at_lambda_one_nothing_is_biased_and_the_critic_does_not_matter():
    for discounted in (0, 1):
        rows = TABLE[discounted::2]
        assert all(row["bias"][-1] == 0 for row in rows)
        assert len({row["variance"][-1] for row in rows}) == 1


def test_with_a_perfect_critic_one_step_is_best():
    for row in TABLE[:2]:
        assert row["error"] == 0 and row["best"] == 0 and set(row["bias"]) == {0}


def test_the_worse_the_critic_the_larger_the_best_lambda():
    for discounted in (0, 1):
        best = [row["best"] for row in TABLE[discounted::2]]
        assert best == sorted(best) and best[-1] >= 0.4 > best[1]
    assert len(TABLE) == 2 * len(ERROR.positions)


def test_bias_falls_with_lambda():
    for row in TABLE:
        assert row["bias"] == sorted(row["bias"], reverse=True)


def test_the_text_names_the_best_lambda():
    assert "least 0.0796 at lambda = 0.1" in repr(lambda_dial())


def test_it_opens_with_the_discount_of_the_notebook_and_rounds_no_bias_away():
    assert "discount gamma: 0.9 (or 1)" in repr(lambda_dial())
    for row in TABLE[2:]:
        assert all(bias > 0 for bias in row["bias"][:-1]) and row["bias"][-1] == 0
