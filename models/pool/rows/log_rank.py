"""A log-rank test: its p-value with the sizes of the arms, or what it observed and expected.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {
...     "log_rank_p": ".075", "direction": "lower",
...     "events": 485, "n_treated": 491, "n_control": 485,
... }
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "hr")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.86, 'lower': 0.39, 'upper': 2.06}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal, Self

from models.pool.rows.row import Normal, Row
from models.pool.study_table import LARGEST_GROUP, Cells

if TYPE_CHECKING:
    import numpy as np

    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.priors import BaselinePrior

MANY_EVENTS = 10_000
"""From so many on the likelihood is normal to the last digit shown."""
SIGNS = {"<": "<", "≤": "<", ">": ">", "≥": ">"}


@dataclass(frozen=True)
class LogRankP(Row):
    """|z| of a two-sided p; without a direction both are possible.

    With the events known z is normal as models/likelihood/log_rank_of_events has it, near no effect
    N(log hr sqrt(V), 1), V = D r (1 - r), D events, r the share treated (Schoenfeld 1981; Tierney 2007, doi
    10.1186/1745-6215-8-16); without them they are summed out, and z follows its law at the sizes of the arms,
    simulated.
    """

    words = (
        "log-rank p: normal z where the events are given, as arms are used up, the censored leaving evenly"
        " among the events; else its law simulated at the sizes of the arms, the events summed out"
    )

    p: str
    direction: Literal["lower", "higher"] | None
    n_treated: int
    n_control: int
    events: int | None

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return "log_rank_p", "n_treated", "n_control"

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"hr"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        sign, p = cells.p_value("log_rank_p")
        n = [
            cells.whole(f"n_{arm}", 1, f"must be between 1 and {LARGEST_GROUP:,} patients")
            for arm in ("treated", "control")
        ]
        direction = cells.text("direction").lower() if cells.has("direction") else None
        if direction not in (None, "lower", "higher"):
            cells.refuse("direction", "must be lower or higher, the hazard of the treated")
        events = _events(cells)
        if events is not None and not cells.faults and not 1 <= events <= sum(n):
            cells.refuse("events", f"must lie between 1 and all patients ({sum(n)})")
        if cells.faults:
            return None
        return cls(cells.study, sign + f"{p:.12g}", direction, n[0], n[1], events)  # type: ignore[arg-type]

    @property
    def z(self) -> tuple[str, float]:
        """Sign and |z|."""
        from scipy.special import ndtri

        sign = SIGNS.get(self.p[0], "=")
        return sign, -float(ndtri(float(self.p.lstrip("<>≤≥")) / 2))

    @property
    def root_v(self) -> float:
        n = self.n_treated + self.n_control
        return sqrt((self.events or 0) * self.n_treated * self.n_control) / n

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        if self.events is None:
            from models.likelihood.kinds.log_rank import LogRank

            return LogRank(self.p, self.direction, self.n_treated, self.n_control).log_likelihood
        from models.likelihood.log_rank_of_events import LARGEST, estimate, log_density, moments
        from models.likelihood.tabulated import TABLE, tabulated

        sides = {"lower": [-1], "higher": [1], None: [-1, 1]}[self.direction]
        sign, z = self.z
        sizes = self.n_treated, self.n_control, self.events

        def of(theta: np.ndarray) -> np.ndarray:
            import numpy as np

            mean, sd = moments(theta, *sizes)
            return np.logaddexp.reduce([log_density(sign, z, side * mean, sd) for side in sides])

        if self.direction and sign == "=":
            return tabulated(*estimate(sides[0] * z, *sizes), of, LARGEST)
        # both sides of no effect, or all beyond a bound: as fine, and further
        finer = 1 + round(min(z, 20.0))
        return tabulated(0.0, (1 + z) / self.root_v, of, LARGEST, finer * (TABLE - 1) + 1)

    def normal(self, measure: Measure) -> Normal | None:
        """Of many events."""
        sign, z = self.z
        if self.events is None or self.events < MANY_EVENTS or self.direction is None or sign != "=":
            return None
        from models.likelihood.log_rank_of_events import estimate

        signed = -z if self.direction == "lower" else z
        return estimate(signed, self.n_treated, self.n_control, self.events)

    @property
    def shown(self) -> str:
        events = "" if self.events is None else f", {self.events} events"
        return f"log-rank p {self.p}, {self.n_treated} v {self.n_control}{events}"

    def notes(self, measure: Measure) -> list[str]:
        if self.direction is None:
            return [f"{self.study}: the log-rank p has no direction, so both are taken to be as likely"]
        return []


@dataclass(frozen=True)
class ObservedMinusExpected(Row):
    """Peto's one-step log hazard ratio, (O - E) / V, normal with variance 1 / V (Yusuf 1985)."""

    words = "observed minus expected events and their variance: Peto's log hazard ratio, normal"

    difference: float
    variance: float

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        return "o_minus_e", "variance"

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        return frozenset({"hr"})

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        found = cells.number("o_minus_e"), cells.number("variance", "must be a variance above 0", 1e-9)
        return None if cells.faults else cls(cells.study, *found)

    def normal(self, measure: Measure) -> Normal:
        return self.difference / self.variance, 1 / sqrt(self.variance)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        estimate, se = self.normal(measure)
        return lambda theta: -0.5 * ((estimate - theta) / se) ** 2

    @property
    def shown(self) -> str:
        return f"O-E {self.difference:g}, V {self.variance:g}"


def _events(cells: Cells) -> int | None:
    rule = f"must be at most {LARGEST_GROUP:,}"
    if cells.has("events"):
        return cells.whole("events", 0, rule)
    if cells.has("events_treated", "events_control"):
        return cells.whole("events_treated", 0, rule) + cells.whole("events_control", 0, rule)
    return None
