"""An effect with its interval or standard error.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"hr": 0.8, "lower": 0.5, "upper": 1.28}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "hr")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.83, 'lower': 0.35, 'upper': 2.08}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import TYPE_CHECKING, Self

from models.pool.measures import ATANH, LOG, LOGIT, MEASURES, PLAIN, Measure
from models.pool.rows.row import Normal, Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    import numpy as np

    from models.likelihood.report import LogLikelihood
    from models.priors import BaselinePrior

LARGEST = 1e6
NONE = (nan, nan)
"""Standard errors where a fault has been noted."""


def quantile(level: float) -> float:
    """Of the standard normal, such that `level` per cent lie within."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 200))


def level_of(cells: Cells) -> float:
    """Of intervals, in per cent; 95 where none is told. Noted as a fault where it is none."""
    level = cells.number("level") if cells.has("level") else 95.0
    level = 100 * level if 0 < level < 1 else level
    if not 50 <= level < 100:
        cells.refuse("level", "must be a level in per cent, such as 95")
    return level


@dataclass(frozen=True)
class Estimate(Row):
    """Normal on the scale of the measure; a risk difference is normal itself.

    estimate: on the scale of the measure, of a risk difference on its own. se: below and above it, the same
    unless it lies further from the middle of its limits than rounding allows; the likelihood then keeps the
    shape of the interval, as that of a record does. printed: as the table has it.
    """

    words = (
        "estimates with intervals or standard errors: normal on the log scale, ratios; else as they are;"
        " limits that are not symmetric keep their shape"
    )

    estimate: float
    se: tuple[float, float]
    printed: str

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        column = column_of(cells, measure) or ("estimate" if measure in (None, "generic") else str(measure))
        return column, *_spread(cells)

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        named = {key for key in MEASURES if cells.has(key) or cells.has(f"log_{key}")}
        return frozenset(named) if named else frozenset(MEASURES)

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        column = column_of(cells, measure.key) or ""
        natural = column == measure.key and measure.scale is not PLAIN
        value = cells.number(column, f"must lie between {-LARGEST:g} and {LARGEST:g}", -LARGEST, LARGEST)
        if natural and isfinite(value) and not measure.scale.inside(value):
            cells.refuse(column, f"{measure.scale.legal}, as {article(measure.words)} does")
        spread = _spread(cells)
        if spread == ("lower", "upper") and column == "estimate" and measure.scale is not PLAIN:
            cells.refuse(
                column,
                f"with limits may be {article(measure.words)} or its logarithm: name the column"
                f" {measure.key} or {f'log_{measure.key}' if measure.is_ratio else 'give counts'}",
            )
        if cells.faults:
            return None
        read = {"lower": _limits, "se": _standard_error, "variance": _variance}[spread[0]]
        se = read(cells, column, value, measure, natural)
        beyond = next((one for one in se if not 1 / LARGEST <= one <= LARGEST), None)
        if not cells.faults and beyond is not None:
            cells.refuse(
                spread[0],
                f"gives a standard error of {beyond:.3g}, and one between {1 / LARGEST:g} and"
                f" {LARGEST:g} is needed",
            )
        if cells.faults:
            return None
        scale = measure.scale.of if natural and measure.scale is not ATANH else float
        return cls(cells.study, scale(value), se, _printed(cells, column))

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        import numpy as np

        from models.likelihood.estimates import uneven

        def of(theta: np.ndarray) -> np.ndarray:
            return uneven(np.tanh(theta) if measure.scale is ATANH else theta, self.estimate, *self.se)

        return of

    def normal(self, measure: Measure) -> Normal | None:
        even = self.se[0] == self.se[1]
        return (self.estimate, self.se[0]) if even and measure.scale is not ATANH else None

    @property
    def shown(self) -> str:
        return self.printed

    def notes(self, measure: Measure) -> list[str]:
        if self.se[0] == self.se[1]:
            return []
        return [
            f"{self.study}: {self.printed} is not symmetric on the {measure.scale.words} scale, more than"
            " rounding explains: a misprint, or another kind of interval; it enters with the shape of its"
            " interval"
        ]


def column_of(cells: Cells, measure: str | None) -> str | None:
    """The column that holds the effect, `hr` before `log_hr` before `estimate`."""
    keys = list(MEASURES) if measure is None else [measure]
    names = [name for key in keys for name in (key, f"log_{key}")]
    return next((name for name in [*names, "estimate"] if cells.has(name)), None)


def _spread(cells: Cells) -> tuple[str, ...]:
    """What tells how sure the estimate is: limits before the rest; a standard error where nothing does."""
    ways: tuple[tuple[str, ...], ...] = (("lower", "upper"), ("se",), ("variance",))
    given = next((way for way in ways if cells.has(*way)), None)
    if given is None and any(name in cells.cells for name in ("lower", "upper")) and "se" not in cells.cells:
        return "lower", "upper"
    return given or ("se",)


def _limits(cells: Cells, column: str, value: float, measure: Measure, natural: bool) -> tuple[float, float]:
    lower, upper = cells.number("lower"), cells.number("upper")
    level = level_of(cells)
    for name, limit in (("lower", lower), ("upper", upper)):
        if natural and measure.scale in (LOG, LOGIT) and isfinite(limit) and not measure.scale.inside(limit):
            cells.refuse(name, measure.scale.legal)
    if not cells.faults and not lower < upper:
        cells.refuse("lower", f"must be below the upper limit ({cells.text('upper')})")
    elif not cells.faults and not lower <= value <= upper:
        cells.refuse(column, f"must lie between its limits, {cells.text('lower')} and {cells.text('upper')}")
    if cells.faults:
        return NONE
    scale = measure.scale.of if natural and measure.scale in (LOG, LOGIT) else float
    z, inside = quantile(level), measure.scale.inside if scale is not float else lambda number: True
    edges = [cells.true_values(name) for name in (column, "lower", "upper")]
    if all(
        inside(edge) for pair in edges for edge in pair
    ):  # one next to an end of the scale may be anything
        (least, most), *limits = ([scale(edge) for edge in pair] for pair in edges)
        low, high = (sum(side) / 2 for side in zip(*limits, strict=True))
        if not low <= most or not least <= high:
            if value in (lower, upper):
                cells.refuse(column, "must not be one of its limits")
                return NONE
            return (scale(value) - scale(lower)) / z, (scale(upper) - scale(value)) / z
    return ((scale(upper) - scale(lower)) / (2 * z),) * 2


def _standard_error(
    cells: Cells, column: str, value: float, measure: Measure, natural: bool
) -> tuple[float, float]:
    if natural and measure.scale is LOGIT:
        cells.refuse("se", "of a proportion has no logit: give events and n, or limits")
    rule = f"must be a positive standard error between {1 / LARGEST:g} and {LARGEST:g}"
    return (cells.number("se", rule, 1 / LARGEST, LARGEST),) * 2


def _variance(
    cells: Cells, column: str, value: float, measure: Measure, natural: bool
) -> tuple[float, float]:
    if natural and measure.scale is LOGIT:
        cells.refuse("variance", "of a proportion has no logit: give events and n, or limits")
    variance = cells.number("variance", "must be a positive sampling variance", LARGEST**-2, LARGEST**2)
    return (sqrt(variance),) * 2 if variance > 0 else NONE


def _printed(cells: Cells, column: str) -> str:
    value = cells.text(column)
    spread = _spread(cells)
    if spread == ("lower", "upper"):
        return f"{value} ({cells.text('lower')} to {cells.text('upper')})"
    return f"{value} ({spread[0]} {cells.text(spread[0])})"


def article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
