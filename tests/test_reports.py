"""Each likelihood term against simulation, printed as a paper would, or against numbers from outside this
code.
"""

from functools import partial
from itertools import product

import numpy as np
import pytest
from lifelines.statistics import logrank_test
from scipy import stats

from extraction.recover.rounding import printed_p
from extraction.recover.tables import Arm, recover_tables
from models.likelihood.binomials import counts, table, table_set
from models.likelihood.kinds.log_rank import LogRank, schoenfeld
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.test_outcome import outcome_of_mixed_grades, outcome_of_one_grade
from models.likelihood.log_rank_exact import log_probability
from models.likelihood.power import GRID
from models.priors import EVENT_SHARE

MONTE_CARLO = 4  # standard errors: fewer than one false alarm in 10,000 comparisons


def standard_error(probability, draws):
    return np.sqrt(probability * (1 - probability) / draws)


# counts and tables


@pytest.mark.parametrize(("events", "n"), [(0, 28), (9, 17), (17, 17), (0, 1), (250, 1000)])
@pytest.mark.parametrize("logit_risk", [-4.0, -0.3, 0.0, 2.5])
def test_counts_are_binomial(events, n, logit_risk):
    expected = stats.binom.logpmf(events, n, 1 / (1 + np.exp(-logit_risk)))
    # rounding of log factorials
    assert counts(logit_risk, events, n) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("logit_risk", [-800.0, 800.0])
def test_counts_stay_finite_at_any_risk(logit_risk):
    assert np.isfinite(counts(logit_risk, 9, 17))


def test_a_table_is_two_binomials_with_the_effect_on_the_tocilizumab_arm():
    control, log_or = -0.6, 0.8
    odds = np.exp([control + log_or, control])
    expected = stats.binom.logpmf([9, 10], [17, 28], odds / (1 + odds)).sum()
    # rounding of log factorials
    assert table(control, log_or, 9, 17, 10, 28) == pytest.approx(expected, abs=1e-8)


N_TOCI, N_CONTROL = 17, 10


def printed_table(treated, control):
    """A paper that prints the percentage of all its patients, and of Fisher's p only on which side of 0.05 it
    lies.
    """
    p = stats.fisher_exact([[treated, N_TOCI - treated], [control, N_CONTROL - control]]).pvalue
    return round(100 * (treated + control) / (N_TOCI + N_CONTROL)), p < 0.05


def test_a_set_of_tables_has_the_probability_that_a_simulated_table_prints_the_same():
    rng = np.random.default_rng(1)
    prints = {cell: printed_table(*cell) for cell in product(range(N_TOCI + 1), range(N_CONTROL + 1))}
    candidates = [(a, N_TOCI, b, N_CONTROL) for (a, b), text in prints.items() if text == (41, False)]
    assert len(candidates) > 3
    control, log_or, draws = -0.4, 0.3, 100_000
    risk = stats.logistic.cdf([control + log_or, control])
    drawn = zip(rng.binomial(N_TOCI, risk[0], draws), rng.binomial(N_CONTROL, risk[1], draws), strict=True)
    kept = np.mean([prints[cell] == (41, False) for cell in drawn])
    expected = np.exp(table_set(control, log_or, np.array(candidates)))
    assert kept == pytest.approx(expected, abs=MONTE_CARLO * standard_error(expected, draws))


@pytest.mark.parametrize(("control", "log_or"), [(-1.0, 1.2), (0.2, 0.0), (-0.5, -0.7)])
def test_the_tables_recovered_from_a_p_are_as_likely_as_studies_that_print_it(control, log_or):
    """Studies of 9 v 2 patients are drawn, their Fisher p printed to four digits by SciPy, and those that
    print 0.4545 kept.
    """
    generator, draws = np.random.default_rng(20), 400_000
    treated, untreated = (
        generator.binomial(n, 1 / (1 + np.exp(-logit)), draws)
        for n, logit in ((9, control + log_or), (2, control))
    )
    printed = {
        (a, c): f"{stats.fisher_exact([[a, 9 - a], [c, 2 - c]]).pvalue:.4f}"
        for a, c in product(range(10), range(3))
    }
    kept = np.mean(
        [printed[pair] == "0.4545" for pair in zip(treated.tolist(), untreated.tolist(), strict=True)]
    )
    candidates = recover_tables(Arm(9, 9), Arm(2, 2), printed_p("0.4545"), ("fisher",)).tables
    expected = np.exp(table_set(control, log_or, candidates))
    assert kept == pytest.approx(expected, abs=MONTE_CARLO * standard_error(expected, draws))


