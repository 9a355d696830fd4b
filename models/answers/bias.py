"""What the risk of bias does to the answer: a judgement becomes a prior on an additive bias, and the effect
is read through it.

    observed effect[s] = effect[s] + b[s],   b[s] ~ N(m, s), by the overall judgement of the study and the
    endpoint

A randomised trial has a bias without a known side: who was sicker decided nothing.

Positive b on the log scale makes tocilizumab look worse where more events are worse.  Strata of one study
share its b.
"""

from dataclasses import dataclass
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

PAIR = (
    "Hill 2018, doi 10.1182/blood-2017-07-793760, table 4: 3.45, unadjusted, first infection of any kind"
    " within 28 days, 133 patients of whom 47 with ALL; CAR-HEMATOTOX 2022, doi 10.1136/jitc-2021-004475,"
    " table 2: 0.93, adjusted, infection of grade 3 or above to day 90, 248 patients with lymphoma. The two"
    " differ in outcome, window and disease as well as in adjustment, so the gap is a loose scale: its SD is"
    " taken half as wide again"
)
"""Hazard ratios of infection with tocilizumab after CD19 CAR-T cells in other patients: one pair, so a scale
and not data.
"""
LOOSE = 1.5
"""By how much the SD is widened since the pair differs in more than adjustment."""
GAP = float(np.log(3.45 / 0.93))
"""Log ratio of that pair, 1.31: how far confounding by indication may carry an unadjusted comparison of
infections.
"""


@dataclass(frozen=True)
class BiasScale:
    """Mean and SD of the bias on the log scale at each overall judgement, with what they claim and why."""

    moderate: tuple[float, float]
    serious: tuple[float, float]
    critical: tuple[float, float]
    plain: str
    source: str
    low: tuple[float, float] = (0.0, 0.05)


SICKER = "the sicker patients got the drug, so an unadjusted comparison makes it look worse"
INFECTION = BiasScale(
    (0.2, LOOSE * 0.3),
    (GAP / 2, LOOSE * GAP / 2),
    (GAP, LOOSE * GAP * 0.75),
    "At serious risk the odds ratio seen is about twice the true one, and with 95 % probability between 0.28"
    f" and 13 times it; at critical risk about 3.7 times, from 0.2 to 67: {SICKER}.",
    PAIR,
)
HAZARD = BiasScale(
    (0.0, 0.25),
    (GAP / 8, GAP / 2),
    (GAP / 4, GAP * 0.75),
    "At serious risk the hazard ratio seen is about 1.2 times the true one, and with 95 % probability between"
    f" 0.33 and 4.3 times it: {SICKER}, while a patient had to live to be given it (immortal time), which"
    " makes it look better; the signs oppose each other, so the mean is small and the SD wide.",
    "choice of this review: as no such pair is known for survival, a fourth of the mean of infection and its"
    " SD before widening",
)
DURATION = BiasScale(
    (0.0, 0.1),
    (0.0, 0.2),
    (0.0, 0.35),
    "At serious risk the ratio of durations seen lies, with 95 % probability, between 0.7 and 1.5 times the"
    " true one, on either side: waiting for the drug and more disease make CRS look longer with it, a drug"
    " that lowers fever and a comparison with steroids make it look shorter or no different.",
    "choice of this review: the signs oppose each other, so the mean is 0",
)
RESPONSE = BiasScale(
    (-0.1, 0.25),
    (-0.3, 0.5),
    (-0.6, 0.75),
    "At serious risk the odds ratio of response seen is about three quarters of the true one: more leukaemia"
    " before infusion makes response rarer.",
    "choice of this review: half the scale of infection, turned round",
)
HISTORICAL = BiasScale(
    (0.0, 0.25),
    (0.0, 0.5),
    (0.0, 1.0),
    "At serious risk the odds ratio seen lies, with 95 % probability, between 0.4 and 2.7 times the true one,"
    " on either side: patients of another time differ in ways nobody can name.",
    "choice of this review",
)
SCALES = {
    "crs_duration_grade3": DURATION,
    "severe_infection": INFECTION,
    "overall_survival": HAZARD,
    "progression_free_survival": HAZARD,
    "complete_response": RESPONSE,
    "icans": INFECTION,
    "severe_crs": HISTORICAL,
}
"""The scale of each endpoint."""


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
    mean, sd = getattr(SCALES[key], name)
    return Prior(
        f"bias_{judgement}",
        "normal",
        (0.0 if adjusted or randomised else mean, sd),
        OF_TRIALS if randomised else SCALES[key].plain,
        SCALES[key].source,
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
