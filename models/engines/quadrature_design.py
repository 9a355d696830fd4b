"""Posterior of a random-effects model with several means, without sampling.

Given tau, coefficients lie on even nodes around where normal approximations of all likelihoods put them, so
that sums over nodes are near exact however the posterior is shaped within their reach. What depends on the
coefficients in a line (a mean, a slope, the mean of a study) is held as quantiles given each tau.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from models.engines.design import Design, Likelihoods, Scatter, Study
from models.engines.posterior import Marginal, cumulative, tau_marginal
from models.engines.quadrature_mixed import equally_probable, marginal_of_cdf
from models.engines.tau_nodes import axis_of, bracketed, node_weights, region, scan_places
from models.priors import Prior

TAU_NODES, TAU_SCAN = 49, 20
STEP = 0.5  # of a coefficient, in SDs of its normal approximation
REACH = {1: 20.0, 2: 9.0}
"""By the number of coefficients that depend on each other: in SDs of their normal approximation."""
MOST = {1: 2001, 2: 121}
"""Nodes of one coefficient."""
FARTHER = (1.0, 2.0, 4.0)
"""Reaches that are tried in turn until no mass is left at an end."""
EDGE = -14.0
REWEIGHTINGS = 30
PROBABILITY = ndtr(np.linspace(-5.0, 5.0, 161))
"""At which a line is held given tau; between two of them lies a cell."""
SHARE = np.diff(PROBABILITY)
LINE = 401  # places at which its distribution is computed
SMALL = 1e-7
"""Share of the posterior below which a tau is left out of effects."""
POINTS = 241
EVERY = 3
SCATTERED = {0.001: 0.02, 0.02: 0.1, 0.1: 0.2, 0.5: 0.36, 0.9: 0.2, 0.98: 0.1, 0.999: 0.02}
"""Quantiles of the scatter at which predictions are sought, and with which share."""


@dataclass(frozen=True)
class Block:
    """Coefficients that depend on each other, given one tau: means, a root of their covariance, even nodes
    along its columns, and the log mass of each node, shape (node,) or (node, node).
    """

    mean: np.ndarray
    root: np.ndarray
    z: np.ndarray
    log_mass: np.ndarray

    @cached_property
    def log_total(self) -> float:
        return float(np.logaddexp.reduce(self.log_mass, axis=None))

    def line(self, along: np.ndarray) -> np.ndarray:
        """Quantiles of `along` @ coefficients at PROBABILITY."""
        mass = np.atleast_2d(np.exp(self.log_mass - self.log_total))
        *outer, inner = along @ self.root
        if outer and abs(outer[0]) > abs(inner):  # the sum that is the smoother runs outside
            (outer, inner), mass = ([inner], outer[0]), mass.T
        if inner < 0:
            inner, mass = -inner, mass[:, ::-1]
        shift = outer[0] * self.z if outer else np.zeros(1)
        reached = shift[:, None] + inner * self.z
        seen = reached[mass > 1e-11 * mass.max()]
        x = np.linspace(seen.min(), seen.max(), LINE)
        cdf = _cdf(self.z, mass, (x - shift[:, None]) / inner)
        return float(along @ self.mean) + np.interp(PROBABILITY, cdf / cdf[-1], x)


def _cdf(z: np.ndarray, mass: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Mass below places `at`, shape (row, place), of rows of mass per node at even z; summed over rows.

    Between nodes cubics that have the mass as their slope.
    """
    below = cumulative(mass)
    step = (at - z[0]) / (z[1] - z[0])
    start = np.clip(step.astype(int), 0, len(z) - 2)
    t = np.clip(step - start, 0.0, 1.0)
    rows = np.arange(len(mass))[:, None]
    rise = below[rows, start + 1] - below[rows, start]
    left, right = mass[rows, start], mass[rows, start + 1]
    curve = t * (left + t * (3 * rise - 2 * left - right + t * (left + right - 2 * rise)))
    return (below[rows, start] + curve).sum(axis=0)


