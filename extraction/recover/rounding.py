"""A printed number stands for every true value that is printed so.

Rounding half up and rounding half to even are both right, so a value on the upper edge of the last digit
counts where that digit is even; and where it is odd, if software that computes in binary prints it so (23/80
as 28.7).  A value that prints so only when its digits are cut off is a weaker match, told apart everywhere.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from extraction.recover import Unusable

EDGE = 1e-9
"""Relative width of an edge: software computes a p-value in floating point, so on an edge it may print either
way.
"""
DECIMALS_OF_A_BARE_1 = 3
"""A bare `1` is read as 1.000: nobody rounds p-values to whole numbers, but software prints the 1 of an exact
test so.
"""

P_FORM = re.compile(r"([<>=≤≥]?)\s*(\d+(?:\.\d+)?)")
NOT_SIGNIFICANT = {"ns", "n.s.", "not significant"}


def decimals(value: Decimal) -> int:
    """Decimal places of a finite number as it is written; below 0 for one written in tens or more."""
    return -int(value.as_tuple().exponent)


def p_as_written(p: str) -> tuple[str, float]:
    """Sign (empty, or one of `<>=≤≥`) and number of a p-value, which may be above 1; raise Unusable for what
    has not that form.
    """
    form = P_FORM.fullmatch(p)
    if not form:
        raise Unusable(f"p = {p!r}: a p-value reads 0.0204, <0.05, >0.9999 or ns")
    return form[1], float(form[2])


@dataclass(frozen=True)
class PrintedP:
    """A printed p-value: the true values that round to it lie from `lower` to `upper`, those cut off to it
    from `lower_cut` to `upper_cut`.

    A bound (`<0.05`, `>0.9999`, `ns`) has no digits to cut off: `lower_cut` is `upper_cut`.
    """

    text: str
    lower: float
    upper: float
    lower_cut: float
    upper_cut: float

    def rounds(self, p: ArrayLike) -> np.ndarray:
        """Whether true p-values (any shape; nan never) round to the printed one or lie within the printed
        bound.
        """
        p = np.asarray(p, float)
        return (p >= self.lower * (1 - EDGE)) & (p <= self.upper * (1 + EDGE))

    def cut_off(self, p: ArrayLike) -> np.ndarray:
        """Whether true p-values print so only when their digits are cut off."""
        p = np.asarray(p, float)
        return (p >= self.lower_cut * (1 - EDGE)) & (p < self.upper_cut * (1 - EDGE)) & ~self.rounds(p)


def printed_p(text: str, alpha: float = 0.05) -> PrintedP:
    """Read `0.0204`, `<0.05`, `≥0.05`, `>0.9999` or `ns` (p not below `alpha`); raise Unusable for what is no
    p-value.
    """
    text = text.strip()
    if text.lower() in NOT_SIGNIFICANT:
        return PrintedP(text, alpha, 1.0, 1.0, 1.0)
    form = P_FORM.fullmatch(text)
    if not form:
        raise Unusable(f"p = {text!r}: a p-value reads 0.0204, <0.05, >0.9999 or ns")
    sign, value = form[1], Decimal(form[2])
    if value > 1:
        raise Unusable(f"p = {text}: a p-value is at most 1")
    if sign in ("<", "≤"):
        if value == 0:
            raise Unusable(f"p = {text}: no p-value is below 0")
        return PrintedP(text, 0.0, float(value) * (1 if sign == "≤" else 1 - 2 * EDGE), 1.0, 1.0)
    if sign in (">", "≥"):
        return PrintedP(text, float(value) * (1 if sign == "≥" else 1 + 2 * EDGE), 1.0, 1.0, 1.0)
    places = DECIMALS_OF_A_BARE_1 if form[2] == "1" else decimals(value)
    if value == 0 and places == 0:
        raise Unusable(
            "p = 0: no test gives 0; give the digits printed, such as 0.000, which stands for less than"
            " 0.0005"
        )
    unit = Decimal(1).scaleb(-places)
    return PrintedP(
        text,
        float(max(value - unit / 2, Decimal(0))),
        float(min(value + unit / 2, Decimal(1))),
        float(value),
        float(min(value + unit, Decimal(1))),
    )


@dataclass(frozen=True)
class PrintedPercent:
    """A printed percentage, held as a whole number of units of its last digit: 47.8 is 478 tenths."""

    text: str
    units: int
    per_whole: int

    def rounds(self, events: ArrayLike, n: ArrayLike) -> np.ndarray:
        """Whether events / n (whole numbers, n above 0) round to it, half up, half to even or in binary; else
        exact.
        """
        events = np.asarray(events, np.int64)
        numerator, n = 2 * self.per_whole * events, np.asarray(n, np.int64)
        above = numerator >= (2 * self.units - 1) * n
        below = numerator < (2 * self.units + 1) * n
        on_edge = (numerator == (2 * self.units + 1) * n) & ((self.units % 2 == 0) | self._lost(events, n))
        return (n > 0) & above & (below | on_edge)

    def _lost(self, events: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Whether a share on the upper edge falls below it in binary, as 100 events / n or events / n 100."""
        edge = Fraction(100 * (2 * self.units + 1), 2 * self.per_whole)
        return (Fraction(float(edge)) < edge) | (events / np.maximum(n, 1) * 100 < float(edge))

    def cut_off(self, events: ArrayLike, n: ArrayLike) -> np.ndarray:
        """Whether events / n print so only when their digits are cut off; exact."""
        share, n = self.per_whole * np.asarray(events, np.int64), np.asarray(n, np.int64)
        return (n > 0) & (share >= self.units * n) & (share < (self.units + 1) * n) & ~self.rounds(events, n)

    def steps_off(self, events: int, n: int) -> float:
        """How many units of its last digit it lies from events / n; 0.5 or less is right but for an edge."""
        return abs(self.per_whole * events / n - self.units)


def printed_percent(text: str | Decimal) -> PrintedPercent:
    """Read `47.8`; raise Unusable for what is no percentage of a group."""
    text = str(text).strip().rstrip("%").rstrip()
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise Unusable(f"percentage {text!r}: a percentage reads 47.8")
    value = Decimal(text)
    if value > 100:
        raise Unusable(f"percentage {text}: a share of a group is at most 100 %")
    places = max(decimals(value), 0)
    if places > 9:
        raise Unusable(f"percentage {text}: at most nine decimals")
    return PrintedPercent(text, int(value.scaleb(places)), 100 * 10**places)


def true_values(printed: Decimal | str) -> tuple[float, float]:
    """Smallest and largest true value that rounds to a printed decimal."""
    value = Decimal(printed)
    half = Decimal(1).scaleb(-decimals(value)) / 2
    return float(value - half), float(value + half)
