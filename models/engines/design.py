"""What random-effects models with several means are made of: studies, coefficients, and how effects scatter.

    theta[s] ~ N(x[s] @ beta, tau)   or, robustly,   x[s] @ beta + tau t(df)

A t is a normal whose SD is tau times a random factor, so a likelihood smoothed by it is that smoothed by
normals, summed over nodes of the factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr, ndtri, stdtr, stdtrit

from models.engines.quadrature_general import resolved_grid
from models.engines.smoothing import between, log_smooth
from models.likelihood.report import LogLikelihood
from models.priors import Prior

FACTOR_STEP, LONGEST = 0.8, 0.4
"""Of log factor: in its SDs, and at most."""
FACTOR_DEPTH = 20.0
"""Log weight below the largest at which the nodes of the factor end."""
SHARP = 0.25
"""A normal study as precise as this share of the typical tau is spread that wide where a grid is sought."""
WIDEST = 1e3


@dataclass(frozen=True)
class Study:
    """Log likelihood of the effect of a study; `normal`, where it is one: estimate and standard error."""

    name: str
    log_likelihood: LogLikelihood
    normal: tuple[float, float] | None = None


@dataclass(frozen=True)
class Design:
    """Columns of coefficients, shape (study, coefficient), and the prior of each.

    Two coefficients that share studies are a line; more, or two that do not, are groups: a study has one.
    """

    columns: np.ndarray
    priors: tuple[Prior, ...]

    @property
    def blocks(self) -> list[list[int]]:
        """Coefficients that depend on each other given tau."""
        apart = np.all((self.columns != 0).sum(axis=1) == 1)
        every = list(range(len(self.priors)))
        return [[one] for one in every] if apart else [every]

    @property
    def reach(self) -> Prior:
        """A normal prior as wide as that of any study's mean, flat where one of them is."""
        if any(prior.is_flat for prior in self.priors):
            return Prior("flat", "flat", (), "flat", "")
        middle = self.columns @ [float(prior.quantile(0.5)) for prior in self.priors]
        sd = np.sqrt(self.columns**2 @ [_sd(prior) ** 2 for prior in self.priors])
        mean, wide = float(middle.mean()), float(np.max(sd + np.abs(middle - middle.mean())))
        return Prior("reach", "normal", (mean, wide), "", "")

    def precision(self) -> tuple[np.ndarray, np.ndarray]:
        """Of a normal approximation of each prior: precision, and precision times mean."""
        flat = np.array([prior.is_flat for prior in self.priors])
        mean = np.array([0.0 if prior.is_flat else float(prior.quantile(0.5)) for prior in self.priors])
        sd = np.array([1.0 if prior.is_flat else _sd(prior) for prior in self.priors])
        precision = np.where(flat, 0.0, sd**-2)
        return precision, precision * mean


def _sd(prior: Prior) -> float:
    """About the SD of a prior."""
    return float(prior.quantile(0.975) - prior.quantile(0.025)) / 3.92


