"""A log-rank p of a handful of patients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import stats

from models.likelihood.interpolation import between
from models.likelihood.log_rank import LogRankReport
from models.likelihood.log_rank_exact import log_probability
from models.likelihood.log_rank_exits import one_z
from models.likelihood.report import Origin

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

LOG_HR = np.linspace(-8.0, 8.0, 161)
"""Log hazard ratios at which the probability of histories is tabulated."""


@dataclass(frozen=True)
class LogRankHistories(LogRankReport):
    """All event and censoring histories of a handful of patients whose log-rank p prints so.

    counted : of the whole cohort, how many have what the endpoint asks for, and how many there are; each
    patient of the arms is then taken to count with that share, independently, and the groups are smaller
    than n_treated and n_control by chance
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

    @property
    def is_possible(self) -> bool:
        """Whether any history prints so."""
        return _is_possible(self)

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        """Tabulated at LOG_HR and joined by a cubic; beyond, continued in a line."""
        return between(effect, LOG_HR[0], LOG_HR[1] - LOG_HR[0], _curve(self))

    def simulate(self, effect: float, generator: np.random.Generator) -> Self | None:
        treated, control = (int(generator.binomial(n, self.share)) for n in (self.n_treated, self.n_control))
        z = one_z(effect, treated, control, generator)
        return self.printed(z) if isfinite(z) else None


@lru_cache
def _is_possible(report: LogRankHistories) -> bool:
    sizes = product(range(1, report.n_treated + 1), range(1, report.n_control + 1))
    whole = [(report.n_treated, report.n_control)]
    return any(
        isfinite(log_probability(0.0, *size, report.p, report.direction))
        for size in (sizes if report.counted else whole)
    )


@lru_cache
def _curve(report: LogRankHistories) -> np.ndarray:
    """Log probability at each LOG_HR; raise ValueError where no history prints so."""
    total = np.zeros_like(LOG_HR)
    for treated in range(1, report.n_treated + 1):
        for control in range(1, report.n_control + 1):
            weight = stats.binom.pmf(treated, report.n_treated, report.share) * stats.binom.pmf(
                control, report.n_control, report.share
            )
            if weight > 0:
                total += weight * np.exp(
                    log_probability(LOG_HR, treated, control, report.p, report.direction)
                )
    if not (total > 0).all():
        raise ValueError(
            f"no history of {report.n_treated} v {report.n_control} patients has a log-rank p of {report.p}"
        )
    return np.log(total)
