"""The likelihood of an estimate by what stands beside it: limits that are not symmetric, a p alone, or
medians in a ratio's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

from extraction.recover.rounding import printed_p
from models.likelihood.ops import ops_for

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

MOST_UNSURE = 2.0
"""Largest over smallest standard error that rounded numbers may leave."""
SHAPE_SD = 0.25
"""Of the log of the shape by which hazards rise or fall with time: from 0.61 to 1.63 with 95 % probability; 1
is constant hazards.
"""
SHAPES = 15
"""Nodes of Gauss and Hermite over the log shape."""
NODES = 7
"""Of the midpoint rule, over the true estimates and over the true z."""


def uneven[V: (np.ndarray, TensorVariable)](effect: V, estimate: float, below: float, above: float) -> V:
    """Log likelihood whose parabola is on either side of the estimate as wide as its side of the interval, so
    that it has fallen alike at both limits. below, above: standard errors on either side.
    """
    off = effect - estimate
    return -((off / ops_for(effect).where(off < 0, below, above)) ** 2) / 2


def behind_medians[V: (np.ndarray, TensorVariable)](effect: V, log_ratio: float, se: float) -> V:
    """Log likelihood of a log hazard ratio by the medians of two arms, whose log ratio is normal.

    Both arms are Weibull of one shape k, so that their medians have the log ratio -effect / k; k is
    integrated out under log-normal(0, SHAPE_SD).
    """
    ops = ops_for(effect)
    nodes, weights = np.polynomial.hermite_e.hermegauss(SHAPES)
    z = (log_ratio + ops.floats(effect)[..., None] / np.exp(SHAPE_SD * nodes)) / se
    return ops.logsumexp(-(z**2) / 2 + np.log(weights / np.sqrt(2 * np.pi)), axis=-1) - np.log(se)


class BehindP(NamedTuple):
    """True estimates and their standard errors by Wald's test that print as they do, each of shape (node,);
    flat in the estimate and in the log standard error.
    """

    estimate: np.ndarray
    se: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, least: float, most: float, p: str) -> BehindP:
        """least, most: true estimates that print so, on the scale on which Wald's test is made."""
        printed = printed_p(p)
        z = _midpoints(-float(ndtri(printed.upper / 2)), -float(ndtri(printed.lower / 2)))
        estimate, z = (part.ravel() for part in np.meshgrid(_midpoints(least, most), z))
        return cls(estimate, np.abs(estimate) / z, (1 / z) / (1 / z).sum())

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V) -> V:
        ops = ops_for(effect)
        z = (self.estimate - ops.floats(effect)[..., None]) / self.se
        return ops.logsumexp(-(z**2) / 2 + np.log(self.weight / self.se), axis=-1)


def why_p_tells_too_little(least: float, most: float, p: str, none: str) -> str | None:
    """Why no standard error follows from an estimate, which lies from `least` to `most`, and its p; None
    where one does. none: the estimate of no effect as it is printed, which is 0 on the scale of the two.
    """
    printed = printed_p(p)
    if printed.bound:
        return "its p is a bound, and no interval is printed"
    if least <= 0 <= most or printed.upper >= 1 or printed.lower <= 0:
        return (
            f"too near {none}, or its p to 0 or 1, for the p to tell how sure it is, and no interval is"
            " printed"
        )
    sizes = sorted([abs(least), abs(most)])
    z = [-float(ndtri(edge / 2)) for edge in (printed.upper, printed.lower)]
    if sizes[1] / sizes[0] * z[1] / z[0] > MOST_UNSURE:
        return "its numbers are rounded too far for its p to tell how sure it is, and no interval is printed"
    return None


def _midpoints(low: float, high: float) -> np.ndarray:
    return low + (high - low) * (np.arange(NODES) + 0.5) / NODES
