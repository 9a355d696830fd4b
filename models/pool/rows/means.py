"""Means and standard deviations of two arms.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {
...     "mean_treated": 5.1, "sd_treated": 2, "n_treated": 20,
...     "mean_control": 6.4, "sd_control": 2.3, "n_control": 22,
... }
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "smd")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': -0.49, 'lower': -1.36, 'upper': 0.54}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Self

from models.pool.rows.row import Row
from models.pool.study_table import LARGEST_GROUP, Cells

if TYPE_CHECKING:
    import numpy as np

    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior


@dataclass(frozen=True)
class Means(Row):
    """A mean difference: Student's t with Welch's degrees of freedom, an approximation to the law under two
    unknown SDs. A standardised one: the noncentral t of two groups with a common SD, exact.
    """

    words = (
        "means and SDs: of a mean difference t with Welch's degrees of freedom (approximate), of a"
        " standardised one noncentral t (exact under a common SD)"
    )

    mean_treated: float
    sd_treated: float
    n_treated: int
    mean_control: float
    sd_control: float
    n_control: int

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return tuple(f"{what}_{arm}" for arm in ("treated", "control") for what in ("mean", "sd", "n"))

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"md", "smd"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        found: list[float] = []
        for arm in ("treated", "control"):
            found.append(cells.number(f"mean_{arm}"))
            found.append(cells.number(f"sd_{arm}", "must be a standard deviation above 0", 1e-12))
            found.append(cells.whole(f"n_{arm}", 2, f"must be between 2 and {LARGEST_GROUP:,} patients"))
        return None if cells.faults else cls(cells.study, *found)  # type: ignore[arg-type]

    @property
    def difference(self) -> tuple[float, float, float]:
        """Mean difference, its standard error, and Welch's degrees of freedom (1947, Biometrika 34:28)."""
        parts = self.sd_treated**2 / self.n_treated, self.sd_control**2 / self.n_control
        df = sum(parts) ** 2 / (parts[0] ** 2 / (self.n_treated - 1) + parts[1] ** 2 / (self.n_control - 1))
        return self.mean_treated - self.mean_control, sqrt(sum(parts)), df

    @property
    def standardised(self) -> tuple[float, float, int]:
        """Student's t under a common SD, the factor from the standardised difference to its noncentrality,
        and the degrees of freedom.
        """
        df = self.n_treated + self.n_control - 2
        pooled = sqrt(
            ((self.n_treated - 1) * self.sd_treated**2 + (self.n_control - 1) * self.sd_control**2) / df
        )
        factor = sqrt(self.n_treated * self.n_control / (self.n_treated + self.n_control))
        return (self.mean_treated - self.mean_control) / pooled * factor, factor, df

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        import numpy as np

        if measure.key == "smd":
            from models.pool.noncentral_t import log_density

            t, factor, df = self.standardised
            return lambda theta: log_density(t, df, factor * theta)
        d, se, welch = self.difference

        def of(theta: np.ndarray) -> np.ndarray:
            return -(welch + 1) / 2 * np.log1p(((d - theta) / se) ** 2 / welch)

        return of

    @property
    def shown(self) -> str:
        return (
            f"{self.mean_treated:g} ({self.sd_treated:g}), n={self.n_treated} v {self.mean_control:g}"
            f" ({self.sd_control:g}), n={self.n_control}"
        )
