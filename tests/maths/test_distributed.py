"""Gradients of workers against one worker with all samples; three policies against two."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ppo_lesson.maths import (
    all_reduce_mean,
    clipped_surrogate_loss,
    decoupled_clipped_loss,
    flat_gradient,
)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("cuts", [[10], [3, 4], [1, 1, 1, 16]])
def test_it_is_the_gradient_of_one_worker_with_all_samples(cuts: list[int]) -> None:
    """Of a loss that no mean of the shards' gradients knows: a regression."""
    x, y = drawn(20, 3), drawn(20, seed=1)
    theta = drawn(3, seed=2).requires_grad_()

    def gradient(rows: Tensor) -> Tensor:
        return flat_gradient((x[rows] @ theta - y[rows]).square().mean(), [theta])

    shards = torch.arange(20).tensor_split(torch.tensor(cuts).cumsum(0).tolist())
    count = torch.tensor([len(shard) for shard in shards])
    found = all_reduce_mean(torch.stack([gradient(shard) for shard in shards]), count)
    torch.testing.assert_close(found, gradient(torch.arange(20)))
    if len(set(count.tolist())) > 1:
        plain = torch.stack([gradient(shard) for shard in shards]).mean(0)
        assert (plain - found).norm() > 0.01 * found.norm()


def test_a_worker_without_samples_counts_for_nothing_and_a_fault_is_seen() -> None:
    gradient = drawn(3, 2)
    gradient[1] = torch.nan
    found = all_reduce_mean(gradient, torch.tensor([2, 0, 6]))
    torch.testing.assert_close(found, (gradient[0] + 3 * gradient[2]) / 4)
    assert all_reduce_mean(gradient, torch.tensor([2, 1, 6])).isnan().all()


@pytest.mark.parametrize("count", [[0, 0], [-1, 2]])
def test_counts_that_are_none_are_refused(count: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^count: expected samples"):
        all_reduce_mean(drawn(2, 3), torch.tensor(count))


def test_the_loss_is_the_sum_written_out_sample_by_sample() -> None:
    new, old, mu, advantage = -1 - drawn(4, 50).abs()[:3].unbind(0)[0], *(-1 - drawn(3, 50).abs())
    advantage = drawn(50, seed=3)
    total = 0.0
    for n, o, b, a in zip(new, old, mu, advantage, strict=True):
        ratio, weight = (n - o).exp().item(), min((o - b).exp().item(), 1.5)
        clipped = min(max(ratio, 0.8), 1.2)
        total -= weight * min(ratio * a.item(), clipped * a.item()) / 50
    found = decoupled_clipped_loss(new, old, mu, advantage, clip_epsilon=0.2, cap=1.5)
    assert found.item() == pytest.approx(total, rel=1e-12)


def test_with_an_actor_in_step_it_is_ppos_loss_and_no_gradient_reaches_the_past() -> None:
    new, old, mu = (-1 - drawn(3, 9).abs()).unbind(0)
    advantage = drawn(9, seed=4)
    in_step = decoupled_clipped_loss(new, old, old, advantage, 0.2, 3.0)
    torch.testing.assert_close(in_step, clipped_surrogate_loss(new, old, advantage, 0.2))
    tensors = [tensor.clone().requires_grad_() for tensor in (new, old, mu, advantage)]
    decoupled_clipped_loss(*tensors, clip_epsilon=0.2, cap=3.0).backward()
    assert tensors[0].grad is not None and tensors[0].grad.any()
    assert all(tensor.grad is None or not tensor.grad.any() for tensor in tensors[1:])
