"""A drawing of matplotlib made fit for pages: as light as it looks the same, and with a dark twin."""

import re
from collections.abc import Iterable

from book.html.style import DARK

COLOUR = re.compile(rb"((?:fill|stroke): )(#[0-9a-f]{6})\b")
GREYS_TURNED = (
    b'<filter id="turned" color-interpolation-filters="sRGB">'
    b'<feColorMatrix values="-1 0 0 0 1  0 -1 0 0 1  0 0 -1 0 1  0 0 0 1 0"/></filter>'
)
"""For rasters, whose greys no text replacement reaches: light becomes dark and dark light."""
GLYPH = re.compile(rb"\bDejaVuSans(?:-[A-Za-z]+)*-[0-9a-f]+\b")
CLIP = re.compile(rb'<clipPath id="(\w+)"')
"""Matplotlib names it by a hash of its place, whose last digit differs between runs."""
DIGITS = 2
"""Of a coordinate in points: a hundredth is a quarter of a pixel on a screen that shows ten to the point."""
OUTLINE = re.compile(rb' d="([^"]*)" transform="scale\(0\.015625\)"')
"""A letter in units of its font, 64 to a hundredth of its height."""
UNIT = 8
"""Font units to which the outlines of letters are rounded: a hundredth of a point in text of eleven."""
LETTER_PLACE = re.compile(rb'transform="translate\(([-\d.]+)(?: 0)?\)"/>')
STEPS = {b"M": 2, b"L": 2, b"Q": 4, b"C": 6}
"""Coordinates of each step of a path."""


def slim(drawing: bytes) -> bytes:
    """The drawing without line breaks, comments and metadata, coordinates rounded, its letters and clipping
    paths named by their order.
    """
    names: dict[bytes, bytes] = {}
    text = re.sub(rb"<metadata>.*?</metadata>|<!--.*?-->", b"", drawing, flags=re.S)
    text = OUTLINE.sub(
        lambda letter: b' d="%s" transform="scale(%g)"' % (_coarse(letter[1]), UNIT / 64), text
    )
    text = re.sub(rb'(?<= d=")[^"]*', lambda path: _relative(path[0]), text)
    text = LETTER_PLACE.sub(rb'x="\1"/>', text)
    text = re.sub(rb' [xy]="[^"]*"|translate\([^)]*\)', lambda place: _rounded(place[0]), text)
    text = GLYPH.sub(lambda glyph: names.setdefault(glyph[0], b"g%d" % len(names)), text)
    for number, clip in enumerate(CLIP.findall(text)):
        text = text.replace(clip, b"c%d" % number)
    return re.sub(rb">\s+<", b"><", text)


def _rounded(numbers: bytes) -> bytes:
    return re.sub(rb"-?\d+\.\d+", lambda number: _short(float(number[0])).encode(), numbers)


def _short(number: float) -> str:
    """To DIGITS decimals, without the zeros that say nothing."""
    text = f"{number:.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _coarse(outline: bytes) -> bytes:
    return re.sub(rb"-?[\d.]+", lambda number: b"%d" % round(float(number[0]) / UNIT), outline)


def _relative(path: bytes) -> bytes:
    """A path of M, L, Q, C and z whose coordinates count from the point before; a rounding error is not
    passed on.
    """
    steps: list[bytes] = []
    at = start = (0.0, 0.0)
    for name, rest in re.findall(rb"([MLQCz])([^MLQCz]*)", path):
        numbers = [round(float(number), DIGITS) for number in rest.split()]
        if name == b"z":
            steps, at = [*steps, b"z"], start
        for first in range(0, len(numbers), STEPS.get(name, 1)):
            places = numbers[first : first + STEPS[name]]
            steps.append(name.lower() + _joined(place - at[i % 2] for i, place in enumerate(places)))
            at = places[-2], places[-1]
            start = at if name == b"M" else start
    return b"".join(steps)


def _joined(numbers: Iterable[float]) -> bytes:
    """Numbers with as few characters as they need: a minus sign parts them as well as a space."""
    shown = (re.sub(r"^(-?)0(?=\.)", r"\1", _short(number)) for number in numbers)
    return " ".join(shown).replace(" -", "-").encode()


def dark(drawing: bytes) -> bytes:
    """The same in the colours of `book.html.style.DARK`; a colour that is not there stays."""
    turned = COLOUR.sub(
        lambda found: found[1] + DARK.get(found[2].decode(), found[2].decode()).encode(), drawing
    )
    turned = turned.replace(b"<image ", b'<image filter="url(#turned)" ')
    # matplotlib leaves black fills unsaid, so the root says what they become
    return re.sub(
        rb"(<svg [^>]*)>",
        lambda root: root[1] + f' fill="{DARK["#000000"]}">'.encode() + GREYS_TURNED,
        turned,
        count=1,
    )
