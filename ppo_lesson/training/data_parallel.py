"""Two or more processes, one gradient: each has a shard of the samples, `torch.distributed` adds.

What `maths.all_reduce_mean` says is done here by real processes, over gloo and this machine's
loopback. They meet by a file, so that no port has to be free.
"""

from __future__ import annotations

import json
import os
import socket
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, distributed
from torch.multiprocessing.spawn import spawn

from ppo_lesson.maths.shapes import check_count

PATIENCE = timedelta(seconds=120)
"""A worker that waits longer for another one gives up, and says so."""


def reduce_on_processes(gradient: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Give each worker, a process of its own, one gradient; let them add up what they have.

    Args:
        gradient: (W, P) a row for each worker, W from 1 to 8.
        count: (W,) how many samples each has.

    Returns:
        (P,) the mean weighted by samples: `all_reduce` of count times gradient, over `all_reduce`
        of count; and (P,) the plain mean, as DistributedDataParallel takes it. The same in every
        worker.

    Raises:
        ValueError: there are more than 8 workers.
        RuntimeError: the workers do not agree.
        torch.multiprocessing.ProcessRaisedException: one of them failed.
    """
    workers = check_count("gradient's rows", len(gradient))
    if workers > 8:
        raise ValueError(f"gradient: expected at most 8 workers, got {workers}")
    with TemporaryDirectory() as folder:
        spawn(_work, (Path(folder), gradient.detach(), count), nprocs=workers)
        texts = [Path(folder, str(rank)).read_text(encoding="utf-8") for rank in range(workers)]
    if len(set(texts)) > 1:
        raise RuntimeError("the workers do not agree about the reduced gradient")
    weighted, plain = torch.tensor(json.loads(texts[0]), dtype=gradient.dtype)
    return weighted, plain


def _work(rank: int, folder: Path, gradient: Tensor, count: Tensor) -> None:
    """Be one of the workers."""
    workers = len(gradient)
    loopback = {"lo", "lo0"} & {name for _, name in socket.if_nameindex()}
    if loopback:  # else gloo asks for the address of the machine's name
        os.environ["GLOO_SOCKET_IFNAME"] = loopback.pop()
    torch.set_num_threads(1)
    place = (folder / "store").as_uri()
    distributed.init_process_group(
        "gloo", init_method=place, rank=rank, world_size=workers, timeout=PATIENCE
    )
    try:
        mine, total = gradient[rank].clone(), count[rank].to(gradient.dtype)
        weighted, plain = total * mine, mine / workers
        for tensor in (weighted, total, plain):
            distributed.all_reduce(tensor)  # the sum over all workers, in place
        text = json.dumps([(weighted / total).tolist(), plain.tolist()])  # to the last bit
        (folder / str(rank)).write_text(text, encoding="utf-8")
        distributed.barrier()  # the file goes with its folder: nobody leaves early
    finally:
        distributed.destroy_process_group()
