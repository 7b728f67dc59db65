"""The same results on one core, on all and on a cluster; what is done is kept, come what may.

Each test that starts workers is `exhaustive`, as those of `test_engines.py`: they import torch, for
seconds. Ray's are skipped where the extra `cluster` is not installed: the extra `test` does not
bring it. At every push notebook 13 shows that one core and all give the same.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import tqdm.auto
import tqdm.std

from ppo_lesson import files
from ppo_lesson.training import sweeps
from ppo_lesson.training.sweeps import Outcome, sweep

RATES: dict[str, list[Any]] = {"learning_rate": [0.01, 0.02]}
posix = pytest.mark.skipif(os.name != "posix", reason="Windows sends no such signals")
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def tiny_training() -> Callable[..., Any]:
    """Make a task that is sent as it is: a worker knows no module of tests."""

    def curves(learning_rate: float, *, seed: int) -> dict[str, list[float]]:
        from ppo_lesson.training import PPOConfig, train

        config = PPOConfig(total_steps=600, num_envs=4, num_steps=32, learning_rate=learning_rate)
        result = train(config, seed=seed)
        return {name: result.curve(name).tolist() for name in ("approx_kl", "episode_return")}

    return curves


WAYS: dict[str, list[Any]] = {"way": ["train", "align", "align_directly"]}


def every_way() -> Callable[..., Any]:
    """Make a task that trains, or aligns, or aligns directly, and looks at every weight."""

    def weights(way: str, *, seed: int) -> list[float]:
        import torch

        from ppo_lesson import language, training

        reference, learn = language.LanguageModel(0), torch.Generator().manual_seed(seed)
        if way == "train":
            config = training.PPOConfig(total_steps=600, num_envs=4, num_steps=32)
            model: torch.nn.Module = training.train(config, seed=seed).policy
        elif way == "align":
            few = language.RLHFConfig(num_iterations=2, num_responses=8, minibatch_size=8)
            model = language.align(reference, language.RewardModel(0), few, seed=seed).policy
        else:
            pairs = language.collect_pairs(reference, 40, learn)
            model = language.align_directly(reference, pairs, 0.5, seed=seed, num_epochs=2)
        return [parameter.double().sum().item() for parameter in model.parameters()]

    return weights


@pytest.mark.exhaustive
def test_trainings_and_alignments_are_the_same_on_one_core_and_on_all(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    of(every_way(), one, grid=WAYS, seeds=range(2))
    of(every_way(), two, "cores", grid=WAYS, seeds=range(2))
    assert texts(one) == texts(two) and len(set(texts(one).values())) == 6


def of(task: Callable[..., Any], folder: Path, engine: str = "here", **more: Any) -> Any:
    arguments = {"grid": {}, "seeds": range(4), "on_job": lambda outcome: None, **more}
    return sweep(task, engine=engine, folder=folder, **arguments)


def texts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.exhaustive
def test_one_core_and_all_cores_write_the_same_bytes(tmp_path: Path, float64: None) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    found = of(tiny_training(), one, grid=RATES, seeds=range(2))
    again = of(tiny_training(), two, "cores", grid=RATES, seeds=range(2))
    assert repr(found) == repr(again)  # NaN equals nothing
    assert texts(one) == texts(two) and len(texts(one)) == 4
    assert [(outcome.settings["learning_rate"], outcome.seed) for outcome in found] == [
        (0.01, 0), (0.01, 1), (0.02, 0), (0.02, 1)
    ]  # fmt: skip
    assert found[0].result["approx_kl"] != found[1].result["approx_kl"]


def test_what_is_done_is_not_done_again_and_is_told_to_the_bar(tmp_path: Path) -> None:
    def task(x: float, *, seed: int) -> float:
        done.append(seed)
        return x + seed

    done: list[int] = []
    told: list[Outcome] = []
    first = of(task, tmp_path, grid={"x": [0.1]}, seeds=[0, 1])
    more = of(task, tmp_path, grid={"x": [0.1]}, seeds=[2, 1], on_job=told.append)
    assert done == [0, 1, 2]
    assert more[1] == first[1] == told[0] == Outcome({"x": 0.1}, 1, 1.1)
    assert len(told) == 2
    other = {"x": [0.1, 0.2]}
    of(task, tmp_path, grid=other, seeds=[1])
    assert done == [0, 1, 2, 1]


def test_a_result_that_is_none_or_false_counts_as_done(tmp_path: Path) -> None:
    def task(*, seed: int) -> None:
        done.append(seed)

    done: list[int] = []
    assert of(task, tmp_path) == of(task, tmp_path)
    assert done == [0, 1, 2, 3]


def test_a_file_that_was_damaged_is_made_again(tmp_path: Path) -> None:
    def task(*, seed: int) -> int:
        return seed * 2

    found = of(task, tmp_path)
    whole = texts(tmp_path)
    for name, text in whole.items():
        (tmp_path / name).write_bytes(text[: len(text) // 2])
    assert of(task, tmp_path) == found and texts(tmp_path) == whole


def test_a_file_says_what_it_was_made_with(tmp_path: Path) -> None:
    def task(x: tuple[int, ...], *, seed: int) -> list[int]:
        return [*x, seed]

    (outcome,) = of(task, tmp_path, grid={"x": [(3, 4)]}, seeds=[7])
    assert outcome.result == [3, 4, 7] and outcome.settings == {"x": (3, 4)}
    (path,) = tmp_path.iterdir()
    stored = json.loads(path.read_text())
    assert stored["result"] == [3, 4, 7]
    assert stored["head"]["settings"] == {"x": [3, 4]} and stored["head"]["seed"] == 7
    assert stored["head"].keys() == {"task", "source", "settings", "seed", "dtype", "version"}


def test_a_job_that_fails_three_times_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    def task(*, seed: int) -> int:
        begun.append(seed)
        if seed == 1 or (seed == 2 and begun.count(2) < 3):
            raise RuntimeError(f"no luck with {seed}")
        return seed

    begun: list[int] = []
    told: list[Outcome] = []
    with pytest.warns(RuntimeWarning) as warned:
        found = of(task, tmp_path, on_job=told.append)
    assert begun == [0, 1, 2, 3, 1, 2, 1, 2]
    assert found[1] == Outcome({}, 1, None, "RuntimeError: no luck with 1")
    assert [outcome.result for outcome in found] == [0, None, 2, 3] and len(told) == 4
    text = "1 of 4 jobs failed 3 times, the first with {}, seed 1: RuntimeError: no luck with 1"
    assert [str(warning.message) for warning in warned] == [text]
    assert warned[0].filename == __file__
    assert len(texts(tmp_path)) == 3  # the next call tries it again


def test_ctrl_c_keeps_what_was_finished(tmp_path: Path) -> None:
    def task(*, seed: int) -> int:
        if seed == 2 and not done:
            done.append(seed)
            signal.raise_signal(signal.SIGINT)
        return seed

    done: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        of(task, tmp_path)
    assert len(texts(tmp_path)) == 2
    assert [outcome.result for outcome in of(task, tmp_path)] == [0, 1, 2, 3]


@pytest.mark.parametrize("engine", ["here", pytest.param("cores", marks=pytest.mark.exhaustive)])
def test_a_full_disk_keeps_what_was_finished(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(*, seed: int) -> int:
        return seed

    def full(descriptor: int) -> None:
        if len(list(tmp_path.glob("*.json"))) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as stopped:
        of(task, tmp_path, engine)
    assert stopped.value.filename.endswith(".json")
    assert len(texts(tmp_path)) == 2
    monkeypatch.undo()
    assert [outcome.result for outcome in of(task, tmp_path)] == [0, 1, 2, 3]


def test_arguments_and_the_folder_are_looked_at_before_a_job_is_begun(tmp_path: Path) -> None:
    def task(*, seed: int) -> None:
        raise AssertionError("begun")

    for bad, word in (
        ({"engine": "gpu"}, "engine"),
        ({"seeds": []}, "seeds"),
        ({"grid": 3}, "grid"),
    ):
        with pytest.raises(ValueError, match=f"^{word}: expected"):
            of(task, tmp_path / "none", **bad)
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotADirectoryError):
        of(task, tmp_path / "file")


def test_where_all_is_done_nothing_need_be_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(*, seed: int) -> int:
        return seed

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    found = of(task, tmp_path)
    monkeypatch.setattr(sweeps, "require_writable", refuse)
    monkeypatch.setattr(sweeps, "make_folder", refuse)
    assert of(task, tmp_path) == found
    with pytest.raises(PermissionError):
        of(task, tmp_path, seeds=range(5))


def test_two_sweeps_at_once_in_one_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    """The second one is begun, and ends, between two jobs of the first."""

    def task(*, seed: int) -> int:
        done.append(seed)
        return seed

    def another(outcome: Outcome) -> None:
        if outcome.seed == 1:
            inner.extend(of(task, tmp_path))

    done: list[int] = []
    inner: list[Outcome] = []
    assert of(task, tmp_path, on_job=another) == tuple(inner)
    assert done == [0, 1, 2, 3, 2, 3] and len(texts(tmp_path)) == 4


def test_without_a_listener_a_bar_counts_the_jobs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(*, seed: int) -> int:
        return seed

    # tqdm decides once whether it is in a notebook, and tests before this one may look like one.
    monkeypatch.setattr(tqdm.auto, "tqdm", tqdm.std.tqdm)
    of(task, tmp_path, on_job=None)
    assert "4/4" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    results, marks = tmp_path / "results", str(tmp_path)

    def task(*, seed: int) -> int:
        from pathlib import Path

        mark = Path(marks, f"seed {seed}")
        if seed == 1 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), KILL)
        return seed

    assert [outcome.result for outcome in of(task, results, "cores")] == [0, 1, 2, 3]


@pytest.mark.exhaustive
def test_a_worker_that_hangs_at_its_end_holds_nobody_up(tmp_path: Path) -> None:
    """Threads that go on, and functions that wait at the exit: minutes, if they were waited for."""

    def task(*, seed: int) -> int:
        import atexit
        import threading

        atexit.register(time.sleep, 600)
        threading.Thread(target=time.sleep, args=(600,)).start()
        (tmp_path / str(os.getpid())).touch()
        return seed

    start = time.monotonic()
    found = of(task, tmp_path / "results", "cores")
    assert [outcome.result for outcome in found] == [0, 1, 2, 3]
    workers = [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()]
    wait_until(lambda: not any(alive(worker) for worker in workers))
    assert workers and time.monotonic() - start < 300  # half of what they would wait


# ---- The driver itself ends ----------------------------------------------------------------------

DRIVER = """
import os, sys, time
from pathlib import Path
from ppo_lesson.training import sweep

