"""The checker sees a function that is left over from an earlier run of its cell."""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Iterator
from typing import Any

import IPython
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ppo_lesson.exercises import checker, progress
from ppo_lesson.exercises.stale import stale_note

RIGHT = "def my_answer(x):\n    return x"
SYNTAX = "stopped with a SyntaxError"
EARLY = "stopped with an error before it came to the definition"
WRAPS = (
    "import functools\n"
    "def plain(f):\n    return lambda *a, **k: f(*a, **k)\n"
    "def wrapping(f):\n    return functools.wraps(f)(lambda *a, **k: f(*a, **k))"
)


@pytest.fixture(scope="module")
def only_shell() -> Iterator[InteractiveShell]:
    """Start a kernel's shell, and leave no trace of it."""
    builtin_names, hooks = set(vars(builtins)), (sys.excepthook, sys.displayhook)
    config = Config()
    config.HistoryManager.enabled = False  # nothing is written to anybody's history
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()
    sys.excepthook, sys.displayhook = hooks
    for name in set(vars(builtins)) - builtin_names:
        delattr(builtins, name)


@pytest.fixture
def shell(only_shell: InteractiveShell) -> InteractiveShell:
    """Forget what was run, and the answer."""
    assert only_shell.history_manager
    only_shell.history_manager.reset()
    only_shell.execution_count = 1
    only_shell.user_ns.pop("my_answer", None)
    return only_shell


def note_after(shell: InteractiveShell, *cells: str, name: str = "my_answer") -> str:
    """Run cells as a learner does, one after the other, and ask about what the name stands for."""
    for cell in cells:
        shell.run_cell(cell, store_history=True)
    shell.run_cell(f"check(EXERCISE, {name})", store_history=True)
    return stale_note(shell.user_ns[name])


# What was run, in order -> what the note must hold; "" where there must be none.
RUNS: dict[str, tuple[tuple[str, ...], str]] = {
    "once": ((RIGHT,), ""),
    "twice the same": ((RIGHT, RIGHT), ""),
    "with an edit": ((RIGHT, RIGHT + " * 2"), ""),
    "a bracket is missing": ((RIGHT, "def my_answer(x):\n    return (x"), SYNTAX),
    "a colon is missing": ((RIGHT, "def my_answer(x)\n    return x"), SYNTAX),
    "a return that is not indented": ((RIGHT, "def my_answer(x):\n    y = x\nreturn y"), ""),
    "a return that stands above": ((RIGHT, "return 3\n" + RIGHT + " * 2"), EARLY),
    "an argument twice": ((RIGHT, "def my_answer(x, x):\n    return x"), EARLY),
    "an indentation that is wrong": (
        (RIGHT, "def my_answer(x):\n    y = x\n  return y"),
        "stopped with an IndentationError",
    ),
    "def is misspelt": ((RIGHT, "Def my_answer(x):\n    return x"), SYNTAX),
    "the cell failed above the definition": ((RIGHT, "1 / 0\n" + RIGHT + " * 2"), EARLY),
    "it failed above a helper and the definition": (
        (RIGHT, "1 / 0\ndef helper(x):\n    return x\n" + RIGHT), EARLY,
    ),
    "an annotation fails": ((RIGHT, "def my_answer(x: Missing):\n    return x"), EARLY),
    "it failed below the definition": ((RIGHT, RIGHT + " * 2\n1 / 0"), ""),
    "mended": ((RIGHT, "def my_answer(x:\n    return x", RIGHT + " + 0"), ""),
    "mended to what it was": ((RIGHT, "def my_answer(x:\n    return x", RIGHT), ""),
    "another cell fails": ((RIGHT, "def other(x:\n    return x"), ""),
    "a check with a slip": ((RIGHT, "check(EXERCISE, my_answer"), ""),
    "a print with a slip": ((RIGHT, "print 'my_answer', my_answer(3)"), ""),
    "defined again elsewhere": ((RIGHT, "y = 1\n\n" + RIGHT + " * 3"), ""),
    "a lambda": (("my_answer = lambda x: x", "my_answer = lambda x: (x"), SYNTAX),
    "a lambda after a failure": (("my_answer = lambda x: x", "1 / 0\nmy_answer = lambda x: 2"),
                                 EARLY),
    "an annotated lambda": (("my_answer: object = lambda x: x", "my_answer: object = lambda x (x"),
                            SYNTAX),
    "assigned": (("def f(x):\n    return x", "my_answer = f"), ""),
    "assigned, and then a slip": (("def f(x):\n    return x", "my_answer = f", "my_answer = f("),
                                  SYNTAX),
    "assigned again after a slip": ((RIGHT, "f = my_answer", "def my_answer(x:", "my_answer = f"),
                                    ""),
    "kept under another name": ((RIGHT, "kept = my_answer", "def my_answer(x): return 2 * x",
                                 "my_answer = kept"), ""),
    "decorated": ((WRAPS, f"@wrapping\n{RIGHT}"), ""),
    "decorated, and then a slip": ((WRAPS, f"@wrapping\n{RIGHT}", f"@wrapping\n{RIGHT}("), SYNTAX),
    "decorated, and then a failure": (
        (WRAPS, f"@wrapping\n{RIGHT}", f"1 / 0\n@wrapping\n{RIGHT} * 2"),
        EARLY,
    ),
    "decorated without a name": ((WRAPS, f"@plain\n{RIGHT}", f"@plain\n{RIGHT} * 2"), ""),
    "made by a factory": (("def make():\n    return lambda x: x", "my_answer = make()"), ""),
    "a partial function": (("import functools\n" + RIGHT.replace("my_answer", "f"),
                            "my_answer = functools.partial(f)"), ""),
    "a partial function, and a slip": (
        ("import functools\n" + RIGHT.replace("my_answer", "f"),
         "my_answer = functools.partial(f)", "my_answer = functools.partial(f"),
        SYNTAX,
    ),
    "an object that is called": (
        ("class Answer:\n    def __call__(self, x):\n        return x", "my_answer = Answer()",
         "my_answer = Answer(("),
        SYNTAX,
    ),
    "from a module": (("from textwrap import dedent as my_answer",), ""),
    "from a module after a slip": (("def my_answer(x:", "from helper_module import *"), ""),
    "from a module after a run and a slip": (
        (RIGHT, "def my_answer(x:", "from helper_module import my_answer"), "",
    ),
    "by exec after a slip": ((RIGHT, "def my_answer(x:", "exec('def my_answer(x): return 2')"), ""),
    "by %run after a slip": ((RIGHT, "def my_answer(x:", "%run {script}"), ""),
    "in a timed cell": (("%%time\n" + RIGHT,), ""),
    "in a timed cell after a slip": ((RIGHT, "def my_answer(x:", "%%time\n" + RIGHT), ""),
    "in a captured cell after a slip": ((RIGHT, "def my_answer(x:", "%%capture\n" + RIGHT), ""),
    "beside a shell command": (("files = !echo one\n" + RIGHT,), ""),
    "in a branch": ((RIGHT, "if False:\n    def my_answer(x):\n        return 2"), ""),
    "with await": ((RIGHT, "import asyncio\nawait asyncio.sleep(0)\n" + RIGHT + " * 2"), ""),
    "checked in its own cell": ((RIGHT + "\n1 / 0",), ""),
    "checked in its own cell, after a slip": (
        (RIGHT + "\n1 / 0", "def my_answer(x)\n    return x\n1 / 0"),
        SYNTAX,
    ),
    "a null byte": ((RIGHT, RIGHT + "\0"), "[2]"),
}  # fmt: skip


