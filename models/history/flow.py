"""The PRISMA flow, from records found to studies included, counted from the register, the log of searches and
the candidates: in all, and for this version alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from extraction.living import Living, Search, SearchSource
from extraction.question import GROUNDS
from extraction.records import Review
from extraction.schema import Registration
from extraction.search.screened import Screened
from models.history import versions

BOXES = (
    "Removed before screening",
    "Screened",
    "Awaiting screening",
    "Left out at screening",
    "To be read in full",
)
"""Boxes between records found and papers of the register, in their order."""
UNGROUNDED = "for another reason, see the register"


@dataclass(frozen=True)
class Count:
    """How many of what stand in a box of the flow: in all, and new in this version."""

    box: str
    what: str
    total: int
    new: int


def preceding(review: Review) -> dict | None:
    """The release before this version: the newest or, where the register is still the one it froze, the one
    before it; None before the first.
    """
    last = versions.latest()
    if last and _frozen(last) == {_key(row) for row in review.register.studies}:
        return versions.read(last["preceding"]) if last["preceding"] else None
    return last


def _frozen(release: dict | None) -> set[tuple[str, str, str]]:
    return {(row["id"], row["decision"], row["decided"]) for row in release["register"]} if release else set()


def _key(row: Registration) -> tuple[str, str, str]:
    return row.id, row.decision, row.decided.isoformat()


def counts(review: Review, before: dict | None, screened: Screened | None = None) -> list[Count]:
    """Every number of the flow.  New are the decisions that the release `before` did not hold, and the
    searches run after it; all, where there is none.  Searches whose records are among the candidates are
    counted by these, any other by its entry in the log.
    """
    assert review.living  # a flow diagram begins with its searches
    rows = review.register.studies
    known = _frozen(before)
    new = {row.id for row in rows if _key(row) not in known}
    since = date.fromisoformat(before["date"]) if before else date.min
    return [
        *_identified(rows, review.living, new, since, screened),
        *_screened(review.living, since, screened),
        *_considered(rows, new),
    ]


def _identified(
    rows: list[Registration], living: Living, new: set[str], since: date, screened: Screened | None
) -> list[Count]:
    from_searches = {study for search in living.searches for study in search.registered}
    others = [row for row in rows if row.id not in from_searches]
    found = [
        _of_rows("Identified", "registered with the review", [row for row in others if row.registered], new),
        _of_rows("Identified", "known without a search", [row for row in others if not row.registered], new),
    ]
    for source in living.sources:
        if any(search.source == source.id for search in living.searches):
            found.append(_found_in(source, living, since, screened))
    return (
        found
        if living.searches
        else [*found, Count("Identified", "records found by searches, as none was run", 0, 0)]
    )


def _found_in(source: SearchSource, living: Living, since: date, screened: Screened | None) -> Count:
    logged = [search for search in _by_log(living, screened) if search.source == source.id]
    what = f"records found in {source.name}"
    by_log = _of_searches("Identified", what, logged, lambda search: search.found, since)
    by_rows = _of_days("Identified", what, screened.found(source.id) if screened else (), since)
    return Count("Identified", what, by_log.total + by_rows.total, by_log.new + by_rows.new)


def _by_log(living: Living, screened: Screened | None) -> list[Search]:
    """Searches of which the log alone tells."""
    return [
        search
        for search in living.searches
        if not screened or (search.source, search.searched) not in screened.searches
    ]


def _screened(living: Living, since: date, screened: Screened | None) -> list[Count]:
    """What became of the records that searches found; nothing where none was run."""
    logged = _by_log(living, screened)
    of_log: list[tuple[str, str, Callable[[Search], int]]] = [
        ("Removed before screening", "records known already", lambda search: search.found - search.new),
        ("Screened", "records, by title and abstract", lambda search: search.new),
        ("Left out at screening", "records", lambda search: search.new - len(search.registered)),
    ]
    by_log = [_of_searches(box, what, logged, count, since) for box, what, count in of_log if logged]
    if not screened:
        return by_log
    by_rows = [
        _of_days("Removed before screening", "records known from an earlier search", screened.known(), since),
        _of_days("Removed before screening", "records found twice", screened.twice(), since),
        _of_days("Screened", "candidates, by title and abstract", screened.decided(), since),
        _of_days("Awaiting screening", "candidates", screened.waiting(), since),
        *(
            _of_days("Left out at screening", GROUNDS[ground], days, since)
            for ground, days in screened.left_out().items()
        ),
        _of_days("To be read in full", "candidates", screened.kept(), since),
    ]
    return sorted([*by_log, *by_rows], key=lambda count: BOXES.index(count.box))


def _considered(rows: list[Registration], new: set[str]) -> list[Count]:
    by_decision = {
        decision: [row for row in rows if row.decision == decision]
        for decision in ("awaiting_data", "excluded", "included")
    }
    included = by_decision["included"]
    grounds = {
        ground: [row for row in by_decision["excluded"] if row.ground == ground]
        for ground in (*GROUNDS, None)
    }
    cohorts, earlier = {row.cohort for row in included}, {row.cohort for row in included if row.id not in new}
    return [
        _of_rows("Considered", "papers in the register", rows, new),
        _of_rows("Awaiting data", "papers", by_decision["awaiting_data"], new),
        *(
            _of_rows("Excluded", GROUNDS[ground] if ground else UNGROUNDED, excluded, new)
            for ground, excluded in grounds.items()
            if excluded
        ),
        _of_rows("Included", "papers", included, new),
        Count(
            "Included",
            "studies: papers that may share patients count as one",
            len(cohorts),
            len(cohorts - earlier),
        ),
    ]


def _of_rows(box: str, what: str, rows: list[Registration], new: set[str]) -> Count:
    return Count(box, what, len(rows), sum(row.id in new for row in rows))


def _of_days(box: str, what: str, days: Iterable[date], since: date) -> Count:
    """How many, and how many of them after a day."""
    held = list(days)
    return Count(box, what, len(held), sum(day > since for day in held))


def _of_searches(
    box: str, what: str, searches: list[Search], count: Callable[[Search], int], since: date
) -> Count:
    return Count(
        box,
        what,
        sum(map(count, searches)),
        sum(count(search) for search in searches if search.searched > since),
    )
