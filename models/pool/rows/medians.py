"""Medians of two arms, each with its range, its quartiles or both.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {
...     "median_treated": 5, "q1_treated": 3, "q3_treated": 9, "n_treated": 17,
...     "median_control": 6, "min_control": 1, "max_control": 30, "n_control": 28,
... }
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "ratio-of-medians")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.89, 'lower': 0.37, 'upper': 2.27}
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Self

from models.likelihood.printed_orders import FEWEST, SHARES, SPREADS, Printed
from models.pool.rows.row import Row
from models.pool.study_table import LARGEST_GROUP, Cells

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior


@dataclass(frozen=True)
class Medians(Row):
    """The density of the printed order statistics of log-normal values.

    Each arm has an SD of its own on the log scale, integrated out under its prior, and the level of the study
    is integrated out under a flat one. `models.likelihood.order_density` holds the law.
    """

    words = (
        "medians with range or quartiles: density of those order statistics of log-normal values, each arm's"
        " own SD of the logs integrated out under log-normal(-0.5, 0.75), the study's level under a flat"
        " prior; quartiles at the ranks (n + 1) / 4 and 3 (n + 1) / 4"
    )

    treated: Printed
    control: Printed

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return tuple(
            name
            for arm in ("treated", "control")
            for name in (f"median_{arm}", *(f"{end}_{arm}" for end in _ends(cells, arm)), f"n_{arm}")
        )

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"ratio-of-medians"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        arms = [_arm(cells, arm) for arm in ("treated", "control")]
        return None if cells.faults else cls(cells.study, *arms)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        from models.likelihood.order_density import log_likelihood

        return log_likelihood(self.treated, self.control)

    @property
    def shown(self) -> str:
        return f"{self.treated.words} v {self.control.words}"


def _ends(cells: Cells, arm: str) -> tuple[str, ...]:
    """Quartiles, else the range, else what is asked for: quartiles."""
    given = (ends for ends in SPREADS.values() if cells.has(*(f"{end}_{arm}" for end in ends)))
    return next(given, SPREADS["quartiles"])


def _arm(cells: Cells, arm: str) -> Printed:
    """One arm; what breaks a rule is noted in the cells."""
    rule = f"must be between {FEWEST} and {LARGEST_GROUP:,} patients"
    n = cells.whole(f"n_{arm}", FEWEST, rule)
    values = {
        name: cells.number(f"{name}_{arm}", "must be above 0, as values are taken to be log-normal", 1e-12)
        for name in SHARES
        if cells.has(f"{name}_{arm}")
    }
    for lower, upper in pairwise(values):
        if isfinite(values[lower] + values[upper]) and not values[lower] < values[upper]:
            cells.refuse(
                f"{lower}_{arm}",
                f"must be below {upper}_{arm} ({cells.text(f'{upper}_{arm}')}): where rounding made them"
                " equal, the density of these numbers is not defined",
            )
    if len(values) == len(SHARES) and n < 5 and not cells.faults:
        cells.refuse(f"n_{arm}", "is too small for a range beside quartiles: 5 patients at least")
    return Printed(n, values)
