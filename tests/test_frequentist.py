"""Conventional estimates reproduce print, other software, and hand calculation."""

import numpy as np
import pytest
from reference import counts, effects, published

from models.engines.frequentist import fisher_exact_p, log_odds_ratio, mantel_haenszel, peto, random_effects


def test_peto_odds_ratio_of_short_term_beta_blocker_trials_is_the_one_in_print():
    # Yusuf 1985, Prog Cardiovasc Dis 27:335, table 6 and page 107: 0.93 (0.74 to 1.18), two digits printed
    pooled = peto(*counts("yusuf6"))
    np.testing.assert_allclose(
        np.exp([pooled.estimate, pooled.lower, pooled.upper]), [0.93, 0.74, 1.18], atol=0.005
    )


def test_peto_of_two_equal_tables_by_hand():
    # 1 of 4 v 3 of 4: O - E = 1 - 4*4/8 = -1, V = 4*4*4*4/(64*7) = 4/7; two such tables: -2 / (8/7) = -1.75
    pooled = peto([1, 1], [4, 4], [3, 3], [4, 4])
    assert pooled.estimate == pytest.approx(-1.75, rel=1e-12)
    assert pooled.se == pytest.approx(np.sqrt(7 / 8), rel=1e-12)


def test_mantel_haenszel_odds_ratio_of_the_tolbutamide_trial_is_the_one_in_print():
    # Rothman 2008, Modern Epidemiology 3rd ed, table 15-1, and metafor's test of it: log OR 0.3387 with a
    # 90 % interval of -0.1731 to 0.8505, so an SE of 1.0236 / (2 * 1.6449) = 0.3112 (four digits printed)
    pooled = mantel_haenszel([8, 22], [106, 98], [5, 16], [120, 85])
    assert pooled.estimate == pytest.approx(0.3387, abs=1e-4)
    assert pooled.se == pytest.approx(0.3112, abs=1e-4)


@pytest.mark.parametrize("dataset", ["schools", "yusuf6"])
def test_hartung_knapp_interval_is_metafors_where_both_estimators_of_tau_are_zero(dataset):
    # metafor used REML, this Paule-Mandel; at tau = 0 nothing else differs. Five digits are published.
    reference, pooled = published(dataset, "nn", "metafor"), random_effects(*effects(dataset))
    assert pooled.tau == 0
    for found, name in (
        (pooled.estimate, "mu_median"),
        (pooled.lower, "mu_lower"),
        (pooled.upper, "mu_upper"),
        (pooled.prediction_lower, "prediction_lower"),
        (pooled.prediction_upper, "prediction_upper"),
    ):
        assert found == pytest.approx(reference[name], rel=1e-4)


@pytest.mark.parametrize("dataset", ["bcg", "crins", "hackshaw"])
def test_paule_mandel_tau_makes_the_generalised_q_equal_its_degrees_of_freedom(dataset):
    # the definition: Paule 1982; the library's iteration stops when Q is within 1e-5
    estimate, se = effects(dataset)
    pooled = random_effects(estimate, se)
    weight = 1 / (se**2 + pooled.tau**2)
    assert pooled.estimate == pytest.approx(np.average(estimate, weights=weight), rel=1e-9)
    assert np.sum(weight * (estimate - pooled.estimate) ** 2) == pytest.approx(len(se) - 1, abs=2e-5)


def test_hartung_knapp_of_three_equal_weights_by_hand():
    # equal SEs: the mean of 0, 1, 2 is 1, its standard error SD / sqrt(3) = 1 / sqrt(3), t(2) at 97.5 % is
    # 4.302653
    pooled = random_effects([0.0, 1.0, 2.0], [0.1, 0.1, 0.1])
    assert pooled.se == pytest.approx(1 / np.sqrt(3), rel=1e-6)
    assert pooled.upper == pytest.approx(1 + 4.302653 / np.sqrt(3), rel=1e-6)
    # tau^2 + 0.01 = the variance of 0, 1, 2, which is 1
    assert pooled.tau == pytest.approx(np.sqrt(0.99), rel=1e-5)
    assert pooled.prediction_upper == pytest.approx(1 + 4.302653 * np.sqrt(0.99 + 1 / 3), rel=1e-5)


@pytest.mark.parametrize("dataset", ["bcg", "crins", "nielweise", "yusuf6"])
def test_log_odds_ratios_and_standard_errors_are_those_of_metafor(dataset):
    # the published effect sizes come from metafor's escalc with the same handling of zero cells
    found = [log_odds_ratio(*study) for study in zip(*counts(dataset), strict=True)]
    kept = [study for study in found if study.estimate is not None]
    estimate, se = effects(dataset)
    np.testing.assert_allclose([study.estimate for study in kept], estimate, rtol=1e-9)
    np.testing.assert_allclose([study.se for study in kept], se, rtol=1e-9)


def test_a_study_without_events_has_no_odds_ratio_and_says_so():
    assert log_odds_ratio(0, 9, 0, 8).estimate is None
    assert "without events" in log_odds_ratio(0, 9, 0, 8).reason


@pytest.mark.parametrize("method", [mantel_haenszel, peto])
def test_nothing_is_pooled_from_one_study_and_the_reason_is_given(method):
    assert method([1], [4], [3], [4]).estimate is None
    assert method([1], [4], [3], [4]).reason == "1 study: nothing to pool"
    assert method([], [], [], []).reason == "0 studies: nothing to pool"
    assert "no study has both" in method([0, 0], [3, 3], [0, 0], [4, 4]).reason


def test_random_effects_of_one_study_does_not_exist():
    assert random_effects([0.3], [0.1]).reason == "1 study: nothing to pool"


def test_an_infinite_mantel_haenszel_odds_ratio_is_not_shown():
    assert (
        mantel_haenszel([0, 0], [3, 3], [1, 2], [4, 4]).reason == "the pooled odds ratio is zero or infinite"
    )


def test_fishers_exact_p_of_the_lady_tasting_tea():
    # Fisher 1935: 3 of 4 v 1 of 4 correct, two-sided p = (16 + 1 + 16 + 1) / 70
    assert fisher_exact_p(3, 4, 1, 4) == pytest.approx(34 / 70, rel=1e-12)
