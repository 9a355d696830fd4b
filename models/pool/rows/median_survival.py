"""Median survival of both arms, each with its interval.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {
...     "median_treated": 24, "lower_treated": 16, "upper_treated": 45,
...     "median_control": 15, "lower_control": 12, "upper_control": "NR",
... }
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "hr")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.67, 'lower': 0.26, 'upper': 1.82}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log
from typing import TYPE_CHECKING, NamedTuple, Self

from models.pool.rows.estimate import level_of, quantile
from models.pool.rows.row import Normal, Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior

NOT_REACHED = {"nr", "not reached", "ne", "inf", "infinity"}


class Arm(NamedTuple):
    """log_median, se: on the log scale. words: as the table has it."""

    log_median: float
    se: float
    words: str


@dataclass(frozen=True)
class MedianSurvival(Row):
    """Each log median is normal, as wide as its interval on the log scale; where its upper limit is not
    reached, as wide as the lower side.

    The ratio of medians follows. A hazard ratio needs hazards: both arms are taken as Weibull of one shape k,
    whose medians have the log ratio -log hr / k, and k is integrated out under log-normal(0, 0.25). The
    sides of such an interval differ by chance more than by shape, so that both together tell the standard
    error: of simulated arms of 25 to 150 patients with Brookmeyer and Crowley's limits (1982, Biometrics
    38:29), 93 to 97 of a hundred 95 % intervals of the ratio so made held the truth; 92 where the upper limit
    was not reached in most.
    """

    words = (
        "medians of survival with limits: normal on the log scale; a hazard ratio by Weibull hazards, their"
        " shape integrated out under log-normal(0, 0.25)"
    )

    treated: Arm
    control: Arm

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return tuple(
            f"{what}_{arm}" for arm in ("treated", "control") for what in ("median", "lower", "upper")
        )

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"hr", "ratio-of-medians"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        level = level_of(cells)
        arms = [_arm(cells, arm, quantile(level)) for arm in ("treated", "control") if not cells.faults]
        return None if cells.faults else cls(cells.study, *arms)

    @property
    def _log_ratio(self) -> Normal:
        return self.treated.log_median - self.control.log_median, hypot(self.treated.se, self.control.se)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        log_ratio, se = self._log_ratio
        if measure.key == "ratio-of-medians":
            return lambda theta: -0.5 * ((log_ratio - theta) / se) ** 2
        from models.likelihood.estimates import behind_medians

        return lambda theta: behind_medians(theta, log_ratio, se)

    def normal(self, measure: Measure) -> Normal | None:
        return self._log_ratio if measure.key == "ratio-of-medians" else None

    @property
    def shown(self) -> str:
        return f"{self.treated.words} v {self.control.words}"


def _arm(cells: Cells, arm: str, z: float) -> Arm:
    """One arm; what breaks a rule is noted in the cells."""
    rule = "must be a time above 0"
    names = [f"{what}_{arm}" for what in ("lower", "median", "upper")]
    text = cells.text(names[2])
    if reached := text.lower() not in NOT_REACHED:
        lower, median, upper = (cells.number(name, rule, 1e-9) for name in names)
    else:
        lower, median = (cells.number(name, rule, 1e-9) for name in names[:2])
        upper = median**2 / lower if not cells.faults else median
    if not cells.faults and not lower < median < upper:
        cells.refuse(names[1], f"must lie between its limits, {cells.text(names[0])} and {text}")
    if cells.faults:
        return Arm(0.0, 1.0, "")
    words = f"{median:g} ({lower:g} to {f'{upper:g}' if reached else 'not reached'})"
    return Arm(log(median), log(upper / lower) / (2 * z), words)
