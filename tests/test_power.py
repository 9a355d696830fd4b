"""Power curves of the named tests against enumeration, published tables, scipy and closed forms."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy import integrate, special, stats

from models.likelihood.power import (
    GRID,
    mann_whitney_critical,
    mann_whitney_lower,
    mann_whitney_null,
    outcome_curve,
    t_lower,
)

# Two-sided 5 % critical values of U: Mann & Whitney 1947 (Ann Math Stat 18:50) as tabulated by Milton 1964
# (JASA 59:925);
# read at numeracy-bank.net/?q=t/stt/mwu/3 (two-tailed, alpha 0.05), row of the larger and column of the
# smaller group.
PUBLISHED_CRITICAL = [
    (9, 2, 0),
    (9, 3, 2),
    (9, 4, 4),
    (9, 5, 7),
    (9, 6, 10),
    (9, 9, 17),
    (17, 2, 2),
    (17, 5, 17),
    (17, 10, 45),
    (17, 17, 87),
    (18, 8, 36),
    (20, 20, 127),
    (8, 2, 0),
    (4, 4, 0),
    (5, 3, 0),
    (7, 3, 1),
    (6, 6, 5),
]
SIZES = [(9, 6), (9, 2), (17, 10), (8, 18), (4, 4), (3, 5)]


def samples_with(u, n_treated, n_control):
    """Untied samples in which tocilizumab lasts longer in exactly u pairs."""
    # controls below each tocilizumab patient
    below = [min(n_control, max(0, u - i * n_control)) for i in range(n_treated)]
    return np.array(below) + 0.5 + 1e-3 * np.arange(n_treated), np.arange(1.0, n_control + 1)


@pytest.mark.parametrize(("n_treated", "n_control"), [(1, 1), (1, 5), (3, 4), (5, 2), (6, 6)])
def test_null_distribution_of_u_is_that_of_enumerated_ranks(n_treated, n_control):
    counted = np.zeros(n_treated * n_control + 1)
    for ranks in combinations(range(n_treated + n_control), n_treated):
        counted[sum(ranks) - n_treated * (n_treated - 1) // 2] += 1
    # exact integers below 2**53: only the division rounds
    np.testing.assert_allclose(
        mann_whitney_null(n_treated, n_control), counted / comb(n_treated + n_control, n_treated), rtol=1e-14
    )


@pytest.mark.parametrize(("n_treated", "n_control"), SIZES)
def test_null_distribution_has_the_known_mean_and_variance(n_treated, n_control):
    u, probability = np.arange(n_treated * n_control + 1), mann_whitney_null(n_treated, n_control)
    mean = n_treated * n_control / 2
    assert u @ probability == pytest.approx(mean, rel=1e-12)  # rounding only
    assert (u - mean) ** 2 @ probability == pytest.approx(
        n_treated * n_control * (n_treated + n_control + 1) / 12, rel=1e-12
    )


@pytest.mark.parametrize(("larger", "smaller", "published"), PUBLISHED_CRITICAL)
def test_critical_values_are_the_published_ones(larger, smaller, published):
    assert mann_whitney_critical(larger, smaller, 0.05) == published
    assert mann_whitney_critical(smaller, larger, 0.05) == published


@pytest.mark.parametrize(("n_treated", "n_control"), [(5, 1), (3, 3), (2, 7)])
def test_sizes_marked_with_a_dash_in_the_table_have_no_critical_value(n_treated, n_control):
    assert mann_whitney_critical(n_treated, n_control, 0.05) == -1
    assert not mann_whitney_lower(n_treated, n_control).any()


@pytest.mark.parametrize(("n_treated", "n_control"), SIZES)
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_scipy_rejects_at_the_critical_value_and_not_above(n_treated, n_control, alpha):
    critical = mann_whitney_critical(n_treated, n_control, alpha)
    for u in (critical, critical + 1):
        if u < 0:
            continue
        found = stats.mannwhitneyu(*samples_with(u, n_treated, n_control), method="exact")
        assert found.statistic == u
        assert (found.pvalue < alpha) == (u <= critical)


@pytest.mark.parametrize(("n_treated", "n_control"), SIZES)
def test_size_at_no_effect_is_the_exact_rejection_probability_and_below_alpha(n_treated, n_control):
    exact = mann_whitney_null(n_treated, n_control)[
        : mann_whitney_critical(n_treated, n_control, 0.05) + 1
    ].sum()
    at_zero = np.interp(0.0, GRID, mann_whitney_lower(n_treated, n_control))
    assert at_zero == pytest.approx(exact, abs=1e-7)  # the quadrature's stated accuracy
    assert 2 * at_zero < 0.05


@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 2), (4, 4), (3, 5)])
def test_complete_separation_has_its_closed_form(n_treated, n_control):
    """Where only U = 0 rejects, power is the chance that the longest of one arm is shorter than the shortest
    of the other.
    """

    def separated(d):
        def density(x):
            longest = n_treated * stats.norm.pdf(x - d) * special.ndtr(x - d) ** (n_treated - 1)
            return longest * special.ndtr(-x) ** n_control

        return integrate.quad(density, min(d, 0) - 9, max(d, 0) + 9, epsabs=1e-13, limit=300, points=[d, 0])[
            0
        ]

    assert mann_whitney_critical(n_treated, n_control, 0.05) == 0
    # 1e-7: stated accuracy of the sweep
    np.testing.assert_allclose(
        mann_whitney_lower(n_treated, n_control), [separated(d) for d in GRID], atol=1e-7
    )


def t_power(d, n_treated, n_control, alpha=0.05):
    """P(t < -critical), the normal numerator integrated over the chi distribution of the pooled SD."""
    df = n_treated + n_control - 2
    root, critical = np.sqrt(n_treated * n_control / (n_treated + n_control)), stats.t.isf(alpha / 2, df)

    def given(s):
        return stats.chi.pdf(s * np.sqrt(df), df) * np.sqrt(df) * special.ndtr(-d * root - critical * s)

    return integrate.quad(given, 0, 1 + 9 / np.sqrt(2 * df), epsabs=1e-14, epsrel=1e-9, limit=300)[0]


@pytest.mark.parametrize(("n_treated", "n_control"), [*SIZES, (2, 2), (3, 3)])
def test_power_of_the_t_test_is_its_integral_over_the_pooled_sd(n_treated, n_control):
    # 2e-9: about the smallest probability that models.likelihood.kinds.test_outcome keeps of a curve
    np.testing.assert_allclose(
        t_lower(n_treated, n_control), [t_power(d, n_treated, n_control) for d in GRID], atol=2e-9
    )


@pytest.mark.parametrize("curve", [mann_whitney_lower, t_lower])
@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 6), (17, 10)])
def test_power_against_tocilizumab_being_shorter_falls_with_the_effect(curve, n_treated, n_control):
    assert (np.diff(curve(n_treated, n_control)) <= 1e-7).all()  # the curves' accuracy


@pytest.mark.parametrize("tests", [("mann_whitney",), ("t",), ("t", "mann_whitney")])
def test_shorter_longer_and_not_significant_are_all_that_can_happen(tests):
    shorter, longer = (outcome_curve(tests, 9, 6, True, side) for side in ("lower", "higher"))
    # rounding
    np.testing.assert_allclose(shorter + longer + outcome_curve(tests, 9, 6, False, None), 1.0, rtol=1e-14)
    np.testing.assert_allclose(shorter + longer, outcome_curve(tests, 9, 6, True, None), rtol=1e-14)


def test_exchanging_the_arms_and_the_sign_of_the_effect_changes_nothing():
    exchanged = outcome_curve(("mann_whitney",), 6, 9, True, "higher")[::-1]
    np.testing.assert_allclose(mann_whitney_lower(9, 6), exchanged, atol=1e-7)  # stated accuracy of the sweep
