"""How likely printed order statistics of two arms are under a ratio of medians.

Values are log-normal, so on the log scale an arm has a mean m (the log of its median) and an SD sigma. With
ranks r_1 < r_2 < .. of the printed values y_1 < y_2 < .., F and f at them, their joint density is

    F(y_1)^(r_1 - 1) prod f(y_i) prod [F(y_(i+1)) - F(y_i)]^(r_(i+1) - r_i - 1) [1 - F(y_k)]^(n - r_k)

exact where the ranks are whole numbers, else of the fractional order statistics of Stigler 1977 (Biometrika
64:99). A median of an even number of patients beside their range alone is midway between two of them, and the
gap between the two is integrated out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtri

from models.likelihood.printed_orders import SHARES, Printed
from models.likelihood.tabulated import effects, places, tabulated

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood

SD_PRIOR = (-0.5, 0.75)
"""Of the SD of the logs within an arm, log-normal: between 0.14 and 2.6 with 95 % probability."""
SDS = 25  # nodes of the SD of the logs, close to each other where the printed spread puts it
SDS_OF_A_MEAN = 75  # of which far larger ones make a far larger mean likely
MEANS = 81  # places of an arm's mean
GAP = np.polynomial.legendre.leggauss(10)


def log_likelihood(treated: Printed, control: Printed) -> LogLikelihood:
    """Log density of both arms' numbers, a function of the log ratio of medians, treated over control."""
    return tabulated(*_of_both(Arm(treated), Arm(control)))


def table_of_means(treated: Printed, control: Printed) -> tuple[float, float, np.ndarray]:
    """The same of the log ratio of means: about where it is highest, its SD there, and the log density at the
    effects of the even places of a table.
    """
    centre, scale, of = _of_both(Arm(treated, of_mean=True), Arm(control, of_mean=True))
    return centre, scale, of(effects(centre, scale, places()))


def _of_both(*arms: Arm) -> tuple[float, float, LogLikelihood]:
    """About where the log ratio is, its SD, and its log density."""

    def of(log_ratio: np.ndarray) -> np.ndarray:
        """Integrated over the control's mean at the places of both arms, in order: the trapezium rule."""
        controls = np.tile(arms[1].mean, (len(log_ratio), 1))
        mean = np.concatenate([controls, arms[0].mean - log_ratio[:, None]], axis=1)
        mean.sort(axis=1)
        both = arms[0](mean + log_ratio[:, None]) + arms[1](mean)
        gap = np.diff(mean, axis=1)
        step = np.zeros_like(mean)
        step[:, 1:] += gap / 2
        step[:, :-1] += gap / 2
        return logsumexp(both, axis=1, b=step)

    return arms[0].centre - arms[1].centre, float(np.hypot(*(arm.scale for arm in arms))), of


class Arm:
    """Log density of one arm's numbers as a function of its mean, the SD integrated out; tabulated.

    The mean is that of the logs or, `of_mean`, the log of the values' mean, half the SD squared above it.
    centre, scale: about where it lies, and its standard error. mean: the places of the table.
    """

    def __init__(self, printed: Printed, of_mean: bool = False):
        median, sd = _rough(printed)
        self.centre = mean_and_spread(printed)[0] if of_mean else median
        self.scale = 1.25 * sd / np.sqrt(printed.n) * (np.sqrt(1 + sd**2 / 2) if of_mean else 1.0)
        self.mean = effects(self.centre, self.scale, places(MEANS))
        self._of = tabulated(
            self.centre, self.scale, lambda mean: _integrated(printed, mean, sd, of_mean), count=MEANS
        )

    def __call__(self, mean: np.ndarray) -> np.ndarray:
        return self._of(mean)


def mean_and_spread(printed: Printed) -> tuple[float, float]:
    """About the log of the values' mean, and the SD of their logs."""
    median, sd = _rough(printed)
    return median + sd**2 / 2, sd


def _integrated(printed: Printed, mean: np.ndarray, sd: float, of_mean: bool) -> np.ndarray:
    """Log density at each mean, over the SD: even nodes on a sinh axis of its log, around `sd`."""
    scale = 1 / np.sqrt(2 * printed.n)
    end = np.arcsinh((6 * SD_PRIOR[1] + abs(np.log(sd) - SD_PRIOR[0])) / scale)
    place = np.linspace(-end, end, SDS_OF_A_MEAN if of_mean else SDS)
    log_sd = np.log(sd) + scale * np.sinh(place)
    prior = -0.5 * ((log_sd - SD_PRIOR[0]) / SD_PRIOR[1]) ** 2 + np.log(np.cosh(place))
    sds = np.exp(log_sd)
    middle = mean[:, None] - (sds**2 / 2 if of_mean else 0.0)
    return logsumexp(log_density(printed, middle, sds) + prior, axis=1)


def log_density(printed: Printed, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Log density of the logs of the printed numbers, up to a constant, in the shape of mean and sd."""
    log_values = {name: np.log(value) for name, value in printed.values.items()}
    n = printed.n
    if n % 2 or "q1" in log_values:
        ranks = [_rank(name, n) for name in log_values]
        return _of_ranks(ranks, list(log_values.values()), n, mean, sd)
    return _over_the_gap(printed, mean, sd)


def _over_the_gap(printed: Printed, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Of a range and the midpoint of the two in the middle, `gap` to either side of it."""
    low, middle, high = (printed.values[name] for name in ("min", "median", "max"))
    widest, half = min(middle - low, high - middle), printed.n // 2
    nodes, weights = GAP
    u = (nodes + 1) / 2
    ranks = [1, half, half + 1, printed.n]
    parts = []
    for gap, weight in zip(widest * u**3, weights * u**2, strict=True):
        values = np.array([low, middle - gap, middle + gap, high])
        # the density is that of the logs, and the midpoint is one of days
        jacobian = -np.log(values[1]) - np.log(values[2])
        parts.append(
            _of_ranks(ranks, np.log(values).tolist(), printed.n, mean, sd) + jacobian + np.log(weight)
        )
    return logsumexp(parts, axis=0)


def _of_ranks(
    ranks: Sequence[float], log_values: Sequence[float], n: int, mean: np.ndarray, sd: np.ndarray
) -> np.ndarray:
    z = [(value - mean) / sd for value in log_values]
    density = (ranks[0] - 1) * log_ndtr(z[0]) + (n - ranks[-1]) * log_ndtr(-z[-1]) - len(z) * np.log(sd)
    for one in z:
        density = density - 0.5 * one**2
    for i in range(len(z) - 1):
        between = ranks[i + 1] - ranks[i] - 1
        if between:
            density = density + between * _log_between(z[i], z[i + 1])
    return density


def _log_between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Log probability of a standard normal between two ends, without loss of digits in either tail."""
    turned = low + high > 0
    low, high = np.where(turned, -high, low), np.where(turned, -low, high)
    top = log_ndtr(high)
    return top + np.log1p(-np.exp(np.minimum(log_ndtr(low) - top, -1e-15)))


def _rank(name: str, n: int) -> float:
    return {"min": 1.0, "max": float(n)}.get(name, SHARES[name] * (n + 1))


def _rough(printed: Printed) -> tuple[float, float]:
    """Log median, and the SD of the logs from the printed spread (Blom's normal scores)."""
    values = printed.values
    low, high = ("q1", "q3") if "q1" in values else ("min", "max")
    n = printed.n
    score = ndtri((_rank(high, n) - 0.375) / (n + 0.25))
    return float(np.log(values["median"])), float(np.log(values[high] / values[low]) / (2 * score))
