"""Samples behind means and SDs, and tests of two means: held to enumeration, SciPy and cases in print."""

from fractions import Fraction
from itertools import combinations_with_replacement
from statistics import mean, median, quantiles, stdev

import numpy as np
import pytest
from scipy import stats

from extraction.recover import TooLarge, Unusable
from extraction.recover.means import Group, judge_difference, judge_means, p_of_means
from extraction.recover.rounding import true_values
from extraction.recover.samples import Described, bounds_of, contradiction, samples_of


def prints(value, text):
    low, high = true_values(text)
    return low - 1e-12 <= value <= high + 1e-12


@pytest.mark.parametrize(
    ("n", "least", "most", "items", "told"),
    [
        (5, 1, 7, 1, ("3.4", "1.7")),
        (6, 0, 4, 1, ("2.17", "1.33")),
        (4, 1, 3, 2, ("2.1", "0.6")),
        (3, 1, 4, 3, ("2.33", "1.00")),
        (5, 1, 7, 1, ("3.4", "0.2")),
    ],
)
def test_samples_are_those_that_enumeration_finds(n, least, most, items, told):
    values = [Fraction(k, items) for k in range(least * items, most * items + 1)]
    expected = [
        sample
        for sample in combinations_with_replacement(values, n)
        if prints(float(mean(sample)), told[0]) and prints(stdev(map(float, sample)), told[1])
    ]
    found = samples_of(Described(n, *told, items=items, least=least, most=most))
    assert found.listed == sorted(expected) and found.count == len(expected)
    if not expected:
        assert contradiction(Described(n, *told, items=items, least=least, most=most))


def test_samples_need_no_scale_since_an_sd_bounds_them():
    wide = samples_of(Described(4, "2.5", "1.29"))
    assert wide == samples_of(Described(4, "2.5", "1.29", least=-50, most=50))
    assert (1, 2, 3, 4) in wide.listed


def test_three_items_and_an_sd_of_0():
    """scrutiny 1.0.0: both patients have 23 of three items, 7.67 each."""
    assert contradiction(Described(2, "7.67", "0.00", items=3)) == ""
    assert samples_of(Described(2, "7.67", "0.00", items=3)).listed == [(Fraction(23, 3),) * 2]
    assert "cannot have this mean" in contradiction(Described(2, "7.67", "0.00"))


@pytest.mark.parametrize(("n", "mean_told"), [(5, "3.400"), (6, "1.500"), (7, "4.857")])
def test_the_largest_sd_of_a_scale_is_that_of_enumeration(n, mean_told):
    samples = [s for s in combinations_with_replacement(range(1, 6), n) if prints(mean(s), mean_told)]
    low, high = bounds_of(Described(n, mean_told, least=1, most=5)).sd
    found = [stdev(s) for s in samples]
    assert low <= min(found) and max(found) <= high  # of values that need not be whole
    assert max(found) == pytest.approx(high, abs=0.01)


def test_the_largest_sd_by_hand():
    """Half at 1 and half at 5: 2 sqrt(n / (n - 1)); a mean of 1.5 of 1 to 5: one in eight at 5."""
    assert bounds_of(Described(10, "3.000", least=1, most=5)).sd[1] == pytest.approx(
        2 * (10 / 9) ** 0.5, abs=1e-3
    )
    assert "the SD is from 0 to 2.1" in contradiction(Described(10, "3.000", "2.404", least=1, most=5))
    assert "the mean is from 1 to 5" in contradiction(Described(10, "5.200", "0.422", least=1, most=5))


