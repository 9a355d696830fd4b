"""Every table that would be printed as a paper prints its result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.likelihood.report import Counts, Origin
from models.likelihood.risk_report import RiskReport, draw_counts, informative

type Alike = Callable[[int, int, np.random.Generator], np.ndarray]
"""Events of both arms -> the tables that would be printed as they are, shape (table, 4)."""


@dataclass(frozen=True)
class TableSet(RiskReport):
    """Recovered tables, of which the paper saw one."""

    name = "table_set"
    words = "every table that prints so: sum of exact binomials"
    short = "possible counts"
    origin = Origin.RECOVERED

    candidates: tuple[Counts, ...]

    @property
    def tables(self) -> tuple[Counts, ...]:
        return self.candidates

    def simulate(
        self, effect: float, generator: np.random.Generator, alike: Alike | None = None
    ) -> Self | None:
        """The tables that would be printed as new patients are, which `alike` gives; without it their own
        table alone.
        """
        _, n_treated, _, n_control = self.candidates[0]
        a, b = draw_counts(effect, n_treated, n_control, generator)
        found = alike(a, b, generator) if alike else np.array([[a, n_treated, b, n_control]])
        usable = len(found) and informative(found[:, 0] + found[:, 2], n_treated + n_control).all()
        return type(self)(tuple(map(tuple, found.tolist()))) if usable else None
