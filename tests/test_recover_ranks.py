"""p-values of rank and t tests: held to SciPy, to enumeration of every order and tie, and to planted truths
that must be found possible.
"""

from itertools import combinations, product
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats
from statsmodels.stats.effect_size import _noncentrality_t

from extraction.recover import TooLarge, Unusable
from extraction.recover.ranks import (
    RANK_TESTS,
    attainable_p,
    judge_rank_p,
    mann_whitney_null,
    share_attainable,
)
from extraction.recover.t_test import t_from_p

SCIPY = {
    "mann_whitney": {"method": "exact"},
    "mann_whitney_normal": {"method": "asymptotic", "use_continuity": False},
    "mann_whitney_normal_corrected": {"method": "asymptotic", "use_continuity": True},
}
SMALL = [(1, 1), (1, 4), (2, 3), (3, 3), (4, 2), (5, 4)]
TIED = [(1, 1), (1, 3), (2, 2), (3, 2), (2, 4), (3, 3)]


def distinct(p):
    """Distinct values, where those that differ by rounding alone are one."""
    return np.unique(np.round(p, 12))


def arrangements(values, n_treated):
    """Every way to choose the tocilizumab patients among values, and the others."""
    for chosen in combinations(range(len(values)), n_treated):
        yield values[list(chosen)], np.delete(values, chosen)


def tie_patterns(n):
    """Sorted values of n patients, one for each set of neighbours that are tied."""
    for apart in product((0, 1), repeat=n - 1):
        yield np.cumsum([0, *apart]).astype(float)


def permutation_p(values, n_treated):
    """Both two-sided p of every arrangement, counting arrangements: twice the smaller tail, and those as far
    from the mean.
    """
    ranks = stats.rankdata(values)
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(len(values)), n_treated)])
    for found in sums:
        yield min(1.0, 2 * min(np.mean(sums <= found), np.mean(sums >= found)))
        # ranks are halves: only rounding is below
        yield np.mean(np.abs(sums - sums.mean()) >= abs(found - sums.mean()) - 1e-9)


# what a rank test can give


@pytest.mark.parametrize("test", RANK_TESTS)
@pytest.mark.parametrize(("n_treated", "n_control"), SMALL)
def test_without_ties_the_attainable_p_are_scipys_over_every_order(n_treated, n_control, test):
    orders = arrangements(np.arange(n_treated + n_control, dtype=float), n_treated)
    expected = distinct(
        [stats.mannwhitneyu(treated, control, **SCIPY[test]).pvalue for treated, control in orders]
    )
    # rounding, of `distinct` too
    np.testing.assert_allclose(attainable_p(n_treated, n_control, test), expected, atol=1e-11)


@pytest.mark.parametrize(("n_treated", "n_control"), TIED)
def test_with_ties_the_exact_p_are_those_of_every_pattern_by_both_conventions(n_treated, n_control):
    expected = [p for values in tie_patterns(n_treated + n_control) for p in permutation_p(values, n_treated)]
    # rounding
    np.testing.assert_allclose(attainable_p(n_treated, n_control, ties=True), distinct(expected), atol=1e-11)


@pytest.mark.parametrize("test", ["mann_whitney_normal", "mann_whitney_normal_corrected"])
@pytest.mark.parametrize(("n_treated", "n_control"), TIED)
def test_with_ties_the_normal_p_are_scipys_over_every_pattern_and_order(n_treated, n_control, test):
    expected = [
        stats.mannwhitneyu(treated, control, **SCIPY[test]).pvalue
        for values in tie_patterns(n_treated + n_control)
        if values.any()  # all tied: no variance, no p
        for treated, control in arrangements(values, n_treated)
    ]
    # rounding
    np.testing.assert_allclose(
        distinct(attainable_p(n_treated, n_control, test, ties=True)), distinct(expected), atol=1e-11
    )