workers = sys.argv[2]

def task(seed):
    Path(workers, str(os.getpid())).touch()
    time.sleep(0.3)
    return seed

if __name__ == "__main__":
    sweep(task, {}, seeds=range(int(sys.argv[4])), engine=sys.argv[3], folder=sys.argv[1])
"""


def end_a_driver(folder: Path, engine: str, signal_number: int) -> None:
    """Start a sweep of many jobs, end its process in the middle, and then do a few of them."""
    program, results, workers = folder / "driver.py", folder / "results", folder / "workers"
    program.write_text(DRIVER)
    workers.mkdir()
    command = [sys.executable, str(program), str(results), str(workers), engine]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    driver = subprocess.Popen([*command, "1000"], start_new_session=True, **quiet)
    try:
        wait_until(lambda: len(list(results.glob("*.json"))) >= 3)
        if signal_number == signal.SIGINT:
            os.killpg(driver.pid, signal_number)  # as a terminal does
            driver.wait(60)
    finally:
        driver.kill()
    assert driver.wait(60) != 0
    wait_until(lambda: not any(alive(int(path.name)) for path in workers.iterdir()))
    kept = texts(results)
    kept = {name: text for name, text in kept.items() if name.endswith(".json")}
    assert len(kept) >= 3 and all(json.loads(text)["head"] for text in kept.values())
    subprocess.run([*command[:-1], "here", "4"], check=True, **quiet)
    after = texts(results)
    assert kept.items() <= after.items()
    done = [json.loads(text)["result"] for name, text in after.items() if name.endswith(".json")]
    assert {0, 1, 2, 3} <= set(done)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@posix
@pytest.mark.exhaustive
@pytest.mark.parametrize("signal_number", [KILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_driver_that_is_ended_leaves_its_results_and_no_worker(
    signal_number: int, tmp_path: Path
) -> None:
    end_a_driver(tmp_path, "cores", signal_number)


# ---- Ray -----------------------------------------------------------------------------------------

no_ray = not find_spec("ray")
with_ray = pytest.mark.skipif(no_ray, reason='Ray: pip install -e ".[test,cluster]"')
# Ray leaves sockets and log files to the garbage collector, and warns of its own next version.
rays_own = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real cluster on this machine: a head without a core, and two nodes of one each."""
    import ray
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    try:
        yield cluster, nodes
    finally:
        ray.shutdown()
        cluster.shutdown()


