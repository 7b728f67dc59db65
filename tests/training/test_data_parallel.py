"""Real processes reduce gradients as the formula says."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import torch

from ppo_lesson.maths import all_reduce_mean
from ppo_lesson.training import data_parallel, reduce_on_processes


@pytest.mark.parametrize("listed", [True, False])
def test_a_worker_without_others_gets_its_own_gradient_back(
    listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {name for _, name in socket.if_nameindex()}
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo" if "lo" in names else "lo0")
    if not listed:  # then what the environment says holds
        monkeypatch.setattr(socket, "if_nameindex", list)
    # In this process: a new one imports torch, which takes seconds.
    monkeypatch.setattr(data_parallel, "spawn", lambda work, given, nprocs: work(0, *given))
    monkeypatch.setattr(torch, "set_num_threads", lambda number: None)
    gradient = torch.tensor([[0.5, -2.0, 0.1]], dtype=torch.float64)
    weighted, plain = reduce_on_processes(gradient, torch.tensor([7]))
    torch.testing.assert_close(weighted, gradient[0])
    torch.testing.assert_close(plain, gradient[0])


def test_workers_that_do_not_agree_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def disagree(work: Any, given: tuple[Any, ...], nprocs: int) -> None:
        for rank in range(nprocs):
            (given[0] / str(rank)).write_text(f"[[{rank}.0], [0.0]]", encoding="utf-8")

    monkeypatch.setattr(data_parallel, "spawn", disagree)
    with pytest.raises(RuntimeError, match="do not agree"):
        reduce_on_processes(torch.zeros(2, 1), torch.ones(2, dtype=torch.long))


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
