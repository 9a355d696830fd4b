"""Simulated patients with the condition, and their durations printed as the papers printed theirs.

The patients of a study are drawn once; every report of the study is made from them, so a test within a grade
and a median over all grades share patients here as they do in the papers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.likelihood.duration_report import DurationReport, Patients
from models.priors import SIGMA_LOG_DURATION, STEP_LOG_DURATION, TREND_LOG_DURATION, Prior
from models.trust.simulate import in_print

if TYPE_CHECKING:
    from models.evidence.report import Evidence


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
            used.report.simulate(patients[used.study], generator)
            for used in evidence.used
            if isinstance(used.report, DurationReport)
        ]
        if all(printed):
            return truth, in_print(evidence, printed)


def population(
    evidence: Evidence, mu_prior: Prior, tau_prior: Prior, generator
) -> tuple[dict[str, float], dict[str, Patients]]:
    """mu, tau, theta of the first study and the effect in a next one, log scale; and the patients of every
    study.
    """
    mu, tau = mu_prior.draw(generator), tau_prior.draw(generator)
    graded = evidence.graded
    trend = TREND_LOG_DURATION.draw(generator) if graded.steps else 0.0
    steps = [STEP_LOG_DURATION.draw(generator) for _ in graded.steps]
    step = dict(zip(graded.grades, graded.from_reference(steps), strict=True))
    theta, patients = [], {}
    for study in evidence.studies:
        level, sigma = graded.level.draw(generator), SIGMA_LOG_DURATION.draw(generator)
        delta = {
            grade: mu - trend * distance + tau * generator.standard_normal()
            for grade, distance in zip(graded.grades, graded.distances, strict=True)
        }
        theta.append(delta[graded.estimand])
        patients[study] = {
            (grade, arm): np.exp(
                level
                + step[grade]
                + delta[grade] * (0.5 if arm == "treated" else -0.5)
                + sigma * generator.standard_normal(n)
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
        for used in evidence.of(study)
        if isinstance(used.report, DurationReport)
        for arm, grades in used.report.arms.items()
        for grade, n in grades
    }
