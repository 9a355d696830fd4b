"""Every test that a paper may have run on two survival curves, for many pairs of curves at once.

A pair is told by its risk sets: at each time of an event the patients at risk and the events of both arms.
Every z is above 0 where the treated die the sooner.  What a test leaves open (no event while both arms are
at risk, a hazard ratio of 0 or infinity) is nan.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

MOST_LOG_HR = 12.0
"""Log hazard ratio beyond which an estimate counts as infinite."""
NEWTON_STEPS = 25
CONVERGED = 1e-9


class RiskSets(NamedTuple):
    """At risk and with an event, by arm; each of shape (time, pair), 0 where a pair has no further times."""

    n_treated: np.ndarray
    n_control: np.ndarray
    d_treated: np.ndarray
    d_control: np.ndarray

    @property
    def n(self) -> np.ndarray:
        return self.n_treated + self.n_control

    @property
    def d(self) -> np.ndarray:
        return self.d_treated + self.d_control

    @property
    def share(self) -> np.ndarray:
        """Of the treated among those at risk."""
        return self.n_treated / np.maximum(self.n, 1)


LOG_RANK = "log-rank test"
WALD = "Wald's test of Cox's model"
LIKELIHOOD_RATIO = "likelihood-ratio test of Cox's model"
SCORE = "score test of Cox's model, Breslow's ties"
GEHAN = "Gehan–Breslow–Wilcoxon test"
TARONE_WARE = "Tarone–Ware test"
PETO = "Peto–Peto–Prentice test"
O_MINUS_E = "Σ(O−E)²/E"
TESTS = (LOG_RANK, WALD, LIKELIHOOD_RATIO, SCORE, GEHAN, TARONE_WARE, PETO, O_MINUS_E)
"""From the usual to the rare."""


class Cox(NamedTuple):
    """Cox's log hazard ratio (treated over control) with Breslow's ties, its standard error, and the
    likelihood-ratio statistic; nan where no estimate is finite.  Shape (pair,).
    """

    log_hr: np.ndarray
    se: np.ndarray
    likelihood_ratio: np.ndarray


def cox(sets: RiskSets) -> Cox:
    """By Newton's method for all pairs at once: the partial likelihood is concave."""
    d_treated, d = sets.d_treated.sum(axis=0), sets.d
    log_hr = np.zeros(d_treated.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(NEWTON_STEPS):
            share = _weighted_share(sets, log_hr)
            information = (d * share * (1 - share)).sum(axis=0)
            step = np.clip((d_treated - (d * share).sum(axis=0)) / information, -2.0, 2.0)
            log_hr = np.clip(log_hr + step, -2 * MOST_LOG_HR, 2 * MOST_LOG_HR)
            if not (np.abs(step) > CONVERGED).any():
                break
        log_hr = np.where(np.abs(log_hr) < MOST_LOG_HR, log_hr, np.nan)
        share = _weighted_share(sets, log_hr)
        se = (d * share * (1 - share)).sum(axis=0) ** -0.5
        gain = np.log(sets.n_treated * np.exp(log_hr) + sets.n_control) - np.log(sets.n)
        ratio = 2 * (d_treated * log_hr - np.where(d > 0, d * gain, 0.0).sum(axis=0))
    return Cox(log_hr, se, np.maximum(ratio, 0.0))


def _weighted_share(sets: RiskSets, log_hr: np.ndarray) -> np.ndarray:
    weighted = sets.n_treated * np.exp(log_hr)
    return weighted / np.maximum(weighted + sets.n_control, 1e-300)


def z_of_every_test(sets: RiskSets, fitted: Cox) -> dict[str, np.ndarray]:
    """z by test, each of shape (pair,).

    Weighted tests: Tarone and Ware 1977 (Biometrika 64:156), the variance hypergeometric; Peto's weight is
    the Kaplan-Meier share of both arms just before the time (Harrington and Fleming 1982, Biometrika 69:553).
    Σ(O−E)²/E has no variance of its own: Peto 1977 (Br J Cancer 35:1), which is conservative.
    """
    n, d, share = sets.n, sets.d, sets.share
    difference = sets.d_treated - d * share
    spread = d * share * (1 - share)
    variance = spread * (n - d) / np.maximum(n - 1, 1)
    expected = (d * share).sum(axis=0)
    total = difference.sum(axis=0)
    surviving = np.cumprod(1 - d / np.maximum(n, 1), axis=0)
    before = np.vstack([np.ones((1, n.shape[1])), surviving[:-1]])

    def weighted(weight: np.ndarray) -> np.ndarray:
        return (weight * difference).sum(axis=0) / np.sqrt((weight**2 * variance).sum(axis=0))

    with np.errstate(divide="ignore", invalid="ignore"):
        others = d.sum(axis=0) - expected
        return {
            LOG_RANK: total / np.sqrt(variance.sum(axis=0)),
            WALD: fitted.log_hr / fitted.se,
            LIKELIHOOD_RATIO: np.sign(fitted.log_hr) * np.sqrt(fitted.likelihood_ratio),
            SCORE: total / np.sqrt(spread.sum(axis=0)),
            GEHAN: weighted(n),
            TARONE_WARE: weighted(np.sqrt(n)),
            PETO: weighted(before),
            O_MINUS_E: total * np.sqrt(1 / expected + 1 / others),
        }


def p_of(z: ArrayLike, sides: int = 2) -> np.ndarray:
    """Two-sided p of z; or one-sided, on the side of z."""
    return sides * ndtr(-np.abs(z))
