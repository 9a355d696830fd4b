"""Where to put quadrature nodes for the between-study SD, and what each is worth."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from models.priors import Prior

FAMILIES = ("half_normal", "log_normal", "inverse_gamma")  # smooth in log tau, as the trapezium rule needs
DEPTH = 10.0  # log density below the peak at which the nodes end; what lies beyond is added to the last node
SCAN = 64


def log_tau_nodes(
    log_posterior: Callable[[np.ndarray], np.ndarray], tau_prior: Prior, count: int
) -> np.ndarray:
    """Even nodes in log tau over the region that carries the posterior, shape (count,).

    log_posterior: takes tau, shape (node,), returns its log density up to a constant. In log tau the
    integrand vanishes at both ends, whatever the prior (half-normal like tau itself, log-normal, inverse
    gamma with a heavy tail), and its nearest singularities, tau = +-i se, lie pi/2 off the axis whatever the
    standard errors: the trapezium rule then converges exponentially in the number of nodes.
    """
    scan = scan_log_tau(tau_prior)
    low, high = region(scan, log_posterior(np.exp(scan)) + scan)
    return np.linspace(low, high, count)


def scan_log_tau(tau_prior: Prior, count: int = SCAN) -> np.ndarray:
    """Even log tau over all that the prior allows, and four times beyond for data that conflict with it.

    Raises ValueError for a prior that does not cover the positive line, or whose tail overflows.
    """
    if tau_prior.family not in FAMILIES:
        raise ValueError(f"the prior of tau must be one of {', '.join(FAMILIES)}, not {tau_prior.family}")
    low, high = tau_prior.quantile(np.array([1e-10, 1 - 1e-12])) * [0.25, 4.0]
    if not 1e-100 < low < high < 1e100:
        raise ValueError(
            f"{tau_prior.name} reaches from {low:.2g} to {high:.2g}: choose a narrower prior of tau"
        )
    return np.linspace(np.log(low), np.log(high), count)


def region(scan: np.ndarray, log_density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the part of the scan within DEPTH of the peak, one scan step wider; works along the last
    axis.
    """
    if not np.all(np.isfinite(np.max(log_density, axis=-1))):
        raise ValueError("the data and the priors conflict beyond double precision")
    inside = log_density > np.max(log_density, axis=-1, keepdims=True) - DEPTH
    last = len(scan) - 1
    first_in = np.argmax(inside, axis=-1)
    last_in = last - np.argmax(inside[..., ::-1], axis=-1)
    return scan[np.maximum(first_in - 1, 0)], scan[np.minimum(last_in + 1, last)]


def tails(log_density: np.ndarray, step: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Mass below the first and above the last node, relative to a peak of one, if the log density goes on in
    a line.

    log_density: of log tau at even nodes, shape (.., node). As tau falls to zero under a half-normal prior
    the line is exact; elsewhere the error is of second order in a mass below 1e-4.
    """
    log_density = log_density - np.max(log_density, axis=-1, keepdims=True)
    ends = log_density[..., [0, -1]]
    slope = (log_density[..., [1, -2]] - ends) / np.asarray(step)[..., None]
    mass = np.where(slope > 0, np.exp(ends) / np.maximum(slope, 0.01), 0.0)
    return mass[..., 0], mass[..., 1]


def node_weights(log_density: np.ndarray, step: np.ndarray | float) -> np.ndarray:
    """Share of the posterior that each even node of log tau stands for, shape (.., node), summing to one."""
    below, above = tails(log_density, step)
    mass = np.exp(log_density - np.max(log_density, axis=-1, keepdims=True))
    mass[..., 0] = mass[..., 0] / 2 + below / step
    mass[..., -1] = mass[..., -1] / 2 + above / step
    return mass / mass.sum(axis=-1, keepdims=True)
