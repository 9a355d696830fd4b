"""The law of a log-rank statistic z at the real sizes of two arms, by simulation.

Patients leave one by one, as in `models.likelihood.log_rank_exact`: how many exits are events is
beta-binomial; an event takes a patient in proportion to the hazards, a censoring anyone at risk alike; two
events next to each other share a time with probability TIE_SHARE.  What is enumerated there for a handful of
patients is drawn here, for arms whose histories are too many.
"""

from functools import lru_cache

import numba
import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from models.likelihood.log_rank_exact import TIE_SHARE
from models.priors import EVENT_SHARE

LOG_HR = np.linspace(-6.0, 6.0, 121)
"""Log hazard ratios at which the law is tabulated."""
Z = np.linspace(-10.0, 10.0, 1001)
"""Values of z between which each simulated one is shared; those beyond count as the last."""
LARGEST = 200
"""Patients of both arms whose exits are simulated; more are left to Schoenfeld's normal law.

At 200 patients and log hazard ratios up to 1 it has p < 0.05 up to 0.02 too often in equal arms, and up to
0.1 in arms of 40 v 160 where the smaller has fewer events.
"""
EXITS = 4_000_000
"""Exits of all cohorts of one table: the fewer patients, the more cohorts."""
SEED = 20_261_128


@numba.njit(cache=True)
def added(of_treated: int, events: int, treated: int, control: int) -> tuple[float, float]:
    """What one time adds to O - E of the treated and to its hypergeometric variance: of `events` events
    `of_treated` in the treated, of treated and control patients at risk.
    """
    n = treated + control
    spread = events * (n - events) / (n - 1) if n > 1 else 0.0
    return of_treated - events * treated / n, spread * treated * control / n**2


@numba.njit(cache=True, error_model="numpy")  # without checks for division by 0 the inner loop is vectorised
def leave(
    treated: int,
    control: int,
    hr: float,
    share: float,
    tie_share: float,
    others: np.ndarray,
    relative: np.ndarray,
    generator: np.random.Generator,
) -> float:
    """z of one cohort under a hazard ratio, nan where no event was a comparison.

    share : probability that an exit is an event
    relative : receives, for each hazard ratio in `others`, the probability of this same cohort under it, over
    that under no effect
    """
    difference = variance = 0.0
    at_risk_treated = at_risk_control = events = of_treated = 0  # of the time that is not closed yet
    after_event = False
    relative[:] = 1.0
    for left in range(treated + control, 0, -1):
        event = generator.random() < share
        weight = treated * (hr if event else 1.0)
        leaves_treated = generator.random() * (weight + control) < weight
        if event:
            if treated and control:
                for k in range(len(others)):
                    relative[k] *= (
                        (others[k] if leaves_treated else 1.0) * left / (treated * others[k] + control)
                    )
            if events and not (after_event and generator.random() < tie_share):
                plus = added(of_treated, events, at_risk_treated, at_risk_control)
                difference, variance = difference + plus[0], variance + plus[1]
                events = of_treated = 0
            if not events:
                at_risk_treated, at_risk_control = treated, control
            events, of_treated = events + 1, of_treated + leaves_treated
        treated, control, after_event = treated - leaves_treated, control - (not leaves_treated), event
    if events:
        plus = added(of_treated, events, at_risk_treated, at_risk_control)
        difference, variance = difference + plus[0], variance + plus[1]
    return difference / np.sqrt(variance) if variance > 1e-12 else np.nan


def one_z(log_hr: float, n_treated: int, n_control: int, generator: np.random.Generator) -> float:
    """z of one simulated cohort, nan where no event was a comparison."""
    share, none = EVENT_SHARE.draw(generator), np.empty(0)
    return float(leave(n_treated, n_control, np.exp(log_hr), share, TIE_SHARE, none, none, generator))


def log_rank_z(
    log_hr: ArrayLike, n_treated: int, n_control: int, generator: np.random.Generator
) -> np.ndarray:
    """Simulated z of a log-rank test, one for each log hazard ratio; cohorts that give none are drawn
    again.
    """

    def drawn(effect: float) -> float:
        while np.isnan(z := one_z(effect, n_treated, n_control, generator)):
            pass
        return z

    return np.vectorize(drawn, otypes=[float])(log_hr)


def law(
    n_treated: int, n_control: int, event_shape: tuple[float, ...] = EVENT_SHARE.parameters
) -> np.ndarray:
    """Probability of each Z at each LOG_HR, shape (LOG_HR, Z).

    The mean of two simulations, the second with the arms exchanged, so that exchanging them mirrors the law
    to the last digit.
    """
    one, other = _law(n_treated, n_control, event_shape), _law(n_control, n_treated, event_shape)
    return (one + other[::-1, ::-1]) / 2


@lru_cache(maxsize=64)
def _law(n_treated: int, n_control: int, event_shape: tuple[float, ...]) -> np.ndarray:
    """By one simulation, always of the same seed.

    Cohorts drawn under all LOG_HR in turn speak for each of them, weighted by how probable they are under it
    (Veach & Guibas 1995, SIGGRAPH 419, the balance heuristic): so the law is a smooth function of the effect.
    """
    cohorts = max(EXITS // (n_treated + n_control) // len(LOG_HR), 1) * len(LOG_HR)
    generator = np.random.default_rng(SEED)
    shares = special.betaincinv(*event_shape, (generator.permutation(cohorts) + 0.5) / cohorts)
    weights = _weights(np.exp(LOG_HR), n_treated, n_control, TIE_SHARE, shares, Z, generator).T
    return weights / weights.sum(axis=1, keepdims=True)


@numba.njit(cache=True, error_model="numpy")
def _weights(
    hr: np.ndarray,
    treated: int,
    control: int,
    tie_share: float,
    shares: np.ndarray,
    at: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Weight at each place under each hazard ratio, shape (place, hazard ratio)."""
    found, relative = np.zeros((len(at), len(hr))), np.empty(len(hr))
    for i in range(len(shares)):
        z = leave(treated, control, hr[i % len(hr)], shares[i], tie_share, hr, relative, generator)
        if np.isnan(z):
            continue
        place = min(max((z - at[0]) / (at[1] - at[0]), 0.0), len(at) - 1.0)
        left = min(int(place), len(at) - 2)
        weight, upper = 1 / relative.mean(), place - left
        for k in range(len(hr)):
            found[left, k] += weight * (1 - upper) * relative[k]
            found[left + 1, k] += weight * upper * relative[k]
    return found
