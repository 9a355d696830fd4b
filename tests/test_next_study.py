"""The posterior expected after one more study, against hand formulas, enumeration, simulation and the other
engines.
"""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from scipy import integrate, special, stats

from book.shown import what_would_change as change
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.engines.effects import study_likelihoods
from models.engines.quadrature import from_study_likelihoods, normal_normal
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import MIDWAY, MU_LOG_RATIO, TAU_PRIMARY, parse
from models.runs import store
from models.trust import next_design
from models.trust.next_study import (
    ENDLESS,
    Expected,
    after_counts,
    after_ratios,
    from_draws,
    from_likelihoods,
    unchanged,
)

NO_TAU = parse("half-normal:0.0005")
TAU = 0.3
# within 1 % of 0.3: moves a probability by less than 0.001
KNOWN_TAU = parse(f"log-normal:{np.log(TAU)}:0.01")


def normal(estimate: float, se: float):
    return lambda theta: -(((estimate - theta) / se) ** 2) / 2


def by_hand(
    estimate: float, variance: float, truth: float, new_variance: float
) -> tuple[float, float, float]:
    """Expected P(mu < 0), mean and SD from a N(0, 1) prior, one estimate and a new one with mean `truth`, all
    variances known.
    """
    precision = 1 + 1 / variance + 1 / new_variance
    mean = (estimate / variance + truth / new_variance) / precision
    moved = np.sqrt(new_variance) / new_variance / precision  # SD of the posterior mean over reports
    return stats.norm.cdf(-mean / np.hypot(precision**-0.5, moved)), mean, precision**-0.5


@pytest.mark.parametrize("key", [key for key in ENDPOINTS if key != "crs_duration_grade3"])
def test_todays_grid_is_the_posterior_of_the_other_engine(key, review):
    endpoint, engine = ENDPOINTS[key], quadrature(key, review=review)
    found = unchanged(
        from_likelihoods(
            list(study_likelihoods(evidence_of(key, review)).values()), endpoint.mu_prior, endpoint.tau_prior
        )
    )
    # half the tau nodes of the engine, and an even grid of 0.04: some 1e-3 of the SD
    assert found.below == pytest.approx(engine.probability_below(), abs=1e-3)
    assert found.mean == pytest.approx(engine.mu.expectation(lambda mu: mu), abs=1e-3)


def test_without_any_study_today_is_the_prior():
    found = unchanged(from_likelihoods([], MU_LOG_RATIO, TAU_PRIMARY))
    assert (found.below, found.mean, found.sd) == pytest.approx((0.5, 0.0, 1.0), abs=1e-4)


def test_a_study_of_no_patients_changes_nothing():
    today = from_likelihoods([normal(-0.5, 0.4)], MU_LOG_RATIO, TAU_PRIMARY)
    found = after_ratios(today, 1e4, -2.0)
    assert vars(found) == pytest.approx(vars(unchanged(today)), abs=1e-4)


@pytest.mark.parametrize("truth", [-0.5, 0.0, 0.4])
def test_where_studies_do_not_differ_the_result_is_that_of_the_normal_formula(truth):
    today = from_likelihoods([normal(-0.5, 0.4)], MU_LOG_RATIO, NO_TAU)
    found = after_ratios(today, 0.2, truth)
    # the half weight at zero on a grid of 0.04 against an SD of 0.18: 1e-3
    assert (found.below, found.mean, found.sd) == pytest.approx(by_hand(-0.5, 0.16, truth, 0.04), abs=1.5e-3)


@pytest.mark.parametrize("studies", [2, 5, 20])
def test_several_studies_pool_as_the_normal_formula_says(studies):
    today = from_likelihoods([normal(-0.5, 0.4)], MU_LOG_RATIO, KNOWN_TAU)
    found = after_ratios(today, 0.3, -0.2, studies)
    expected = by_hand(-0.5, 0.16 + TAU**2, -0.2, (0.09 + TAU**2) / studies)
    assert (found.below, found.mean, found.sd) == pytest.approx(expected, abs=3e-3)


def test_ever_larger_studies_tend_to_the_ceiling_that_tau_sets():
    today = from_likelihoods([normal(-0.5, 0.4)], MU_LOG_RATIO, KNOWN_TAU)
    below = [after_ratios(today, se, -0.5).below for se in (1.0, 0.4, 0.1, ENDLESS)]
    ceiling = by_hand(-0.5, 0.16 + TAU**2, -0.5, TAU**2)[0]
    assert np.all(np.diff(below) > 0) and ceiling < 0.95
    # ENDLESS adds 0.04^2 to 0.3^2, 2 % of the variance
    assert below[-1] == pytest.approx(ceiling, abs=3e-3)


def test_studies_of_enormous_size_with_counts_reach_the_same_ceiling():
    today = from_likelihoods([normal(-0.5, 0.4)], MU_LOG_RATIO, KNOWN_TAU)
    (found,) = after_counts(today, 2000, 2000, 0.4, [-0.5])
    # Woolf: SE of 0.065, with a tau of 0.3 together 0.307; the normal law of a log odds ratio holds to 0.003
    # here
    assert found.below == pytest.approx(by_hand(-0.5, 0.16 + TAU**2, -0.5, TAU**2 + 0.065**2)[0], abs=5e-3)


