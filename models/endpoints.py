"""The endpoints of the review, in the order of the book."""

from extraction.records import Review
from models.endpoint import Endpoint, Role, Scale, Side
from models.engines.durations import Durations
from models.engines.effects import EffectsByStudy
from models.engines.posterior import Posterior
from models.evidence.collect import collect
from models.evidence.report import Evidence
from models.priors import (
    MU_LOG_DURATION,
    MU_LOG_RATIO,
    TAU_BARTOS_LOG_HR,
    TAU_DURATION,
    TAU_PRIMARY,
    TAU_TURNER_ADVERSE_EVENTS,
    TAU_TURNER_INFECTION,
    TAU_WIDE,
    Prior,
    parse,
)

DURATIONS, EFFECTS = Durations(), EffectsByStudy()

CRS_DURATION = Endpoint(
    key="crs_duration_grade3",
    evidence="crs_duration",
    title="Duration of CRS, grade 3 or above",
    scale=Scale.RATIO_OF_DURATIONS,
    benefit=Side.BELOW,
    role=Role.PRIMARY,
    mu_prior=MU_LOG_DURATION,
    mu_alternatives=(parse("normal:0:1"),),
    tau_prior=TAU_DURATION,
    tau_alternatives=(TAU_PRIMARY,),
    engine=DURATIONS,
    draws=1000,
)


def _of_effects(
    key: str, title: str, scale: Scale, role: Role, tau: Prior, benefit: Side = Side.BELOW
) -> Endpoint:
    """An endpoint with one effect per study; tau: the empirical prior of the sensitivity analysis."""
    return Endpoint(
        key=key,
        evidence=key,
        title=title,
        scale=scale,
        benefit=benefit,
        role=role,
        mu_prior=MU_LOG_RATIO,
        mu_alternatives=(parse("normal:0:0.5"), parse("normal:0:2")),
        tau_prior=TAU_PRIMARY,
        tau_alternatives=(TAU_WIDE, tau),
        engine=EFFECTS,
    )


_SURVIVAL = (Scale.HAZARD_RATIO, Role.PRIMARY, TAU_BARTOS_LOG_HR)
# not pooled with each other: definitions of the second differ, and some run from complete response
OVERALL_SURVIVAL = _of_effects("overall_survival", "Overall survival", *_SURVIVAL)
PROGRESSION_FREE_SURVIVAL = _of_effects("progression_free_survival", "Progression-free survival", *_SURVIVAL)

SEVERE_INFECTION = _of_effects(
    "severe_infection", "Severe infection", Scale.ODDS_RATIO, Role.PRIMARY, TAU_TURNER_INFECTION
)
_SECONDARY = (Scale.ODDS_RATIO, Role.SECONDARY, TAU_TURNER_ADVERSE_EVENTS)
COMPLETE_RESPONSE = _of_effects("complete_response", "Complete response", *_SECONDARY, Side.ABOVE)
ICANS = _of_effects("icans", "ICANS", *_SECONDARY)
# early use only: under therapeutic use the grade leads to the drug, so the grade is no effect of it
SEVERE_CRS = _of_effects(
    "severe_crs", "Severe CRS, early tocilizumab against standard management", *_SECONDARY
)

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
    """Posterior of an endpoint without sampling, under its own priors unless others are given.

    Raises ValueError for one that has to be sampled.
    """
    chosen = ENDPOINTS[key]
    return chosen.engine.quadrature(
        evidence_of(key, review), mu_prior or chosen.mu_prior, tau_prior or chosen.tau_prior
    )
