"""An effect with its interval, standard error or p-value.

>>> from pandas import DataFrame
>>> from models.pool import pool
>>> row = {"hr": 0.8, "lower": 0.5, "upper": 1.28}
>>> pooled = pool(DataFrame([{"study": "A"} | row]), "hr")
>>> {end: round(value, 2) for end, value in pooled.natural(pooled.summary["mu"]).items()}
{'median': 0.83, 'lower': 0.35, 'upper': 2.08}
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Self

from models.pool.measures import ATANH, LOG, LOGIT, MEASURES, PLAIN, Measure
from models.pool.rows.row import Normal, Row
from models.pool.study_table import Cells

if TYPE_CHECKING:
    import numpy as np

    from models.likelihood.report import LogLikelihood
    from models.priors import BaselinePrior

LARGEST = 1e6


def quantile(level: float) -> float:
    """Of the standard normal, such that `level` per cent lie within."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 200))


@dataclass(frozen=True)
class Estimate(Row):
    """Normal on the scale of the measure; a risk difference is normal itself.

    estimate, se: on the scale of the measure, of a risk difference on its own. printed: as the table has it.
    asymmetry: how far, on the scale, the estimate lies from the middle of its limits beyond what rounding
    allows, 0 where it does not.
    """

    words = "estimates with intervals or standard errors: normal on the log scale, ratios; else as they are"

    estimate: float
    se: float
    printed: str
    asymmetry: float = 0.0

    @classmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        column = _column(cells, measure) or ("estimate" if measure in (None, "generic") else str(measure))
        return column, *_spread(cells)

    @classmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        named = {key for key in MEASURES if cells.has(key) or cells.has(f"log_{key}")}
        return frozenset(named) if named else frozenset(MEASURES)

    @classmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        column = _column(cells, measure.key) or ""
        natural = column == measure.key and measure.scale is not PLAIN
        value = cells.number(column, f"must lie between {-LARGEST:g} and {LARGEST:g}", -LARGEST, LARGEST)
        if natural and isfinite(value) and not measure.scale.inside(value):
            cells.refuse(column, f"{measure.scale.legal}, as {_article(measure.words)} does")
        spread = _spread(cells)
        if spread == ("lower", "upper") and column == "estimate" and measure.scale is not PLAIN:
            cells.refuse(
                column,
                f"with limits may be {_article(measure.words)} or its logarithm: name the column"
                f" {measure.key} or {f'log_{measure.key}' if measure.is_ratio else 'give counts'}",
            )
        if cells.faults:
            return None
        read = {"lower": _limits, "se": _standard_error, "variance": _variance, "p": _from_p}[spread[0]]
        se, asymmetry = read(cells, column, value, measure, natural)
        if not cells.faults and not 1 / LARGEST <= se <= LARGEST:
            cells.refuse(
                spread[0],
                f"gives a standard error of {se:.3g}, and one between {1 / LARGEST:g} and"
                f" {LARGEST:g} is needed",
            )
        if cells.faults:
            return None
        scale = measure.scale.of if natural and measure.scale is not ATANH else float
        return cls(cells.study, scale(value), se, _printed(cells, column), asymmetry)

    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        import numpy as np

        def of(theta: np.ndarray) -> np.ndarray:
            effect = np.tanh(theta) if measure.scale is ATANH else theta
            return -0.5 * ((self.estimate - effect) / self.se) ** 2

        return of

    def normal(self, measure: Measure) -> Normal | None:
        return None if measure.scale is ATANH else (self.estimate, self.se)

    @property
    def shown(self) -> str:
        return self.printed

    def notes(self, measure: Measure) -> list[str]:
        if not self.asymmetry:
            return []
        return [
            f"{self.study}: {self.printed} is not symmetric on the {measure.scale.words} scale (the estimate"
            f" lies {abs(self.asymmetry):.2g} {'above' if self.asymmetry > 0 else 'below'} the middle of its"
            " limits, more than rounding explains): a misprint, or another kind of interval; it enters as"
            " normal around the estimate, as wide as the interval"
        ]


def _column(cells: Cells, measure: str | None) -> str | None:
    """The column that holds the effect, `hr` before `log_hr` before `estimate`."""
    keys = list(MEASURES) if measure is None else [measure]
    names = [name for key in keys for name in (key, f"log_{key}")]
    return next((name for name in [*names, "estimate"] if cells.has(name)), None)