@pytest.mark.parametrize("values", [[0, 0, 1, 2, 2, 2, 3], [0, 1, 1, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1, 1]])
def test_scipys_permutation_test_gives_an_attainable_p(values):
    def rank_sum(treated, control, axis):
        return stats.rankdata(np.concatenate([treated, control], axis=axis), axis=axis)[
            ..., : treated.shape[axis]
        ].sum(axis=axis)

    values, attainable = np.array(values, float), attainable_p(3, 4, ties=True)
    for treated, control in arrangements(values, 3):
        found = stats.permutation_test(
            (treated, control), rank_sum, n_resamples=np.inf, vectorized=True
        ).pvalue
        assert np.abs(attainable - found).min() < 1e-12  # rounding


@pytest.mark.parametrize("test", RANK_TESTS)
@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 2), (4, 5)])
def test_exchanging_the_arms_changes_no_attainable_p(n_treated, n_control, test):
    for ties in (False, True):
        np.testing.assert_allclose(
            attainable_p(n_treated, n_control, test, ties),
            attainable_p(n_control, n_treated, test, ties),
            rtol=1e-12,
        )


def test_the_rarest_orders_of_100_v_100_are_one_of_all_on_either_side():
    found = attainable_p(100, 100)
    assert found[0] == pytest.approx(2 / comb(200, 100), rel=1e-9)  # 10,000 additions in floating point
    assert found[1] == pytest.approx(4 / comb(200, 100), rel=1e-9)  # U of 0 and 1: one order each
    assert len(found) == 100 * 100 // 2 + 1 and found[-1] == 1.0


def test_the_exact_distribution_of_a_large_group_nears_the_normal_one():
    """At 100 v 100 the two p differ by at most 0.001: the correction leaves an error of the order of 1 /
    patients squared.
    """
    exact, normal = attainable_p(100, 100), attainable_p(100, 100, "mann_whitney_normal_corrected")
    assert np.abs(exact - normal).max() < 1e-3


def test_the_null_distribution_is_the_one_the_power_curves_use():
    from models.likelihood import power

    assert power.mann_whitney_null is mann_whitney_null


# judging a printed p


def test_nine_v_two_patients_cannot_give_0_0004():
    """All orders: 11 · 10 / 2 = 55.  Complete separation one way is 1 of them, and doubled 2/55 = 0.0364."""
    found = judge_rank_p(9, 2, "0.0004")
    assert found == {
        "possible": False,
        "smallest_attainable_p": pytest.approx(2 / 55),
        "nearest_attainable_p": pytest.approx(2 / 55),
        "match": None,
        "test": "mann_whitney",
        "ties": False,
    }


@pytest.mark.parametrize(
    ("test", "ties", "smallest"),
    [
        (
            "mann_whitney",
            True,
            1 / 55,
        ),  # both controls tied at one end: no rank sum lies as far on the other side
        (
            "mann_whitney_normal",
            False,
            2 * stats.norm.sf(9 / sqrt(18)),
        ),  # U = 0 from its mean 9; variance 9 · 2 · 12 / 12
        ("mann_whitney_normal_corrected", False, 2 * stats.norm.sf(8.5 / sqrt(18))),
        # nine tied and two tied: variance 18 / 12 · (12 - (9³ - 9 + 2³ - 2) / 110) = 8.1
        ("mann_whitney_normal", True, 2 * stats.norm.sf(9 / sqrt(18 / 12 * (12 - 726 / 110)))),
        ("mann_whitney_normal_corrected", True, 2 * stats.norm.sf(8.5 / sqrt(18 / 12 * (12 - 726 / 110)))),
    ],
)
def test_nor_can_they_by_any_other_convention(test, ties, smallest):
    found = judge_rank_p(9, 2, "0.0004", test, ties)
    assert not found["possible"] and found["match"] is None
    assert found["smallest_attainable_p"] == found["nearest_attainable_p"] == pytest.approx(smallest)


@pytest.mark.parametrize(
    ("p", "possible", "match"),
    [
        ("0.0364", True, "rounded"),
        ("0.0363", False, "truncated"),
        ("0.0365", False, None),
        ("0.04", True, "rounded"),
        ("0.03", False, "truncated"),
        ("<0.05", True, "rounded"),
        ("<0.03", False, None),
        ("ns", True, "rounded"),
        (">0.9999", True, "rounded"),
        ("1", True, "rounded"),
    ],
)
def test_two_of_fifty_five_prints_as_0_0364_and_lies_within_its_bounds(p, possible, match):
    """2/55 = 0.03636..., 4/55 = 0.0727...; U at its middle, 9, has p = 1."""
    found = judge_rank_p(9, 2, p)
    assert (found["possible"], found["match"]) == (possible, match)


