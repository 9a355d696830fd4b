"""A posterior under another prior, from draws that exist: importance sampling, refused where too few draws
count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xarray import Dataset

    from models.priors import Prior

SMALLEST_SAMPLE = 200
"""Effective draws below which no limits are given."""


def weights(values: np.ndarray, fitted: Prior, wanted: Prior) -> np.ndarray:
    """Weights of draws of mu or tau made under the prior `fitted` for the prior `wanted`; they add to one."""
    log_weight = wanted.log_density(values) - fitted.log_density(values)
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def effective_size(weight: np.ndarray) -> float:
    """Kish's effective number of draws."""
    return float(1 / np.sum(weight**2))


def quantiles(values: np.ndarray, weight: np.ndarray, at: Sequence[float] | np.ndarray) -> np.ndarray:
    """Quantiles of weighted draws at the probabilities `at`; weights add to one."""
    order = np.argsort(values)
    return np.interp(at, np.cumsum(weight[order]) - weight[order] / 2, values[order])


def limits_under(draws: Dataset, fitted: Prior, wanted: Prior, name: str = "mu") -> dict | None:
    """Median and 95 % limits as ratios under another prior of tau; None where the draws cannot say."""
    weight = weights(draws["tau"].values.ravel(), fitted, wanted)
    if effective_size(weight) < SMALLEST_SAMPLE:
        return None
    found = quantiles(draws[name].values.ravel(), weight, [0.5, 0.025, 0.975])
    return dict(zip(("median", "lower", "upper"), map(float, np.exp(found)), strict=True))
