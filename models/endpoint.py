"""What an endpoint of the review is: its estimand, its priors and its model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
        study: _sum_of([used.report.of_effect(BASELINE_LOGIT) for used in evidence.of(study)])
        for study in evidence.studies
    }


def quadrature(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Posterior:
    """The same posterior as `one_effect_per_study` by deterministic quadrature."""
    likelihoods = study_likelihoods(evidence)
    return from_study_likelihoods(list(likelihoods.values()), mu_prior, tau_prior, list(likelihoods))


def _sum_of(terms: list[Callable]) -> Callable:
    return lambda theta: sum(term(theta) for term in terms)
