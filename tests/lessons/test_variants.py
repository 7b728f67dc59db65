"""The table of variants: every row says where it was read and has a cell that shows its change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ppo_lesson.lessons.grpo_and_after.variants import (
    ASPECTS,
    FILES,
    NOTEBOOK,
    PLACES,
    VARIANTS,
    Option,
    Variant,
    table,
)

PATH = Path(__file__).parents[2] / "notebooks" / f"{NOTEBOOK}.ipynb"
CELLS = {
    "group-advantage",
    "division",
    "silent-groups",
    "aggregation",
    "sequence-ratio",
    "detached-weight",
    "clip-higher",
    "kl-gradients",
    "leave-one-out",
    "whitened-batch",
}
every_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


@every_variant
def test_a_row_says_what_changes_where_it_was_read_and_how_it_is_selected(variant: Variant):
    assert variant.changes and all(variant.changes.values())
    assert re.fullmatch(r"\d{4}\.\d{5}", variant.arxiv)
    libraries = [option.library for option in variant.options]
    assert len(set(libraries)) == len(libraries) >= 2
    for option in variant.options:
        assert re.fullmatch(r"[\w./-]+#L\d+", option.file)
        assert option.setting.count("`") % 2 == 0 and "`" in option.setting
        # A version, for "main" will say something else next month.
        assert re.search(r"/blob/v\d+\.\d+\.\d+/", option.link)


@pytest.mark.skipif(not PATH.exists(), reason="notebook 12 is not there yet")
@every_variant
def test_each_change_has_its_cell_in_the_notebook(variant: Variant):
    cells = {cell["id"] for cell in json.loads(PATH.read_text(encoding="utf-8"))["cells"]}
    assert set(variant.cells) <= cells


def test_the_notebook_shows_this_table():
    cells = json.loads(PATH.read_text(encoding="utf-8"))["cells"]
    assert any(table(PLACES) in "".join(cell["source"]) for cell in cells)


def test_every_cell_that_was_agreed_on_belongs_to_a_row():
    assert {cell for variant in VARIANTS for cell in variant.cells} == CELLS


def test_every_aspect_is_changed_by_some_variant_and_no_two_variants_are_alike():
    assert {aspect for variant in VARIANTS for aspect in variant.changes} == set(ASPECTS)
    changes = [tuple(variant.changes.items()) for variant in VARIANTS]
    assert len(set(changes)) == len(VARIANTS)


def test_the_table_has_a_row_for_each_with_links_and_the_places_that_are_given():
    rows = table({"division": "section 1", "aggregation": "section 2"}).splitlines()[2:]
    assert len(rows) == len(VARIANTS)
    for row, variant in zip(rows, VARIANTS, strict=True):
        assert row.startswith(f"| **{variant.name}**") and row.count(" | ") == 3
        assert f"https://arxiv.org/abs/{variant.arxiv}" in row
    dr_grpo = next(row for row in rows if "Dr. GRPO" in row)
    assert dr_grpo.endswith("| section 1, section 2 |")
    assert all(place in table() for place in (*CELLS, *FILES.values()))


def test_an_unknown_library_or_aspect_is_named():
    with pytest.raises(ValueError, match=r"^library: expected one of .*, got 'Other'$"):
        Option("Other", "`x`", "a.py#L1")
    with pytest.raises(ValueError, match=r"^changes: expected one of .*, got 'speed'$"):
        Variant("A", "B (2025)", "2501.00001", {"speed": "faster"}, (), ())
