"""All explorers: small, the same every time, and Vega draws what the table says."""

from __future__ import annotations

import html
import itertools
import json
import re
from functools import cache
from pathlib import Path

import pytest
import vl_convert

from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS, clip_lab, proposal_explorer
from ppo_lesson.explorers.explorer import MIME, Explorer
from ppo_lesson.explorers.layout import MOST_HEIGHT
from ppo_lesson.maths import clipped_surrogate_loss, importance_weights
from ppo_lesson.notebook import renderer
from ppo_lesson.notebook.renderer import VEGA_LITE

MOST_BYTES = 150_000
NOTEBOOK_FOLDER = Path(__file__).parents[2] / "notebooks"


@cache
def explorer(name: str) -> Explorer:
    found = EXPLORERS[name]()
    assert isinstance(found, Explorer)
    return found


def corners(name: str) -> list[dict]:
    """Return the start and both ends of everything that can be moved."""
    controls = explorer(name).controls
    ends = [(c.positions[0], c.positions[-1]) for c in controls]
    named = [dict(zip((c.name for c in controls), e, strict=True))
             for e in itertools.product(*ends)]  # fmt: skip
    return [{}, *named]


@cache
def drawn(name: str, number: int) -> str:
    position = corners(name)[number]
    return vl_convert.vegalite_to_svg(
        explorer(name).specification(**position), vl_version=VEGA_LITE, show_warnings=True
    )


@pytest.mark.parametrize("name", EXPLORERS)
def test_it_fits_into_a_notebook(name):
    bundle = explorer(name)._repr_mimebundle_()
    # As nbformat writes it, which gives every entry of a list a line.
    assert len(json.dumps(bundle, indent=1, ensure_ascii=False).encode()) <= MOST_BYTES
    assert len(bundle["text/plain"]) < 800 and bundle["text/plain"].isprintable() is False


@pytest.mark.parametrize("name", EXPLORERS)
def test_building_it_again_gives_the_same(name):
    again = EXPLORERS[name]()
    assert repr(again) == repr(explorer(name))
    assert again.specification() == explorer(name).specification()


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("number", range(4))
def test_vega_writes_what_the_table_says_at_the_start_and_at_the_ends(name, number):
    position, picture = corners(name)[number], html.unescape(drawn(name, number))
    row = explorer(name).at(**position)
    for template in explorer(name).headline:
        assert f">{template.format(**row)}<" in picture


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", EXPLORERS)
def test_vega_draws_it_as_large_as_it_says_wherever_the_sliders_are(name):
    """From its size follows where the controls lie."""
    sizes = {re.search(r'viewBox="([^"]*)"', drawn(name, k))[1] for k in range(len(corners(name)))}
    width, height = explorer(name).size()
    assert sizes == {f"0 0 {width} {height}"}
    page = renderer.svg(explorer(name).specification(words=False))
    width, height = explorer(name).size(words=False)
    assert f'viewBox="0 0 {width} {height}"' in page


@pytest.mark.parametrize("name", EXPLORERS)
def test_it_fits_on_a_small_screen_and_its_letters_are_large(name):
    picture = drawn(name, 0)
    assert explorer(name).size()[0] <= 900 and explorer(name).size()[1] <= MOST_HEIGHT
    assert min(map(float, re.findall(r'font-size="([\d.]+)px"', picture))) >= 15


def nameless(picture: str) -> list[str]:
    """List what a screen reader would call "graphic" and nothing more."""
    marks = re.findall(r'<[^>]*role="graphics-symbol"[^>]*>', picture)
    return [mark for mark in marks if 'aria-label="' not in mark]


@pytest.mark.parametrize("name", EXPLORERS)
def test_nothing_that_a_screen_reader_meets_is_without_a_name(name):
    assert [nameless(drawn(name, k)) for k in range(len(corners(name)))] == [[]] * len(
        corners(name)
    )


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_sentence_above_it_asks_or_tells_what_to_do_and_answers_nothing(name):
    first = {"Add", "Count", "Follow", "Lengthen", "Make", "Move", "Then", "Visit"}
    for sentence in re.findall(r"[^.?:]+[.?:]", explorer(name).look_for):
        told = sentence.split()[0].strip(",") in first
        # What comes after a colon explains what is drawn, or asks.
        assert told or sentence.endswith("?") or ":" in explorer(name).look_for, sentence
    assert not re.search(r"\d|\b(best|never|always|not)\b", explorer(name).look_for)