def test_a_set_of_tables_is_the_sum_of_its_tables_and_all_tables_together_are_certain():
    control, log_or = 0.4, -1.1
    every = np.array([(a, N_TOCI, b, N_CONTROL) for a, b in product(range(N_TOCI + 1), range(N_CONTROL + 1))])
    assert table_set(control, log_or, every) == pytest.approx(0.0, abs=1e-9)  # rounding only
    risk = stats.logistic.cdf([control + log_or, control])
    summed = np.log(sum(stats.binom.pmf([a, b], [n, m], risk).prod() for a, n, b, m in every[5:9]))
    assert table_set(control, log_or, every[5:9]) == pytest.approx(summed, abs=1e-9)
    assert table_set(control, log_or, every[5]) == pytest.approx(table(control, log_or, *every[5]), abs=1e-12)


# ratios

# Ma 2024 (doi 10.3389/fimmu.2024.1448709), Table 2 and the paragraph above it: hazard ratio, 95 % interval,
# printed p
MA_2024_TABLE_2 = [
    (0.890, 0.485, 1.633, 0.707),
    (0.547, 0.271, 1.103, 0.092),
    (1.031, 0.512, 2.076, 0.932),
    (2.021, 0.653, 6.256, 0.222),
    (1.379, 0.611, 3.116, 0.439),
    (1.441, 0.761, 2.732, 0.262),
    (0.698, 0.334, 1.458, 0.338),
    (1.207, 0.561, 2.598, 0.630),
    (0.785, 0.250, 2.466, 0.678),
    (0.788, 0.342, 1.815, 0.576),
]


@pytest.mark.parametrize(("estimate", "lower", "upper", "p"), MA_2024_TABLE_2)
def test_standard_error_of_an_interval_gives_the_p_printed_beside_it(estimate, lower, upper, p):
    def p_of(estimate, lower, upper):
        return 2 * stats.norm.sf(abs(np.log(estimate)) / Ratio(estimate, lower, upper).se)

    # each printed number is known to half a unit of its third decimal, and p may be the p of any of them
    corners = [p_of(estimate + a, lower + b, upper + c) for a, b, c in product((-5e-4, 5e-4), repeat=3)]
    assert min(corners) - 5e-4 <= p <= max(corners) + 5e-4
    assert max(corners) - min(corners) < 0.01


def test_standard_error_reads_the_level_of_the_interval():
    for level, z in (
        (90, 1.6449),
        (95, 1.9600),
        (99, 2.5758),
    ):  # normal quantiles as tabulated, four decimals
        assert Ratio(1.0, np.exp(-z * 0.3), np.exp(z * 0.3), level).se == pytest.approx(0.3, abs=2e-5)


@pytest.mark.parametrize("log_ratio", [-1.0, 0.0, 0.7])
def test_a_ratio_is_a_normal_density_of_its_logarithm(log_ratio):
    se = (np.log(2.076) - np.log(0.512)) / (2 * 1.959963984540054)
    expected = stats.norm.logpdf(np.log(1.031), log_ratio, se)
    # rounding only
    assert Ratio(1.031, 0.512, 2.076).log_likelihood(log_ratio) == pytest.approx(expected, abs=1e-12)


# log-rank p-values


def log_rank(log_hr, p, n_treated, n_control, shape=EVENT_SHARE.parameters, direction=None):
    return LogRank(p, direction, n_treated, n_control).log_likelihood(log_hr, event_shape=shape)


