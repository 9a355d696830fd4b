"""Thousands of normal-normal meta-analyses at once, for simulation and sensitivity analysis."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from models.engines.mixture import PROBABILITY, quantiles
from models.engines.posterior import LIMITS, cumulative
from models.engines.tau_nodes import axis_of, bracketed, node_weights, region, scan_places, tails
from models.priors import Prior

NODES = 96
SCAN = 32
CHUNK = 96  # fits per pass: (fit, node) arrays then stay in the processor's cache


def conditional_mu(
    estimate: np.ndarray,
    se: np.ndarray,
    mu_mean: np.ndarray | float,
    mu_sd: np.ndarray | float,
    tau: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """mu given tau: (log marginal likelihood, mean, sd), each of shape (fit, node).

    estimate, se: shape (fit, study). mu_mean, mu_sd: prior of mu, numbers or shape (fit, 1). tau: (fit,
    node). The likelihood is up to a constant free of tau.
    """
    precision = np.zeros(tau.shape) + 1 / mu_sd**2
    weighted, square, log_weights = np.zeros(tau.shape), np.zeros(tau.shape), np.zeros(tau.shape)
    for y, s in zip(estimate.T[..., None], se.T[..., None], strict=True):
        weight = 1 / (s**2 + tau**2)
        distance = y - mu_mean
        precision += weight
        weighted += weight * distance
        square += weight * distance**2
        log_weights += np.log(weight)
    shift = weighted / precision
    log_marginal = 0.5 * (log_weights - np.log(precision) - square + weighted * shift)
    return log_marginal, mu_mean + shift, 1 / np.sqrt(precision)


def normal_normal_many(
    estimate: ArrayLike, se: ArrayLike, mu_mean: ArrayLike, mu_sd: ArrayLike, tau_prior: Prior
) -> dict:
    """Summaries of many posteriors, as `normal_normal` would give one by one.

    estimate, se: shape (fit, study). mu_mean, mu_sd: normal prior of mu, numbers or shape (fit,). Returns
    {"mu", "tau", "prediction"}, each {"median", "lower", "upper"} of shape (fit,), 95 % equal tails, and
    "probability_mu_below_zero". Accurate to 1e-4 of the posterior SD, a few times that where the data and the
    prior of tau conflict. Raises ValueError for a standard error that is not positive or values that are not
    finite.
    """
    estimate, se = np.broadcast_arrays(np.asarray(estimate, float), np.asarray(se, float))
    if estimate.ndim != 2 or not (
        np.all(np.isfinite(estimate)) and np.all(np.isfinite(se)) and np.all(se > 0)
    ):
        raise ValueError("estimate and se must have the shape (fit, study), be finite, and se positive")
    fits = len(estimate)
    mu_mean, mu_sd = (
        np.broadcast_to(np.asarray(value, float), (fits,))[:, None] for value in (mu_mean, mu_sd)
    )
    parts = [
        _chunk(estimate[rows], se[rows], mu_mean[rows], mu_sd[rows], tau_prior)
        for rows in (slice(start, start + CHUNK) for start in range(0, fits, CHUNK))
    ]
    mu, tau, prediction, below = (np.concatenate(part) for part in zip(*parts, strict=True))
    names = {"mu": mu, "tau": tau, "prediction": prediction}
    summary = {name: dict(zip(LIMITS, limits.T, strict=True)) for name, limits in names.items()}
    return summary | {"probability_mu_below_zero": below}


def _chunk(
    estimate: np.ndarray, se: np.ndarray, mu_mean: np.ndarray, mu_sd: np.ndarray, tau_prior: Prior
) -> tuple[np.ndarray, ...]:
    data = estimate, se, mu_mean, mu_sd
    axis = axis_of(tau_prior)

    def rough(scan: np.ndarray) -> np.ndarray:
        tau = axis.tau(scan)
        wide = np.broadcast_to(tau, (len(se), len(scan)))
        return conditional_mu(*data, wide)[0] + tau_prior.log_density(tau) + axis.log_slope(scan)

    low, high = region(*bracketed(scan_places(tau_prior, SCAN), rough))
    places = np.linspace(low, high, NODES, axis=-1)
    tau = axis.tau(places)
    log_marginal, mean, sd = conditional_mu(*data, tau)
    log_density = log_marginal + tau_prior.log_density(tau) + axis.log_slope(places)
    weight = node_weights(log_density, places[:, 1] - places[:, 0])
    return (
        quantiles(weight, mean, sd, PROBABILITY),
        axis.tau(_tau_quantiles(places, log_density)),
        quantiles(weight, mean, np.hypot(sd, tau), PROBABILITY),
        np.sum(weight * ndtr(-mean / sd), axis=1),
    )


def _tau_quantiles(places: np.ndarray, log_density: np.ndarray) -> np.ndarray:
    """Places of tau at the limits, shape (fit, limit): CDF and cubic as in `Marginal`, for many rows."""
    step = places[:, 1] - places[:, 0]
    below, above = (mass[:, None] / step[:, None] for mass in tails(log_density, step))
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    cdf = below + cumulative(density)
    total = cdf[:, -1:] + above
    cdf, weight = cdf / total, density / total
    start = np.clip((cdf[:, None, :] <= PROBABILITY[:, None]).sum(axis=2) - 1, 0, weight.shape[1] - 2)

    def at(values: np.ndarray, place: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, place, axis=1)

    low_cdf, rise = at(cdf, start), at(cdf, start + 1) - at(cdf, start)
    left, right = at(weight, start), at(weight, start + 1)
    place = (PROBABILITY - low_cdf) / rise
    for _ in range(6):
        curve = left + place * ((3 * rise - 2 * left - right) + place * (left + right - 2 * rise))
        tilt = left + place * (2 * (3 * rise - 2 * left - right) + place * 3 * (left + right - 2 * rise))
        place = np.clip(place - (low_cdf + place * curve - PROBABILITY) / tilt, 0.0, 1.0)
    return at(places, start) + place * step[:, None]
