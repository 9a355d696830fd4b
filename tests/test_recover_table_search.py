"""Tables from any mix of what is printed: held to enumeration of every table with the methods for one table,
to published answers, and to planted truths that must be found again.
"""

import csv
import json
import math
from fractions import Fraction
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import integrate, stats

from extraction.__main__ import main
from extraction.recover import TooLarge, Unusable, p_values, two_by_two
from extraction.recover.effects import METHODS, _near_wald
from extraction.recover.likelihood_figure import likelihood_figure
from extraction.recover.rounding import printed_p, printed_percent
from extraction.recover.set_likelihood import set_likelihood
from extraction.recover.table_search import Groups, Printed, PrintedEffect, search_tables
from extraction.recover.table_summary import as_text, from_text, summary
from extraction.recover.tables import Arm


def exactly(n, **known):
    return Arm(n, n, **known)


def found(groups, effect=None, p=None, methods=None, **printed):
    return search_tables(groups, Printed(effect, p and printed_p(p), **printed), methods=methods)


def every_table(largest):
    for n, m in product(range(1, largest + 1), repeat=2):
        yield from ((a, n, c, m) for a in range(n + 1) for c in range(m + 1))


def prints(value, text):
    """Whether a value rounds to a text, either way at a half."""
    return abs(value - float(text)) <= 0.5 * 10 ** -len(text.partition(".")[2]) + 1e-9


def z(level):
    return -stats.norm.ppf((1 - level) / 2)


# public cases


def test_a_ratio_and_totals_give_the_table():
    """datamethods.org 2732: 248 v 195 patients, 77 events, odds ratio 1.1 is 45 v 32."""
    groups = Groups(exactly(248), exactly(195), total_events=(77, 77))
    tables = found(groups, PrintedEffect("odds_ratio", "1.1")).tables
    assert (45, 248, 32, 195) in tables
    by_hand = [a for a in range(1, 77) if prints((a / (248 - a)) / ((77 - a) / (195 - 77 + a)), "1.1")]
    assert tables == [(a, 248, 77 - a, 195) for a in by_hand]


def test_two_percentages_and_a_p_give_the_size_of_equal_arms():
    """stats.stackexchange.com 158875: 42 % v 51 %, p = .03 takes about 273 to 308 an arm; the percentages
    being rounded, a few more on either side.
    """
    arms = [Arm(500, percent=printed_percent(percent)) for percent in ("42", "51")]
    sizes = {t[1] for t in found(Groups(*arms, allocation=(1, 1), exact=True), p=".03").tables}
    assert set(range(273, 309)) <= sizes
    assert min(sizes) > 200 and max(sizes) < 420


def test_an_allocation_holds_to_within_one_patient():
    """A third of 100 is 33.3 patients, of 99 it is 33."""
    arms = Arm(80, max_events=0), Arm(80, max_events=0)
    assert found(Groups(*arms, allocation=(1, 2), total_n=100)).tables == [(0, 33, 0, 67), (0, 34, 0, 66)]
    assert found(Groups(*arms, allocation=(1, 2), total_n=99)).tables == [(0, 33, 0, 66)]
    equal = found(Groups(Arm(3, max_events=0), Arm(9, max_events=0), allocation=(1, 1), exact=True))
    assert equal.tables == [(0, n, 0, n) for n in (1, 2, 3)]


# every table


@pytest.mark.parametrize(
    ("measure", "estimate", "lower", "upper"),
    [
        ("odds_ratio", "2.0", "0.2", "18"),
        ("odds_ratio", "0.2", "0.0", "4.5"),
        ("risk_ratio", "2.0", "0.6", "7.1"),
        ("risk_ratio", "1.7", "0.7", "4.0"),
    ],
)
def test_every_table_that_prints_a_ratio_is_found_and_no_other(measure, estimate, lower, upper):
    """By two_by_two.py, which solves for the limits of one table; within their common error of software."""
    effect = PrintedEffect(measure, estimate, lower, upper)
    ours = {t[:4] for t in found(Groups(Arm(6), Arm(6)), effect).tables}
    sure, possible = set(), set()
    for table in every_table(6):
        estimates = two_by_two.estimates(measure, table)
        if not any(abs(t.value - float(estimate)) < 0.052 for t in estimates):
            continue
        limits = list(two_by_two.intervals(measure, table, 0.95))
        for given, slack in ((sure, 0.0), (possible, 1.0)):
            if any(_near(t.value, estimate, slack * t.error) for t in estimates) and any(
                all(
                    _near(x, text, slack * error)
                    for x, text, error in zip(t.limits, (lower, upper), t.errors, strict=True)
                )
                for t in limits
            ):
                given.add(table)
    assert sure <= ours <= possible and sure


