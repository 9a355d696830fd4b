"""Read a user's table of studies: one row per study, in any mixture of forms; all that is wrong is named at
once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import InvalidOperation
from itertools import islice
from math import isfinite, isnan

from extraction.fault import Fault
from extraction.interop.columns import STUDY, canonical
from extraction.limits import MOST_ROWS
from extraction.plain import Unreadable, text_of
from extraction.plain import rows_of as csv_rows

SEPARATORS = ",;\t"
PLAIN = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?inf(?:inity)?|nan", re.IGNORECASE
)
"""A number as software writes it."""
MISSING = {"", "na", "n/a", "."}


class BadTable(Fault):
    """The table cannot be used; the message names file, line, column, value found and rule broken."""


@dataclass
class Cells:
    """One row: its cells by what they hold, and what is wrong with it."""

    path: str
    line: int
    study: str
    cells: dict[str, tuple[str, str]]
    """What it holds: (the column's own name, text)."""
    decimal_comma: bool = False
    faults: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    """Text of every cell, by the column's own name."""

    def has(self, *names: str) -> bool:
        """Whether all of these are filled in."""
        return all(name in self.cells and self.text(name).lower() not in MISSING for name in names)

    def text(self, name: str) -> str:
        return self.cells[name][1].strip()

    def refuse(self, name: str, rule: str) -> None:
        """Note that a cell breaks a rule."""
        column, found = self.cells.get(name, (name, ""))
        self.faults.append(f"{self.path}, line {self.line}, column {column}: {found.strip()!r} {rule}")

    def number(
        self, name: str, rule: str = "must lie between -1e12 and 1e12", low: float = -1e12, high: float = 1e12
    ) -> float:
        """The number in a cell, noted as a fault and nan where it is none or lies outside [low, high]."""
        text = self.text(name)
        if self.decimal_comma and "." not in text:
            text = text.replace(",", ".")
        if PLAIN.fullmatch(text):
            value = float(text)
        elif isnan(value := self._as_printed(name, text)):
            return value
        if not isfinite(value):
            self.refuse(name, "must be finite")
        elif not low <= value <= high:
            self.refuse(name, rule)
        return value

    def true_values(self, name: str) -> tuple[float, float]:
        """Smallest and largest number that is printed as this cell, which holds one."""
        from extraction.recover.printed import number
        from extraction.recover.rounding import true_values

        text = self.text(name)
        text = text.replace(",", ".") if self.decimal_comma else text
        try:
            return true_values(text)
        except InvalidOperation:
            return true_values(number(text).value)

    def _as_printed(self, name: str, text: str) -> float:
        """A number in a form that papers print and Python does not read, such as `−0·15` or `1 234`."""
        from extraction.recover import Unusable
        from extraction.recover.printed import number

        try:
            return float(number(text).value)
        except Unusable:
            self.refuse(name, "must be a number")
            return float("nan")

    def p_value(self, name: str) -> tuple[str, float]:
        """Sign (empty, <, >, ≤ or ≥) and number of a printed p-value; `ns` is above 0.05, `0.000` below half
        of its last digit. Noted as a fault where it is none above 0 and at most 1.
        """
        from extraction.recover import Unusable
        from extraction.recover.printed import written_p

        try:
            written = written_p(self.text(name))
        except Unusable:
            self.refuse(name, "must be a p-value between 0 and 1, such as 0.075, <.05 or ns")
            return "", float("nan")
        if written.value is None:
            return ">", 0.05
        places = -int(written.value.as_tuple().exponent)
        if not written.value and not written.sign and places > 0:
            return "<", 0.5 * 10.0**-places
        if not 0 < written.value < 1 and (written.sign or written.value != 1):
            self.refuse(name, "must be a p-value between 0 and 1, such as 0.075, <.05 or ns")
        return written.sign, float(written.value)

    def whole(self, name: str, low: int, rule: str) -> int:
        """A whole number of patients or events."""
        before = len(self.faults)
        value = self.number(name)
        if len(self.faults) > before:
            return 0
        if value < 0 or value != int(value):
            self.refuse(name, "must be a whole number of patients, 0 or more")
        elif not low <= value <= LARGEST_GROUP:
            self.refuse(name, rule)
        return int(value)


LARGEST_GROUP = 1_000_000_000


def read(path: str) -> list[Cells]:
    """Every row of a table that is separated by commas, semicolons or tabs, UTF-8 with or without BOM.

    Where it is not a comma that separates, one may be the decimal sign. Raises BadTable for what is no such
    table.
    """
    try:
        text = text_of(path)
        header = text.lstrip().partition("\n")[0]
        separator = max(SEPARATORS, key=header.count)
        lines = csv_rows(text, separator)
    except Unreadable as error:
        raise BadTable(f"{path}: {error}") from None
    if "\0" in text:
        raise BadTable(f"{path}: not a CSV table: it holds bytes of no text")
    if not lines or not any(cell.strip() for cell in lines[0][1]):
        raise BadTable(
            f"{path}: empty file; the first line must name the columns, such as study, events_treated,"
            " n_treated, events_control, n_control"
        )
    return rows_of(path, lines[0][1], lines[1:], decimal_comma=separator != ",")


def rows_of(
    path: str, header: Sequence[str], lines: Iterable[tuple[int, Sequence[str]]], decimal_comma: bool = False
) -> list[Cells]:
    """Rows from a header and cells, each with its line. Raises BadTable."""
    lines = list(islice(lines, MOST_ROWS + 1))
    if len(lines) > MOST_ROWS:
        raise BadTable(f"{path}: a table may have {MOST_ROWS:,} studies")
    header = [name.strip() for name in header]
    holds = _holds(path, header)
    name_column = _name_column(path, header)
    year = next((i for i, name in enumerate(header) if name.lower() == "year"), None)
    with_year = year is not None and header[name_column].lower() in ("author", "authors")
    rows, faults, seen = [], [], dict[str, int]()
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            faults.append(f"{path}, line {line}: {len(cells)} cells where the header has {len(header)}")
            continue
        name = cells[name_column].strip() + (
            f" {cells[year].strip()}" if with_year and year is not None else ""
        )
        filled = {what: (header[i], cells[i]) for i, what in holds.items()}
        own = filled | {"study": (header[name_column], name)}
        row = Cells(path, line, name, own, decimal_comma, columns=dict(zip(header, cells, strict=True)))
        if not cells[name_column].strip():
            row.refuse("study", "must name the study")
        elif name in seen:
            row.refuse("study", f"appears already in line {seen[name]}")
        seen.setdefault(name, line)
        rows.append(row)
    if faults:
        raise BadTable("\n".join([*faults, *(fault for row in rows for fault in row.faults)]))
    if not rows:
        raise BadTable(f"{path}: no studies below the header")
    return rows


def _holds(path: str, header: Sequence[str]) -> dict[int, str]:
    """Which columns hold what. Raises BadTable where two hold the same."""
    found: dict[int, str] = {}
    for i, name in enumerate(header):
        what = canonical(name)
        if what is None or what == "year":
            continue
        if what in found.values():
            raise BadTable(
                f"{path}, line 1: column {name} appears twice, or another one holds the same ({what}); the"
                f" columns found are {', '.join(header)}"
            )
        found[i] = what
    return found


def _name_column(path: str, header: Sequence[str]) -> int:
    slugs = [name.strip().lower().replace(" ", "_") for name in header]
    for wanted in STUDY:
        if slugs.count(wanted) > 1:
            raise BadTable(f"{path}, line 1: column {wanted} appears twice")
        if wanted in slugs:
            return slugs.index(wanted)
    raise BadTable(f"{path}, line 1: column study is missing; the columns found are {', '.join(header)}")
