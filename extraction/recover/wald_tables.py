"""Every 2x2 table of groups of unknown size whose Wald interval prints so.

Two printed limits and an estimate tell a log ratio (or difference) and its standard error.  For each count of
the treated arm, what is left for the control is a narrow range of its risk and of its own part of the
variance, which few counts have: these are listed without going through the others.
"""

import math

import numpy as np
from scipy import special

from extraction.recover import TooLarge
from extraction.recover.effects import Range
from extraction.recover.tables import LARGEST_SEARCH

AT_ONCE = 20_000
"""Counts of the treated arm taken together."""


def wald_tables(
    treated: np.ndarray,
    control: np.ndarray,
    measure: str,
    estimate: Range | None,
    limits: tuple[Range, Range],
    level: float,
) -> np.ndarray:
    """Tables whose Wald interval can print so: a little more than these, so the interval is to be tested.

    treated, control : the counts that each arm may have, columns events, n, place in CONVENTIONS
    Returns columns events, n, events, n, place of the weaker convention.  Raises TooLarge beyond
    LARGEST_SEARCH.
    """
    effect, variance = _effect(measure, estimate, limits, level)
    inside = treated[(treated[:, 0] > 0) & (treated[:, 0] < treated[:, 1])]
    index = _Index(control)
    found, listed = [np.zeros((0, 5), np.int64)], 0
    for start in range(0, len(inside), AT_ONCE):
        piece = inside[start : start + AT_ONCE]
        one, events, n = _controls(piece, measure, effect, variance, index.largest)
        place = index.place(events, n)
        allowed = place >= 0
        one, events, n, place = one[allowed], events[allowed], n[allowed], place[allowed]
        listed += len(one)
        if listed > LARGEST_SEARCH:
            raise TooLarge(
                f"more than {LARGEST_SEARCH:,} tables have such a Wald interval: give group sizes, totals or"
                " more digits"
            )
        found.append(np.column_stack([piece[one, :2], events, n, np.maximum(piece[one, 2], place)]))
    return np.concatenate(found)


class _Index:
    """Looks up which counts of an arm are allowed, and by which convention."""

    def __init__(self, counts: np.ndarray) -> None:
        self.largest = int(counts[:, 1].max(initial=1))
        key = counts[:, 1] * (self.largest + 1) + counts[:, 0]
        order = np.argsort(key, kind="stable")
        self.key, self.places = key[order], counts[order, 2]

    def place(self, events: np.ndarray, n: np.ndarray) -> np.ndarray:
        """Place in CONVENTIONS, -1 where the count is not allowed."""
        key = n * (self.largest + 1) + events
        at = np.minimum(np.searchsorted(self.key, key), max(len(self.key) - 1, 0))
        known = (self.key[at] == key) if len(self.key) else np.zeros(key.shape, bool)
        inside = (events >= 0) & (events <= n) & (n <= self.largest)
        return np.where(known & inside, self.places[at] if len(self.key) else -1, -1)


def _effect(
    measure: str, estimate: Range | None, limits: tuple[Range, Range], level: float
) -> tuple[Range, Range]:
    """What the effect (a log ratio or a difference) and its variance can be."""
    z = -special.ndtri((1 - level) / 2)
    scale = (lambda x: x) if measure == "risk_difference" else (lambda x: math.log(x) if x > 0 else -math.inf)
    slack = 0.0 if measure == "risk_difference" else 1e-4  # of software that iterates
    (low, low_to), (high_from, high) = ([scale(x) for x in ends] for ends in limits)
    middle = ((low + high_from) / 2 - slack, (low_to + high) / 2 + slack)
    if estimate:
        told = scale(estimate[0]), scale(estimate[1])
        middle = max(middle[0], told[0] - slack), min(middle[1], told[1] + slack)
    width = max(high_from - low_to - 2 * slack, 0.0), high - low + 2 * slack
    return middle, ((width[0] / (2 * z)) ** 2, (width[1] / (2 * z)) ** 2)


