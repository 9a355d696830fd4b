"""Risk of bias: the rule of the overall judgement, the priors behind their sentences, and effects read
through a bias.
"""

import itertools
import re

import numpy as np
import pytest
from scipy import stats

from book.shown.endpoint import bias_pictures, lights
from extraction.bias import overall
from extraction.question import ENDPOINTS
from extraction.records import Review
from extraction.schema import BiasJudgement
from extraction.vocabulary import DOMAINS, ROB_2_DOMAINS
from models.answers import bias
from models.endpoints import ENDPOINTS as MODELS
from models.endpoints import evidence_of
from models.engines.quadrature import normal_normal
from models.engines.quadrature_general import from_study_likelihoods
from models.priors import MU_LOG_RATIO, TAU_PRIMARY, Prior
from models.trust import adjusted


def judged(review: Review, *judgements: str, **further: str):
    """A record whose domains are judged so, in their order; the rest low. Further ones by name."""
    record = review.records["zhou2025"]
    made = dict(zip(DOMAINS, [*judgements, *["low"] * (7 - len(judgements))], strict=True)) | further
    rows = [
        record.risk_of_bias[0].model_copy(
            update={"judgement": judgement, "domain": domain, "endpoints": ["icans"]}
        )
        for domain, judgement in made.items()
    ]
    return record.model_copy(update={"risk_of_bias": rows})


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        ([], "low"),
        (["moderate"], "moderate"),
        (["serious", "moderate"], "serious"),
        (["moderate", "critical", "serious"], "critical"),
        (["no_information"], "no_information"),
        (["no_information", "moderate"], "no_information"),
        (["no_information", "serious"], "serious"),
    ],
)
def test_the_overall_judgement_is_the_gravest_domain(judgements, expected, review):
    """ROBINS-I, table of overall judgements: low only if all are; serious or critical if any is; no
    information only where none is serious.
    """
    assert overall(judged(review, *judgements), "icans") == expected


def test_serious_domains_may_be_judged_critical_together(review):
    assert overall(judged(review, *["serious"] * 4, overall="critical"), "icans") == "critical"


def test_an_endpoint_without_judgements_has_none(review):
    assert overall(judged(review), "severe_crs") is None


def test_every_result_that_enters_a_model_is_judged_in_seven_domains_with_reasons(review):
    for key in MODELS:
        evidence = evidence_of(key, review)
        for study in evidence.studies:
            rows = [row for row in review.records[study].risk_of_bias if evidence.endpoint in row.endpoints]
            assert [row.domain for row in rows].count("confounding") == 1 and {row.domain for row in rows} - {
                "overall"
            } == set(DOMAINS), (study, key)
            assert all(len(row.reason) > 15 for row in rows)


# the priors say what they are


RATIO = re.compile(r"between (half|[\d.]+) and (seven|[\d.]+) times")
WORDS = {"half": 0.5, "seven": 7.0}


@pytest.mark.parametrize("key", MODELS)
def test_the_sentence_of_a_bias_is_its_95_percent_interval(key):
    scale = MODELS[key].bias
    found = RATIO.search(scale.plain)
    if not found:
        # "three quarters"
        assert key == "complete_response" and np.exp(scale.serious[0]) == pytest.approx(0.75, abs=0.02)
        return
    low, high = (float(WORDS.get(word, word)) for word in found.groups())
    # one rounded digit in the sentence
    assert np.exp(stats.norm(*scale.serious).ppf([0.025, 0.975])) == pytest.approx([low, high], rel=0.07)


def test_the_scale_of_infection_is_the_gap_of_the_one_pair_of_results():
    """Hazard ratios 3.45 unadjusted and 0.93 adjusted: at critical risk the mean bias is the whole gap, at
    serious half of it.
    """
    assert np.exp(MODELS["severe_infection"].bias.critical[0]) == pytest.approx(3.45 / 0.93)
    assert MODELS["severe_infection"].bias.serious[0] == pytest.approx(np.log(3.45 / 0.93) / 2)


@pytest.mark.parametrize("key", MODELS)
def test_a_graver_judgement_never_has_a_narrower_or_smaller_bias(key):
    found = [
        bias.bias_prior(key, judgement).parameters for judgement in ("low", "moderate", "serious", "critical")
    ]
    assert all(abs(a[0]) <= abs(b[0]) and a[1] < b[1] for a, b in itertools.pairwise(found))
    assert bias.bias_prior(key, "no_information").parameters == found[2]