def real_z(log_hr, n_treated, n_control, cohorts, rng):
    """Signed log-rank z of real cohorts, without those that have none: exponential survival, exponential
    censoring with a rate that leaves a share of events which is uniform over the cohorts.
    """
    treated, share = np.arange(n_treated + n_control) < n_treated, rng.uniform(size=cohorts)
    hazards = np.exp(log_hr * treated)
    # the rate c at which the mean over patients of hazard / (hazard + c) is the share
    rates = np.exp(np.linspace(-16, 16, 4001))
    shares = (hazards / (hazards + rates[:, None])).mean(axis=1)
    censoring = np.interp(share, shares[::-1], rates[::-1])
    time = rng.exponential(1.0, (cohorts, len(treated))) / hazards
    lost = rng.exponential(1.0, (cohorts, len(treated))) / censoring[:, None]
    with np.errstate(invalid="ignore"):
        z, _ = log_rank_z(np.minimum(time, lost), time < lost, treated)
    return z[np.isfinite(z)]


def on_side(z, direction):
    return {None: np.full(len(z), True), "lower": z < 0, "higher": z > 0}[direction]


EFFECTS = [0.0, -0.5, 1.2, -2.5, 2.5]


@pytest.mark.parametrize("log_hr", EFFECTS)
@pytest.mark.parametrize(("n_treated", "n_control"), [(17, 28), (17, 10)])
def test_a_log_rank_p_has_the_density_of_the_z_of_real_cohorts(log_hr, n_treated, n_control):
    z = real_z(log_hr, n_treated, n_control, 60_000, np.random.default_rng(2))
    p = 2 * stats.norm.sf(np.abs(z))
    width = stats.norm.isf(0.245 / 2) - stats.norm.isf(0.295 / 2)  # |z| that print about 0.27
    for direction in (None, "lower", "higher"):
        kept = np.mean((p > 0.245) & (p < 0.295) & on_side(z, direction))
        expected = width * np.exp(log_rank(log_hr, "0.27", n_treated, n_control, direction=direction))
        # 0.003: in real cohorts the share of events moves as the patients with the higher hazard leave.
        # Schoenfeld's law is out by 0.008 and more at the largest effects.
        assert kept == pytest.approx(expected, abs=0.003 + MONTE_CARLO * standard_error(expected, len(z)))


@pytest.mark.parametrize("log_hr", EFFECTS)
@pytest.mark.parametrize(("n_treated", "n_control"), [(17, 28), (17, 10)])
def test_a_bounded_log_rank_p_has_the_probability_of_its_region_in_real_cohorts(log_hr, n_treated, n_control):
    z = real_z(log_hr, n_treated, n_control, 30_000, np.random.default_rng(3))
    p = 2 * stats.norm.sf(np.abs(z))
    for printed, direction in product(["<0.05", ">0.5", ">0.05"], [None, "lower", "higher"]):
        region = p < float(printed[1:]) if printed[0] == "<" else p > float(printed[1:])
        kept = np.mean(region & on_side(z, direction))
        expected = np.exp(log_rank(log_hr, printed, n_treated, n_control, direction=direction))
        # as above; Schoenfeld's law is out by 0.1
        assert kept == pytest.approx(expected, abs=0.02 + MONTE_CARLO * standard_error(expected, len(z)))


@pytest.mark.parametrize("direction", [None, "lower", "higher"])
@pytest.mark.parametrize("printed", ["<0.05", "<0.3", ">0.3"])
def test_a_simulated_log_rank_p_is_as_likely_as_all_its_histories(printed, direction):
    """9 v 3 patients, whose histories can be listed, of those that give a p at all."""
    effects = np.array([-4.0, -1.0, 0.0, 0.7, 2.5])
    listed = np.exp(log_probability(effects, 9, 3, printed, direction))
    any_p = sum(np.exp(log_probability(effects, 9, 3, p)) for p in ("<0.3", ">0.3"))
    # 0.02: z of so few patients is a set of points, which the kernel spreads across the bound
    np.testing.assert_allclose(
        np.exp(log_rank(effects, printed, 9, 3, direction=direction)), listed / any_p, atol=0.02
    )


@pytest.mark.parametrize("printed", ["0.273", "<0.05", ">0.5"])
@pytest.mark.parametrize("direction", [None, "lower", "higher"])
def test_many_patients_and_a_small_effect_have_schoenfelds_law(printed, direction):
    report, effects = LogRank(printed, direction, 100, 100), np.linspace(-0.2, 0.2, 5)
    simulated, normal = (np.exp(f(effects)) for f in (report.log_likelihood, partial(schoenfeld, report)))
    # 4 %: events that share a time, and arms whose shares at risk drift
    np.testing.assert_allclose(simulated, normal, rtol=0.04, atol=0.005)


