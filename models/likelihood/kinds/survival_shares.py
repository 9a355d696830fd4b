"""Shares of both arms without an event until one time, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import stats

from models.likelihood.report import EffectReport

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

type Limits = tuple[float, float, float]
"""A share, and the lower and upper limit of its interval, between 0 and 1."""


@dataclass(frozen=True)
class SurvivalShares(EffectReport):
    """Kaplan-Meier shares S of both arms at one time.

    Under proportional hazards log(-log S) of the arms differ by the log hazard ratio.  On that scale the
    share of an arm is taken as normal, with the standard error that the width of its printed interval there
    has, whatever scale the paper made it on (Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure
    Time Data, section 1.4).
    """

    name = "survival_shares"
    words = (
        "survival of both arms at one time, with intervals: normal on the scale of log(-log S), hazards"
        " proportional"
    )
    short = "survival at a time"

    treated: Limits
    control: Limits
    level: float = 95.0

    @property
    def patients(self) -> None:
        return None

    @property
    def log_hr(self) -> float:
        """Log hazard ratio of the shares."""
        return float(log_cumulative_hazard(self.treated[0]) - log_cumulative_hazard(self.control[0]))

    @property
    def se(self) -> float:
        """Standard error of the log hazard ratio; the arms are independent."""
        return float(np.hypot(self._se(self.treated), self._se(self.control)))

    def _se(self, arm: Limits) -> float:
        width = log_cumulative_hazard(arm[1]) - log_cumulative_hazard(arm[2])
        return float(width / (2 * stats.norm.isf((1 - self.level / 100) / 2)))

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        return -(((self.log_hr - effect) / self.se) ** 2) / 2 - np.log(self.se) - np.log(2 * np.pi) / 2

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """The control arm as it is printed, the other where a new log hazard ratio puts it, with an interval
        as wide on the scale of the model; None where a share would be all or none.
        """
        shift = effect + self.se * generator.standard_normal() - self.log_hr
        share, lower, upper = (round(moved(share, shift), 4) for share in self.treated)
        return replace(self, treated=(share, lower, upper)) if 0 < lower < share < upper < 1 else None


def log_cumulative_hazard(share: float) -> float:
    """log(-log S)."""
    return float(np.log(-np.log(share)))


def moved(share: float, log_hr: float) -> float:
    """The share that a log hazard ratio makes of one."""
    return float(share ** np.exp(log_hr))