@dataclass(frozen=True)
class Scatter:
    """How effects lie around their mean: normal, or t with df degrees of freedom where these are given."""

    df: float | None = None

    @property
    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of the factor of tau, sqrt(df / chi-squared), even on its log, and the log of their weights,
        which add up to one.
        """
        if self.df is None:
            return np.ones(1), np.zeros(1)
        step = min(FACTOR_STEP / np.sqrt(2 * self.df), LONGEST)
        low, high = -0.5 * np.log1p(60 / self.df + 15 / np.sqrt(self.df)), 28 / self.df + 5 / np.sqrt(self.df)
        log_factor = np.arange(low, high + step, step)
        log_weight = -self.df * log_factor - self.df / 2 * np.exp(-2 * log_factor)
        keep = log_weight > log_weight.max() - FACTOR_DEPTH
        log_weight = log_weight[keep]
        return np.exp(log_factor[keep]), log_weight - np.logaddexp.reduce(log_weight)

    def density(self, z: np.ndarray) -> np.ndarray:
        """Density of the standardised scatter."""
        if self.df is None:
            return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
        half = (self.df + 1) / 2
        constant = np.exp(gammaln(half) - gammaln(self.df / 2)) / np.sqrt(self.df * np.pi)
        return constant * np.exp(-half * np.log1p(z**2 / self.df))

    def cdf(self, z: np.ndarray) -> np.ndarray:
        """Distribution function of the standardised scatter."""
        return ndtr(z) if self.df is None else stdtr(self.df, z)

    def quantile(self, q: np.ndarray) -> np.ndarray:
        return ndtri(q) if self.df is None else stdtrit(self.df, q)

    def pull(self, z: np.ndarray) -> np.ndarray:
        """Weight of a study that lies z SDs from its mean, beside one at its mean: 1 of a normal."""
        return np.ones_like(z) if self.df is None else (self.df + 1) / (self.df + z**2)


class Likelihoods:
    """The likelihoods of all studies, smoothed by the scatter.

    centre, sd: of each as a normal, shape (study,); sharp: the SD at its most curved point.
    """

    def __init__(self, studies: Sequence[Study], design: Design, tau_prior: Prior, scatter: Scatter):
        self.studies, self.scatter = studies, scatter
        self.factors, self.log_weights = scatter.factors
        self.exact = np.array([study.normal is not None for study in studies])
        self.estimate, self.se = (
            np.array([study.normal[i] for study in studies if study.normal is not None]) for i in (0, 1)
        )
        self.centre, self.sd = np.zeros(len(studies)), np.ones(len(studies))
        self.centre[self.exact], self.sd[self.exact] = self.estimate, self.se
        self.sharp = self.sd.copy()
        if not self.exact.all():
            self._tabulate(design, tau_prior)
        self._cache: dict[float, np.ndarray] = {}

    def _tabulate(self, design: Design, tau_prior: Prior) -> None:
        narrow = SHARP * float(tau_prior.quantile(0.5))
        names = [study.name for study in self.studies]
        of = [
            _spread(*study.normal, narrow) if study.normal else study.log_likelihood for study in self.studies
        ]
        self.grid, log_l, _ = resolved_grid(of, names, design.reach, tau_prior)
        others = ~self.exact
        self.log_l = log_l[others]
        self.likelihood = np.exp(self.log_l)
        weight = self.likelihood * self.grid.spacing
        weight /= weight.sum(axis=1, keepdims=True)
        self.centre[others] = weight @ self.grid.x
        self.sd[others] = np.sqrt(np.sum(weight * (self.grid.x - self.centre[others][:, None]) ** 2, axis=1))
        seen = self.log_l[:, 1:-1] > -12.0
        curvature = np.where(seen, -self.grid.second_derivative(self.log_l), 0.0).max(axis=1)
        self.sharp[others] = np.minimum(self.sd[others], 1 / np.sqrt(np.maximum(curvature, WIDEST**-2)))

    def log_smoothed(self, tau: float, mean: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Log likelihoods of some studies smoothed by a scatter of SD tau, where their means are `mean`: in
        its shape, (row, node).
        """
        found = np.empty(mean.shape)
        exact = self.exact[rows]
        place = np.cumsum(self.exact) - 1  # among those that are normal
        if exact.any():
            at = place[rows[exact]]
            found[exact] = self._of_normals(tau, mean[exact], at)
        if not exact.all():
            table = self._table(tau)
            x = self.grid.x
            for k in np.flatnonzero(~exact):
                at = rows[k] - place[rows[k]] - 1
                found[k] = between(x, table[at][None], np.clip(mean[k], x[0], x[-1]))[0]
        return found

    def _of_normals(self, tau: float, mean: np.ndarray, at: np.ndarray) -> np.ndarray:
        square = (self.estimate[at][:, None] - mean) ** 2
        parts = []
        for factor, log_weight in zip(self.factors, self.log_weights, strict=True):
            variance = (self.se[at] ** 2 + (tau * factor) ** 2)[:, None]
            parts.append(log_weight - 0.5 * square / variance - 0.5 * np.log(variance))
        return parts[0] if len(parts) == 1 else np.logaddexp.reduce(parts)

    def _table(self, tau: float) -> np.ndarray:
        """Of the others, on the whole grid."""
        if tau not in self._cache:
            every = slice(0, len(self.grid.x))
            self._cache[tau] = np.logaddexp.reduce(
                [
                    log_weight + log_smooth(self.likelihood, self.grid, tau * factor, every)
                    for factor, log_weight in zip(self.factors, self.log_weights, strict=True)
                ]
            )
        return self._cache[tau]

    def likelihood_at(self, study: int, theta: np.ndarray) -> np.ndarray:
        """Likelihood of a study's effect, up to a constant."""
        values = np.asarray(self.studies[study].log_likelihood(theta), float)
        return np.exp(values - values.max())


def _spread(estimate: float, se: float, narrow: float) -> LogLikelihood:
    return lambda theta: -0.5 * ((theta - estimate) / max(se, narrow)) ** 2
