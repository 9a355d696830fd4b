"""A review without studies, and an endpoint that no study enters, are reviews like others."""

import json
import math

import numpy as np
import pytest

from book.shown.endpoint import pictures
from extraction.checks import check
from extraction.records import load
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.engines.durations import layout
from models.evidence.collect import alternatives
from models.trust.crs_universes import CRS, all_universes
from models.trust.universe import priors


@pytest.fixture
def empty(tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "register.yml").write_text(json.dumps({"studies": []}))  # JSON is YAML
    return load(tmp_path)


def test_an_empty_register_is_a_review_without_faults(empty):
    assert not check(empty).errors and not empty.included()


@pytest.mark.parametrize("key", ENDPOINTS)
def test_an_endpoint_that_nothing_enters_says_what_its_priors_say(empty, key):
    """Half of the prior of the mean effect lies below 0, and its quartile 0.6745 SDs from there."""
    endpoint = ENDPOINTS[key]
    assert not evidence_of(key, empty).used and not alternatives(empty, endpoint.evidence)
    assert endpoint.engine.build(evidence_of(key, empty), endpoint.mu_prior, endpoint.tau_prior)
    if endpoint.engine.integrates:
        mean, sd = endpoint.mu_prior.parameters
        found = quadrature(key, empty).mu
        assert found.quantile(0.5) == pytest.approx(mean, abs=1e-3)
        assert found.quantile(0.25) == pytest.approx(mean - 0.67449 * sd, abs=0.01 * sd)


def test_durations_without_reports_have_an_empty_layout(empty):
    rows, integers, reals = layout(evidence_of("crs_duration_grade3", empty))
    assert len(rows) == len(integers) == len(reals) == 0
    assert np.issubdtype(rows.dtype, np.integer) and math.isclose(reals.sum(), 0)


def test_arms_that_no_paper_describes_have_no_picture(empty):
    assert pictures.baseline_imbalance(empty) is None


def test_universes_of_durations_without_reports_are_those_of_the_priors(empty):
    """Median 0 and 95 % limits at -+1.96 SDs of each prior of the mean, to the error of 1,800 draws."""
    found = list(all_universes(empty))
    assert found
    for row in found:
        prior = priors(CRS)[0][row["universe"]["mu_prior"]]
        mean, sd = prior.parameters
        summary = row["summary"]
        assert summary["median"] == pytest.approx(mean, abs=0.05 * sd)
        assert summary["upper"] == pytest.approx(mean + 1.96 * sd, abs=0.15 * sd)
