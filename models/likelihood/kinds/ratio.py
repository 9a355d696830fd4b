"""A ratio with its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import stats

from models.likelihood.printing import decimals
from models.likelihood.report import EffectReport

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable


@dataclass(frozen=True)
class Ratio(EffectReport):
    """A hazard, odds or risk ratio whose interval is symmetric on the log scale; level in per cent."""

    name = "ratio"
    words = "ratio with interval: normal on the log scale"
    short = "hazard ratio"
    elementwise = True

    estimate: float
    lower: float
    upper: float
    level: float = 95.0

    @property
    def patients(self) -> None:
        return None

    @property
    def log_ratio(self) -> float:
        """Log of the printed ratio."""
        return np.log(self.estimate)

    @property
    def se(self) -> float:
        """Standard error on the log scale."""
        return np.log(self.upper / self.lower) / (2 * stats.norm.isf((1 - self.level / 100) / 2))

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        """Log density of the printed log ratio, normal with the interval's standard error."""
        z = (self.log_ratio - effect) / self.se
        return -(z**2) / 2 - np.log(self.se) - np.log(2 * np.pi) / 2

    def events(self, n_treated: int, n_control: int) -> float:
        """Patients with the event behind a hazard ratio with these limits: 1 / (se^2 r (1 - r)), r the share
        given the treatment (Schoenfeld 1981, Biometrika 68:316).
        """
        share = n_treated / (n_treated + n_control)
        return 1 / (self.se**2 * share * (1 - share))

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """A ratio with an interval as wide on the log scale as the printed one."""
        return self.printed(effect + self.se * generator.standard_normal(), self.se)

    def printed(self, log_ratio: float, se: float) -> Self | None:
        """The report of other patients, to the digits of this one; None where its lower limit would be
        printed as 0.
        """
        half = se * stats.norm.isf((1 - self.level / 100) / 2)
        digits = max(decimals(number) for number in (self.estimate, self.lower, self.upper))
        printed = (round(float(np.exp(log_ratio + shift)), digits) for shift in (0.0, -half, half))
        new = replace(self, **dict(zip(("estimate", "lower", "upper"), printed, strict=True)))
        return new if new.lower > 0 else None
