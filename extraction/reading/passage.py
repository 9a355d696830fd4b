"""A passage of a paper: words that stand together, and where."""

from dataclasses import dataclass, field
from pathlib import Path

from extraction.fault import Fault

LARGEST_FILE = 60_000_000
"""Bytes; a paper with its figures has about ten million."""


class Unreadable(Fault):
    """The source cannot be read; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where a passage stands, as far as its file tells.

    section : headings, the outermost first
    table, figure : as numbered by the paper
    row : first cell of the row
    """

    section: tuple[str, ...] = ()
    paragraph: int | None = None
    table: str | None = None
    row: str | None = None
    figure: str | None = None
    page: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether it can be held to an address of a record."""
        return bool(self.section or self.table or self.figure)

    def __str__(self) -> str:
        parts = [
            self.page and f"page {self.page}",
            self.section and " › ".join(self.section),
            self.paragraph and f"paragraph {self.paragraph}",
            self.table and f"table {self.table}",
            self.row and f"row “{self.row}”",
            self.figure and f"figure {self.figure}",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Part:
    """A line of a passage or a cell of a row, folded (`extraction.fragment.fold`)."""

    words: str
    line: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Passage:
    """A paragraph, or a row of a table."""

    place: Place
    parts: tuple[Part, ...] = field(default_factory=tuple)

    @property
    def words(self) -> str:
        """The parts in a row, a space between each."""
        return " ".join(part.words for part in self.parts)

    def part_at(self, offset: int) -> Part:
        """The part in which a character of `words` stands."""
        for part in self.parts:
            if offset <= len(part.words):
                return part
            offset -= len(part.words) + 1
        raise IndexError(offset)


def content(path: Path) -> bytes:
    """The bytes of a source; raise Unreadable for one that is no file, or too large."""
    if not path.is_file():
        raise Unreadable(f"there is no file {path}")
    if (size := path.stat().st_size) > LARGEST_FILE:
        raise Unreadable(f"{path} has {size} bytes: a source may have {LARGEST_FILE}")
    return path.read_bytes()
