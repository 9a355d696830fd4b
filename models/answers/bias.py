"""What the risk of bias does to the answer: a judgement becomes a prior on an additive bias, and the effect
is read through it.

    observed effect[s] = effect[s] + b[s],   b[s] ~ N(m, s), by the overall judgement of the study and the
    endpoint

A randomised trial has a bias without a known side: who was sicker decided nothing.

Positive b on the log scale makes the treatment look worse where more events are worse.  Strata of one study
share its b.
"""

from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import logsumexp

from extraction.bias import overall
from extraction.records import Review
from extraction.said import said
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.posterior import Posterior
from models.engines.quadrature_general import from_study_likelihoods
from models.evidence.report import Evidence
from models.priors import Prior

HERMITE = np.polynomial.hermite_e.hermegauss(41)
"""Nodes and weights of a standard normal: the bias is integrated out at them."""
FINE = 16
"""Steps of a spline to an SD of the bias: five or more between two nodes."""

LIKE = {"no_information": "serious", "unjudged": "critical"}
"""The judgement whose bias another has: a study that nobody has judged is not called critical, but has the
widest bias until it is.
"""
LIKE_OF_TRIALS = {"low": "low", "some_concerns": "moderate", "high": "serious", "unjudged": "serious"}
"""The judgement of ROBINS-I whose SD each of RoB 2 has.

Low is low in both: by ROBINS-I a study is at low risk where it is comparable with a well-performed trial.
What is left of a trial with concerns (departures, missing data, outcomes measured by who knew the arm) are
the domains that ROBINS-I shares, so its SD is that of the same gravity there; nothing of a trial is critical.
"""
OF_TRIALS = (
    "The trial is randomised, so no side of its bias is known: mean 0, and the SD of a study that is not"
    " randomised at moderate risk where there are some concerns, at serious risk where the risk is high."
)


def bias_prior(key: str, judgement: str, adjusted: bool = False, randomised: bool = False) -> Prior:
    """Prior of the bias of one study by its overall judgement, or `unjudged`; an adjusted estimate and a
    randomised trial have no known side.
    """
    name = LIKE_OF_TRIALS[judgement] if randomised else LIKE.get(judgement, judgement)
    mean, sd = getattr(ENDPOINTS[key].bias, name)
    return Prior(
        f"bias_{judgement}",
        "normal",
        (0.0 if adjusted or randomised else mean, sd),
        OF_TRIALS if randomised else ENDPOINTS[key].bias.plain,
        ENDPOINTS[key].bias.source,
    )


def bias_priors(key: str, review: Review, evidence: Evidence | None = None) -> dict[str, Prior]:
    """The bias of each study that enters an endpoint, by its overall judgement."""
    evidence = evidence or evidence_of(key, review)
    return {
        study: bias_prior(
            key,
            overall(review.records[study], evidence.endpoint) or "unjudged",
            is_adjusted(evidence, study, review),
            review.records[study].design.randomised,
        )
        for study in evidence.studies
    }


def is_adjusted(evidence: Evidence, study: str, review: Review) -> bool:
    """Whether a study enters by an estimate adjusted for covariates, by weights or by matching."""
    record = review.records[study]
    entries = {entry.id: entry for entry in record.entries}
    return any(
        record.strata[used.stratum].matched or getattr(entries[name], "is_adjusted", False)
        for used in evidence.of(study)
        for name in used.entries
    )


@said("The likelihood with a normal bias, integrated out")
def through_bias(log_likelihood, prior: Prior):
    """The likelihood of the true effect when the observed one holds a normal bias, which is integrated
    out.
    """
    mean, sd = prior.parameters
    nodes, weights = HERMITE
    log_weight, shifts = np.log(weights / weights.sum()), mean + sd * nodes

    def adjusted(theta):
        theta = np.asarray(theta, float)
        seen = _read_once(log_likelihood, theta, shifts, sd / FINE)
        return logsumexp(
            [seen(theta + shift) + w for shift, w in zip(shifts, log_weight, strict=True)], axis=0
        )

    return adjusted


def _read_once(log_likelihood, theta: np.ndarray, shifts: np.ndarray, step: float):
    """The log likelihood as a spline through its values over all shifted effects, where these are fewer than
    the effects shifted one by one; itself where they are not, or where it is somewhere not finite.
    """
    if not theta.size:
        return log_likelihood
    low, high = theta.min() + shifts.min(), theta.max() + shifts.max()
    points = int(np.ceil((high - low) / step)) + 1
    if points >= theta.size * shifts.size:
        return log_likelihood
    x = np.linspace(low, high, points)
    values = log_likelihood(x)
    return CubicSpline(x, values) if np.isfinite(values).all() else log_likelihood


def adjusted_quadrature(
    evidence: Evidence, mu_prior: Prior, tau_prior: Prior, biases: dict[str, Prior]
) -> Posterior:
    """Posterior of the effects behind the bias, for endpoints with one effect per study."""
    likelihoods = study_likelihoods(evidence)
    return from_study_likelihoods(
        [through_bias(term, biases[study]) for study, term in likelihoods.items()],
        mu_prior,
        tau_prior,
        list(likelihoods),
    )


@lru_cache(maxsize=64)
def adjusted(key: str, review: Review) -> Posterior:
    """Posterior of an endpoint with its biases; raise TypeError for one whose reports are of durations."""
    chosen = ENDPOINTS[key]
    return adjusted_quadrature(
        evidence_of(key, review), chosen.mu_prior, chosen.tau_prior, bias_priors(key, review)
    )
