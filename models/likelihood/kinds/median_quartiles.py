"""A median with its quartiles."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from models.likelihood.duration_report import MedianReport, Patients
from models.likelihood.kernels import Packed
from models.likelihood.order_statistics import median_with_quartiles
from models.likelihood.printing import rounded


@dataclass(frozen=True, kw_only=True)
class MedianQuartiles(MedianReport):
    """Median, first and third quartile of durations."""

    name = "median_quartiles"
    words = "median and quartiles: density of those order statistics"
    short = "median and quartiles"

    lower_quartile: float
    upper_quartile: float

    def packed(self) -> Packed:
        return median_with_quartiles(self.sizes, self.lower_quartile, self.median, self.upper_quartile)

    def simulate(self, patients: Patients, generator: np.random.Generator) -> Self | None:
        """Quartiles at the ranks (n + 1) / 4, (n + 1) / 2 and 3 (n + 1) / 4, as in the likelihood."""
        lower, middle, upper = np.quantile(self.durations(patients), [0.25, 0.5, 0.75], method="weibull")
        new = replace(
            self,
            lower_quartile=rounded(lower, self.lower_quartile),
            median=rounded(middle, self.median),
            upper_quartile=rounded(upper, self.upper_quartile),
        )
        return new if new.lower_quartile < new.median < new.upper_quartile else None