def test_beyond_the_sizes_that_are_simulated_the_law_is_schoenfelds():
    report = LogRank("0.273", None, 101, 100)
    assert report.log_likelihood(np.array(0.3)) == schoenfeld(report, np.array(0.3))


def test_beyond_its_grid_a_log_rank_likelihood_stays_at_its_limit():
    """Once every event is one of the same arm, a larger effect changes nothing."""
    for log_hr in (-6.0, 6.0):
        ends = log_rank(np.array([1.0, 3.0]) * log_hr, "0.273", 17, 28)
        assert ends[1] == pytest.approx(ends[0], abs=0.5) and np.isfinite(ends).all()


def test_a_p_of_almost_one_is_the_middle_of_the_density():
    """P(|z| < h) is 2h times the signed density at 0, which is half the density of |z| there."""
    h = stats.norm.isf(0.9999 / 2)
    expected = log_rank(-0.4, "1", 17, 10) + np.log(h)
    assert log_rank(-0.4, ">0.9999", 17, 10) == pytest.approx(expected, abs=1e-6)  # h**2


def test_density_over_all_z_and_both_sides_of_a_bound_are_certain():
    p = stats.norm.sf(np.linspace(0, 12, 4001)[1:]) * 2
    density = [np.exp(log_rank(0.9, repr(float(x)), 17, 28)) for x in p]
    # trapezium
    assert np.trapezoid([np.exp(log_rank(0.9, "1", 17, 28)), *density], dx=0.003) == pytest.approx(
        1.0, abs=1e-5
    )
    both = np.logaddexp(log_rank(0.9, "<0.2", 17, 28), log_rank(0.9, ">0.2", 17, 28))
    assert both == pytest.approx(0.0, abs=1e-12)  # rounding only


def test_without_a_direction_equal_arms_cannot_be_told_apart_and_unequal_ones_hardly():
    effects = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(
        log_rank(effects, "0.273", 20, 20), log_rank(-effects, "0.273", 20, 20), rtol=1e-12
    )
    assert np.ptp(log_rank(effects, "0.273", 17, 28) - log_rank(-effects, "0.273", 17, 28)) > 0.1


def test_exchanging_the_arms_mirrors_a_log_rank_likelihood():
    effects = np.linspace(-7, 7, 29)
    for direction, mirror in ((None, None), ("lower", "higher"), ("higher", "lower")):
        np.testing.assert_allclose(
            log_rank(effects, "0.273", 17, 28, direction=direction),
            log_rank(-effects, "0.273", 28, 17, direction=mirror),
            rtol=1e-10,
        )


@pytest.mark.parametrize(
    ("printed", "same"), [("≤0.05", "<0.05"), ("≥0.05", ">0.05"), ("< 0.05", "<0.05"), ("=0.273", "0.273")]
)
def test_every_sign_the_schema_allows_before_a_p_is_read(printed, same):
    assert log_rank(-0.7, printed, 17, 28) == pytest.approx(log_rank(-0.7, same, 17, 28), abs=1e-12)


@pytest.mark.parametrize("p", ["0", "0.000", "1.2"])
def test_a_p_outside_0_to_1_has_no_z(p):
    with pytest.raises(ValueError, match=p):
        log_rank(0.0, p, 17, 28)


def log_rank_z(time, observed, treated):
    """Log-rank z of many cohorts at once, (cohort, patient), no ties: hypergeometric mean and variance."""
    order = np.argsort(time, axis=1)
    observed, treated = (
        np.take_along_axis(observed, order, 1),
        np.take_along_axis(np.broadcast_to(treated, time.shape), order, 1),
    )
    n = time.shape[1]
    # of tocilizumab among those at risk
    share = np.cumsum(treated[:, ::-1], axis=1)[:, ::-1] / np.arange(n, 0, -1)
    return (observed * (treated - share)).sum(1) / np.sqrt(
        (observed * share * (1 - share)).sum(1)
    ), observed.sum(1)