def test_counts_of_a_small_study_agree_with_a_refit_for_every_table():
    n, risk, truth = 6, 0.4, -0.7
    likelihood = normal(-0.5, 0.4)
    expected = 0.0
    for treated in range(n + 1):
        seen = integrate.quad(
            lambda z, treated=treated: (
                stats.norm.pdf(z)
                * stats.binom.pmf(treated, n, special.expit(special.logit(risk) + truth + TAU * z))
            ),
            -7,
            7,
        )[0]
        for control in range(n + 1):
            new = two_arm_log_likelihood(treated, n, control, n, MIDWAY)
            refit = from_study_likelihoods([likelihood, new], MU_LOG_RATIO, KNOWN_TAU)
            expected += seen * stats.binom.pmf(control, n, risk) * refit.probability_below()
    (found,) = after_counts(from_likelihoods([likelihood], MU_LOG_RATIO, KNOWN_TAU), n, n, risk, [truth])
    # every count with tocilizumab is a node, five of seven without are; the two ways of integrating tau
    # differ by 0.001
    assert found.below == pytest.approx(expected, abs=2e-3)


def test_a_planted_truth_simulated_and_refitted_study_by_study_gives_the_same_average():
    estimate, se, truth, new_se = [-0.5, 0.1], [0.4, 0.3], -0.4, 0.25
    generator, now = np.random.default_rng(3), normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY)
    tau = now.tau.quantile(generator.uniform(size=400))
    reports = truth + np.hypot(tau, new_se) * generator.standard_normal(400)
    below = [
        normal_normal([*estimate, y], [*se, new_se], MU_LOG_RATIO, TAU_PRIMARY).probability_below()
        for y in reports
    ]
    found = after_ratios(
        from_likelihoods(
            [normal(*study) for study in zip(estimate, se, strict=True)], MU_LOG_RATIO, TAU_PRIMARY
        ),
        new_se,
        truth,
    )
    # three Monte Carlo errors
    assert found.below == pytest.approx(np.mean(below), abs=3 * np.std(below) / 20)


def test_averaged_over_what_is_believed_today_the_probability_stays_what_it_is():
    today = from_likelihoods([normal(-0.5, 0.4)], MU_LOG_RATIO, KNOWN_TAU)
    now = unchanged(today)
    truths = stats.norm.ppf((np.arange(50) + 0.5) / 50, now.mean, now.sd)  # normal, since tau is known
    assert np.mean([after_ratios(today, 0.2, t).below for t in truths]) == pytest.approx(now.below, abs=1e-3)
    # the control risk is fixed here and not drawn from its prior, which matters less the larger the study is
    assert np.mean(
        [found.below for found in after_counts(today, 1000, 1000, 0.3, list(truths))]
    ) == pytest.approx(now.below, abs=2e-3)


def test_mirrored_evidence_and_truth_give_the_mirrored_probability():
    one, other = (from_likelihoods([normal(sign * 0.5, 0.4)], MU_LOG_RATIO, TAU_PRIMARY) for sign in (1, -1))
    for first, second in [
        (after_ratios(one, 0.2, 0.3), after_ratios(other, 0.2, -0.3)),
        (after_counts(one, 30, 30, 0.5, [0.3])[0], after_counts(other, 30, 30, 0.5, [-0.3])[0]),
    ]:
        # at a control risk of one half events and non-events change places; the rules are symmetric up to
        # rounding of counts
        assert first.below + second.below == pytest.approx(1, abs=1e-3) and first.sd == pytest.approx(
            second.sd, abs=1e-3
        )


def test_draws_serve_where_there_is_no_grid():
    generator, tau = np.random.default_rng(8), TAU * np.ones(4000)
    now = by_hand(-0.5, 0.16 + TAU**2, 0.0, 1e12)
    found = after_ratios(
        from_draws(generator.normal(now[1], now[2], 4000), tau * generator.uniform(0.999, 1.001, 4000)),
        0.3,
        -0.5,
    )
    # 4,000 draws, of which a report leaves some 2,000 effective: 0.5 / sqrt(2000) = 0.011 at most
    assert found.below == pytest.approx(by_hand(-0.5, 0.16 + TAU**2, -0.5, 0.09 + TAU**2)[0], abs=0.025)


# the design of the new study


def test_the_new_study_splits_its_patients_as_the_included_ones_do(review):
    # 17 v 28 and 32 v 35 patients; with CRS of grade 3 or above 9 v 6 and 5 v 1
    assert next_design.design("severe_infection", review).treated_share == pytest.approx(49 / 112)
    assert next_design._split("crs_duration_grade3", evidence_of("crs_duration_grade3", review), review)[
        0
    ] == pytest.approx(14 / 21)


def test_the_risk_without_the_drug_is_that_of_all_control_arms_and_half_an_event(review):
    assert next_design.design("icans", review).control_risk == pytest.approx(4.5 / 112)  # 0/28, 0/35, 4/48
    assert next_design.design("severe_crs", review).control_risk == pytest.approx(13.5 / 27)  # 13/26


