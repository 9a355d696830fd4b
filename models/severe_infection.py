"""Severe infection: does tocilizumab add to the risk?

    events ~ Binomial(n, risk) in each arm;  logit risk = alpha[study] + theta[study] * toci;  theta[study] ~
    N(mu, tau)

alpha has a wide prior of its own in each study, so only the comparison within a study informs theta.
Estimand: exp(mu), the odds ratio; the risk difference follows at a stated baseline risk.
"""

from models.endpoint import Endpoint, one_effect_per_study
from models.priors import MU_LOG_RATIO, TAU_PRIMARY, TAU_TURNER_INFECTION, TAU_WIDE

SEVERE_INFECTION = Endpoint(
    key="severe_infection",
    evidence="severe_infection",
    title="Severe infection",
    scale="odds ratio",
    effect="log_or",
    benefit="below",
    role="primary",
    mu_prior=MU_LOG_RATIO,
    tau_prior=TAU_PRIMARY,
    tau_alternatives=(TAU_WIDE, TAU_TURNER_INFECTION),
    build=one_effect_per_study,
)