NEUTRAL = {
    "proposal_explorer": lambda at: at["largest"] == 1 and at["error"] == "0.045",
    "weight_rain": lambda at: at["horizon"] == 60,  # where notebook 03 begins to count
    "surrogate_cliff": lambda at: at["promise"] == at["truth"] and at["worth"] == 100,
    "ratio_explosion": lambda at: at["largest"] == 1 and at["promise"] == 0,
    "clip_lab": lambda at: at["ratio"] == 1,
    "lambda_dial": lambda at: at["error"] == 1,  # the prediction is about a perfect critic
    "token_ratios": lambda at: at["good_total"] == at["bad_total"] == "1.00",
    "length_bias": lambda at: at["right"] == at["wrong"],  # where both losses are the same
}
"""Where each opens: before anything has happened, so that no prediction is answered."""


@pytest.mark.parametrize("name", EXPLORERS)
def test_it_opens_before_anything_has_happened(name):
    assert NEUTRAL[name](explorer(name).at())


def test_the_notebooks_in_which_it_stands_are_known():
    found: dict[str, list[str]] = {name: [] for name in EXPLORERS}
    there = {path.name[:2] for path in NOTEBOOK_FOLDER.glob("*.ipynb")}
    for path in sorted(NOTEBOOK_FOLDER.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        for name in EXPLORERS:
            if re.search(rf"^(\w+\.)?{name}\([^)]*\)\)?$", code, flags=re.MULTILINE):
                found[name].append(path.name[:2])
    known = {name: [n for n in numbers if n in there] for name, numbers in NOTEBOOKS.items()}
    assert found == known


@pytest.mark.parametrize("name", EXPLORERS)
def test_no_number_is_missing_where_vega_draws(name):
    assert "NaN" not in drawn(name, 0) and "undefined" not in drawn(name, 0)
    assert "null" not in explorer(name).specification()["data"]["values"]


def test_the_specification_is_the_one_that_is_shown():
    assert explorer("clip_lab")._repr_mimebundle_()[MIME] == explorer("clip_lab").specification()


def test_with_a_learners_own_function_it_fits_too():
    lab, proposals = clip_lab(clipped_surrogate_loss), proposal_explorer(importance_weights)
    for found in (lab, proposals):
        bundle = found._repr_mimebundle_()  # type: ignore[union-attr]
        assert len(json.dumps(bundle, indent=1, ensure_ascii=False).encode()) <= MOST_BYTES


def panels(drawing: dict) -> list[dict]:
    for key in ("hconcat", "vconcat"):
        if key in drawing:
            return [panel for part in drawing[key] for panel in panels(part)]
    return [drawing]


def look(mark: dict) -> tuple:
    """Describe a mark as a reader sees it who sees no colours."""
    return tuple(str(mark.get(key)) for key in ("type", "shape", "strokeDash", "strokeWidth"))


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("name", EXPLORERS)
def test_no_meaning_is_told_by_colour_alone(name, own):
    """Marks of different colours in the same panel differ in shape, dashes or width too."""
    functions = {"clip_lab": clipped_surrogate_loss, "proposal_explorer": importance_weights}
    found = EXPLORERS[name](functions[name]) if own and name in functions else explorer(name)
    assert isinstance(found, Explorer)
    for panel in panels(found.drawing):
        seen: dict[tuple, set] = {}
        for part in panel["layer"]:
            mark = dict(part["mark"])
            if mark["type"] == "text":
                continue
            if "shape" in part["encoding"]:
                mark["shape"] = "by the table"
            seen.setdefault(look(mark), set()).add(mark.get("color", mark.get("stroke")))
        assert [colours for colours in seen.values() if len(colours) > 1] == []
