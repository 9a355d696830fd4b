"""The endpoints of the review, in the order of the book."""

from extraction.records import Review
from models import endpoint
from models.crs_duration import CRS_DURATION
from models.endpoint import Endpoint
from models.engines.posterior import Posterior
from models.evidence.collect import collect
from models.evidence.report import Evidence
from models.priors import Prior
from models.response import COMPLETE_RESPONSE, ICANS, SEVERE_CRS
from models.severe_infection import SEVERE_INFECTION
from models.survival import OVERALL_SURVIVAL, PROGRESSION_FREE_SURVIVAL

ENDPOINTS: dict[str, Endpoint] = {
    e.key: e
    for e in (
        CRS_DURATION,
        SEVERE_INFECTION,
        OVERALL_SURVIVAL,
        PROGRESSION_FREE_SURVIVAL,
        COMPLETE_RESPONSE,
        ICANS,
        SEVERE_CRS,
    )
}


def evidence_of(key: str, review: Review) -> Evidence:
    """What enters an endpoint."""
    return collect(review, ENDPOINTS[key].evidence)


def quadrature(
    key: str, review: Review, mu_prior: Prior | None = None, tau_prior: Prior | None = None
) -> Posterior:
    """Posterior of an endpoint with one effect per study, without sampling; raise ValueError for CRS
    duration.
    """
    chosen = ENDPOINTS[key]
    if chosen is CRS_DURATION:
        raise ValueError("CRS duration has too many parameters for quadrature: it is sampled")
    return endpoint.quadrature(
        evidence_of(key, review), mu_prior or chosen.mu_prior, tau_prior or chosen.tau_prior
    )
