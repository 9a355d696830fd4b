"""Tables behind printed numbers: held to SciPy's tests, to enumeration of every table, and to planted truths
that must be found again.
"""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product
from math import comb, factorial, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from extraction.recover import TooLarge, Unusable, p_values, wide_tables
from extraction.recover.rounding import CONVENTIONS, NONE_FITS, Convention, printed_p, printed_percent
from extraction.recover.tables import Arm, recover_tables
from extraction.recover.wide_tables import recover_wide_tables


def every_table(n_treated: int, n_control: int):
    return [(a, n_treated, c, n_control) for a in range(n_treated + 1) for c in range(n_control + 1)]


def exactly(n: int, **known) -> Arm:
    return Arm(n, n, **known)


def tables(*arms, p=None, **options):
    return recover_tables(*arms, p and printed_p(p), **options).tables


# p-values of 2x2 tables


def judged(test: str, a: int, n: int, c: int, m: int) -> float:
    """p by SciPy: fisher_exact, chi2_contingency, and for doubled tails its hypergeometric distribution."""
    table, margin = [[a, n - a], [c, m - c]], stats.hypergeom(n + m, a + c, n)
    smaller = min(margin.cdf(a), margin.sf(a - 1))
    match test:
        case "fisher":
            return stats.fisher_exact(table).pvalue
        case "fisher_doubled":
            return min(1.0, 2 * smaller)
        case "mid_p":
            return min(1.0, 2 * smaller - margin.pmf(a))
        case "fisher_higher" | "fisher_lower":
            side = {"fisher_higher": "greater", "fisher_lower": "less"}[test]
            return stats.fisher_exact(table, alternative=side).pvalue
        case "likelihood_ratio":
            return stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
        case "chi_squared_n_minus_1":
            return StratifiedTable([np.array(table)]).test_null_odds().pvalue  # Mantel-Haenszel, one stratum
    return stats.chi2_contingency(table, correction=test == "chi_squared_yates").pvalue


APPROXIMATE = set(p_values.ALL_TESTS) - p_values.EXACT


@pytest.mark.parametrize("test", p_values.ALL_TESTS)
@pytest.mark.parametrize(("n", "m"), [(9, 2), (1, 1), (7, 8), (17, 28)])
def test_every_p_of_every_table_is_scipys(test, n, m):
    for a, _, c, _ in every_table(n, m):
        found = float(p_values.ALL_TESTS[test](a, n, c, m))
        if test in APPROXIMATE and a + c in (0, n + m):
            assert np.isnan(found)  # SciPy raises: a margin is zero
        else:
            assert found == pytest.approx(judged(test, a, n, c, m), abs=1e-10)


def test_tables_whose_probabilities_differ_by_rounding_alone_are_equally_probable():
    """4 of 9 v 5 of 9 mirrors 5 of 9 v 4 of 9: both tails count whichever way the last bit of a probability
    falls, as in R's fisher.test.
    """
    for n in range(2, 60):
        for a in range(n + 1):
            mirrored = p_values.fisher(a, n, n - a, n), p_values.fisher(n - a, n, a, n)
            assert mirrored[0] == pytest.approx(mirrored[1], rel=1e-9)
    assert float(p_values.fisher(5, 10, 5, 10)) == 1.0


def test_a_p_value_by_hand():
    """3 of 3 v 0 of 3: one table of C(6, 3) = 20 in each tail, so p = 2/20; its mid-p is 1/20."""
    assert float(p_values.fisher(3, 3, 0, 3)) == pytest.approx(0.1, rel=1e-12)
    assert float(p_values.mid_p(3, 3, 0, 3)) == pytest.approx(0.05, rel=1e-12)


# rounding


