"""What a deterministic fit returns: marginal posterior distributions held on grids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from models.engines.tau_nodes import POSITIVE, PositiveAxis, tails

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from models.engines.mixture import NormalMixture

    type Effect = Marginal | NormalMixture

type Number = float | np.ndarray
"""One, or one for each point or fit."""
type Cubic = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Coefficients of powers one to three."""

LIMITS = {"median": 0.5, "lower": 0.025, "upper": 0.975}  # 95 %, equal tails
MIXTURE_POINTS = 801


def cumulative(mass: np.ndarray) -> np.ndarray:
    """Integrals from the first even grid step to each, along the last axis; mass: density per step.

    Six points per step, exact for polynomials of fifth degree: partial sums of the trapezium rule would lack
    the accuracy that its total has.
    """
    p = np.pad(mass, [(0, 0)] * (mass.ndim - 1) + [(2, 2)], mode="edge")
    inner, middle, outer = p[..., 2:-3] + p[..., 3:-2], p[..., 1:-4] + p[..., 4:-1], p[..., :-5] + p[..., 5:]
    steps = np.maximum((802 * inner - 93 * middle + 11 * outer) / 1440, 0.0)
    return np.concatenate([np.zeros_like(mass[..., :1]), np.cumsum(steps, axis=-1)], axis=-1)


