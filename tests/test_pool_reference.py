"""Public meta-analyses of every measure are met as metafor meets them, from the numbers of their studies.

With a flat prior of the mean effect, and the between-study SD where metafor has it, the posterior is its
estimate and standard error where studies are normal, and near them where counts and means have likelihoods of
their own.
"""

import csv

import numpy as np
import pandas as pd
import pytest
from reference import HERE
from scipy.special import logsumexp, xlogy

from models.pool import pool

NORMAL = 0.002  # of quadrature
MEANS = 0.03  # t laws of nine patients an arm or more, against normal ones
COUNTS = 0.07  # binomials and Poisson counts, against normal estimates or a Laplace approximation
MET = [
    ("pignon2000", "given", NORMAL),
    ("riley2003", "given", NORMAL),
    ("normand1999", "given", MEANS),
    ("michael2013", "given", MEANS),
    ("normand1999_smd", "given", MEANS),
    ("raudenbush1985", "given", NORMAL),
    ("konstantopoulos2011", "given", NORMAL),
    ("hine1989", "given", COUNTS),
    ("collins1985b", "glmm", COUNTS),
    ("bcg", "given", COUNTS),
    ("hart1999", "glmm", COUNTS),
    ("nielweise2008", "glmm", COUNTS),
    ("debruin2009", "glmm", COUNTS),
    ("pritz1997", "glmm", COUNTS),
    ("molloy2014", "given", NORMAL),
]
"""Data set, model of metafor, and how far the two may lie apart, in standard errors."""


def rows(name):
    with open(HERE / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def studies(dataset):
    """The table of one data set, without the columns of others; cells as text."""
    table = pd.DataFrame([row for row in rows("metadat") if row["dataset"] == dataset])
    return table.drop(columns="dataset").loc[:, lambda found: (found != "").any()]


def result(dataset, model):
    (found,) = [row for row in rows("metadat_results") if (row["dataset"], row["model"]) == (dataset, model)]
    return found["measure"], *(float(found[name]) for name in ("estimate", "se", "tau"))


def at_tau(dataset, measure, tau, se):
    """Mean effect under a flat prior, the between-study SD given to a thousandth."""
    near = f"uniform:{0.999 * tau}:{1.001 * tau}" if tau else f"half-normal:{se / 100}"
    mu = pool(studies(dataset), measure, mu="flat", tau=near).summary["mu"]
    return mu["median"], (mu["upper"] - mu["lower"]) / 3.919928


@pytest.mark.parametrize(("dataset", "model", "tolerance"), MET)
def test_a_public_meta_analysis_is_met(dataset, model, tolerance):
    measure, estimate, se, tau = result(dataset, model)
    median, width = at_tau(dataset, measure, tau, se)
    assert median == pytest.approx(estimate, abs=tolerance * se)
    assert width == pytest.approx(se, rel=tolerance)


def test_risk_ratios_of_frequent_events_are_those_of_their_binomials_not_of_normal_logarithms():
    """In lee2004 up to 71 of 80 had the event: the profile likelihood of both binomials, each study's effect
    integrated over, is met, and lies half a standard error from metafor's normal logarithms.
    """
    measure, estimate, se, tau = result("lee2004", "given")
    effect, mu = np.linspace(-5, 3, 801), np.linspace(-1.2, 0.5, 341)
    larger = np.linspace(1e-3, 1 - 1e-3, 2001)
    risks = (
        np.where(effect[:, None] < 0, larger * np.exp(effect[:, None]), larger),
        np.where(effect[:, None] < 0, larger, larger * np.exp(-effect[:, None])),
    )
    between = -0.5 * ((effect[:, None] - mu) / tau) ** 2
    total = np.zeros(len(mu))
    for a, n, c, m in studies("lee2004")[["ai", "n1i", "ci", "n2i"]].astype(int).itertuples(index=False):
        both = sum(xlogy(k, p) + xlogy(of - k, 1 - p) for k, of, p in zip((a, c), (n, m), risks, strict=True))
        total += logsumexp(both.max(axis=1)[:, None] + between, axis=0)
    weight = np.exp(total - total.max())
    mean = np.average(mu, weights=weight)
    median, width = at_tau("lee2004", measure, tau, se)
    # a level of risk integrated out, against one at its best
    assert median == pytest.approx(mean, abs=0.06 * se)
    assert width == pytest.approx(np.sqrt(np.average((mu - mean) ** 2, weights=weight)), rel=0.06)
    assert abs(median - estimate) > 0.4 * se
