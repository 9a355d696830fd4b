"""Medians of both arms, each with its range, its quartiles or both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from models.likelihood.interpolation import between
from models.likelihood.ops import ops_for
from models.likelihood.order_density import mean_and_spread, table_of_means
from models.likelihood.printed_orders import SHARES, Printed
from models.likelihood.printing import rounded
from models.likelihood.report import EffectReport
from models.likelihood.tabulated import END

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

type Five = tuple[float | None, float | None, float, float | None, float | None]
"""Minimum, first quartile, median, third quartile and maximum, above 0 and rising; None: not printed."""


@dataclass(frozen=True)
class Medians(EffectReport):
    """Both in one unit. Values are taken to be log-normal, so that a ratio of means follows: each arm's mean
    is its median times exp(sigma^2 / 2), its own SD of the logs, sigma, and the study's level integrated out
    (models/likelihood/order_density.py).
    """

    name = "medians"
    words = (
        "medians with range or quartiles of both arms: density of those order statistics of log-normal"
        " values, each arm's own SD of the logs integrated out, read on the ratio of means"
    )
    short = "medians"

    treated: Five
    control: Five
    n_treated: int
    n_control: int

    @property
    def patients(self) -> int:
        return self.n_treated + self.n_control

    @property
    def arms(self) -> tuple[Printed, Printed]:
        """The treated first."""
        return _printed(self.treated, self.n_treated), _printed(self.control, self.n_control)

    @property
    def se(self) -> float:
        """About the standard error of the log ratio."""
        return table_of_means(*self.arms)[1]

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        ops, (centre, scale, values) = ops_for(effect), _table(self)
        place = ops.arcsinh(4 * (ops.floats(effect) - centre) / scale)
        return between(place, -END, 2 * END / (len(values) - 1), values)

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        """As many log-normal patients, as spread as the printed ones, about the same level; None where
        rounding leaves no two numbers apart, or one at 0.
        """
        rough = [mean_and_spread(arm) for arm in self.arms]
        level = (rough[0][0] + rough[1][0]) / 2

        def drawn(like: Five, n: int, sd: float, log_mean: float) -> Five:
            values = np.exp(log_mean - sd**2 / 2 + sd * generator.standard_normal(n))
            return _as_printed(values, like)

        treated = drawn(self.treated, self.n_treated, rough[0][1], level + effect / 2)
        control = drawn(self.control, self.n_control, rough[1][1], level - effect / 2)
        new = replace(self, treated=treated, control=control)
        rising = (np.diff([0.0, *arm.values.values()]).min() > 0 for arm in new.arms)
        return new if all(rising) else None


def _printed(five: Five, n: int) -> Printed:
    return Printed(n, {name: value for name, value in zip(SHARES, five, strict=True) if value is not None})


@lru_cache
def _table(report: Medians) -> tuple[float, float, np.ndarray]:
    return table_of_means(*report.arms)


def _as_printed(values: np.ndarray, like: Five) -> Five:
    """To as many decimals; quartiles at the ranks (n + 1) / 4 and 3 (n + 1) / 4."""
    at = np.quantile(values, list(SHARES.values()), method="weibull")
    return tuple(None if one is None else rounded(x, one) for x, one in zip(at, like, strict=True))  # type: ignore[return-value]
