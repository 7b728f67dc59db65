"""Each symbol of the notebooks' boxes has one row with that meaning; what a row names exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ppo_lesson.commands import notebook_form
from ppo_lesson.lessons.notation import NOTATION, Symbol

ROOT = Path(__file__).parents[2]
BOX = re.compile(r"^> \*\*Symbols here\*\*.*\n(?P<items>(?:>.*\n?)+)", re.MULTILINE)
# What is said of symbols that are defined: a value, a quantity of several.
NO_SYMBOLS = {"", r"\log 2"}


SYMBOLS = [symbol for symbols in NOTATION.values() for symbol in symbols]


def boxes() -> Iterator[tuple[str, str]]:
    """Yield the number of each notebook and its box."""
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        opening = notebook_form.read(path).cells[0].source
        if found := BOX.search(opening):
            yield path.name[:2], found["items"]


def bare(formula: str) -> str:
    r"""Leave out what follows a symbol: its arguments, or what it equals."""
    return re.split(r"=|\(|\\mid", formula)[0].strip().removesuffix("\\,").strip()


def spellings(symbol: Symbol) -> set[str]:
    return {bare(symbol.symbol), symbol.symbol, *symbol.spellings}


DEFINED = {
    number: dict.fromkeys(
        [bare(formula) for formula in re.findall(r"\$([^$]+)\$", box)]
        + re.findall(r"\b(ESS|KL)\b", re.sub(r"\$[^$]+\$", "", box))
    )
    for number, box in boxes()
}
NAMES_OUTSIDE_FORMULAS = {"ESS": r"\mathrm{ESS}", "KL": r"\mathrm{KL}"}


@pytest.mark.parametrize("number", DEFINED)
def test_each_symbol_of_a_box_has_one_row_with_its_meaning(number):
    for found in DEFINED[number]:
        if found in NO_SYMBOLS:
            continue
        spelt = NAMES_OUTSIDE_FORMULAS.get(found, found)
        rows = [s for s in SYMBOLS if number in s.notebooks and spelt in spellings(s)]
        assert len(rows) == 1, (found, [row.meaning for row in rows])


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: symbol.symbol)
def test_a_row_names_the_boxes_that_have_it_and_no_other(symbol):
    assert symbol.notebooks == tuple(sorted(symbol.notebooks)) and symbol.meaning
    for number in symbol.notebooks:
        found = {NAMES_OUTSIDE_FORMULAS.get(name, name) for name in DEFINED[number]}
        assert found & spellings(symbol), f"{number} has no {symbol.symbol}"


def names_in_code() -> set[str]:
    """List functions, arguments, fields and variables of the package."""
    names: set[str] = set()
    for path in (ROOT / "ppo_lesson").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for part in ("name", "arg", "id", "attr"):
                names.add(str(getattr(node, part, "")))
    return names


def test_what_a_symbol_is_called_in_code_is_called_so():
    wanted = {name for symbol in SYMBOLS for name in symbol.names}
    assert wanted <= names_in_code(), wanted - names_in_code()