@with_ray
@rays_own
@pytest.mark.exhaustive
def test_two_nodes_of_ray_and_one_killed_in_the_middle_write_the_same_bytes(
    two_nodes: Any, tmp_path: Path
) -> None:
    cluster, nodes = two_nodes
    marks = tmp_path / "marks"
    marks.mkdir()

    def curves(way: str, *, seed: int) -> list[float]:
        import ray

        node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"
        mark = marks / f"{way} {seed} {node}"
        mark.touch()
        if node == doomed:
            time.sleep(600)  # it is killed with this job under way
        return all_ways(way, seed=seed)

    def kill_a_node(outcome: Outcome) -> None:
        done.append(outcome)
        if len(done) == 2:
            wait_until(lambda: any(path.name.endswith(doomed) for path in marks.iterdir()))
            cluster.remove_node(nodes[0], allow_graceful=False)

    done: list[Outcome] = []
    doomed, all_ways = nodes[0].node_id, every_way()
    arguments: dict[str, Any] = {"grid": WAYS, "seeds": range(3)}
    on_ray = of(curves, tmp_path / "ray", "ray", on_job=kill_a_node, **arguments)
    begun = [path.name.rpartition(" ") for path in marks.iterdir()]
    lost = {job for job, _, node in begun if node == doomed}
    again = {job for job, _, node in begun if node != doomed}
    assert len(lost) >= 1 and lost <= again and len(again) == 9
    on_cores = of(curves, tmp_path / "cores", "cores", **arguments)
    on_one = of(curves, tmp_path / "one", "here", **arguments)
    assert repr(on_ray) == repr(on_cores) == repr(on_one)
    assert texts(tmp_path / "ray") == texts(tmp_path / "cores") == texts(tmp_path / "one")