def _near(value, text, error):
    half = 0.5 * 10 ** -len(text.partition(".")[2])
    return abs(value - float(text)) <= half + (error * value if math.isfinite(value) else 0) + 1e-9


def test_every_table_that_prints_a_difference_is_found_and_no_other():
    """Wald's limits by hand."""
    effect = PrintedEffect("risk_difference", "-9%", "-41%", "23%")
    ours = found(Groups(Arm(12), Arm(12)), effect, methods=("wald",)).tables
    expected = []
    for a, n, c, m in every_table(12):
        difference = a / n - c / m
        half = z(0.95) * math.sqrt(a * (n - a) / n**3 + c * (m - c) / m**3)
        if all(
            prints(100 * x, text)
            for x, text in zip(
                (difference, difference - half, difference + half), ("-9", "-41", "23"), strict=True
            )
        ):
            expected.append((a, n, c, m))
    assert sorted(ours) == sorted(expected) and expected


@pytest.mark.parametrize("measure", ["odds_ratio", "risk_ratio", "risk_difference"])
def test_groups_of_any_size_are_listed_by_their_wald_interval(measure, monkeypatch):
    """The direct listing gives what going through all tables gives."""
    texts = {
        "odds_ratio": ("2.04", "0.81", "5.12"),
        "risk_ratio": ("1.52", "0.84", "2.75"),
        "risk_difference": ("0.15", "-0.04", "0.34"),
    }
    effect = PrintedEffect(measure, *texts[measure])
    groups = Groups(Arm(45), Arm(45))
    monkeypatch.setattr("extraction.recover.table_search.LARGEST_SEARCH", 300)
    listed = found(groups, effect)
    assert any("Wald's" in note for note in listed.notes)
    monkeypatch.undo()
    expected = [
        t
        for t in found(groups, effect, methods=("wald",)).tables
        if _plain(measure, t) and prints(_plain(measure, t), effect.estimate)
    ]
    assert sorted(listed.tables) == sorted(expected) and len(expected) > 1


def _plain(measure, table):
    a, n, c, m = table
    match measure:
        case "odds_ratio":
            return a * (m - c) / (c * (n - a)) if c * (n - a) else None
        case "risk_ratio":
            return a * m / (c * n) if c else None
    return a / n - c / m


def test_chi_squared_and_phi_give_their_tables():
    """4.71 of 30 v 40 and phi of 60: by scipy over every table."""
    expected = [
        (a, 30, c, 40)
        for a, c in product(range(31), range(41))
        if 0 < a + c < 70
        and any(
            prints(stats.chi2_contingency([[a, 30 - a], [c, 40 - c]], correction=yates).statistic, "4.71")
            for yates in (False, True)
        )
    ]
    groups = Groups(exactly(30), exactly(40))
    ours = found(groups, chi_squared="4.71")
    assert set(expected) <= set(ours.tables) and expected
    only = [
        t
        for t in ours.tables
        if set(ours.methods[t]) & {"χ²: chi-squared test", "χ²: chi-squared test with Yates's correction"}
    ]
    assert only == expected
    phi = [
        (a, 30, c, 30)
        for a, c in product(range(31), repeat=2)
        if 0 < a + c < 60
        and prints(
            abs(np.corrcoef([1] * 30 + [0] * 30, [1] * a + [0] * (30 - a) + [1] * c + [0] * (30 - c))[0, 1]),
            "0.31",
        )
    ]
    assert found(Groups(exactly(30), exactly(30)), phi="0.31").tables == phi and phi


# planted truths


def random_table(generator):
    n, m = (int(x) for x in generator.integers(5, 80, 2))
    return int(generator.integers(0, n + 1)), n, int(generator.integers(0, m + 1)), m


INTERVALS = {"odds_ratio": two_by_two.ODDS_RATIO_INTERVALS, "risk_ratio": two_by_two.RISK_RATIO_INTERVALS}


