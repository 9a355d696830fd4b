"""Which tables print an estimate and an interval: held to statsmodels, R and the methods for one table."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from extraction.recover import effects, two_by_two


@st.composite
def tables(draw, largest=60):
    n, m = draw(st.integers(2, largest)), draw(st.integers(2, largest))
    return draw(st.integers(0, n)), n, draw(st.integers(0, m)), m


def arrays(*counts):
    return tuple(np.array([count], float) for count in counts)


def around(value, decimals=2):
    """What prints as this value does."""
    if not math.isfinite(value):
        return value, value
    printed = round(value, decimals)
    return printed - 0.5 / 10**decimals, printed + 0.5 / 10**decimals


def beside(value, decimals=2):
    """What prints a tenth higher, which is beyond the error of any software."""
    low, high = around(value, decimals)
    return low + 2.2 / 10**decimals + abs(value) / 10, high + 2.2 / 10**decimals + abs(value) / 10


def within(measure, method, counts, level, limits):
    return effects.METHODS[measure][method].within(arrays(*counts), level, *limits)[0]


STATSMODELS = [
    ("risk_difference", "wald", "diff", "wald"),
    ("risk_difference", "agresti_caffo", "diff", "agresti-caffo"),
    ("risk_difference", "newcombe", "diff", "newcomb"),
    ("risk_ratio", "wald", "ratio", "log"),
    ("risk_ratio", "miettinen_nurminen", "ratio", "score"),
    ("odds_ratio", "wald", "odds-ratio", "logit"),
    ("odds_ratio", "miettinen_nurminen", "odds-ratio", "score"),
]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning:statsmodels")
@pytest.mark.parametrize(("measure", "method", "compare", "theirs"), STATSMODELS)
@pytest.mark.parametrize("counts", [(7, 18, 4, 22), (12, 45, 4, 48), (30, 40, 11, 35), (2, 9, 8, 30)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_an_interval_of_statsmodels_is_that_of_its_table(measure, method, compare, theirs, counts, level):
    a, n, c, m = counts
    limits = confint_proportions_2indep(
        a, n, c, m, method=theirs, compare=compare, alpha=1 - level, correction=True
    )
    assert within(measure, method, counts, level, [around(x, 3) for x in limits])
    for i in (0, 1):
        wrong = [(beside if i == j else around)(x, 3) for j, x in enumerate(limits)]
        assert not within(measure, method, counts, level, wrong)


@pytest.mark.parametrize("measure", ["odds_ratio", "risk_ratio"])
@settings(max_examples=120, deadline=None)
@given(counts=tables(), level=st.sampled_from([0.9, 0.95, 0.99]))
def test_intervals_of_many_tables_are_those_of_one(measure, counts, level):
    """Root finding for one table and tests at the printed limits are two ways to the same interval."""
    words = {method.words: key for key, method in effects.METHODS[measure].items()}
    told = list(two_by_two.intervals(measure, counts, level))
    assert {t.method for t in told} == set(words)
    for t in told:
        if math.isnan(t.limits[0]):
            continue
        assume(all(x == math.inf or x < 300 for x in t.limits))
        assert within(measure, words[t.method], counts, level, [around(x) for x in t.limits]), t
        wrong = around(t.limits[0]), beside(t.limits[1]) if t.limits[1] < math.inf else around(1e3)
        assert not within(measure, words[t.method], counts, level, wrong), t


@settings(max_examples=120, deadline=None)
@given(counts=tables())
def test_estimates_of_many_tables_are_those_of_one(counts):
    for measure in ("odds_ratio", "risk_ratio"):
        told = {t.method: t.value for t in two_by_two.estimates(measure, counts)}
        for estimator in effects.ESTIMATORS[measure]:
            value = told[estimator.words]
            if not math.isnan(value) and (value < 300 or value == math.inf):
                assert estimator.within(arrays(*counts), around(value))[0], (estimator.words, value)
                assert not estimator.within(arrays(*counts), beside(min(value, 1e3)))[0], estimator.words


@pytest.mark.parametrize("counts", [(7, 18, 4, 22), (9, 17, 10, 28), (3, 3, 0, 4), (0, 12, 5, 9)])
def test_exact_limits_are_scipys(counts):
    a, n, c, m = counts
    exact = stats.contingency.odds_ratio([[a, n - a], [c, m - c]])
    interval = exact.confidence_interval(0.95)
    assert within("odds_ratio", "exact", counts, 0.95, [around(x, 3) for x in interval])
    assert effects.ESTIMATORS["odds_ratio"][1].within(arrays(*counts), around(exact.statistic, 3))[0]


def test_newcombes_intervals_are_those_he_printed():
    """Newcombe 1998, Stat Med 17:873, table II, 56/70 v 48/80: method 10 0.0524 to 0.3339, method 11 0.0428
    to 0.3422; method 1 (Wald) 0.0575 to 0.3425, 2 (corrected) 0.0441 to 0.3559, 5 (Mee) 0.0533 to 0.3377,
    6 (Miettinen-Nurminen) 0.0528 to 0.3382.
    """
    counts = (56, 70, 48, 80)
    for method, limits in {
        "newcombe": (0.0524, 0.3339),
        "newcombe_corrected": (0.0428, 0.3422),
        "wald": (0.0575, 0.3425),
        "wald_corrected": (0.0441, 0.3559),
        "score": (0.0533, 0.3377),
        "miettinen_nurminen": (0.0528, 0.3382),
    }.items():
        assert within("risk_difference", method, counts, 0.95, [around(x, 4) for x in limits]), method


def test_the_likelihood_interval_of_a_difference_leaves_half_of_chi_squared():
    """Brute force: at both limits the best pair of risks with that difference is 3.841 / 2 below the best."""
    a, n, c, m = counts = (12, 30, 5, 28)
    risks = np.linspace(1e-6, 1 - 1e-6, 200_001)

    def best(difference):
        treated = np.clip(risks + difference, 1e-12, 1 - 1e-12)
        inside = (risks + difference > 0) & (risks + difference < 1)
        log = stats.binom.logpmf(a, n, treated) + stats.binom.logpmf(c, m, risks)
        return log[inside].max()

    top = stats.binom.logpmf(a, n, a / n) + stats.binom.logpmf(c, m, c / m)
    grid = np.linspace(-0.2, 0.7, 181)
    kept = np.array([2 * (top - best(d)) <= stats.chi2.isf(0.05, 1) for d in grid])
    low, high = grid[kept][0], grid[kept][-1]
    step = grid[1] - grid[0]
    assert within("risk_difference", "profile", counts, 0.95, [(low - step, low), (high, high + step)])
