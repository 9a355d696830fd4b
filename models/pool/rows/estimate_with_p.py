"""An effect with its p-value and nothing else.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"hr": "0.74", "p": "0.36"}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "hr")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.78, 'lower': 0.32, 'upper': 2.09}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Self

from models.pool.measures import ATANH, LOG, Measure
from models.pool.rows.estimate import LARGEST, Estimate, article, column_of
from models.pool.rows.row import Normal, Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    from models.likelihood.estimates import BehindP
    from models.likelihood.report import LogLikelihood
    from models.priors import BaselinePrior

AS_GOOD_AS_EXACT = 1e-3
"""Share of the standard error to which rounding leaves estimate and standard error open, where the likelihood
is normal to the last digit shown.
"""


@dataclass(frozen=True)
class EstimateWithP(Row):
    """Normal with the standard error that Wald's test gives the two-sided p, on the log scale of a ratio;
    the digits of both are all that is known of them, and what rounding leaves open is summed out.

    Numbers of a data frame have lost the zeros they end with: give 0.80 as text.
    """

    words = (
        "estimates with a p alone: normal, the standard error by Wald's test of the p, rounding summed out"
    )

    behind: BehindP
    printed: str

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return Estimate.needs(cells, measure)[0], "p"

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return Estimate.gives(cells) - {"proportion"}

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        from models.likelihood.estimates import BehindP, why_p_tells_too_little

        column = column_of(cells, measure.key) or ""
        natural = column == measure.key and measure.scale is LOG
        value = cells.number(column, f"must lie between {-LARGEST:g} and {LARGEST:g}", -LARGEST, LARGEST)
        if column == measure.key and isfinite(value) and not measure.scale.inside(value):
            cells.refuse(column, f"{measure.scale.legal}, as {article(measure.words)} does")
        cells.p_value("p")
        if cells.faults:
            return None
        least, most = cells.true_values(column)
        if natural:
            least, most = (measure.scale.of(edge) if edge > 0 else -LARGEST for edge in (least, most))
        p = cells.text("p")
        if reason := why_p_tells_too_little(least, most, p, "1" if natural else "0"):
            cells.refuse("p" if "bound" in reason else column, f"says too little: {reason}: give limits")
            return None
        return cls(cells.study, BehindP.of(least, most, p), f"{cells.text(column)} (p {p})")

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        import numpy as np

        if measure.scale is ATANH:
            return lambda theta: self.behind.log_likelihood(np.tanh(theta))
        return self.behind.log_likelihood

    def normal(self, measure: Measure) -> Normal | None:
        estimate, se, _ = self.behind
        middle = float(se.mean())
        open_to = max(estimate.max() - estimate.min(), se.max() - se.min())
        if measure.scale is ATANH or open_to > AS_GOOD_AS_EXACT * middle:
            return None
        return float(estimate.mean()), middle

    @property
    def shown(self) -> str:
        return self.printed
