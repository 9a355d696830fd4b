"""PubMed's own format (.nbib, "Save, Format: PubMed"): a tag of up to four letters, a dash, a value that may
go on in lines that begin with six spaces; a record begins with its PMID.

Tags: MEDLINE/PubMed Data Element Descriptions, National Library of Medicine.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from extraction.search import work
from extraction.search.work import Found, Remark, Work

LINE = re.compile(r"([A-Z]{2,4}) *- ?(.*)")
NOTICES = {
    "RIN": "Retraction in",
    "ROF": "Retraction of",
    "EIN": "Erratum in",
    "EFR": "Erratum for",
    "CRI": "Corrected and republished in",
    "CRF": "Corrected and republished from",
    "ECI": "Expression of concern in",
    "ECF": "Expression of concern for",
}
KINDS_OF_NOTICE = (
    "Retracted Publication",
    "Retraction of Publication",
    "Retraction Notice",
    "Published Erratum",
    "Expression of Concern",
)


def read(text: str) -> Iterator[Found]:
    """Each record with the line it begins on, and each line that belongs to none."""
    record: dict[str, list[str]] = defaultdict(list)
    began, tag = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("PMID"):
            if record:
                yield began, partial(_work, record)
            record, began = defaultdict(list), number
        if not line.strip():
            continue
        if found := LINE.fullmatch(line.rstrip()):
            tag = found[1]
            if began:
                record[tag].append(found[2])
        if not began or not (found or (line.startswith("      ") and record[tag])):
            yield Remark(number, line.strip(), "is no line of a PubMed record")
        elif not found:
            record[tag][-1] += f" {line.strip()}"
    if record:
        yield began, partial(_work, record)


def _work(record: dict[str, list[str]]) -> Work:
    def first(*tags: str) -> str:
        return work.clean(next((record[tag][0] for tag in tags if record.get(tag)), ""))

    dois = [value for tag in ("LID", "AID") for value in record.get(tag, ()) if "[doi]" in value]
    notices = [f"{NOTICES[tag]}: {value}" for tag in NOTICES for value in record.get(tag, ())]
    notices += [kind for kind in record.get("PT", ()) if kind in KINDS_OF_NOTICE]
    return Work(
        title=first("TI", "BTI"),
        other_title=first("TT"),
        authors=work.names(_authors(record)),
        year=work.year_in(first("DP"), first("DEP")),
        journal=first("JT", "TA"),
        volume=first("VI"),
        pages=first("PG"),
        doi=work.doi_of(work.clean(next(iter(dois), ""))),
        pmid=first("PMID").lstrip("0"),
        registrations=work.registrations_in(*record.get("SI", ())),
        notice=work.clean("; ".join(notices)),
        abstract=first("AB", "OAB"),
    )


def _authors(record: dict[str, list[str]]) -> list[str]:
    """In full, else as initials, else the group that wrote it."""
    return next((record[tag] for tag in ("FAU", "AU", "CN") if record.get(tag)), [])
