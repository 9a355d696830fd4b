"""What an endpoint of the review is: its estimand, its priors and its model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.engines.posterior import Posterior
from models.engines.quadrature_general import from_study_likelihoods
from models.engines.settings import DRAWS
from models.priors import BASELINE_LOGIT, Prior

if TYPE_CHECKING:
    from models.evidence.report import Evidence


@dataclass(frozen=True)
class Endpoint:
    """One endpoint, tocilizumab over none.

    key : name in the results; evidence : name in extraction.vocabulary.ENDPOINTS
    scale : the ratio in words; effect : its logarithm's name
    benefit : the side of 1 that favours tocilizumab
    build : evidence -> pymc model with mu, tau, theta[study] and prediction on the log scale
    """

    key: str
    evidence: str
    title: str
    scale: str
    effect: str
    benefit: str
    role: str
    mu_prior: Prior
    tau_prior: Prior
    tau_alternatives: tuple[Prior, ...]
    build: Callable
    draws: int = DRAWS
    """Draws of each of the sampler's chains."""


def one_effect_per_study(evidence: Evidence, mu_prior: Prior, tau_prior: Prior):
    """The model of every endpoint with one log ratio per study; see `models.engines.hierarchy.from_reports`."""
    from models.engines import hierarchy

    return hierarchy.from_reports(evidence, mu_prior, tau_prior, BASELINE_LOGIT)


def study_likelihoods(evidence: Evidence) -> dict[str, Callable]:
    """Log likelihood of each study's log ratio, all its reports together, baseline risks integrated out."""
    return {
        study: _sum_of([study_term(r) for r in evidence.used if r.study == study])
        for study in evidence.studies
    }


def quadrature(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Posterior:
    """The same posterior as `one_effect_per_study` by deterministic quadrature."""
    likelihoods = study_likelihoods(evidence)
    return from_study_likelihoods(list(likelihoods.values()), mu_prior, tau_prior, list(likelihoods))


def study_term(report) -> Callable:
    """Log likelihood of one used report as a function of its log ratio (array in, array of the same shape
    out).
    """
    from models.likelihood import reports
    from models.likelihood.two_arms import two_arm_log_likelihood

    if report.term == "table":
        d = report.data
        return two_arm_log_likelihood(
            d["events_toci"], d["n_toci"], d["events_control"], d["n_control"], BASELINE_LOGIT
        )
    if report.term == "table_set":
        tables = [two_arm_log_likelihood(*row, BASELINE_LOGIT) for row in report.data["candidates"]]
        return lambda theta: np.logaddexp.reduce([table(theta) for table in tables])
    return lambda theta: getattr(reports, report.term)(theta, **report.data)


def _sum_of(terms: list[Callable]) -> Callable:
    return lambda theta: sum(term(theta) for term in terms)
