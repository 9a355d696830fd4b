"""How far the candidates of a review are screened: what follows from the files for its flow of papers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from extraction.question import GROUNDS
from extraction.records import ROOT
from extraction.search import candidates, decisions
from extraction.search.candidates import Candidate
from extraction.search.decisions import Decisions

Days = list[date]
"""The day of each: of the search for a record, of the decision for one that is decided."""


@dataclass(frozen=True)
class Screened:
    """Every record that searches found, and what is agreed of the new works among them."""

    rows: list[Candidate]
    agreed: Decisions

    @cached_property
    def searches(self) -> set[tuple[str, date]]:
        """Searches whose records are here, by source and day."""
        return {(row.source, row.searched) for row in self.rows}

    @cached_property
    def _first(self) -> dict[str, Candidate]:
        return {row.id: row for row in self.rows if not row.same_as}

    def found(self, source: str) -> Days:
        """Records found in a source."""
        return [row.searched for row in self.rows if row.source == source]

    def known(self) -> Days:
        """Records of works that an earlier search had brought."""
        return [row.searched for row in self._repeated() if self._first[row.same_as].searched < row.searched]

    def twice(self) -> Days:
        """Records of works that another record of the same day, or of a day that was taken in before, had
        brought.
        """
        return [row.searched for row in self._repeated() if self._first[row.same_as].searched >= row.searched]

    def _repeated(self) -> Iterator[Candidate]:
        return (row for row in self.rows if row.same_as)

    def waiting(self) -> Days:
        """New works on which nothing is agreed yet."""
        return [row.searched for row in self._first.values() if row.id not in self.agreed]

    def decided(self) -> Days:
        """New works screened by title and abstract."""
        return [decision.decided for decision in self.agreed.values()]

    def kept(self) -> Days:
        """Works whose full text is to be read."""
        return [decision.decided for decision in self.agreed.values() if decision.is_kept]

    def left_out(self) -> dict[str, Days]:
        """Works left out at screening, by ground, in the order of the question."""
        days: dict[str, Days] = {ground: [] for ground in GROUNDS}
        for decision in self.agreed.values():
            if not decision.is_kept:
                days[decision.ground].append(decision.decided)
        return {ground: found for ground, found in days.items() if found}


def read(root: Path = ROOT) -> Screened | None:
    """Candidates and what is agreed of them; None while there are none.  Raises BadRecords."""
    rows = candidates.read(root)
    if not rows:
        return None
    works = {row.id for row in rows if not row.same_as}
    return Screened(rows, decisions.read(root / decisions.AGREED, works))
