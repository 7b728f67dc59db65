"""Real processes reduce gradients as the formula says."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.maths import all_reduce_mean
from ppo_lesson.training import reduce_on_processes


@pytest.mark.exhaustive
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_processes_reduce_to_the_mean_weighted_by_samples(workers: int) -> None:
    gradient = torch.randn(workers, 5, generator=torch.Generator().manual_seed(1)).double()
    count = torch.tensor([400, 112, 7])[:workers]
    weighted, plain = reduce_on_processes(gradient, count)
    torch.testing.assert_close(weighted, all_reduce_mean(gradient, count))
    torch.testing.assert_close(plain, gradient.mean(0))


def test_too_many_workers_are_refused_before_one_is_started() -> None:
    with pytest.raises(ValueError, match=r"^gradient: expected at most 8 workers, got 9"):
        reduce_on_processes(torch.zeros(9, 2), torch.ones(9, dtype=torch.long))
