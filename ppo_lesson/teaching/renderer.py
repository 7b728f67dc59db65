"""Vega-Lite without a browser: the specification of an explorer, drawn once as a picture."""

from __future__ import annotations

import io
from typing import Any

import vl_convert
from PIL import Image

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
VEGA_LITE = "5.21"  # JupyterLab 4.6 draws version 5; it does not draw 6
PNG_COLORS = 128  # enough to keep the colours of all roles as they are


def start() -> None:
    """Draw a dot: the first drawing of a process takes a second longer than those after it."""
    svg({"$schema": SCHEMA, "data": {"values": [{}]}, "mark": "point"})


def svg(specification: dict[str, Any]) -> str:
    """Draw a specification as SVG."""
    return vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)


def png(specification: dict[str, Any]) -> bytes:
    """Draw a specification as a PNG of few colours."""
    picture = Image.open(io.BytesIO(vl_convert.svg_to_png(svg(specification))))
    few = picture.convert("RGB").quantize(
        PNG_COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    file = io.BytesIO()
    few.save(file, "PNG")
    return file.getvalue()
