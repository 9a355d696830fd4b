"""Predictive checks agree with what can be calculated."""

from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from models.answers import absolute
from models.engines import reweight
from models.evidence.foreseen import (
    CountsOutcomeForeseen,
    CountsPForeseen,
    DurationsForeseen,
    LogRankForeseen,
    MedianForeseen,
    RanksForeseen,
)
from models.evidence.report import Unused
from models.likelihood.log_rank_exits import log_rank_z
from models.priors import TAU_DURATION, TAU_PRIMARY
from models.trust import predictive


def test_without_an_effect_the_simulated_z_is_nearly_standard_normal():
    """Nearly: one cohort in twenty has a single event or two, of which z is a set of points."""
    z = log_rank_z(np.zeros(20_000), 20, 20, np.random.default_rng(1))
    assert z.mean() == pytest.approx(0.0, abs=5 / np.sqrt(20_000)) and z.std() == pytest.approx(1.0, abs=0.04)
    assert stats.kstest(z, "norm").statistic < 0.04


def test_the_mean_of_z_is_the_log_hazard_ratio_times_the_root_of_the_information():
    """Events uniform on 1..160 and half the patients treated: E sqrt(V) = mean of sqrt(d) / 2, of a small
    effect; patients with the higher hazard leave first, for which 4 % are allowed.
    """
    z = log_rank_z(np.full(20_000, 0.2), 80, 80, np.random.default_rng(2))
    expected = 0.2 * np.mean(np.sqrt(np.arange(1, 161))) / 2
    assert z.mean() == pytest.approx(expected, abs=0.04 * expected + 5 * z.std() / np.sqrt(len(z)))


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def effects(log_ratio: np.ndarray, baseline: np.ndarray | None = None) -> xr.Dataset:
    """Draws of the effect in one study and of the log odds of its control group."""
    draws = {"theta": (("study", "draw"), log_ratio[None])}
    if baseline is not None:
        draws["alpha"] = (("table", "draw"), baseline[None])
    return xr.Dataset(draws, {"study": ["study2020"], "table": ["study2020"]})


def log_rank_report(p: str) -> Unused:
    return Unused("study2020", ("overall_survival.p",), "left out", check=LogRankForeseen(p, None, 30, 30))


def test_without_an_effect_a_result_as_far_out_is_foreseen_with_its_own_p_value():
    check = predictive.foreseen(log_rank_report("0.040"), effects(np.zeros(100_000)), rng(3))
    assert check.probability == pytest.approx(0.040, abs=5 * np.sqrt(0.04 * 0.96 / 1e5))
    assert check.verdict == "surprising"


def test_a_z_near_zero_is_not_surprising():
    check = predictive.foreseen(log_rank_report("0.985"), effects(np.zeros(10_000)), rng(4))
    assert check.verdict == "as foreseen"


@pytest.mark.parametrize(
    ("printed", "foreseen"),
    [
        (CountsPForeseen(23, 17, "0.0204"), lambda p: p <= 0.02045),
        (CountsOutcomeForeseen(23, 17, False, 0.05), lambda p: p >= 0.05),
    ],
)
def test_a_test_of_counts_is_foreseen_as_often_as_enumeration_says(printed, foreseen):
    """23 v 17 patients at risks of 0.5 and 0.3: every table with its binomial probability and SciPy's Fisher
    p.
    """
    expected = sum(
        stats.binom.pmf(a, 23, 0.5)
        * stats.binom.pmf(c, 17, 0.3)
        * foreseen(stats.fisher_exact([[a, 23 - a], [c, 17 - c]]).pvalue)
        for a in range(24)
        for c in range(18)
    )
    report = Unused("study2020", ("severe_infection.p",), "left out", check=printed)
    log_or, midway = np.full(40_000, np.log(0.7 / 0.3)), np.full(40_000, np.log(0.3 / 0.7) / 2)
    check = predictive.foreseen(report, effects(log_or, midway), rng(6))
    assert check.probability == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / 40_000))


def duration_draws(delta: float, samples: int = 4000) -> xr.Dataset:
    shape = (1, samples)
    one = (("chain", "draw"), np.zeros(shape))
    return xr.Dataset(
        {
            "step_1_to_2": one,
            "step_2_to_3": one,
            "level": (("chain", "draw", "study"), np.full((*shape, 1), 1.8)),
            "sigma": (("chain", "draw", "study"), np.full((*shape, 1), 0.5)),
            "delta": (("chain", "draw", "study", "grade"), np.full((*shape, 1, 3), delta)),
        },
        {"chain": [0], "draw": range(samples), "study": ["study2020"], "grade": [1, 2, 3]},
    )


def duration_report(outcome: bool) -> Unused:
    return Unused(
        "study2020",
        ("crs_duration.test",),
        "left out",
        check=DurationsForeseen(outcome, ((3, 9),), ((3, 6),)),
    )


def test_without_an_effect_a_test_of_durations_is_significant_as_often_as_its_exact_size():
    # exact two-sided size of Mann-Whitney at 9 v 6 and alpha 0.05
    from models.likelihood.power import mann_whitney_critical, mann_whitney_null

    size = 2 * mann_whitney_null(9, 6)[: mann_whitney_critical(9, 6, 0.05) + 1].sum()
    check = predictive.foreseen(duration_report(True), duration_draws(0.0), rng(5))
    assert check.probability == pytest.approx(size, abs=5 * np.sqrt(size * (1 - size) / 4000))