def test_an_adjusted_estimate_has_no_known_side(review):
    assert bias.bias_priors("overall_survival", review)["ma2024"].parameters[0] == 0.0
    assert bias.bias_priors("overall_survival", review)["zhou2025"].parameters[0] > 0.0


# effects through a bias


def normal_term(estimate, se):
    return lambda theta: stats.norm.logpdf(estimate, theta, se)


def test_through_a_normal_bias_a_normal_report_is_shifted_and_widened():
    """estimate ~ N(theta + b, se), b ~ N(m, s): N(theta + m, root of se^2 + s^2)."""
    prior = Prior("b", "normal", (0.4, 0.3), "", "")
    theta = np.linspace(-2, 2, 9)
    assert bias.through_bias(normal_term(0.7, 0.5), prior)(theta) == pytest.approx(
        stats.norm.logpdf(0.7, theta + 0.4, np.hypot(0.5, 0.3)), abs=1e-9
    )


def test_the_adjusted_posterior_is_that_of_shifted_and_widened_estimates():
    estimates, ses, m, s = np.array([0.5, 1.1]), np.array([0.4, 0.6]), 0.3, 0.25
    prior = Prior("b", "normal", (m, s), "", "")
    found = from_study_likelihoods(
        [bias.through_bias(normal_term(y, se), prior) for y, se in zip(estimates, ses, strict=True)],
        MU_LOG_RATIO,
        TAU_PRIMARY,
    )
    expected = normal_normal(estimates - m, np.hypot(ses, s), MU_LOG_RATIO, TAU_PRIMARY)
    for name in ("median", "lower", "upper"):
        assert found.mu.limits()[name] == pytest.approx(expected.mu.limits()[name], abs=2e-3)  # two engines


def test_without_bias_nothing_changes():
    prior = Prior("b", "normal", (0.0, 1e-9), "", "")
    theta = np.linspace(-3, 3, 7)
    assert bias.through_bias(normal_term(0.2, 0.3), prior)(theta) == pytest.approx(
        normal_term(0.2, 0.3)(theta), abs=1e-6
    )


def test_crs_duration_is_not_adjusted_by_quadrature(review):
    with pytest.raises(TypeError, match="is no EffectReport"):
        bias.adjusted("crs_duration_grade3", review)


# tipping points and E-values


@pytest.mark.parametrize("key", ["severe_infection", "icans"])
def test_a_bias_of_every_study_moves_the_interval_as_much_as_moving_the_reports(key, review):
    """At SD 0 the limits of the grid are those of the posterior with each likelihood shifted by the bias."""
    from models.engines.effects import study_likelihoods

    lower, upper = adjusted.tipping_grid(key, review)
    at = 30
    shift = adjusted.MEANS[at]
    terms = [
        lambda theta, term=term: term(theta + shift)
        for term in study_likelihoods(evidence_of(key, review)).values()
    ]
    limits = from_study_likelihoods(terms, MODELS[key].mu_prior, MODELS[key].tau_prior).mu.limits()
    # a grid of 0.025
    assert (lower[0, at], upper[0, at]) == pytest.approx((limits["lower"], limits["upper"]), abs=0.01)


def test_a_wider_bias_widens_the_interval(review):
    lower, upper = adjusted.tipping_grid("severe_infection", review)
    middle = len(adjusted.MEANS) // 2
    assert (np.diff(upper[:, middle] - lower[:, middle]) > 0).all()


@pytest.mark.parametrize(
    ("ratio", "kind", "expected"),
    [
        (3.9, "risk ratio", 7.26),  # VanderWeele & Ding 2017: the worked example of a risk ratio of 3.9
        (1.0, "odds ratio", 1.0),
        (4.0, "odds ratio", 2 + np.sqrt(2)),
        (0.25, "odds ratio", 2 + np.sqrt(2)),
    ],
)  # root of 4 is 2; 2 + root of 2 * 1
def test_e_values_by_hand(ratio, kind, expected):
    assert bias_pictures.e_value(ratio, kind) == pytest.approx(expected, abs=0.005)


