"""Every shipped notebook keeps the rules of ``python -m ppo_lesson notebooks check``."""

from __future__ import annotations

import pytest

from ppo_lesson.commands import notebook_rules, notebooks

SHIPPED, _ = notebooks.find([])


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_shipped_notebook_has_no_fault(path):
    found = [f"{fault.cell_id}: {fault.what}" for fault in notebook_rules.faults(path)]
    assert not found, f"{path.stem}:\n" + "\n".join(found)


def test_the_notebooks_have_different_numbers():
    numbers = [path.stem.split("_")[0] for path in SHIPPED]
    assert len(numbers) == len(set(numbers)), numbers
