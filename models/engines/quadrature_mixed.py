"""Random-effects meta-analysis where some studies are normal and far more precise than the rest.

A study of a million patients is a spike on any grid that also holds a study of ten. Here the normal studies
are integrated exactly, and the grid resolves the others alone: given tau, the normal studies give mu a normal
density, on whose own nodes the smoothed likelihoods of the others are looked up.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from models.engines.posterior import Marginal, Posterior, cumulative, tau_marginal
from models.engines.quadrature_many import conditional_mu
from models.engines.smoothing import NARROW, Grid, between, log_smooth
from models.engines.tau_nodes import axis_of, bracketed, node_weights, region, scan_places
from models.likelihood.report import LogLikelihood
from models.priors import Prior

TAU_NODES, TAU_SCAN = 64, 24
Z = np.linspace(-9.0, 9.0, 361)  # nodes of mu given tau, in SDs of what the normal studies leave
EVERY = 4  # of those nodes, for the effects of studies, which are smoother
FIRST_GRID, LARGEST_GRID = 1501, 20_000
SEEN = -12.0  # log likelihood below the best within which its curvature sets the step
DEPTH, BULK, REACH = 20.0, 6.0, 6.0
POINTS = 1201


class Mixed:
    """The joint posterior of tau and mu on nodes, shapes (tau,) and (tau, Z)."""

    def __init__(
        self,
        estimate: np.ndarray,
        se: np.ndarray,
        log_likelihoods: Sequence[LogLikelihood],
        mu_prior: Prior,
        tau_prior: Prior,
    ):
        self.estimate, self.se, self.log_likelihoods = estimate, se, log_likelihoods
        self.mu_prior, self.tau_prior, self.axis = mu_prior, tau_prior, axis_of(tau_prior)
        reach = 10 * (tau_prior.quantile(0.99) + se.max())
        self._resolve(estimate.min() - reach, estimate.max() + reach)
        places = region(*bracketed(scan_places(tau_prior, TAU_SCAN), self._of_tau))
        for _ in range(2):  # the scan may be coarse
            scan = np.linspace(*places, TAU_SCAN)
            places = region(scan, self._of_tau(scan))
        self._resolve(*self._supported(np.linspace(*places, TAU_SCAN)))
        self.places = np.linspace(*places, TAU_NODES)
        self.tau = self.axis.tau(self.places)
        self.mu, self.log_joint, self.log_smoothed = self._joint(self.places)
        self.log_density = np.logaddexp.reduce(self.log_joint, axis=1)
        self.tau_weight = node_weights(self.log_density, self.places[1] - self.places[0])
        self.weight = np.exp(self.log_joint - self.log_density[:, None]) * self.tau_weight[:, None]

    def _resolve(self, low: float, high: float) -> None:
        """A grid from low to high that resolves every likelihood. Raises ValueError where it is too large."""
        size = FIRST_GRID
        while True:
            self.grid = Grid.even(low, high, size)
            values = [np.asarray(of(self.grid.x), float) for of in self.log_likelihoods]
            log_l = np.array([np.maximum(v - v.max(), -1e4) for v in values])
            curved = np.where(log_l[:, 1:-1] > SEEN, -self.grid.second_derivative(log_l), 0.0)
            needed = int((high - low) * 4 * np.sqrt(curved.max(initial=0.0))) + 2
            if needed <= 1.3 * size:
                self.log_l, self.likelihood = log_l, np.exp(log_l)
                return
            size = needed
            if size > LARGEST_GRID:
                raise ValueError(
                    f"effects between {low:.3g} and {high:.3g} are supported, too wide a range for these"
                    " likelihoods: choose a prior of tau with a lighter tail"
                )

    def _supported(self, scan: np.ndarray) -> tuple[float, float]:
        """Ends of mu within DEPTH of the peak, and of effects within REACH of a tau that carries the bulk."""
        mu, log_mass, _ = self._joint(scan)
        depth = log_mass - log_mass.max()
        reach = REACH * self.axis.tau(scan)[:, None] * (depth > -BULK)
        inside = depth > -DEPTH
        return float((mu - reach)[inside].min()), float((mu + reach)[inside].max())

    def _base(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the normal studies: log marginal likelihood, mean and SD of mu; each (tau,)."""
        mean, sd = (
            self.mu_prior.parameters if self.mu_prior.family == "normal" else (self.estimate.mean(), np.inf)
        )
        found = conditional_mu(self.estimate[None], self.se[None], mean, sd, tau[None])
        return found[0][0], found[1][0], found[2][0]

    def _joint(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """mu and the log mass of its nodes, per place of tau; and the log of each other likelihood, smoothed:
        (tau, Z), the same, (tau, study, Z).
        """
        tau = self.axis.tau(places)
        log_marginal, mean, sd = self._base(tau)
        mu = mean[:, None] + sd[:, None] * Z
        inside = np.clip(mu, self.grid.x[0], self.grid.x[-1])
        smoothed = np.stack([self._smoothed(t, row) for t, row in zip(tau, inside, strict=True)])
        prior = self.tau_prior.log_density(tau) + self.axis.log_slope(places)
        log_mass = (log_marginal + prior)[:, None] - 0.5 * Z**2 + smoothed.sum(axis=1)
        if self.mu_prior.family != "normal":
            log_mass = log_mass + self.mu_prior.log_density(mu)
        return mu, log_mass, smoothed

    def _smoothed(self, tau: float, mu: np.ndarray) -> np.ndarray:
        """Log likelihoods smoothed by a normal of SD tau, at mu: (study, Z)."""
        x = self.grid.x
        first, last = np.searchsorted(x, mu[[0, -1]])
        rows = slice(max(first - 4, 0), min(last + 4, len(x)))
        rows = slice(max(min(rows.start, len(x) - 8), 0), max(rows.stop, 8))
        return between(x[rows], log_smooth(self.likelihood, self.grid, tau, rows), mu)

    def _of_tau(self, places: np.ndarray) -> np.ndarray:
        return np.logaddexp.reduce(self._joint(places)[1], axis=1)

    def of_mu(self) -> Marginal:
        """Marginal of mu: given each tau a density on its own nodes."""
        step, spacing = Z[1] - Z[0], self.mu[:, 1] - self.mu[:, 0]
        density = np.exp(self.log_joint - self.log_density[:, None])
        each = [
            Marginal.from_density(mu, row, gap)
            for mu, row, gap in zip(self.mu, density / step, spacing, strict=True)
        ]
        x = equally_probable(self.mu.ravel(), self.weight.ravel())
        cdf = sum(w * one.cdf(x) for w, one in zip(self.tau_weight, each, strict=True))
        slope = sum(w * one.density(x) for w, one in zip(self.tau_weight, each, strict=True))
        return marginal_of_cdf(x, np.asarray(slope), np.asarray(cdf))

    def of_normals(self, mean_of_mu: ArrayLike, mean: ArrayLike, sd: np.ndarray) -> Marginal:
        """Marginal of an effect that is normal given tau and mu, of mean `mean_of_mu` mu + `mean`; (tau,)."""
        thin = slice(None, None, EVERY)
        weight = (
            self.weight[:, thin] / self.weight[:, thin].sum(axis=1, keepdims=True) * self.tau_weight[:, None]
        )
        centre = np.asarray(mean_of_mu)[:, None] * self.mu[:, thin] + np.asarray(mean)[..., None]
        spread = np.broadcast_to(sd[:, None], centre.shape)
        keep = weight > 1e-9
        weight, centre, spread = weight[keep] / weight[keep].sum(), centre[keep], spread[keep]
        ends = np.concatenate([centre + k * spread for k in (-4, -2, -1, 0, 1, 2, 4)])
        share = np.concatenate([weight * s for s in (0.001, 0.05, 0.24, 0.4, 0.24, 0.05, 0.001)])
        x = equally_probable(ends, share)[:: POINTS // 200]
        z = (x[:, None] - centre) / spread
        slope = (np.exp(-0.5 * z**2) / (spread * np.sqrt(2 * np.pi))) @ weight
        return marginal_of_cdf(x, slope, ndtr(z) @ weight)

    def of_study(self, study: int) -> Marginal:
        """Marginal of the effect of a study that is not normal: its likelihood times the normal of (mu, tau),
        averaged with its smoothed likelihood divided out. Where tau is narrower than the grid, the effect is
        mu itself with that SD.
        """
        thin = slice(None, None, EVERY)
        weight = (
            self.weight[:, thin] / self.weight[:, thin].sum(axis=1, keepdims=True) * self.tau_weight[:, None]
        )
        x, gap = self.grid.x, self.grid.spacing[0]
        wide = self.tau > NARROW * gap
        mass, cdf = np.zeros(len(x)), np.zeros(len(x))
        for k in np.flatnonzero(self.tau_weight > 1e-9):
            z = (x[:, None] - self.mu[k, thin]) / self.tau[k]
            if wide[k]:
                over = weight[k] * np.exp(-self.log_smoothed[k, study, thin])
                mass += np.exp(-0.5 * z**2) @ over / (self.tau[k] * np.sqrt(2 * np.pi))
            else:
                cdf += ndtr(z) @ weight[k]
        inside = cumulative(mass * self.likelihood[study] * gap)
        share = self.tau_weight[wide].sum()
        cdf += share * inside / inside[-1] if share else 0.0
        return marginal_of_cdf(x, np.gradient(cdf, x), cdf)


def from_normals_and_likelihoods(
    estimate: ArrayLike,
    se: ArrayLike,
    log_likelihoods: Sequence[LogLikelihood],
    mu_prior: Prior,
    tau_prior: Prior,
) -> tuple[Posterior, list[Marginal], list[Marginal]]:
    """Posterior without studies, then the effects of the normal ones and of the others, in their order.

    estimate, se: of at least one normal study. log_likelihoods: of the others, as `from_study_likelihoods`
    takes them. Raises ValueError where no grid resolves the others.
    """
    y, s = np.asarray(estimate, float), np.asarray(se, float)
    mixed = Mixed(y, s, log_likelihoods, mu_prior, tau_prior)
    ones, tau = np.ones(TAU_NODES), mixed.tau
    normals = []
    for one, error in zip(y, s, strict=True):
        pull = error**2 / (error**2 + tau**2)
        normals.append(mixed.of_normals(pull, (1 - pull) * one, np.sqrt(pull) * tau))
    posterior = Posterior(
        mu=mixed.of_mu(),
        tau=tau_marginal(mixed.places, mixed.log_density, mixed.axis),
        prediction=mixed.of_normals(ones, 0.0 * ones, tau),
    )
    return posterior, normals, [mixed.of_study(study) for study in range(len(log_likelihoods))]


def equally_probable(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Increasing places at even steps of probability, and further out the ends."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    cdf = np.cumsum(weight[order])
    cdf /= cdf[-1]
    inner = np.interp(np.linspace(1e-6, 1 - 1e-6, POINTS), cdf, ordered)
    tails = (
        np.interp([1e-9, 1e-8, 1e-7], cdf, ordered),
        np.interp([1 - 1e-7, 1 - 1e-8, 1 - 1e-9], cdf, ordered),
    )
    return np.unique(np.concatenate([ordered[[0, -1]], tails[0], inner, tails[1]]))


def marginal_of_cdf(x: np.ndarray, density: np.ndarray, cdf: np.ndarray) -> Marginal:
    """Marginal from its density and CDF at places that need not be even."""
    cdf = np.clip(np.maximum.accumulate(cdf), 0.0, 1.0)
    middle = np.diff(cdf, prepend=0.0, append=1.0)
    return Marginal(x, density, cdf, (middle[1:] + middle[:-1]) / 2)
