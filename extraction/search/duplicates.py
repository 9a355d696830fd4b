"""Which records describe one work.

The rule, in this order: the same DOI; the same PubMed identifier; for entries of registries, the same number
of its own; the same title. Titles are compared by their letters and digits alone, in either language, and
are the same where the years are no more than one apart (online and in print) and both papers begin on the
same page, as far as both are told; a title of fewer than 25 letters (of 8 in scripts that write words as
signs) only where year and page are told of both. Two records whose DOIs differ, or whose PubMed identifiers
do, are never one, and a paper that names a trial is a report of it, no repetition. In doubt records stay
two: a repetition that is missed costs a glance, a study that is lost costs the review.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from extraction.search.candidates import Candidate
from extraction.search.work import Work, first_page, letters

SHORT, SHORT_IN_SIGNS = 25, 8


class Known:
    """The new works so far, found by what identifies them; what a repetition adds counts for its work."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], str] = {}
        self._by_title: dict[str, list[tuple[Work, str]]] = defaultdict(list)
        self._numbers: dict[str, dict[str, str]] = defaultdict(dict)

    def add(self, work: Work, row: str) -> None:
        """Take in a record of the work whose row is `row`."""
        for rule, value in identifiers(work):
            self._by_key.setdefault((rule, value), row)
            self._numbers[row].setdefault(rule, value)
        for title in titles(work):
            self._by_title[title].append((work, row))

    def find(self, work: Work) -> tuple[str, str] | None:
        """Row of the work that this record repeats, and the rule by which it does."""
        for rule, value in identifiers(work):
            row = self._by_key.get((rule, value))
            if row and not self._differ(work, row):
                return row, rule
        for title in titles(work):
            for other, row in self._by_title.get(title, ()):
                if work.kind == other.kind and alike(work, other, title) and not self._differ(work, row):
                    return row, "title"
        return None

    def _differ(self, work: Work, row: str) -> bool:
        """Whether an identifier of the record is another one than that of the row's work."""
        known = self._numbers[row]
        return any(known.get(rule, value) != value for rule, value in identifiers(work))


def identifiers(work: Work) -> Iterator[tuple[str, str]]:
    """What identifies a work, by the name of its rule, the strongest first."""
    if work.doi:
        yield "doi", work.doi
    if work.pmid:
        yield "pmid", work.pmid
    if work.kind == "trial" and work.registrations:
        yield "registration", work.registrations[0]


def titles(work: Work) -> set[str]:
    """Its titles as they are compared."""
    return set(filter(None, map(letters, (work.title, work.other_title))))


def alike(one: Work, other: Work, title: str) -> bool:
    """Whether two works of the same title are one, by year and page."""
    pages = first_page(one.pages), first_page(other.pages)
    if (one.year and other.year and abs(one.year - other.year) > 1) or (all(pages) and pages[0] != pages[1]):
        return False
    return not is_short(title) or bool(one.year and other.year and all(pages))


def is_short(title: str) -> bool:
    """Whether different papers may well bear this title, as `Reply` or `Erratum`."""
    signs = sum(unicodedata.category(letter) == "Lo" for letter in title)
    return len(title) < (SHORT_IN_SIGNS if 2 * signs > len(title) else SHORT)


def known(candidates: list[Candidate]) -> Known:
    """All works of these rows."""
    found = Known()
    for row in candidates:
        found.add(row, row.same_as or row.id)
    return found
