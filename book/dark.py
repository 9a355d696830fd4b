"""The dark twin of a drawing: the same bytes with the colours that are read on the dark theme."""

import re

from models.style import DARK

COLOUR = re.compile(rb"((?:fill|stroke): )(#[0-9a-f]{6})\b")
GREYS_TURNED = (b'<filter id="turned" color-interpolation-filters="sRGB">'
                b'<feColorMatrix values="-1 0 0 0 1  0 -1 0 0 1  0 0 -1 0 1  0 0 0 1 0"/></filter>')
"""For rasters, whose greys no text replacement reaches: light becomes dark and dark light."""


def dark(drawing: bytes) -> bytes:
    """A drawing of matplotlib (SVG) in the colours of `models.style.DARK`; a colour that is not there stays."""
    turned = COLOUR.sub(lambda found: found[1] + DARK.get(found[2].decode(), found[2].decode()).encode(), drawing)
    turned = turned.replace(b"<image ", b'<image filter="url(#turned)" ')
    # matplotlib leaves black fills unsaid, so the root says what they become
    return re.sub(rb"(<svg [^>]*)>", lambda root: root[1] + f' fill="{DARK["#000000"]}">'.encode() + GREYS_TURNED, turned, count=1)
