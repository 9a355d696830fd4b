"""Smoothing by a normal distribution of any SD on one grid of effects, even or finer where more is to be
seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr

# in grid steps: a wider normal is summed to within 1e-5, a narrower one is its two first moments
NARROW = 0.8
WIDTH = 24.0  # in SDs: terms further out are e^-288 of the largest; short of that, small results stay exact
RESOLVE = 5.0  # points per SD at which the smooth result is computed; a cubic of its log joins them to 1e-5
FEWEST = 10  # but at least so many: the logs of thousands of studies are summed
BLOCK = 256  # results computed at once, each from all of the grid within WIDTH of any of them
FLOOR = 1e-290


@dataclass(frozen=True)
class Grid:
    """Effects in increasing order.

    x: a smooth function of its index; spacing: its derivative by the index, so that the sum of f(x) * spacing
    is the integral of a smooth f to near machine precision.
    """

    x: np.ndarray
    spacing: np.ndarray

    @classmethod
    def even(cls, low: float, high: float, size: int) -> Self:
        x = np.linspace(low, high, size)
        return cls(x, np.full(size, x[1] - x[0]))

    @classmethod
    def graded(
        cls, low: float, high: float, step: float, fine_step: float, fine: tuple[float, float], largest: int
    ) -> Self | None:
        """From low to high: steps of at most `step`, of about `fine_step` between the two ends `fine`, and
        ever wider outside.

        None where that takes more than `largest` points.
        """
        centre, scale, more = (fine[0] + fine[1]) / 2, fine[1] - fine[0], max(1 / fine_step - 1 / step, 0.0)

        def index[X: (float, np.ndarray)](x: X) -> X:
            return x / step + more * scale * np.arctan((x - centre) / scale)

        first, last = index(low), index(high)
        if last - first >= largest:
            return None
        wanted = np.linspace(first, last, int(np.ceil(last - first)) + 1)
        index_step = (last - first) / (len(wanted) - 1)
        rough = np.linspace(low, high, 2 * len(wanted))
        x = np.interp(wanted, index(rough), rough)
        for _ in range(20):
            spacing = 1 / (1 / step + more / (1 + ((x - centre) / scale) ** 2))
            x = np.clip(x + (wanted - index(x)) * spacing, low, high)
        return cls(x, spacing * index_step)

    def second_derivative(self, values: np.ndarray) -> np.ndarray:
        """Of values at every point but the two ends, shape (.., point - 2)."""
        gap = np.diff(self.x)
        return 2 * np.diff(np.diff(values, axis=-1) / gap, axis=-1) / (gap[1:] + gap[:-1])


def log_smooth(values: np.ndarray, grid: Grid, sd: float, rows: slice) -> np.ndarray:
    """Log of values smoothed by a normal of the given SD, at the rows (a slice) of the grid: shape (.., row).

    values: not negative, shape (.., point); beyond the grid they go on as they end.
    """
    if sd < NARROW * grid.spacing[rows].max():
        return np.log(np.maximum(_narrow(values, grid, sd)[:, rows], FLOOR))
    return _wide(values, grid, sd, grid.x[rows])


def log_smooth_at(values: np.ndarray, grid: Grid, sd: float, x: np.ndarray) -> np.ndarray:
    """The same at any increasing places x within the grid."""
    if sd < NARROW * grid.spacing.max():
        return between(grid.x, np.log(np.maximum(_narrow(values, grid, sd), FLOOR)), x)
    return _wide(values, grid, sd, x)


def _wide(values: np.ndarray, grid: Grid, sd: float, places: np.ndarray) -> np.ndarray:
    def at(x: np.ndarray) -> np.ndarray:
        near = slice(*np.searchsorted(grid.x, x[[0, -1]] + WIDTH * sd * np.array([-1, 1])))
        smooth = values[:, near] @ (_normal(grid.x[near, None], x, sd) * grid.spacing[near, None])
        below, above = (
            ndtr((grid.x[0] - grid.spacing[0] / 2 - x) / sd),
            ndtr((x - grid.x[-1] - grid.spacing[-1] / 2) / sd),
        )
        return smooth + values[:, :1] * below + values[:, -1:] * above

    return _joined(at, places, sd)


def spread(masses: np.ndarray, grid: Grid, sds: np.ndarray, rows: slice) -> np.ndarray:
    """Density at every point of the grid of masses that lie at its rows (a slice), each spread by a normal of
    its SD: shape (.., point).

    masses: not negative, shape (sd, .., row); sds: increasing.
    """
    mean, spacing = grid.x[rows], grid.spacing[rows]
    density = np.zeros((masses.shape[1], len(grid.x)))
    narrow = int(np.searchsorted(sds, NARROW * spacing.max()))
    for sd, mass in zip(sds[:narrow], masses[:narrow], strict=True):
        alone = np.zeros_like(density)
        alone[:, rows] = mass / spacing
        density += _narrow(alone, grid, sd)
    octave = np.floor(np.log2(sds[narrow:]))
    for one in np.unique(octave):
        together = np.flatnonzero(octave == one) + narrow

        def at(x: np.ndarray, together: np.ndarray = together) -> np.ndarray:
            near = slice(*np.searchsorted(mean, x[[0, -1]] + WIDTH * sds[together[-1]] * np.array([-1, 1])))
            return sum(masses[k][:, near] @ _normal(mean[near, None], x, sds[k]) for k in together)

        density += np.exp(_joined(at, grid.x, sds[together[0]]))
    return density


def _normal(x: np.ndarray, mean: np.ndarray, sd: float) -> np.ndarray:
    return np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))


def _narrow(values: np.ndarray, grid: Grid, sd: float) -> np.ndarray:
    smooth = values.copy()
    smooth[:, 1:-1] += 0.5 * sd**2 * grid.second_derivative(values)
    return smooth


def _joined(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, sd: float) -> np.ndarray:
    """Log of a function that varies over distances of sd, at every x: computed RESOLVE times per SD, joined
    by cubics of the log.
    """
    chosen = _thinned(x, sd / RESOLVE)
    blocks = [function(x[chosen[start : start + BLOCK]]) for start in range(0, len(chosen), BLOCK)]
    coarse = np.log(np.maximum(np.concatenate(blocks, axis=1), FLOOR))
    return coarse if len(chosen) == len(x) else between(x[chosen], coarse, x)


def _thinned(x: np.ndarray, distance: float) -> np.ndarray:
    """Indices of points about this far apart, both ends included."""
    distance = min(distance, (x[-1] - x[0]) / FEWEST)
    if distance <= np.diff(x).min():
        return np.arange(len(x))
    return np.unique(
        np.searchsorted(
            (x[1:] + x[:-1]) / 2, np.linspace(x[0], x[-1], int(np.ceil((x[-1] - x[0]) / distance)) + 1)
        )
    )


def between(x: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cubics through the four nearest of the points (x, values), at other places: shape (.., at)."""
    first = np.clip(np.searchsorted(x, at, side="right") - 2, 0, len(x) - 4)
    nodes = x[first + np.arange(4)[:, None]]
    away = at - nodes
    found = np.zeros(())
    for one in range(4):
        others = [other for other in range(4) if other != one]
        weight = np.prod(away[others], axis=0) / np.prod(nodes[one] - nodes[others], axis=0)
        found = found + weight * values[:, first + one]
    return found