@pytest.mark.parametrize("seed", range(40))
def test_nothing_true_is_called_a_contradiction(seed):
    """Whole numbers of a skewed law, with every definition of the quartiles that NumPy knows."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(4, 40))
    values = generator.negative_binomial(2, 0.2, n)
    for method in ("inverted_cdf", "closest_observation", "hazen", "weibull", "linear", "median_unbiased"):
        q1, q3 = np.quantile(values, [0.25, 0.75], method=method)
        told = Described(
            n,
            f"{values.mean():.2f}",
            f"{values.std(ddof=1):.2f}",
            median=f"{median(values.tolist()):.1f}",
            minimum=str(values.min()),
            maximum=str(values.max()),
            lower_quartile=f"{q1:.2f}",
            upper_quartile=f"{q3:.2f}",
        )
        assert contradiction(told) == "", told


@pytest.mark.parametrize(
    ("told", "words"),
    [
        # half of the patients are at 9.5 or more, the rest at 1.5 or more
        (Described(20, "5.00", "3.01", median="10", minimum="2"), "the mean is from 5.5"),
        # of 20 patients from 2 to 12 none is further than 5 from the middle
        (Described(20, "7.00", "6.01", minimum="2", maximum="12"), "the SD is from"),
        # 15 of 20 patients are at 9 or more, one is at 2
        (Described(20, "5.00", "3.01", minimum="2", lower_quartile="9"), "the mean is from"),
        (Described(20, "7.00", "0.32", minimum="2", maximum="12"), "the SD is from"),
    ],
)
def test_what_a_range_contradicts_is_said(told, words):
    assert words in contradiction(told)


def test_searches_that_are_too_large_or_have_no_sd_are_refused():
    with pytest.raises(TooLarge, match="partial samples"):
        samples_of(Described(200, "50.00", "20.00", least=0, most=100))
    with pytest.raises(Unusable, match="give both"):
        samples_of(Described(5, "3.4"))
    with pytest.raises(Unusable, match="do not ascend"):
        bounds_of(Described(5, "3.4", minimum="3", median="1"))


# two means


@pytest.mark.parametrize("seed", range(20))
def test_tests_of_two_means_are_those_of_scipy(seed):
    generator = np.random.default_rng(seed)
    a, b = (generator.normal(m, s, k) for m, s, k in ((5, 2, 12), (6.2, 3, 19)))
    one, other = (Group(f"{x.mean():.2f}", f"{x.std(ddof=1):.2f}", len(x)) for x in (a, b))
    student, welch, normal = p_of_means(one, other)
    for test, equal in ((student, True), (welch, False)):
        exact = stats.ttest_ind(a, b, equal_var=equal).pvalue
        assert test.lower <= exact <= test.upper and test.upper - test.lower < 0.03
        for p, verdict in ((exact, "agrees"), (exact / 2, "agrees_if")):
            assert judge_means(one, other, f"{p:.3f}").verdict in ("agrees", verdict)
    middle = stats.norm.sf(abs(a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / 12 + b.var(ddof=1) / 19)) * 2
    assert normal.lower <= middle <= normal.upper


def test_the_ends_of_a_p_are_those_of_a_fine_grid():
    one, other = Group("5.1", "2.0", 8), Group("6.9", "1.1", 9)
    grid = [
        stats.ttest_ind_from_stats(m, s, 8, k, r, 9, equal_var=False).pvalue
        for m in np.linspace(5.05, 5.15, 5)
        for s in np.linspace(1.95, 2.05, 21)
        for k in np.linspace(6.85, 6.95, 5)
        for r in np.linspace(1.05, 1.15, 21)
    ]
    welch = p_of_means(one, other)[1]
    assert (welch.lower, welch.upper) == pytest.approx((min(grid), max(grid)), rel=2e-3)


def test_a_p_that_no_test_of_the_means_gives_is_impossible():
    one, other = Group("5.10", "2.00", 20), Group("5.30", "2.10", 20)  # t = 0.31, p = 0.76
    assert judge_means(one, other, "0.76").verdict == "agrees"
    assert judge_means(one, other, "0.38").conditions[0] == "Student's t test, one-sided"
    assert judge_means(one, other, "0.012").verdict == "impossible"
    with pytest.raises(Unusable, match="each group needs two"):
        p_of_means(Group("5", "1", 1), other)


# a difference


@pytest.mark.parametrize(
    ("numbers", "verdict", "condition"),
    [
        (("-.15", "-.37", ".07"), "agrees", ""),  # RoBMA's issue 8
        (("-.15", "-.37", ".07", 95, "0.18"), "agrees", ""),  # z = 0.15 / 0.11225 = 1.336, p = 0.1815
        (("-.15", "-.37", ".07", 95, "0.09"), "agrees_if", "the p is one-sided"),
        (("-.15", "-.37", ".07", 95, "0.01"), "impossible", ""),
        (("-.15", "-.30", ".07"), "agrees_if", "not Wald"),
        (("-.45", "-.37", ".07"), "impossible", "outside"),
        # 2.0 (0.4 to 3.6) on 8 degrees of freedom: t = 2.0 / (1.6 / 2.306) = 2.883, p = 0.0204
        (("2.00", "0.40", "3.60", 95, "0.020"), "agrees_if", "degrees of freedom"),
    ],
)
def test_a_difference_is_judged_on_its_own_scale(numbers, verdict, condition):
    found = judge_difference(*numbers)
    assert found.verdict == verdict and condition in " ".join(found.conditions)


@pytest.mark.parametrize("seed", range(20))
def test_no_difference_of_scipys_t_test_is_called_wrong(seed):
    generator = np.random.default_rng(seed)
    a, b = generator.normal(0, 1, 3 + seed), generator.normal(0.8, 1, 4 + seed)
    found = stats.ttest_ind(a, b)
    low, high = found.confidence_interval(0.95)
    numbers = (f"{a.mean() - b.mean():.2f}", f"{low:.2f}", f"{high:.2f}", 95, f"{found.pvalue:.3f}")
    assert judge_difference(*numbers).verdict != "impossible"


def test_quartiles_of_the_standard_library_bound_no_true_sample():
    values = [1, 2, 4, 4, 7, 9, 15]
    low, _, high = quantiles(values, n=4)
    told = Described(7, "6.00", "4.80", lower_quartile=str(low), upper_quartile=str(high))
    assert contradiction(told) == "" and stdev(values) == pytest.approx(4.83, abs=0.01)
