"""Vega-Lite without a browser: the specification of an explorer, drawn once as a picture.

What draws is V8, inside vl-convert. It reserves 64 GB of addresses, though little memory, and where
`ulimit -v` leaves it fewer it ends the whole process, which nobody can catch: so look first.
"""

from __future__ import annotations

import errno
import io
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
VEGA_LITE = "5.21"  # JupyterLab 4.6 draws version 5; it does not draw 6
PNG_COLORS = 128  # enough to keep the colours of all roles as they are
ADDRESSES = 72 * 2**30  # bytes; V8 was seen to start with 64.5 GB and not with 64.1 (1.9.0, x86-64)
NO_ROOM = (
    "nothing can be drawn: this process may use too few addresses (`ulimit -v`, or RLIMIT_AS). "
    "V8 reserves 64 GB of them, though it uses little memory"
)


@cache  # for once V8 has started, it has its addresses
def can_draw() -> bool:
    """Tell whether this process has enough addresses left for V8."""
    try:
        import resource
    except ImportError:  # Windows, which knows no such limit
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return True
    sizes = Path("/proc/self/statm")  # in pages, the first is that of all addresses
    pages = int(sizes.read_text().split()[0]) if sizes.exists() else 0
    return limit - pages * resource.getpagesize() >= ADDRESSES


def require_room() -> None:
    """Refuse to start what would end the process.

    Raises:
        OSError: there are too few addresses left.
    """
    if not can_draw():
        raise OSError(errno.ENOMEM, NO_ROOM)


def svg(specification: dict[str, Any]) -> str:
    """Draw a specification as SVG.

    Raises:
        OSError: there are too few addresses left.
    """
    require_room()
    import vl_convert

    return vl_convert.vegalite_to_svg(specification, vl_version=VEGA_LITE)


def png(specification: dict[str, Any]) -> bytes:
    """Draw a specification as a PNG of few colours."""
    drawing = svg(specification)
    import vl_convert
    from PIL import Image

    picture = Image.open(io.BytesIO(vl_convert.svg_to_png(drawing)))
    few = picture.convert("RGB").quantize(
        PNG_COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    file = io.BytesIO()
    few.save(file, "PNG")
    return file.getvalue()


def program() -> str:
    """Return JavaScript that sets `vegaEmbed`, with all that it draws with.

    Raises:
        OSError: there are too few addresses left.
    """
    require_room()
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)


def compiled(specification: dict[str, Any]) -> dict[str, Any]:
    """Compile a specification to Vega, for the bundle's own version of it.

    Raises:
        OSError: there are too few addresses left.
    """
    require_room()
    import vl_convert

    vega = vl_convert.vegalite_to_vega(specification, vl_version=VEGA_LITE)
    # It names Vega 5; the bundle's Vega 6 draws the same, but would complain on the console.
    del vega["$schema"]
    return vega


def page(specification: dict[str, Any]) -> str:
    """Write an HTML page that draws a specification without a network: Vega stands in it, 1 MB.

    Raises:
        OSError: there are too few addresses left.
    """
    drawing = compiled(specification)
    import vl_convert

    return vl_convert.vega_to_html(drawing, bundle=True, renderer="svg")
