"""The example of SGLT2 inhibitors in heart failure: hazard ratios and counts of five trials, held to what
Vaduganathan 2022 (Lancet 400:757) made of the same trials and to a sum over a grid.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from example_tree import ROOT
from scipy import stats

FOLDER = ROOT / "examples/sglt2"
PRINTED = {
    "worsening_or_cardiovascular_death": [
        ("0.74", "0.65", "0.85"),
        ("0.75", "0.65", "0.86"),
        ("0.79", "0.69", "0.90"),
        ("0.82", "0.73", "0.92"),
    ],
    "cardiovascular_death": [
        ("0.82", "0.69", "0.98"),
        ("0.92", "0.75", "1.12"),
        ("0.84", "0.58", "1.22"),
        ("0.88", "0.74", "1.05"),
    ],
}
"""Hazard ratios with limits, typed anew from the pages that the records name."""
PUBLISHED = {
    "worsening_or_cardiovascular_death": (0.77, 0.72, 0.82),
    "cardiovascular_death": (0.87, 0.79, 0.95),
}
"""Pooled by Vaduganathan 2022 with a common effect, all five trials, as printed in
https://pace-cme.org/news/two-meta-analyses-support-prioritizing-use-of-sglt2i-in-all-hf-patients/2456268/."""
ANSWERS = """
import json
from extraction.records import load
from models.endpoints import ENDPOINTS
from models.trust.adjusted import pair
from dataclasses import asdict
review = load()
print(json.dumps({key: asdict(pair(key, review))["unadjusted"] for key in ENDPOINTS}))
"""


def python(*words: str) -> subprocess.CompletedProcess:
    """Python on the example, in a process of its own: a process reads one review."""
    environment = os.environ | {"REVIEW": str(FOLDER)}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def answers() -> dict:
    done = python("-c", ANSWERS)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_its_records_agree_with_themselves():
    done = python("-m", "extraction", "check")
    assert done.returncode == 0 and "0 errors" in done.stdout, done.stdout


@pytest.mark.parametrize("endpoint", PRINTED)
def test_its_answers_are_those_of_a_sum_over_a_grid(endpoint, answers):
    """Normal log hazard ratios, mu ~ N(0, 1), tau ~ half-normal(0.5)."""
    values = np.log(np.array(PRINTED[endpoint], float))
    y, se = values[:, 0], (values[:, 2] - values[:, 1]) / (2 * stats.norm.isf(0.025))
    mu, tau = np.linspace(-1.5, 1.0, 2501), np.linspace(1e-4, 2.5, 1500)
    log_density = stats.norm.logpdf(mu)[:, None] + stats.halfnorm.logpdf(tau, scale=0.5)
    for one, error in zip(y, se, strict=True):
        log_density = log_density + stats.norm.logpdf(one, mu[:, None], np.hypot(error, tau))
    marginal = np.exp(log_density - log_density.max()).sum(axis=1)
    below = np.cumsum(marginal) / marginal.sum()
    for name, share in (("median", 0.5), ("lower", 0.025), ("upper", 0.975)):
        assert np.log(answers[endpoint][name]) == pytest.approx(np.interp(share, below, mu), abs=0.003), name


@pytest.mark.parametrize("endpoint", PRINTED)
def test_its_answers_are_the_published_ones_but_for_the_trial_that_prints_another_number(endpoint, answers):
    """Four of the five trials enter: to a hundredth the medians are those published, and a random effect is
    less sure than a common one.
    """
    median, lower, upper = PUBLISHED[endpoint]
    ours = answers[endpoint]
    assert ours["median"] == pytest.approx(median, abs=0.0151)
    assert ours["lower"] < lower + 0.01 and upper - 0.01 < ours["upper"]


def test_what_is_not_printed_stays_visible():
    left_out = (FOLDER / "records/bhatt2021.yml").read_text(encoding="utf-8")
    assert "not_reported" in left_out and "first and subsequent" in left_out