@dataclass(frozen=True)
class Marginal:
    """Posterior distribution of one number.

    x: increasing grid; density: per unit of x, at x; cdf: P(value <= x). Between grid points the CDF is the
    cubic that has the density as its slope at both ends, with an error of fourth order in the spacing. All
    mass beyond an end of the grid counts as lying at that end. `weight` are masses for sums over the grid.
    """

    x: np.ndarray
    density_at_x: np.ndarray
    cdf_at_x: np.ndarray
    weight: np.ndarray

    @classmethod
    def from_density(
        cls, x: ArrayLike, density: np.ndarray, spacing: Number, below: Number = 0.0, above: Number = 0.0
    ) -> Self:
        """Normalise a density known up to a constant.

        spacing: dx per grid step, where x is a smooth function of the step (constant for an even grid, x
        times the step in log x for an even grid of logs): the trapezium rule in steps is then near exact in
        total. below, above: mass beyond the grid, on the scale of the density.
        """
        mass = density * spacing
        inside = cumulative(mass)
        total = below + inside[-1] + above
        weight = mass / total
        weight[0] = weight[0] / 2 + below / total
        weight[-1] = weight[-1] / 2 + above / total
        return cls(np.asarray(x, dtype=float), density / total, (below + inside) / total, weight)

    @classmethod
    def from_normal_mixture(cls, weight: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> Self:
        """A mixture of normals; the arrays have one entry per component, the weights add to one.

        The grid is even in the centre and geometric far out, because components may differ in width a
        thousandfold when the prior of tau has a heavy tail.
        """
        centre = weight @ mean
        scale = 1 / (weight @ (1 / sd))
        seen = weight > 1e-9
        ends = np.array([np.min((mean - 7 * sd)[seen]), np.max((mean + 7 * sd)[seen])])
        first, last = np.arcsinh((ends - centre) / scale)
        step = np.linspace(first, last, MIXTURE_POINTS)
        x = centre + scale * np.sinh(step)
        kernel = np.exp(-0.5 * ((x[:, None] - mean) / sd) ** 2)
        density = kernel @ (weight / (sd * np.sqrt(2 * np.pi)))
        return cls.from_density(x, density, scale * np.cosh(step) * (step[1] - step[0]))

    def density(self, x: ArrayLike) -> np.ndarray:
        """Posterior density at x; zero beyond the grid."""
        x = np.asarray(x, dtype=float)
        start, width, place = self._cell(x)
        first, second, third = self._curve(start, width)
        slope = first + place * (2 * second + place * 3 * third)
        inside = (x >= self.x[0]) & (x <= self.x[-1])
        return np.where(inside, np.maximum(slope / width, 0.0), 0.0)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """P(value <= x)."""
        x = np.asarray(x, dtype=float)
        start, width, place = self._cell(x)
        inside = self.cdf_at_x[start] + _cubic(self._curve(start, width), place)
        return np.where(x < self.x[0], 0.0, np.where(x > self.x[-1], 1.0, inside))

    def quantile(self, q: ArrayLike) -> np.ndarray:
        """The value at cumulative probability q, by bisection of the cubic in its cell."""
        q = np.asarray(q, dtype=float)
        start = np.clip(np.searchsorted(self.cdf_at_x, q, side="right") - 1, 0, len(self.x) - 2)
        width = self.x[start + 1] - self.x[start]
        curve, left = self._curve(start, width), self.cdf_at_x[start]
        low, high = np.zeros(q.shape), np.ones(q.shape)
        for _ in range(30):  # to 2**-30 of a grid step
            place = 0.5 * (low + high)
            short = left + _cubic(curve, place) < q
            low, high = np.where(short, place, low), np.where(short, high, place)
        return self.x[start] + width * 0.5 * (low + high)

    def expectation(self, function: Callable[[np.ndarray], np.ndarray]) -> float:
        """Posterior expectation of function(value); the function takes and returns arrays."""
        return float(self.weight @ function(self.x) / self.weight.sum())

    def points(self, count: int = 4000) -> np.ndarray:
        """Equally probable values, shape (count,): deterministic draws, for quantiles of any function of
        them.
        """
        return self.quantile((np.arange(count) + 0.5) / count)

    def limits(self) -> dict[str, float]:
        """Median and 95 % equal-tailed limits: {"median", "lower", "upper"}."""
        return dict(zip(LIMITS, self.quantile(list(LIMITS.values())).tolist(), strict=True))

    def _cell(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        start = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, len(self.x) - 2)
        width = self.x[start + 1] - self.x[start]
        return start, width, np.clip((x - self.x[start]) / width, 0.0, 1.0)

    def _curve(self, start: np.ndarray, width: np.ndarray) -> Cubic:
        """Coefficients of the rise of the CDF in a cell: powers one to three of the place in it, from 0 to
        1.
        """
        rise = self.cdf_at_x[start + 1] - self.cdf_at_x[start]
        left, right = self.density_at_x[start] * width, self.density_at_x[start + 1] * width
        return left, 3 * rise - 2 * left - right, left + right - 2 * rise


def _cubic(curve: Cubic, place: np.ndarray) -> np.ndarray:
    first, second, third = curve
    return place * (first + place * (second + place * third))


def tau_marginal(places: np.ndarray, log_density: np.ndarray, axis: PositiveAxis = POSITIVE) -> Marginal:
    """Marginal of tau from the log density of even places on its axis, up to a constant."""
    log_density = log_density - log_density.max()
    below, above = tails(log_density, places[1] - places[0])
    fine_places, fine = (_with_midpoints(_with_midpoints(values)) for values in (places, log_density))
    slope, step = np.exp(axis.log_slope(fine_places)), fine_places[1] - fine_places[0]
    return Marginal.from_density(axis.tau(fine_places), np.exp(fine) / slope, slope * step, below, above)


def _with_midpoints(values: np.ndarray) -> np.ndarray:
    """Values at even places and halfway between, by polynomials through six points, lines beyond the ends.

    The nodes that integrate tau exactly are too far apart for cubics to join them to 1e-4.
    """
    ahead = values[0] - (values[1] - values[0]) * np.array([2, 1])
    p = np.concatenate([ahead, values, values[-1] + (values[-1] - values[-2]) * np.array([1, 2])])
    middle = (150 * (p[2:-3] + p[3:-2]) - 25 * (p[1:-4] + p[4:-1]) + 3 * (p[:-5] + p[5:])) / 256
    both = np.empty(2 * len(values) - 1)
    both[::2], both[1::2] = values, middle
    return both


@dataclass(frozen=True)
class Posterior:
    """Posterior of a random-effects meta-analysis.

    mu: mean effect; tau: between-study SD; prediction: effect in a new study; theta: effect of each study by
    name. Effects are on the scale of the likelihood (log odds ratio, log hazard ratio, points).
    """

    mu: Effect
    tau: Marginal
    prediction: Effect
    theta: Mapping[str, Effect] = field(default_factory=dict)

    def probability_below(self, x: float = 0.0) -> float:
        """P(mu < x); with x = 0, the probability that the mean effect favours treatment."""
        return float(self.mu.cdf(x))

    def summary(self) -> dict:
        """Medians and 95 % equal-tailed limits of mu, tau, prediction, and each study's theta under
        "studies".
        """
        return {
            "mu": self.mu.limits(),
            "tau": self.tau.limits(),
            "prediction": self.prediction.limits(),
            "studies": {name: theta.limits() for name, theta in self.theta.items()},
        }
