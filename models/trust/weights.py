"""How much weight each study has in the mean effect, whatever the shape of its likelihood."""

from collections.abc import Mapping

from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.quadrature_general import Joint
from models.likelihood.report import LogLikelihood
from models.priors import Prior

SHIFT = 0.05
"""Of a study's likelihood, in log ratio: so little that the mean follows in proportion."""


def weights(key: str, review: Review) -> dict[str, float]:
    """The weight of each study of an endpoint; none where a study has no likelihood of its own."""
    endpoint = ENDPOINTS[key]
    if endpoint.engine.no_effect_alone:
        return {}
    return of_likelihoods(study_likelihoods(evidence_of(key, review)), endpoint.mu_prior, endpoint.tau_prior)


def of_likelihoods(
    likelihoods: Mapping[str, LogLikelihood], mu_prior: Prior, tau_prior: Prior
) -> dict[str, float]:
    """By how much the posterior mean of mu moves when what a study saw lies higher, per unit of that.

    With normal likelihoods and a known tau these are the weights of the random-effects model,
    (se² + tau²)⁻¹ over their sum and the precision of the prior; what is missing to 1 is the prior's.
    """
    joint = Joint.of(list(likelihoods.values()), mu_prior, tau_prior)

    def mean(study: int, more: float) -> float:
        return joint.had_seen(study, more).expectation(lambda mu: mu)

    return {name: (mean(i, SHIFT) - mean(i, -SHIFT)) / (2 * SHIFT) for i, name in enumerate(likelihoods)}
