"""Tests of ordered categories and of pairs: held to R, SciPy, statsmodels and hand calculation, and to
planted truths that have to be found again.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table, mcnemar

from extraction.__main__ import main
from extraction.recover import TooLarge, Unusable, ordered_tests, paired, two_by_two
from extraction.recover.rounding import printed_p

with (Path(__file__).parent / "reference/reports/categories.csv").open(newline="") as file:
    R = [
        (
            row["test"],
            np.array([list(map(int, part.split("/"))) for part in row["table"].split(" v ")]),
            float(row["p"]),
        )
        for row in csv.DictReader(file)
    ]
"""What R prints of random tables; the script stands beside."""


def of_r(*tests):
    return [(table, p) for test, table, p in R if test in tests]


@pytest.mark.parametrize("test", ["kruskal_wallis", "rank_sum_corrected", "cochran_armitage"])
def test_tests_of_ordered_categories_are_those_of_r(test):
    found = of_r(test)
    assert len(found) >= 29
    for table, p in found:
        assert float(ordered_tests.TESTS[test](table[None])[0]) == pytest.approx(p, rel=1e-6)


def test_the_trend_is_statsmodels():
    """Its statistic is standardised by the variance given the margins, which N - 1 makes of N."""
    for table, _ in of_r("kruskal_wallis"):
        if (table.sum(axis=0) == 0).any():
            continue
        told = Table(table, shift_zeros=False).test_ordinal_association()
        assert float(ordered_tests.linear_by_linear(table[None])[0]) == pytest.approx(told.pvalue, rel=1e-6)


def test_the_trend_by_hand():
    """3 v 0, 1 v 1, 0 v 3 in three categories: places 1 to 3, r = 3/8 / sqrt(1/4 * 3/4) = 0.866, so N r^2 is
    6 and (N - 1) r^2 is 5.25.
    """
    table = np.array([[[3, 1, 0], [0, 1, 3]]])
    assert float(ordered_tests.cochran_armitage(table)[0]) == pytest.approx(stats.chi2.sf(6, 1))
    assert float(ordered_tests.linear_by_linear(table)[0]) == pytest.approx(stats.chi2.sf(5.25, 1))


def test_tables_that_test_nothing_have_no_p():
    """All in one category, or all in one group."""
    for table in ([[3, 0], [4, 0]], [[0, 0], [2, 5]]):
        for test in ordered_tests.TESTS.values():
            assert np.isnan(test(np.array([table]))[0])


@pytest.mark.parametrize(("b", "c"), [(0, 4), (2, 9), (13, 6), (5, 5), (40, 61)])
def test_tests_of_pairs_are_statsmodels(b, c):
    table = [[7, b], [c, 3]]
    for name, given in (
        ("exact", {"exact": True}),
        ("chi_squared", {"exact": False, "correction": False}),
        (
            "chi_squared_corrected",
            {"exact": False, "correction": b != c},
        ),  # a difference of none is not corrected
    ):
        p = float(paired.TESTS[name][1](np.array([b]), np.array([c]))[0])
        assert p == pytest.approx(mcnemar(table, **given).pvalue, rel=1e-9)


def test_tests_of_pairs_are_those_of_r():
    for test, name in (
        ("mcnemar", "chi_squared"),
        ("mcnemar_corrected", "chi_squared_corrected"),
        ("mcnemar_exact", "exact"),
    ):
        for table, p in of_r(test):
            b, c = table[0, 1:], table[1, :1]
            assert float(paired.TESTS[name][1](b, c)[0]) == pytest.approx(p, rel=1e-6)


def test_the_mid_p_of_pairs_by_hand():
    """1 v 4: the tail of 5 coins is (1 + 5)/32, of which the 5 count half: twice 3.5/32."""
    assert float(paired.mid_p(np.array([1]), np.array([4]))[0]) == pytest.approx(7 / 32)


def test_the_approval_of_a_prime_minister_is_found_again():
    """Agresti, Categorical Data Analysis, table 10.1: 944 and 880 of 1,600 approve, 150 and 86 change; z is
    4.17 and p 3.1e-5 by the chi-squared test (17.36).
    """
    p = stats.chi2.sf((150 - 86) ** 2 / 236, 1)
    found = paired.recover_pairs(1600, printed_p(f"{p:.7f}"), (944, 880))
    assert (150, 86) in {row[:2] for row in found}


def test_a_planted_table_of_pairs_is_found_again():
    """By R's four tests, two of them with events of both."""
    for i, (table, p) in enumerate(
        of_r("mcnemar", "mcnemar_corrected", "mcnemar_exact", "mcnemar_exact_less")
    ):
        text = f"{p:.{2 + i % 3}f}"
        if float(text) == 0:
            continue
        n, events = int(table.sum()), (int(table[0].sum()), int(table[:, 0].sum()))
        found = paired.recover_pairs(n, printed_p(text), events if i % 2 else (None, None))
        one_sided = paired.recover_pairs(n, printed_p(text), events, (int(table[0, 1]), int(table[1, 0])))
        truth = int(table[0, 1]), int(table[1, 0])
        assert truth in {row[:2] for row in (*found, *one_sided)}


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda p: paired.recover_pairs(0, p), Unusable),
        (lambda p: paired.recover_pairs(20, p, (21, None)), Unusable),
        (lambda p: paired.recover_pairs(20, p, tests=("fisher",)), Unusable),
        (lambda p: paired.recover_pairs(3000, p), TooLarge),
    ],
)
def test_what_is_no_table_of_pairs_is_refused(call, fault):
    with pytest.raises(fault):
        call(printed_p("0.04"))


