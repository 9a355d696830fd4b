"""How far confounding of a stated strength could carry an odds ratio: bounds, and no belief about it.

At strength gamma the odds of the event may differ between the arms by up to gamma times for reasons other
than the treatment, in every study and on the worse side; Rosenbaum's Gamma (2002, Observational Studies) is
its pattern, though his is of the odds of being treated.  Each observed log odds ratio is then at most
log gamma away from the true one.  The answers at both ends are computed, with no spread of the bias: what
lies in between is possible, and nothing tells which of it is likely.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from extraction.records import Review
from models.answers.answer import as_ratios
from models.endpoint import Endpoint, Scale
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.posterior import LIMITS
from models.engines.quadrature_general import Joint, from_study_likelihoods
from models.evidence.report import Evidence
from models.likelihood.report import LogLikelihood
from models.trust.multiverse import WIDE

type Limits = dict[str, NDArray[np.float64]]
"""Of the mean odds ratio at each strength: median, lower, upper."""

GAMMAS = np.geomspace(1.0, 8.0, 19)
"""Strengths from none on."""


@dataclass(frozen=True)
class Bounds:
    """Median and limits at each of GAMMAS, with every study's bias making its odds ratio look as large as
    can be (so that the true ones are lowest) or as small.
    """

    low: Limits
    high: Limits

    @property
    def median_reaches_1(self) -> float | None:
        """The least strength at which the median can be no difference; None where that is beyond GAMMAS."""
        return _first(self.low["median"], self.high["median"])

    @property
    def interval_reaches_1(self) -> float | None:
        """The least strength at which the 95 % interval can hold no difference; 1 where it does without
        any confounding, None where that is beyond GAMMAS.
        """
        return _first(self.low["lower"], self.high["upper"])

    def at(self, gamma: float) -> tuple[dict[str, float], dict[str, float]]:
        """The lowest and the highest median and limits at a strength."""
        low, high = (
            {name: float(np.exp(np.interp(np.log(gamma), np.log(GAMMAS), np.log(end[name])))) for name in end}
            for end in (self.low, self.high)
        )
        return low, high


@lru_cache
def confounding_bounds(key: str, review: Review) -> Bounds | None:
    """The bounds of an endpoint; None where no study enters, raise ValueError where it has no odds ratio."""
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    if endpoint.scale is not Scale.ODDS_RATIO:
        raise ValueError(f"{endpoint.title} is no odds ratio")
    return of_evidence(evidence, endpoint) if evidence.used else None


def of_evidence(evidence: Evidence, endpoint: Endpoint) -> Bounds:
    """The same of any evidence of an endpoint with one effect per study."""
    # a sum over many tables is taken once, and not for every strength
    seen = {study: CubicSpline(WIDE, term(WIDE)) for study, term in study_likelihoods(evidence).items()}
    joint = Joint.of(list(seen.values()), endpoint.mu_prior, endpoint.tau_prior)

    def limits(log_bias: float) -> dict[str, float]:
        mu = joint.behind(log_bias, endpoint.mu_prior)
        return as_ratios(mu.limits()) if mu else behind(seen, endpoint, log_bias)

    low, high = ([limits(side * float(np.log(gamma))) for gamma in GAMMAS] for side in (1, -1))
    return Bounds(_by_name(low), _by_name(high))


def behind(seen: Mapping[str, LogLikelihood], endpoint: Endpoint, log_bias: float) -> dict[str, float]:
    """Limits of the mean ratio where the log ratio seen in every study is the true one plus a known bias."""
    found = from_study_likelihoods(
        [_behind(term, log_bias) for term in seen.values()], endpoint.mu_prior, endpoint.tau_prior, list(seen)
    )
    return as_ratios(found.mu.limits())


def _behind(seen: LogLikelihood, log_bias: float) -> LogLikelihood:
    return lambda theta: seen(np.asarray(theta, float) + log_bias)


def _by_name(answers: list[dict[str, float]]) -> Limits:
    return {name: np.array([answer[name] for answer in answers]) for name in LIMITS}


def _first(low: np.ndarray, high: np.ndarray) -> float | None:
    """The least of GAMMAS, joined by lines on the log scale, at which 1 is no longer outside low to high."""
    away = np.maximum(np.log(low), -np.log(high))  # narrows as the bounds widen
    if away[-1] > 0:
        return None
    return float(np.exp(np.interp(0.0, -away, np.log(GAMMAS)))) if away[0] > 0 else 1.0