@with_ray
@rays_own
@pytest.mark.exhaustive
def test_a_worker_of_ray_that_is_killed_again_and_again_is_reported_alone(
    two_nodes: Any, tmp_path: Path
) -> None:
    marks = str(tmp_path)

    def task(*, seed: int) -> int:
        from pathlib import Path

        mark = Path(marks, f"seed {seed}")
        if seed == 1 or (seed == 2 and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), KILL)
        if seed == 3:
            raise RuntimeError("no luck")
        return seed

    with pytest.warns(RuntimeWarning, match="2 of 5 jobs failed 3 times"):
        found = of(task, tmp_path / "results", "ray", seeds=range(5))
    assert [outcome.result for outcome in found] == [0, None, 2, None, 4]
    assert found[1].error.startswith("WorkerCrashedError: ")
    assert found[3].error == "RuntimeError: no luck"


@with_ray
@posix
@pytest.mark.exhaustive
@pytest.mark.parametrize("signal_number", [KILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_driver_with_a_ray_of_its_own_that_is_ended_leaves_its_results_and_no_worker(
    signal_number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    end_a_driver(tmp_path, "ray", signal_number)


@pytest.mark.exhaustive
@with_ray
@rays_own
def test_a_cluster_that_was_entered_before_is_not_left(two_nodes: Any, tmp_path: Path) -> None:
    import ray

    def task(*, seed: int) -> int:
        return seed

    ray.init(log_to_driver=False)
    assert [outcome.result for outcome in of(task, tmp_path, "ray")] == [0, 1, 2, 3]
    assert ray.is_initialized()
