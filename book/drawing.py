"""A drawing of matplotlib made fit for pages: as light as it looks the same, and with a dark twin."""

import re

from models.style import DARK

COLOUR = re.compile(rb"((?:fill|stroke): )(#[0-9a-f]{6})\b")
GREYS_TURNED = (b'<filter id="turned" color-interpolation-filters="sRGB">'
                b'<feColorMatrix values="-1 0 0 0 1  0 -1 0 0 1  0 0 -1 0 1  0 0 0 1 0"/></filter>')
"""For rasters, whose greys no text replacement reaches: light becomes dark and dark light."""
GLYPH = re.compile(rb"\bDejaVuSans(?:-[A-Za-z]+)*-[0-9a-f]+\b")
CLIP = re.compile(rb'<clipPath id="(\w+)"')
"""Matplotlib names it by a hash of its place, whose last digit differs between runs."""
DIGITS = 2
"""Of a coordinate in points: a hundredth is a quarter of a pixel on a screen that shows ten to the point."""


def slim(drawing: bytes) -> bytes:
    """The drawing without line breaks, comments and metadata, coordinates rounded, its letters and clipping paths named by their order."""
    names: dict[bytes, bytes] = {}
    text = re.sub(rb"<metadata>.*?</metadata>|<!--.*?-->", b"", drawing, flags=re.S)
    text = re.sub(rb'(?<= d=")[^"]*', lambda path: re.sub(rb" (?=[A-Za-z])|(?<=[A-Za-z]) ", b"", _rounded(b" ".join(path[0].split()))), text)
    text = re.sub(rb' [xy]="[^"]*"|translate\([^)]*\)', lambda place: _rounded(place[0]), text)
    text = GLYPH.sub(lambda glyph: names.setdefault(glyph[0], b"g%d" % len(names)), text)
    for number, clip in enumerate(CLIP.findall(text)):
        text = text.replace(clip, b"c%d" % number)
    return re.sub(rb">\s+<", b"><", text)


def _rounded(numbers: bytes) -> bytes:
    return re.sub(rb"-?\d+\.\d+", lambda number: (f"{float(number[0]):.{DIGITS}f}".rstrip("0").rstrip(".") or "0").encode(), numbers)


def dark(drawing: bytes) -> bytes:
    """The same in the colours of `models.style.DARK`; a colour that is not there stays."""
    turned = COLOUR.sub(lambda found: found[1] + DARK.get(found[2].decode(), found[2].decode()).encode(), drawing)
    turned = turned.replace(b"<image ", b'<image filter="url(#turned)" ')
    # matplotlib leaves black fills unsaid, so the root says what they become
    return re.sub(rb"(<svg [^>]*)>", lambda root: root[1] + f' fill="{DARK["#000000"]}">'.encode() + GREYS_TURNED, turned, count=1)
