"""Marginals that are mixtures of normals: exact, where a `Marginal` keeps a grid."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from models.engines.posterior import LIMITS, Marginal, Posterior

PROBABILITY = np.array(list(LIMITS.values()))
ROWS = 64
"""Mixtures whose limits are sought together: their arrays then stay in the processor's cache."""


@dataclass(frozen=True)
class NormalMixture:
    """Posterior distribution of one number; `weight`, `mean` and `sd` have shape (component,), and the
    weights add to one.
    """

    weight: np.ndarray
    mean: np.ndarray
    sd: np.ndarray

    def density(self, x: ArrayLike) -> np.ndarray:
        """Posterior density at x."""
        return np.exp(-0.5 * self._z(x) ** 2) @ (self.weight / (self.sd * np.sqrt(2 * np.pi)))

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """P(value <= x)."""
        return ndtr(self._z(x)) @ self.weight

    def quantile(self, q: ArrayLike) -> np.ndarray:
        """The value at cumulative probability q, which lies between 0 and 1."""
        q = np.asarray(q, dtype=float)
        return quantiles(self.weight[None], self.mean[None], self.sd[None], q.ravel())[0].reshape(q.shape)

    def limits(self) -> dict[str, float]:
        """Median and 95 % equal-tailed limits: {"median", "lower", "upper"}."""
        return limits_of([self])[0]

    def expectation(self, function: Callable[[np.ndarray], np.ndarray]) -> float:
        """Posterior expectation of function(value); the function takes and returns arrays."""
        return self.grid.expectation(function)

    def points(self, count: int = 4000) -> np.ndarray:
        """Equally probable values, shape (count,): deterministic draws, for quantiles of any function of
        them.
        """
        return self.grid.points(count)

    @cached_property
    def grid(self) -> Marginal:
        """The same on a grid."""
        return Marginal.from_normal_mixture(self.weight, self.mean, self.sd)

    def _z(self, x: ArrayLike) -> np.ndarray:
        return (np.asarray(x, dtype=float)[..., None] - self.mean) / self.sd


@dataclass(frozen=True)
class MixturePosterior(Posterior):
    """A posterior whose effects are mixtures of normals: their limits are found together, tau's on its
    grid.
    """

    mu: NormalMixture
    prediction: NormalMixture
    theta: dict[str, NormalMixture]

    def summary(self) -> dict:
        """As of `Posterior`."""
        mu, prediction, *studies = limits_of([self.mu, self.prediction, *self.theta.values()])
        return {
            "mu": mu,
            "tau": self.tau.limits(),
            "prediction": prediction,
            "studies": dict(zip(self.theta, studies, strict=True)),
        }


def limits_of(mixtures: list[NormalMixture]) -> list[dict[str, float]]:
    """Median and 95 % limits of each of many mixtures with the same number of components."""
    rows = []
    for start in range(0, len(mixtures), ROWS):
        part = mixtures[start : start + ROWS]
        weight, mean, sd = (
            np.stack([getattr(mixture, name) for mixture in part]) for name in ("weight", "mean", "sd")
        )
        rows += quantiles(weight, mean, sd, PROBABILITY).tolist()
    return [dict(zip(LIMITS, row, strict=True)) for row in rows]


def quantiles(weight: np.ndarray, mean: np.ndarray, sd: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Quantiles of mixtures of shape (row, component): shape (row, probability).

    Newton's method on the probit scale, where the CDF of a mixture is nearly a line. It starts from the
    geometric mean of the SDs, which a heavy tail of tau cannot carry away: from there the steps fall short of
    a far quantile rather than beyond it.
    """
    target = ndtri(probability)
    centre = np.sum(weight * mean / sd, axis=1) / np.sum(weight / sd, axis=1)
    spread = np.exp(np.sum(weight * np.log(sd), axis=1))[:, None]
    scaled_weight = weight / (sd * np.sqrt(2 * np.pi))
    x = centre[:, None] + target * spread
    for _ in range(60):
        z = (x[..., None] - mean[:, None]) / sd[:, None]
        cdf = np.clip(np.einsum("rpc,rc->rp", ndtr(z), weight), 1e-12, 1 - 1e-12)
        density = np.einsum("rpc,rc->rp", np.exp(-0.5 * z**2), scaled_weight)
        probit = ndtri(cdf)
        move = (probit - target) * np.exp(-0.5 * probit**2) / (np.sqrt(2 * np.pi) * density)
        x = x - move
        if np.all(np.abs(move) < 1e-6 * spread):
            break
    return x
