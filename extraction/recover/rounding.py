"""A printed number stands for every true value that is printed so.

Rounding half up and rounding half to even are both right, and a share that lies midway between two printed
values may be printed as the lower one because binary arithmetic puts it just below.  A value that prints so
only when its digits are cut off is a weaker match.  Which of these it is, is told apart everywhere, by one
word (Convention).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from extraction.recover import Unusable
from extraction.recover.printed import percent, written_p

EDGE = 1e-9
"""Relative width of an edge: software computes a p-value in floating point, so on an edge it may print either
way.
"""
DECIMALS_OF_A_BARE_1 = 3
"""A bare `1` is read as 1.000: nobody rounds p-values to whole numbers, but software prints the 1 of an exact
test so.
"""


class Convention(StrEnum):
    """How a true value comes to be printed as it is."""

    ROUNDED = "rounded"
    HALF_EVEN = "half_even"
    BINARY = "binary"
    TRUNCATED = "truncated"


CONVENTIONS = tuple(Convention)
"""From the plainest to the weakest; a table's convention is the weakest of its numbers'."""
NONE_FITS = len(CONVENTIONS)
"""Stands in arrays of places in CONVENTIONS where no convention prints a value so."""
CONVENTION_WORDS = {
    Convention.ROUNDED: "rounded",
    Convention.HALF_EVEN: "rounded half to even",
    Convention.BINARY: "rounded down at a half, as binary arithmetic may",
    Convention.TRUNCATED: "cut off, not rounded",
}


def decimals(value: Decimal) -> int:
    """Decimal places of a finite number as it is written; below 0 for one written in tens or more."""
    return -int(value.as_tuple().exponent)


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

    @property
    def bound(self) -> bool:
        """Whether it is a bound, which has no digits of its own."""
        return not self.text[0].isdigit()

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

    def convention(self, p: ArrayLike) -> np.ndarray:
        """Place in CONVENTIONS of the plainest that prints true p-values so, else NONE_FITS."""
        found = np.where(self.rounds(p), CONVENTIONS.index(Convention.ROUNDED), NONE_FITS)
        return np.where(self.cut_off(p), CONVENTIONS.index(Convention.TRUNCATED), found)


def printed_p(text: str, alpha: float = 0.05) -> PrintedP:
    """Read `0.0204`, `.02`, `<0.05`, `P ≥ 0·05`, `>0.9999` or `ns` (p not below `alpha`); raise Unusable for
    what is no p-value.
    """
    written = written_p(text)
    sign, value, normal = written.sign, written.value, written.normal
    if value is None:
        return PrintedP(normal, alpha, 1.0, 1.0, 1.0)
    if value > 1:
        raise Unusable(f"p = {normal}: a p-value is at most 1")
    if sign in ("<", "≤"):
        if value == 0:
            raise Unusable(f"p = {normal}: no p-value is below 0")
        return PrintedP(normal, 0.0, float(value) * (1 if sign == "≤" else 1 - 2 * EDGE), 1.0, 1.0)
    if sign in (">", "≥"):
        return PrintedP(normal, float(value) * (1 if sign == "≥" else 1 + 2 * EDGE), 1.0, 1.0, 1.0)
    places = DECIMALS_OF_A_BARE_1 if normal == "1" else decimals(value)
    if value == 0 and places == 0:
        raise Unusable(
            "p = 0: no test gives 0; give the digits printed, such as 0.000, which stands for less than"
            " 0.0005"
        )
    unit = Decimal(1).scaleb(-places)
    return PrintedP(
        normal,
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
        """Whether events / n (whole numbers, n above 0) round to it by any convention but cutting off."""
        return self.convention(events, n) < CONVENTIONS.index(Convention.TRUNCATED)

    def cut_off(self, events: ArrayLike, n: ArrayLike) -> np.ndarray:
        """Whether events / n print so only when their digits are cut off."""
        return self.convention(events, n) == CONVENTIONS.index(Convention.TRUNCATED)

    def convention(self, events: ArrayLike, n: ArrayLike) -> np.ndarray:
        """Place in CONVENTIONS of the plainest that prints events / n so, else NONE_FITS; exact."""
        events, n = np.broadcast_arrays(np.asarray(events, np.int64), np.asarray(n, np.int64))
        twice = 2 * self.per_whole * events
        half = twice == (2 * self.units + 1) * n  # midway to the next printed value
        found = np.full(n.shape, NONE_FITS)
        found[(twice >= 2 * self.units * n) & (twice < 2 * (self.units + 1) * n)] = CONVENTIONS.index(
            Convention.TRUNCATED
        )
        found[(twice >= (2 * self.units - 1) * n) & (twice < (2 * self.units + 1) * n)] = 0
        if self.units % 2 == 0:
            found[half] = CONVENTIONS.index(Convention.HALF_EVEN)
        else:
            for at in np.argwhere(half & (n > 0)):
                if self._binary(int(events[tuple(at)]), int(n[tuple(at)])):
                    found[tuple(at)] = CONVENTIONS.index(Convention.BINARY)
        found[n <= 0] = NONE_FITS
        return found

    def _binary(self, events: int, n: int) -> bool:
        """Whether binary arithmetic, in one of its two orders, prints events / n so: 23/80 as 28.7."""
        places = len(str(self.per_whole)) - 3
        printed = (f"{100 * events / n:.{places}f}", f"{events / n * 100:.{places}f}")
        return any(int(text.replace(".", "")) == self.units for text in printed)

    def steps_off(self, events: int, n: int) -> float:
        """How many units of its last digit it lies from events / n; 0.5 or less is right but for an edge."""
        return abs(self.per_whole * events / n - self.units)


def printed_percent(text: str | Decimal) -> PrintedPercent:
    """Read `47.8`; raise Unusable for what is no percentage of a group."""
    value = percent(str(text)).value
    if value > 100:
        raise Unusable(f"percentage {text}: a share of a group is at most 100 %")
    places = max(decimals(value), 0)
    if places > 9:
        raise Unusable(f"percentage {text}: at most nine decimals")
    return PrintedPercent(f"{value:f}", int(value.scaleb(places)), 100 * 10**places)


def true_values(printed: Decimal | str) -> tuple[float, float]:
    """Smallest and largest true value that rounds to a printed decimal."""
    value = Decimal(printed)
    half = Decimal(1).scaleb(-decimals(value)) / 2
    return float(value - half), float(value + half)