def test_a_sampled_endpoint_tips_where_the_normal_formula_says(monkeypatch, review):
    """Posterior N(-0.3, 0.2) under a prior N(0, 0.5): the likelihood is N(-0.357, 0.218); behind a bias of
    mean 0.2 and SD 0.4 its precision is 1 / (0.0476 + 0.16) = 4.816, so with the prior's 4 the posterior has
    mean 4.816 * (-0.557) / 8.816 = -0.3043 and SD 0.3368.
    """
    draws = np.random.default_rng(1).normal(-0.3, 0.2, (4, 50_000))
    stored = type("Stored", (), {"draws": {"mu": type("Values", (), {"values": draws})()}})
    monkeypatch.setattr(adjusted.store, "read", lambda key, review: stored)
    lower, upper = adjusted.tipping_grid("crs_duration_grade3", review)
    at = int(np.argmin(np.abs(adjusted.MEANS - 0.2))), int(np.argmin(np.abs(adjusted.SDS - 0.4)))
    found = (lower + upper)[at[1], at[0]] / 2, (upper - lower)[at[1], at[0]] / (2 * 1.96)
    # Monte Carlo error of mean and SD of 200,000 draws
    assert found == pytest.approx((-0.3043, 0.3368), abs=0.005)


def test_every_result_has_its_lights(review):
    shown = lights.grid(review).numbers
    results = {(key, study) for key in MODELS for study in evidence_of(key, review).studies}
    assert set(zip(shown["endpoint"], shown["study"], strict=True)) == results
    assert "not judged" not in set(shown["judgement"])


def test_a_study_that_is_not_judged_has_the_widest_bias_and_is_not_called_critical(review):
    bare = {study: record.model_copy(update={"risk_of_bias": []}) for study, record in review.records.items()}
    unjudged = Review(review.register, bare, review.sources)
    found = bias.bias_priors("severe_infection", unjudged)["zhou2025"]
    assert found.name == "bias_unjudged" and found.parameters == MODELS["severe_infection"].bias.critical
    assert set(lights.grid(unjudged).numbers["judgement"]) == {"not judged"}


# randomised trials


def trial(review: Review, *judgements: str, **further: str) -> Review:
    """The review with one study's infections taken for those of a trial, its five domains judged so."""
    record = review.records["zhou2025"]
    made = dict(zip(ROB_2_DOMAINS, judgements, strict=True)) | further
    rows = [
        BiasJudgement(domain=domain, judgement=judgement, endpoints=["severe_infection"], reason="Invented.")
        for domain, judgement in made.items()
    ]
    design = record.design.model_copy(update={"randomised": True})
    changed = record.model_copy(update={"risk_of_bias": rows, "design": design})
    return Review(review.register, review.records | {"zhou2025": changed}, review.sources)


@pytest.mark.parametrize(
    ("judgements", "further", "expected"),
    [
        (["low"] * 5, {}, "low"),
        (["low", "some_concerns", "low", "low", "low"], {}, "some_concerns"),
        (["low", "some_concerns", "high", "low", "low"], {}, "high"),
        (["some_concerns"] * 5, {"overall": "high"}, "high"),
    ],
)
def test_the_overall_judgement_of_a_trial_is_that_of_rob_2(judgements, further, expected, review):
    """RoB 2, table of overall judgements: low if all are, high if any is, or if concerns in several lower
    the confidence in the result.
    """
    found = trial(review, *judgements, **further).records["zhou2025"]
    assert overall(found, "severe_infection") == expected


def test_a_trial_has_no_known_side_of_its_bias_and_a_wider_one_where_there_are_concerns(review):
    found = {}
    for worst in ("low", "some_concerns", "high"):
        judged = trial(review, "low", worst, "low", "low", "low")
        found[worst] = bias.bias_priors("severe_infection", judged)["zhou2025"].parameters
    assert [mean for mean, _ in found.values()] == [0, 0, 0]
    assert [sd for _, sd in found.values()] == [
        MODELS["severe_infection"].bias.low[1],
        MODELS["severe_infection"].bias.moderate[1],
        MODELS["severe_infection"].bias.serious[1],
    ]


def test_the_grid_shows_a_trial_in_the_domains_of_rob_2_and_other_studies_in_theirs(review):
    shown = lights.grid(trial(review, "low", "high", "low", "low", "some_concerns"))
    rows = shown.numbers[shown.numbers["endpoint"] == "severe_infection"]
    by_study = {study: list(of_it["domain"]) for study, of_it in rows.groupby("study")}
    assert by_study["zhou2025"] == [*ROB_2_DOMAINS, "overall"]
    assert all(domains == [*DOMAINS, "overall"] for s, domains in by_study.items() if s != "zhou2025")
    assert "ROBINS-I and RoB 2" in shown.alt and "1 at high risk" in shown.alt


def test_the_endpoints_of_a_judgement_are_those_of_the_review(review):
    assert {
        e for record in review.records.values() for row in record.risk_of_bias for e in row.endpoints
    } <= set(ENDPOINTS)
