"""Where to put quadrature nodes for the between-study SD, and what each is worth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_expit

from models.priors import Prior

DEPTH = 10.0  # log density below the peak at which the nodes end; what lies beyond is added to the last node
SCAN = 64
LARGEST = np.log(1e100)  # where a scan ends on either side
SCAN_QUANTILES = {"half_t": (1e-10, 1 - 1e-6), "half_cauchy": (1e-10, 1 - 1e-6), "log_t": (1e-5, 1 - 1e-5)}
"""Of the prior of tau, where a scan begins: less of heavy tails, as it goes on where the data ask for it."""


@dataclass(frozen=True)
class PositiveAxis:
    """Log tau, for a prior that is smooth on the positive numbers.

    The integrand vanishes at both ends, whatever the prior (half-normal like tau itself, log-normal, inverse
    gamma with a heavy tail), and its nearest singularities, tau = +-i se, lie pi/2 off the axis whatever the
    standard errors: the trapezium rule then converges exponentially in the number of nodes.
    """

    def tau(self, place: np.ndarray) -> np.ndarray:
        """Tau at places on the axis, of any shape."""
        return np.exp(place)

    def log_slope(self, place: np.ndarray) -> np.ndarray:
        """Log of the change of tau by a step along the axis: the log density of a place is that of tau, plus
        this.
        """
        return place


@dataclass(frozen=True)
class IntervalAxis(PositiveAxis):
    """The logit of where tau lies between two ends, for a prior that is cut off there: the integrand vanishes
    at both, as the trapezium rule needs.
    """

    low: float
    high: float

    def tau(self, place: np.ndarray) -> np.ndarray:
        return self.low + (self.high - self.low) * expit(place)

    def log_slope(self, place: np.ndarray) -> np.ndarray:
        return np.log(self.high - self.low) + log_expit(place) + log_expit(-place)


POSITIVE = PositiveAxis()
BOUNDED = ("uniform", "table")
ON_POSITIVE = ("half_normal", "half_t", "half_cauchy", "exponential", "log_normal", "log_t", "inverse_gamma")


def axis_of(tau_prior: Prior) -> PositiveAxis:
    """The axis on which nodes are even. Raises ValueError for a prior that allows tau below zero."""
    if tau_prior.family in BOUNDED and tau_prior.quantile(0.0) >= 0:
        return IntervalAxis(*tau_prior.quantile(np.array([0.0, 1.0])).tolist())
    if tau_prior.family not in ON_POSITIVE:
        legal = ", ".join([*ON_POSITIVE, "uniform or a density of a file from 0 or more"])
        raise ValueError(f"the prior of tau must be one of {legal}, not {tau_prior.name}")
    return POSITIVE


def tau_places(log_posterior: Callable[[np.ndarray], np.ndarray], tau_prior: Prior, count: int) -> np.ndarray:
    """Even places on the axis of tau over the region that carries the posterior, shape (count,).

    log_posterior: takes tau, shape (node,), returns its log density up to a constant.
    """
    axis = axis_of(tau_prior)

    def log_density(place: np.ndarray) -> np.ndarray:
        return log_posterior(axis.tau(place)) + axis.log_slope(place)

    low, high = region(*bracketed(scan_places(tau_prior), log_density))
    return np.linspace(low, high, count)


def scan_places(tau_prior: Prior, count: int = SCAN) -> np.ndarray:
    """Even places on the axis of tau over all that the prior allows, and four times beyond.

    Raises ValueError for a prior that does not cover the positive line, or whose tail overflows.
    """
    if isinstance(axis_of(tau_prior), IntervalAxis):
        return np.linspace(-25.0, 25.0, count)
    ends = SCAN_QUANTILES.get(tau_prior.family, (1e-10, 1 - 1e-12))
    low, high = tau_prior.quantile(np.array(ends)) * [0.25, 4.0]
    if not 1e-100 < low < high < 1e100:
        raise ValueError(
            f"{tau_prior.name} reaches from {low:.2g} to {high:.2g}: choose a narrower prior of tau"
        )
    return np.linspace(np.log(low), np.log(high), count)


def bracketed(
    scan: np.ndarray, log_density: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The scan, prolonged where the posterior still stands at an end of it, and the log density there.

    Data may conflict with the prior of tau so far that the posterior lies in its last 1e-12. log_density: of
    places, shape (.., place). Raises ValueError where double precision ends first.
    """
    step, count = scan[1] - scan[0], len(scan)
    while True:
        found = log_density(scan)
        peak = np.max(found, axis=-1)
        if not np.all(np.isfinite(peak)):
            raise ValueError("the data and the priors conflict beyond double precision")
        stands = [bool(np.any(found[..., end] > peak - DEPTH)) for end in (0, -1)]
        if not any(stands):
            return scan, found
        before, after = (count * stand for stand in stands)
        if scan[0] - step * before < -LARGEST or scan[-1] + step * after > LARGEST:
            raise ValueError("the data and the prior of tau conflict: no end of tau's posterior can be found")
        scan = np.concatenate(
            [scan[0] - step * np.arange(before, 0, -1), scan, scan[-1] + step * np.arange(1, after + 1)]
        )


def region(scan: np.ndarray, log_density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the part of the scan within DEPTH of the peak, one scan step wider; works along the last
    axis.
    """
    inside = log_density > np.max(log_density, axis=-1, keepdims=True) - DEPTH
    last = len(scan) - 1
    first_in = np.argmax(inside, axis=-1)
    last_in = last - np.argmax(inside[..., ::-1], axis=-1)
    return scan[np.maximum(first_in - 1, 0)], scan[np.minimum(last_in + 1, last)]


def tails(log_density: np.ndarray, step: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Mass below the first and above the last node, relative to a peak of one, if the log density goes on in
    a line.

    log_density: of even places, shape (.., node). As tau falls to zero under a half-normal prior
    the line is exact; elsewhere the error is of second order in a mass below 1e-4.
    """
    log_density = log_density - np.max(log_density, axis=-1, keepdims=True)
    ends = log_density[..., [0, -1]]
    slope = (log_density[..., [1, -2]] - ends) / np.asarray(step)[..., None]
    mass = np.where(slope > 0, np.exp(ends) / np.maximum(slope, 0.01), 0.0)
    return mass[..., 0], mass[..., 1]


def node_weights(log_density: np.ndarray, step: np.ndarray | float) -> np.ndarray:
    """Share of the posterior that each even place of tau stands for, shape (.., node), summing to one."""
    below, above = tails(log_density, step)
    mass = np.exp(log_density - np.max(log_density, axis=-1, keepdims=True))
    mass[..., 0] = mass[..., 0] / 2 + below / step
    mass[..., -1] = mass[..., -1] / 2 + above / step
    return mass / mass.sum(axis=-1, keepdims=True)
