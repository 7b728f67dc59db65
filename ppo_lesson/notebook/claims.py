"""Claims that a cell proves: ``proved`` raises where one is false, and else leaves a quiet line."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from IPython.core.getipython import get_ipython
from IPython.display import display
from torch import Tensor

CLOSE = 1e-9
"""Difference that counts as none, in units of what is wanted, or of 1 where that is smaller."""

Value = bool | int | float | np.ndarray | Tensor | Sequence[Any]

_proved: list[str] = []  # by the cell that is running


def proved(
    claim: str,
    found: Value,
    wanted: Value | None = None,
    *,
    within: float | None = None,
    below: float | None = None,
    above: float | None = None,
) -> None:
    """Raise if a claim is false, in words and numbers; else add it to what the cell has proved.

    Three forms, the last one for what is neither a value nor a bound:

        proved("the weighted mean is the fair die's", found, 3.5)
        proved("a clipped ratio stays small", ratio, below=1.3)
        proved("no weight is lost", weight.isfinite())

    All claims of a cell show as one line beneath it, which unfolds to them. A claim that is proved
    several times in a cell, as in a loop over seeds, is listed once, with the number of times.

    Args:
        claim: a sentence without its full stop.
        found: any shape, or nested lists; alone it is a condition, true in every entry.
        wanted: what it should be, in the same shape.
        within: greatest difference from what is wanted, 0 or more; the default is `CLOSE`.
        below: each entry of found is less.
        above: each entry of found is more.

    Raises:
        AssertionError: the claim is false; NaN makes every claim false.
        TypeError: claim is no text, a value is no number, or found alone is no condition.
        ValueError: found is empty or of another shape than wanted, a bound or tolerance is not
            finite, or the forms are mixed.
    """
    if not isinstance(claim, str) or not claim.strip():
        raise TypeError(f"claim: expected a sentence, got {claim!r}")
    values = _tensor("found", found)
    if values.numel() == 0:
        raise ValueError("found: expected at least one value, got none")
    if wanted is None and within is not None:
        raise ValueError("within: expected only together with wanted")
    if wanted is not None and not below is above is None:
        raise ValueError("wanted: expected either wanted, or below and above, got both")
    for name, bound in (("within", within), ("below", below), ("above", above)):
        _check_bound(name, bound)
    if wanted is not None:
        how = _prove_equal(claim, values, _tensor("wanted", wanted), within)
    elif not below is above is None:
        how = _prove_bounds(claim, values, below, above)
    else:
        how = _prove_condition(claim, values)
    _keep(claim + how)


@dataclass(frozen=True)
class Proved:
    """What one cell has proved: a quiet line on a page that unfolds, a line each as text."""

    claims: tuple[str, ...]

    def __repr__(self) -> str:
        """List the claims."""
        return "\n".join(f"proved: {claim}" for claim in self.claims)

    def _repr_html_(self) -> str:
        style = 'class="ppo-proved" style="font-size:13px;color:var(--jp-ui-font-color2,#595959)"'
        claims = [html.escape(claim) for claim in self.claims]
        if len(claims) == 1:
            return f"<div {style}>proved: {claims[0]}</div>"
        items = "".join(f"<li>{claim}</li>" for claim in claims)
        summary = f"<summary>proved: {len(claims)} claims</summary>"
        return f"<details {style}>{summary}<ul>{items}</ul></details>"


def _prove_equal(claim: str, found: Tensor, wanted: Tensor, within: float | None) -> str:
    if found.shape != wanted.shape:
        shapes = f"expected the shape {tuple(found.shape)} of found, got {tuple(wanted.shape)}"
        raise ValueError(f"wanted: {shapes}")
    found, wanted = found.double(), wanted.double()  # truth values are numbers here
    tolerance = wanted.abs().clamp(min=1) * CLOSE if within is None else within
    close = (found - wanted).abs() <= tolerance
    holds = (found == wanted) | (close & wanted.isfinite())
    how = "exactly" if within == 0 else f"to {_written(CLOSE if within is None else within)}"
    if not holds.all():
        difference = (found - wanted).abs().nan_to_num(nan=math.inf).masked_fill(holds, -1)
        place = int(difference.argmax())
        numbers = f"found {_entry(found, place)}, wanted {_entry(wanted, place)} {how}"
        raise AssertionError(f"not so: {claim}: {numbers}{_where(found, place)}")
    return f", {how}"


def _prove_bounds(claim: str, found: Tensor, below: float | None, above: float | None) -> str:
    low, high = -math.inf if above is None else above, math.inf if below is None else below
    holds = (low < found) & (found < high)
    words = [f"above {_written(low)}"] * (above is not None)
    words += [f"below {_written(high)}"] * (below is not None)
    how = " and ".join(words)
    if not holds.all():
        place = int((~holds).flatten().byte().argmax())
        numbers = f"found {_entry(found, place)}, wanted {how}"
        raise AssertionError(f"not so: {claim}: {numbers}{_where(found, place)}")
    return f", {how}"


def _prove_condition(claim: str, found: Tensor) -> str:
    if found.dtype != torch.bool:
        forms = "expected True or False, or beside it wanted, below= or above="
        raise TypeError(f"found: {forms}, got {_entry(found, 0)}{_where(found, 0)}")
    if not found.all():
        place = int((~found).flatten().byte().argmax())
        raise AssertionError(f"not so: {claim}: the condition is False{_where(found, place)}")
    return ""


def _tensor(name: str, value: Any) -> Tensor:
    """Take numbers or truth values of any shape, without their gradients."""
    if isinstance(value, list | tuple):
        parts = [_tensor(f"{name}[{k}]", item) for k, item in enumerate(value)]
        if len({part.shape for part in parts}) > 1:
            raise ValueError(f"{name}: expected entries of one shape, got {value!r}")
        if len({part.dtype == torch.bool for part in parts}) > 1:
            raise TypeError(f"{name}: expected numbers or truth values, got both: {value!r}")
        return torch.stack(parts) if parts else torch.empty(0)
    if isinstance(value, bool | int | float | np.ndarray | np.generic | Tensor):
        try:
            # An array, since torch would round a float to the default type.
            tensor = torch.as_tensor(value if isinstance(value, Tensor) else np.asarray(value))
        except TypeError:  # an array of texts or objects; a whole number beyond 64 bits
            tensor = torch.empty(0, dtype=torch.complex64)
        if not tensor.is_complex():
            return tensor.detach() if tensor.dtype == torch.bool else tensor.detach().double()
    raise TypeError(f"{name}: expected a number, a tensor or a list, got {type(value).__name__}")


def _check_bound(name: str, bound: Any) -> None:
    if bound is None:
        return
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        raise TypeError(f"{name}: expected a number, got {type(bound).__name__}")
    if not math.isfinite(bound) or (name == "within" and bound < 0):
        kind = "a number of 0 or more" if name == "within" else "a finite number"
        raise ValueError(f"{name}: expected {kind}, got {bound}")


def _written(number: float) -> str:
    return f"{number:g}".replace("e-0", "e-").replace("e+0", "e")


def _entry(values: Tensor, place: int) -> str:
    return f"{values.flatten()[place].item():.12g}"


def _where(values: Tensor, place: int) -> str:
    """Say which entry it is, of several."""
    if values.dim() == 0:
        return ""
    indices = [int(index) for index in np.unravel_index(place, tuple(values.shape))]
    return f", at {indices}"


def _keep(sentence: str) -> None:
    """Remember what the running cell proved, to be shown when it ends; outside IPython, print."""
    shell = get_ipython()
    if shell is None:
        print(f"proved: {sentence}")
        return
    # At the end, and once: nbval knows no display that is updated.
    shell.events.register("post_execute", _show_proved)
    _proved.append(sentence)


def _show_proved() -> None:
    shell = get_ipython()
    if shell is not None:
        shell.events.unregister("post_execute", _show_proved)
    counts = Counter(_proved)
    _proved.clear()
    claims = (f"{claim} ({n} times)" if n > 1 else claim for claim, n in counts.items())
    display(Proved(tuple(claims)))
