"""A function's lines stand alone where all that they need can be written down."""

from __future__ import annotations

import functools
import sys
import textwrap
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from ppo_lesson.exercises.standalone import standalone

NUMBERS = count()


@pytest.fixture(scope="module")
def shell() -> InteractiveShell:
    return InteractiveShell(history_manager=None)


@pytest.fixture
def cell(shell: InteractiveShell) -> Callable[..., Any]:
    """Run lines as cells of a notebook do, each with names of its own; return what `f` is then."""

    def run(*sources: str) -> Any:
        for name in set(shell.user_ns) - set(shell.user_ns_hidden):
            del shell.user_ns[name]  # shell.reset collects garbage besides: half a second
        for source in sources:
            # Two cells of the same text would share one file name.
            text = f"{textwrap.dedent(source).strip()}\n# {next(NUMBERS)}"
            shell.run_cell(text).raise_error()
        return shell.user_ns["f"]

    return run


ALONE = {
    "its own lines": ("def f(x):\n    return 2 * x",),
    "a lambda with a name": ("f = lambda x: 2 * x",),
    "a module by another name": ("import math as m", "def f(x):\n    return m.fsum([x, x])"),
    "a module of a package": (
        "import torch.nn.functional as F",
        "def f(x):\n    return F.relu(F.threshold(2 * __import__('torch').tensor(x), 0, 0)).item()",
    ),
    "functions of a library": (
        "from math import fsum\nfrom torch import tensor as t",
        "from torch.nn.functional import relu",
        "def f(x):\n    return relu(t(fsum([x, x]))).item()",
    ),
    "a function of this package": (
        "from ppo_lesson import maths",
        "import torch\ndef f(x):\n    x = torch.tensor(x)\n"
        "    return (x + maths.kl_k1(x[None], x[None]) + x).item()",
    ),
    "a helper of the same cell": ("def g(x):\n    return x + x\n\ndef f(x):\n    return g(x)",),
    "helpers of other cells that need each other": (
        "def even(n):\n    return n == 0 or odd(n - 1)",
        "def odd(n):\n    return n != 0 and even(n - 1)",
        "def f(x):\n    return 2 * x if even(2) else 0",
    ),
    "a helper by another name": (
        "def g(x):\n    return 2 * x",
        "h = g",
        "def f(x):\n    return h(x)",
    ),
    "a helper by both its names": (
        "def g(x):\n    return x",
        "h = g",
        "def f(x):\n    return g(x) + h(x)",
    ),
    "itself": ("def f(x, n=2):\n    return 0.0 if n == 0 else x + f(x, n - 1)",),
    "numbers and lists of them": (
        "TWO, PARTS = 2.0, [0.25, {'rest': (0.75, None, True)}]",
        "def f(x):\n    return TWO * (PARTS[0] + PARTS[1]['rest'][0]) * x",
    ),
    "a default that is a name": ("TWO = 2", "def f(x, factor=TWO):\n    return factor * x"),
    "a decorator": (
        "import functools",
        """
        def doubled(g):
            @functools.wraps(g)
            def call(x):
                return 2 * g(x)
            return call
        """,
        "@doubled\ndef f(x):\n    return x",
    ),
    "a decorator of a library": ("import torch", "@torch.no_grad()\ndef f(x):\n    return 2 * x"),
    "a name of its own that is another here": ("x = object()\ndef f(x):\n    return 2 * x",),
    "an annotation that is imported": (
        "from torch import Tensor\nimport typing as t",
        "def f(x: t.Optional[Tensor]) -> Unheard:\n    return 2 * x"
        if sys.version_info >= (3, 14)
        else "def f(x: t.Optional[Tensor]) -> Tensor:\n    return 2 * x",
    ),
    "an import of its own": ("def f(x):\n    import math\n    return math.fsum([x, x])",),
    "a method without its object": ("class A:\n    def f(x):\n        return 2 * x\nf = A.f",),
}
"""Cells after which f doubles a number."""

NOT_ALONE = {
    "a closure": ("def make(n):\n    def f(x):\n        return n * x\n    return f\nf = make(2)",),
    "a partial object": ("import functools, operator\nf = functools.partial(operator.mul, 2)",),
    "a method": ("class A:\n    def g(self, x):\n        return 2 * x\nf = A().g",),
    "an object": ("class A:\n    def __call__(self, x):\n        return 2 * x\nf = A()",),
    "a class of the learner's": ("class A:\n    two = 2\ndef f(x):\n    return A.two * x",),
    "a tensor": ("import torch\ntwo = torch.tensor(2)\ndef f(x):\n    return two * x",),
    "no number": ("two = float('inf')\ndef f(x):\n    return min(two, 2) * x",),
    "a long list": ("twos = [2] * 1000\ndef f(x):\n    return twos[0] * x",),
    "a lambda without a name": ("f = [lambda x: 2 * x][0]",),
    "a cached function": ("import functools\n@functools.cache\ndef f(x):\n    return 2 * x",),
    "a decorator that hides what it wraps": (
        "def doubled(g):\n    return lambda x: 2 * g(x)\n@doubled\ndef f(x):\n    return x",
    ),
    "code without lines": ("exec('def f(x):\\n    return 2 * x')",),
    "a function of a library": ("from math import fsum as f",),
    "a helper whose name means two things": (
        "def g(x):\n    return x",
        "h = g",
        "def g(x):\n    return h(x)",
        "def f(x):\n    return 2 * g(x)",
    ),
}


@pytest.mark.parametrize("name", ALONE)
def test_lines_that_stand_alone_do_elsewhere_what_the_function_does(name, cell):
    f = cell(*ALONE[name])
    assert f(1.5) == 3.0
    module: dict[str, Any] = {}
    exec(standalone(f, "my_f"), module)
    assert module["my_f"](1.5) == 3.0 and module["my_f"] is not f


@pytest.mark.parametrize("name", NOT_ALONE)
def test_what_no_lines_could_make_again_has_none(name, cell):
    assert standalone(cell(*NOT_ALONE[name]), "my_f") == ""


@pytest.mark.parametrize("thing", [None, 7, len, str, functools.partial(len)])
def test_what_no_learner_wrote_has_no_lines(thing):
    assert standalone(thing, "my_f") == ""


def test_the_lines_are_readable(cell):
    f = cell(
        "import torch\nEPS = 1e-8",
        "def halve(x):\n    return x / 2",
        'def f(x):\n    """Halve."""\n    return torch.exp(halve(x) + EPS)  # a comment',
    )
    assert standalone(f, "my_f") == textwrap.dedent('''\
        from __future__ import annotations

        import torch


        def halve(x):
            return x / 2

        EPS = 1e-08

        def f(x):
            """Halve."""
            return torch.exp(halve(x) + EPS)  # a comment

        my_f = f
        ''')


def test_nothing_of_a_learner_s_is_run_to_tell_the_lines(cell):
    f = cell(
        "class A:\n    def __getattribute__(self, name):\n        raise SystemExit(name)\na = A()",
        "def f(x):\n    return a.x",
    )
    assert standalone(f, "my_f") == ""
    f.__wrapped__ = f.__globals__["a"]
    assert standalone(f, "my_f") == ""
