"""Every 2x2 table that would print what is given: any mix of group sizes, events, percentages, totals, an
allocation, an effect with or without its limits, a chi-squared value, phi and a p.

Where the constraints on the groups leave few enough tables, each is tried with every estimate and interval in
use.  Where group sizes are not known and too many are left, only those are listed whose plain estimate prints
so; and where these are too many as well, only those whose Wald interval does.  `Found.notes` says which.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import special

from extraction.recover import TooLarge, Unusable, tables
from extraction.recover.effects import ESTIMATORS, METHODS, Estimator, Method, Range, Tables
from extraction.recover.p_values import ALL_TESTS, NAMES, TESTS
from extraction.recover.printed import number
from extraction.recover.ratio_claims import judge_p
from extraction.recover.rounding import CONVENTIONS, EDGE, PrintedP, PrintedPercent, true_values
from extraction.recover.tables import DIRECTIONS, LARGEST_SEARCH, Arm, Candidate, Step, between
from extraction.recover.wald_tables import wald_tables

LARGEST_PAIRS = 60_000_000
"""Pairs of a count of one arm and a size of the other that are gone through: some ten seconds."""
PAIRS_AT_ONCE = 2_000_000
FEW = 50
"""Tables up to which tests are tried that are made one by one."""
type Within = Callable[[Tables], np.ndarray]
"""Which of many tables print so."""
OF_CHI_SQUARED = ("chi_squared", "chi_squared_yates", "chi_squared_n_minus_1", "likelihood_ratio")
"""Tests whose statistic is referred to chi-squared on one degree of freedom."""


@dataclass(frozen=True)
class PrintedEffect:
    """An odds ratio, risk ratio or risk difference as printed, with or without its interval at a level (a
    share).

    Raises Unusable for what is none, or limits that do not ascend.
    """

    measure: str
    estimate: str | None = None
    lower: str | None = None
    upper: str | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.measure not in METHODS:
            raise Unusable(f"measure {self.measure!r}: the measures of a table are {', '.join(METHODS)}")
        if (self.lower is None) != (self.upper is None):
            raise Unusable("one limit alone: give both limits of the interval, or none")
        if self.estimate is None and self.lower is None:
            raise Unusable(f"{self.measure}: give its estimate, its interval, or both")
        if not 0 < self.level < 1:
            raise Unusable(f"level {100 * self.level:g}: an interval covers more than 0 and less than 100 %")
        for name, text in (("estimate", self.estimate), ("lower", self.lower), ("upper", self.upper)):
            if text is not None and self.is_ratio and _value(text) < 0:
                raise Unusable(f"{name} {text}: a ratio is not below 0")
        if self.lower is not None and self.upper is not None and _value(self.lower) >= _value(self.upper):
            raise Unusable(f"interval from {self.lower} to {self.upper}: its limits must ascend")

    @property
    def is_ratio(self) -> bool:
        return self.measure != "risk_difference"

    @property
    def limits(self) -> tuple[Range, Range] | None:
        """What the printed limits stand for."""
        if self.lower is None or self.upper is None:
            return None
        return self._range(self.lower), self._range(self.upper)

    @property
    def of_estimate(self) -> Range | None:
        """What the printed estimate stands for."""
        return None if self.estimate is None else self._range(self.estimate)

    def _range(self, text: str) -> Range:
        value = _value(text)
        if value.is_infinite():
            return math.inf, math.inf
        low, high = true_values(value)
        unit = 100.0 if text.strip().endswith("%") else 1.0
        low, high = (low - EDGE * abs(low)) / unit, (high + EDGE * abs(high)) / unit
        return (max(low, 0.0), high) if self.is_ratio else (low, high)

    @property
    def words(self) -> str:
        name = self.measure.replace("_", " ")
        interval = (
            "" if self.lower is None else f" ({100 * self.level:g} % limits {self.lower} to {self.upper})"
        )
        return f"{name}{'' if self.estimate is None else f' {self.estimate}'}{interval}"


def _value(text: str) -> Decimal:
    bare = text.strip().removesuffix("%").strip()
    return Decimal("inf") if bare.lower() in ("inf", "∞", "infinity") else number(bare, "effect").value


@dataclass(frozen=True)
class Groups:
    """What is known of the two groups together.

    total_events : fewest and most; allocation : parts treated and control, as 1:2; exact : equal arms that
    differ by nobody, not an allocation to within one patient of its share
    direction : `higher` or `lower` share of events in the treated arm
    treated_share : per cent of all events that are of that arm
    """

    treated: Arm
    control: Arm
    total_events: tuple[int, int] | None = None
    total_n: int | None = None
    allocation: tuple[int, int] | None = None
    exact: bool = False
    direction: str | None = None
    treated_share: PrintedPercent | None = None


@dataclass(frozen=True)
class Printed:
    """What is printed of the table as a whole."""

    effect: PrintedEffect | None = None
    p: PrintedP | None = None
    chi_squared: str | None = None
    phi: str | None = None


@dataclass(frozen=True)
class Found:
    """Tables that print so, in the order of their counts, once for each test that gives the p.

    methods : for each table, the estimates, intervals and statistics by which it prints so, in words
    notes : limits of what was searched
    """

    candidates: list[Candidate]
    methods: dict[tuple[int, int, int, int], tuple[str, ...]] = field(default_factory=dict)
    trace: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    nearest: str = ""

    @cached_property
    def tables(self) -> list[tuple[int, int, int, int]]:
        """Distinct tables, those that cut-off digits would need left out."""
        return tables.Recovery(self.candidates).tables

    def why_none(self) -> str:
        """Which constraint excludes what; empty where there are candidates."""
        return tables.Recovery(self.candidates, self.trace, self.nearest).why_none()


def search_tables(
    groups: Groups,
    printed: Printed,
    tests: tuple[str, ...] | None = None,
    methods: tuple[str, ...] | None = None,
) -> Found:
    """Every table that prints so.

    tests : of the p; None for the usual ones, and where none of them gives it all others
    methods : of the interval, ids in effects.METHODS; None for all
    Raises Unusable for bounds that contradict themselves, TooLarge where too many tables are left.
    """
    trace: list[Step] = []
    notes: list[str] = []
    rows, ways = _listed(groups, printed.effect, _ways(printed.effect, methods), trace, notes)
    rows = _of_groups(rows, groups, trace)
    rows, told = _of_printed(rows, printed, ways, trace)
    if printed.p is None:
        candidates = tables.candidates_of(rows, None, rows[:, 4])
        return Found(candidates, _by_table(rows, told), trace, notes)
    found = tables.tested(rows, printed.p, tests or tuple(TESTS), trace)
    if tests is None and not found.tables:
        others = tables.tested(rows, printed.p, tuple(t for t in ALL_TESTS if t not in TESTS), trace)
        found = tables.Recovery([*found.candidates, *others.candidates], trace, found.nearest)
    if tests is None and not found.tables and len(rows) <= FEW:
        candidates = [*found.candidates, *_by_other_tests(rows, printed.p, trace)]
        found = tables.Recovery(candidates, trace, found.nearest)
    return Found(found.candidates, _by_table(rows, told), trace, notes, found.nearest)


def _by_other_tests(rows: np.ndarray, p: PrintedP, trace: list[Step]) -> list[Candidate]:
    """Few tables by the tests that are made one by one: Wald's, corrected Mantel and Haenszel's, one-sided
    ones, Barnard's, Boschloo's.
    """
    candidates = []
    for a, n, c, m, place in rows.tolist():
        part = judge_p(p, (a, n, c, m))
        if part.verdict == "agrees":
            candidates += [Candidate(a, n, c, m, test, CONVENTIONS[place]) for test in part.conditions]
    trace.append(Step("p by a Wald, one-sided, Barnard's or Boschloo's test", len(candidates)))
    return candidates


class Ways(NamedTuple):
    """Estimates and intervals by which an effect may have been made."""

    estimators: tuple[Estimator, ...] = ()
    methods: tuple[Method, ...] = ()


def _ways(effect: PrintedEffect | None, asked: tuple[str, ...] | None) -> Ways:
    if effect is None:
        return Ways()
    every = METHODS[effect.measure]
    if unknown := [name for name in asked or () if name not in every]:
        raise Unusable(
            f"method {unknown[0]!r}: the intervals of a {effect.measure.replace('_', ' ')} are"
            f" {', '.join(every)}"
        )
    return Ways(ESTIMATORS[effect.measure], tuple(every[name] for name in asked or every))


# the tables that the groups allow


def _listed(
    groups: Groups, effect: PrintedEffect | None, ways: Ways, trace: list[Step], notes: list[str]
) -> tuple[np.ndarray, Ways]:
    """Rows of events, n, events, n, place of the weaker convention; and the ways by which the effect is to be
    tried on them.
    """
    treated = tables.counts_of(groups.treated, "treated", trace)
    control = tables.counts_of(groups.control, "control", trace)
    pairs = _Pairs(groups, treated, control)
    if pairs.at_most(LARGEST_SEARCH):
        rows = pairs.rows()
        trace.append(Step(f"both arms together{_words(groups)}", len(rows)))
        return rows, ways
    if effect and effect.of_estimate:
        windowed = _Pairs(groups, treated, control, (effect.measure, effect.of_estimate))
        if windowed.at_most(LARGEST_SEARCH):
            rows, plain = windowed.rows(), ESTIMATORS[effect.measure][:1]
            notes.append(
                f"The groups leave too many tables to try every estimate: the one printed is read as"
                f" {plain[0].words}."
            )
            trace.append(Step(f"both arms together{_words(groups)}, with such a ratio of counts", len(rows)))
            return rows, Ways(plain, ways.methods)
    wald = METHODS[effect.measure]["wald"] if effect else None
    if effect is None or effect.limits is None or wald not in ways.methods:
        raise TooLarge(
            f"up to {len(treated) * len(control):,} tables would have to be tested, more than"
            f" {LARGEST_SEARCH:,}: give group sizes, percentages, totals, or an effect with its limits"
            " (method wald), that leave fewer"
        )
    rows = wald_tables(treated, control, effect.measure, effect.of_estimate, effect.limits, effect.level)
    notes.append(
        "The groups leave too many tables to try every interval: the one printed is read as Wald's, and the"
        f" estimate as {ESTIMATORS[effect.measure][0].words}."
    )
    trace.append(Step("both arms together, with a Wald interval near the printed one", len(rows)))
    return rows, Ways(ESTIMATORS[effect.measure][:1], (wald,))


def _words(groups: Groups) -> str:
    told = []
    if groups.total_events:
        told.append(f"events in all {between(*groups.total_events)}")
    if groups.total_n is not None:
        told.append(f"patients in all {groups.total_n}")
    if groups.allocation:
        told.append("equal arms" if groups.exact else "allocation {}:{}".format(*groups.allocation))
    return f", {', '.join(told)}" if told else ""


class _Pairs:
    """Tables as counts of the treated arm (events, n, place), each with a size of the control and, of this,
    the fewest and most events that go with it.

    Of each size of the control all events between two bounds are allowed.
    window : what the plain estimate of a measure must be within
    """

    def __init__(
        self,
        groups: Groups,
        treated: np.ndarray,
        control: np.ndarray,
        window: tuple[str, Range] | None = None,
    ) -> None:
        self.groups, self.treated, self.control, self.window = groups, treated, control, window
        self.sizes, self.first = np.unique(control[:, 1], return_index=True)
        last = np.r_[self.first[1:], len(control)][: len(self.first)] - 1
        self.fewest, self.most = control[self.first, 0], control[last, 0]

    def at_most(self, limit: int) -> bool:
        """Whether there are no more tables than a limit; no where that takes too long to say."""
        low, high = self._partners(self.treated[:, 1])
        if int(np.maximum(high - low, 0).sum()) > LARGEST_PAIRS:
            return False
        total = 0
        for _, _, fewest, most in self._chunks():
            total += int(np.maximum(most - fewest + 1, 0).sum())
            if total > limit:
                return False
        return True

    def rows(self) -> np.ndarray:
        """These tables, columns events, n, events, n, place of the weaker convention."""
        found = [np.zeros((0, 5), np.int64)]
        for one, size, fewest, most in self._chunks():
            many = np.maximum(most - fewest + 1, 0)
            of = np.repeat(np.arange(len(one)), many)
            events = fewest[of] + np.arange(len(of)) - np.repeat(np.cumsum(many) - many, many)
            place = self.control[self.first[size[of]] + events - self.fewest[size[of]], 2]
            treated = self.treated[one[of]]
            weaker = np.maximum(treated[:, 2], place)
            found.append(np.column_stack([treated[:, :2], events, self.sizes[size[of]], weaker]))
        return np.concatenate(found)

    def _partners(self, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First and one past the last size of the control that goes with each size of the treated arm."""
        least, most = np.full(n.shape, 1), np.full(n.shape, np.iinfo(np.int64).max)
        if self.groups.total_n is not None:
            least = most = self.groups.total_n - n
        if self.groups.allocation:
            ours, theirs = self.groups.allocation
            within = 0 if self.groups.exact else ours + theirs - 1
            least = np.maximum(least, -((within - n * theirs) // ours))
            most = np.minimum(most, (n * theirs + within) // ours)
        return (
            np.searchsorted(self.sizes, least, side="left"),
            np.searchsorted(self.sizes, most, side="right"),
        )

    def _chunks(self) -> Iterator[tuple[np.ndarray, ...]]:
        """Rows of the treated arm, places of sizes of the control, fewest and most events of these."""
        low, high = self._partners(self.treated[:, 1])
        many = np.maximum(high - low, 0)
        ends = np.cumsum(many)
        start = 0
        while start < len(many):
            done = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, done + PAIRS_AT_ONCE, side="right")))
            one = np.repeat(np.arange(start, stop), many[start:stop])
            size = low[one] + np.arange(len(one)) - (ends[one] - many[one] - done)
            fewest, most = self._events(one, size)
            yield one, size, fewest, most
            start = stop

    def _events(self, one: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fewest, most = self.fewest[size], self.most[size]
        events = self.treated[one, 0]
        if self.groups.total_events:
            fewest = np.maximum(fewest, self.groups.total_events[0] - events)
            most = np.minimum(most, self.groups.total_events[1] - events)
        if self.window:
            least, largest = _risks_beside(events / self.treated[one, 1], *self.window)
            n = self.sizes[size]
            fewest = np.maximum(fewest, np.ceil(least * n * (1 - EDGE)).astype(np.int64))
            most = np.minimum(most, np.floor(largest * n * (1 + EDGE)).astype(np.int64))
        return fewest, most


def _risks_beside(risk: np.ndarray, measure: str, window: Range) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest risk of the control with which a plain estimate lies in a window; nothing is
    excluded where no one in the treated arm had the event, or all.
    """
    low, high = window
    if measure == "risk_difference":
        return np.clip(risk - high, 0, 1), np.clip(risk - low, 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "risk_ratio":
            least, most = risk / high, risk / low
        else:
            odds = risk / (1 - risk)
            least, most = (ratio / (1 + ratio) for ratio in (odds / high, odds / low))
    free = (risk <= 0) | (risk >= 1) if measure == "odds_ratio" else risk <= 0
    least, most = np.where(np.isnan(least) | free, 0.0, least), np.where(np.isnan(most) | free, 1.0, most)
    return least, np.minimum(most, 1.0)


def _of_groups(rows: np.ndarray, groups: Groups, trace: list[Step]) -> np.ndarray:
    """Those that keep to what is known of both arms together, which a listing by Wald limits does not."""
    events, n = rows[:, 0] + rows[:, 2], rows[:, 1] + rows[:, 3]
    keep = np.ones(len(rows), bool)
    if groups.total_events:
        keep &= (events >= groups.total_events[0]) & (events <= groups.total_events[1])
    if groups.total_n is not None:
        keep &= n == groups.total_n
    if groups.allocation:
        ours, theirs = groups.allocation
        within = 0 if groups.exact else ours + theirs - 1
        keep &= np.abs(rows[:, 3] * ours - rows[:, 1] * theirs) <= within
    if not keep.all():
        rows = rows[keep]
        trace.append(Step(f"both arms together{_words(groups)}", len(rows)))
    if groups.treated_share:
        events = rows[:, 0] + rows[:, 2]
        rows = rows[(events > 0) & groups.treated_share.rounds(rows[:, 0], np.maximum(events, 1))]
        trace.append(Step(f"{groups.treated_share.text} % of events in the treated arm", len(rows)))
    if groups.direction:
        excess = rows[:, 0] * rows[:, 3] - rows[:, 2] * rows[:, 1]
        rows = rows[DIRECTIONS[groups.direction] * excess > 0]
        trace.append(Step(f"share with event in the treated arm {groups.direction}", len(rows)))
    return rows


# what is printed of them


def _of_printed(
    rows: np.ndarray, printed: Printed, ways: Ways, trace: list[Step]
) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """Tables that print the effect, chi-squared and phi; and by what name which of them do."""
    told: list[tuple[str, np.ndarray]] = []
    for words, by in _conditions(printed, ways):
        a, n, c, m = (rows[:, i].astype(float) for i in range(4))
        fits = [(name, within((a, n, c, m))) for name, within in by] if len(rows) else []
        kept = np.logical_or.reduce([fit for _, fit in fits]) if fits else np.zeros(len(rows), bool)
        rows = rows[kept]
        told = [(name, fit[kept]) for name, fit in [*told, *fits]]
        trace.append(Step(words, len(rows)))
    return rows, told


def _conditions(printed: Printed, ways: Ways) -> Iterator[tuple[str, list[tuple[str, Within]]]]:
    """Each printed result in words, with the ways to it: a name, and which tables give it so."""
    effect = printed.effect
    if effect and (wanted := effect.of_estimate):
        by = [(e.words, _estimator(e, wanted)) for e in ways.estimators]
        yield f"{effect.measure.replace('_', ' ')} {effect.estimate}", by
    if effect and (limits := effect.limits):
        by = [(f"interval: {m.words}", _interval(m, effect.level, limits)) for m in ways.methods]
        yield f"{100 * effect.level:g} % limits {effect.lower} to {effect.upper}", by
    if printed.chi_squared is not None:
        low, high = true_values(number(printed.chi_squared, "chi-squared").value)
        yield (
            f"chi-squared {printed.chi_squared}",
            [(f"χ²: {NAMES[test]}", _statistic(test, (max(low, 0.0), high))) for test in OF_CHI_SQUARED],
        )
    if printed.phi is not None:
        wanted = true_values(abs(number(printed.phi, "phi").value))
        yield f"phi {printed.phi}", [("φ: either sign", _phi(wanted))]


def _estimator(estimator: Estimator, wanted: Range) -> Within:
    return lambda counts: estimator.within(counts, wanted)


def _interval(method: Method, level: float, limits: tuple[Range, Range]) -> Within:
    return lambda counts: method.within(counts, level, *limits)


def _statistic(test: str, wanted: Range) -> Within:
    def within(counts: Tables) -> np.ndarray:
        p = ALL_TESTS[test](*counts)
        low, high = special.chdtrc(1, wanted[1]), special.chdtrc(1, wanted[0])
        return (p >= low * (1 - EDGE)) & (p <= high * (1 + EDGE))

    return within


def _phi(wanted: Range) -> Within:
    def within(counts: Tables) -> np.ndarray:
        a, n, c, m = counts
        with np.errstate(divide="ignore", invalid="ignore"):
            phi = np.abs(a * m - c * n) / np.sqrt(n * m * (a + c) * (n + m - a - c))
        return (phi >= wanted[0] - EDGE) & (phi <= wanted[1] + EDGE)

    return within


def _by_table(
    rows: np.ndarray, told: list[tuple[str, np.ndarray]]
) -> dict[tuple[int, int, int, int], tuple[str, ...]]:
    fits = np.column_stack([fit for _, fit in told]) if told else np.zeros((len(rows), 0), bool)
    kinds, kind = np.unique(np.packbits(fits, axis=1), axis=0, return_inverse=True)  # few, of many tables
    names = [
        tuple(name for (name, _), by in zip(told, np.unpackbits(bits), strict=False) if by) for bits in kinds
    ]
    columns = (column.tolist() for column in rows[:, :4].T)
    return dict(zip(zip(*columns, strict=True), map(names.__getitem__, kind.ravel().tolist()), strict=True))
