"""Median survival of both arms, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import stats

from models.likelihood.estimates import SHAPE_SD, behind_medians
from models.likelihood.printing import decimals
from models.likelihood.report import EffectReport

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

type Median = tuple[float, float, float | None]
"""A median time, and the lower and upper limit of its interval, None where that is not reached."""


@dataclass(frozen=True)
class SurvivalMedians(EffectReport):
    """Medians by Kaplan and Meier, in one unit.

    Each log median is taken as normal, as wide as its interval on the log scale, or, where the upper limit is
    not reached, as its lower side; a hazard ratio follows for Weibull lives of one shape, which is integrated
    out (models/likelihood/estimates.py).
    """

    name = "survival_medians"
    words = (
        "median survival of both arms, with intervals: normal on the log scale, a hazard ratio by Weibull"
        " hazards of unknown shape"
    )
    short = "median survival"

    treated: Median
    control: Median
    level: float = 95.0

    @property
    def patients(self) -> None:
        return None

    @property
    def log_ratio(self) -> float:
        """Log ratio of the medians."""
        return float(np.log(self.treated[0] / self.control[0]))

    @property
    def se(self) -> float:
        """Standard error of the log ratio of the medians; the arms are independent."""
        return float(np.hypot(self._se(self.treated), self._se(self.control)))

    def _se(self, arm: Median) -> float:
        median, lower, upper = arm
        width = np.log(upper / lower) if upper else 2 * np.log(median / lower)
        return float(width / (2 * stats.norm.isf((1 - self.level / 100) / 2)))

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        return behind_medians(effect, self.log_ratio, self.se)

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """The control arm as it is printed, the other where a new log hazard ratio puts its median, with an
        interval as wide on the log scale; None where a time would be printed as 0.
        """
        shape = np.exp(SHAPE_SD * generator.standard_normal())
        factor = np.exp(-effect / shape + self.se * generator.standard_normal() - self.log_ratio)
        digits = max(decimals(time) for time in self.treated if time)
        median, lower = (round(float(time * factor), digits) for time in self.treated[:2])
        upper = round(float(self.treated[2] * factor), digits) if self.treated[2] else None
        possible = 0 < lower < median and (upper is None or median < upper)
        return replace(self, treated=(median, lower, upper)) if possible else None