def test_mantel_and_haenszels_p_of_one_stratum_are_those_of_r():
    for test, name in (
        ("mantel_haenszel", "chi-squared test with N − 1"),
        ("mantel_haenszel_corrected", "Mantel and Haenszel's test with continuity correction"),
    ):
        for table, p in of_r(test):
            (a, b), (c, d) = table.tolist()
            told = {t.method: t.value for t in two_by_two.tests((a, a + b, c, c + d))}
            assert told[name] == pytest.approx(p, rel=1e-6)


# commands


def answered(capsys, *arguments):
    assert main(["recover", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands_name_the_test(capsys):
    """10/16/4 v 5/2/13 by SciPy's kruskal; 2 and 9 discordant pairs by the exact test: 2 * 67 / 2048."""
    table = ("--n", "30", "20", "--totals", "15", "18", "17", "--cells", "10 16 4", "5 2 13")
    values = [np.repeat([1, 2, 3], row) for row in ((10, 16, 4), (5, 2, 13))]
    p = f"{stats.kruskal(*values).pvalue:.5f}"
    (found,) = answered(capsys, "categories", *table, "--p", p)["candidates"]
    assert found["table"] == [[10, 16, 4], [5, 2, 13]] and found["test"] == "kruskal_wallis"
    asked = ("paired", "--pairs", "40", "--p", "0.0654", "--discordant", "2", "9")
    (found,) = answered(capsys, *asked)["candidates"]
    assert found["test"] == "McNemar's exact test"


@pytest.mark.parametrize(("test", "words"), [("boschloo", "Boschloo"), ("barnard", "Barnard")])
def test_a_known_table_is_tested_by_the_unconditional_tests(capsys, test, words):
    p = getattr(stats, f"{test}_exact")([[9, 10], [8, 18]]).pvalue
    counts = ("--events-treated", "9", "--n-treated", "17", "--events-control", "10", "--n-control", "28")
    found = answered(capsys, "table", *counts, "--p", f"{p:.4f}")["candidates"]
    assert found and all(words in row["test"] for row in found)


def test_a_p_without_its_side_has_two_likeliest_odds_ratios(capsys):
    """18/100 v 31/100 and its mirror: 0.489 and 1 over it; the p is SciPy's."""
    p = f"{stats.fisher_exact([[18, 31], [82, 69]]).pvalue:.5f}"
    sizes = ("--n-treated", "100", "--n-control", "100", "--total-events", "49")
    given = (*sizes, "--p", p, "--test", "fisher")
    told = answered(capsys, "table", *given)["summary"]
    assert told["tables"] == 2
    low, high = told["likeliest"]
    assert low == pytest.approx(18 * 69 / (31 * 82), rel=0.05) and low * high == pytest.approx(1, rel=0.01)
    one_side = answered(capsys, "table", *given, "--direction", "lower")["summary"]
    assert len(one_side["likeliest"]) == 1
