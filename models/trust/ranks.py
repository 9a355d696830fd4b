"""Do ranks behave as they must?  Bands for their distribution, and coverage of intervals.

A rank is the posterior probability below the true value, between 0 and 1.  Under a calibrated model with
parameters drawn from the priors, ranks are uniform (Talts 2018, arXiv:1804.06788).
"""

from functools import lru_cache

import numpy as np
from scipy import stats

LEVELS = (50, 80, 95)
"""Per cent of the equal-tailed intervals whose coverage is counted."""
POINTS = 50
"""Even places at which a curve is compared with its band."""
BAND = 0.95
SIMULATIONS = 10_000  # of uniform ranks, for a band: its probability is then right to 0.002


def curve(ranks) -> tuple[np.ndarray, np.ndarray]:
    """Places, and there the share of ranks at or below minus the share expected; both of shape (POINTS -
    1,).
    """
    places = np.arange(1, POINTS) / POINTS
    return places, np.searchsorted(np.sort(ranks), places, side="right") / len(ranks) - places


@lru_cache
def band(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends between which the whole curve of `count` uniform ranks lies with probability BAND.

    The pointwise binomial intervals of one level that does so, found by simulation (Säilynoja, Bürkner &
    Vehtari 2022, Stat Comput 32:32).  The same count always has the same band.
    """
    places = np.arange(1, POINTS) / POINTS
    binomial = stats.binom.cdf(np.arange(count + 1)[:, None], count, places)
    below = np.cumsum(
        np.random.default_rng(count).multinomial(count, [1 / POINTS] * POINTS, size=SIMULATIONS), axis=1
    )[:, :-1]
    at = np.arange(POINTS - 1)
    tails = np.minimum(
        binomial[below, at], 1 - np.where(below > 0, binomial[np.maximum(below - 1, 0), at], 0.0)
    )
    level = np.quantile(2 * tails.min(axis=1), 1 - BAND)
    lower, upper = (stats.binom.ppf(q, count, places) / count - places for q in (level / 2, 1 - level / 2))
    return lower, upper


def within_band(ranks) -> bool:
    """Whether the whole curve of the ranks lies in the band."""
    difference, (lower, upper) = curve(ranks)[1], band(len(ranks))
    return bool(((difference >= lower - 1e-12) & (difference <= upper + 1e-12)).all())


def coverage(ranks, level: int) -> tuple[float, float]:
    """Share of equal-tailed intervals of that level (per cent) that hold the true value, and its binomial
    standard error, as fractions.

    The error is that of a share with one more hit and one more miss, so that it is not 0 where every interval
    holds.
    """
    held, n = int(np.sum(np.abs(np.asarray(ranks) - 0.5) <= level / 200)), len(ranks)
    smoothed = (held + 1) / (n + 2)
    return held / n, float(np.sqrt(smoothed * (1 - smoothed) / n))


def falls_short(ranks, level: int) -> bool:
    """Whether coverage lies below its level by more than two standard errors, taken at the level itself."""
    wanted = level / 100
    return coverage(ranks, level)[0] < wanted - 2 * np.sqrt(wanted * (1 - wanted) / len(ranks))
