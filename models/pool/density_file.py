"""A prior of any shape: a file of two columns, values and their density."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from extraction.plain import Unreadable, rows_of, text_of
from models.pool.study_table import SEPARATORS
from models.priors import Prior

FLOOR = 1e-290


@dataclass(frozen=True)
class TabulatedPrior(Prior):
    """A density that is a line between points, and 0 beyond them.

    values: increasing; densities: at the values, up to a constant. Raises ValueError for what is no density.
    """

    values: tuple[float, ...] = ()
    densities: tuple[float, ...] = ()

    def __post_init__(self):
        if len(self.values) < 2:
            raise ValueError("two points at least make a density")
        if not all(map(isfinite, (*self.values, *self.densities))):
            raise ValueError("values and densities must be finite")
        if np.any(np.diff(self.values) <= 0):
            raise ValueError("the values must increase from line to line")
        if min(self.densities) < 0 or max(self.densities) <= 0:
            raise ValueError("densities must be 0 or more, and one of them more")

    @property
    def _cdf(self) -> np.ndarray:
        """At the values, up to a constant."""
        middle = (np.array(self.densities[1:]) + self.densities[:-1]) / 2
        return np.concatenate([[0.0], np.cumsum(middle * np.diff(self.values))])

    def distribution(self):
        raise ValueError("scipy has no distribution for a density from a file")

    def log_density(self, x):
        """Natural log of the density at x, and that of FLOOR where it is none, which quadrature can join."""
        found = np.interp(np.asarray(x, float), self.values, self.densities, left=0.0, right=0.0)
        return np.log(np.maximum(found / self._cdf[-1], FLOOR))

    def quantile(self, q):
        """The root of a quadratic in the cell where the distribution function reaches q."""
        values, densities, cdf = np.array(self.values), np.array(self.densities), self._cdf
        wanted = np.asarray(q, dtype=float) * cdf[-1]
        cell = np.clip(np.searchsorted(cdf, wanted, side="right") - 1, 0, len(values) - 2)
        width, rest = values[cell + 1] - values[cell], wanted - cdf[cell]
        start, slope = densities[cell], (densities[cell + 1] - densities[cell]) / width
        root = np.sqrt(np.maximum(start**2 + 2 * slope * rest, 0.0))
        return values[cell] + np.minimum(2 * rest / np.maximum(start + root, 1e-300), width)

    def to_pymc(self, variable_name, dims=None):
        import pymc as pm

        return pm.Interpolated(variable_name, np.array(self.values), np.array(self.densities), dims=dims)


def read_prior(path: str) -> TabulatedPrior:
    """The prior of a file, UTF-8: a value and its density in each line, names above them or not.

    Raises ValueError, naming the file and what is wrong.
    """
    try:
        text = text_of(path)
        separator = max(SEPARATORS, key=text.count)
        lines = [(i, row) for i, row in rows_of(text, separator) if row]
    except Unreadable as error:
        raise ValueError(f"{path}: {error}") from None
    points = []
    for i, row in lines:
        try:
            value, density = (float(cell) for cell in row)
        except ValueError:
            if i == lines[0][0]:  # names
                continue
            raise ValueError(f"{path}, line {i}: {separator.join(row)!r} is no value and density") from None
        points.append((value, density))
    try:
        values, densities = zip(*points, strict=True) if points else ((), ())
        prior = TabulatedPrior("file", "table", (), "", "a file of the user", values, densities)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    low, middle, high = prior.quantile([0.025, 0.5, 0.975])
    plain = f"density of {Path(path).name}, median {middle:.3g}, 95 % between {low:.3g} and {high:.3g}"
    return TabulatedPrior(
        f"file_{Path(path).stem}", "table", (), plain, prior.source, prior.values, prior.densities
    )
