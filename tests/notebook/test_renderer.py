"""The renderer draws what the specification says, in few colours."""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from ppo_lesson.figures.style import COLORS
from ppo_lesson.notebook import renderer

PACKAGE = Path(renderer.__file__).parents[1]

WIDE = {
    "$schema": renderer.SCHEMA,
    "width": 200,
    "height": 100,
    "padding": 0,
    "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
    "mark": {"type": "rect", "color": COLORS["old"]},
    "encoding": {
        "x": {"value": 0},
        "x2": {"value": 200},
        "y": {"value": 0},
        "y2": {"value": 100},
    },
}


def test_a_picture_has_the_size_and_the_colour_of_the_specification():
    picture = Image.open(io.BytesIO(renderer.png(WIDE))).convert("RGB")
    assert picture.size == (200, 100)
    red, green, blue = (int(COLORS["old"][k : k + 2], 16) for k in (1, 3, 5))
    assert picture.getpixel((100, 50)) == (red, green, blue)


def test_a_picture_has_few_colours():
    picture = Image.open(io.BytesIO(renderer.png(WIDE)))
    assert picture.mode == "P"
    assert len(picture.getcolors() or []) <= renderer.PNG_COLORS


# ---- V8 and its addresses ------------------------------------------------------------------------


@pytest.fixture
def limit(monkeypatch):
    """Say what the limit of addresses is, without setting it, and forget what was found before."""
    resource = pytest.importorskip("resource")
    renderer.can_draw.cache_clear()
    yield lambda size: monkeypatch.setattr(resource, "getrlimit", lambda which: (size, size))
    renderer.can_draw.cache_clear()


@pytest.mark.parametrize("gigabytes", [0.5, 8, 32, 64, 71])
def test_where_there_are_too_few_addresses_v8_is_never_called(gigabytes, limit, monkeypatch):
    limit(int(gigabytes * 2**30))
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert not renderer.can_draw()
    for draw in (renderer.svg, renderer.png):
        with pytest.raises(OSError, match="ulimit -v"):
            draw(WIDE)


def test_with_no_limit_or_one_that_is_high_enough_it_draws(limit):
    import resource

    for size in (resource.RLIM_INFINITY, 200 * 2**30):
        limit(size)
        renderer.can_draw.cache_clear()
        assert renderer.can_draw()


def test_windows_knows_no_such_limit(limit, monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    assert renderer.can_draw()


def test_nothing_else_in_the_package_calls_v8_without_asking():
    calling = {
        path.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and "vl_convert" in [name.name for name in node.names]
    }
    assert calling == {"renderer.py"}
    for name in ("demos", "slides", "site"):
        asks = (PACKAGE / "commands" / f"{name}.py").read_text(encoding="utf-8")
        assert "require_room()" in asks