def printed_forms(generator):
    """A random table with one of its results, printed by one method to two or three digits."""
    while True:
        table = random_table(generator)
        measure = str(generator.choice(["odds_ratio", "risk_ratio"]))
        method = str(generator.choice(list(INTERVALS[measure])))
        limits = INTERVALS[measure][method][0](table, 0.95)
        estimates = two_by_two.estimates(measure, table)
        estimate = estimates[int(generator.integers(len(estimates)))]
        if not all(0 < x < 50 for x in (*limits, estimate.value)):
            continue
        digits = int(generator.integers(1, 4))
        texts = [f"{x:.{digits}f}" for x in (estimate.value, *limits)]
        if float(texts[1]) < float(texts[2]) and float(texts[0]) > 0:
            return table, method, PrintedEffect(measure, *texts)


def test_a_planted_ratio_is_never_missed():
    """500 tables, each with one estimate and one interval in use, sizes or totals known."""
    generator = np.random.default_rng(14)
    for _ in range(500):
        (a, n, c, m), method, effect = printed_forms(generator)
        if generator.random() < 0.5:
            groups = Groups(exactly(n), exactly(m))
        else:
            groups = Groups(Arm(n + m - 1), Arm(n + m - 1), total_n=n + m, total_events=(a + c, a + c))
        assert (a, n, c, m) in found(groups, effect).tables, ((a, n, c, m), method, effect)


def test_a_planted_difference_is_never_missed():
    """Wald, corrected, Newcombe and Agresti-Caffo limits as their papers give them."""
    generator = np.random.default_rng(15)
    for _ in range(300):
        a, n, c, m = random_table(generator)
        p1, p0, w = a / n, c / m, z(0.95)
        se = math.sqrt(p1 * (1 - p1) / n + p0 * (1 - p0) / m)
        wilson = [
            ((2 * k + w**2 - r) / (2 * (s + w**2)), (2 * k + w**2 + r) / (2 * (s + w**2)))
            for k, s in ((a, n), (c, m))
            for r in (w * math.sqrt(w**2 + 4 * k * (1 - k / s)),)
        ]
        limits = {
            "wald": (p1 - p0 - w * se, p1 - p0 + w * se),
            "newcombe": (
                p1 - p0 - math.hypot(p1 - wilson[0][0], wilson[1][1] - p0),
                p1 - p0 + math.hypot(wilson[0][1] - p1, p0 - wilson[1][0]),
            ),
        }
        for method, (low, high) in limits.items():
            texts = [f"{x:.2f}" for x in (p1 - p0, low, high)]
            if texts[1] == texts[2]:
                continue
            ours = found(Groups(exactly(n), exactly(m)), PrintedEffect("risk_difference", *texts))
            assert (a, n, c, m) in ours.tables, ((a, n, c, m), method, texts)


def test_a_planted_p_is_never_missed_beside_percentages_of_equal_arms():
    generator = np.random.default_rng(16)
    for _ in range(100):
        n = int(generator.integers(10, 60))
        a, c = (int(x) for x in generator.integers(1, n, 2))
        test = str(generator.choice(list(p_values.ALL_TESTS)))
        p = float(p_values.ALL_TESTS[test](a, n, c, n))
        if p < 0.001 or p > 0.999:
            continue
        arms = [Arm(60, percent=printed_percent(f"{round(Fraction(100 * k, n), 1):.1f}")) for k in (a, c)]
        ours = search_tables(
            Groups(*arms, allocation=(1, 1), exact=True), Printed(p=printed_p(f"{p:.3f}")), tests=(test,)
        )
        assert (a, n, c, n) in ours.tables, (a, c, n, test, p)


def test_limits_far_from_walds_are_not_thrown_away():
    """What is excluded before exact limits are computed is no table's: 60 random ones, solved for."""
    generator = np.random.default_rng(17)
    for _ in range(60):
        n, m = (int(x) for x in generator.integers(1, 60, 2))
        a, c = int(generator.integers(0, n + 1)), int(generator.integers(0, m + 1))
        if not 0 < a + c < n + m:
            continue
        for level in (0.9, 0.99):
            for method in two_by_two.intervals("odds_ratio", (a, n, c, m), level):
                if "test-based" in method.method or not all(0 < x < math.inf for x in method.limits):
                    continue
                ends = [(x * 0.999, x * 1.001) for x in method.limits]
                table = tuple(np.array([float(x)]) for x in (a, n, c, m))
                assert _near_wald(table, level, *ends)[0], ((a, n, c, m), method)


# the set


