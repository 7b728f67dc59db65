"""Every shipped notebook keeps the rules of ``python -m ppo_lesson notebooks check``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ppo_lesson.commands import notebook_form, notebook_rules, notebooks
from ppo_lesson.commands.reading_time import measure

SHIPPED, _ = notebooks.find([])


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_shipped_notebook_has_no_fault(path):
    found = [f"{fault.cell_id}: {fault.what}" for fault in notebook_rules.faults(path)]
    assert not found, f"{path.stem}:\n" + "\n".join(found)


def test_the_notebooks_have_different_numbers():
    numbers = [path.stem.split("_")[0] for path in SHIPPED]
    assert len(numbers) == len(set(numbers)), numbers


def test_readme_lists_every_notebook_with_its_minutes():
    """Reading and exercises, without Further: within a tenth, or two minutes."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    row = re.compile(
        r"^\| \[.+\]\(notebooks/(.+)\.ipynb\) \| .+ \| (\d+) \+ (\d+) \|$", re.MULTILINE
    )
    said = {
        name: (int(reading), int(exercises)) for name, reading, exercises in row.findall(readme)
    }
    assert list(said) == [path.stem for path in SHIPPED]
    times = {path.stem: measure(notebook_form.read(path)) for path in SHIPPED}
    found = {name: (time.reading, time.exercises) for name, time in times.items()}
    wrong = {
        f"{name}: README says {said[name]}, found {round(found[name][0]), round(found[name][1])}"
        for name in said
        for one, other in zip(said[name], found[name], strict=True)
        if abs(one - other) > max(0.1 * other, 2)
    }
    assert not wrong
