"""What a learner's function may return, raise, or be; `faults.py` says what it is for."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Answer = Callable
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def result(change: Callable) -> Callable[[Answer], Answer]:
    """Change what the right answer returns."""

    def fault(right):
        @functools.wraps(right)
        def answer(**arguments):
            return change(right(**arguments))

        return answer

    return fault


def tensor(change: Callable) -> Callable[[Answer], Answer]:
    """Change what the right answer returns, brought into one tensor."""

    def as_tensor(out):
        if isinstance(out, list):
            return torch.cat(out)
        return out if isinstance(out, Tensor) else torch.as_tensor(out, dtype=torch.float64)

    return result(lambda out: change(as_tensor(out)))


def instead(act: Callable) -> Callable[[Answer], Answer]:
    """Do something in place of answering."""

    def fault(right):
        @functools.wraps(right)
        def answer(**arguments):
            return act(arguments)

        return answer

    return fault


# What comes back


class Subclass(Tensor):
    pass


class EqualsEverything:
    def __eq__(self, other):
        return True

    __hash__ = None  # type: ignore[assignment]


class Hostile:
    """Raises whatever one asks of it, and claims to be a tensor."""

    @property
    def __class__(self):  # type: ignore[override]
        return Tensor

    def refuse(self, *_, **__):
        raise RuntimeError(SCRIPT)

    __repr__ = __str__ = __eq__ = __bool__ = __len__ = __float__ = __iter__ = __getattr__ = refuse
    __hash__ = None  # type: ignore[assignment]


class BadRepr:
    def __repr__(self):
        raise SystemExit(3)


def spread_out(x):
    """Broadcast a scalar to three entries, and add a vector up to a scalar."""
    return x.expand(3) if x.ndim == 0 else x.sum()


def hooked(x):
    """Be right until somebody calls backward."""

    def refuse(_):
        raise RuntimeError("raised by a hook, in the middle of backward")

    if x.requires_grad:
        x.register_hook(refuse)
    return x


def nan_in_one_entry(x):
    x = x.detach().double().clone()
    x.reshape(-1)[-1] = torch.nan
    return x


def holding_itself(_):
    out: list = []
    out.append(out)
    return out


RESULTS = {
    "returns None": instead(lambda _: None),
    "returns Ellipsis": instead(lambda _: ...),
    "returns NotImplemented": instead(lambda _: NotImplemented),
    "returns a Python float": tensor(lambda x: float(x.detach().double().sum())),
    "returns a list": tensor(lambda x: x.tolist() if x.ndim else [x.item()]),
    "returns a list of tensors": tensor(lambda x: [x, x]),
    "returns a list that holds itself": result(holding_itself),
    "returns a tuple": result(lambda out: (out,)),
    "returns a string": result(str),
    "returns a string of ten million characters": instead(lambda _: "a" * 10_000_000),
    "returns HTML": instead(lambda _: SCRIPT),
    "returns bytes": instead(lambda _: b"\x00\xff"),
    "returns a dict": result(lambda out: {"loss": out}),
    "returns a set": instead(lambda _: {1.0}),
    "returns a NumPy array": tensor(lambda x: x.detach().numpy()),
    "returns a NumPy scalar": tensor(lambda x: np.float64(x.detach().double().sum())),
    "returns a function": result(lambda out: lambda: out),
    "returns a class": instead(lambda _: Tensor),
    "returns a module": instead(lambda _: torch),
    "returns an endless iterator": instead(lambda _: itertools.count()),
    "has an extra axis": tensor(lambda x: x.unsqueeze(-1)),
    "is broadcast": tensor(spread_out),
    "has twice the entries": tensor(lambda x: torch.cat([x.reshape(-1), x.reshape(-1)])),
    "is empty": tensor(lambda x: x.new_empty(0)),
    "has a huge shape without the memory": tensor(
        lambda x: x.detach().reshape(-1)[:1].expand(10**15)
    ),
    "has twenty axes": tensor(lambda x: x.reshape(*[1] * 20, -1)),
    "is of integers": tensor(lambda x: x.detach().to(torch.int32)),
    "is of bools": tensor(lambda x: x.double() if x.dtype == torch.bool else x.bool()),
    "is complex": tensor(lambda x: x.to(torch.complex128)),
    "is of half precision": tensor(lambda x: x.to(torch.float16)),
    "is of bfloat16": tensor(lambda x: x.to(torch.bfloat16)),
    "is NaN": tensor(lambda x: torch.full_like(x.double(), torch.nan)),
    "is NaN in one entry": tensor(nan_in_one_entry),
    "is infinite": tensor(lambda x: torch.full_like(x.double(), -torch.inf)),
    "is its first argument": instead(lambda arguments: next(iter(arguments.values()))),
    "is its last argument": instead(lambda arguments: list(arguments.values())[-1]),
    "is all arguments": instead(lambda arguments: arguments),
    "is detached": tensor(lambda x: x.detach()),
    "is a fresh leaf": tensor(lambda x: x.detach().double().requires_grad_()),
    "raises in backward": tensor(hooked),
    "has a gradient doubled behind its back": tensor(lambda x: 2 * x - x.detach()),
    "is a Tensor subclass": tensor(lambda x: x.as_subclass(Subclass)),
    "is a Parameter": tensor(lambda x: torch.nn.Parameter(x.detach().double())),
    "is sparse": tensor(
        lambda x: x.detach().to_sparse() if x.ndim else x.detach()[None].to_sparse()
    ),
    "is on the meta device": tensor(lambda x: x.detach().to("meta")),
    "is quantised": tensor(
        lambda x: torch.quantize_per_tensor(x.detach().float(), 0.1, 0, torch.qint8)
    ),
    "has no storage": tensor(lambda x: torch.empty_like(x).set_()),
    "equals everything": instead(lambda _: EqualsEverything()),
    "raises on everything and claims to be a tensor": instead(lambda _: Hostile()),
    "leaves the interpreter when shown": instead(lambda _: BadRepr()),
    "is an exception, returned": instead(lambda _: ValueError(SCRIPT)),
}


# What is raised


class Silent(Exception):
    """Raises when shown."""

    def __str__(self):
        raise RuntimeError("no words for it")

    __repr__ = __str__


class Quits(Exception):
    """Leaves the interpreter when shown."""

    def __str__(self):
        raise SystemExit(2)

    __repr__ = __str__


class NotAnException(BaseException):
    pass


class Endless(Exception):
    """Never stops to show itself."""

    def __str__(self):
        return str(self)

    __repr__ = __str__


def raising(make: Callable[[], BaseException]) -> Callable[[Answer], Answer]:
    def act(_):
        raise make()

    return instead(act)


def recurse(arguments):
    return recurse(arguments)


def raise_from_a_chain(_):
    try:
        try:
            raise KeyError("first")
        except KeyError as first:
            raise OSError("second") from first
    finally:
        raise ValueError("third")  # hides what came before, as learners' code does


RAISES = {
    "raises NotImplementedError": raising(NotImplementedError),
    "raises ValueError": raising(lambda: ValueError("a value")),
    "raises ValueError without words": raising(ValueError),
    "raises AssertionError": raising(lambda: AssertionError(torch.zeros(1000, 1000))),
    "raises TypeError": raising(
        lambda: TypeError("answer() got an unexpected keyword argument 'x'")
    ),
    "raises SystemExit": raising(lambda: SystemExit("bye")),
    "raises KeyboardInterrupt": raising(KeyboardInterrupt),
    "raises RecursionError by endless recursion": instead(recurse),
    "raises MemoryError": raising(MemoryError),
    "raises StopIteration": raising(lambda: StopIteration(1)),
    "raises GeneratorExit": raising(GeneratorExit),
    "raises CancelledError": raising(asyncio.CancelledError),
    "raises TimeoutError": raising(lambda: TimeoutError("as the checker itself may")),
    "raises a subclass of BaseException": raising(NotAnException),
    "raises an exception that cannot be shown": raising(Silent),
    "raises an exception that leaves when shown": raising(Quits),
    "raises an exception that never stops to show itself": raising(Endless),
    "raises an exception with HTML": raising(lambda: ValueError(SCRIPT)),
    "raises an exception named in HTML": raising(lambda: type(SCRIPT, (Exception,), {})("x")),
    "raises an exception of a million characters": raising(lambda: ValueError("x" * 1_000_000)),
    "raises an exception with odd characters": raising(
        lambda: ValueError("\ud800 \x1b[31m \x00 \u202e {nothing} %s")
    ),
    "raises an exception group": raising(
        lambda: BaseExceptionGroup("many", [KeyboardInterrupt(), ValueError(SCRIPT)])
    ),
    "raises something that is no exception": raising(lambda: 7),  # type: ignore[arg-type, return-value]
    "raises a chain": instead(raise_from_a_chain),
    "raises a warning as an error": raising(lambda: DeprecationWarning("old")),
    "raises by torch": instead(lambda _: torch.zeros(2) @ torch.zeros(3)),
    "raises NameError": instead(lambda _: nothing_of_that_name),  # noqa: F821  # type: ignore
}


# What is no function, or not the one that was asked for


def generating(right):
    @functools.wraps(right)
    def answer(**arguments):
        yield right(**arguments)

    return answer


def asynchronous(right):
    @functools.wraps(right)
    async def answer(**arguments):
        return right(**arguments)

    return answer


class Called:
    """A right answer as an object that can be called."""

    def __init__(self, right):
        self.right = right

    def __call__(self, **arguments):
        return self.right(**arguments)


class Unsigned(Called):
    """Refuses to tell its signature, name, or anything else but the answer."""

    def __getattr__(self, name):
        raise RuntimeError(SCRIPT)


class Layer(torch.nn.Module):
    def __init__(self, right):
        super().__init__()
        self.right = right

    def forward(self, **arguments):
        return self.right(**arguments)


def renamed_in_html(right):
    def answer(**arguments):
        raise ValueError(arguments)

    answer.__name__ = answer.__qualname__ = SCRIPT
    return answer


def without_source(right):
    """Come from exec, so that no file holds the lines."""
    names = {"right": right}
    exec("def answer(**arguments):\n    return None + right(**arguments)", names)
    return names["answer"]


SHAPES = {
    "takes no arguments": lambda right: lambda: None,
    "takes one argument of another name": lambda right: lambda x: x,
    "takes one argument too many": lambda right: lambda extra, **arguments: right(**arguments),
    "takes positions only": lambda right: lambda *arguments: None,
    "is a generator function": generating,
    "is asynchronous": asynchronous,
    "is a class": lambda right: type("Answer", (), {}),
    "is an object that can be called": Called,
    "is an object that tells nothing": Unsigned,
    "is a torch module": Layer,
    "is a partial function": lambda right: functools.partial(right),
    "is a built-in": lambda right: print,
    "is a number": lambda right: 7,
    "is a string": lambda right: "answer",
    "is None": lambda right: None,
    "is a tensor": lambda right: torch.zeros(3),
    "is named in HTML": renamed_in_html,
    "has no source": without_source,
}
