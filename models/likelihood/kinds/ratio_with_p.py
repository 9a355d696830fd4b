"""A ratio with its p and no interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import special, stats

from models.likelihood.estimates import BehindP, why_p_tells_too_little
from models.likelihood.printing import decimals, print_p
from models.likelihood.report import EffectReport

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable


@dataclass(frozen=True)
class RatioWithP(EffectReport):
    """A ratio of which Wald's test gives the printed p: its logarithm has the standard error |log ratio| / z.

    least, most : true ratios that are printed as the estimate
    """

    name = "ratio_with_p"
    words = (
        "ratio with p: normal on the log scale, its standard error from p by Wald's test, rounding summed out"
    )
    short = "ratio with p"

    estimate: float
    least: float
    most: float
    p: str

    @property
    def patients(self) -> None:
        return None

    @cached_property
    def _behind(self) -> BehindP:
        return BehindP.of(float(np.log(self.least)), float(np.log(self.most)), self.p)

    @property
    def se(self) -> float:
        """Standard error on the log scale, of the numbers as printed."""
        return float(abs(np.log(self.estimate)) / stats.norm.isf(float(self.p) / 2))

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        return self._behind.log_likelihood(effect)

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """A ratio of as many patients, to the digits of this one; None where its p tells too little."""
        drawn = effect + self.se * generator.standard_normal()
        half = 10.0 ** -decimals(self.estimate) / 2
        estimate = round(float(np.exp(drawn)), decimals(self.estimate))
        p = print_p(float(2 * special.ndtr(-abs(drawn) / self.se)), self.p)
        if estimate <= half or why_it_tells_too_little(estimate - half, estimate + half, p):
            return None
        return replace(self, estimate=estimate, least=estimate - half, most=estimate + half, p=p)


def why_it_tells_too_little(least: float, most: float, p: str) -> str | None:
    """Why no standard error follows from a ratio, which lies from `least` to `most`, and its p; None where
    one does.
    """
    # a ratio that may be 0 has no logarithm, and one that may be 1 tells nothing either
    logs = (float(np.log(least)), float(np.log(most))) if least > 0 else (-np.inf, np.inf)
    return why_p_tells_too_little(*logs, p, "1")
