"""What learners type reaches the commands as they meant it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import check, open as opening, reset, update


@pytest.mark.parametrize(
    ("typed", "module", "given"),
    [
        (["open"], opening, ((None,), {"start_lab": True})),
        (["open", "--no-lab", "here"], opening, ((Path("here"),), {"start_lab": False})),
        (["update"], update, ((None,), {})),
        (["update", "here"], update, ((Path("here"),), {})),
        (["reset", "02", "03"], reset, ((["02", "03"],), {})),
        (["check"], check, ((), {})),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_command_gets_what_was_typed_and_its_code_is_returned(
    typed, module, given, monkeypatch
):
    calls = []
    monkeypatch.setattr(module, "run", lambda *a, **k: calls.append((a, k)) or 5)
    assert door.main(typed) == 5
    assert calls == [given]


def test_a_reset_of_nothing_is_not_understood():
    with pytest.raises(SystemExit):
        door.main(["reset"])