class DesignPosterior:
    """Posterior of coefficients, tau, and effects; `tau` is its marginal.

    Raises ValueError where studies and priors leave a coefficient open, or tau.
    """

    def __init__(self, studies: Sequence[Study], design: Design, tau_prior: Prior, scatter: Scatter):
        self.studies, self.design, self.scatter = studies, design, scatter
        self.tau_prior, self.axis = tau_prior, axis_of(tau_prior)
        self.likelihoods = Likelihoods(studies, design, tau_prior, scatter)
        self._known: dict[float, list[Block]] = {}
        low, high = region(*bracketed(scan_places(tau_prior, TAU_SCAN), self._of_tau))
        scan = np.linspace(low, high, TAU_SCAN)  # the first may be coarse
        low, high = region(scan, self._of_tau(scan))
        self.places = np.linspace(low, high, TAU_NODES)
        log_density = self._of_tau(self.places)
        self.tau = tau_marginal(self.places, log_density, self.axis)
        self.tau_nodes = self.axis.tau(self.places)
        self.tau_weight = node_weights(log_density, self.places[1] - self.places[0])

    def line(self, along: np.ndarray) -> Marginal:
        """Marginal of `along` @ coefficients: a mean, a slope, a difference of two means."""
        quantiles, weight = self._lines(along)
        x = equally_probable(quantiles[:, 1:].ravel(), (weight[:, None] * SHARE).ravel())
        cdf = sum(w * np.interp(x, row, PROBABILITY) for w, row in zip(weight, quantiles, strict=True))
        return marginal_of_cdf(x, np.gradient(cdf, x), np.asarray(cdf))

    def prediction(self, along: np.ndarray) -> Marginal:
        """Marginal of the effect in a new study whose mean is `along` @ coefficients."""
        quantiles, weight = self._lines(along)
        middle, width = self._cells(quantiles)
        tau, scattered = self._tau, self.scatter.quantile(np.array(list(SCATTERED)))
        ends = middle + scattered[:, None, None] * tau[:, None]
        share = np.array(list(SCATTERED.values()))[:, None, None] * weight[:, None] * SHARE
        x = equally_probable(ends.ravel(), share.ravel())[::EVERY]
        cdf = np.zeros(len(x))
        for k, w in enumerate(weight):
            sd = np.hypot(tau[k], width[k] / np.sqrt(12))
            cdf += w * (self.scatter.cdf((x[:, None] - middle[k]) / sd) @ SHARE)
        return marginal_of_cdf(x, np.gradient(cdf, x), cdf)

    def effect(self, study: int) -> Marginal:
        """Marginal of the effect of a study: its likelihood times the scatter around its mean, averaged with
        its smoothed likelihood divided out.
        """
        quantiles, weight = self._lines(self.design.columns[study])
        middle, width = self._cells(quantiles)
        tau = self._tau
        x, slope = self._places_of_effect(study, middle, weight)
        density = np.zeros(len(x))
        row = np.array([study])
        for k, w in enumerate(weight):
            smoothed = self.likelihoods.log_smoothed(tau[k], middle[k][None], row)[0]
            sd = np.hypot(tau[k], width[k] / np.sqrt(12))
            kernel = self.scatter.density((x[:, None] - middle[k]) / sd) / sd
            density += w * (kernel @ (SHARE * np.exp(-(smoothed - smoothed.max()))) * np.exp(-smoothed.max()))
        return Marginal.from_density(x, density * self.likelihoods.likelihood_at(study, x), slope)

    def _places_of_effect(
        self, study: int, middle: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Places, close to each other where the effect lies, and their distances."""
        mean = middle @ SHARE
        spread = np.hypot(self._tau, np.sqrt((middle - mean[:, None]) ** 2 @ SHARE))
        own, own_sd = self.likelihoods.centre[study], self.likelihoods.sd[study]
        pull = own_sd**2 / (own_sd**2 + spread**2)
        centre, sd = pull * mean + (1 - pull) * own, np.sqrt(pull) * spread
        scale = float(np.exp(weight @ np.log(sd)))
        far = self.scatter.df is not None or not self.likelihoods.exact[study]
        reach = (9.0 if far else 7.0) * sd
        low, high = (centre - reach).min(), (centre + reach).max()
        if far:  # the likelihood or the scatter may hold the effect elsewhere than a normal would
            low, high = min(low, own - 9 * own_sd), max(high, own + 9 * own_sd)
        middle_of_all = float(weight @ centre)
        first, last = np.arcsinh((np.array([low, high]) - middle_of_all) / scale)
        step = np.linspace(first, last, POINTS)
        return middle_of_all + scale * np.sinh(step), scale * np.cosh(step) * (step[1] - step[0])

    def _lines(self, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles given each tau that counts, shape (tau, PROBABILITY), and the weight of each tau."""
        keep = self.tau_weight > SMALL
        rows = [self._line(self._known[float(place)], along) for place in self.places[keep]]
        weight = self.tau_weight[keep]
        return np.array(rows), weight / weight.sum()

    def _line(self, blocks: list[Block], along: np.ndarray) -> np.ndarray:
        """Quantiles of a line given one tau; of two independent groups, of the sum of their parts."""
        parts = [
            block.line(along[index])
            for index, block in zip(self.design.blocks, blocks, strict=True)
            if np.any(along[index])
        ]
        found = parts[0]
        for part in parts[1:]:
            found = _sum(found, part)
        return found

    @property
    def _tau(self) -> np.ndarray:
        """Each that counts."""
        return self.tau_nodes[self.tau_weight > SMALL]

    @staticmethod
    def _cells(quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (quantiles[:, 1:] + quantiles[:, :-1]) / 2, np.diff(quantiles, axis=1)

    def _of_tau(self, places: np.ndarray) -> np.ndarray:
        """Log density of places of tau."""
        tau = self.axis.tau(places)
        total = [sum(block.log_total for block in self._blocks(float(p), float(t)))
                 for p, t in zip(places, tau, strict=True)]  # fmt: skip
        return np.array(total) + self.tau_prior.log_density(tau) + self.axis.log_slope(places)

    def _blocks(self, place: float, tau: float) -> list[Block]:
        if place not in self._known:
            self._known[place] = [self._block(index, tau) for index in self.design.blocks]
        return self._known[place]

    def _block(self, index: list[int], tau: float) -> Block:
        rows = np.flatnonzero(np.any(self.design.columns[:, index] != 0, axis=1))
        columns = self.design.columns[np.ix_(rows, index)]
        mean, root, sharper = self._placed(index, rows, columns, tau)
        size = len(index)
        for farther in FARTHER:
            count = min(int(2 * REACH[size] * farther * sharper / STEP) | 1, MOST[size])
            z = np.linspace(-REACH[size] * farther, REACH[size] * farther, count)
            axes = np.stack([axis.ravel() for axis in np.meshgrid(*[z] * size, indexing="ij")])
            beta = mean[:, None] + root @ axes
            log_mass = self.likelihoods.log_smoothed(tau, columns @ beta, rows).sum(axis=0)
            for one, prior in zip(beta, (self.design.priors[i] for i in index), strict=True):
                log_mass = log_mass + prior.log_density(one)
            log_mass = log_mass + np.log(np.prod(np.diag(root))) + size * np.log(z[1] - z[0])
            log_mass = log_mass.reshape((count,) * size)
            if _edge(log_mass) < log_mass.max() + EDGE:
                break
        return Block(mean, root, z, log_mass)

    def _placed(
        self, index: list[int], rows: np.ndarray, columns: np.ndarray, tau: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Mean and root of the covariance of a normal approximation, and how many times sharper than it the
        posterior may be somewhere. Reweighted, where the scatter is a t.
        """
        centre, sd, sharp = (getattr(self.likelihoods, name)[rows] for name in ("centre", "sd", "sharp"))
        precision, pulled = (part[index] for part in self.design.precision())
        variance = sd**2 + tau**2
        weight = 1 / variance
        try:
            for _ in range(1 if self.scatter.df is None else REWEIGHTINGS):
                information = columns.T @ (weight[:, None] * columns) + np.diag(precision)
                covariance = np.linalg.inv(information)
                mean = covariance @ (columns.T @ (weight * centre) + pulled)
                weight = self.scatter.pull((centre - columns @ mean) / np.sqrt(variance)) / variance
            root = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            raise ValueError(
                "a flat prior of the mean effect needs studies that bound every mean and slope: choose a"
                " normal or t prior"
            ) from None
        sharpest = columns.T @ (columns / (sharp**2 + tau**2)[:, None]) + np.diag(precision)
        more = 1.0 if self.scatter.df is None else (self.scatter.df + 1) / self.scatter.df
        return mean, root, float(np.sqrt(max(1.0, more * np.linalg.eigvalsh(root.T @ sharpest @ root).max())))


def _sum(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Quantiles at PROBABILITY of the sum of two independent numbers, from those of each."""
    middles = [(part[1:] + part[:-1]) / 2 for part in (one, other)]
    values, mass = np.add.outer(*middles).ravel(), np.multiply.outer(SHARE, SHARE).ravel()
    order = np.argsort(values)
    cdf = np.cumsum(mass[order])
    return np.interp(PROBABILITY, (cdf - mass[order] / 2) / cdf[-1], values[order])


def _edge(log_mass: np.ndarray) -> float:
    """The largest log mass at an end of any axis."""
    return float(max(np.take(log_mass, [0, -1], axis=axis).max() for axis in range(log_mass.ndim)))
