"""A posterior under another prior of tau, from draws that exist: importance sampling, refused where too few draws count."""

import numpy as np

SMALLEST_SAMPLE = 200
"""Effective draws below which no limits are given."""


def weights(tau, fitted, wanted) -> np.ndarray:
    """Weights of draws made under the prior `fitted` for the prior `wanted`; they add to one."""
    log_weight = wanted.log_density(tau) - fitted.log_density(tau)
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def effective_size(weight) -> float:
    """Kish's effective number of draws."""
    return float(1 / np.sum(weight**2))


def limits_under(draws, fitted, wanted, name: str = "mu") -> dict | None:
    """Median and 95 % limits as ratios under another prior of tau; None where the draws cannot say."""
    tau, value = draws["tau"].values.ravel(), draws[name].values.ravel()
    weight = weights(tau, fitted, wanted)
    if effective_size(weight) < SMALLEST_SAMPLE:
        return None
    order = np.argsort(value)
    cumulative = np.cumsum(weight[order]) - weight[order] / 2
    found = np.interp([0.5, 0.025, 0.975], cumulative, value[order])
    return dict(zip(("median", "lower", "upper"), map(float, np.exp(found))))
