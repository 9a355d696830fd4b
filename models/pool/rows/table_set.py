"""Every table that prints as a paper does, as `extraction recover table --csv` writes them.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"tables": "5/40 v 9/42; 6/40 v 9/42"}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "or")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.69, 'lower': 0.21, 'upper': 2.28}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from models.pool.rows.row import Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    from extraction.recover.set_likelihood import Counts
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior

MOST_TABLES = 3_000
"""Tables of a set whose likelihoods are summed: some seconds."""


@dataclass(frozen=True)
class TableSet(Row):
    """Recovered tables of which one was seen: their binomials are added, as models/likelihood/kinds does."""

    words = "a set of possible tables: sum of exact binomials, the study's own level of risk integrated out"

    tables: tuple[Counts, ...]

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return ("tables",)

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"or", "rr", "rd"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        from extraction.recover import Unusable
        from extraction.recover.table_summary import from_text

        try:
            found = from_text(cells.text("tables"))
        except Unusable as error:
            cells.refuse("tables", f"must be a set of tables: {error}")
            return None
        if len(found) > MOST_TABLES:
            cells.refuse("tables", f"must hold at most {MOST_TABLES:,} tables, not {len(found):,}")
            return None
        return cls(cells.study, tuple(found))

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        from models.pool import table_sets

        return table_sets.log_likelihood(measure.key, self.tables, baseline)

    @property
    def shown(self) -> str:
        a, n, c, m = self.tables[0]
        first = f"{a}/{n} v {c}/{m}"
        return first if len(self.tables) == 1 else f"{len(self.tables):,} tables such as {first}"
