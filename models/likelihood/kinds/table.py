"""Counts in both arms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from models.likelihood.binomials import table
from models.likelihood.report import Counts
from models.likelihood.risk_report import RiskReport, draw_counts, informative, needed

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from pytensor.tensor.variable import TensorVariable


@dataclass(frozen=True)
class Table(RiskReport):
    """Events of both arms as printed."""

    name = "table"
    words = "counts in both arms: exact binomials"
    short = "counts"
    elementwise = True

    events_treated: int
    events_control: int
    n_treated: int
    n_control: int

    @property
    def tables(self) -> tuple[Counts, ...]:
        return ((self.events_treated, self.n_treated, self.events_control, self.n_control),)

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        return table(needed(baseline), effect, *self.tables[0])

    def simulate(self, effect: float, generator: Generator) -> Self | None:
        a, b = draw_counts(effect, self.n_treated, self.n_control, generator)
        return (
            replace(self, events_treated=a, events_control=b) if informative(a + b, self.patients) else None
        )
