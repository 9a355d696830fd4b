"""Rules about tests: is each p-value one that its test gives for the printed numbers, or for any numbers at
all?
"""

from collections.abc import Iterator, Sequence
from math import comb, isfinite
from typing import TypeGuard

import numpy as np

from extraction.checks.judgement import TWO_ARMS, Judgement, alike, compare, counts_of_both
from extraction.derived.candidates import WIDE_BY_NAME, Recovered, named_tests, response_classes, tables_of
from extraction.derived.groups import both_sizes, group_size
from extraction.question import PARTITIONED, QUESTION, TREATMENT
from extraction.recover import TooLarge, Unusable, ordered_tests, p_values, two_by_two, wide_tables
from extraction.recover.log_rank import log_rank_histories, nearest_p, too_large
from extraction.recover.rank_conventions import RankReport, judge_ranks, smallest_two_sided
from extraction.recover.ranks import LARGEST_EXACT, share_attainable
from extraction.recover.ratio_claims import judge_p, p_prints
from extraction.recover.rounding import PrintedP, printed_p
from extraction.recover.tables import Arm, recover_tables
from extraction.recover.wide_tables import NAMES
from extraction.schema import AnyEntry, Counts, Entry, LogRankP, Percentage, PValue, Record, TestOutcome
from extraction.vocabulary import BOTH_ARMS, TESTS

UNCONDITIONAL = {"barnard": "Barnard's test", "boschloo": "Boschloo's test"}
"""Tests named in records, as two_by_two names them."""
OPEN = {"unnamed", "mantel_haenszel"}
"""Names that do not tell which of several tests was made: all are tried before a last digit is blamed."""
MOST_TABLES = 50
"""Recovered tables beyond which a p-value tells nothing of its numbers: almost any would do."""
MOST_OUTCOMES = 500
"""Recovered tables beyond which an outcome in words is not compared with them."""
LARGEST_HISTORY_SEARCH = 300_000_000
"""Event sequences of a log-rank test; listing as many takes a second or so."""
TELLING = 0.5
"""Share of the printable p-values near the printed one that a rank test can give; above it the digits check
nothing.
"""