@pytest.mark.parametrize(
    ("printed", "events", "n", "rounds", "cut"),
    [
        ("12", 1, 8, True, False),
        ("13", 1, 8, True, False),  # 12.5: half to even, half up
        ("13", 27, 200, False, True),
        ("14", 27, 200, True, False),  # 13.5: 14 either way, 13 only cut off
        ("47.8", 11, 23, True, False),
        ("48.3", 45, 93, False, True),
        ("48.4", 45, 93, True, False),
        ("0", 0, 7, True, False),
        ("100", 7, 7, True, False),
    ],
)
def test_a_percentage_stands_for_the_values_that_round_to_it(printed, events, n, rounds, cut):
    percent = printed_percent(printed)
    assert (bool(percent.rounds(events, n)), bool(percent.cut_off(events, n))) == (rounds, cut)


@given(st.integers(0, 200), st.integers(1, 200), st.integers(0, 3))
def test_every_way_of_rounding_a_share_is_recognised(events, n, digits):
    events = min(events, n)
    share = Fraction(100 * events, n)
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    unit = Decimal(1).scaleb(-digits)
    for way in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        assert printed_percent(str(exact.quantize(unit, way))).rounds(events, n)
    cut = printed_percent(str(exact.quantize(unit, ROUND_DOWN)))
    assert cut.rounds(events, n) or cut.cut_off(events, n)


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_what_floating_point_prints_of_a_share_is_rounded_and_no_more(digits):
    """Python's own printing of both orders of the arithmetic, for every share of up to 120 patients."""
    seen = 0
    for n in range(1, 121):
        for events in range(n + 1):
            printed = {f"{100 * events / n:.{digits}f}", f"{events / n * 100:.{digits}f}"}
            assert all(printed_percent(text).rounds(events, n) for text in printed), (events, n)
            share, unit = Fraction(100 * events, n), Fraction(1, 10**digits)
            low = share - unit / 2
            if (low / unit).denominator == 1 and (low / unit) % 2:  # an edge whose lower digit is odd
                text = f"{float(low):.{digits}f}"
                assert printed_percent(text).rounds(events, n) == (text in printed), (events, n)
                seen += text in printed
    assert seen or digits != 1  # with whole per cents and with two decimals binary holds every such edge


def test_a_share_on_an_edge_that_binary_loses_is_not_called_truncated():
    percent = printed_percent("28.7")  # 23/80 * 100 is 28.749999999999996
    assert percent.rounds(23, 80) and not percent.cut_off(23, 80)
    assert printed_percent("37").cut_off(3, 8) and not printed_percent("37").rounds(3, 8)  # 37.5 is exact


@pytest.mark.parametrize(
    ("printed", "events", "n", "convention"),
    [
        ("13", 1, 8, Convention.ROUNDED),  # 12.5
        ("12", 1, 8, Convention.HALF_EVEN),
        ("28.7", 23, 80, Convention.BINARY),  # 28.75, in binary 28.749999999999996
        ("28.8", 23, 80, Convention.ROUNDED),
        ("48.3", 45, 93, Convention.TRUNCATED),  # 48.387
        ("48.5", 45, 93, None),
    ],
)
def test_the_convention_that_prints_a_percentage_is_named(printed, events, n, convention):
    place = int(printed_percent(printed).convention(events, n))
    assert (None if place == NONE_FITS else CONVENTIONS[place]) == convention


def test_the_convention_of_a_table_is_the_weakest_of_its_numbers():
    """1 of 8 as 12 % is half to even, 45 of 93 as 48.3 % cut off."""
    even, cut = printed_percent("12"), printed_percent("48.3")
    found = recover_tables(
        exactly(8, percent=even, max_events=1), exactly(93, percent=cut, min_events=45, max_events=45)
    )
    assert [(c.table, c.match) for c in found.candidates] == [((1, 8, 45, 93), Convention.TRUNCATED)]
    found = recover_tables(exactly(8, percent=even, max_events=1), exactly(93, min_events=45, max_events=45))
    assert [c.match for c in found.candidates] == [Convention.HALF_EVEN] and found.tables == [(1, 8, 45, 93)]