def test_a_large_effect_makes_a_significant_test_near_certain():
    check = predictive.foreseen(duration_report(False), duration_draws(-3.0), rng(6))
    assert check.probability < 0.01 and check.verdict == "surprising"


def left_out_of_unknown_grades(check) -> Unused:
    return Unused("study2020", ("crs_duration.high",), "left out", check=check)


def test_without_an_effect_a_rank_p_is_as_small_as_often_as_orders_of_the_patients_say():
    """4 v 3 patients: each of the 35 orders alike, with SciPy's exact p; a printed 0.11 is below 0.115."""
    orders = [
        stats.mannwhitneyu(chosen, [rank for rank in range(7) if rank not in chosen], method="exact").pvalue
        for chosen in combinations(range(7), 4)
    ]
    expected = np.mean(np.array(orders) < 0.115)
    check = predictive.foreseen(
        left_out_of_unknown_grades(RanksForeseen("0.11", (((1, 2), (2, 2)), ((1, 4),)), (((2, 3),),))),
        duration_draws(0.0),
        rng(8),
    )
    assert check.predicted.shape == (2, 4000) and 0 < expected < 1
    for chance in (check.probability, *check.over_mixes):
        assert chance == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / 4000))


def test_a_median_is_foreseen_as_often_as_binomials_say():
    """The median of 9 is 7.5 or more where 5 of them or more are; 7.5 is the least that prints as 8."""
    above = stats.norm.sf((np.log(7.5) - 1.8) / 0.5)
    expected = 2 * stats.binom.sf(4, 9, above)
    check = predictive.foreseen(
        left_out_of_unknown_grades(MedianForeseen(8.0, False, (((2, 9),),))), duration_draws(0.0), rng(9)
    )
    assert check.probability == pytest.approx(expected, abs=10 * np.sqrt(expected / 2 / 4000))


def test_each_mix_of_grades_counts_alike():
    """One grade lasts e times as long: the median of 9 is below the printed one, or above it."""
    draws = duration_draws(0.0).assign(step_2_to_3=(("chain", "draw"), np.ones((1, 4000))))
    short, long = ((2, 9),), ((3, 9),)
    medians = [
        predictive.foreseen(left_out_of_unknown_grades(MedianForeseen(10.0, True, mixes)), draws, rng(10))
        for mixes in ((short,), (long,), (short, long))
    ]
    assert medians[2].over_mixes == pytest.approx([medians[0].probability, medians[1].probability], abs=0.03)
    assert medians[0].over_mixes == (medians[0].probability,) * 2


def test_checks_are_the_same_at_every_run():
    first, second = (
        predictive.foreseen(duration_report(True), duration_draws(0.0, 200), rng(predictive.SEED))
        for _ in "ab"
    )
    assert np.array_equal(first.predicted, second.predicted)


def test_the_risk_with_the_drug_by_hand():
    # odds 1 to 3 times 3 are even odds
    assert absolute.risk_with(0.25, np.log(3)) == pytest.approx(0.5, rel=1e-12)
    assert absolute.risk_with(0.25, 0.0) == pytest.approx(0.25, rel=1e-12)


def test_reweighting_to_the_same_prior_changes_nothing():
    generator = np.random.default_rng(7)
    tau = np.abs(generator.normal(0, 0.35, 4000))
    draws = xr.Dataset({"tau": ("draw", tau), "mu": ("draw", generator.normal(-0.3, 0.2, 4000))})
    found = reweight.limits_under(draws, TAU_DURATION, TAU_DURATION)
    np.testing.assert_allclose(
        list(found.values()), np.exp(np.quantile(draws["mu"], [0.5, 0.025, 0.975])), rtol=0.01
    )


def test_reweighting_recovers_the_other_prior_and_refuses_where_draws_are_few():
    # with mu equal to tau, the reweighted median is the other prior's: 0.6745 times its SD
    tau = TAU_DURATION.quantile((np.arange(200_000) + 0.5) / 200_000)
    draws = xr.Dataset({"tau": ("draw", tau), "mu": ("draw", tau)})
    assert np.log(reweight.limits_under(draws, TAU_DURATION, TAU_PRIMARY)["median"]) == pytest.approx(
        0.6745 * 0.5, abs=0.005
    )
    assert reweight.limits_under(draws.isel(draw=slice(0, 100)), TAU_DURATION, TAU_PRIMARY) is None


def test_the_priors_foresee_effects_with_their_own_spread():
    # mu has SD 1 and tau squared the mean 0.5 squared, so a single study has SD root(1.25)
    assert predictive.prior_effects("severe_infection", 100_000).std() == pytest.approx(
        np.sqrt(1.25), rel=0.02
    )


def test_what_the_priors_foresee_is_said_of_each_table_and_log_rank_p_used(review):
    assert "357 in 1,000" in predictive.foreseen_before("severe_infection", review)[0]  # 10 of 28
    assert any("17 v 28 patients" in said for said in predictive.foreseen_before("overall_survival", review))
