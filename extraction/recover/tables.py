"""Every 2x2 table that could have printed these numbers.

Known, bounded or unknown group sizes, percentages, counts, totals and a p-value are constraints.  The search
lists the counts that each arm allows, joins the arms, and tests what is left; the trace tells how many tables
each constraint leaves.
"""

from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from extraction.recover import TooLarge, Unusable
from extraction.recover.p_values import ALL_TESTS, EXACT, NAMES, TESTS
from extraction.recover.rounding import CONVENTIONS, NONE_FITS, Convention, PrintedP, PrintedPercent
from extraction.said import said

LARGEST_SEARCH = 3_000_000
"""Tables; testing as many takes some seconds."""
LARGEST_WORK = 6_000_000_000
"""Terms of exact tests, as many as patients in the treated arm for each table: some minutes."""
LARGEST_GROUP = 10_000_000
DIRECTIONS = {"higher": 1, "lower": -1}


@dataclass(frozen=True)
class Arm:
    """What is known of one arm: its patients from `min_n` to `max_n`, its events from `min_events` to
    `max_events`, its percentage.
    """

    max_n: int
    min_n: int = 1
    min_events: int = 0
    max_events: int | None = None
    percent: PrintedPercent | None = None


class Candidate(NamedTuple):
    """A table that prints so.

    test : the test that gives the printed p; None where no p is printed
    match : the weakest convention of rounding that its numbers need
    """

    events_treated: int
    n_treated: int
    events_control: int
    n_control: int
    test: str | None
    match: Convention

    @property
    def table(self) -> tuple[int, int, int, int]:
        return self[:4]

    def __str__(self) -> str:
        return f"{self.events_treated}/{self.n_treated} v {self.events_control}/{self.n_control}"


class Step(NamedTuple):
    """A constraint in words, and how many tables (of one arm: counts) it leaves."""

    constraint: str
    left: int


@dataclass(frozen=True)
class Recovery:
    """All candidates, in the order of their counts; and the trace, whose first zero tells what excludes the
    rest.
    """

    candidates: list[Candidate]
    trace: list[Step] = field(default_factory=list)
    nearest: str = ""

    @cached_property
    def rounded(self) -> list[Candidate]:
        """Candidates that print so by rounding: those that cut-off digits would need are left out."""
        return [c for c in self.candidates if c.match != Convention.TRUNCATED]

    @cached_property
    def tables(self) -> list[tuple[int, int, int, int]]:
        """Distinct tables among them, whichever test gives the p."""
        return list(dict.fromkeys(map(itemgetter(slice(4)), self.rounded)))

    def why_none(self) -> str:
        """Which constraint excludes what; empty where there are candidates."""
        if self.candidates:
            return ""
        told = "; ".join(f"{step.constraint}: {step.left:,} left" for step in self.trace)
        return f"No table fits all of it. {told}.{' ' + self.nearest if self.nearest else ''}"


@said("Every table that the printed numbers allow")
def recover_tables(
    treated: Arm,
    control: Arm,
    p: PrintedP | None = None,
    tests: tuple[str, ...] = tuple(TESTS),
    *,
    total_events: tuple[int, int] | None = None,
    total_n: int | None = None,
    direction: str | None = None,
    treated_share: PrintedPercent | None = None,
) -> Recovery:
    """Every table of two arms that the constraints allow, once for each named test that gives the printed p.

    total_events : fewest and most events of both arms together; direction : `higher` or `lower` share of
    events in the treated arm; treated_share : per cent of all events that are of that arm

    Raises Unusable for bounds that contradict themselves, TooLarge before a search of
    more than LARGEST_SEARCH tables.
    """
    if unknown := [test for test in tests if test not in ALL_TESTS]:
        raise Unusable(f"test {unknown[0]!r}: the tests of a 2x2 table are {', '.join(ALL_TESTS)}")
    if total_events and total_events[0] > total_events[1]:
        raise Unusable(
            f"events in all are at least {total_events[0]} and at most {total_events[1]}: the bounds"
            " contradict each other"
        )
    trace: list[Step] = []
    counts = counts_of(treated, "treated", trace), counts_of(control, "control", trace)
    rows = _join(*counts, total_events or (0, treated.max_n + control.max_n))
    trace.append(
        Step(
            "both arms together" if total_events is None else f"events in all {between(*total_events)}",
            len(rows),
        )
    )
    if total_n is not None:
        rows = rows[rows[:, 1] + rows[:, 3] == total_n]
        trace.append(Step(f"patients in all {total_n}", len(rows)))
    if treated_share:
        events = rows[:, 0] + rows[:, 2]
        rows = rows[(events > 0) & treated_share.rounds(rows[:, 0], np.maximum(events, 1))]
        trace.append(Step(f"{treated_share.text} % of events in the treated arm", len(rows)))
    if direction:
        rows = rows[DIRECTIONS[direction] * (rows[:, 0] * rows[:, 3] - rows[:, 2] * rows[:, 1]) > 0]
        trace.append(Step(f"share with event in the treated arm {direction}", len(rows)))
    if p is None:
        return Recovery(candidates_of(rows, None, rows[:, 4]), trace)
    return tested(rows, p, tests, trace)