@pytest.mark.parametrize(
    ("printed", "inside", "outside"),
    [
        ("0.0204", [0.02035, 0.0204499], [0.0203, 0.0206]),
        ("<0.05", [0.0499, 0.0], [0.05, 0.06]),
        ("≤0.05", [0.05], [0.0501]),
        (">0.9999", [0.99995, 1.0], [0.9999]),
        ("ns", [0.05, 1.0], [0.0499]),
        ("1", [0.9996, 1.0], [0.999]),
        ("1.00", [0.995, 1.0], [0.994]),
        ("0.000", [0.0, 0.0004], [0.0006]),
    ],
)
def test_a_p_value_stands_for_the_values_that_print_so(printed, inside, outside):
    p = printed_p(printed)
    assert p.rounds(inside).all() and not p.rounds(outside).any() and not p.rounds(np.nan)


@pytest.mark.parametrize("text", ["1.2", "0", "<0", "p", "", "0,05.1", "-0.1"])
def test_what_is_no_p_value_is_refused_by_name(text):
    with pytest.raises(Unusable, match="p ="):
        printed_p(text)


@pytest.mark.parametrize("text", ["147.8", "-3", "many"])
def test_what_is_no_percentage_is_refused_by_name(text):
    with pytest.raises(Unusable, match="percentage"):
        printed_percent(text)


# recovery of 2x2 tables


def test_two_tables_of_9_v_2_patients_have_the_fisher_p_of_zhangs_grade_2():
    """Zhang 2022, Figure 1C: p=0.4545, that is 5/11; 5/9 v 0/2 by hand: C(9,5) C(2,0) / C(11,5) = 126/462,
    and 4/9 v 2/2 mirrors it.
    """
    assert tables(exactly(9), exactly(2), p="0.4545", tests=("fisher",)) == [(4, 9, 2, 2), (5, 9, 0, 2)]


def test_only_one_table_has_the_percentages_and_p_of_zhangs_crp_stratum():
    found = recover_tables(
        Arm(32, percent=printed_percent("47.8")),
        Arm(35, percent=printed_percent("11.8")),
        printed_p("0.0204"),
        ("fisher",),
    )
    assert found.tables == [(11, 23, 2, 17)] and len(found.candidates) == 1
    assert stats.fisher_exact([[11, 12], [2, 15]]).pvalue == pytest.approx(0.0204, abs=5e-5)


@pytest.mark.parametrize("test", p_values.TESTS)
@pytest.mark.parametrize("p", ["0.12", "0.1", "<0.05", ">0.9999", "ns", "0.4545"])
def test_recovered_tables_are_those_that_enumeration_finds(test, p):
    """All tables of 6 v 5 patients, judged one by one by SciPy."""
    printed = printed_p(p)
    expected = []
    for a, n, c, m in every_table(6, 5):
        if not (test.startswith("chi") and a + c in (0, 11)) and printed.rounds(judged(test, a, n, c, m)):
            expected.append((a, n, c, m))
    assert sorted(tables(exactly(6), exactly(5), p=p, tests=(test,))) == expected


@pytest.mark.parametrize(("test", "tables"), [("fisher", 1), ("fisher_doubled", 2), ("mid_p", 1)])
def test_a_tiny_p_is_not_lost_to_rounding(test, tables):
    """25 of 25 v 0 of 24: one of the C(49, 25) ways to share out 25 events, and nothing is more extreme on
    its side.
    """
    assert p_values.TESTS[test](25, 25, 0, 24) == pytest.approx(tables / comb(49, 25), rel=1e-10, abs=0)
    assert (25, 25, 0, 24) in recover_tables(Arm(25, 25), Arm(24, 24), printed_p("<0.001"), (test,)).tables


