"""The example of length of stay after stroke: means and SDs of nine studies, held to metafor's log ratios of
means and to a sum over a grid.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml
from example_tree import ROOT
from scipy import stats
from test_pool_reference import MEANS, result, rows

from models.engines.quadrature_general import from_study_likelihoods
from models.likelihood.kinds.means import Means
from models.priors import parse

FOLDER = ROOT / "examples/normand"
REFERENCE = [row for row in rows("metadat") if row["dataset"] == "normand1999_rom"]
"""As R's package metadat has them."""
ARMS = [
    [(float(row[f"m{i}i"]), float(row[f"sd{i}i"]), int(row[f"n{i}i"])) for i in (1, 2)] for row in REFERENCE
]
ANSWER = """
import json
from dataclasses import asdict
from extraction.__main__ import main
from extraction.records import load
from models.answers.in_units import in_units
from models.trust.adjusted import pair
assert main(["check"]) == 0
review = load()
answer, units = pair("length_of_stay", review).unadjusted, in_units("length_of_stay", review)
told = {"answer": answer, "days": asdict(units), "difference": units.difference(answer)}
print("\\n" + json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict:
    """What the example answers, once its records are found to agree with themselves."""
    environment = os.environ | {"REVIEW": str(FOLDER)}
    ran = subprocess.run(
        [sys.executable, "-c", ANSWER], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_its_records_are_the_reference_tables():
    register = yaml.safe_load((FOLDER / "register.yml").read_text(encoding="utf-8"))["studies"]
    for study, row, arms in zip(register, REFERENCE, ARMS, strict=True):
        record = yaml.safe_load((FOLDER / "records" / f"{study['id']}.yml").read_text(encoding="utf-8"))
        held = {entry["id"]: entry for entry in record["entries"]}
        found = [
            (
                held[f"length_of_stay.{arm}"]["mean"],
                held[f"length_of_stay.{arm}"]["sd"],
                held[f"group_size.{arm}"]["n"],
            )
            for arm in ("treated", "control")
        ]
        assert found == arms and study["id"] == f"{row['study'].replace('-', '').lower()}1999"


def test_a_flat_prior_and_the_tau_of_metafor_give_its_ratio_of_means():
    _, estimate, se, tau = result("normand1999_rom", "given")
    terms = [Means(*arms).log_likelihood for arms in ARMS]
    near = parse(f"uniform:{0.999 * tau}:{1.001 * tau}")
    lower, median, upper = from_study_likelihoods(terms, parse("normal:0:100"), near).mu.quantile(
        [0.025, 0.5, 0.975]
    )
    assert median == pytest.approx(estimate, abs=MEANS * se)
    assert (upper - lower) / 3.919928 == pytest.approx(se, rel=MEANS)


def test_its_answer_is_that_of_a_sum_over_a_grid(told):
    """Welch's t of the means once the ratio is taken out of one arm; mu ~ N(0, 1), tau ~ half-normal(0.5)."""
    mu, tau, theta = np.linspace(-1.5, 1.0, 126), np.linspace(0.02, 1.6, 80), np.linspace(-3.0, 2.5, 551)
    near = stats.norm.pdf(theta, mu[:, None, None], tau[:, None])
    log_density = stats.norm.logpdf(mu)[:, None] + stats.halfnorm.logpdf(tau, scale=0.5)
    for (m, sd, n), (m_c, sd_c, n_c) in ARMS:
        a, b = (sd * np.exp(-theta)) ** 2 / n, sd_c**2 / n_c
        df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (n_c - 1))
        t = (m * np.exp(-theta) - m_c) / np.sqrt(a + b)
        likelihood = (1 + t**2 / df) ** (-(df + 1) / 2)
        log_density += np.log(near @ likelihood)
    marginal = np.exp(log_density - log_density.max()).sum(axis=1)
    below = (np.cumsum(marginal) - marginal / 2) / marginal.sum()
    for name, share in (("median", 0.5), ("lower", 0.025), ("upper", 0.975)):
        assert np.log(told["answer"][name]) == pytest.approx(np.interp(share, below, mu), abs=0.005), name


def test_the_ratio_is_told_in_days_at_the_mean_of_the_other_arms(told):
    days, patients = sum(m * n for _, (m, _, n) in ARMS), sum(n for _, (_, _, n) in ARMS)
    found, ratio = told["days"], told["answer"]["median"]
    assert found["unit"] == "days" and found["source"] == "9 studies"
    assert found["mean"] == pytest.approx(days / patients)
    assert told["difference"]["median"] == pytest.approx(days / patients * (ratio - 1))
