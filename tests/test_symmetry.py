"""Neither arm is special: with the arms exchanged every ratio is its inverse and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, special, stats

from models.endpoints import evidence_of
from models.engines import durations, hierarchy
from models.engines.quadrature import binomial_normal, normal_normal
from models.likelihood.graph_op import durations as log_likelihood
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import AT_CONTROL, MIDWAY, MU_LOG_RATIO, TAU_PRIMARY

TABLES = np.array([[2, 17, 0, 28], [6, 32, 0, 35], [12, 45, 4, 48]])
"""ICANS as the review has it."""
SWAPPED = TABLES[:, [2, 3, 0, 1]]


def pooled(tables, baseline=MIDWAY):
    return binomial_normal(*np.transpose(tables), MU_LOG_RATIO, TAU_PRIMARY, baseline)


def test_exchanged_arms_give_the_inverse_odds_ratio():
    one, other = pooled(TABLES), pooled(SWAPPED)
    for here, there in (("median", "median"), ("lower", "upper"), ("upper", "lower")):
        assert one.mu.limits()[here] == pytest.approx(-other.mu.limits()[there], abs=1e-6)
        assert one.prediction.limits()[here] == pytest.approx(-other.prediction.limits()[there], abs=1e-6)
        assert one.tau.limits()[here] == pytest.approx(other.tau.limits()[here], abs=1e-6)
    assert one.probability_below() == pytest.approx(1 - other.probability_below(), abs=1e-6)


def test_a_prior_at_the_control_is_not_symmetric():
    """The very tables for which it was seen: 5.05 for 4.90."""
    zhou_and_zhang = TABLES[:2]
    one, other = pooled(zhou_and_zhang, AT_CONTROL), pooled(SWAPPED[:2], AT_CONTROL)
    assert np.exp(one.mu.limits()["median"]) == pytest.approx(4.90, abs=0.01)
    assert np.exp(-other.mu.limits()["median"]) == pytest.approx(5.05, abs=0.01)


@pytest.mark.parametrize("n", [5, 50, 500])
def test_arms_of_one_size_without_any_event_say_nothing_of_a_direction(n):
    found = pooled([[0, n, 0, n]] * 3)
    assert found.probability_below() == pytest.approx(0.5, abs=1e-6)
    assert found.mu.limits()["median"] == pytest.approx(0, abs=1e-6)


def test_arms_of_other_sizes_without_an_event_say_what_brute_force_says():
    """Of 60 and 20 patients: the larger arm without events is better news for its side."""
    theta, alpha = np.linspace(-9, 9, 721), np.linspace(-120, 120, 24_001)
    likelihood = np.array(
        [
            integrate.trapezoid(
                stats.norm.pdf(alpha, 0, 10)
                * special.expit(-(alpha + t / 2)) ** 60
                * special.expit(-(alpha - t / 2)) ** 20,
                alpha,
            )
            for t in theta
        ]
    )
    ours = two_arm_log_likelihood(0, 60, 0, 20, MIDWAY)(theta)
    np.testing.assert_allclose(ours, np.log(likelihood), atol=2e-5)


def test_exchanged_arms_give_the_inverse_of_normal_reports():
    estimate, se = np.array([0.3, -0.8, 1.1]), np.array([0.2, 0.5, 0.9])
    one = normal_normal(estimate, se, MU_LOG_RATIO, TAU_PRIMARY)
    other = normal_normal(-estimate, se, MU_LOG_RATIO, TAU_PRIMARY)
    assert one.mu.limits()["lower"] == pytest.approx(-other.mu.limits()["upper"], abs=1e-6)


def test_the_sampled_model_has_the_symmetry_of_the_integrated_one():
    """Its log density at mirrored parameters, with the arms exchanged, is the same."""
    names = ["a", "b", "c"]
    models = [
        hierarchy.binomial_normal(*np.transpose(t), names, MU_LOG_RATIO, TAU_PRIMARY, MIDWAY)
        for t in (TABLES, SWAPPED)
    ]
    generator, densities = np.random.default_rng(1), []
    point = {
        name: np.asarray(generator.normal(size=v.shape)) for name, v in models[0].initial_point().items()
    }
    for model, sign in zip(models, (1, -1), strict=True):
        mirrored = {name: sign * v if name in ("mu", "z", "z_new") else v for name, v in point.items()}
        densities.append(float(model.compile_logp()(mirrored)))
    assert densities[0] == pytest.approx(densities[1], abs=1e-9)


FLIPPED = {"lower": "higher", "higher": "lower", None: None}


def exchanged(used):
    """The report of the same patients, had the paper called its arms the other way round."""
    report = used.report
    arms = {"treated": report.control, "control": report.treated}
    turned = {"direction": FLIPPED[report.direction]} if hasattr(report, "direction") else {}
    return replace(used, report=replace(report, **arms, **turned))


def test_durations_know_no_first_arm(review):
    """The effect moves each arm by half, one up and one down, in the joint likelihood of the real reports."""
    evidence = evidence_of("crs_duration_grade3", review)
    mirrored = replace(evidence, used=tuple(map(exchanged, evidence.used)))
    generator, n = np.random.default_rng(3), len(evidence.studies)
    for _ in range(5):
        effects = [generator.normal(0, 0.3, 3), np.array(0.3), generator.normal(size=(n, 3)), np.zeros(n)]
        rest = [generator.normal(1.8, 0.2, n), np.array([-0.2, 0.0, 0.1]), np.full(n, 0.5)]
        turned = [-effects[0], effects[1], -effects[2], effects[3]]
        one = float(log_likelihood(*effects, *rest, *durations.layout(evidence))[0])
        other = float(log_likelihood(*turned, *rest, *durations.layout(mirrored))[0])
        assert one == pytest.approx(other, abs=1e-6)


def test_the_order_of_the_studies_changes_nothing():
    one, other = pooled(TABLES), pooled(TABLES[::-1])
    for name, limit in one.mu.limits().items():
        assert limit == pytest.approx(other.mu.limits()[name], abs=1e-9)
