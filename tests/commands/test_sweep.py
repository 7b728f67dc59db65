"""Settings and seeds as they are typed, and what is said of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import sweep
from ppo_lesson.training import PPOConfig, evaluate, train
from ppo_lesson.training.sweeps import Outcome

SHORT = ["total_steps=600", "num_envs=4", "num_steps=32"]


def test_settings_are_read_as_json_and_else_as_text() -> None:
    texts = ["learning_rate=0.01,1e-3", "clip_value=true,false", "target_kl=null,0.1"]
    texts += ["env_id=Acrobot-v1,CartPole-v1", "hidden_sizes=[8],[4,4]", "num_envs=2"]
    assert sweep.read_grid(texts) == {
        "learning_rate": [0.01, 0.001],
        "clip_value": [True, False],
        "target_kl": [None, 0.1],
        "env_id": ["Acrobot-v1", "CartPole-v1"],
        "hidden_sizes": [[8], [4, 4]],
        "num_envs": [2],
    }
    assert sweep.read_grid([]) == {}


@pytest.mark.parametrize(
    ("text", "seeds"), [("0-3", [0, 1, 2, 3]), ("7", [7]), ("3,1", [3, 1]), ("0-1,5", [0, 1, 5])]
)
def test_seeds_are_a_range_or_a_list(text: str, seeds: list[int]) -> None:
    assert sweep.read_seeds(text) == seeds


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["learning_rte=1"], "expected NAME=VALUE,VALUE with NAME one of env_id, "),
        (["learning_rate"], "expected NAME=VALUE,VALUE with NAME one of env_id, "),
        (["learning_rate="], "expected NAME=VALUE,VALUE with NAME one of env_id, "),
        (["gamma=0.9", "gamma=0.8"], "gamma stands there twice"),
        (["gamma=0.9,0.9"], "grid: gamma: 0.9 stands there twice"),
        (["gamma=0.9,2"], "gamma: expected a number in [0, 1], got 2"),
        (["clip_value=True"], "clip_value: expected True or False, got 'True'"),
        (["--seeds", "3-"], "seeds: expected 0-9 or 0,3,7, got '3-'"),
        (["--seeds", "3-1"], "seeds: expected at least one, got none"),
        (["--seeds", "1,1"], "seeds: 1 stands there twice"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["sweep", *arguments, "--folder", str(tmp_path / "none")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"error: {words}")
    assert said.err.count("\n") == 1 and not (tmp_path / "none").exists()


def test_a_line_for_each_setting_and_a_file_for_each_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module("ipykernel.zmqshell")  # as another command does: no notebook yet
    folder = tmp_path / "kept"
    place = ["--engine", "here", "--folder", str(folder)]
    command = ["sweep", "learning_rate=0.01,0.02", *SHORT, "--seeds", "0-1", *place]
    assert door.main(command) == 0
    first = capsys.readouterr().out
    lines = first.splitlines()
    assert len(list(folder.iterdir())) == 4 and len(lines) == 3
    assert lines[0].startswith(
        "learning_rate=0.01 total_steps=600 num_envs=4 num_steps=32: 2 seeds"
    )
    config = PPOConfig(total_steps=600, num_envs=4, num_steps=32, learning_rate=0.02)
    policies = [train(config, seed=seed).policy for seed in (0, 1)]
    scores = [evaluate(policies[seed], 20, 10_000 + seed).mean().item() for seed in (0, 1)]
    assert lines[1].endswith(
        f", mean return {sum(scores) / 2:.1f}, {min(scores):.1f} to {max(scores):.1f}"
    )
    assert lines[2] == f"every return: {folder}"
    assert door.main(command) == 0 and capsys.readouterr().out == first


def test_a_training_that_failed_is_said_and_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(*_: Any, **__: Any) -> tuple[Outcome, ...]:
        return Outcome({}, 0, {"return": 3.0}), Outcome({}, 1, None, "ValueError: no luck")

    monkeypatch.setattr(sweep, "sweep", found)
    assert door.main(["sweep", "--folder", str(tmp_path)]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "default settings: 1 seeds, mean return 3.0, 3.0 to 3.0; 1 failed"


def test_all_cores_and_ten_seeds_are_the_common_case() -> None:
    options = door.parser().parse_args(["sweep"])
    assert (options.settings, options.seeds, options.engine) == ([], "0-9", "cores")
    assert options.folder == Path("sweeps")
