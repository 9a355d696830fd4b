"""Durations without sampling: what each study says of the mean effect and its spread, tabulated.

A study's reports depend on its effects at each grade, its level, its sigma and the steps between grades.
Level and log sigma are integrated out around their mode, at each point of a grid of effects; then
the effects, under their normals N(mu - trend (estimand - grade), tau).  What remains is

    L_s(mu, tau | trend, steps)

Trend and steps are shared by the studies.  They stay, at the nodes of their priors, and whoever combines
studies sums over them:

    p(mu, tau | data) ~ prior(mu) prior(tau) sum over nodes of weight[node] prod_s L_s(mu, tau | node)

A bias of a study is added to its effect at every grade, so behind it L_s is read at mu + bias.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numba
import numpy as np
from scipy.ndimage import map_coordinates, spline_filter

from models.engines.durations import layout
from models.likelihood import kernels
from models.likelihood.grades import Graded
from models.priors import SIGMA_LOG_DURATION, STEP_LOG_DURATION, TREND_LOG_DURATION

if TYPE_CHECKING:
    from models.evidence.report import Evidence

type Given = tuple[np.ndarray, ...]
"""What `_log_density` takes besides the place."""

EFFECTS = np.linspace(-3.6, 3.6, 19)
"""Log ratios at each grade at which the reports are computed; cubic splines of their log join them."""
FINE = np.linspace(EFFECTS[0], EFFECTS[-1], 73)
"""Over which wide normals of the effects are integrated."""
WIDE = 0.25
"""SD from which on they are; narrower ones have Gauss-Hermite nodes of their own."""
NARROW_NODES, INNER_NODES, TREND_NODES = 5, 3, 5
"""Gauss-Hermite nodes of a narrow normal of an effect; of level and log sigma, each; of the trend."""
HEXAGON = np.stack([np.cos(np.arange(6) * np.pi / 3), np.sin(np.arange(6) * np.pi / 3)], axis=1)
NODES_OF_STEPS = (
    (np.zeros((1, 0)), np.ones(1)),
    (np.sqrt([[0.0], [3.0], [3.0]]) * [[0], [1], [-1]], np.array([4, 1, 1]) / 6),
    (2 * np.vstack([np.zeros((1, 2)), HEXAGON]), np.array([6, 1, 1, 1, 1, 1, 1]) / 12),
)
"""Nodes and weights of no step, of one (Gauss-Hermite) and of two, in SDs: exact to the fifth degree (Stroud
& Secrest 1963, Math Comput 17:105).
"""
AXES = "abc"
"""Of a likelihood of the effects, a letter for each grade."""
CURVATURE_STEP, CLOSE = 0.02, 0.02
"""Over which the gradient is differenced, and the squared distance from the mode, in SDs, that is near."""


@dataclass(frozen=True)
class Table:
    """One study's likelihood of (mu, tau) at each node of trend and steps, shape (node, tau, mu).

    log_likelihood: up to a constant of the study. shift, ratio: of its effect at the estimand, whose mean
    given all is mu + tau^2 shift and whose SD is tau ratio.
    """

    log_likelihood: np.ndarray
    shift: np.ndarray
    ratio: np.ndarray


def shared(graded: Graded) -> tuple[np.ndarray, np.ndarray]:
    """Trend and steps at each node, shape (node, 1 + step), and the weights of the nodes; of a single grade
    the trend is 0.
    """
    trend, of_trend = np.zeros(1), np.ones(1)
    if graded.steps:
        trend, of_trend = _hermite(TREND_NODES, *TREND_LOG_DURATION.parameters)
    mean, sd = STEP_LOG_DURATION.parameters
    places, weights = NODES_OF_STEPS[len(graded.steps)]
    steps = np.round(mean + sd * places, 12)  # so that equal ones are equal
    nodes = [(one, *of_steps) for one in trend for of_steps in steps]
    return np.array(nodes), np.outer(of_trend, weights).ravel()


def table(evidence: Evidence, study: str, mu: np.ndarray, tau: np.ndarray) -> Table:
    """What a study says at each mu and tau, shape (mu,) and (tau,)."""
    arrays = layout(replace(evidence, used=tuple(evidence.of(study))))
    graded = evidence.graded
    nodes, _ = shared(graded)
    by_steps = {steps: of_effects(arrays, steps, graded) for steps in {tuple(node[1:]) for node in nodes}}
    parts = [_smoothed(by_steps[tuple(node[1:])], node[0], mu, tau, graded) for node in nodes]
    log_likelihood, shift, ratio = (np.stack(part) for part in zip(*parts, strict=True))
    return Table(log_likelihood - log_likelihood.max(), shift, ratio)


def of_effects(arrays: tuple[np.ndarray, ...], steps: tuple[float, ...], graded: Graded) -> np.ndarray:
    """Log likelihood at EFFECTS of each grade, an axis for each, level and sigma integrated out; arrays as
    `models.engines.durations.layout` gives them for one study.
    """
    kernels.name_joint()
    nodes, weights = _hermite(INNER_NODES, 0.0, 1.0)
    priors = np.array([graded.level.parameters, SIGMA_LOG_DURATION.parameters])
    by_grade, (rows, integers, reals) = np.array(graded.from_reference(steps)), arrays
    found = _over_the_grid(EFFECTS, by_grade, rows, integers, reals, priors, nodes, np.log(weights))
    return found.reshape((len(EFFECTS),) * len(graded.grades))


def _hermite(count: int, mean: float, sd: float) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return mean + sd * nodes, weights / weights.sum()


@numba.njit(cache=True)
def _over_the_grid(
    grid: np.ndarray,
    steps: np.ndarray,
    layout: np.ndarray,
    integers: np.ndarray,
    reals: np.ndarray,
    priors: np.ndarray,
    nodes: np.ndarray,
    log_weights: np.ndarray,
) -> np.ndarray:
    """The integral over level and log sigma at each point, shape (effects of the other grades, effect of the
    last); each begins at the mode of the one before.
    """
    size, others = len(grid), len(steps) - 1
    found, place = np.empty((size**others, size)), priors[:, 0].copy()
    for i in range(size**others):
        for k in range(size):
            # there and back, so that neighbours follow each other
            last = size - 1 - k if (i % size) % 2 else k
            effects = np.empty(others + 1)
            effects[others] = grid[last]
            for grade in range(others):
                effects[grade] = grid[i // size ** (others - 1 - grade) % size]
            args = effects, steps, layout, integers, reals, priors
            place, root = _mode(place, args)
            found[i, last] = _around(place, root, nodes, log_weights, args)
    return found


@numba.njit(cache=True)
def _around(
    place: np.ndarray, root: np.ndarray, nodes: np.ndarray, log_weights: np.ndarray, args: Given
) -> float:
    """Log of the integral by a product of Gauss-Hermite nodes; root: lower triangle, of the covariance."""
    values = np.empty((len(nodes), len(nodes)))
    for m in range(len(nodes)):
        for n in range(len(nodes)):
            z = np.array([nodes[m], nodes[n]])
            value, _ = _log_density(place + root @ z, *args)
            values[m, n] = value + log_weights[m] + log_weights[n] + (z @ z) / 2
    top = values.max()
    return top + np.log(np.exp(values - top).sum()) + np.log(root[0, 0] * root[1, 1])


@numba.njit(cache=True)
def _mode(place: np.ndarray, args: Given) -> tuple[np.ndarray, np.ndarray]:
    """Newton's way to the mode, and the root of the covariance there."""
    root = np.zeros((2, 2))
    for _ in range(12):
        _, slope = _log_density(place, *args)
        precision = np.empty((2, 2))
        for i in range(2):
            ahead = place.copy()
            ahead[i] += CURVATURE_STEP
            precision[i] = (slope - _log_density(ahead, *args)[1]) / CURVATURE_STEP
        least = 1 / args[5][:, 1] ** 2
        a, c = max(precision[0, 0], least[0]), max(precision[1, 1], least[1])
        b = (precision[0, 1] + precision[1, 0]) / 2
        b = b if b * b < 0.9 * a * c else 0.0
        determinant = a * c - b * b
        root[0, 0], root[1, 0], root[1, 1] = (
            np.sqrt(c / determinant),
            -b / np.sqrt(c * determinant),
            1 / np.sqrt(c),
        )
        move = root @ (root.T @ slope)
        place = place + move / max(1.0, np.abs(move).max() / 0.5)
        if move[0] ** 2 * a + move[1] ** 2 * c < CLOSE:
            break
    return place, root