@pytest.mark.parametrize("run", RUNS)
def test_a_function_of_an_earlier_run_is_told_and_no_other(run, shell, tmp_path, monkeypatch):
    helper = types.ModuleType("helper_module")
    (tmp_path / "helper.py").write_text(RIGHT)
    exec(compile(RIGHT, str(tmp_path / "helper.py"), "exec"), vars(helper))
    monkeypatch.setitem(sys.modules, "helper_module", helper)
    cells, words = RUNS[run]
    if (
        run == "beside a shell command"
        and sys.version_info >= (3, 13)
        and IPython.version_info < (8,)
    ):
        pytest.skip("IPython 7 cannot read a shell command on this Python")
    note = note_after(shell, *(c.replace("{script}", str(tmp_path / "helper.py")) for c in cells))
    assert words in note and bool(words) == bool(note)


def test_a_check_in_the_cell_of_the_definition_sees_what_this_cell_says(shell):
    shell.user_ns["stale_note"] = stale_note
    for change in ("", " * 2", " +", "", " * 3"):  # the third is a SyntaxError
        note = f"{RIGHT}{change}\n\n\n# Stuck?\nnote = stale_note(my_answer)"
        shell.run_cell(note, store_history=True)
        assert shell.user_ns["note"] == ""


def test_a_reloaded_module_is_no_earlier_run(shell, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "learners_helper.py"
    module.write_text(RIGHT)
    taken = "from learners_helper import my_answer"
    again = "importlib.reload(learners_helper)"
    assert note_after(shell, RIGHT, "import importlib, learners_helper", taken, again, taken) == ""


def test_without_ipython_and_without_a_history_there_is_nothing_to_say(shell, monkeypatch):
    def my_answer(x: Any) -> Any:
        return x

    shell.user_ns["my_answer"] = my_answer
    assert stale_note(my_answer) == ""
    shell.run_cell(RIGHT, store_history=False)
    assert stale_note(shell.user_ns["my_answer"]) == ""
    monkeypatch.setattr("ppo_lesson.exercises.stale.get_ipython", lambda: None)
    assert stale_note(my_answer) == ""


def test_such_a_check_is_not_correct_is_not_kept_and_says_what_to_do(shell, monkeypatch):
    from ppo_lesson.exercises.choosing import yours
    from ppo_lesson.lessons import EXERCISES

    kept: list[tuple[Any, ...]] = []
    monkeypatch.setattr(progress, "record", lambda *entry: kept.append(entry))
    exercise = EXERCISES["importance_estimate"]
    right = "def my_importance_estimate(value, weight):\n    return (value * weight).mean()"
    shell.run_cell(right, store_history=True)
    answer = shell.user_ns["my_importance_estimate"]
    assert checker.check(exercise, answer).status == "correct"
    kept.clear()
    shell.run_cell(right.removesuffix(")"), store_history=True)
    verdict = checker.check(exercise, answer)
    assert repr(verdict) == (
        "importance_estimate: not run\n"
        "This is the function from an earlier run: the last cell that defines "
        "`my_importance_estimate`, [2], stopped with a SyntaxError. Mend that cell and run it, "
        "then run this one again."
    )
    assert "not run" in verdict._repr_html_() and kept == []
    assert yours(exercise, answer) is exercise.reference
