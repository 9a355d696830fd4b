"""Endpoints with one log ratio per study, whatever its reports are.

    theta[study] ~ N(mu, tau);  each report has its own likelihood of theta

Counts are exact binomials in both arms: events ~ Binomial(n, risk), logit risk = alpha[study] -/+
theta[study] / 2 without and with the treatment. alpha has a wide prior of its own in each study, so only the
comparison within a study informs theta, and neither arm is special. A printed hazard ratio is normal on the
log scale; a log-rank p-value without direction leaves two mirror images, its events summed out; strata of
one study share its theta. Estimand: exp(mu), the odds or hazard ratio; a risk difference follows at a
stated baseline risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from extraction.said import said
from models.engines.engine import Engine
from models.engines.posterior import Marginal, Posterior
from models.engines.quadrature_general import Joint, from_study_likelihoods
from models.likelihood.report import EffectReport, LogLikelihood
from models.priors import MIDWAY, BaselinePrior, Prior

if TYPE_CHECKING:
    from pymc import Model

    from models.evidence.report import Evidence


@said("One log ratio for each study, drawn from the hierarchy")
def one_effect_per_study(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Model:
    """The model of every endpoint with one log ratio per study: `models.engines.hierarchy.from_reports`."""
    from models.engines import hierarchy

    return hierarchy.from_reports(evidence, mu_prior, tau_prior, MIDWAY)


def study_likelihoods(evidence: Evidence, baseline: BaselinePrior = MIDWAY) -> dict[str, LogLikelihood]:
    """Log likelihood of each study's log ratio, all its reports together, levels of risk integrated out."""
    return {
        study: _sum_of(
            [EffectReport.expected(used.report).of_effect(baseline) for used in evidence.of(study)]
        )
        for study in evidence.studies
    }


def quadrature(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Posterior:
    """The same posterior as `one_effect_per_study` by deterministic quadrature."""
    likelihoods = study_likelihoods(evidence)
    return from_study_likelihoods(list(likelihoods.values()), mu_prior, tau_prior, list(likelihoods))


def mean_effect(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Marginal:
    """The same posterior of mu alone."""
    return Joint.of(list(study_likelihoods(evidence).values()), mu_prior, tau_prior).of_mu()


def _sum_of(terms: Sequence[LogLikelihood]) -> LogLikelihood:
    return lambda theta: sum((term(theta) for term in terms), np.zeros(()))


class EffectsByStudy(Engine):
    """One effect per study: integrated, and sampled for the pages by the same hierarchy."""

    build = staticmethod(one_effect_per_study)
    quadrature = staticmethod(quadrature)

    @staticmethod
    def way[T](by_quadrature: T, by_draws: T) -> T:
        return by_quadrature
