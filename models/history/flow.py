"""The PRISMA flow, from records found to studies included, counted from the register and the log of searches:
in all, and for this version alone.
"""

from dataclasses import dataclass
from datetime import date

from extraction.living import Living, Search
from extraction.question import GROUNDS
from extraction.records import Review
from extraction.schema import Registration
from models.history import versions

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


def counts(review: Review, before: dict | None) -> list[Count]:
    """Every number of the flow.  New are the decisions that the release `before` did not hold, and the
    searches run after it; all, where there is none.
    """
    assert review.living  # a flow diagram begins with its searches
    searches, rows = review.living.searches, review.register.studies
    known = _frozen(before)
    new = {row.id for row in rows if _key(row) not in known}
    return [
        *_identified(rows, review.living, new, before),
        *_screened(searches, before),
        *_considered(rows, new),
    ]


def _identified(rows: list[Registration], living: Living, new: set[str], before: dict | None) -> list[Count]:
    from_searches = {study for search in living.searches for study in search.registered}
    others = [row for row in rows if row.id not in from_searches]
    found = [
        _of_rows("Identified", "registered with the review", [row for row in others if row.registered], new),
        _of_rows("Identified", "known without a search", [row for row in others if not row.registered], new),
    ]
    for source in living.sources:
        if ran := [search for search in living.searches if search.source == source.id]:
            found.append(
                _of_searches(
                    "Identified", f"records found in {source.name}", ran, lambda search: search.found, before
                )
            )
    return (
        found
        if living.searches
        else [*found, Count("Identified", "records found by searches, as none was run", 0, 0)]
    )


def _screened(searches: list[Search], before: dict | None) -> list[Count]:
    """What became of the records that searches found; nothing where none was run."""
    return (
        [
            _of_searches(*box, searches, count, before)
            for box, count in (
                (
                    ("Removed before screening", "records known already"),
                    lambda search: search.found - search.new,
                ),
                (("Screened", "records, by title and abstract"), lambda search: search.new),
                (("Left out at screening", "records"), lambda search: search.new - len(search.registered)),
            )
        ]
        if searches
        else []
    )


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


def _of_searches(box: str, what: str, searches: list[Search], count, before: dict | None) -> Count:
    since = date.fromisoformat(before["date"]) if before else date.min
    return Count(
        box,
        what,
        sum(map(count, searches)),
        sum(count(search) for search in searches if search.searched > since),
    )
