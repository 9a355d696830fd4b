"""Events and patients of two arms.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"events_treated": 5, "n_treated": 40, "events_control": 9, "n_control": 42}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "or")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.64, 'lower': 0.2, 'upper': 2.15}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, log, sqrt
from typing import TYPE_CHECKING, Self

from models.pool.rows.row import Normal, Row
from models.pool.study_table import LARGEST_GROUP, Cells

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior

NORMAL_FROM = 10_000
"""Events and others in each arm from which the effect is normal: a skewness below one hundredth moves a limit
by less than 1e-4.
"""
ARMS = ("treated", "control")


@dataclass(frozen=True)
class Counts(Row):
    """Two binomials; the level of risk, midway between the arms, is integrated out under its prior."""

    words = "counts of both arms: exact binomials, the study's own level of risk integrated out"

    events_treated: int
    n_treated: int
    events_control: int
    n_control: int

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        others = [
            f"non_events_{arm}"
            if cells.has(f"non_events_{arm}") and not cells.has(f"n_{arm}")
            else f"n_{arm}"
            for arm in ARMS
        ]
        return "events_treated", others[0], "events_control", others[1]

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"or", "rr", "rd"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        found = []
        for arm in ARMS:
            events = cells.whole(f"events_{arm}", 0, f"must be at most {LARGEST_GROUP:,}")
            if cells.has(f"n_{arm}"):
                n = cells.whole(f"n_{arm}", 1, f"must be between 1 and {LARGEST_GROUP:,} patients")
                if events > n and not cells.faults:
                    name, text = cells.cells[f"n_{arm}"]
                    cells.refuse(f"events_{arm}", f"must not exceed {name} ({text.strip()})")
            else:
                n = events + cells.whole(f"non_events_{arm}", 0, f"must be at most {LARGEST_GROUP:,}")
                if not n:
                    cells.refuse(
                        f"events_{arm}", "must not be 0 where the others are 0 as well: an empty arm"
                    )
            found += [events, n]
        return None if cells.faults else cls(cells.study, *found)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        counts = self.events_treated, self.n_treated, self.events_control, self.n_control
        if measure.key == "or":
            from models.likelihood.two_arms import two_arm_log_likelihood

            return two_arm_log_likelihood(*counts, baseline)
        from models.pool.two_risks import log_likelihood

        return log_likelihood(measure.key, counts, baseline)

    def normal(self, measure: Measure) -> Normal | None:
        a, b = self.events_treated, self.n_treated - self.events_treated
        c, d = self.events_control, self.n_control - self.events_control
        if min(a, b, c, d) < NORMAL_FROM:
            return None
        if measure.key == "or":
            return log(a / b) - log(c / d), sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        treated, control = a / self.n_treated, c / self.n_control
        if measure.key == "rr":
            return log(treated / control), sqrt((1 - treated) / a + (1 - control) / c)
        difference = treated - control
        se = sqrt(treated * (1 - treated) / self.n_treated + control * (1 - control) / self.n_control)
        return atanh(difference), se / (1 - difference**2)

    @property
    def shown(self) -> str:
        return f"{self.events_treated}/{self.n_treated} v {self.events_control}/{self.n_control}"
