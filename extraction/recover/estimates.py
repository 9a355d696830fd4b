"""Can these printed estimates stand beside each other, and beside their group sizes?

Every printed number stands for the true values that round to it, both ends included: software rounds binary
fractions, so a value on an edge may print either way.  Numbers come as text or Decimal, because their digits
count.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

import numpy as np
from scipy import special

from extraction.recover import TooLarge, Unusable
from extraction.recover.rounding import EDGE, NONE_FITS, PrintedP, decimals, printed_p, printed_percent

Printed = Decimal | str | int
Triple = tuple[Printed, Printed, Printed]
"""Median, minimum, maximum."""
LARGEST_N = 10_000
"""Patients up to which group sizes are listed."""
SMALLEST_RATIO = 1e-300
"""Stands for a limit of 0, as in an interval from 0.00."""


@dataclass(frozen=True)
class RatioCoherence:
    """Whether a ratio, its interval and its p agree by a Wald test on the log scale.

    estimate_fits : the estimate can be the geometric middle of the interval, which lies in `expected_range`
    expected_p : range of p of the interval with the estimate as its middle; of the interval alone where the
    estimate does not fit
    p_fits : some p of that range prints as the printed one; None where none is printed
    """

    estimate_fits: bool
    expected_estimate: float
    expected_range: tuple[float, float]
    expected_p: tuple[float, float]
    p_fits: bool | None


def ratio_coherence(
    estimate: Printed, lower: Printed, upper: Printed, level: Printed = 95, p: Printed | None = None
) -> RatioCoherence:
    """Whether a hazard, odds or risk ratio, its interval (level in per cent) and its p are one Wald result,
    given their digits.

    Raises Unusable for a ratio of 0 or below, limits that do not ascend or print alike, and what is no level
    or p-value.
    """
    middle, high = _log_edges("estimate", estimate), _log_edges("upper limit", upper)
    low = _log_edges("lower limit", lower, zero=True)
    if low[1] > high[0]:
        raise Unusable(
            f"interval from {lower} to {upper}: its limits must ascend and differ in the digits printed"
        )
    expected = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    fits = expected[0] <= middle[1] and expected[1] >= middle[0]
    z = -special.ndtri((1 - _level(level)) / 2) * _z_range(
        low, high, middle if fits else (-math.inf, math.inf)
    )
    expected_p = 2 * special.ndtr([-np.abs(z).max(), 0.0 if z[0] < 0 < z[1] else -np.abs(z).min()])
    printed = None if p is None else _printed_p(p)
    return RatioCoherence(
        estimate_fits=fits,
        expected_estimate=math.sqrt(_number("lower limit", lower) * _number("upper limit", upper)),
        expected_range=(math.exp(expected[0]), math.exp(expected[1])),
        expected_p=tuple(expected_p.tolist()),
        p_fits=None
        if printed is None
        else bool(
            expected_p[0] <= printed.upper * (1 + EDGE) and expected_p[1] >= printed.lower * (1 - EDGE)
        ),
    )


def _z_range(low: tuple, high: tuple, middle: tuple) -> np.ndarray:
    """Least and largest (a + b) / (b - a) for log limits a and b whose middle lies in a range: estimate over
    half the width.

    Such a ratio is extreme at corners of the region allowed: a rectangle of limits, cut by two lines a + b =
    2 middle.
    """
    cuts = [m for m in middle if math.isfinite(m)]
    corners = [(a, b) for a in low for b in high]
    corners += [(a, 2 * m - a) for m in cuts for a in low] + [(2 * m - b, b) for m in cuts for b in high]
    a, b = np.array(corners).T
    within = (a >= low[0] - EDGE) & (a <= low[1] + EDGE) & (b >= high[0] - EDGE) & (b <= high[1] + EDGE)
    within &= (a + b >= 2 * middle[0] - EDGE) & (a + b <= 2 * middle[1] + EDGE)
    with np.errstate(divide="ignore"):  # limits that may be one number: z has no bound
        z = (a + b)[within] / np.maximum(b - a, 0.0)[within]
    return np.array([z.min(), z.max()])


@dataclass(frozen=True)
class Grain:
    """Whether whole numbers can give a printed value; and the nearest that they can: itself, or the one below
    and the one above.
    """

    possible: bool
    nearest: tuple[Decimal, ...]


def grim(mean: Printed, n: int, items: int = 1) -> Grain:
    """Whether n patients, each with the mean of `items` whole numbers, can have a printed mean.

    Brown & Heathers 2017, doi 10.1177/1948550616673876.
    """
    _require_n(n)
    if items < 1:
        raise Unusable(f"items = {items}: a patient's value is the mean of at least one item")
    sums = _multiples("mean", mean, Fraction(1, n * items))
    if sums:
        return Grain(True, (_number("mean", mean),))
    return Grain(False, tuple(_as_printed(Fraction(k, n * items), mean) for k in (sums.stop - 1, sums.stop)))


def grimmer(mean: Printed, sd: Printed, n: int, items: int = 1) -> Grain:
    """Whether n patients, each with the mean of `items` whole numbers, can have a printed mean and sample SD;
    the nearest SDs, none where the mean itself is impossible.

    The sum and the sum of squares are whole numbers, both odd or both even, and the squares add to least
    where the values differ by at most one (Anaya 2016, doi 10.7287/peerj.preprints.2400; in closed form
    Allard 2018, Analytic-GRIMMER).  Of two to four patients some SDs pass that no data have; of five to nine,
    enumeration finds none.
    """
    if n < 2:
        raise Unusable(f"n = {n}: a standard deviation takes at least two patients")
    low, high = ((items * max(edge, Fraction(0))) ** 2 * (n - 1) for edge in _edges("SD", sd, least=0))
    below, above = [], []
    for total in _multiples("mean", mean, Fraction(1, n * items)):
        centre, least = Fraction(total**2, n), _least_squares(total, n)
        squares = least + 2 * max(0, math.ceil((low + centre - least) / 2))
        if squares <= high + centre:
            return Grain(True, (_number("SD", sd),))
        above.append((squares - centre) / (n - 1))
        if squares > least:
            below.append((squares - 2 - centre) / (n - 1))
    variances = ([max(below)] if below else []) + ([min(above)] if above else [])
    return Grain(False, tuple(_as_printed(variance / items**2, sd, root=True) for variance in variances))


def median_possible(median: Printed, n: int, resolution: Printed = 1) -> bool:
    """Whether n values recorded to a resolution (1: whole numbers) can have a printed median: one of them, or
    the middle of two.
    """
    _require_n(n)
    return bool(_multiples("median", median, _resolution(resolution) / (1 if n % 2 else 2)))


def extreme_possible(value: Printed, resolution: Printed = 1) -> bool:
    """Whether a printed minimum or maximum can be a value recorded to a resolution."""
    return bool(_multiples("extreme", value, _resolution(resolution)))


def median_range_possible(
    median: Printed, minimum: Printed, maximum: Printed, n: int, resolution: Printed = 1
) -> str:
    """The first reason why n values recorded to a resolution cannot have this median and range; empty where
    they can.
    """
    for name, value in (("minimum", minimum), ("maximum", maximum)):
        if not extreme_possible(value, resolution):
            return f"{name} {value}: no value recorded to {resolution} prints so"
    if not median_possible(median, n, resolution):
        return (
            f"median {median}: {'no value' if n % 2 else 'no middle of two values'} recorded to {resolution}"
            " prints so"
        )
    low, high = _halves(minimum, 2, resolution), _halves(maximum, 2, resolution)
    middle = _halves(median, 2 if n % 2 else 1, resolution)
    if low[0] > high[1] or low[0] > middle[1] or middle[0] > high[1]:
        return f"minimum {minimum}, median {median} and maximum {maximum} do not ascend"
    if n == 1 and max(low[0], middle[0], high[0]) > min(low[1], middle[1], high[1]):
        return f"one patient has one value, not minimum {minimum}, median {median} and maximum {maximum}"
    least, most = low[0] + max(low[0], high[0]), min(low[1], high[1]) + high[1]  # of minimum plus maximum
    if n == 2 and max(2 * middle[0], least) > min(2 * middle[1], most):
        return f"the median of two patients is the middle of {minimum} and {maximum}, not {median}"
    return ""


def range_of_parts(total: Triple, parts: list[Triple]) -> str:
    """The first reason why groups that make up a whole cannot have these medians and ranges; empty where they
    can.

    The median of the whole lies between its parts' medians: at most half of every part lies below the least
    of them, so at most half of the whole; and where it is exactly half, the middle two of the whole are those
    nearest to it in any part.
    """
    if not parts:
        raise Unusable("no parts: a whole is compared with at least one")
    for i, name in ((1, "minimum"), (2, "maximum"), (0, "median")):
        lows, highs = zip(*(_edges(name, part[i]) for part in parts), strict=True)
        low, high = {
            "minimum": (min(lows), min(highs)),
            "maximum": (max(lows), max(highs)),
            "median": (min(lows), max(highs)),
        }[name]
        edges = _edges(name, total[i])
        if edges[1] <= low or edges[0] >= high:  # a value on a shared edge prints the same in part and whole
            rule = "its parts' medians lie" if name == "median" else f"the {name} of its parts lies"
            return f"{name} {total[i]} of the whole: {rule} from {float(low):g} to {float(high):g}"
    return ""


def sizes_for(percent: Printed, n_max: int) -> list[tuple[int, int]]:
    """Every group size up to n_max and count of it that print as a percentage by any convention, as (n,
    events); TooLarge beyond LARGEST_N.
    """
    printed, n = printed_percent(str(percent)), _sizes(1, n_max)[:, None]
    fewest = np.maximum(-((1 - 2 * printed.units) * n // (2 * printed.per_whole)), 0)
    events = fewest + np.arange(3 * n_max // (2 * printed.per_whole) + 2)
    fits = (printed.convention(events, n) < NONE_FITS) & (events <= n)
    return list(zip(np.broadcast_to(n, fits.shape)[fits].tolist(), events[fits].tolist(), strict=True))


def sizes_for_count(events: int, percent: Printed, n_max: int) -> list[int]:
    """Every group size up to n_max of which a count prints as a percentage by any convention; TooLarge beyond
    LARGEST_N.
    """
    if events < 0:
        raise Unusable(f"events = {events}: a count is not negative")
    n = _sizes(max(events, 1), n_max)
    return n[printed_percent(str(percent)).convention(events, n) < NONE_FITS].tolist()


def multiple_of(p: Printed, p_adjusted: Printed) -> list[int]:
    """Every whole k (comparisons, as Bonferroni counts them) such that k times a p prints as the adjusted p,
    which may exceed 1.

    Raises TooLarge beyond LARGEST_N of them.
    """
    printed, adjusted = _printed_p(p), _edges("adjusted p", p_adjusted, least=0)
    if printed.lower == 0:
        raise Unusable(f"p = {p}: it may be any number near 0, so it has any multiple")
    first = math.ceil(float(adjusted[0]) / printed.upper * (1 - EDGE))
    last = math.floor(float(adjusted[1]) / printed.lower * (1 + EDGE))
    if last - first > LARGEST_N:
        raise TooLarge(
            f"p = {p} and {p_adjusted}: {last - first:,} multiples would do, more than {LARGEST_N:,}"
        )
    return list(range(max(first, 1), last + 1))


def _number(name: str, printed: Printed, least: int | None = None) -> Decimal:
    try:
        value = Decimal(str(printed))
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        raise Unusable(f"{name} {printed!r}: give a number with the digits printed")
    if least is not None and value < least:
        raise Unusable(f"{name} {printed}: it is at least {least}")
    return value


def _edges(name: str, printed: Printed, least: int | None = None) -> tuple[Fraction, Fraction]:
    """Smallest and largest true value that rounds to a printed number, exactly."""
    return edges_of(_number(name, printed, least))


def edges_of(value: Decimal) -> tuple[Fraction, Fraction]:
    """The same of a number with the digits printed."""
    half = Fraction(Decimal(1).scaleb(-decimals(value))) / 2
    return Fraction(value) - half, Fraction(value) + half


def _log_edges(name: str, ratio: Printed, zero: bool = False) -> tuple[float, float]:
    if _number(name, ratio, least=0) == 0 and not zero:
        raise Unusable(f"{name} {ratio}: a ratio is above 0")
    low, high = _edges(name, ratio)
    return math.log(max(float(low), SMALLEST_RATIO)), math.log(high)


def _level(level: Printed) -> float:
    if not 0 < _number("level", level) < 100:
        raise Unusable(f"level {level}: an interval covers more than 0 and less than 100 %")
    return float(level) / 100


def _printed_p(p: Printed) -> PrintedP:
    return printed_p(f"{p:f}" if isinstance(p, Decimal) else str(p))


def _multiples(name: str, printed: Printed, step: Fraction) -> range:
    """Whole numbers whose multiple of a step prints as a number; where there are none, `stop` is the first
    too large.
    """
    low, high = _edges(name, printed)
    return range(math.ceil(low / step), math.floor(high / step) + 1)


def _halves(value: Printed, steps: int, resolution: Printed) -> tuple[int, int]:
    """Least and greatest number of half resolutions, in whole steps, that print as a value."""
    found = _multiples("value", value, _resolution(resolution) * steps / 2)
    return steps * found[0], steps * found[-1]


def _as_printed(value: Fraction, like: Printed, root: bool = False) -> Decimal:
    """A value or its square root, rounded half up to the digits of another."""
    exact = Decimal(value.numerator) / value.denominator
    return (exact.sqrt() if root else exact).quantize(Decimal(like), rounding=ROUND_HALF_UP)


def _least_squares(total: int, n: int) -> int:
    """Least sum of squares of n whole numbers with a sum."""
    each, more = divmod(total, n)
    return more * (each + 1) ** 2 + (n - more) * each**2


def _resolution(resolution: Printed) -> Fraction:
    if _number("resolution", resolution) <= 0:
        raise Unusable(f"resolution {resolution}: values are recorded to a step above 0")
    return Fraction(_number("resolution", resolution))


def _require_n(n: int) -> None:
    if n < 1:
        raise Unusable(f"n = {n}: a group has at least one patient")


def _sizes(n_min: int, n_max: int) -> np.ndarray:
    _require_n(n_max)
    if n_max > LARGEST_N:
        raise TooLarge(f"n up to {n_max:,}: group sizes are listed up to {LARGEST_N:,} patients")
    return np.arange(n_min, n_max + 1)