def test_the_nearest_p_may_lie_on_either_side():
    # 0.0364 is nearer than 0.0727
    assert judge_rank_p(9, 2, "0.05")["nearest_attainable_p"] == pytest.approx(2 / 55)
    assert judge_rank_p(9, 2, "0.06")["nearest_attainable_p"] == pytest.approx(4 / 55)


@given(st.lists(st.floats(0, 100, allow_subnormal=False), min_size=2, max_size=25, unique=True), st.data())
@settings(deadline=None, max_examples=200)
def test_the_p_of_any_untied_patients_is_possible(values, data):
    n_treated = data.draw(st.integers(1, len(values) - 1))
    test, digits = data.draw(st.sampled_from(list(SCIPY))), data.draw(st.integers(1, 4))
    p = f"{stats.mannwhitneyu(values[:n_treated], values[n_treated:], **SCIPY[test]).pvalue:.{digits}f}"
    found = judge_rank_p(n_treated, len(values) - n_treated, p, test)
    assert found["possible"] and found["match"] == "rounded"


@given(st.lists(st.integers(0, 4), min_size=2, max_size=10), st.data())
@settings(deadline=None, max_examples=200)
def test_the_p_of_any_tied_patients_is_possible(values, data):
    n_treated, digits = data.draw(st.integers(1, len(values) - 1)), data.draw(st.integers(1, 4))
    test = data.draw(st.sampled_from(list(SCIPY) if len(set(values)) > 1 else ["mann_whitney"]))
    treated, control = np.array(values[:n_treated], float), np.array(values[n_treated:], float)
    if test == "mann_whitney":
        ranks = stats.rankdata(values)
        sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(len(values)), n_treated)])
        found = ranks[:n_treated].sum()
        p = min(1.0, 2 * min(np.mean(sums <= found), np.mean(sums >= found)))
    else:
        p = stats.mannwhitneyu(treated, control, **SCIPY[test]).pvalue
    assert judge_rank_p(n_treated, len(values) - n_treated, f"{p:.{digits}f}", test, ties=True)["possible"]


# how much its digits check


def test_few_of_the_values_near_a_p_can_be_printed_where_groups_are_small():
    """0.02 to 0.08 are seven values, of which 2/55 and 4/55 print 0.04 and 0.07; 0.0182 to 0.0728 are 547,
    and they print two.
    """
    assert share_attainable(9, 2, "0.04") == pytest.approx(2 / 7)
    assert share_attainable(9, 2, "0.0364") == pytest.approx(2 / 547)
    assert share_attainable(9, 2, "0.0004") == 0.0


def test_two_digits_of_a_large_trial_check_nothing():
    assert share_attainable(60, 60, "0.62") == share_attainable(60, 60, "0.004") == 1.0
    # the p of 17 v 28 lie up to 0.019 apart: U has SD √(17 · 28 · 46 / 12) = 42.7, so its middle values have
    # 2 · 0.4 / 42.7 each
    assert 0.5 < share_attainable(17, 28, "0.62") < 1.0


def test_the_share_is_that_of_judging_every_value_near_it():
    for p, values in (("0.20", range(10, 41)), ("0.7", range(4, 11)), ("0.043", range(22, 87))):
        digits = len(p) - 2
        judged = [judge_rank_p(6, 4, f"{value / 10**digits:.{digits}f}")["possible"] for value in values]
        assert share_attainable(6, 4, p) == pytest.approx(np.mean(judged))


def test_a_bound_checks_something_only_where_the_test_cannot_print_it():
    assert share_attainable(9, 2, "<0.05") == 1.0
    assert share_attainable(9, 2, "<0.03") == 0.0


def test_a_p_printed_to_many_digits_is_judged_at_once():
    assert 0 < share_attainable(9, 2, "0.036363636364") < 1e-9