def p_is_that_of_the_counts(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Counts of both arms are printed: the p of each test the paper names, then of the others."""
    if not _is_plain(entry) or entry.contrast != TWO_ARMS:
        return
    counts = counts_of_both(record, entry)
    if counts and named_tests(entry):
        found = {test: float(p_of(*counts)) for test, p_of in p_values.ALL_TESTS.items()}
        what = f"{counts[0]}/{counts[1]} v {counts[2]}/{counts[3]}"
        judgement = _of_values(entry, found, named_tests(entry), what)
        if judgement.verdict == "differs" and (judgement.severity == "error" or OPEN & set(entry.tests)):
            judgement = _of_further_tests(entry, counts, what) or judgement
        yield _of_classes(record, entry) or judgement if judgement.verdict == "differs" else judgement
    elif counts and (one := [name for name in entry.tests if name in UNCONDITIONAL]):
        yield _of_unconditional(entry, counts, one)
    elif (
        entry.field in PARTITIONED
        and named_tests(entry, WIDE_BY_NAME)
        and (table := _categories(record, entry))
    ):
        named = named_tests(entry, WIDE_BY_NAME)
        ordered = set(named) <= set(ordered_tests.TESTS)  # then a test blind to the order is not asked for
        tests = ordered_tests.TESTS if ordered else wide_tables.ALL_TESTS
        found = {test: _p_of_categories(test, table) for test in tests}
        judgement = _of_values(entry, found, named, "the printed categories")
        near = judgement.verdict == "differs" and _may_be_exact(printed_p(entry.p), found, named)
        yield MAY_BE_EXACT if near else judgement


EXACT_FACTOR = 4.0
"""Times or parts of an approximate p within which an exact or a one-sided one is taken to lie."""
MAY_BE_EXACT = Judgement(
    "cannot_be_checked",
    "",
    "no approximation gives this p for the printed categories, and the exact or one-sided test near it is not"
    " computed",
)


def _may_be_exact(p: PrintedP, found: dict[str, float], named: tuple[str, ...]) -> bool:
    """Whether a p of ranks or trend is so near the approximations that an exact test may give it."""
    ordered = [found[test] for test in named if test in ordered_tests.TESTS]
    return any(p.upper >= x / EXACT_FACTOR and p.lower <= x * EXACT_FACTOR for x in ordered)


def _p_of_categories(test: str, table: list[list[int]]) -> float:
    """nan where an exact test of so many patients would have to list too many tables."""
    try:
        return float(wide_tables.ALL_TESTS[test](np.array([table]))[0])
    except TooLarge:
        return float("nan")


def _of_further_tests(entry: PValue, counts: two_by_two.Counts, what: str) -> Judgement | None:
    """Agrees by a test that is made of one table at a time, one-sided ones, Barnard's and Boschloo's among
    them.
    """
    part = judge_p(printed_p(entry.p), counts)
    if part.verdict != "agrees":
        return None
    only = f" only; the paper names {' or '.join(TESTS[t] for t in entry.tests)}"
    return Judgement("agrees", part.expected, f"p of {what} by {part.conditions[0]}{only}")


def _of_unconditional(entry: PValue, counts: two_by_two.Counts, named: Sequence[str]) -> Judgement:
    """Barnard's or Boschloo's p, or that of another test."""
    what = f"{counts[0]}/{counts[1]} v {counts[2]}/{counts[3]}"
    p, told = printed_p(entry.p), []
    for test in two_by_two.unconditional(counts):
        if any(UNCONDITIONAL[name] in test.method for name in named):
            if p_prints(test.value, p, test.error):
                return Judgement("agrees", f"{test.value:.4g}", f"p of {what} by {test.method}")
            told.append(test)
    if other := _of_further_tests(entry, counts, what):
        return other
    words = " or ".join(TESTS[name] for name in named)
    if not told:
        return Judgement("cannot_be_checked", "", f"{words} is not computed for groups of this size")
    return Judgement("differs", f"{told[0].value:.4g}", f"{what} does not give this p by {words}")


def pairs_are_not_printed(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """McNemar's test sees pairs, which two arms' counts do not tell."""
    if _is_plain(entry) and entry.tests == ["mcnemar"]:
        yield Judgement(
            "cannot_be_checked",
            "",
            "McNemar's test sees the pairs that differ, which are not printed by pair; `recover paired` lists"
            " those that give this p",
        )


def _is_plain(entry: AnyEntry) -> TypeGuard[PValue]:
    """Whether it is a p that was not adjusted."""
    return isinstance(entry, PValue) and entry.adjustment == "none" and _readable(entry.p)


def _tests_shares(entry: AnyEntry) -> TypeGuard[PValue]:
    return _is_plain(entry) and bool(named_tests(entry))


def _readable(p: str) -> bool:
    """Whether it is a p-value at all; one above 1 has a rule of its own."""
    try:
        printed_p(p)
    except Unusable:
        return False
    return True


def _categories(record: Record, entry: AnyEntry) -> list[list[int]] | None:
    """Patients of each arm by category, where the categories add to the arm."""
    rows = [
        {
            e.category: e.events
            for e in record.find(Counts, entry.field, stratum=entry.stratum, arm=arm)
            if e.category
        }
        for arm in BOTH_ARMS
    ]
    full = all(
        sum(row.values()) == group_size(record, arm, entry.stratum)
        for row, arm in zip(rows, BOTH_ARMS, strict=True)
    )
    return (
        [list(row.values()) for row in rows]
        if full and list(rows[0]) == list(rows[1]) and len(rows[0]) > 1
        else None
    )


def _of_values(entry: PValue, found: dict[str, float], named: tuple[str, ...], what: str) -> Judgement:
    """Judge a printed p against what each test gives for the same numbers: the tests named, the usual ones,
    the named off in the last digit, and last those that a paper would name, one-sided ones among them.
    """
    p = printed_p(entry.p)
    usual = [t for t in found if t not in named and t in (*p_values.TESTS, *wide_tables.TESTS)]
    if agrees := _of_rounded(entry, p, found, named, (*named, *usual), what):
        return agrees
    near = min((t for t in named if isfinite(found[t])), key=lambda t: _steps(p, found[t]), default=None)
    expected = " or ".join(f"{found[t]:.4f} ({NAMES[t]})" for t in named if isfinite(found[t]))
    if near and p.cut_off(found[near]):
        return Judgement(
            "differs", expected, f"p of {what} by {NAMES[near]}, cut off rather than rounded", "last_digit"
        )
    if near and _steps(p, found[near]) <= 1.5:
        return Judgement(
            "differs", expected, f"p of {what} by {NAMES[near]}, off in the last digit", "last_digit"
        )
    return _of_rounded(entry, p, found, named, tuple(found), what) or Judgement(
        "differs", expected, f"no test gives this p for {what}"
    )


def _of_rounded(
    entry: PValue,
    p: PrintedP,
    found: dict[str, float],
    named: tuple[str, ...],
    tests: tuple[str, ...],
    what: str,
) -> Judgement | None:
    """Agrees by the first of the tests whose p rounds to the printed one."""
    test = next((t for t in tests if p.rounds(found[t])), None)
    if test is None:
        return None
    only = "" if test in named else f" only; the paper names {' or '.join(TESTS[t] for t in entry.tests)}"
    return Judgement("agrees", f"{found[test]:.4f}", f"p of {what} by {NAMES[test]}{only}")


def _steps(p: PrintedP, found: float) -> float:
    """Distance from a printed p in units of its last digit; infinite from a bound."""
    unit = p.upper_cut - p.lower_cut
    return abs(found - p.lower_cut) / unit if unit > 0 else float("inf")


def _of_classes(record: Record, entry: AnyEntry) -> Judgement | None:
    """A p printed beside one class of response may be of all classes at once."""
    classes = response_classes(record) if entry.field in QUESTION.exclusive else None
    if not classes:
        return None
    best = classes.candidates[0]
    return Judgement(
        "agrees",
        str(best),
        "p of all classes of response at once (without residual disease, with it, partial, none) by"
        f" {NAMES[str(best.test)]}; no test gives it for the class printed beside it",
    )


def p_is_that_of_a_possible_table(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """No counts by arm are printed: some table of these sizes, percentages and totals gives the p, and the
    percentages with it.
    """
    if not isinstance(entry, PValue | Percentage) or entry.contrast != TWO_ARMS or entry.category:
        return
    beside: PValue | None = (
        entry
        if isinstance(entry, PValue)
        else next(
            (e for e in record.find(PValue, entry.field, stratum=entry.stratum) if not e.category), None
        )
    )
    if (
        beside is None
        or not _tests_shares(beside)
        or _categories(record, beside)
        or all(alike(Counts, record, beside, arm=arm, unit="patients") for arm in BOTH_ARMS)
    ):
        return
    try:
        found = tables_of(record, entry.field, entry.stratum, verbal=False)
    except (TooLarge, Unusable) as error:
        yield Judgement("cannot_be_checked", "", str(error))
        return
    if found and entry.id in found.entries:
        yield _of_recovered(found)


def _of_recovered(found: Recovered) -> Judgement:
    tables = found.tables
    if found.cut_off:
        cut = found.recovery.candidates
        return Judgement(
            "differs",
            f"{cut[0]}" + (f" and {len(cut) - 1} more" if len(cut) > 1 else ""),
            "a table gives these numbers only if a digit is cut off rather than rounded",
            "last_digit",
        )
    if not tables:
        return Judgement("differs", "", f"no table gives these numbers. {found.recovery.why_none()}")
    by = dict.fromkeys(NAMES[c.test] for c in found.recovery.rounded if c.test)
    if len(tables) > MOST_TABLES:
        return Judgement("cannot_be_checked", "", f"{len(tables):,} tables of these sizes print so")
    shown = "; ".join(f"{a}/{n} v {b}/{m}" for a, n, b, m in tables[:3]) + (
        f" and {len(tables) - 3} more" if len(tables) > 3 else ""
    )
    return Judgement(
        "agrees",
        shown,
        f"{'the only table' if len(tables) == 1 else f'one of {len(tables)} tables'} that prints so, by"
        f" {' or '.join(by)}",
    )


def p_of_other_groups(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A contrast whose first group is counted elsewhere: some split of all events gives the p."""
    if not _tests_shares(entry) or not entry.contrast_of or entry.stratum != "all":
        return
    first = next(e.events for e in record.entries if isinstance(e, Counts) and e.id == entry.contrast_of)
    n = group_size(record, "total")
    total = next(
        (e.events for e in record.find(Counts, entry.field, arm="total", stratum="all") if not e.category),
        None,
    )
    if not n or not 0 < first < n or total is None:
        yield Judgement(
            "cannot_be_checked", "", "the events of all patients, or the size of the groups, are not printed"
        )
        return
    recovery = recover_tables(
        Arm(first, first),
        Arm(n - first, n - first),
        printed_p(entry.p),
        named_tests(entry),
        total_events=(total, total),
    )
    yield _of_recovered(Recovered(recovery, (entry.id,)))


def p_is_one_a_rank_test_can_give(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """With few patients a Mann-Whitney test has few p-values; another test named beside it leaves every p
    possible.
    """
    if (
        not isinstance(entry, PValue | TestOutcome)
        or entry.tests != ["mann_whitney"]
        or entry.contrast != TWO_ARMS
    ):
        return
    if isinstance(entry, PValue) and not (entry.adjustment == "none" and _readable(entry.p)):
        return
    sizes = both_sizes(record, entry.stratum)
    if not sizes:
        yield Judgement("cannot_be_checked", "", "the sizes of the groups are not printed")
    elif isinstance(entry, TestOutcome):
        yield from _outcome_of_a_rank_test(entry, sizes)
    else:
        yield _of_ranks(entry, sizes)


def _of_ranks(entry: PValue, sizes: tuple[int, int]) -> Judgement:
    """By any convention in use, tied values included."""
    among = f"a Mann-Whitney test of {sizes[0]} v {sizes[1]} patients"
    found = judge_ranks(RankReport(*sizes, entry.p))
    if found.verdict == "undecided":
        return Judgement(
            "cannot_be_checked", "", f"with tied values {among} can give too many p-values to list"
        )
    if found.verdict == "cut_off":
        return Judgement(
            "differs", "", f"{among} can give this p if it is cut off rather than rounded", "last_digit"
        )
    if found.verdict == "impossible":
        return Judgement(
            "differs",
            f"at least {2 / comb(sum(sizes), sizes[0]):.4f} by the exact test without ties, and"
            f" {found.smallest:.4f} by any convention, one-sided and with ties",
            f"{among} cannot give this p, with tied values or without",
        )
    if sum(sizes) > LARGEST_EXACT or share_attainable(*sizes, entry.p) > TELLING:
        return Judgement(
            "cannot_be_checked", "", f"{among} can give nearly every p, and the values are not printed"
        )
    return Judgement("agrees", f"{found.p:.4f}", f"a p that {among} can give by {found.by[0]}")


def _outcome_of_a_rank_test(entry: TestOutcome, sizes: tuple[int, int]) -> Iterator[Judgement]:
    """`Significant` needs sizes at which the test can be, with tied values or without."""
    smallest = smallest_two_sided(sizes)
    if entry.significant and smallest >= float(entry.alpha):
        yield Judgement(
            "differs",
            f"p at least {smallest:.4f}",
            f"a Mann-Whitney test of {sizes[0]} v {sizes[1]} patients cannot be significant at {entry.alpha}",
        )


def p_is_one_a_log_rank_test_can_give(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """With a handful of patients the histories that print so can be listed; where only some count, so can
    those of fewer.
    """
    if not isinstance(entry, LogRankP) or entry.contrast != TWO_ARMS:
        return
    sizes = both_sizes(record, entry.stratum)
    if not sizes:
        yield Judgement("cannot_be_checked", "", "the sizes of the groups are not printed")
    elif too_large(*sizes, ties=True, max_size=LARGEST_HISTORY_SEARCH):
        yield Judgement(
            "cannot_be_checked",
            "",
            f"{sizes[0]} v {sizes[1]} patients have too many histories to list, and nearly every p among"
            " them",
        )
    else:
        yield _of_histories(record, entry, sizes)


def _of_histories(record: Record, entry: LogRankP, sizes: tuple[int, int]) -> Judgement:
    definition = record.definitions.get(entry.field)
    fewer = definition is not None and definition.among is not None
    choices = [(a, b) for a in range(sizes[0], 0, -1) for b in range(sizes[1], 0, -1)] if fewer else [sizes]
    cut_off = False
    for n_treated, n_control in choices:
        found = log_rank_histories(n_treated, n_control, entry.p)
        told = (*(found.untied or ()), *(found.tied or ()))
        cut_off |= bool(told)
        rows = [row for row in told if row["match"] == "rounded"]
        if rows:
            how_many = sum(row["histories"] for row in rows)
            ties = (
                ""
                if any(row["match"] == "rounded" for row in found.untied or ())
                else ", each with deaths on one day"
            )
            return Judgement(
                "agrees",
                f"{how_many} histories{ties}",
                f"a log-rank test of {n_treated} v {n_control} patients can give this p",
            )
    if cut_off:
        return Judgement(
            "differs",
            "",
            f"a log-rank test of {sizes[0]} v {sizes[1]} patients can give this p if it is cut off rather"
            " than rounded",
            "last_digit",
        )
    below, above = nearest_p(*sizes, entry.p)
    return Judgement(
        "differs",
        " or ".join(f"{p:.4g}" for p in (below, above) if p is not None),
        f"no history of {sizes[0]} v {sizes[1]} patients gives this p in a log-rank test",
    )


def outcome_is_that_of_the_p(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """`Significant` in words, and the p printed for the same comparison."""
    if not isinstance(entry, TestOutcome):
        return
    for other in record.find(
        Entry, entry.field, stratum=entry.stratum, arm=entry.arm, contrast=entry.contrast
    ):
        if (
            isinstance(other, PValue | LogRankP)
            and not (isinstance(other, PValue) and other.adjustment != "none")
            and other.category == entry.category
            and _readable(other.p)
        ):
            p = printed_p(other.p)
            below = p.upper <= float(entry.alpha)
            yield compare(
                below == entry.significant,
                other.printed,
                f"the p printed for it is {other.printed} ({other.address})",
            )


def outcome_is_that_of_the_tables(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """`Significant` in words, where counts are printed or can be recovered without these words."""
    if (
        not isinstance(entry, TestOutcome)
        or entry.contrast != TWO_ARMS
        or entry.category
        or not named_tests(entry)
    ):
        return
    try:
        found = tables_of(record, entry.field, entry.stratum, verbal=False)
    except (TooLarge, Unusable):
        return
    if not found or not 0 < len(found.tables) <= MOST_OUTCOMES:
        return
    below = [
        any(p_values.TESTS[test](*table) < float(entry.alpha) for test in named_tests(entry))
        for table in found.tables
    ]
    shown = f"{len(below)} possible tables" if len(below) > 1 else "{}/{} v {}/{}".format(*found.tables[0])
    if len(set(below)) == 1:
        yield compare(
            below[0] == entry.significant,
            "significant" if below[0] else "not significant",
            f"so the tests named come out for {shown}",
        )
    else:
        yield Judgement(
            "cannot_be_checked", "", f"the tests named are significant for {sum(below)} of {shown}"
        )


def direction_is_that_of_the_counts(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """`Higher` in words, and the shares of the arms."""
    if not isinstance(entry, PValue | TestOutcome) or entry.direction is None or entry.contrast != TWO_ARMS:
        return
    if counts := counts_of_both(record, entry):
        a, n, b, m = counts
        same = a * m > b * n if entry.direction == "higher" else a * m < b * n
        yield compare(same, f"{a}/{n} v {b}/{m}", f"with {TREATMENT} the share is {entry.direction}")


RULES = [
    p_is_that_of_the_counts,
    p_is_that_of_a_possible_table,
    pairs_are_not_printed,
    p_of_other_groups,
    p_is_one_a_rank_test_can_give,
    p_is_one_a_log_rank_test_can_give,
    outcome_is_that_of_the_p,
    outcome_is_that_of_the_tables,
    direction_is_that_of_the_counts,
]
