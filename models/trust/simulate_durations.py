"""Simulated patients with CRS, and their durations printed as the papers printed theirs.

The patients of a study are drawn once; every report of the study is made from them, so a test within a grade
and a median over all grades share patients here as they do in the papers.
"""

from dataclasses import replace

import numpy as np
from scipy import stats

from models.crs_duration import GRADES
from models.evidence.report import Evidence, Used
from models.likelihood.power import mann_whitney_critical
from models.priors import LEVEL_LOG_DAYS, SIGMA_LOG_DURATION, STEP_LOG_DURATION, TREND_LOG_DURATION, Prior
from models.trust.simulate import decimals, draw_from

Patients = dict[tuple[int, str], np.ndarray]
"""Durations in days of the patients of one study, by grade and arm."""


def draw(
    evidence: Evidence, mu_prior: Prior, tau_prior: Prior, generator
) -> tuple[dict[str, float], Evidence]:
    """Parameters from the priors, and the evidence that patients drawn under them would leave in print.

    Drawn anew until every median lies strictly within its range, as each printed one does: a choice by the
    printed numbers alone, under which ranks stay uniform.
    """
    while True:
        truth, patients = population(evidence, mu_prior, tau_prior, generator)
        printed = [
            replace(report, data=report.data | said(report, patients[report.study], generator))
            for report in evidence.used
        ]
        if all(_within_range(report) for report in printed):
            return truth, Evidence(evidence.endpoint, tuple(printed))


def population(
    evidence: Evidence, mu_prior: Prior, tau_prior: Prior, generator
) -> tuple[dict[str, float], dict[str, Patients]]:
    """mu, tau, theta of the first study and the effect in a next one, log scale; and the patients of every
    study.
    """
    mu, tau, trend, down, up = (
        draw_from(p, generator)
        for p in (mu_prior, tau_prior, TREND_LOG_DURATION, STEP_LOG_DURATION, STEP_LOG_DURATION)
    )
    step, theta, patients = {1: -down, 2: 0.0, 3: up}, [], {}
    for study in evidence.studies:
        level, sigma = draw_from(LEVEL_LOG_DAYS, generator), draw_from(SIGMA_LOG_DURATION, generator)
        delta = {
            grade: mu - trend * (GRADES[-1] - grade) + tau * generator.standard_normal() for grade in GRADES
        }
        theta.append(delta[GRADES[-1]])
        patients[study] = {
            (grade, arm): np.exp(
                level + step[grade] + delta[grade] * (arm == "toci") + sigma * generator.standard_normal(n)
            )
            for (grade, arm), n in sizes(evidence, study).items()
        }
    return {
        "mu": mu,
        "tau": tau,
        "theta": theta[0],
        "prediction": mu + tau * generator.standard_normal(),
    }, patients


def sizes(evidence: Evidence, study: str) -> dict[tuple[int, str], int]:
    """Patients of a study by grade and arm, as its reports count them."""
    return {
        (grade, arm): n
        for report in evidence.used
        if report.study == study
        for arm, cells in _cells(report).items()
        for grade, n in cells
    }


def said(report: Used, patients: Patients, generator) -> dict:
    """What the paper would print of these patients, as the fields of the report's data that it changes."""
    if report.term == "test_outcome":
        return outcome(report, patients, generator)
    days = np.concatenate([np.zeros(report.data["zeros"]), _durations(report, patients)])
    found = {"median": np.median(days), "minimum": days.min(), "maximum": days.max()}
    return {name: _rounded(value, report.data[name]) for name, value in found.items()}


def outcome(report: Used, patients: Patients, generator) -> dict:
    """Outcome of the named test, one of the alternatives at random; the t test on log days, as in the
    likelihood.
    """
    toci, control = (
        np.concatenate([patients[grade, arm] for grade, _ in report.data[arm]]) for arm in ("toci", "control")
    )
    significant, lower = TESTS[generator.choice(report.data["tests"])](toci, control, report.data["alpha"])
    return {
        "significant": bool(significant),
        "direction": ("lower" if lower else "higher") if significant else None,
    }


def _t(toci, control, alpha):
    found = stats.ttest_ind(np.log(toci), np.log(control))
    return found.pvalue < alpha, found.statistic < 0


def _mann_whitney(toci, control, alpha):
    u, pairs = np.sum(toci[:, None] > control), len(toci) * len(control)
    critical = mann_whitney_critical(len(toci), len(control), alpha)
    return min(u, pairs - u) <= critical, u < pairs / 2


TESTS = {"t": _t, "mann_whitney": _mann_whitney}
"""Two arms' durations and the level -> (significant, tocilizumab shorter)."""


def _cells(report: Used) -> dict[str, list[list[int]]]:
    return report.data.get("cells") or {arm: report.data[arm] for arm in ("toci", "control")}


def _durations(report: Used, patients: Patients) -> np.ndarray:
    return np.concatenate(
        [patients[grade, arm] for arm, cells in _cells(report).items() for grade, _ in cells]
    )


def _rounded(value: float, printed: float) -> float:
    """To as many decimals as the printed number has."""
    return float(round(value, decimals(printed)))


def _within_range(report: Used) -> bool:
    d = report.data
    return report.term == "test_outcome" or d["minimum"] < d["median"] < d["maximum"]
