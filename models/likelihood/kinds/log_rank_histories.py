"""A log-rank p of a handful of patients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import stats

from models.likelihood.interpolation import between
from models.likelihood.log_rank import LogRankReport
from models.likelihood.log_rank_exact import TIE_SHARE, log_probability
from models.likelihood.report import Origin
from models.priors import EVENT_SHARE

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

LOG_HR = np.linspace(-8.0, 8.0, 161)
"""Log hazard ratios at which the probability of histories is tabulated."""


@dataclass(frozen=True)
class LogRankHistories(LogRankReport):
    """All event and censoring histories of a handful of patients whose log-rank p prints so.

    counted : of the whole cohort, how many have what the endpoint asks for, and how many there are; each
    patient of the arms is then taken to count with that share, independently, and the groups are smaller
    than n_toci and n_control by chance
    """

    name = "log_rank_histories"
    words = "log-rank p of a handful: every history that prints so, summed"
    short = "histories"
    origin = Origin.RECOVERED

    counted: tuple[int, int] | None = None

    @property
    def share(self) -> float:
        """Share of the patients who count."""
        return self.counted[0] / self.counted[1] if self.counted else 1.0

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        """Tabulated at LOG_HR and joined by a cubic; beyond, continued in a line."""
        return between(effect, LOG_HR[0], LOG_HR[1] - LOG_HR[0], _curve(self))

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        toci, control = (int(generator.binomial(n, self.share)) for n in (self.n_toci, self.n_control))
        difference, variance = history(effect, toci, control, generator) if toci and control else (0.0, 0.0)
        return self.printed(difference / sqrt(variance)) if variance > 0 else None


@lru_cache
def _curve(report: LogRankHistories) -> np.ndarray:
    """Log probability at each LOG_HR; raise ValueError where no history prints so."""
    total = np.zeros_like(LOG_HR)
    for toci in range(1, report.n_toci + 1):
        for control in range(1, report.n_control + 1):
            weight = stats.binom.pmf(toci, report.n_toci, report.share) * stats.binom.pmf(
                control, report.n_control, report.share
            )
            if weight > 0:
                total += weight * np.exp(log_probability(LOG_HR, toci, control, report.p, report.direction))
    if not (total > 0).all():
        raise ValueError(
            f"no history of {report.n_toci} v {report.n_control} patients has a log-rank p of {report.p}"
        )
    return np.log(total)


def history(
    log_hr: float, n_toci: int, n_control: int, generator: np.random.Generator
) -> tuple[float, float]:
    """O - E for tocilizumab and its variance, of patients who leave one by one as
    `models.likelihood.log_rank_exact` says.
    """
    at_risk, share = [n_toci, n_control], EVENT_SHARE.draw(generator)
    times: list[tuple[list[int], list[int]]] = []  # patients at risk before each event time, and its events
    after_event = False
    for _ in range(n_toci + n_control):
        event = generator.uniform() < share
        weight = at_risk[0] * (np.exp(log_hr) if event else 1.0)
        arm = int(generator.uniform() * (weight + at_risk[1]) >= weight)
        if event:
            if not (after_event and generator.uniform() < TIE_SHARE):
                times.append((at_risk.copy(), [0, 0]))
            times[-1][1][arm] += 1
        at_risk[arm] -= 1
        after_event = event
    return log_rank(times)


def log_rank(times: list[tuple[list[int], list[int]]]) -> tuple[float, float]:
    """O - E for the first arm and its hypergeometric variance, from (at risk, events) of both arms at each
    time.
    """
    difference, variance = 0.0, 0.0
    for (toci, control), events in times:
        n, d = toci + control, sum(events)
        difference += events[0] - d * toci / n
        variance += d * toci * control * (n - d) / (n**2 * (n - 1)) if n > 1 else 0.0
    return difference, variance
