"""Events over person-time in two arms.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"events_treated": 3, "time_treated": 120, "events_control": 9, "time_control": 100}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "irr")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.43, 'lower': 0.13, 'upper': 1.54}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Self

from models.pool.rows.row import Row
from models.pool.study_table import LARGEST_GROUP, Cells

if TYPE_CHECKING:
    import numpy as np

    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior


@dataclass(frozen=True)
class PersonTime(Row):
    """Two Poisson counts. The study's own log rate is integrated out under a flat prior, which leaves the
    events of one arm binomial among all: no correction for an arm without events.
    """

    words = "events over person-time: Poisson, the study's own rate integrated out under a flat prior"

    events_treated: int
    time_treated: float
    events_control: int
    time_control: float

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return "events_treated", "time_treated", "events_control", "time_control"

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"irr"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        found: list[float] = []
        for arm in ("treated", "control"):
            found.append(cells.whole(f"events_{arm}", 0, f"must be at most {LARGEST_GROUP:,}"))
            found.append(cells.number(f"time_{arm}", "must be a person-time above 0", 1e-9, 1e12))
        return None if cells.faults else cls(cells.study, int(found[0]), found[1], int(found[2]), found[3])

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        import numpy as np

        offset, total = log(self.time_treated / self.time_control), self.events_treated + self.events_control

        def of(theta: np.ndarray) -> np.ndarray:
            logit = theta + offset  # of the share of all events that falls on the treated
            return self.events_treated * logit - total * np.logaddexp(0, logit)

        return of

    @property
    def shown(self) -> str:
        return f"{self.events_treated}/{self.time_treated:g} v {self.events_control}/{self.time_control:g}"
