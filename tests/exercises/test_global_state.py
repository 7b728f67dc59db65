"""A snapshot names what has changed and puts it back, whether or not the world can be read."""

from __future__ import annotations

import os

import pytest
import torch

from ppo_lesson.exercises import global_state, guard
from ppo_lesson.exercises.global_state import GlobalState


def test_a_snapshot_names_what_changed_and_nothing_else():
    state = GlobalState()
    assert state.restore() == []
    torch.rand(1)
    torch.set_printoptions(precision=2)
    assert state.restore() == ["torch's random state", "torch's print options"]
    assert state.restore() == []


@pytest.mark.parametrize("part", global_state._PARTS)
def test_a_state_that_cannot_be_read_is_a_state_like_another(part, monkeypatch):
    def unreadable():
        raise FileNotFoundError(2, "No such file or directory")

    _, write = global_state._PARTS[part]
    monkeypatch.setitem(global_state._PARTS, part, (unreadable, write))
    state = GlobalState()
    assert state.restore() == []
    assert guard.run(lambda: 3, 5.0) == 3


def test_work_is_done_after_the_folder_has_gone_and_a_folder_that_it_removes_is_named(
    tmp_path, monkeypatch
):
    gone, left = tmp_path / "gone", tmp_path / "left"
    for folder in (gone, left):
        folder.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert guard.run(lambda: GlobalState().restore(), 5.0) == []
    state = GlobalState()
    os.chdir(left)
    assert state.restore() == ["the working folder"]
    state = GlobalState()
    left.rmdir()
    assert state.restore() == ["the working folder"]
    os.chdir(tmp_path)
