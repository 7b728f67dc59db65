"""The proposal explorer's table, against sums, closed forms and the learner's own function."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.importance import MEANS, RUNNING, STDS, proposal_explorer, proposal_table
from ppo_lesson.explorers.own_function import Trouble
from ppo_lesson.maths import importance_weights

TABLE = proposal_table()


def row(mean: float, std: float) -> dict:
    assert isinstance(TABLE, list)
    return TABLE[MEANS.index(mean) * len(STDS.positions) + STDS.index(std)]


def test_where_q_is_p_every_weight_is_one():
    found = row(0, 1)
    assert set(found["weight"]) == {1} and found["largest"] == 1


def test_weights_are_the_ratio_of_the_densities_at_the_dots():
    found = row(2, 0.5)
    p, q = torch.distributions.Normal(0, 1), torch.distributions.Normal(2, 0.5)
    x = torch.tensor(found["x"], dtype=torch.float64)
    exact = (p.log_prob(x) - q.log_prob(x)).exp()
    # A weight above 1 is rounded to a tenth, and a dot stands on a hundredth of x, where the
    # weight has the slope w (x - 4 (x - 2)).
    slope = exact * (x.abs() + 4 * (x - 2).abs())
    assert ((exact - torch.tensor(found["weight"])).abs() <= 0.051 + 0.006 * slope).all()


def test_the_last_running_estimate_is_the_one_in_the_line_of_numbers():
    for found in (row(0, 1), row(-1, 2.5), row(3, 0.5)):
        assert found["estimate"][-1] == found["at_end"] and RUNNING[-1] == 1000


def test_the_standard_error_is_infinite_where_the_tails_of_q_are_too_light():
    assert row(1, 0.5)["error"].startswith("infinite") and STDS.positions[0] < 1 / math.sqrt(2)
    # Var(x^2) = 2 under p itself.
    assert float(row(0, 1)["error"]) == pytest.approx(math.sqrt(2 / 1000), rel=0.02)


def test_a_wider_proposal_is_better_than_the_target_itself_for_the_square():
    assert float(row(0, 1.5)["error"]) < float(row(0, 1)["error"])


def test_estimates_lie_within_five_standard_errors_where_there_is_one():
    # Five: of 60 proposals, one would be outside by chance once in 29,000 tables; fixed samples.
    for found in TABLE:
        if not found["error"].startswith("inf") and found["proposal_std"] >= 1:
            assert abs(found["at_end"] - 1) <= 5 * float(found["error"]) + 0.005


def test_a_learners_own_weights_are_drawn_over_the_reference():
    explorer = proposal_explorer(
        lambda log_target, log_proposal: 2 * (log_target - log_proposal).exp()
    )
    assert isinstance(explorer, Explorer)
    found = explorer.at(proposal_mean=1, proposal_std=1.5)
    assert found["mine_at_end"] == pytest.approx(2 * found["at_end"], abs=0.011)
    assert found["my_weight"][0] == pytest.approx(2 * found["weight"][0], abs=0.16)
    assert "yours: 1.98" in repr(explorer) and "yours" not in repr(proposal_explorer())


def test_weights_that_are_all_zero_give_an_estimate_of_zero():
    explorer = proposal_explorer(lambda log_target, log_proposal: torch.zeros_like(log_target))
    assert isinstance(explorer, Explorer) and explorer.at()["mine_at_end"] == 0


def test_the_reference_as_own_function_changes_no_number():
    explorer = proposal_explorer(importance_weights)
    assert isinstance(explorer, Explorer)
    assert explorer.at()["my_estimate"] == explorer.at()["estimate"]


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (lambda log_target, log_proposal: log_target.exp().sum(), "shape () at q = N(-1, 0.5²)"),
        (lambda p, q: p / q, "raised TypeError"),
        (lambda log_target, log_proposal: (log_target - log_proposal).sqrt(), "returned nan"),
    ],
)
def test_what_goes_wrong_in_it_stands_in_the_pictures_place(mine, words):
    found = proposal_explorer(mine)
    assert isinstance(found, Trouble) and words in found.sentence
