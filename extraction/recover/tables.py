"""Every 2x2 table that could have printed these numbers.

Known, bounded or unknown group sizes, percentages, counts, totals and a p-value are constraints.  The search
lists the counts that each arm allows, joins the arms, and tests what is left; the trace tells how many tables
each constraint leaves.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from extraction.recover import TooLarge, Unusable
from extraction.recover.p_values import NAMES, TESTS
from extraction.recover.rounding import PrintedP, PrintedPercent
from extraction.said import said

LARGEST_SEARCH = 3_000_000
"""Tables; testing as many takes some seconds."""
LARGEST_GROUP = 2_000
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
    match : `rounded`, or `truncated` where a printed digit fits only if digits were cut off
    """

    events_toci: int
    n_toci: int
    events_control: int
    n_control: int
    test: str | None
    match: str

    @property
    def table(self) -> tuple[int, int, int, int]:
        return self[:4]

    def __str__(self) -> str:
        return f"{self.events_toci}/{self.n_toci} v {self.events_control}/{self.n_control}"


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

    @property
    def rounded(self) -> list[Candidate]:
        """Candidates that print so by rounding: those that cut-off digits would need are left out."""
        return [c for c in self.candidates if c.match == "rounded"]

    @property
    def tables(self) -> list[tuple[int, int, int, int]]:
        """Distinct tables among them, whichever test gives the p."""
        return list(dict.fromkeys(c.table for c in self.rounded))

    def why_none(self) -> str:
        """Which constraint excludes what; empty where there are candidates."""
        if self.candidates:
            return ""
        told = "; ".join(f"{step.constraint}: {step.left:,} left" for step in self.trace)
        return f"No table fits all of it. {told}.{' ' + self.nearest if self.nearest else ''}"


@said("Every table that the printed numbers allow")
def recover_tables(
    toci: Arm,
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
    events with tocilizumab; treated_share : per cent of all events that are of the tocilizumab arm

    Raises Unusable for bounds that contradict themselves, TooLarge before a search of
    more than LARGEST_SEARCH tables.
    """
    if unknown := [test for test in tests if test not in TESTS]:
        raise Unusable(f"test {unknown[0]!r}: the tests of a 2x2 table are {', '.join(TESTS)}")
    if total_events and total_events[0] > total_events[1]:
        raise Unusable(
            f"events in all are at least {total_events[0]} and at most {total_events[1]}: the bounds"
            " contradict each other"
        )
    trace: list[Step] = []
    counts = _counts(toci, "toci", trace), _counts(control, "control", trace)
    rows = _join(*counts, total_events or (0, toci.max_n + control.max_n))
    trace.append(
        Step(
            "both arms together" if total_events is None else f"events in all {_between(*total_events)}",
            len(rows),
        )
    )
    if total_n is not None:
        rows = rows[rows[:, 1] + rows[:, 3] == total_n]
        trace.append(Step(f"patients in all {total_n}", len(rows)))
    if treated_share:
        events = rows[:, 0] + rows[:, 2]
        rows = rows[(events > 0) & treated_share.rounds(rows[:, 0], np.maximum(events, 1))]
        trace.append(Step(f"{treated_share.text} % of events with tocilizumab", len(rows)))
    if direction:
        rows = rows[DIRECTIONS[direction] * (rows[:, 0] * rows[:, 3] - rows[:, 2] * rows[:, 1]) > 0]
        trace.append(Step(f"share with tocilizumab {direction}", len(rows)))
    if p is None:
        return Recovery(_candidates(rows, None, np.ones(len(rows), bool)), trace)
    return _tested(rows, p, tests, trace)


def _counts(arm: Arm, name: str, trace: list[Step]) -> np.ndarray:
    """Events, patients and whether only cut-off digits fit, of every count an arm allows; shape (count,
    3).
    """
    _require_bounds(arm, name)
    n = np.repeat(np.arange(arm.min_n, arm.max_n + 1), np.arange(arm.min_n, arm.max_n + 1) + 1)
    events = np.concatenate([np.arange(size + 1) for size in range(arm.min_n, arm.max_n + 1)])
    within = (events >= arm.min_events) & (
        events <= (arm.max_n if arm.max_events is None else arm.max_events)
    )
    n, events = n[within], events[within]
    trace.append(
        Step(
            f"{name}: {_between(arm.min_n, arm.max_n)} patients"
            + (
                f", events {_between(arm.min_events, arm.max_events)}"
                if arm.min_events or arm.max_events is not None
                else ""
            ),
            len(n),
        )
    )
    cut = np.zeros(len(n), bool)
    if arm.percent:
        rounds, cut = arm.percent.rounds(events, n), arm.percent.cut_off(events, n)
        fits = rounds | cut
        n, events, cut = n[fits], events[fits], cut[fits]
        trace.append(Step(f"{name}: {arm.percent.text} %", len(n)))
    return np.stack([events, n, cut], axis=1)


def _require_bounds(arm: Arm, name: str) -> None:
    if arm.max_n < 1 or arm.min_n < 1:
        raise Unusable(
            f"n_{name} is {min(arm.max_n, arm.min_n)}: a table compares two groups of at least one patient"
        )
    if arm.max_n > LARGEST_GROUP:
        raise TooLarge(
            f"n_{name} is up to {arm.max_n:,}: groups of more than {LARGEST_GROUP:,} patients leave too many"
            " tables to tell apart"
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


def _join(toci: np.ndarray, control: np.ndarray, total: tuple[int, int]) -> np.ndarray:
    """Every pair of counts whose events add to a total between two bounds; columns events, n, events, n, cut
    off.
    """
    control = control[np.argsort(control[:, 0], kind="stable")]
    first = np.searchsorted(control[:, 0], total[0] - toci[:, 0], side="left")
    last = np.searchsorted(control[:, 0], total[1] - toci[:, 0], side="right")
    pairs = last - first
    if pairs.sum() > LARGEST_SEARCH:
        raise TooLarge(
            f"{pairs.sum():,} tables would have to be tested, more than {LARGEST_SEARCH:,}: "
            "give group sizes, percentages or totals that leave fewer"
        )
    one = np.repeat(np.arange(len(toci)), pairs)
    other = np.arange(len(one)) - np.repeat(np.cumsum(pairs) - pairs, pairs) + np.repeat(first, pairs)
    return np.column_stack([toci[one, :2], control[other, :2], toci[one, 2] | control[other, 2]])


def _tested(rows: np.ndarray, p: PrintedP, tests: tuple[str, ...], trace: list[Step]) -> Recovery:
    candidates, closest = [], []
    for test in tests:
        found = TESTS[test](*rows[:, :4].T)
        rounds, cut = p.rounds(found), p.cut_off(found)
        fits = rounds | cut
        candidates += _candidates(rows[fits], test, rounds[fits])
        trace.append(
            Step(
                f"p = {p.text} by {NAMES[test]}" if p.text[0].isdigit() else f"p {p.text} by {NAMES[test]}",
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


def _candidates(rows: np.ndarray, test: str | None, rounds: np.ndarray) -> list[Candidate]:
    return [
        Candidate(int(a), int(n), int(b), int(m), test, "rounded" if fits and not cut else "truncated")
        for (a, n, b, m, cut), fits in zip(rows, rounds, strict=True)
    ]


def _between(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    return f"{low}" if low == high else f"{low} to {high}"