@pytest.mark.parametrize(("text", "possible"), [("<0.05", False), ("ns", True), ("0.05", True)])
def test_a_p_of_exactly_0_05_is_not_below_it_though_computed_so(text, possible):
    """19 of 19 v 0 of 1: with these margins the table has probability 1/20, its mid-p is 2 * (1/2) * 1/20,
    computed as 0.04999999999999606.
    """
    found = recover_tables(Arm(19, 19), Arm(1, 1), printed_p(text), ("mid_p",))
    assert ((19, 19, 0, 1) in found.tables) == possible


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_the_truth_is_always_among_the_candidates(data):
    """A study is planted, printed to a few digits, and recovered with group sizes known or bounded."""
    n, m = data.draw(st.integers(1, 25)), data.draw(st.integers(1, 25))
    a, c = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    test = data.draw(st.sampled_from(list(p_values.TESTS)))
    p = float(p_values.TESTS[test](a, n, c, m))
    if np.isnan(p):
        return
    digits = data.draw(st.integers(1, 4))
    text = f"{p:.{digits}f}"
    if data.draw(st.booleans()):
        # an exact 0.05 may be computed a little below
        text = data.draw(
            st.sampled_from(
                [f"<{p * 1.5 + 0.001:.4f}" if p < 0.6 else text, "ns" if p > 0.05 - 1e-9 else "<0.05"]
            )
        )
    places = data.draw(st.integers(0, 2))
    arms = []
    for events, size in ((a, n), (c, m)):
        percent = printed_percent(f"{100 * events / size:.{places}f}") if data.draw(st.booleans()) else None
        known = data.draw(st.booleans()) or percent is None
        arms.append(Arm(size if known else size + 3, size if known else 1, percent=percent))
    total = (a + c, a + c) if data.draw(st.booleans()) else None
    found = recover_tables(*arms, printed_p(text), (test,), total_events=total)
    assert (a, n, c, m) in found.tables, (text, found.why_none())


@pytest.mark.parametrize(("n", "m", "a", "c"), [(891, 3206, 6, 6), (40_000, 1_000_000, 31, 500)])
def test_a_known_table_of_any_size_is_tested(n, m, a, c):
    p = stats.fisher_exact([[a, n - a], [c, m - c]]).pvalue
    arms = [exactly(size, min_events=k, max_events=k) for k, size in ((a, n), (c, m))]
    assert tables(*arms, p=f"{p:.4g}", tests=("fisher",)) == [(a, n, c, m)]


def test_a_search_that_would_take_hours_is_refused_with_its_size():
    with pytest.raises(TooLarge, match="counts are possible"):
        recover_tables(Arm(9_000_000), exactly(5), printed_p("0.02"))
    with pytest.raises(TooLarge, match="tested exactly"):
        recover_tables(exactly(1_000_000), exactly(5, max_events=0), printed_p("0.02"), ("fisher",))


def test_cut_off_digits_are_a_weaker_match():
    """Zhang 2022, table 1, sex: 13/32 v 22/35 has p 0.06879 by the chi-squared test, printed 0.068."""
    found = recover_tables(
        exactly(32, min_events=13, max_events=13),
        exactly(35, min_events=22, max_events=22),
        printed_p("0.068"),
        ("chi_squared",),
    )
    assert [c.match for c in found.candidates] == ["truncated"] and found.tables == []


def test_a_total_and_a_direction_narrow_the_search():
    assert tables(exactly(5), exactly(5), total_events=(3, 3), direction="higher") == [
        (2, 5, 1, 5),
        (3, 5, 0, 5),
    ]
    assert tables(Arm(4), Arm(4), total_n=8, total_events=(8, 8)) == [(4, 4, 4, 4)]


