"""Tables of other programs, read row by row."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from extraction.fault import Fault
from extraction.interop.columns import STUDY
from extraction.plain import Unreadable, rows_of, text_of
from extraction.schema import without_accents

YEAR = ("year", "study_year", "year_of_study", "publication_year")
OUTCOME = ("outcome", "outcome_name", "analysis_name")
NUMBERED = ("comparison_number", "outcome_number", "subgroup_number")
"""Of RevMan 5, whose tables have a row of their own above each comparison, outcome and subgroup."""
SEPARATORS = ",;\t"
EMPTY = {"", "na", "n/a"}


class NoTable(Fault):
    """The file holds no table of studies."""


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells as typed, by column; the outcome that stands above it, if one does."""

    line: int
    cells: Mapping[str, str]
    heading: str = ""

    @property
    def filled(self) -> dict[str, str]:
        return {c: v.strip() for c, v in self.cells.items() if v.strip().lower() not in EMPTY}

    def of(self, names: tuple[str, ...]) -> str:
        """The first filled cell of these columns, empty where none is filled."""
        return next((v for name in names for c, v in self.filled.items() if slug(c) == name), "")

    @property
    def named(self) -> str:
        """The study as the table names it."""
        return self.of(STUDY)

    @property
    def outcome(self) -> str:
        return self.of(OUTCOME) or self.heading

    @property
    def study(self) -> str | None:
        """The stem of the study, `smith2025`; None where its surname or its year is missing."""
        return stem(self.named, self.of(YEAR))


def table(path: Path) -> tuple[list[str], list[Row]]:
    """The columns of a file, and its rows but for headings; raise NoTable."""
    try:
        text = text_of(path)
        lines = rows_of(text, max(SEPARATORS, key=text.partition("\n")[0].count))
    except Unreadable as error:
        raise NoTable(f"{path}: {error}") from None
    header = _told_apart(name.strip() for name in lines[0][1]) if lines else []
    if not {slug(name) for name in header} & set(STUDY):
        raise NoTable(f"{path}: no column names the studies; the columns found are {', '.join(header)}")
    rows = [Row(line, dict(zip(header, cells, strict=False))) for line, cells in lines[1:] if any(cells)]
    return header, list(_below_headings(rows) if set(NUMBERED) <= {slug(c) for c in header} else rows)


def _told_apart(names: Iterable[str]) -> list[str]:
    """Names of columns; one that stands before, as a field of Covidence may be named Title too, has no
    meaning.
    """
    told: list[str] = []
    for name in names:
        told.append(f"{name} again, column {len(told) + 1}" if name in told else name)
    return told


def _below_headings(rows: list[Row]) -> Iterator[Row]:
    """The studies of a table of RevMan 5, each with its outcome.

    The first row of a comparison, an outcome and a subgroup is its heading, as R's meta reads such a table
    (read.rm5); that of a subgroup has a type of data, which studies have not.
    """
    before, outcome = ["", "", ""], ""
    for row in rows:
        number = [row.of((name,)) for name in NUMBERED]
        another, before = [new != old for new, old in zip(number, before, strict=True)], number
        if another[0] or another[1]:
            outcome = row.named
        elif not (another[2] and row.of(("data_type",))):
            yield replace(row, heading=outcome)


def slug(name: str) -> str:
    """The name of a column in small letters, words joined by _."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def stem(name: str, year: str) -> str | None:
    """The stem of a study, `smith2025`, by its name in a table, and the year beside it if the name has none;
    None where surname or year is missing.
    """
    plain = without_accents(name)
    when = re.search(r"(?<![0-9])([12][0-9]{3})([a-z]?)\b", plain)
    if not when:
        when = re.fullmatch(r"([12][0-9]{3})()", year)
    surname = re.match(r"[^a-z]*([a-z]+(?:['’-][a-z]+)*)", plain)
    return re.sub(r"[^a-z]", "", surname[1]) + when[1] + when[2] if surname and when else None
