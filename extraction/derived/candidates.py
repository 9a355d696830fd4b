"""What tables could stand behind a record's reports of one variable?

Everything printed of the variable in a stratum becomes a constraint of one search (recover.tables): group
sizes or their bounds, percentages, counts, totals, verbal bounds, a p-value or a verbal outcome, and what a
part of the patients is known to hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from extraction.derived.groups import both_sizes, grade_counts, group_size, parts_of
from extraction.question import GRADES, QUESTION, SEVERE_GRADES, SOME_OF, SUMS
from extraction.recover import TooLarge, Unusable
from extraction.recover.p_values import TESTS
from extraction.recover.rounding import Convention, PrintedP, PrintedPercent, printed_p, printed_percent
from extraction.recover.tables import Arm, Candidate, Recovery, recover_tables
from extraction.recover.wide_tables import WideCandidate, recover_wide_tables
from extraction.schema import (
    Bound,
    Counts,
    Entry,
    Percentage,
    PValue,
    Record,
    Share,
    TestOutcome,
    compares_incidences,
)
from extraction.vocabulary import BOTH_ARMS, Direction

TESTS_BY_NAME = {
    "fisher": ("fisher",),
    "chi_squared": ("chi_squared", "chi_squared_yates"),
    "mantel_haenszel": ("chi_squared_n_minus_1",),
    "likelihood_ratio": ("likelihood_ratio",),
    "unnamed": tuple(TESTS),
}
"""Tests of a 2x2 table that a paper means by a name; the name of the chi-squared test does not tell whether
it was corrected.
"""
WIDE_BY_NAME = {
    "fisher": ("fisher_freeman_halton",),
    "chi_squared": ("chi_squared",),
    "trend": ("linear_by_linear", "cochran_armitage"),
    "mann_whitney": ("kruskal_wallis", "rank_sum_corrected"),
    "kruskal_wallis": ("kruskal_wallis",),
    "unnamed": ("fisher_freeman_halton", "chi_squared"),
}
"""The same for tables of several categories."""


_searched = lru_cache(maxsize=32)(recover_tables)
"""A search of tables, made once: every reading of the papers asks for the same ones."""


@dataclass(frozen=True)
class Recovered:
    """Tables that print as the record says, the entries they follow from, whether one of these is a verbal
    outcome, and the entries of parts of the patients that only limit them.
    """

    recovery: Recovery
    entries: tuple[str, ...]
    verbal: bool = False
    bounds: tuple[str, ...] = ()

    @property
    def tables(self) -> list[tuple[int, int, int, int]]:
        """Distinct tables: events and patients with the treatment, then without; those that print so by
        rounding, else those that do where digits are cut off.
        """
        return self.recovery.tables or list(dict.fromkeys(c.table for c in self.recovery.candidates))

    @property
    def cut_off(self) -> bool:
        """Whether its tables print so only where digits are cut off."""
        return bool(self.recovery.candidates) and not self.recovery.rounded


def tables_of(record: Record, field: str, stratum: str = "all", verbal: bool = True) -> Recovered | None:
    """Tables behind what is printed of a variable by arm; None where nothing printed tells the arms apart.

    verbal : whether `significant` and `no difference` are taken at their word
    Raises recover.TooLarge where too little is printed for a search.
    """
    if field in SUMS and stratum == "all" and (classes := response_classes(record)):
        return _sum_of_classes(classes, field)
    known, test = _known(record, field, stratum), _test(record, field, stratum, verbal)
    if not (known.by_arm or known.bounds or known.treated_share or test):
        return None
    treated, control = (
        Arm(
            max_n=known.max_n[a],
            min_n=known.min_n[a],
            min_events=known.at_least[a],
            max_events=known.at_most[a],
            percent=known.percent.get(a),
        )
        for a in BOTH_ARMS
    )
    if test is None or isinstance(test.entry, TestOutcome):
        without = _searched(treated, control, total_events=known.total, treated_share=known.treated_share)
        if test is None:
            return known.recovered(without)
    found = _searched(
        treated,
        control,
        test.p,
        test.tests,
        total_events=known.total,
        direction=test.direction,
        treated_share=known.treated_share,
    )
    if not isinstance(test.entry, TestOutcome):
        return known.recovered(found, test.entry.id)
    if len(found.tables) == len(without.tables) and set(found.tables) == set(without.tables):
        return known.recovered(without)
    return known.recovered(found, test.entry.id, verbal=True)


@dataclass
class _Known:
    """Constraints of a search, by arm, and the entries they come from: of an arm, of both together, of parts
    of the patients.
    """

    min_n: dict[str, int]
    max_n: dict[str, int]
    at_least: dict[str, int]
    at_most: dict[str, int | None]
    percent: dict
    total: tuple[int, int] | None
    treated_share: PrintedPercent | None
    by_arm: list[str]
    in_all: list[str]
    bounds: list[str]

    def recovered(self, recovery: Recovery, tested: str | None = None, verbal: bool = False) -> Recovered:
        entries = [*self.in_all, *self.by_arm, *filter(None, [tested])]
        return Recovered(recovery, tuple(dict.fromkeys(entries)), verbal, tuple(dict.fromkeys(self.bounds)))

    def take(self, entries: list[Entry]) -> None:
        """Take in what entries print of one arm."""
        for entry in entries:
            if entry.arm not in BOTH_ARMS or (isinstance(entry, Share) and not entry.is_crude):
                continue
            if isinstance(entry, Percentage):
                self.percent[entry.arm] = printed_percent(entry.percent)
                if entry.n:
                    self.min_n[entry.arm] = self.max_n[entry.arm] = entry.n
            elif isinstance(entry, Counts):
                self.narrow(entry.arm, entry.events, entry.events)
            elif isinstance(entry, Bound):
                self.narrow(entry.arm, entry.at_least, entry.at_most)
            else:
                continue
            self.by_arm.append(entry.id)

    def take_sum(self, arm: str, parts: dict[str, list[int]]) -> None:
        """Take in the numbers of events that strata which make up an arm can have, by entry."""
        if parts:
            self.narrow(arm, *(sum(end(events) for events in parts.values()) for end in (min, max)))
            self.by_arm += parts

    def narrow(self, arm: str, at_least: int = 0, at_most: int | None = None) -> None:
        self.at_least[arm] = max(self.at_least[arm], at_least)
        limits = [limit for limit in (self.at_most[arm], at_most) if limit is not None]
        self.at_most[arm] = min(limits) if limits else None


def _known(record: Record, field: str, stratum: str) -> _Known:
    sizes = {a: group_size(record, a, stratum) for a in BOTH_ARMS}
    whole = {a: group_size(record, a) for a in BOTH_ARMS}
    known = _Known(
        {a: sizes[a] or 1 for a in BOTH_ARMS},
        {a: sizes[a] or whole[a] or 0 for a in BOTH_ARMS},
        dict.fromkeys(BOTH_ARMS, 0),
        dict.fromkeys(BOTH_ARMS),
        {},
        None,
        None,
        [],
        [],
        [],
    )
    known.take(_own(Entry, record, field, stratum))
    if stratum != "all":
        for arm, most in _in_cohort(record, field).items():
            known.narrow(arm, at_most=most)
        return known
    for arm in BOTH_ARMS:
        known.take_sum(arm, _of_parts(record, field, arm))
    known.total, known.in_all = _total(record, field)
    for entry in record.find(Percentage, field, stratum="all"):
        if entry.category == QUESTION.categories.given_it:
            known.treated_share = printed_percent(entry.percent)
            known.in_all = [*known.in_all, entry.id]
    told = known.in_all or known.by_arm
    if told and field in SOME_OF and (wider := tables_of(record, SOME_OF[field])):
        for i, arm in enumerate(BOTH_ARMS):
            known.narrow(arm, at_most=max((table[2 * i] for table in wider.tables), default=None))
            known.bounds += wider.entries
    for part in SUMS.get(field, ()):
        for count in _own(Counts, record, part, "all"):
            if count.arm in BOTH_ARMS:
                known.narrow(count.arm, count.events)
                known.by_arm.append(count.id)
    for arm, low, high, sources in _from_strata(record, field):
        known.narrow(arm, low, high)
        known.bounds += sources
    return known


def _own[E: Entry](kind: type[E], record: Record, field: str, stratum: str) -> list[E]:
    return [e for e in record.find(kind, field, stratum=stratum) if e.category is None]


def counts_of_arm(record: Record, field: str, arm: str, stratum: str = "all") -> list[Counts]:
    """Counts of an arm that are patients with the event, of no category."""
    return [e for e in _own(Counts, record, field, stratum) if e.arm == arm and e.is_crude]


def events_by_parts(record: Record, field: str, arm: str) -> list[Counts]:
    """One count for each of the strata that make up an arm, where the arm's own count is not printed; else
    none.
    """
    if counts_of_arm(record, field, arm):
        return []
    found = [counts_of_arm(record, field, arm, stratum)[:1] for stratum in parts_of(record, arm)]
    return [count for part in found for count in part] if all(found) else []


def _of_parts(record: Record, field: str, arm: str) -> dict[str, list[int]]:
    """Numbers of events that are printed so of each of the strata that make up an arm, by entry; empty where
    one tells none, or the arm's own count or percentage is printed.
    """
    found: dict[str, list[int]] = {}
    parts = parts_of(record, arm)
    if any(e.arm == arm and e.is_crude for e in _own(Share, record, field, "all")):
        return {}
    for stratum in parts:
        told = [e for e in _own(Share, record, field, stratum) if e.arm == arm and e.is_crude]
        if told and (events := _events_printed_so(told[0], group_size(record, arm, stratum))):
            found[told[0].id] = events
    return found if len(found) == len(parts) else {}


def _events_printed_so(entry: Share, n: int | None) -> list[int]:
    if isinstance(entry, Counts):
        return [entry.events]
    size = entry.n if isinstance(entry, Percentage) and entry.n else n
    if not isinstance(entry, Percentage) or not size:
        return []
    return [events for events in range(size + 1) if printed_percent(entry.percent).rounds(events, size)]


def shares_are_no_counts(record: Record, field: str, stratum: str) -> bool:
    """Whether the shares printed of both arms are estimates behind which no counts stand, so that a p beside
    them is of a test of these estimates.
    """
    shares = [e for e in _own(Share, record, field, stratum) if e.arm in BOTH_ARMS]
    return bool(shares) and not any(e.is_crude for e in shares)


def _in_cohort(record: Record, field: str) -> dict[str, int]:
    """Events of each arm over the whole cohort where they are printed: no stratum holds more."""
    if field == SEVERE_GRADES and (severe := grade_counts(record).get(GRADES[-1])):
        return {arm: severe[arm] for arm in BOTH_ARMS}
    return {e.arm: e.events for e in _own(Counts, record, field, "all") if e.arm in BOTH_ARMS and e.is_crude}


def _total(record: Record, field: str) -> tuple[tuple[int, int] | None, list[str]]:
    """Fewest and most events of all patients, and the entries that tell: counted, a percentage, or the size
    of the stratum that has the event.
    """
    counted = next(iter(counts_of_arm(record, field, "total")), None)
    if counted:
        return (counted.events, counted.events), [counted.id]
    for share in _own(Percentage, record, field, "all"):
        n = group_size(record, "total")
        of_all = share.arm == "total" and share.is_crude and share.n in (None, n)
        if of_all and (events := _events_printed_so(share, n)):
            return (events[0], events[-1]), [share.id]
    for stratum, meaning in record.strata.items():
        if meaning.patients_with == field and (size := stratum_size(record, stratum)):
            return (size[0], size[0]), [size[1]]
    if field in SUMS:
        return _total_of_sum(record, field)
    return None, []


def _total_of_sum(record: Record, field: str) -> tuple[tuple[int, int] | None, list[str]]:
    """A sum is at least its printed parts, all of them where all are printed, and at most the sum it is part
    of itself.
    """
    parts = {part: e for part in SUMS[field] for e in _own(Counts, record, part, "all") if e.arm == "total"}
    wholes = [
        e
        for whole, summed in SUMS.items()
        if field in summed
        for e in _own(Counts, record, whole, "all")
        if e.arm == "total"
    ]
    if not parts:
        return None, []
    low = sum(e.events for e in parts.values())
    if len(parts) == len(SUMS[field]):
        high: int | None = low
    else:
        high = min((e.events for e in wholes), default=group_size(record, "total"))
    return None if high is None else (low, high), [e.id for e in (*parts.values(), *wholes)]


def stratum_size(record: Record, stratum: str) -> tuple[int, str] | None:
    """Patients in a stratum of unprinted size, where a count and its percentage leave one size; and the entry
    that tells.
    """
    for entry in record.entries:
        if isinstance(entry, Counts) and entry.stratum == stratum and entry.percent and entry.n is None:
            percent = printed_percent(entry.percent)
            most = group_size(record, "total") or 0
            sizes = [n for n in range(max(entry.events, 1), most + 1) if percent.rounds(entry.events, n)]
            if len(sizes) == 1:
                return sizes[0], entry.id
    return None


def _from_strata(record: Record, field: str) -> Iterator[tuple[str, int, int, tuple[str, ...]]]:
    """What the whole cohort must hold of each arm, given the tables of a stratum: arm, fewest and most
    events, entries.
    """
    for stratum in record.strata:
        if (
            stratum == "all"
            or not (part := tables_of(record, field, stratum, verbal=False))
            or not part.tables
        ):
            continue
        for i, arm in enumerate(BOTH_ARMS):
            events, n = [t[2 * i] for t in part.tables], [t[2 * i + 1] for t in part.tables]
            if size := group_size(record, arm):
                yield (
                    arm,
                    min(events),
                    size - min(b - a for a, b in zip(events, n, strict=True)),
                    part.entries,
                )


class _Test(NamedTuple):
    """A comparison of the arms: its p, the tests that may have given it, its direction, its entry."""

    p: PrintedP
    tests: tuple[str, ...]
    direction: Direction | None
    entry: PValue | TestOutcome


def _test(record: Record, field: str, stratum: str, verbal: bool) -> _Test | None:
    """The p-value of the two arms, else (at its word) the outcome in words; none beside estimates that are no
    counts, whose test it is.
    """
    if shares_are_no_counts(record, field, stratum):
        return None
    found = [e for e in _own(Entry, record, field, stratum) if e.arm == "comparison"]
    for entry in found:
        if isinstance(entry, PValue) and entry.adjustment == "none" and (tests := named_tests(entry)):
            return _Test(printed_p(entry.p), tests, entry.direction, entry)
    for entry in found if verbal else ():
        if isinstance(entry, TestOutcome) and (tests := named_tests(entry)):
            sign = "<" if entry.significant else "≥"
            return _Test(
                printed_p(f"{sign}{entry.alpha}"),
                tests,
                entry.direction if entry.significant else None,
                entry,
            )
    return None


def named_tests(
    entry: PValue | TestOutcome, by_name: Mapping[str, tuple[str, ...]] = TESTS_BY_NAME
) -> tuple[str, ...]:
    """Tests of a table that an entry's words may mean, each once; empty where none is a test of a table."""
    if compares_incidences(entry):
        return ()
    return tuple(dict.fromkeys(test for name in entry.tests for test in by_name.get(name, ())))


