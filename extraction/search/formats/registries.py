"""CSV of ClinicalTrials.gov and of the WHO's ICTRP: a trial a row."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from io import StringIO

from extraction.search import work
from extraction.search.work import Found, Remark, Work

NUMBERS = ("nctnumber", "trialid")
"""Columns of a trial's own number: of ClinicalTrials.gov, of ICTRP."""


def read(text: str) -> Iterator[Found]:
    """Each trial with the line its row ends on, and each row that is none."""
    heads: list[str] = []
    for line, row in _rows(text):
        if isinstance(row, str):
            yield Remark(line, "a row", f"is no CSV: {row}")
        elif not heads:
            heads = [_name(head) for head in row]
        elif len(row) != len(heads):
            yield Remark(line, ",".join(row), f"has {len(row)} values under {len(heads)} heads")
        else:
            yield line, partial(_work, dict(zip(heads, row, strict=True)))


def _rows(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row that says something, or why it cannot be read, with the line it ends on."""
    rows = csv.reader(StringIO(text), strict=True)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield rows.line_num, str(error)
            continue
        if row is None:
            return
        if any(row):
            yield rows.line_num, row


def _name(head: str) -> str:
    return re.sub(r"[^a-z0-9]", "", head.lower())


def _work(row: dict[str, str]) -> Work:
    def first(*names: str) -> str:
        return work.clean(next((row[name] for name in names if row.get(name)), ""))

    number = first(*NUMBERS)
    others = work.registrations_in(
        first("otherids", "secondaryids", "secondaryid", "otherrecords"), first("bridgedtrialid")
    )
    titles = list(
        dict.fromkeys(filter(None, map(first, ("studytitle", "publictitle", "scientifictitle", "title"))))
    )
    said = [
        first(name)
        for name in (
            "briefsummary",
            "conditions",
            "condition",
            "interventions",
            "intervention",
            "primaryoutcomemeasures",
            "primaryoutcome",
        )
    ]
    own = work.registration(number)
    return Work(
        kind="trial",
        title=titles[0] if titles else "",
        other_title=titles[1] if len(titles) > 1 else "",
        authors=work.names([first("sponsor", "primarysponsor", "sponsorcollaborators")]),
        year=work.year_in(first("firstposted", "dateregistration3", "dateregistration", "startdate")),
        journal=first("sourceregister") or ("ClinicalTrials.gov" if "nctnumber" in row else ""),
        registrations=(*((own,) if own else ()), *(other for other in others if other != own)),
        abstract=". ".join(part.rstrip(".") for part in said if part),
    )