def test_events_are_those_a_printed_hazard_ratio_implies(review):
    # 1.031 (0.512 to 2.076) in 45 v 48 patients: se 0.3571, so 1 / (0.3571^2 x 0.4839 x 0.5161) = 31.4 events
    # of 93
    plan = next_design.design("overall_survival", review)
    r = 94 / 205  # 17 + 32 + 45 of 45 + 67 + 93
    assert plan.treated_share == pytest.approx(r)
    assert plan.se(200, 0.0) == pytest.approx(1 / np.sqrt(200 * 31.4 / 93 * r * (1 - r)), rel=2e-3)


def test_the_standard_error_of_a_ratio_of_medians_is_that_of_simulated_ones():
    generator, sigma = np.random.default_rng(4), 0.45
    medians = [np.median(generator.normal(0, sigma, (20_000, n)), axis=1) for n in (101, 51)]
    plan = next_design.Design(101 / 152, "", se_of_one=next_design.median_ratio_se_of_one(101 / 152, sigma))
    # large-sample formula; simulation error 0.5 %
    assert plan.se(152, 0.0) == pytest.approx(np.std(medians[0] - medians[1]), rel=0.02)


# words, tables and picture


def outlook(
    p_below: list[float],
    endless: float,
    truth=change.MEDIAN,
    key="severe_infection",
    log_ratio=-0.3,
    studies=7,
):
    now, *later = (Expected(p, log_ratio, 0.3) for p in p_below)
    return change.Outlook(
        key,
        truth,
        log_ratio,
        now,
        dict(zip(change.SIZES, later, strict=True)),
        Expected(endless, log_ratio, 0.2),
        studies,
    )


RISING = [0.80, 0.82, 0.85, 0.90, 0.94, 0.96, 0.97, 0.98]


def test_the_smallest_size_lies_where_the_curve_crosses_95_per_cent():
    # halfway from 0.94 to 0.96 on the log scale
    assert outlook(RISING, 0.99).smallest == pytest.approx(np.sqrt(150 * 300))
    assert change.size_words(outlook(RISING, 0.99)) == "220 patients"  # 212, two digits, rounded up
    assert outlook([0.99] * 8, 0.99).smallest == 0
    assert outlook([0.5] * 8, 0.97).smallest == np.inf
    assert outlook([0.5] * 8, 0.90).smallest is None and "90 %" in change.size_words(outlook([0.5] * 8, 0.90))
    assert outlook([0.99] * 8, 0.99, change.NONE, log_ratio=0.0).smallest is None


def test_where_more_is_better_the_sides_change_places():
    found = outlook(RISING, 0.99, key="complete_response", log_ratio=0.3)
    assert found.p_better(found.today) == pytest.approx(0.2) and found.p_true_side(
        found.today
    ) == pytest.approx(0.2)


def test_the_finding_names_what_is_settled_and_what_is_not():
    text = change.finding(
        [
            outlook(RISING, 0.99),
            outlook([0.5] * 8, 0.8, key="icans"),
            outlook([0.5] * 8, 0.8, change.BENEFIT, studies=41),
            outlook([0.5] * 8, 0.5, change.NONE, log_ratio=0.0, studies=None),
        ]
    )
    assert (
        "1 of 2 endpoints if the truth is today's median (severe infection)" in text
        and "in 0 of 1 endpoints if the truth is an important" in text
    )
    assert (
        "takes 7 studies of 100 patients each in the first case, and more than 40 studies" in text
        and text.count(". ") == 1
    )


@pytest.fixture
def invented_duration(monkeypatch):
    """Draws for the one endpoint that is sampled."""
    generator = np.random.default_rng(1)
    draws = xr.Dataset(
        {
            "mu": (("chain", "draw"), generator.normal(-0.3, 0.2, (4, 200))),
            "tau": (("chain", "draw"), generator.uniform(0.01, 0.6, (4, 200))),
            "sigma": (("chain", "draw"), np.full((4, 200), 0.45)),
        }
    )
    monkeypatch.setattr(store, "read", lambda key, review: store.Stored(draws, {}))
    yield
    plt.close("all")


def test_the_picture_and_the_tables_hold_every_endpoint_and_truth(invented_duration, review):
    found = change.outlooks(review)
    figure, text, *_ = change.picture(found)
    assert (
        len(found)
        == 3 * len(ENDPOINTS)
        == len(change.sizes_table(found).frame)
        == len(change.posterior_table(found).frame)
    )
    assert all(endpoint.title in text for endpoint in ENDPOINTS.values()) and "after an endless study" in text
    assert sum(bool(ax.lines) for ax in figure.axes) == len(ENDPOINTS)
    assert len(change.designs_table(review).frame) == len(ENDPOINTS)
    by = {(o.key, o.truth): o for o in found}
    for key in (
        ENDPOINTS
    ):  # a study that finds the benefit moves the answer towards it, one that finds nothing less so
        benefit, nothing = (by[key, truth] for truth in (change.BENEFIT, change.NONE))
        assert benefit.p_better(benefit.endless) > nothing.p_better(nothing.endless)
