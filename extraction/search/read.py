"""A file that a database exported, read whatever its format; which one it is, its first lines say."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from extraction.fault import Fault
from extraction.plain import Unreadable, text_of
from extraction.search.export import Export
from extraction.search.formats import bibtex, endnote, nbib, registries, ris
from extraction.search.work import Found, Remark, TooLong

LARGEST = 200_000_000
"""Bytes of an export: some fifty thousand records with abstracts."""

Reader = Callable[[str], Iterator[Found]]
FORMATS: tuple[tuple[str, re.Pattern, Reader], ...] = (
    ("PubMed", re.compile(r"^PMID *- ", re.M), nbib.read),
    ("RIS", re.compile(r"^TY  ?-", re.M), ris.read),
    ("EndNote XML", re.compile(r"\A\s*<"), endnote.read),
    ("BibTeX", re.compile(r"^\s*@\w+\s*\{", re.M), bibtex.read),
    (
        "CSV of ClinicalTrials.gov or ICTRP",
        re.compile(r"\A[^\n]*\b(?:NCT Number|Trial_?ID)\b", re.I),
        registries.read,
    ),
)
BEGINNING = 4_000
"""Characters within which a file shows its format."""


class NoExport(Fault):
    """A file that is none of the formats that are read."""


def export(path: Path) -> Export:
    """A file as read; raise NoExport where it cannot be read at all."""
    try:
        text = text_of(path, LARGEST).replace("\r\n", "\n").replace("\r", "\n")
    except Unreadable as error:
        raise NoExport(f"{path}: {error}") from None
    for name, begins, read in FORMATS:
        if begins.search(text[:BEGINNING]):
            return _read(path.name, name, read(text))
    raise NoExport(f"{path}: found none of these formats: {', '.join(name for name, *_ in FORMATS)}")


def _read(file: str, form: str, found: Iterator[Found]) -> Export:
    works, remarks = [], []
    for item in found:
        if isinstance(item, Remark):
            remarks.append(item)
            continue
        line, work = item
        try:
            works.append(work())
        except TooLong as error:
            remarks.append(Remark(line, "a record", f"{error}; it is left out"))
            continue
        if not works[-1].title:
            remarks.append(Remark(line, "no title", "the record is kept without one"))
    return Export(file, form, tuple(works), tuple(remarks))