def counts_of(arm: Arm, name: str, trace: list[Step]) -> np.ndarray:
    """Events, patients and the place of their convention in CONVENTIONS, of every count an arm allows; shape
    (count, 3).
    """
    _require_bounds(arm, name)
    sizes = np.arange(max(arm.min_n, arm.min_events), arm.max_n + 1)
    most = sizes if arm.max_events is None else np.minimum(sizes, arm.max_events)
    choices = most - arm.min_events + 1
    if choices.sum() > LARGEST_SEARCH:
        raise TooLarge(
            f"{name}: {choices.sum():,} counts are possible, more than {LARGEST_SEARCH:,}: give the patients"
            " of the arm, its events or bounds of them"
        )
    n = np.repeat(sizes, choices)
    events = arm.min_events + np.arange(len(n)) - np.repeat(np.cumsum(choices) - choices, choices)
    trace.append(
        Step(
            f"{name}: {between(arm.min_n, arm.max_n)} patients"
            + (
                f", events {between(arm.min_events, arm.max_events)}"
                if arm.min_events or arm.max_events is not None
                else ""
            ),
            len(n),
        )
    )
    convention = np.zeros(len(n), np.int64)
    if arm.percent:
        convention = arm.percent.convention(events, n)
        fits = convention < NONE_FITS
        n, events, convention = n[fits], events[fits], convention[fits]
        trace.append(Step(f"{name}: {arm.percent.text} %", len(n)))
    return np.stack([events, n, convention], axis=1)


def _require_bounds(arm: Arm, name: str) -> None:
    if arm.max_n < 1 or arm.min_n < 1:
        raise Unusable(
            f"n_{name} is {min(arm.max_n, arm.min_n)}: a table compares two groups of at least one patient"
        )
    if arm.max_n > LARGEST_GROUP:
        raise TooLarge(
            f"n_{name} is up to {arm.max_n:,}: groups are searched up to {LARGEST_GROUP:,} patients"
        )
    if arm.min_n > arm.max_n:
        raise Unusable(
            f"n_{name} is at least {arm.min_n} and at most {arm.max_n}: the bounds contradict each other"
        )
    if arm.max_events is not None and not arm.min_events <= arm.max_events:
        raise Unusable(
            f"events_{name} are at least {arm.min_events} and at most {arm.max_events}: the bounds contradict"
            " each other"
        )
    if not 0 <= arm.min_events <= arm.max_n:
        raise Unusable(
            f"events_{name} are at least {arm.min_events}: of at most {arm.max_n} patients that is impossible"
        )


def _join(treated: np.ndarray, control: np.ndarray, total: tuple[int, int]) -> np.ndarray:
    """Every pair of counts whose events add to a total between two bounds; columns events, n, events, n,
    place of the weaker convention.
    """
    control = control[np.argsort(control[:, 0], kind="stable")]
    first = np.searchsorted(control[:, 0], total[0] - treated[:, 0], side="left")
    last = np.searchsorted(control[:, 0], total[1] - treated[:, 0], side="right")
    pairs = last - first
    if pairs.sum() > LARGEST_SEARCH:
        raise TooLarge(
            f"{pairs.sum():,} tables would have to be tested, more than {LARGEST_SEARCH:,}: "
            "give group sizes, percentages or totals that leave fewer"
        )
    one = np.repeat(np.arange(len(treated)), pairs)
    other = np.arange(len(one)) - np.repeat(np.cumsum(pairs) - pairs, pairs) + np.repeat(first, pairs)
    weaker = np.maximum(treated[one, 2], control[other, 2])
    return np.column_stack([treated[one, :2], control[other, :2], weaker])


def tested(rows: np.ndarray, p: PrintedP, tests: tuple[str, ...], trace: list[Step]) -> Recovery:
    """Those of the tables (columns as of `_join`) whose p by a named test prints so; raise TooLarge beyond
    LARGEST_WORK.
    """
    candidates, closest = [], []
    work = len(rows) * int(rows[:, 1].max(initial=0))
    if work > LARGEST_WORK and set(tests) & EXACT:
        raise TooLarge(
            f"{len(rows):,} tables of groups of this size would have to be tested exactly, {work:,} terms and"
            f" more than {LARGEST_WORK:,}: give events, percentages or totals that leave fewer"
        )
    for test in tests:
        found = ALL_TESTS[test](*rows[:, :4].T)
        convention = p.convention(found)
        fits = convention < NONE_FITS
        candidates += candidates_of(rows[fits], test, np.maximum(convention, rows[:, 4])[fits])
        trace.append(
            Step(
                f"p {p.text} by {NAMES[test]}" if p.bound else f"p = {p.text} by {NAMES[test]}",
                int(fits.sum()),
            )
        )
        if not fits.any() and np.isfinite(found).any():
            distance = np.where(np.isfinite(found), np.maximum(p.lower - found, found - p.upper), np.inf)
            at = int(np.argmin(distance))
            closest.append(
                (
                    float(distance[at]),
                    (
                        f"Nearest: {rows[at, 0]}/{rows[at, 1]} v {rows[at, 2]}/{rows[at, 3]}, p ="
                        f" {found[at]:.4f} by {NAMES[test]}."
                    ),
                )
            )
    return Recovery(sorted(candidates), trace, min(closest)[1] if closest else "")


def candidates_of(rows: np.ndarray, test: str | None, conventions: np.ndarray) -> list[Candidate]:
    """Tables as candidates; conventions : places in CONVENTIONS."""
    # at once as Python's own numbers: there can be a million
    tables, places = rows[:, :4].tolist(), conventions.tolist()
    return [
        Candidate(a, n, b, m, test, CONVENTIONS[place])
        for (a, n, b, m), place in zip(tables, places, strict=True)
    ]


def between(low: int, high: int | None) -> str:
    """Bounds in words."""
    if high is None:
        return f"{low} or more"
    return f"{low}" if low == high else f"{low} to {high}"