def test_the_total_of_ma_and_its_p_of_1_leave_one_table():
    """Ma 2024: 86 of 93 responded, 45 had tocilizumab, p = 1; of the eight splits only 42/45 v 44/48 has a
    Fisher p of 1 (hand: SciPy for each).
    """
    splits = [(a, 45, 86 - a, 48) for a in range(38, 46)]
    assert [
        s for s in splits if stats.fisher_exact([[s[0], 45 - s[0]], [s[2], 48 - s[2]]]).pvalue > 0.9995
    ] == [(42, 45, 44, 48)]
    assert tables(exactly(45), exactly(48), p="1", total_events=(86, 86)) == [(42, 45, 44, 48)]


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ((Arm(0), Arm(5)), "n_treated is 0"),
        ((Arm(5), Arm(5, 7)), "contradict"),
        ((Arm(5, min_events=4, max_events=2), Arm(5)), "contradict"),
        ((Arm(5, min_events=6), Arm(5)), "impossible"),
    ],
)
def test_impossible_bounds_are_refused_by_name(arms, message):
    with pytest.raises(Unusable, match=message):
        recover_tables(*arms)


def test_where_nothing_fits_the_message_says_which_constraint_excludes_what():
    told = recover_tables(
        exactly(9, percent=printed_percent("47.8")), exactly(2), printed_p("0.5"), ("fisher",)
    ).why_none()
    assert "treated: 47.8 %: 0 left" in told
    told = recover_tables(exactly(9), exactly(2), printed_p("0.352"), ("fisher",)).why_none()
    assert "p = 0.352 by Fisher's exact test: 0 left" in told and "Nearest" in told


@pytest.mark.timeout(60)
def test_a_search_too_large_is_refused_before_it_starts_with_its_size():
    with pytest.raises(
        TooLarge, match="26,522,500 tables"
    ):  # (100 * 103 / 2)^2 by hand: each arm has 2 + 3 + … + 101 counts
        recover_tables(Arm(100), Arm(100), printed_p("0.02"))


# tables of several categories


def freeman_halton(table) -> float:
    """By enumeration in whole numbers: probability of a table is proportional to 1 over the product of
    factorials of its cells.
    """
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    total = factorial(sum(rows))

    def weight(t):
        return Fraction(total, prod(factorial(x) for row in t for x in row))

    def compositions(n, limits):
        if len(limits) == 1:
            return [(n,)] if n <= limits[0] else []
        return [(k, *rest) for k in range(min(n, limits[0]) + 1) for rest in compositions(n - k, limits[1:])]

    def fill(left, limits):
        if len(left) == 1:
            return [(tuple(limits),)] if sum(limits) == left[0] else []
        return [
            (row, *rest)
            for row in compositions(left[0], limits)
            for rest in fill(left[1:], [b - x for b, x in zip(limits, row, strict=True)])
        ]

    weights = [weight(t) for t in fill(rows, columns)]
    return float(sum(w for w in weights if w <= weight(table)) / sum(weights))


@pytest.mark.parametrize(
    "table",
    [
        [[3, 0, 2], [1, 4, 0]],
        [[1, 2], [3, 0], [0, 2]],
        [[2, 2, 1], [0, 1, 3], [1, 0, 2]],
        [[5, 0, 0], [0, 5, 0]],
        [[2, 1, 0], [2, 1, 0]],
    ],
)
def test_the_freeman_halton_p_is_that_of_enumeration(table):
    assert wide_tables.fisher_freeman_halton([table])[0] == pytest.approx(freeman_halton(table), rel=1e-9)


def test_of_two_categories_it_is_fishers_test():
    for a, n, c, m in every_table(5, 4):
        table = [[a, n - a], [c, m - c]]
        assert wide_tables.fisher_freeman_halton([table])[0] == pytest.approx(
            stats.fisher_exact(table).pvalue, rel=1e-9
        )


def test_the_chi_squared_p_is_scipys_and_an_empty_category_changes_nothing():
    table = [[8, 3, 6], [23, 2, 3]]
    expected = stats.chi2_contingency(table).pvalue
    assert wide_tables.chi_squared([table])[0] == pytest.approx(expected, rel=1e-12)
    assert wide_tables.chi_squared([[[*row, 0] for row in table]])[0] == pytest.approx(expected, rel=1e-12)


