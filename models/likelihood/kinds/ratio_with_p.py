"""A ratio with its p and no interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import special, stats

from extraction.recover.rounding import printed_p
from models.likelihood.ops import ops_for
from models.likelihood.printing import decimals, print_p
from models.likelihood.report import EffectReport

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

MOST_UNSURE = 2.0
"""Largest over smallest standard error that the rounded numbers may leave."""
NODES = 7
"""Of the midpoint rule, over the true ratios and over the true z."""


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
    def _nodes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log ratios, standard errors and weights, each of shape (node,); flat in the log ratio and in the
        log standard error.
        """
        p = printed_p(self.p)
        z = _midpoints(*(float(stats.norm.isf(edge / 2)) for edge in (p.upper, p.lower)))
        log_ratio = _midpoints(float(np.log(self.least)), float(np.log(self.most)))
        log_ratio, z = (part.ravel() for part in np.meshgrid(log_ratio, z))
        return log_ratio, np.abs(log_ratio) / z, (1 / z) / (1 / z).sum()

    @property
    def se(self) -> float:
        """Standard error on the log scale, of the numbers as printed."""
        return float(abs(np.log(self.estimate)) / stats.norm.isf(float(self.p) / 2))

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        log_ratio, se, weight = self._nodes
        ops = ops_for(effect)
        z = (log_ratio - ops.floats(effect)[..., None]) / se
        return ops.logsumexp(-(z**2) / 2 + np.log(weight / se), axis=-1)

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
    printed = printed_p(p)
    if printed.bound:
        return "its p is a bound, and no interval is printed"
    if least <= 1 <= most or printed.upper >= 1 or printed.lower <= 0:
        return "too near 1, or its p to 0 or 1, for the p to tell how sure it is, and no interval is printed"
    logs = sorted(abs(np.log([least, most])))
    z = [float(stats.norm.isf(edge / 2)) for edge in (printed.upper, printed.lower)]
    if logs[1] / logs[0] * z[1] / z[0] > MOST_UNSURE:
        return "its numbers are rounded too far for its p to tell how sure it is, and no interval is printed"
    return None


def _midpoints(low: float, high: float) -> np.ndarray:
    return low + (high - low) * (np.arange(NODES) + 0.5) / NODES