def test_the_likelihood_of_a_set_is_the_sum_of_integrals():
    """By adaptive integration of two binomials under a normal level of risk, midway between the arms."""
    tables = [(3, 10, 7, 15), (4, 10, 8, 15), (0, 12, 5, 9)]
    ours = set_likelihood(tables)

    def integral(log_or):
        def mass(midway):
            odds = [midway + log_or / 2, midway - log_or / 2]
            risks = [1 / (1 + math.exp(-x)) for x in odds]
            return sum(
                stats.binom.pmf(a, n, risks[0]) * stats.binom.pmf(c, m, risks[1]) for a, n, c, m in tables
            ) * stats.norm.pdf(midway, scale=10)

        return integrate.quad(mass, -60, 60, limit=400, points=[-5, 0, 5])[0]

    at = [10, 60, 100]
    expected = np.array([integral(ours.log_odds_ratio[i]) for i in at])
    np.testing.assert_allclose(
        ours.likelihood[at] / ours.likelihood[at[0]], expected / expected[0], rtol=1e-4
    )


def test_a_set_is_written_as_text_and_read_again():
    tables = [(1, 5, 2, 7), (1, 5, 3, 7), (1, 5, 5, 7), (2, 5, 0, 7), (2, 6, 0, 7)]
    text = as_text(tables)
    assert text == "1/5 v 2-3/7; 1/5 v 5/7; 2/5 v 0/7; 2/6 v 0/7"
    assert sorted(from_text(text)) == sorted(tables)
    for wrong in ("", "1/5", "6/5 v 1/7", "1/5 v 3-9/7"):
        with pytest.raises(Unusable):
            from_text(wrong)


def test_a_set_is_summarised_by_its_ends():
    told = summary([(1, 4, 1, 5), (3, 4, 1, 5)])
    assert (told.tables, told.n_treated, told.events_treated) == (2, (4, 4), (1, 3))
    assert told.odds_ratio == pytest.approx((4 / 3, 12)) and told.risk_treated == (0.25, 0.75)
    assert summary([(0, 4, 0, 5)]).likeliest is None


def test_the_figure_is_a_line_with_its_axes_named():
    figure = ElementTree.fromstring(likelihood_figure(set_likelihood([(3, 10, 7, 15)]), 1))
    texts = " ".join(node.text or "" for node in figure.iter())
    assert "odds ratio, treated over control (log scale)" in texts and "likelihood (highest 1)" in texts
    line = next(node for node in figure.iter() if node.tag.endswith("polyline"))
    heights = [float(point.split(",")[1]) for point in line.attrib["points"].split()]
    assert min(heights) == 44.0  # the peak, 1, at the top of the axis


def test_the_command_writes_the_row_and_the_figure(tmp_path, capsys):
    row, figure = tmp_path / "set.csv", tmp_path / "set.svg"
    arguments = "--n-treated 248 --n-control 195 --total-events 77 --measure odds_ratio --estimate 1.1"
    code = main(
        [
            "recover",
            "table",
            *arguments.split(),
            "--csv",
            str(row),
            "--figure",
            str(figure),
            "--study",
            "A",
            "--json",
        ]
    )
    told = json.loads(capsys.readouterr().out)
    assert code == 0 and told["summary"]["tables"] == 2
    with row.open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"study": "A", "tables": "44/248 v 33/195; 45/248 v 32/195"}]
    assert ElementTree.parse(figure).getroot().tag.endswith("svg")


# refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PrintedEffect("odds_ratio", "1.2", "0.3"), "one limit alone"),
        (lambda: PrintedEffect("odds_ratio", "1.2", "0.9", "0.3"), "must ascend"),
        (lambda: PrintedEffect("odds_ratio", "-1.2"), "not below 0"),
        (lambda: PrintedEffect("hazard_ratio", "1.2"), "the measures of a table"),
        (lambda: PrintedEffect("odds_ratio"), "give its estimate"),
        (lambda: PrintedEffect("odds_ratio", "1", level=1.5), "covers more than 0"),
        (
            lambda: found(
                Groups(exactly(5), exactly(5)), PrintedEffect("odds_ratio", "1"), methods=("newcombe",)
            ),
            "the intervals of a odds ratio are wald, exact",
        ),
    ],
)
def test_what_no_search_can_start_from_is_refused(call, message):
    with pytest.raises(Unusable, match=message):
        call()


def test_too_many_tables_are_refused_with_a_remedy():
    with pytest.raises(TooLarge, match="an effect with its limits"):
        found(Groups(Arm(500), Arm(500)))
    assert METHODS  # every measure has the method named
    assert all("wald" in methods for methods in METHODS.values())
