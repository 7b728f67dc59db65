"""DPO on pairs: it starts from the reference at log 2, and its optimum is the enumerated one."""

from __future__ import annotations

import copy
import math

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.language.dpo import align_directly
from ppo_lesson.language.feedback import Pairs, collect_pairs
from ppo_lesson.language.model import LanguageModel, response_log_prob

BETA = 0.5


@pytest.fixture(scope="module")
def reference() -> LanguageModel:
    return LanguageModel(seed=0)


@pytest.fixture(scope="module")
def pairs(reference) -> Pairs:
    return collect_pairs(reference, 2_000, torch.Generator().manual_seed(1))


def loss(model: LanguageModel, reference: LanguageModel, pairs: Pairs) -> float:
    with torch.no_grad():
        columns = [
            response_log_prob(m, pairs.prompt, token)
            for m in (model, reference)
            for token in (pairs.chosen, pairs.rejected)
        ]
        return maths.dpo_loss(*columns, BETA).item()


def test_the_loss_starts_at_log_two_and_falls(reference, pairs):
    start = copy.deepcopy(reference.state_dict())
    model = align_directly(reference, pairs, BETA, seed=0)
    assert loss(reference, reference, pairs) == pytest.approx(math.log(2))
    assert loss(model, reference, pairs) < math.log(2) - 0.05
    assert all(reference.state_dict()[name].equal(x) for name, x in start.items())


def test_the_same_seed_gives_the_same_policy_and_every_step_is_heard(reference, pairs):
    heard = []
    first, second = (
        align_directly(reference, pairs, BETA, seed=0, num_epochs=1, on_step=heard.append)
        for _ in range(2)
    )
    states = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    assert all(a.equal(b) for a, b in states)
    assert heard[:4] == [first] * 4 and len(heard) == 2 * 4  # 2,000 pairs are four batches


def test_swapped_pairs_push_the_other_way(reference, pairs):
    swapped = Pairs(pairs.prompt, pairs.rejected, pairs.chosen)
    model = align_directly(reference, swapped, BETA, seed=0)
    assert loss(model, reference, pairs) > math.log(2)


def test_a_reference_that_is_not_finite_ends_it_at_once_and_by_name():
    spoilt, pairs = LanguageModel(0), some_pairs()
    with torch.no_grad():
        spoilt.actor_head.bias[0] = math.nan
    with pytest.warns(RuntimeWarning, match="the gradient's norm is nan in step 1 of 4") as caught:
        align_directly(spoilt, pairs, 0.5, seed=0)
    assert len(caught) == 1


@pytest.mark.parametrize("name", ["beta", "learning_rate"])
def test_numbers_that_cannot_work_are_refused_by_name(name: str):
    arguments = {"beta": 0.5, "learning_rate": 1e-3}
    for bad in (0.0, -1.0, math.nan, math.inf, "1"):
        with pytest.raises(ValueError, match=f"^{name}: expected a number in"):
            align_directly(LanguageModel(0), some_pairs(), seed=0, **{**arguments, name: bad})


def some_pairs() -> Pairs:
    return collect_pairs(LanguageModel(0), 20, torch.Generator().manual_seed(0))
