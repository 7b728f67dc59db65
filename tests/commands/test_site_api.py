"""The pages of the API name what each window shows, and where it is."""

from __future__ import annotations

import importlib
import re

import pytest

from ppo_lesson.commands import site_api
from ppo_lesson.files import PACKAGE


def documented(page: str) -> list[str]:
    return re.findall(r"^\.\. auto\w+:: (\S+)$", page, re.MULTILINE)


@pytest.mark.parametrize("floor", site_api.FLOORS)
def test_the_page_of_a_floor_leaves_nothing_of_its_window_out(floor):
    window = importlib.import_module(f"ppo_lesson.{floor}")
    found = documented(site_api.page(floor))
    assert found[0] == window.__name__ and len(found) == len(set(found))
    names = {name.rpartition(".")[2] for name in found[1:]}
    modules = {path.stem for path in (PACKAGE / floor).glob("[!_]*.py")}
    assert names == set(getattr(window, "__all__", modules)) and names


def test_classes_functions_and_values_are_told_apart():
    page = site_api.page("museum")
    assert ".. autofunction:: ppo_lesson.museum.walk\n" in page
    assert ".. autodata:: ppo_lesson.museum.record.FAULTS\n   :no-value:" in page
    assert ".. automodule:: ppo_lesson.museum.interventions\n   :members:" in page
    assert ".. autoclass:: ppo_lesson.training.PPOConfig\n   :members:" in site_api.page("training")


def test_a_name_of_a_window_is_found_where_it_is_documented():
    places = site_api.places()
    assert (
        places["gae"] == "ppo_lesson.maths.gae" and places["train"] == "ppo_lesson.training.train"
    )
    for place in places.values():
        assert any(place in site_api.page(floor) for floor in site_api.FLOORS)


def test_a_file_of_the_package_goes_by_the_name_of_its_module():
    assert site_api.module_name(PACKAGE / "maths" / "gradients.py") == "ppo_lesson.maths.gradients"
    assert site_api.module_name(PACKAGE / "maths" / "__init__.py") == "ppo_lesson.maths"
