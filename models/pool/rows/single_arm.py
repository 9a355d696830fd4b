"""Events and patients of one arm.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"events": 3, "n": 20}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "proportion")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.18, 'lower': 0.04, 'upper': 0.67}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from models.pool.rows.row import Row
from models.pool.study_table import LARGEST_GROUP, Cells

if TYPE_CHECKING:
    import numpy as np

    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior


@dataclass(frozen=True)
class SingleArm(Row):
    """A binomial whose log odds are normal between studies."""

    words = "events of one arm: exact binomial, log odds normal between studies"

    events: int
    n: int

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return "events", "non_events" if cells.has("non_events") and not cells.has("n") else "n"

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"proportion"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        events = cells.whole("events", 0, f"must be at most {LARGEST_GROUP:,}")
        if cells.has("n"):
            n = cells.whole("n", 1, f"must be between 1 and {LARGEST_GROUP:,} patients")
            if events > n and not cells.faults:
                name, text = cells.cells["n"]
                cells.refuse("events", f"must not exceed {name} ({text.strip()})")
        else:
            n = events + cells.whole("non_events", 0, f"must be at most {LARGEST_GROUP:,}")
            if not n:
                cells.refuse("events", "must not be 0 where the others are 0 as well: no patients")
        return None if cells.faults else cls(cells.study, events, n)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        import numpy as np

        def of(theta: np.ndarray) -> np.ndarray:
            return self.events * theta - self.n * np.logaddexp(0, theta)

        return of

    @property
    def shown(self) -> str:
        return f"{self.events}/{self.n}"