def survival_times(log_hr, cohorts, rng):
    """17 v 28 exponential survival times, censored uniformly over follow-up, about half observed."""
    treated = np.arange(45) < 17
    time = rng.exponential(1.0, (cohorts, 45)) / np.exp(log_hr * treated)
    censoring = rng.uniform(0.3, 2.0, (cohorts, 45))
    return np.minimum(time, censoring), time < censoring, treated


def test_the_log_rank_of_these_tests_is_that_of_lifelines():
    time, observed, treated = survival_times(-0.5, 20, np.random.default_rng(4))
    z, _ = log_rank_z(time, observed, treated)
    for i in range(20):
        found = logrank_test(time[i, treated], time[i, ~treated], observed[i, treated], observed[i, ~treated])
        assert z[i] ** 2 == pytest.approx(found.test_statistic, rel=1e-9)  # rounding only


@pytest.mark.parametrize("log_hr", [0.0, 0.4, -0.8, -2.5, 2.5])
def test_survival_times_censored_over_follow_up_give_log_rank_p_values_as_often_as_the_term_says(log_hr):
    cohorts = 20_000
    z, events = log_rank_z(*survival_times(log_hr, cohorts, np.random.default_rng(5)))
    p = 2 * stats.norm.sf(np.abs(z))
    # the term's events, given the same mean and variance as those simulated
    mean, variance = events.mean() / 45, events.var() / 45**2
    concentration = max((mean * (1 - mean) - variance) / max(variance - mean * (1 - mean) / 45, 1e-4), 50.0)
    shape = mean * concentration, (1 - mean) * concentration
    for printed, direction in [("<0.05", None), (">0.5", None), ("<0.3", "lower"), ("<0.3", "higher")]:
        region = p < float(printed[1:]) if printed[0] == "<" else p > float(printed[1:])
        kept = np.mean(region & on_side(z, direction))
        expected = np.exp(log_rank(log_hr, printed, 17, 28, shape, direction))
        # 0.02: as in real cohorts above
        assert kept == pytest.approx(expected, abs=0.02 + MONTE_CARLO * standard_error(expected, cohorts))


# outcomes of tests


def outcomes(test, n_treated, n_control, d, draws, seed):
    """Share of simulated comparisons in which scipy's test is significant with tocilizumab shorter, longer,
    or not significant.
    """
    rng = np.random.default_rng(seed)
    log_treated, log_control = (
        d + rng.standard_normal((draws, n_treated)),
        rng.standard_normal((draws, n_control)),
    )
    if test == "t":
        p = stats.ttest_ind(log_treated, log_control, axis=1).pvalue
    else:
        p = stats.mannwhitneyu(np.exp(log_treated), np.exp(log_control), axis=1, method="exact").pvalue
    shorter = (
        np.median(log_treated, axis=1) < np.median(log_control, axis=1)
        if test != "t"
        else log_treated.mean(1) < log_control.mean(1)
    )
    return np.mean((p < 0.05) & shorter), np.mean((p < 0.05) & ~shorter), np.mean(p >= 0.05)


@pytest.mark.parametrize("test", ["mann_whitney", "t"])
@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 6), (9, 2), (17, 10)])
@pytest.mark.parametrize("d", [0.0, -0.73, -1.5, 0.91])
def test_the_outcome_of_a_test_is_as_likely_as_in_simulation(test, n_treated, n_control, d):
    draws, sigma = 20_000, 0.6
    shares = outcomes(test, n_treated, n_control, d, draws, 6)
    for (significant, direction), kept in zip(
        [(True, "lower"), (True, "higher"), (False, None)], shares, strict=True
    ):
        report = outcome_of_one_grade((test,), n_treated, n_control, significant, direction)
        expected = np.exp(report.log_likelihood([d * sigma], sigma))
        # 1e-3 for interpolation between the points of the grid; the curve is exact there
        assert kept == pytest.approx(expected, abs=MONTE_CARLO * standard_error(expected, draws) + 1e-3)


@pytest.mark.parametrize(("significant", "direction"), [(True, "lower"), (True, None), (False, None)])
def test_tests_named_as_alternatives_are_averaged(significant, direction):
    def probability(*tests):
        return np.exp(outcome_of_one_grade(tests, 9, 6, significant, direction).log_likelihood([-0.8], 1.0))

    average = (probability("t") + probability("mann_whitney")) / 2
    # at a point of the grid: rounding only
    assert probability("t", "mann_whitney") == pytest.approx(average, rel=1e-12)


