"""A digitised survival curve of two arms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from models.pool.rows.row import Normal, Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior

SMALLEST_ARM = 5
"""Patients below which the log hazard ratio of a curve is not near normal."""


@dataclass(frozen=True)
class DigitisedCurve(Row):
    """The Cox log hazard ratio of the patients behind the curve (Guyot 2012), normal with the standard errors
    of their sample and of the reading of the figure together.
    """

    words = (
        "digitised survival curves: patients read back from steps and numbers at risk, the log hazard ratio"
        " normal with the errors of sampling and of reading the figure"
    )

    file: str
    estimate: float
    se: float
    sizes: tuple[int, int]

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return ("curve",)

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"hr"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        from extraction.digitised.read import read
        from extraction.recover import Unusable
        from extraction.recover.curves import reconstruct
        from extraction.source import BadRecords

        path = Path(cells.path).parent / cells.text("curve")
        if not path.is_file():
            cells.refuse("curve", f"must name a file beside the table: there is none at {path}")
            return None
        try:
            curve = read(path)
            found = reconstruct(curve)
        except (BadRecords, Unusable) as error:
            cells.refuse("curve", f"cannot be used: {error}")
            return None
        sizes = curve.treated.at_risk[0].n, curve.control.at_risk[0].n
        if min(sizes) < SMALLEST_ARM:
            cells.refuse(
                "curve", f"holds too few patients for a normal log hazard ratio: {sizes[0]} v {sizes[1]}"
            )
            return None
        return cls(cells.study, path.name, found.log_hr, found.se, sizes)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        return lambda theta: -0.5 * ((self.estimate - theta) / self.se) ** 2

    def normal(self, measure: Measure) -> Normal:
        return self.estimate, self.se

    @property
    def shown(self) -> str:
        return f"curve of {self.sizes[0]} v {self.sizes[1]}"
