from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings, strategies as st

from ppo_lesson.maths.batches import minibatches


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 50), st.integers(1, 60), st.integers(0, 5))
@settings(max_examples=50)
def test_every_index_is_dealt_once_and_only_the_last_batch_is_shorter(
    num_samples: int, size: int, seed: int
) -> None:
    batches = minibatches(num_samples, size, seeded(seed))
    assert sorted(torch.cat(batches).tolist()) == list(range(num_samples))
    assert all(len(batch) == size for batch in batches[:-1])
    assert len(batches) == -(-num_samples // size)
    assert 1 <= len(batches[-1]) <= size


def test_the_same_generator_state_deals_the_same_and_the_next_deal_differs() -> None:
    generator = seeded(7)
    first, second = (torch.cat(minibatches(40, 8, generator)) for _ in range(2))
    assert torch.equal(first, torch.cat(minibatches(40, 8, seeded(7))))
    assert not torch.equal(first, second)
    assert not torch.equal(first, torch.arange(40))


def test_the_global_random_state_is_neither_read_nor_changed() -> None:
    before = torch.get_rng_state()
    minibatches(10, 3, seeded(0))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("name", "bad"), [("num_samples", 0), ("size", 0), ("size", -2)])
def test_a_count_below_one_raises_and_is_named(name: str, bad: int) -> None:
    counts = {"num_samples": 4, "size": 2, name: bad}
    with pytest.raises(ValueError, match=f"^{name}: expected 1 or more, got {bad}"):
        minibatches(**counts, generator=seeded(0))
