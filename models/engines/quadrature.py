"""Random-effects meta-analysis without sampling: mu | tau exactly, tau by quadrature.

    estimate[s] ~ N(theta[s], se[s]),  theta[s] ~ N(mu, tau),  mu ~ normal or flat prior,  tau ~ any prior

An independent check on the sampled posteriors, and fast enough for a command line. Reference for the normal
case: Roever 2020, J Stat Softw 93(6), doi 10.18637/jss.v093.i06 (bayesmeta).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from models.engines.mixture import MixturePosterior, NormalMixture
from models.engines.posterior import Posterior, tau_marginal
from models.engines.quadrature_general import from_study_likelihoods
from models.engines.quadrature_many import conditional_mu, normal_normal_many
from models.engines.tau_nodes import axis_of, node_weights, tau_places
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import BaselinePrior, Prior

__all__ = ["Posterior", "binomial_normal", "from_study_likelihoods", "normal_normal", "normal_normal_many"]

NODES = 129


def normal_normal(
    estimate: ArrayLike,
    se: ArrayLike,
    mu_prior: Prior,
    tau_prior: Prior,
    study_names: Sequence[str] | None = None,
) -> MixturePosterior:
    """Posterior given one estimate and standard error per study.

    estimate, se: shape (study,), on one additive scale such as log odds ratio. mu_prior: normal or flat;
    tau_prior: any Prior on the positive numbers. No studies returns the prior. Raises ValueError for a
    standard error that is not positive, a value that is not finite, or a prior of mu that is neither, or flat
    without studies.
    """
    estimate, se = np.atleast_1d(np.asarray(estimate, float)), np.atleast_1d(np.asarray(se, float))
    if estimate.shape != se.shape or not np.all(np.isfinite(estimate)):
        raise ValueError(f"estimates must be finite, one per standard error: {estimate}, {se}")
    if not np.all(np.isfinite(se) & (se > 0)):
        raise ValueError(f"standard errors must be positive and finite: {se}")
    if mu_prior.is_flat and estimate.size:
        prior_mean, prior_sd = float(estimate.mean()), np.inf  # any mean serves, this one keeps digits
    elif mu_prior.family == "normal":
        prior_mean, prior_sd = mu_prior.parameters
    else:
        raise ValueError(
            f"normal_normal needs a normal or, with studies, a flat prior of mu, not {mu_prior.name}"
        )
    names = study_names if study_names is not None else [str(study + 1) for study in range(len(se))]

    def given(tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = conditional_mu(estimate[None], se[None], prior_mean, prior_sd, tau[None])
        log_marginal, mean, sd = (part[0] for part in found)
        return log_marginal, mean, sd

    def log_posterior(tau: np.ndarray) -> np.ndarray:
        log_marginal, *_ = given(tau)
        return log_marginal + tau_prior.log_density(tau)

    axis, places = axis_of(tau_prior), tau_places(log_posterior, tau_prior, NODES)
    tau = axis.tau(places)
    log_marginal, mean, sd = given(tau)
    log_density = log_marginal + tau_prior.log_density(tau) + axis.log_slope(places)  # of the places
    weight = node_weights(log_density, places[1] - places[0])

    # share of the mean effect in a study's own, shape (study, node)
    pull = se[:, None] ** 2 / (se[:, None] ** 2 + tau**2)
    theta_mean, theta_sd = (
        pull * mean + (1 - pull) * estimate[:, None],
        np.sqrt(pull * tau**2 + (pull * sd) ** 2),
    )
    return MixturePosterior(
        mu=NormalMixture(weight, mean, sd),
        tau=tau_marginal(places, log_density, axis),
        prediction=NormalMixture(weight, mean, np.hypot(sd, tau)),
        theta={
            name: NormalMixture(weight, *study)
            for name, *study in zip(names, theta_mean, theta_sd, strict=True)
        },
    )


def binomial_normal(
    events_treated: ArrayLike,
    n_treated: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    mu_prior: Prior,
    tau_prior: Prior,
    baseline: BaselinePrior,
    study_names: Sequence[str] | None = None,
) -> Posterior:
    """Posterior given exact counts: binomials around each study's own log odds, see `BaselinePrior`.

    Arrays of shape (study,); theta is the log odds ratio. No continuity correction: studies with no event in
    one arm or in both stay in. baseline: normal, independent between studies. Raises ValueError for
    impossible counts.
    """
    arms = np.array([events_treated, n_treated, events_control, n_control]).T.reshape(-1, 4)
    likelihoods = [two_arm_log_likelihood(a, n, b, m, baseline) for a, n, b, m in arms]
    return from_study_likelihoods(likelihoods, mu_prior, tau_prior, study_names)
