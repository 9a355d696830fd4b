"""What formats without one meaning for each field have in common: identifiers stand in any of several."""

from collections.abc import Iterable

from extraction.search import work
from extraction.search.work import Work

OF_PUBMED = ("pubmed", "medline")


def paper(
    *,
    title: str,
    other_title: str = "",
    authors: Iterable[str],
    dates: Iterable[object],
    journal: str,
    volume: str,
    pages: str,
    doi: str,
    accession: str,
    database: str,
    elsewhere: Iterable[object],
    abstract: str,
) -> Work:
    """A paper from fields as they stand; `elsewhere`, notes, addresses and custom fields, is where databases
    put the identifiers that have no field of their own.  Raises TooLong.
    """
    accession, *others = map(work.clean, (accession, *work.texts(elsewhere)))
    own = accession if any(name in database.lower() for name in OF_PUBMED) else ""
    return Work(
        title=work.clean(title),
        other_title=work.clean(other_title),
        authors=work.names(name for names in authors for name in names.split(";")),
        year=work.year_in(*work.texts(dates)),
        journal=work.clean(journal),
        volume=work.clean(volume),
        pages=work.clean(pages),
        doi=work.doi_of(work.clean(doi), accession, *others),
        pmid=own.lstrip("0") if own.isascii() and own.isdigit() else work.pmid_of(accession, *others),
        registrations=work.registrations_in(*others),
        abstract=work.clean(abstract),
    )
