"""What a search should have found, and what it says of papers that the register holds."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from extraction.schema import Registration
from extraction.search.candidates import Candidate
from extraction.search.duplicates import Known, is_short
from extraction.search.work import DOI, Work, letters, registration

Kind = Literal["retraction", "expression of concern", "correction"]
SIGNS: dict[Kind, tuple[re.Pattern, re.Pattern]] = {
    "retraction": (
        re.compile(r"\W*(retract(ed|ion)|withdrawn|withdrawal)\b|\W*撤稿", re.I),
        re.compile(r"retract(ed|ion)", re.I),
    ),
    "expression of concern": (
        re.compile(r"\W*(editorial )?expression of concern", re.I),
        re.compile("expression of concern", re.I),
    ),
    "correction": (
        re.compile(
            r"\W*((author|publisher)('s)? )?(correct(ion|ed)|corrigend(um|a)|errat(um|a))\b|\W*(更正|勘误)",
            re.I,
        ),
        re.compile(r"erratum|corrected", re.I),
    ),
}
"""How a notice begins its title, and what a database says beside a paper; the gravest first."""


@dataclass(frozen=True)
class Notice:
    """A retraction or correction of a registered paper, and the row that tells of it."""

    study: str
    kind: Kind
    row: Candidate


def missed(studies: Iterable[Registration], rows: list[Candidate]) -> list[Registration]:
    """Studies that none of these rows is, by DOI, PubMed identifier or title; of entries of registries, by
    the numbers of trials that a study names, so that one which names none is left out.
    """
    known = Known()
    for row in rows:
        known.add(row, row.id)
    trials = {number for row in rows if row.kind == "trial" for number in row.registrations}
    if trials:
        named = {study.id: set(map(registration, study.registrations)) for study in studies}
        return [study for study in studies if named[study.id] and not named[study.id] & trials]
    return [study for study in studies if not known.find(as_work(study))]


def as_work(study: Registration) -> Work:
    """A paper of the register as a database would describe it."""
    return Work(title=study.title, year=study.year, doi=(study.doi or "").lower(), pmid=study.pmid or "")


def notices(studies: list[Registration], rows: Iterable[Candidate]) -> list[Notice]:
    """Retractions and corrections of these papers, in the order of the rows; one that the register knows is
    none.
    """
    return [
        Notice(study.id, kind, row)
        for row in rows
        if (kind := kind_of(row))
        for study in studies
        if _is_about(row, study) and not (kind == "retraction" and study.retracted)
    ]


def kind_of(row: Work) -> Kind | None:
    """What notice a record is, or bears; None where it is a paper like any other."""
    for kind, (title, said) in SIGNS.items():
        if title.match(row.title) or said.search(row.notice):
            return kind
    return None


def _is_about(row: Work, study: Registration) -> bool:
    """Whether a record is that of the paper, or names it by identifier or title."""
    doi, title = (study.doi or "").lower(), letters(study.title)
    named = {found.rstrip(".,;)]").lower() for found in DOI.findall(f"{row.notice} {row.abstract}")}
    by_pmid = study.pmid and re.search(rf"PMID:? ?{study.pmid}\b", row.notice)
    return bool(
        (doi and (row.doi == doi or doi in named))
        or (study.pmid and (row.pmid == study.pmid or by_pmid))
        or (not is_short(title) and title in letters(row.title))
    )