@numba.njit(cache=True)
def _log_density(
    place: np.ndarray,
    effects: np.ndarray,
    steps: np.ndarray,
    layout: np.ndarray,
    integers: np.ndarray,
    reals: np.ndarray,
    priors: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Log posterior density of level and log sigma at effects and steps by grade, and its gradient."""
    n, sigma = 2 * len(effects), np.exp(place[1:])
    means = np.empty(n)
    for grade in range(len(effects)):
        for arm in range(2):
            means[2 * grade + arm] = place[0] + steps[grade] + (arm - 0.5) * effects[grade]
    value, slopes = kernels.named_joint(means, sigma, layout, integers, reals)
    off = (place - priors[:, 0]) / priors[:, 1]
    return value - (off @ off) / 2, np.array([slopes[:n].sum(), slopes[n] * sigma[0]]) - off / priors[:, 1]


def _smoothed(
    log_likelihood: np.ndarray, trend: float, mu: np.ndarray, tau: np.ndarray, graded: Graded
) -> tuple[np.ndarray, ...]:
    """Integrated over the effects given mu and tau: log likelihood, and shift and ratio of the effect at the
    estimand, each of shape (tau, mu).
    """
    spline = spline_filter(log_likelihood, order=3)
    joined = np.exp(_at(spline, *np.meshgrid(*[FINE] * len(graded.grades), indexing="ij")))
    rows = [
        _by_trapezium(joined, trend, mu, sd, graded)
        if sd >= WIDE
        else _by_nodes(spline, trend, mu, sd, graded)
        for sd in tau
    ]
    mass, mean, variance = np.moveaxis(np.array(rows), 1, 0)
    return np.log(np.maximum(mass, 1e-300)), mean / tau[:, None] ** 2, np.sqrt(variance) / tau[:, None]


def _at(spline: np.ndarray, *effects: np.ndarray) -> np.ndarray:
    """Cubic splines of the log at any effects; beyond the grid the value at its end."""
    places = [(effect - EFFECTS[0]) / (EFFECTS[1] - EFFECTS[0]) for effect in effects]
    return map_coordinates(spline, places, order=3, mode="nearest", prefilter=False)


def _by_nodes(
    spline: np.ndarray, trend: float, mu: np.ndarray, tau: float, graded: Graded
) -> tuple[np.ndarray, ...]:
    """Of a narrow normal: mass, and mean off mu and variance of the effect at the estimand, each of shape
    (mu,).
    """
    nodes, weights = _hermite(NARROW_NODES, 0.0, tau)
    centre, *off = np.meshgrid(mu, *[nodes] * len(graded.grades), indexing="ij")
    effects = (centre - trend * distance + one for distance, one in zip(graded.distances, off, strict=True))
    axes, axis_of_estimand = _axes(graded)
    summed = f"m{axes},{','.join(axes)}->m{axis_of_estimand}"
    return _moments(np.einsum(summed, np.exp(_at(spline, *effects)), *[weights] * len(graded.grades)), nodes)


def _by_trapezium(
    joined: np.ndarray, trend: float, mu: np.ndarray, tau: float, graded: Graded
) -> tuple[np.ndarray, ...]:
    """The same of a wide normal, summed over FINE."""
    step = (FINE[1] - FINE[0]) / (tau * np.sqrt(2 * np.pi))
    off = FINE - mu[:, None]
    weights = [step * np.exp(-0.5 * ((off + trend * distance) / tau) ** 2) for distance in graded.distances]
    axes, axis_of_estimand = _axes(graded)
    summed = f"{axes},{','.join(f'm{axis}' for axis in axes)}->m{axis_of_estimand}"
    return _moments(np.einsum(summed, joined, *weights, optimize=True), off)


def _axes(graded: Graded) -> tuple[str, str]:
    """A letter for each grade, and that of the estimand."""
    axes = AXES[: len(graded.grades)]
    return axes, axes[graded.grades.index(graded.estimand)]


def _moments(mass: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, ...]:
    total = np.maximum(mass.sum(axis=-1), 1e-300)
    mean = (mass * off).sum(axis=-1) / total
    return total, mean, (mass * off**2).sum(axis=-1) / total - mean**2