# t tests


@given(st.integers(1, 30), st.integers(2, 30), st.floats(-2, 2), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_t_and_d_come_back_from_the_p_of_scipys_t_test(n_treated, n_control, d, seed):
    rng = np.random.default_rng(seed)
    treated, control = rng.normal(d, 1, n_treated), rng.normal(0, 1, n_control)
    t, p = stats.ttest_ind(treated, control)
    squares = ((treated - treated.mean()) ** 2).sum() + ((control - control.mean()) ** 2).sum()
    found = t_from_p(n_treated, n_control, f"{p:.30f}", "higher" if t > 0 else "lower")
    assert found["df"] == n_treated + n_control - 2
    assert found["t"] == pytest.approx(t, rel=1e-6, abs=1e-9)  # rounding
    assert found["d"] == pytest.approx(
        (treated.mean() - control.mean()) / sqrt(squares / found["df"]), rel=1e-6, abs=1e-9
    )
    if p > 0.0006:  # below, it prints as 0.000 and has no strongest t
        rounded = t_from_p(n_treated, n_control, f"{p:.3f}")
        assert rounded["weakest"]["t"] - 1e-9 <= abs(t) <= rounded["strongest"]["t"] + 1e-9


def test_limits_of_the_noncentrality_are_those_of_mbess():
    """MBESS 4.9.3 (R), conf.limits.nct(ncp = 2.83, df = 126): 0.8337503 to 4.8153591.  64 v 64 patients: d =
    t · √(2/64).
    """
    found = t_from_p(64, 64, f"{2 * stats.t.sf(2.83, 126):.30f}")
    assert found["d_lower"] / sqrt(2 / 64) == pytest.approx(0.8337503, abs=1e-7)  # its seven decimals
    assert found["d_upper"] / sqrt(2 / 64) == pytest.approx(4.8153591, abs=1e-7)


@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 6), (2, 3), (17, 28)])
@pytest.mark.parametrize("p", ["0.03", "0.5", "1", "0.002"])
def test_limits_are_those_of_statsmodels(n_treated, n_control, p):
    found = t_from_p(n_treated, n_control, p)
    expected = _noncentrality_t(found["t"], n_treated + n_control - 2, 0.05).confint * sqrt(
        1 / n_treated + 1 / n_control
    )
    np.testing.assert_allclose([found["d_lower"], found["d_upper"]], expected, rtol=1e-5)  # its root finder


@pytest.mark.parametrize(
    ("n_treated", "n_control", "p"),
    [
        (2, 1, "0.02"),
        (2, 1, "0.00002"),
        (2, 2, "0.0000001"),
        (3, 2, "0.0000000001"),
        (17, 10, "0.000001"),
        (700, 800, "0.000001"),
        (1, 40, "0.9"),
    ],
)
def test_at_the_limits_the_tails_are_two_and_a_half_per_cent(n_treated, n_control, p):
    """Tail areas by the other order of integration: over the normal numerator, the estimated SD in closed
    form.
    """
    found = t_from_p(n_treated, n_control, p)
    t, df, per_t = found["t"], found["df"], sqrt(1 / n_treated + 1 / n_control)

    def below(noncentrality):
        def given_numerator(z):
            return stats.norm.pdf(z) * special.gammaincc(
                df / 2, df / 2 * (max(z + noncentrality, 0.0) / t) ** 2
            )

        return sum(
            integrate.quad(given_numerator, a, b, epsabs=1e-12, limit=200)[0] for a, b in ((-9, 0), (0, 9))
        )

    assert below(found["d_lower"] / per_t) == pytest.approx(0.975, abs=1e-6)
    assert below(found["d_upper"] / per_t) == pytest.approx(0.025, abs=1e-6)


def test_the_limits_hold_the_true_difference_in_95_of_100_trials():
    rng, d, trials = np.random.default_rng(5), -0.9, 600
    found = stats.ttest_ind(rng.normal(d, 1, (trials, 9)), rng.normal(0, 1, (trials, 6)), axis=1)
    limits = [
        t_from_p(9, 6, f"{p:.30f}", "higher" if t > 0 else "lower")
        for t, p in zip(found.statistic, found.pvalue, strict=True)
    ]
    held = np.mean([x["d_lower"] < d < x["d_upper"] for x in limits])
    assert held == pytest.approx(0.95, abs=4 * sqrt(0.95 * 0.05 / trials))  # Monte Carlo


