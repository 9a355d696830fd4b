"""Overall and progression-free (leukaemia-free) survival.

    log hazard ratio theta[study] ~ N(mu, tau); strata of one study share its theta

A printed hazard ratio is normal on the log scale; a log-rank p-value without direction leaves two mirror
images, its events summed out.  The two endpoints are not pooled with each other: definitions of the second
differ (some run from complete response).  Estimand: exp(mu), the hazard ratio.
"""

from models.endpoint import Endpoint, one_effect_per_study
from models.priors import MU_LOG_RATIO, TAU_BARTOS_LOG_HR, TAU_PRIMARY, TAU_WIDE

_SHARED = dict(
    scale="hazard ratio",
    effect="log_hr",
    benefit="below",
    role="primary",
    mu_prior=MU_LOG_RATIO,
    tau_prior=TAU_PRIMARY,
    tau_alternatives=(TAU_WIDE, TAU_BARTOS_LOG_HR),
    build=one_effect_per_study,
)
OVERALL_SURVIVAL = Endpoint(
    key="overall_survival", evidence="overall_survival", title="Overall survival", **_SHARED
)
PROGRESSION_FREE_SURVIVAL = Endpoint(
    key="progression_free_survival",
    evidence="progression_free_survival",
    title="Progression-free survival",
    **_SHARED,
)