def test_significant_in_an_unprinted_direction_is_either():
    either, lower, higher = (
        outcome_of_one_grade(("mann_whitney",), 9, 6, True, side).log_likelihood([-0.2], 1.0)
        for side in (None, "lower", "higher")
    )
    # at a point of the grid: rounding only
    assert either == pytest.approx(np.logaddexp(lower, higher), abs=1e-9)


@pytest.mark.parametrize(("n_treated", "n_control"), [(5, 1), (3, 3), (1, 38)])
def test_a_significance_no_data_can_give_is_refused(n_treated, n_control):
    with pytest.raises(
        ValueError, match=f"{n_treated} v {n_control} patients cannot give the printed outcome"
    ):
        outcome_of_one_grade(("mann_whitney",), n_treated, n_control, True, "lower")


def test_an_outcome_that_no_data_can_miss_says_nothing():
    report = outcome_of_one_grade(("mann_whitney",), 5, 1, False)
    for d in (-9.0, -1.23, 0.0, 4.0, 40.0):
        assert report.log_likelihood([d], 1.0) == pytest.approx(0.0, abs=1e-12)  # rounding only


SIGNIFICANCES = [(True, "lower"), (True, "higher"), (True, None), (False, None)]


@pytest.mark.parametrize("tests", [("mann_whitney",), ("t",), ("t", "mann_whitney")])
@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 6), (9, 2), (17, 10)])
@pytest.mark.parametrize(("significant", "direction"), SIGNIFICANCES)
def test_exchanging_the_direction_mirrors_the_curve(tests, n_treated, n_control, significant, direction):
    mirror = {"lower": "higher", "higher": "lower", None: None}[direction]
    report = outcome_of_one_grade(tests, n_treated, n_control, significant, direction)
    mirrored = outcome_of_one_grade(tests, n_treated, n_control, significant, mirror)
    for d in (0.0, 0.33, 1.7, 4.01, 6.5, 30.0):
        # where a probability is below 1e-6 its logarithm carries the curve's 1e-7
        here = report.log_likelihood([d], 1.0)
        assert mirrored.log_likelihood([-d], 1.0) == pytest.approx(
            here, abs=1e-4 if here > np.log(1e-6) else 0.5
        )


@pytest.mark.parametrize("tests", [("mann_whitney",), ("t",), ("t", "mann_whitney")])
@pytest.mark.parametrize(("n_treated", "n_control"), [(9, 6), (9, 2), (17, 10), (3, 5)])
@pytest.mark.parametrize("direction", ["lower", None])
def test_not_significant_and_shorter_keep_falling_as_the_effect_departs_from_them(
    tests, n_treated, n_control, direction
):
    significant = direction == "lower"
    if significant and (n_treated, n_control) == (3, 5):
        tests = ("mann_whitney",)
    report = outcome_of_one_grade(tests, n_treated, n_control, significant, direction)
    found = np.array([report.log_likelihood([d], 1.0) for d in np.arange(1.0, 40.0, 0.25)])
    assert np.isfinite(found).all()
    assert (np.diff(found) < 0).all()


def test_a_curve_is_smooth_between_the_points_of_its_grid():
    report = outcome_of_one_grade(("mann_whitney",), 9, 6, True, "lower")
    at = np.linspace(-3, 1.5, 2001)
    found = np.array([report.log_likelihood([d], 1.0) for d in at])
    slope = np.diff(found) / np.diff(at)
    # a kink at a grid point would jump by the change of slope over 0.2
    assert np.abs(np.diff(slope)).max() < 0.02
    assert GRID[1] - GRID[0] == pytest.approx(0.2)


# outcomes of tests over mixed grades


