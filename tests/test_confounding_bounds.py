"""Bounds of confounding: what a bias of stated strength leaves possible, and what the pages say of it."""

from dataclasses import replace
from itertools import product

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from book.shown.endpoint import confounding as shown
from models.answers.answer import answer_of
from models.answers.bias import adjusted_quadrature
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence, Used
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.table import Table
from models.priors import Prior, parse
from models.trust.confounding_bounds import GAMMAS, confounding_bounds, of_evidence
from models.words import compact, number

BINARY = ["severe_infection", "complete_response", "icans", "severe_crs"]
ICANS = ENDPOINTS["icans"]
TABLES = [(2, 17, 1, 28), (6, 32, 2, 35), (12, 45, 4, 48)]


def evidence(*reports) -> Evidence:
    return Evidence(ICANS.evidence, tuple(Used(f"study{i}", report, ()) for i, report in enumerate(reports)))


def of_tables(tables):
    return of_evidence(evidence(*(Table(a, b, n, m) for a, n, b, m in tables)), ICANS)


@pytest.mark.parametrize("key", BINARY)
def test_without_confounding_stands_the_answer(key, review):
    found, answer = confounding_bounds(key, review), answer_of(key, review).mu.ratio
    for end in found.at(1.0):
        assert end == pytest.approx(answer, rel=1e-6)


@pytest.mark.parametrize("key", BINARY)
def test_stronger_confounding_leaves_more_possible(key, review):
    found = confounding_bounds(key, review)
    for name in ("median", "lower", "upper"):
        assert (np.diff(found.low[name]) < 0).all() and (np.diff(found.high[name]) > 0).all()


def test_swapped_arms_mirror_the_bounds():
    one, other = of_tables(TABLES), of_tables([(b, m, a, n) for a, n, b, m in TABLES])
    for here, there in (("median", "median"), ("lower", "upper"), ("upper", "lower")):
        assert one.low[here] == pytest.approx(1 / other.high[there], rel=1e-5)
        assert one.high[here] == pytest.approx(1 / other.low[there], rel=1e-5)
    assert one.interval_reaches_1 == pytest.approx(other.interval_reaches_1, rel=1e-5)
    assert one.median_reaches_1 == pytest.approx(other.median_reaches_1, rel=1e-5)


def test_of_one_normal_report_the_bounds_are_in_closed_form():
    """Where studies hardly differ: precisions of report and prior add up."""
    hardly = replace(ICANS, tau_prior=parse("half-normal:0.01"))
    found = of_evidence(evidence(Ratio(3.0, 1.5, 6.0, 95.0)), hardly)
    variance, (centre, sd) = (np.log(4.0) / (2 * stats.norm.ppf(0.975))) ** 2, ICANS.mu_prior.parameters
    posterior_variance = 1 / (1 / variance + 1 / sd**2)
    for side, end in ((-1, found.low), (1, found.high)):
        seen = np.log(3.0) + side * np.log(GAMMAS)
        mean = posterior_variance * (seen / variance + centre / sd**2)
        for name, q in (("lower", 0.025), ("median", 0.5), ("upper", 0.975)):
            expected = mean + stats.norm.ppf(q) * np.sqrt(posterior_variance)
            assert np.log(end[name]) == pytest.approx(expected, abs=1e-3)
    assert found.median_reaches_1 == pytest.approx(3.0, rel=0.01)  # the prior is centred at no difference


@pytest.mark.parametrize(("key", "gamma"), [("complete_response", 8.0), ("icans", 2.0)])
def test_biases_that_differ_between_studies_lead_no_farther(key, gamma, review):
    """Every study's bias at either end, through the machinery of the judged biases with hardly a spread."""
    endpoint, given, found = ENDPOINTS[key], evidence_of(key, review), confounding_bounds(key, review)
    low, high = found.at(gamma)
    corners = list(product((1, -1), repeat=len(given.studies)))
    for corner in corners:
        biases = {
            study: Prior("known", "normal", (side * np.log(gamma), 1e-6), "", "")
            for study, side in zip(given.studies, corner, strict=True)
        }
        fit = adjusted_quadrature(given, endpoint.mu_prior, endpoint.tau_prior, biases).mu.limits()
        for name, value in fit.items():
            assert low[name] * 0.999 < np.exp(value) < high[name] * 1.001
            if corner in (corners[0], corners[-1]):
                end = low if corner == corners[0] else high
                assert np.exp(value) == pytest.approx(end[name], rel=1e-3)


def test_the_least_strength_is_where_the_bound_is_at_no_difference(review):
    found = confounding_bounds("icans", review)
    assert found.at(found.interval_reaches_1)[0]["lower"] == pytest.approx(1, abs=0.002)
    assert found.median_reaches_1 is None and found.low["median"][-1] > 1
    infection = confounding_bounds("severe_infection", review)
    assert infection.interval_reaches_1 == 1
    assert infection.at(infection.median_reaches_1)[0]["median"] == pytest.approx(1, abs=0.002)


def test_a_hazard_ratio_has_no_such_bounds(review):
    with pytest.raises(ValueError, match="no odds ratio"):
        confounding_bounds("overall_survival", review)


# what the pages say


@pytest.mark.parametrize("key", BINARY)
def test_the_picture_is_legible_and_its_words_hold_the_bounds(key, review):
    found, picture = confounding_bounds(key, review), shown.picture(key, review)
    text = [t for t in picture.figure.findobj(plt.Text) if t.get_text().strip() and t.get_visible()]
    assert min(t.get_fontsize() for t in text) >= 10 and picture.figure.get_figwidth() <= 7
    assert picture.endpoint == key and len(picture.numbers) == len(GAMMAS)
    for low, high in map(found.at, shown.IN_WORDS):
        assert f"from {compact(low)} to {compact(high)}" in picture.alt
    plt.close(picture.figure)


@pytest.mark.parametrize("key", BINARY)
def test_the_sentence_is_made_from_the_bounds(key, review):
    low, high = confounding_bounds(key, review).at(shown.EXAMPLE)
    assert f"between {number(low['median'])} and {number(high['median'])};" in shown.sentence(key, review)


def test_the_sentence_says_which_strength_explains_an_answer_away(review):
    assert "without any confounding, and the median can be" in shown.sentence("severe_infection", review)
    assert "can hold no difference from 2.0 times on" in shown.sentence("icans", review)
    assert "stays on its side up to 8 times" in shown.sentence("icans", review)
