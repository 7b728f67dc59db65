"""The commands for teachers are known at the door, which loads nothing before one is run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ppo_lesson import __main__ as door


@pytest.mark.parametrize("command", ["copies", "demos", "handouts", "site", "slides"])
def test_the_door_says_what_a_command_takes(command, capsys):
    with pytest.raises(SystemExit) as ended:
        door.main([command, "--help"])
    assert ended.value.code == 0 and "FOLDER" in capsys.readouterr().out


def test_to_say_what_they_take_loads_nothing_that_is_slow():
    slow = {"torch", "numpy", "nbformat", "vl_convert", "playwright"}
    program = f"import sys, ppo_lesson.__main__; print(sorted({slow} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
