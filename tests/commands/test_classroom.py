"""The commands of a classroom are known at the door, and load nothing before they are run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import classroom


@pytest.mark.parametrize("command", classroom.COMMANDS)
def test_the_door_says_what_a_command_takes(command, capsys):
    with pytest.raises(SystemExit) as ended:
        door.main([command, "--help"])
    takes = "FILE" if command == "teaching" else "FOLDER"
    assert ended.value.code == 0 and takes in capsys.readouterr().out


def test_to_say_what_they_take_loads_nothing_that_is_slow():
    slow = {"torch", "numpy", "nbformat", "vl_convert", "playwright"}
    program = f"import sys, ppo_lesson.__main__; print(sorted({slow} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
