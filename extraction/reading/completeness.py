"""Which numbers of a text are in the record.

By rule: a number is *recorded* where it stands inside the printed fragment of an entry, at a place that the
entry's address does not contradict; *elsewhere* where an entry of another place holds the same digits; else
*not yet*.  A fragment that stands several times at its address counts each time; where the file tells no
headings, as a PDF, every place agrees.  So the share is a help to the eye, no proof: not every number of a
paper is to be recorded.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from extraction.fragment import NUMBER, SMALL, TENS, fold, numbers, pattern
from extraction.reading.passage import Passage, Place
from extraction.schema import Address, AnyEntry, Record

Status = Literal["recorded", "elsewhere", "not_yet"]
STATUS: tuple[Status, ...] = ("recorded", "elsewhere", "not_yet")
WORDS = "|".join(
    [rf"(?:{'|'.join(TENS)})(?:-(?:{'|'.join(SMALL[1:10])}))?", *sorted(SMALL[2:], key=len, reverse=True)]
)
PRINTED = re.compile(
    rf"(?<![^\W\d])(?<![^\W\d]-)(?<![\d.]){NUMBER.pattern}|(?<![\w.])\.\d+|\b(?:{WORDS})(?:fold)?\b",
    re.IGNORECASE,
)
"""A number as papers print it.  Digits that end a name (CD19, IL-6) are none, nor are `no` and `one`, which
are mostly no counts.
"""
LEFT_OUT = ("references", "bibliography", "literature cited")
"""Sections of which the numbers are no results."""
BESIDE = 30
"""Characters shown on each side of a number."""


@dataclass(frozen=True)
class Found:
    """A number of the text: as printed, where, what stands beside it, and the entries that hold it there."""

    printed: str
    place: Place
    line: int | None
    column: str | None
    beside: str
    status: Status
    entries: tuple[str, ...]


def find(passages: Iterable[Passage], record: Record | None) -> list[Found]:
    """Every number of a source, in its order; entries of all texts of the paper count, as they print it
    alike.
    """
    entries = [entry for entry in record.entries if entry.printed] if record else []
    known = {number for entry in entries for number in numbers(entry.printed or "")}
    fragments = [(entry, pattern(entry.printed or "")) for entry in entries]
    return [
        found
        for passage in passages
        if not any(part.lower().strip(" .:") in LEFT_OUT for part in passage.place.section)
        for found in _of_passage(passage, fragments, known)
    ]


def _of_passage(
    passage: Passage, fragments: list[tuple[AnyEntry, re.Pattern[str]]], known: set[str]
) -> Iterator[Found]:
    words = passage.words
    spans = [
        (span.start(), span.end(), entry.id)
        for entry, fragment in fragments
        if agrees(entry.address, passage.place)
        for span in fragment.finditer(words)
    ]
    for match in PRINTED.finditer(words):
        start, end = match.span()
        holding = dict.fromkeys(name for first, last, name in spans if first <= start and end <= last)
        part = passage.part_at(start)
        elsewhere = numbers(_leading_zero(match.group())) <= known
        yield Found(
            match.group(),
            passage.place,
            part.line,
            part.column,
            words[max(0, start - BESIDE) : end + BESIDE],
            "recorded" if holding else "elsewhere" if elsewhere else "not_yet",
            tuple(holding),
        )


def _leading_zero(printed: str) -> str:
    return f"0{printed}" if printed.startswith(".") else printed


def agrees(address: Address, place: Place) -> bool:
    """Whether a place may be that of an address; one of which the file tells nothing may be any."""
    if not place.is_known:
        return True
    if place.table or address.table:
        if not (place.table and address.table) or _number(address.table) != _number(place.table):
            return False
        return not (address.row and place.row) or _same(address.row, place.row)
    if place.figure:
        named = address.figure or address.section or ""
        return _number(named) == _number(place.figure)
    if not address.section:
        return False
    heads = [*place.section, ", ".join(place.section)]
    return any(_plain(address.section) == _plain(head) for head in heads)


def _number(label: str) -> str:
    """The number of a table or figure, `2` of `2B, with the caption` or `Legend of Figure 2`."""
    found = re.search(r"S?\d+", label)
    return ("S" if "supplement" in label.lower() else "") + found.group() if found else label


def _same(one: str, other: str) -> bool:
    """Whether two names of a row are one, of which either may be shortened."""
    one, other = _plain(one), _plain(other)
    return one in other or other in one


def _plain(words: str) -> str:
    """Words without the accidents of type-setting: case, spaces, as in 10⁶."""
    return fold(words).casefold().replace(" ", "")
