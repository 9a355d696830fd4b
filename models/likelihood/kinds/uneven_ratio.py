"""A ratio whose interval is not symmetric on the log scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import stats

from models.likelihood.estimates import uneven
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.printing import decimals

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable


@dataclass(frozen=True)
class UnevenRatio(Ratio):
    """A ratio with exact, profile or bootstrap limits: the log likelihood is a parabola on either side of the
    estimate, each as wide as its side of the interval, so that it has fallen alike at both limits.
    """

    name = "uneven_ratio"
    words = "ratio with an uneven interval: normal on the log scale, on each side as wide as the interval"
    short = "ratio, uneven"
    elementwise = False

    @property
    def se_by_side(self) -> tuple[float, float]:
        """Standard errors on the log scale, below and above the estimate."""
        z = stats.norm.isf((1 - self.level / 100) / 2)
        below, above = self.estimate / self.lower, self.upper / self.estimate
        return float(np.log(below) / z), float(np.log(above) / z)

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        """Log density of the printed log ratio, up to a constant."""
        return uneven(effect, float(np.log(self.estimate)), *self.se_by_side)

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """A ratio with an interval as wide on either side as the printed one; None where its lower limit
        would be printed as 0.
        """
        below, above = self.se_by_side
        # an estimate above the effect has it on its lower side; each side is met as often as it is wide
        side = generator.random() * (below + above) < below
        away = abs(generator.standard_normal()) * (below if side else -above)
        digits = max(decimals(number) for number in (self.estimate, self.lower, self.upper))
        log_ratio = effect + away
        logs = (
            log_ratio,
            log_ratio - np.log(self.estimate / self.lower),
            log_ratio + np.log(self.upper / self.estimate),
        )
        printed = (round(float(np.exp(log)), digits) for log in logs)
        new = replace(self, **dict(zip(("estimate", "lower", "upper"), printed, strict=True)))
        return new if new.lower > 0 else None
