"""`python -m extraction read SOURCE`: every number of a paper's text, and whether it is in the record."""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from extraction.fault import Fault
from extraction.reading import jats, pdf, text
from extraction.reading.completeness import STATUS, Found, Status, find
from extraction.reading.passage import Passage, content
from extraction.records import Review, load
from extraction.schema import Record

MARKS: dict[Status, str] = {"recorded": "=", "elsewhere": "~", "not_yet": "-"}
LEGEND = (
    "= in the record; ~ its digits in the record, at another place; - not in the record. Not every number"
    " of a paper is to be recorded."
)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE", type=Path, help="text, Markdown, JATS XML or PDF of a paper"
    )
    parser.add_argument(
        "--study", metavar="ID", help="its study; default: the one whose record names this file as its text"
    )


def run(given: argparse.Namespace) -> int:
    """Print every number with its place and what becomes of it, and the share that is recorded."""
    record = _record(load(given.root), given.source.name, given.study)
    found = find(passages(given.source), record)
    if given.json:
        print(json.dumps(as_dict(found, given.source.name, record), indent=1, ensure_ascii=False))
    else:
        _show(found, given.source.name, record)
    return 0


def passages(path: Path) -> Iterable[Passage]:
    """Passages of a file, read by what it is."""
    held = content(path)
    if held.startswith(b"%PDF-"):
        return pdf.passages(held)
    if path.suffix.lower() in (".xml", ".nxml", ".jats"):
        return jats.passages(held)
    return text.passages(held.decode("utf-8", errors="replace"))


def _record(review: Review, file: str, study: str | None) -> Record | None:
    """The record to hold the text to; None where none names the file. Raises Fault for an unknown study."""
    if study and study not in review.studies:
        raise Fault(f"{study}: the study is not in register.yml")
    if study:
        return review.records.get(study)
    naming = [r for r in review.records.values() if file in [text.file for text in r.texts]]
    return naming[0] if len(naming) == 1 else None


def _by_section(found: list[Found]) -> dict[str, Counter]:
    counted: dict[str, Counter] = {}
    for number in found:
        place = number.place
        name = (
            (place.table and f"table {place.table}")
            or (place.figure and f"figure {place.figure}")
            or (place.section and place.section[-1])
            or (place.page and f"page {place.page}")
            or "the text"
        )
        counted.setdefault(name, Counter())[number.status] += 1
    return counted


def as_dict(found: list[Found], file: str, record: Record | None) -> dict:
    """The numbers for machines."""
    counted = Counter(number.status for number in found)
    return {
        "source": file,
        "study": record and record.study,
        "numbers": len(found),
        **{status: counted[status] for status in STATUS},
        "share_recorded": counted["recorded"] / len(found) if found else None,
        "found": [
            {
                "printed": number.printed,
                "status": number.status,
                "entries": list(number.entries),
                "section": list(number.place.section),
                "paragraph": number.place.paragraph,
                "table": number.place.table,
                "row": number.place.row,
                "column": number.column,
                "figure": number.place.figure,
                "page": number.place.page,
                "line": number.line,
                "beside": number.beside,
            }
            for number in found
        ],
    }


def _show(found: list[Found], file: str, record: Record | None) -> None:
    console = Console(markup=False, highlight=False)
    before = None
    for number in found:
        if number.place != before:
            console.print(f"\n{number.place or file}", soft_wrap=True)
            before = number.place
        where = ", ".join(
            part
            for part in (
                f"line {number.line}" if number.line else "",
                f"column “{number.column}”" if number.column else "",
            )
            if part
        )
        said = ", ".join(number.entries)
        console.print(
            f"  {MARKS[number.status]} {number.printed}  {where}  …{number.beside}…  {said}".rstrip(),
            soft_wrap=True,
        )
    table = Table("", *(MARKS[status] for status in STATUS), "share")
    for name, counted in _by_section(found).items():
        table.add_row(name, *_cells(counted))
    total = Counter(number.status for number in found)
    table.add_row("all", *_cells(total), style="bold")
    console.print()
    console.print(table)
    console.print(LEGEND, soft_wrap=True)
    console.print(
        f"{file}: {len(found)} numbers, {total['recorded']} in the record"
        + (f" of {record.study}." if record else "; no record names this file, --study says whose it is."),
        soft_wrap=True,
    )


def _cells(counted: Counter) -> list[str]:
    return [
        *(str(counted[status]) for status in STATUS),
        f"{100 * counted['recorded'] / counted.total():.0f} %" if counted else "",
    ]
