"""Secondary endpoints: complete response, ICANS, and severe CRS after pre-emptive tocilizumab.

The binomial model of severe infection.  Severe CRS is pooled for pre-emptive use only: under therapeutic use
the grade leads to the drug, so the grade is no effect of it.  Complete response is the one endpoint where a
ratio above 1 is good.
"""

from models.endpoint import Endpoint, one_effect_per_study
from models.priors import MU_LOG_RATIO, TAU_PRIMARY, TAU_TURNER_ADVERSE_EVENTS, TAU_WIDE

_SHARED = dict(
    scale="odds ratio",
    effect="log_or",
    role="secondary",
    mu_prior=MU_LOG_RATIO,
    tau_prior=TAU_PRIMARY,
    tau_alternatives=(TAU_WIDE, TAU_TURNER_ADVERSE_EVENTS),
    build=one_effect_per_study,
)
COMPLETE_RESPONSE = Endpoint(
    key="complete_response",
    evidence="complete_response",
    title="Complete response",
    benefit="above",
    **_SHARED,
)
ICANS = Endpoint(key="icans", evidence="icans", title="ICANS", benefit="below", **_SHARED)
SEVERE_CRS = Endpoint(
    key="severe_crs",
    evidence="severe_crs",
    title="Severe CRS, pre-emptive tocilizumab",
    benefit="below",
    **_SHARED,
)