def test_the_p_of_zhous_responses_chooses_how_the_arms_split():
    """Zhou 2025: 40, 4 and 1 patients by class, 16 of 17 and 24 of 28 in the first, p=0.616; SciPy's
    chi-squared test of the two possible splits.
    """
    splits = {((16, 1, 0), (24, 3, 1)): 0.616, ((16, 0, 1), (24, 4, 0)): 0.125}
    for table, p in splits.items():
        assert stats.chi2_contingency(table).pvalue == pytest.approx(p, abs=5e-4)
    found = recover_wide_tables(
        [17, 28], [40, 4, 1], [[16, None, None], [24, None, None]], printed_p("0.616")
    )
    assert [(c.table, c.test, c.match) for c in found] == [
        (((16, 1, 0), (24, 3, 1)), "chi_squared", "rounded")
    ]


def test_wide_tables_without_a_p_are_all_that_enumeration_finds():
    expected = {
        ((a, b, 4 - a - b), (x, y, 3 - x - y))
        for a, b, x, y in product(range(5), repeat=4)
        if a + b <= 4 and x + y <= 3 and a + x == 3
    }
    found = {c.table for c in recover_wide_tables([4, 3], [3, None, None], [[None] * 3, [None] * 3])}
    assert found == expected and len(found) == sum((5 - a) * (4 - (3 - a)) for a in range(4))


def test_a_percentage_of_a_group_limits_its_cells():
    found = recover_wide_tables([17, 28], [40, 4, 1], [[printed_percent("94.1"), None, None], [None] * 3])
    assert {c.table for c in found} == {((16, 1, 0), (24, 3, 1)), ((16, 0, 1), (24, 4, 0))}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_planted_table_of_categories_is_found_again(data):
    table = [[data.draw(st.integers(0, 5)) for _ in range(3)] for _ in range(2)]
    if min(map(sum, table)) == 0 or sum(1 for column in zip(*table, strict=True) if sum(column)) < 2:
        return
    test = data.draw(st.sampled_from(wide_tables.TESTS))
    p = getattr(wide_tables, test)([table])[0]
    cells = [[x if data.draw(st.booleans()) else None for x in row] for row in table]
    totals = [sum(c) if data.draw(st.booleans()) else None for c in zip(*table, strict=True)]
    found = recover_wide_tables(
        [sum(row) for row in table],
        totals,
        cells,
        printed_p(f"{p:.{data.draw(st.integers(1, 4))}f}"),
        (test,),
    )
    assert tuple(map(tuple, table)) in {c.table for c in found if c.match == "rounded"}


@pytest.mark.parametrize(
    ("sizes", "totals", "cells", "message"),
    [
        ([5], [1, 4], [[None, None]], "at least two groups"),
        ([5, 0], [1, 4], [[None, None]] * 2, "at least one patient"),
        ([5, 5], [3, 3], [[None, None]] * 2, "hold 6 patients and the groups 10"),
        ([5, 5], [5, 5], [[None]] * 2, "one cell for each"),
    ],
)
def test_numbers_that_are_no_wide_table_are_refused(sizes, totals, cells, message):
    with pytest.raises(Unusable, match=message):
        recover_wide_tables(sizes, totals, cells)


def test_too_many_wide_tables_are_refused_with_their_number():
    with pytest.raises(TooLarge, match="tables would have to be listed"):
        recover_wide_tables([60, 60], [None] * 4, [[None] * 4] * 2)


def test_bounds_of_all_events_that_contradict_each_other_are_refused():
    with pytest.raises(
        Unusable, match="events in all are at least 9 and at most 4: the bounds contradict each other"
    ):
        recover_tables(Arm(10, 10), Arm(12, 12), total_events=(9, 4))
