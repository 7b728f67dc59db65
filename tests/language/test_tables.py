"""Sums over every response: against a walk token by token, autograd and finite differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.tables import (
    logits_of,
    measure,
    response_log_prob,
    score_sum,
    token_log_prob,
)
from ppo_lesson.worlds import countdown


@pytest.fixture(scope="module")
def logits() -> Tensor:
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(4, countdown.NUM_READ, 7, generator=generator, dtype=torch.float64)
    return countdown.reference() + noise


def by_hand(logits: Tensor, response: int) -> list[float]:
    """Walk through one response, for the first prompt."""
    texts = countdown.read_before()[response].tolist()
    words = countdown.sentences().token[response].tolist()
    steps = int(countdown.length()[response])
    rows = [logits[0, texts[t]].softmax(-1)[words[t]].log() for t in range(steps)]
    return [row.item() for row in rows]


@pytest.mark.parametrize("response", [0, 5, 30, 1000, 9330, 20_000, 55_986])
def test_a_response_is_as_likely_as_its_tokens_together(logits: Tensor, response: int):
    wanted = by_hand(logits, response)
    each = token_log_prob(logits)[0, response]
    assert each[: len(wanted)].tolist() == pytest.approx(wanted)
    assert (each[len(wanted) :] == 0).all()
    assert response_log_prob(logits)[0, response].item() == pytest.approx(sum(wanted))
    some = torch.tensor([[response, 7], [3, response], [0, 0], [1, 2]])
    assert torch.allclose(token_log_prob(logits, some)[0, 0], each)


def test_probabilities_sum_to_one_and_lead_back_to_the_logits(logits: Tensor):
    log_prob = response_log_prob(logits)
    assert torch.allclose(log_prob.exp().sum(-1), torch.ones(4).double())
    assert torch.allclose(logits_of(log_prob).log_softmax(-1), logits.log_softmax(-1))


def test_the_sum_of_scores_is_the_gradient_of_an_expectation(logits: Tensor):
    reward = countdown.right()
    found = score_sum(logits, response_log_prob(logits).exp() * reward)
    place = (1, int(countdown.read_before()[1000, 2]), 4)

    def expectation(entry: Tensor) -> Tensor:
        moved = logits.clone()
        moved[place] = entry
        return (response_log_prob(moved).exp() * reward).sum()

    wanted = maths.finite_difference_gradient(expectation, logits[place])
    assert found[place].item() == pytest.approx(wanted.item(), abs=1e-9)


def test_what_is_measured_is_a_sum(logits: Tensor):
    found = measure(logits)
    prob = response_log_prob(logits).exp()[0]
    right, size = countdown.right()[0] > 0, countdown.length()
    assert found.success[0] == pytest.approx(prob[right].sum().item())
    among = prob[right] / prob[right].sum()
    assert found.right_length[0] == pytest.approx((among @ size[right]).item())
    assert found.right_answers[0] == pytest.approx((-among @ among.log()).exp().item())
    wrong = prob[~right] / prob[~right].sum()
    assert found.wrong_length[0] == pytest.approx((wrong @ size[~right]).item())
    assert found.entropy[0] == pytest.approx((-prob @ prob.log()).item())
    assert found.length[0] == pytest.approx((prob @ size).item())


EVERY = countdown.NUM_RESPONSES


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda logits: score_sum(logits, torch.ones(1, EVERY)),
            r"^weight: expected shape \(P, S\) = \(4, 55987\), got \(1, 55987\)$",
        ),
        (lambda logits: score_sum(logits, torch.ones(EVERY)), r"^weight: expected shape"),
        (lambda logits: logits_of(torch.zeros(4, 9)), r"^log_prob: expected shape"),
        (lambda logits: logits_of(torch.zeros(4, EVERY).long()), r"^log_prob: expected floating"),
        (lambda logits: measure(logits[:2]), r"^logits: expected shape .*= \(4, N, V\)"),
        (
            lambda logits: token_log_prob(logits, torch.zeros(1, 2).long()),
            r"^said: expected shape \(P, B\) = \(4, B\), got \(1, 2\)$",
        ),
        (
            lambda logits: token_log_prob(logits, torch.tensor([[-1]] * 4)),
            r"^said: expected indices from 0 to 55986, got -1 to -1$",
        ),
        (lambda logits: token_log_prob(logits, torch.zeros(4, 2)), r"^said: expected integers"),
    ],
)
def test_arguments_that_do_not_fit_are_named(logits: Tensor, function, message: str):
    with pytest.raises(ValueError, match=message):
        function(logits)


def test_a_sum_of_scores_has_a_gradient_where_none_is_recorded(logits: Tensor):
    weight = response_log_prob(logits).exp()
    with torch.no_grad():
        assert torch.equal(score_sum(logits, weight), score_sum(logits.requires_grad_(), weight))
    logits.requires_grad_(False)
