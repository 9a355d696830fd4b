"""Counts in both arms."""

from dataclasses import dataclass, replace
from typing import Self

from models.likelihood.binomials import table
from models.likelihood.report import Counts
from models.likelihood.risk_report import RiskReport, draw_counts, informative


@dataclass(frozen=True)
class Table(RiskReport):
    """Events of both arms as printed."""

    name = "table"
    words = "counts in both arms: exact binomials"
    short = "counts"

    events_toci: int
    events_control: int
    n_toci: int
    n_control: int

    @property
    def tables(self) -> tuple[Counts, ...]:
        return ((self.events_toci, self.n_toci, self.events_control, self.n_control),)

    def log_likelihood(self, effect, baseline=None):
        return table(baseline, effect, *self.tables[0])

    def simulate(self, effect, generator) -> Self | None:
        a, b = draw_counts(effect, self.n_toci, self.n_control, generator)
        return replace(self, events_toci=a, events_control=b) if informative(a + b, self.patients) else None
