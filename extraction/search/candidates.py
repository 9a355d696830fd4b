"""The candidates of a review: every record that a search found is a row of `candidates.csv`, a work that was
found before or elsewhere as well, under the row that it repeats.
"""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from extraction.plain import Unreadable, text_of
from extraction.records import ROOT
from extraction.search.work import LONGEST, Work
from extraction.source import BadRecords, Problem
from extraction.typed import Day, Slug, Words
from extraction.whole import write_whole

FILE = "candidates.csv"
LARGEST = 500_000_000
"""Bytes of the file: some two hundred thousand records."""
BETWEEN = "; "
"""What stands between authors, and between registrations, in a cell."""
RULES = ("doi", "pmid", "registration", "title")
MOST_TOLD = 20
"""Faults of the file that are told one by one."""


class Candidate(Work):
    """A record that a search found: where it stood, and the row it repeats, if it does."""

    id: Words = Field(description="Source, day and number of the record in that search.")
    same_as: str = Field("", description="Row that it repeats; empty for a new work.")
    by: Literal["doi", "pmid", "registration", "title", ""] = Field("", description="By which rule it does.")
    source: Slug = Field(description="Source searched, by its id.")
    searched: Day = Field(description="Day of the search.")
    file: Words = Field(description="File that the source exported.")
    position: Annotated[int, Field(ge=1)] = Field(description="Which record of that file it is.")


COLUMNS = ("id", "same_as", "by", "source", "searched", "file", "position", *Work.model_fields)
LISTS = ("authors", "registrations")


def identity(source: str, searched: object, number: int) -> str:
    """Id of the n-th record of a search: ids sort by source, day and number."""
    return f"{source}.{searched}.{number:05d}"


def read(root: Path = ROOT) -> list[Candidate]:
    """All rows, in the order of their ids; none where there is no file.  Raises BadRecords."""
    path = root / FILE
    if not path.exists():
        return []
    try:
        text = text_of(path, LARGEST)
    except Unreadable as error:
        raise BadRecords([_problem(1, "file", FILE, str(error))]) from None
    found, problems = _rows(text)
    problems += [] if problems else _between_rows(found)
    if problems:
        raise BadRecords(problems[:MOST_TOLD])
    return found


def _rows(text: str) -> tuple[list[Candidate], list[Problem]]:
    found, problems = [], []
    csv.field_size_limit(max(csv.field_size_limit(), 2 * LONGEST))
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        if tuple(heads := next(rows, [])) != COLUMNS:
            return [], [_problem(1, "heads", ",".join(heads), f"must be {','.join(COLUMNS)}")]
        for row in rows:
            if len(row) != len(COLUMNS):
                problems.append(_problem(rows.line_num, "row", row[:1], f"must have {len(COLUMNS)} values"))
                continue
            try:
                found.append(_typed(dict(zip(COLUMNS, row, strict=True))))
            except ValidationError as error:
                wrong = error.errors(include_url=False)[0]
                field = ".".join(map(str, wrong["loc"]))
                problems.append(_problem(rows.line_num, field, wrong["input"], wrong["msg"]))
    except csv.Error as error:
        problems.append(_problem(rows.line_num, "row", "", f"is no CSV: {error}"))
    return found, problems


def _typed(row: dict[str, str]) -> Candidate:
    """A row's values; what stands between the items of a list parts them."""
    lists = {name: tuple(filter(None, row[name].split(BETWEEN))) for name in LISTS}
    return Candidate.model_validate({**row, **lists, "year": row["year"] or None})


def _between_rows(found: list[Candidate]) -> list[Problem]:
    """An id stands once, and a repeated row is that of a new work."""
    new = {row.id for row in found if not row.same_as}
    problems, seen = [], set()
    for line, row in enumerate(found, 2):
        if row.id in seen:
            problems.append(_problem(line, "id", row.id, "stands twice"))
        if row.same_as and row.same_as not in new:
            problems.append(_problem(line, "same_as", row.same_as, "is not the row of a new work"))
        seen.add(row.id)
    return problems


def _problem(line: int, field: str, value: object, rule: str) -> Problem:
    return Problem(FILE, line, "candidates", field, str(value)[:80], rule)


def written(candidates: Iterable[Candidate]) -> str:
    """The file's text: rows by their ids, so that what a later search adds is a few blocks of a diff."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_cells(row) for row in sorted(candidates, key=lambda row: row.id))
    return out.getvalue()


def _cells(row: Candidate) -> list[object]:
    values = (getattr(row, name) for name in COLUMNS)
    return [BETWEEN.join(value) if isinstance(value, tuple) else value for value in values]


def write(candidates: Iterable[Candidate], root: Path = ROOT) -> None:
    write_whole(root / FILE, written(candidates))