def _spread(cells: Cells) -> tuple[str, ...]:
    """What tells how sure the estimate is: limits before the rest; a standard error where nothing does."""
    ways: tuple[tuple[str, ...], ...] = (("lower", "upper"), ("se",), ("variance",), ("p",))
    given = next((way for way in ways if cells.has(*way)), None)
    if given is None and any(name in cells.cells for name in ("lower", "upper")) and "se" not in cells.cells:
        return "lower", "upper"
    return given or ("se",)


def _limits(cells: Cells, column: str, value: float, measure: Measure, natural: bool) -> tuple[float, float]:
    lower, upper = cells.number("lower"), cells.number("upper")
    level = cells.number("level") if cells.has("level") else 95.0
    level = 100 * level if 0 < level < 1 else level
    if not 50 <= level < 100:
        cells.refuse("level", "must be a level in per cent, such as 95")
    for name, limit in (("lower", lower), ("upper", upper)):
        if natural and measure.scale in (LOG, LOGIT) and isfinite(limit) and not measure.scale.inside(limit):
            cells.refuse(name, measure.scale.legal)
    if not cells.faults and not lower < upper:
        cells.refuse("lower", f"must be below the upper limit ({cells.text('upper')})")
    elif not cells.faults and not lower <= value <= upper:
        cells.refuse(column, f"must lie between its limits, {cells.text('lower')} and {cells.text('upper')}")
    if cells.faults:
        return float("nan"), 0.0
    scale = measure.scale.of if natural and measure.scale in (LOG, LOGIT) else float
    se = (scale(upper) - scale(lower)) / (2 * quantile(level))
    least, most = (
        [scale(_moved(cells, name, number, side)) for name, number in zip(names, numbers, strict=True)]
        for side, names, numbers in (
            (-1, (column, "lower", "upper"), (value, lower, upper)),
            (1, (column, "lower", "upper"), (value, lower, upper)),
        )
    )
    off_least, off_most = least[0] - (most[1] + most[2]) / 2, most[0] - (least[1] + least[2]) / 2
    return se, 0.0 if off_least <= 0 <= off_most else scale(value) - (scale(lower) + scale(upper)) / 2


def _moved(cells: Cells, name: str, number: float, side: int) -> float:
    """The number half a last digit further down or up; a lower end at 0 or below stays just above it."""
    text = cells.text(name).lower().replace(",", ".")
    decimals = len(text.partition(".")[2]) if "e" not in text else 12
    moved = number + side * 0.5 * 10.0**-decimals
    return moved if moved > 0 or number <= 0 else number * 1e-3


def _standard_error(
    cells: Cells, column: str, value: float, measure: Measure, natural: bool
) -> tuple[float, float]:
    if natural and measure.scale is LOGIT:
        cells.refuse("se", "of a proportion has no logit: give events and n, or limits")
    return cells.number(
        "se",
        f"must be a positive standard error between {1 / LARGEST:g} and {LARGEST:g}",
        1 / LARGEST,
        LARGEST,
    ), 0.0


def _variance(
    cells: Cells, column: str, value: float, measure: Measure, natural: bool
) -> tuple[float, float]:
    if natural and measure.scale is LOGIT:
        cells.refuse("variance", "of a proportion has no logit: give events and n, or limits")
    variance = cells.number("variance", "must be a positive sampling variance", LARGEST**-2, LARGEST**2)
    return sqrt(variance) if variance > 0 else float("nan"), 0.0


def _from_p(cells: Cells, column: str, value: float, measure: Measure, natural: bool) -> tuple[float, float]:
    """From a two-sided Wald p-value."""
    from scipy.special import ndtri

    if measure.key == "proportion":
        cells.refuse("p", "says nothing of a proportion's precision: give events and n, or limits")
        return float("nan"), 0.0
    sign, p = cells.p_value("p")
    if sign:
        cells.refuse("p", "is a bound, which gives no standard error: give limits")
    effect = (measure.scale.of if natural and measure.scale is LOG else float)(value)
    if effect == 0:
        cells.refuse("p", "gives no standard error of an effect of exactly none: give limits")
    if cells.faults:
        return float("nan"), 0.0
    return abs(effect) / -float(ndtri(p / 2)), 0.0


def _printed(cells: Cells, column: str) -> str:
    value = cells.text(column)
    spread = _spread(cells)
    if spread == ("lower", "upper"):
        return f"{value} ({cells.text('lower')} to {cells.text('upper')})"
    return f"{value} ({spread[0]} {cells.text(spread[0])})"


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