# classes of response


@dataclass(frozen=True)
class Classes:
    """Tables of arms by exclusive class, then none of them, and the entries they follow from."""

    candidates: list[WideCandidate]
    entries: tuple[str, ...]


def response_classes(record: Record) -> Classes | None:
    """Splits of the classes of response by arm that give the p printed of one of them as a test of all
    classes at once.

    None where the classes' totals, the arms or the p are not printed, where no split gives it, and where
    there are too many to list.
    """
    sizes = both_sizes(record)
    found: dict[tuple[str, str], Counts] = {
        (e.field, e.arm): e for field in QUESTION.exclusive for e in _own(Counts, record, field, "all")
    }
    totals = [found[field, "total"] for field in QUESTION.exclusive if (field, "total") in found]
    test = next(
        (
            e
            for field in QUESTION.exclusive
            for e in _own(PValue, record, field, "all")
            if e.arm == "comparison"
        ),
        None,
    )
    by_arm = any(arm in BOTH_ARMS for _, arm in found)
    if sizes is None or len(totals) < len(QUESTION.exclusive) or test is None or not by_arm:
        return None
    rest = sum(sizes) - sum(e.events for e in totals)
    cells: list[list[int | PrintedPercent | None]] = [
        [*(found[field, arm].events if (field, arm) in found else None for field in QUESTION.exclusive), None]
        for arm in BOTH_ARMS
    ]
    tests = named_tests(test, WIDE_BY_NAME)
    if rest < 0 or not tests:
        return None
    try:
        candidates = recover_wide_tables(
            list(sizes), [*(e.events for e in totals), rest], cells, printed_p(test.p), tests
        )
    except (TooLarge, Unusable):
        return None
    candidates = [c for c in candidates if c.match != Convention.TRUNCATED]
    return Classes(candidates, (*(e.id for e in found.values()), test.id)) if candidates else None


def _leaves(field: str) -> list[str]:
    """The variables that a sum comes to, down to those that are no sums."""
    return [leaf for part in SUMS[field] for leaf in (_leaves(part) if part in SUMS else [part])]


def _sum_of_classes(classes: Classes, field: str) -> Recovered:
    """The table of a summed variable from its classes."""
    places = [QUESTION.exclusive.index(part) for part in _leaves(field)]
    candidates = [
        Candidate(
            sum(treated[i] for i in places),
            sum(treated),
            sum(control[i] for i in places),
            sum(control),
            c.test,
            c.match,
        )
        for c in classes.candidates
        for treated, control in [c.table]
    ]
    return Recovered(Recovery(candidates), classes.entries)