def test_g_has_no_bias_and_d_has():
    """Hedges 1981: the mean of d is larger than the true difference by about 3 / (4 df - 1)."""
    d, df = 0.9, 13
    per_t = sqrt(1 / 9 + 1 / 6)
    mean_d = stats.nct.mean(df, d / per_t) * per_t
    found = t_from_p(9, 6, "0.03")
    assert found["g"] / found["d"] == pytest.approx(d / mean_d, rel=1e-9)
    assert found["g"] / found["d"] == pytest.approx(1 - 3 / (4 * df - 1), abs=1e-3)  # his approximation


def test_without_a_direction_the_difference_is_given_as_higher_and_lower_is_its_mirror():
    unsigned, higher, lower = (t_from_p(9, 6, "0.03", direction) for direction in (None, "higher", "lower"))
    assert unsigned == higher
    assert (lower["d"], lower["d_lower"], lower["d_upper"]) == (
        -higher["d"],
        -higher["d_upper"],
        -higher["d_lower"],
    )


def test_a_p_of_1_is_no_difference_between_symmetric_limits():
    found = t_from_p(9, 6, "1")
    assert found["t"] == 0 and found["d_lower"] == pytest.approx(-found["d_upper"])
    # at t = 0 the numerator alone decides: its 97.5 % point 1.96, times √(1/9 + 1/6) = 0.527
    assert found["d_upper"] == pytest.approx(1.959964 * sqrt(1 / 9 + 1 / 6), abs=1e-6)


def test_an_equals_sign_is_no_bound():
    assert t_from_p(9, 6, "=0.03") == t_from_p(9, 6, "0.03")


def test_three_patients_have_no_unbiased_difference():
    assert t_from_p(2, 1, "0.3")["g"] is None


# numbers that nothing can start from


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: attainable_p(0, 5),
            "n_treated is 0: a rank test compares two groups of at least one patient",
        ),
        (lambda: judge_rank_p(5, -1, "0.3"), "n_control is -1"),
        (lambda: judge_rank_p(5, 4, "0.3", "wilcoxon"), "test 'wilcoxon': the rank tests are mann_whitney"),
        (lambda: judge_rank_p(5, 4, "0"), "p = 0: no test gives 0"),
        (lambda: judge_rank_p(5, 4, "1.2"), "p = 1.2: a p-value is at most 1"),
        (lambda: share_attainable(5, 4, "p"), "a p-value reads"),
        (lambda: t_from_p(5, 0, "0.3"), "n_control is 0: a t test compares"),
        (lambda: t_from_p(1, 1, "0.3"), "1 v 1 patients: a t test needs three patients"),
        (lambda: t_from_p(5, 4, "<0.05"), "p = <0.05: a bound gives no t"),
        (lambda: t_from_p(5, 4, "0.000"), "p = 0.000: every p up to 0.0005 prints so"),
        (lambda: t_from_p(5, 4, "1.01"), "p = 1.01: a p-value is at most 1"),
        (lambda: t_from_p(5, 4, "0.3", "shorter"), "direction 'shorter'"),
    ],
)
def test_unusable_numbers_are_named(ask, message):
    with pytest.raises(Unusable, match=message.replace("(", r"\(")):
        ask()


@pytest.mark.parametrize(
    ("n_treated", "n_control", "ties", "message"),
    [
        # 2^17 patterns · (2 · 81 + 1) values = 21 million, 10^7.3
        (9, 9, True, r"2\^17 patterns of ties of up to 163 values of U each, 10\^7.3 in all"),
        (60, 60, True, r"2\^119 patterns"),
        (151, 150, False, "up to 300 patients in all"),
    ],
)
def test_a_search_too_large_is_refused_with_its_size(n_treated, n_control, ties, message):
    with pytest.raises(TooLarge, match=message):
        attainable_p(n_treated, n_control, ties=ties)