@pytest.mark.parametrize(
    ("grade_1", "treated", "control", "sigma"),
    [
        (1.6, 1.8, 1.8, 0.5),
        (1.6, 1.4, 1.8, 0.5),
        (1.2, 2.3, 1.8, 0.5),
        (1.6, 1.2, 1.8, 0.3),
        (1.8, 1.8, 1.8, 0.7),
        (1.4, 1.6, 2.0, 0.35),
        (1.2, 1.5, 2.2, 0.3),
    ],
)
def test_a_mixed_outcome_is_within_3_percentage_points_of_simulation_at_8_v_18(
    grade_1, treated, control, sigma
):
    """Zhou 2025, grades 1 and 2: 8 of grade 2 with tocilizumab against 7 of grade 1 and 11 of grade 2
    without.
    """
    rng, draws = np.random.default_rng(7), 10_000
    given_it = treated + sigma * rng.standard_normal((draws, 8))
    others = np.repeat([grade_1, control], [7, 11]) + sigma * rng.standard_normal((draws, 18))
    found = stats.mannwhitneyu(given_it, others, axis=1, method="exact")
    shorter = found.statistic < 8 * 18 / 2
    shares = [
        np.mean((found.pvalue < 0.05) & shorter),
        np.mean((found.pvalue < 0.05) & ~shorter),
        np.mean(found.pvalue >= 0.05),
    ]
    for (significant, direction), kept in zip(
        [(True, "lower"), (True, "higher"), (False, None)], shares, strict=True
    ):
        report = outcome_of_mixed_grades([8], [7, 11], significant, direction)
        expected = np.exp(report.log_likelihood([treated, grade_1, control], sigma))
        # 0.03: the stated accuracy of a normal U with shares for counts
        assert kept == pytest.approx(expected, abs=0.02 + MONTE_CARLO * standard_error(expected, draws))


def test_a_mixed_outcome_of_equal_grades_is_the_outcome_of_one_grade():
    for d in (-1.2, -0.4, 0.0, 0.8):
        mixed = outcome_of_mixed_grades([8], [7, 11], False).log_likelihood([d, 0.0, 0.0], 1.0)
        one = outcome_of_one_grade(("mann_whitney",), 8, 18, False).log_likelihood([d], 1.0)
        # its stated accuracy: a normal U against the exact one
        assert np.exp(mixed) == pytest.approx(np.exp(one), abs=0.03)


def test_the_four_mixed_outcomes_are_all_that_can_happen():
    means = [1.4, 1.6, 1.9]
    lower, higher, either, neither = (
        np.exp(outcome_of_mixed_grades([8], [7, 11], s, d).log_likelihood(means, 0.5))
        for s, d in SIGNIFICANCES
    )
    assert lower + higher == pytest.approx(either, abs=1e-12)
    assert either + neither == pytest.approx(1.0, abs=1e-12)


# histories behind a log-rank p


def histories(log_hr, p, n_treated, n_control, counted=None):
    return LogRankHistories(p, None, n_treated, n_control, counted).log_likelihood(log_hr)


@pytest.mark.parametrize(
    ("n_treated", "n_control", "p"), [(9, 2, "0.3977"), (5, 1, "0.6547"), (9, 2, "0.9186")]
)
def test_the_tabulated_histories_are_those_computed_directly(n_treated, n_control, p):
    effects = np.random.default_rng(4).uniform(-5, 5, 60)
    assert histories(effects, p, n_treated, n_control) == pytest.approx(
        log_probability(effects, n_treated, n_control, p), abs=1e-4
    )


def test_beyond_the_grid_histories_go_on_in_a_line():
    far = histories(np.array([-8.0, -9.0, -10.0]), "0.3977", 9, 2)
    assert np.diff(far, 2) == pytest.approx(0.0, abs=1e-9)


def test_histories_of_those_who_count_are_averaged_over_how_many_they_are():
    """3 v 2 patients of whom each counts with probability 0.8, summed over every size of both groups."""
    log_hr, counted = np.array([-1.0, 0.0, 1.0]), (8, 10)
    expected = sum(
        stats.binom.pmf(i, 3, 0.8)
        * stats.binom.pmf(j, 2, 0.8)
        * np.exp(log_probability(log_hr, i, j, "0.3173"))
        for i in (1, 2, 3)
        for j in (1, 2)
    )
    assert histories(log_hr, "0.3173", 3, 2, counted=counted) == pytest.approx(np.log(expected), abs=1e-4)


def test_a_p_that_no_history_prints_is_refused():
    with pytest.raises(ValueError, match=r"no history of 2 v 1 patients has a log-rank p of 0\.0001"):
        histories(0.0, "0.0001", 2, 1)
