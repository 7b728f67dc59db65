"""A job is one setting with one seed; its file says what it was made with."""

from __future__ import annotations

import json
import math
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ppo_lesson.training import jobs
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.interrupts import press
from ppo_lesson.training.jobs import Job, attempt, file_name, make_heads, make_jobs, read_stored
from ppo_lesson.training.session import train


def product(x: float, y: int = 1, *, seed: int) -> float:
    return x * y + seed


def do(task: Any, *arguments: Any, seed: int = 0) -> jobs.Reply:
    return attempt(task, torch.float32, jobs.versions(), Job(dict(*arguments), seed))


def test_every_setting_meets_every_seed_in_the_order_of_both() -> None:
    found = make_jobs(product, {"x": (1.5, 2.5), "y": range(2)}, np.arange(2))
    assert [(*job.settings.values(), job.seed) for job in found] == [
        (x, y, seed) for x in (1.5, 2.5) for y in (0, 1) for seed in (0, 1)
    ]
    assert make_jobs(lambda_free, {}, [3]) == [Job({}, 3)]


def lambda_free(seed: int) -> int:
    return seed


@pytest.mark.parametrize(
    ("task", "grid", "seeds", "words"),
    [
        (lambda seed: seed, {}, [0], "task: expected a function with a name"),
        ("product", {"x": [1]}, [0], "task: expected a function"),
        (product, {"z": [1]}, [0], "task: product cannot take these settings: .*'z'|'x'"),
        (product, {}, [0], "task: product cannot take these settings: .*'x'"),
        (product, [("x", [1])], [0], "grid: expected a dict"),
        (product, {"seed": [1], "x": [1]}, [0], "grid: expected names of settings"),
        (product, {"x": []}, [0], "grid: x: expected at least one, got none"),
        (product, {"x": "12"}, [0], "grid: x: expected a list of values, got '12'"),
        (product, {"x": 1.0}, [0], "grid: x: expected a list of values, got 1.0"),
        (product, {"x": [1, 1]}, [0], "grid: x: 1 stands there twice"),
        (product, {"x": torch.ones(2)}, [0], "grid: x: expected numbers of Python"),
        (product, {"x": [1]}, [], "seeds: expected at least one, got none"),
        (product, {"x": [1]}, [0, 3, 3], "seeds: 3 stands there twice"),
        (product, {"x": [1]}, [-1], "seed: expected 0 or more, got -1"),
        (product, {"x": [1]}, [0.5], "seed: expected a whole number, got 0.5"),
    ],
)
def test_what_cannot_work_is_refused_by_name(task: Any, grid: Any, seeds: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        make_jobs(task, grid, seeds)


def test_a_result_is_json_with_every_bit() -> None:
    reply = do(product, {"x": 0.1, "y": 3}, seed=7)
    assert json.loads(reply.value) == 0.1 * 3 + 7 and not reply.error
    assert math.isnan(json.loads(do(product, {"x": math.nan}).value))


def test_a_fault_is_told_in_one_sentence() -> None:
    def breaks(seed: int) -> None:
        raise KeyError("no\nsuch", seed)

    def leaves(seed: int) -> None:
        raise SystemExit(3)

    def gives(seed: int) -> torch.Tensor:
        return torch.ones(1)

    assert do(breaks, seed=2) == jobs.Reply(error=r"KeyError: ('no\nsuch', 2)")
    assert do(leaves) == jobs.Reply(error="SystemExit: 3")
    assert "Tensor is not JSON serializable" in do(gives).error


def test_a_job_has_one_thread_and_the_callers_dtype_and_leaves_both_as_they_were() -> None:
    def sees(seed: int) -> list[Any]:
        return [torch.get_num_threads(), str(torch.ones(1).dtype)]

    torch.set_num_threads(2)
    reply = attempt(sees, torch.float64, jobs.versions(), Job({}, 0))
    assert json.loads(reply.value) == [1, "torch.float64"]
    assert (torch.get_num_threads(), torch.get_default_dtype()) == (2, torch.float32)


def test_a_worker_of_another_version_does_nothing() -> None:
    reply = attempt(product, torch.float32, "ppo_lesson 0.0.1, torch 1.0", Job({"x": 1}, 0))
    assert not reply.value
    assert reply.error == f"the worker has {jobs.versions()}, the sweep ppo_lesson 0.0.1, torch 1.0"


def test_half_a_training_is_no_result() -> None:
    def half(seed: int) -> int:
        config = PPOConfig(total_steps=600, num_envs=4, num_steps=32, num_epochs=1)
        result = train(config, seed=seed, watch=lambda result: not result.stopped and press())
        stopped.append(result.stopped)
        return len(result.history)

    stopped: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        do(half)
    assert stopped == ["interrupted"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_setting_seed_dtype_or_source_text_is_another_file(tmp_path: Path) -> None:
    def head() -> dict[str, Any]:
        return make_heads(product, [Job({"x": math.nan, "y": 1}, 3)])[0]

    first = head()
    assert first["task"].endswith("test_jobs.product") and first["seed"] == 3
    assert file_name(first) == file_name(head()) and file_name(first).startswith("product-seed3-")
    others: list[dict[str, Any]] = [{"x": 0.5}, {"seed": 4}, {"source": ""}, {"dtype": "float64"}]
    names = {file_name({**first, **other}) for other in others}
    assert len(names | {file_name(first)}) == 5
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"head": first, "result": None}))
    stored = read_stored(path, head())
    assert stored and stored["result"] is None
    assert read_stored(path, {**first, "seed": 4}) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"head": 3}', "null"])
def test_a_file_that_holds_no_result_is_none(text: str, tmp_path: Path) -> None:
    path, head = tmp_path / "result.json", make_heads(lambda_free, [Job({}, 0)])[0]
    assert read_stored(path, head) is None
    path.write_text(text)
    assert read_stored(path, head) is None


def test_two_functions_of_one_name_typed_at_a_prompt_are_told_apart() -> None:
    """Nobody has kept their source: what Python made of it is looked at, of inner functions too."""

    def head(text: str) -> dict[str, Any]:
        typed: dict[str, Any] = {"__name__": "__main__"}
        exec(f"def task(seed):\n    return (lambda x: {text})(seed)", typed)
        return make_heads(typed["task"], [Job({}, 0)])[0]

    assert head("x + 1") == head("x + 1")
    assert len({head(text)["source"] for text in ("x + 1", "x + 2", "x - 1", "seed + 1")}) == 4
