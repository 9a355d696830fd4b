"""Can a mean, an SD and what stands beside them be of one sample?

Every printed number stands for the true values that round to it, both ends included.  A value is the mean of
`items` whole numbers (1: a whole number itself), so samples are counted in units of 1 / items.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from extraction.recover import TooLarge, Unusable
from extraction.recover.estimates import Grain, Printed, edges_of, grim, grimmer
from extraction.recover.printed import number
from extraction.recover.rounding import EDGE

MOST_SAMPLES = 1_000
"""Samples that are listed; more are counted only."""
State = tuple[int, int, int]
"""Patients so far, the sum of their values and of the squares of these."""
MOST_STATES = 300_000
"""Partial samples that the search may hold."""


@dataclass(frozen=True)
class Described:
    """What a paper prints of a sample of n values; None where it does not.

    items : whole numbers whose mean is a value; least, most : ends of the scale
    """

    n: int
    mean: Printed
    sd: Printed | None = None
    items: int = 1
    least: Printed | None = None
    most: Printed | None = None
    median: Printed | None = None
    minimum: Printed | None = None
    maximum: Printed | None = None
    lower_quartile: Printed | None = None
    upper_quartile: Printed | None = None


def grain_of(told: Described) -> Grain:
    """Whether values of so many whole items can have the mean and SD (GRIM and GRIMMER)."""
    mean = grim(told.mean, told.n, told.items)
    return mean if told.sd is None or not mean.possible else grimmer(told.mean, told.sd, told.n, told.items)


class Bounds(NamedTuple):
    """Means, and SDs at the printed mean, of all samples whose other numbers print as told; infinite where
    nothing bounds them.
    """

    mean: tuple[float, float]
    sd: tuple[float, float]


def bounds_of(told: Described) -> Bounds:
    """What scale, range, quartiles and median leave for mean and SD, of values that need not be whole.

    The values in order lie between bounds of their own: below a median no value is above it, and so on.  The
    mean is least where each is at its lower bound.  At a given mean the SD is least where all are as near to
    one number as their bounds allow, and largest where the low ones are at their lower and the high ones at
    their upper bounds.  Quartiles bound only the values that lie beyond them by every definition in use.

    Raises Unusable where these numbers do not ascend.
    """
    low, high = _order_bounds(told)
    if any(a > b + EDGE for a, b in zip(low, high, strict=True)):
        raise Unusable("range, quartiles and median do not ascend, or lie outside the scale")
    n, centre = told.n, edges(told.mean)
    means = sum(low) / n, sum(high) / n
    inside = max(centre[0], means[0]), min(centre[1], means[1])
    if inside[0] > inside[1] or n < 2:
        return Bounds(means, (math.nan, math.nan))
    points = [inside[0], inside[1], (inside[0] + inside[1]) / 2]
    least = [_sd(_nearest(low, high, m)) for m in points]
    largest = (
        [math.inf] if math.isinf(means[1] - means[0]) else [_sd(_furthest(low, high, m)) for m in points]
    )
    return Bounds(means, (min(least), max(largest)))


def contradiction(told: Described) -> str:
    """The first reason why no sample can have all that is told; empty where nothing speaks against it."""
    grain = grain_of(told)
    if not grain.possible:
        what = "mean" if not grim(told.mean, told.n, told.items).possible else "SD"
        near = " and ".join(map(str, grain.nearest))
        values = "whole numbers" if told.items == 1 else f"means of {told.items} whole numbers"
        return f"{told.n} {values} cannot have this {what}" + (f"; the nearest: {near}" if near else "")
    return outside(told)


def outside(told: Described) -> str:
    """Why the mean or SD lies outside what scale, range, quartiles and median leave; empty
    where it does not.
    """
    bounds, mean = bounds_of(told), edges(told.mean)
    if mean[1] < bounds.mean[0] - EDGE or mean[0] > bounds.mean[1] + EDGE:
        return f"the mean is from {bounds.mean[0]:.4g} to {bounds.mean[1]:.4g} by what stands beside it"
    if told.sd is not None:
        sd = edges(told.sd)
        if sd[1] < bounds.sd[0] - EDGE or sd[0] > bounds.sd[1] + EDGE:
            return f"the SD is from {bounds.sd[0]:.4g} to {bounds.sd[1]:.4g} by what stands beside it"
    return ""


# samples


@dataclass(frozen=True)
class Samples:
    """All samples as values in ascending order: `count` of them, of which at most MOST_SAMPLES are listed."""

    count: int
    listed: list[tuple[Fraction, ...]] = field(default_factory=list)


def samples_of(told: Described) -> Samples:
    """Every sample of whole numbers (in units of 1 / items) whose mean and SD, and range and median where
    they are told, print so.

    An SD bounds how far a value is from the mean, so the scale need not be told.  Raises Unusable without an
    SD, TooLarge where more than MOST_STATES partial samples would be held.
    """
    if told.sd is None:
        raise Unusable("samples are searched by mean and SD: give both")
    n, unit = told.n, Fraction(1, told.items)
    sums = range(
        math.ceil(n * exact_edges(told.mean)[0] / unit), math.floor(n * exact_edges(told.mean)[1] / unit) + 1
    )
    squares = tuple((n - 1) * edge**2 / unit**2 for edge in exact_edges(told.sd, least=0))
    values = _values(told, unit)
    states: dict[State, int] = {(0, 0, 0): 1}  # and how many samples lead there
    layers = [states]
    for value in values:
        states = _with_value(states, n, value, values[-1], sums)
        layers.append(states)

    def prints(key: State) -> bool:
        count, total, square = key
        spread = square - Fraction(total * total, n)
        return count == n and total in sums and squares[0] <= spread <= squares[1]

    ends = [key for key in states if prints(key)]
    count = sum(states[key] for key in ends)
    listed: list[tuple[Fraction, ...]] = []
    for key in ends:
        for sample in _traced(layers, values, len(values), key):
            if len(listed) >= MOST_SAMPLES:
                return Samples(count, listed)
            listed.append(tuple(value * unit for value in sample))
    return Samples(count, sorted(listed))


def _with_value(states: dict[State, int], n: int, value: int, last: int, sums: range) -> dict[State, int]:
    """States that up to n patients of a value lead to, but for those whose sum the rest cannot make up."""
    reached: dict[State, int] = {}
    for (count, total, square), ways in states.items():
        for more in range(n - count + 1):
            left, so_far = n - count - more, total + more * value
            if so_far + left * last >= sums.start and so_far + left * min(value + 1, last) < sums.stop:
                key = count + more, so_far, square + more * value * value
                reached[key] = reached.get(key, 0) + ways
        if len(reached) > MOST_STATES:
            raise TooLarge(f"{n} patients: more than {MOST_STATES:,} partial samples of values up to {value}")
    return reached


def _traced(layers: list[dict[State, int]], values: range, at: int, key: State) -> Iterator[tuple[int, ...]]:
    """Samples that end in a state, from the last value back."""
    if at == 0:
        yield ()
        return
    value, (count, total, square) = values[at - 1], key
    for more in range(count + 1):
        before = count - more, total - more * value, square - more * value * value
        if before in layers[at - 1]:
            for sample in _traced(layers, values, at - 1, before):
                yield (*sample, *[value] * more)


def _values(told: Described, unit: Fraction) -> range:
    """Whole units that a value can be, by the scale and range, and by how far the SD lets it be from the
    mean.
    """
    mean, sd = exact_edges(told.mean), exact_edges(told.sd or 0)[1]
    reach = math.isqrt(math.ceil(sd**2 * (told.n - 1) ** 2 / (told.n * unit**2))) + 1  # Samuelson 1968
    low, high = math.floor(mean[0] / unit) - reach, math.ceil(mean[1] / unit) + reach
    for end in (told.least, told.minimum):
        low = low if end is None else max(low, math.ceil(exact_edges(end)[0] / unit))
    for end in (told.most, told.maximum):
        high = high if end is None else min(high, math.floor(exact_edges(end)[1] / unit))
    return range(low, high + 1)


# values in order


def _order_bounds(told: Described) -> tuple[list[float], list[float]]:
    """Least and largest value at each place, in ascending order."""
    n = told.n
    low = [-math.inf if told.least is None else float(told.least)] * n
    high = [math.inf if told.most is None else float(told.most)] * n
    below, above = math.floor(n / 4 - 0.5), math.ceil(n / 4 + 0.75)
    places = [  # a value, the last place that is not above it, the first that is not below it; from 1
        (told.minimum, 1, 1),
        (told.lower_quartile, below, above),
        (told.median, (n + 1) // 2, n // 2 + 1),
        (told.upper_quartile, n + 1 - above, n + 1 - below),
        (told.maximum, n, n),
    ]
    for value, not_above, not_below in places:
        if value is not None:
            least, most = edges(value)
            for i in range(min(not_above, n)):
                high[i] = min(high[i], most)
            for i in range(max(not_below, 1) - 1, n):
                low[i] = max(low[i], least)
    return low, high


def _nearest(low: list[float], high: list[float], mean: float) -> list[float]:
    """The values within their bounds that have a mean and are the nearest to each other."""

    def at(level: float) -> list[float]:
        return [min(max(level, a), b) for a, b in zip(low, high, strict=True)]

    ends = [x for x in (*low, *high, mean) if math.isfinite(x)]
    below, above = min(ends) - 1, max(ends) + 1
    for _ in range(100):
        middle = (below + above) / 2
        if sum(at(middle)) / len(low) < mean:
            below = middle
        else:
            above = middle
    return at((below + above) / 2)


def _furthest(low: list[float], high: list[float], mean: float) -> list[float]:
    """The values within their bounds that have a mean and are the furthest apart: low ones at their lower,
    high ones at their upper bounds, and one between.
    """
    best: list[float] = list(low)
    for k in range(len(low)):
        rest = mean * len(low) - sum(low[:k]) - sum(high[k + 1 :])
        if low[k] - EDGE <= rest <= high[k] + EDGE:
            best = [*low[:k], rest, *high[k + 1 :]]
    return best


def _sd(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((x - mean) ** 2 for x in values) / (len(values) - 1))


# printed numbers


def exact_edges(printed: Printed, least: int | None = None) -> tuple[Fraction, Fraction]:
    """Smallest and largest true value that rounds to a printed number."""
    low, high = edges_of(number(str(printed)).value)
    return (low if least is None else max(low, Fraction(least))), high


def edges(printed: Printed, least: int | None = None) -> tuple[float, float]:
    low, high = exact_edges(printed, least)
    return float(low), float(high)
