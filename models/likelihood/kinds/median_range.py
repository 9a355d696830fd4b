"""A median with its range."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from models.likelihood.duration_report import MedianReport, Patients
from models.likelihood.kernels import Packed
from models.likelihood.order_statistics import median_with_range
from models.likelihood.printing import rounded


@dataclass(frozen=True, kw_only=True)
class MedianRange(MedianReport):
    """Median, shortest and longest duration.

    zeros : further patients, without the condition, whom the paper counts as 0
    """

    name = "median_range"
    words = "median and range: density of those order statistics"
    short = "median and range"

    minimum: float
    maximum: float
    zeros: int = 0

    @property
    def cells(self) -> list[tuple[int, str, int]]:
        """The largest group last, where the least of its product is wanted."""
        return sorted(super().cells, key=lambda cell: cell[2])

    def packed(self) -> Packed:
        """Of both arms together printed sizes may be out by one, so patients are draws from the mixture."""
        limits = self.minimum or None, self.maximum
        return median_with_range(
            self.sizes, self.median, *limits, self.zeros, exchangeable=len(self.arms) > 1
        )

    def simulate(self, patients: Patients, generator: np.random.Generator) -> Self | None:
        durations = np.concatenate([np.zeros(self.zeros), self.durations(patients)])
        new = replace(
            self,
            median=rounded(np.median(durations), self.median),
            minimum=rounded(durations.min(), self.minimum),
            maximum=rounded(durations.max(), self.maximum),
        )
        return new if new.minimum < new.median < new.maximum else None