def _controls(
    piece: np.ndarray, measure: str, effect: Range, variance: Range, largest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of the treated arm, events and patients of the control, of every table near enough."""
    a, n = piece[:, 0].astype(float), piece[:, 1].astype(float)
    own, risks = _own(measure, a, n, effect)
    low, high = np.maximum(variance[0] - own, 0.0), variance[1] - own
    possible = np.flatnonzero((high > 0) & (risks[0] <= 1) & (risks[1] >= 0))
    low, high, risks = low[possible], high[possible], (risks[0][possible], risks[1][possible])
    least, most = _sizes(measure, low, high, risks, largest)
    of, size = _expanded(least, most)
    risk = np.clip(risks[0], 0, 1)[of], np.clip(risks[1], 0, 1)[of]
    if measure == "risk_difference":  # `size` is patients
        of2, events = _expanded(np.ceil(size * risk[0] - 1e-9), np.floor(size * risk[1] + 1e-9))
        return possible[of[of2]], events, size[of2]
    with np.errstate(divide="ignore", invalid="ignore"):  # `size` is events; others follow from both ranges
        first, last = size / risk[1], size / risk[0]
        if measure == "odds_ratio":
            least2, most2 = 1 / (high[of] - 1 / size), 1 / (low[of] - 1 / size)
            least2, most2 = (
                np.where(high[of] > 1 / size, least2, np.inf) + size,
                np.where(low[of] > 1 / size, most2, np.inf) + size,
            )
        else:
            least2, most2 = 1 / (1 / size - low[of]), 1 / (1 / size - high[of])
            least2, most2 = (
                np.where(1 / size > low[of], least2, np.inf),
                np.where(1 / size > high[of], most2, np.inf),
            )
    first = np.maximum(np.maximum(first, least2), size)
    last = np.minimum(np.minimum(last, most2), largest)
    of2, patients = _expanded(np.ceil(np.minimum(first, largest + 1) - 1e-6), np.floor(last + 1e-6))
    return possible[of[of2]], size[of2], patients


def _own(
    measure: str, a: np.ndarray, n: np.ndarray, effect: Range
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The treated arm's part of the variance; and the smallest and largest risk of the control."""
    risk = a / n
    if measure == "risk_difference":
        return risk * (1 - risk) / n, (risk - effect[1], risk - effect[0])
    low, high = math.exp(effect[0]), math.exp(effect[1])
    if measure == "risk_ratio":
        return 1 / a - 1 / n, (risk / high, risk / low)
    odds = risk / (1 - risk)
    return 1 / a + 1 / (n - a), (odds / high / (1 + odds / high), odds / low / (1 + odds / low))


def _sizes(
    measure: str, low: np.ndarray, high: np.ndarray, risks: tuple[np.ndarray, np.ndarray], largest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fewest and most events of the control (of a risk difference: patients) that have its part of the
    variance, from `low` to `high`, at a risk in a range.
    """
    first, last = np.clip(risks[0], 0, 1), np.clip(risks[1], 0, 1)
    with np.errstate(divide="ignore"):
        if measure == "risk_difference":
            middle = np.where((first < 0.5) & (last > 0.5), 0.25, 0.0)
            spread = first * (1 - first), last * (1 - last)
            least, most = np.minimum(*spread) / high, np.maximum(np.maximum(*spread), middle) / low
        elif measure == "risk_ratio":
            least, most = (1 - last) / high, (1 - first) / low
        else:  # 1 / c + 1 / d at odds c / d: (1 + odds) / c
            least, most = 1 / (1 - first) / high, np.where(last < 1, 1 / (1 - last), np.inf) / low
    return np.maximum(np.ceil(least - 1e-6), 1), np.floor(np.minimum(most, largest) + 1e-6)


def _expanded(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each whole number of each range, the range it is of and itself."""
    many = np.maximum(last - first + 1, 0).astype(np.int64)
    if many.sum() > 20 * LARGEST_SEARCH:
        raise TooLarge("too many tables have such a Wald interval: give group sizes, totals or more digits")
    of = np.repeat(np.arange(len(many)), many)
    return of, first[of].astype(np.int64) + np.arange(len(of)) - np.repeat(np.cumsum(many) - many, many)
