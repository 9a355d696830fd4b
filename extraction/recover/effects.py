"""Estimates and intervals of many 2x2 tables at once: which tables would print these numbers?

Tables are four arrays of counts of one shape (events and patients treated, then control).  An interval that
is an inverted test is never solved for: its test at both ends of what a printed limit stands for tells
whether the limit lies between.  Odds and risk ratios are treated over control, risk differences treated minus
control.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import special

from extraction.recover.p_values import by_margin
from extraction.recover.two_by_two import HALVES, by_interpolation, by_iteration, by_root

Tables = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Range = tuple[float, float]
"""The true values that a printed number stands for; infinity twice for a limit that does not exist."""
Error = Callable[[float], float]
Statistic = Callable[[Tables, float], np.ndarray]
"""Signed root of a test of the tables at a value of the measure, which falls as the value rises."""
MANY = 20_000
"""Tables from which exact intervals are first held to what is possible at all."""
BEYOND = math.exp(30.0)
"""Ratios beyond it, or below its inverse, count as infinite, or as 0."""


class Estimator(NamedTuple):
    """How an estimate is made: `within` tells which tables' estimates lie in a range."""

    words: str
    within: Callable[[Tables, Range], np.ndarray]


class Method(NamedTuple):
    """How an interval is made: `within` tells which tables' lower and upper limits lie in two ranges, at a
    level (a share).
    """

    words: str
    within: Callable[[Tables, float, Range, Range], np.ndarray]


# estimates


def odds_ratio(tables: Tables, added: float = 0.0) -> np.ndarray:
    a, n, c, m = tables
    return _over((a + added) * (m - c + added), (c + added) * (n - a + added))


def risk_ratio(tables: Tables, added: float = 0.0) -> np.ndarray:
    a, n, c, m = tables
    return _over((a + added) * (m + 2 * added), (c + added) * (n + 2 * added))


def risk_difference(tables: Tables) -> np.ndarray:
    a, n, c, m = tables
    return a / n - c / m


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """A ratio, infinite over 0 and nan where both are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above, float) / np.asarray(below, float)


def _of(estimate: Callable[..., np.ndarray]) -> Callable[[Tables, Range], np.ndarray]:
    return lambda tables, wanted: _between(estimate(tables), wanted)


def _conditional(tables: Tables, wanted: Range) -> np.ndarray:
    """Whether the events found lie between those expected at both ends, given the margins."""
    a, (low, high), fits = tables[0], _widened(wanted, by_root), _informative(tables)
    if low == math.inf:
        return fits & (a == np.minimum(tables[1], tables[0] + tables[2]))
    if low > 0:
        fits = fits & (_expected(tables, low) <= a)
    if high < math.inf:
        fits = fits & (_expected(tables, max(high, 1 / BEYOND)) >= a)
    return fits


def _median_unbiased(tables: Tables, wanted: Range) -> np.ndarray:
    low, high = _widened(wanted, by_root)
    fits = _informative(tables)
    if low > 0:
        fits = fits & (_upper_tail(tables, min(low, BEYOND), mid=True) <= 0.5)
    if high < math.inf:
        fits = fits & (_upper_tail(tables, max(high, 1 / BEYOND), mid=True) >= 0.5)
    return fits


ESTIMATORS: dict[str, tuple[Estimator, ...]] = {
    "odds_ratio": (
        Estimator("the odds ratio of the counts", _of(odds_ratio)),
        Estimator("the conditional maximum likelihood, as in R's fisher.test", _conditional),
        Estimator("the median-unbiased estimate", _median_unbiased),
        Estimator(HALVES, _of(partial(odds_ratio, added=0.5))),
    ),
    "risk_ratio": (
        Estimator("the ratio of the risks", _of(risk_ratio)),
        Estimator(HALVES, _of(partial(risk_ratio, added=0.5))),
    ),
    "risk_difference": (Estimator("the difference of the risks", _of(risk_difference)),),
}
"""Every estimate in use, by measure; the first is the plain one."""


# tests of a value


def odds_score(tables: Tables, value: float, correction: float = 0.0, unbiased: bool = False) -> np.ndarray:
    """Score test of an odds ratio, by Cornfield's fitted counts; `unbiased` takes N - 1 (Miettinen & Nurminen
    1985, Stat Med 4:213).
    """
    a, n, _, m = tables
    cells = _fitted(tables, value)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sign(a - cells[0]) * np.maximum(np.abs(a - cells[0]) - correction, 0.0)
        spread = np.sqrt(sum(1 / cell for cell in cells) * ((n + m - 1) / (n + m) if unbiased else 1.0))
        return np.where(deviation == 0, 0.0, deviation * spread)


def odds_likelihood(tables: Tables, value: float) -> np.ndarray:
    """Signed root of the likelihood ratio of an odds ratio."""
    a, n, c, m = tables
    cells = _fitted(tables, value)
    return np.sign(a - cells[0]) * _root_of_deviance((a, n - a, c, m - c), cells)


def _fitted(tables: Tables, value: float) -> Tables:
    """Events and others, treated then control, with the margins of the tables and an odds ratio."""
    a, n, c, m = tables
    total, by = a + c, value - 1
    if abs(by) < 1e-12:
        events = n * total / (n + m)
    else:
        b = value * (n + total) + m - total
        root = np.sqrt(np.maximum(b * b - 4 * by * value * n * total, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            events = np.where(b < 0, (b - root) / (2 * by), 2 * value * n * total / (b + root))
    events = np.clip(events, np.maximum(0, total - m), np.minimum(n, total))
    return events, n - events, total - events, m - total + events


def risk_score(tables: Tables, value: float, unbiased: bool = False) -> np.ndarray:
    """Score test of a risk ratio (Koopman 1984, Biometrics 40:513; `unbiased`: Miettinen & Nurminen)."""
    a, n, c, m = tables
    treated, control = _risks_at_ratio(tables, value)
    variance = treated * (1 - treated) / n + value**2 * control * (1 - control) / m
    return _standardised(a / n - value * c / m, variance, n + m, unbiased)


def risk_likelihood(tables: Tables, value: float) -> np.ndarray:
    """Signed root of the likelihood ratio of a risk ratio."""
    a, n, c, m = tables
    treated, control = _risks_at_ratio(tables, value)
    fitted = (n * treated, n * (1 - treated), m * control, m * (1 - control))
    return np.sign(a / n - value * c / m) * _root_of_deviance((a, n - a, c, m - c), fitted)


def _risks_at_ratio(tables: Tables, value: float) -> tuple[np.ndarray, np.ndarray]:
    """Maximum likelihood risks whose ratio is given."""
    a, n, c, m = tables
    b = value * (n + c) + a + m
    control = 2 * (a + c) / (b + np.sqrt(np.maximum(b * b - 4 * (n + m) * value * (a + c), 0.0)))
    return np.minimum(value * control, 1.0), np.minimum(control, 1.0)


def difference_score(tables: Tables, value: float, unbiased: bool = False) -> np.ndarray:
    """Score test of a risk difference (Mee 1984, Biometrics 40:1175; `unbiased`: Miettinen & Nurminen)."""
    a, n, c, m = tables
    treated, control = _risks_at_difference(tables, value)
    variance = treated * (1 - treated) / n + control * (1 - control) / m
    return _standardised(a / n - c / m - value, variance, n + m, unbiased)


def difference_likelihood(tables: Tables, value: float) -> np.ndarray:
    """Signed root of the likelihood ratio of a risk difference."""
    a, n, c, m = tables
    treated, control = _risks_at_difference(tables, value)
    fitted = (n * treated, n * (1 - treated), m * control, m * (1 - control))
    return np.sign(a / n - c / m - value) * _root_of_deviance((a, n - a, c, m - c), fitted)


def _risks_at_difference(tables: Tables, value: float) -> tuple[np.ndarray, np.ndarray]:
    """Maximum likelihood risks whose difference is given: a root of a cubic (Farrington & Manning 1990, Stat
    Med 9:1447).
    """
    a, n, c, m = tables
    theta = m / n
    b = -(1 + theta + a / n + theta * c / m + value * (theta + 2))
    k = value**2 + value * (2 * a / n + theta + 1) + a / n + theta * c / m
    d = -a / n * value * (1 + value)
    third = b / (3 * (1 + theta))
    v = third**3 - b * k / (6 * (1 + theta) ** 2) + d / (2 * (1 + theta))
    u = np.where(v >= 0, 1.0, -1.0) * np.sqrt(np.maximum(third**2 - k / (3 * (1 + theta)), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(u == 0, 0.0, v / u**3)
    angle = (math.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    treated = np.clip(2 * u * np.cos(angle) - third, max(value, 0.0), min(1.0, 1 + value))
    return treated, np.clip(treated - value, 0.0, 1.0)


def _standardised(
    deviation: np.ndarray, variance: np.ndarray, patients: np.ndarray, unbiased: bool
) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = deviation / np.sqrt(np.maximum(variance, 0.0))
    z = np.where(np.abs(deviation) < 1e-12, 0.0, z)
    return z * np.sqrt((patients - 1) / patients) if unbiased else z


def _root_of_deviance(found: Tables, fitted: Tables) -> np.ndarray:
    deviance = 2 * sum(
        special.kl_div(seen, np.maximum(fit, 1e-300)) for seen, fit in zip(found, fitted, strict=True)
    )
    return np.sqrt(np.maximum(deviance, 0.0))


# intervals


def _inverted(statistic: Statistic, error: Error, measure: str) -> Callable[..., np.ndarray]:
    """Both limits of an inverted test lie in two ranges."""
    ratio = measure != "risk_difference"
    least, most = (0.0, math.inf) if ratio else (-1.0, 1.0)

    def within(tables: Tables, level: float, lower: Range, upper: Range) -> np.ndarray:
        ends, z = (_widened(lower, error), _widened(upper, error)), _z(level)
        fits = _informative(tables) if ratio else np.ones(tables[0].shape, bool)
        if measure == "odds_ratio" and fits.size > MANY:
            fits &= _near_wald(tables, level, *ends)
        for (low, high), bound in zip(ends, (z, -z), strict=True):
            if low > least:
                value = _finite(low, ratio)
                _narrow(fits, tables, partial(_beyond, statistic, value, bound, True))
            if high < most:
                value = _finite(high, ratio)
                _narrow(fits, tables, partial(_beyond, statistic, value, bound, False))
        return fits

    return within


def _beyond(statistic: Statistic, value: float, bound: float, above: bool, tables: Tables) -> np.ndarray:
    found = statistic(tables, value)
    return found >= bound if above else found <= bound


def _narrow(fits: np.ndarray, tables: Tables, test: Callable[[Tables], np.ndarray]) -> None:
    """Leave in `fits` those of its tables that pass a test, which is tried on no others."""
    at = np.flatnonzero(fits)
    a, n, c, m = (counts[at] for counts in tables)
    fits[at] = test((a, n, c, m))


def _finite(value: float, ratio: bool) -> float:
    return min(max(value, 1 / BEYOND), BEYOND) if ratio else min(max(value, -1.0), 1.0)


def _exact(tables: Tables, level: float, lower: Range, upper: Range, mid: bool = False) -> np.ndarray:
    """Cornfield's exact limits: at each, a tail of the noncentral hypergeometric is half of what is left
    out; `mid`: in which the table found counts half.
    """
    half, fits = (1 - level) / 2, _informative(tables)
    (low, up_to), (from_, high) = _widened(lower, by_root), _widened(upper, by_root)
    if fits.size > MANY:
        fits &= _near_wald(tables, level, (low, up_to), (from_, high))

    def tail(some: Tables, value: float, lower: bool) -> np.ndarray:
        return _upper_tail(some, _finite(value, True), mid, lower)

    if low > 0:
        _narrow(fits, tables, lambda some: tail(some, low, lower=False) <= half)
    if up_to < math.inf:
        _narrow(fits, tables, lambda some: tail(some, up_to, lower=False) >= half)
    if from_ > 0:
        _narrow(fits, tables, lambda some: tail(some, from_, lower=True) >= half)
    if high < math.inf:
        _narrow(fits, tables, lambda some: tail(some, high, lower=True) <= half)
    return fits


def _near_wald(tables: Tables, level: float, lower: Range, upper: Range) -> np.ndarray:
    """Whether limits of an odds ratio can be in these ranges, by how far from the estimate they can be.

    In random tables of up to 300 patients an arm and at levels from 90 to 99 % an exact, profile or score
    limit is 0.19 to 2.68 times as far on the log scale as Wald's with 0.5 added, and 0.81 to 1.43 where no
    cell is below 5.
    """
    a, n, c, m = tables
    logs = [np.log(limit) for limit in wald_odds_ratio(tables, level, added=0.5)]
    middle, width = (logs[0] + logs[1]) / 2, (logs[1] - logs[0]) / 2
    large = np.minimum(np.minimum(a, n - a), np.minimum(c, m - c)) >= 5
    least, most = np.where(large, 0.7, 0.1) * width, np.where(large, 1.8, 4.0) * width
    fits = np.ones(a.shape, bool)
    for (low, high), side in ((lower, -1), (upper, 1)):
        if low <= 0 or high == math.inf:
            continue
        first, last = sorted((side * math.log(low), side * math.log(high)))
        fits &= (last >= side * middle + least) & (first <= side * middle + most)
    return fits


def _closed(limits: Callable[..., tuple[np.ndarray, np.ndarray]], error: Error) -> Callable[..., np.ndarray]:
    """Both limits of a formula lie in two ranges."""

    def within(tables: Tables, level: float, lower: Range, upper: Range) -> np.ndarray:
        low, high = limits(tables, level)
        return _between(low, _widened(lower, error)) & _between(high, _widened(upper, error))

    return within


def wald_odds_ratio(tables: Tables, level: float, added: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Woolf's limits on the log scale."""
    a, n, c, m = tables
    cells = [cell + added for cell in (a, n - a, c, m - c)]
    return _log_limits(odds_ratio(tables, added), _sum_of_inverses(cells), level)


def _sum_of_inverses(cells: list[np.ndarray]) -> np.ndarray:
    return np.sum([_over(np.ones(cell.shape), cell) for cell in cells], axis=0)


def wald_risk_ratio(tables: Tables, level: float, added: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Katz's limits on the log scale."""
    a, n, c, m = (x + y * added for x, y in zip(tables, (1, 2, 1, 2), strict=True))
    one = np.ones(np.shape(a))
    return _log_limits(risk_ratio(tables, added), _over(one, a) - 1 / n + _over(one, c) - 1 / m, level)


def poisson_risk_ratio(tables: Tables, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Wald limits of a Poisson regression whose standard errors are not robust."""
    one = np.ones(tables[0].shape)
    return _log_limits(risk_ratio(tables), _over(one, tables[0]) + _over(one, tables[2]), level)


def test_based(
    estimate: Callable[[Tables], np.ndarray], tables: Tables, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Miettinen's limits: the estimate to the power 1 -+ z / chi."""
    a, n, c, m = tables
    with np.errstate(divide="ignore", invalid="ignore"):
        chi = np.abs(a * m - c * n) * np.sqrt((n + m) / (n * m * (a + c) * (n + m - a - c)))
        log = np.log(estimate(tables))
        ends = log * (1 - _z(level) / chi), log * (1 + _z(level) / chi)
        low, high = np.exp(np.minimum(*ends)), np.exp(np.maximum(*ends))
    exists = np.isfinite(log) & (chi > 0)
    return np.where(exists, low, np.nan), np.where(exists, high, np.nan)


def wald_difference(tables: Tables, level: float, corrected: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The usual limits of a difference of risks; `corrected`: for continuity."""
    a, n, c, m = tables
    half = _z(level) * np.sqrt(a * (n - a) / n**3 + c * (m - c) / m**3)
    half = half + ((1 / n + 1 / m) / 2 if corrected else 0.0)
    return risk_difference(tables) - half, risk_difference(tables) + half


def agresti_caffo(tables: Tables, level: float) -> tuple[np.ndarray, np.ndarray]:
    """The same with an event and another patient added to each arm (2000, Am Stat 54:280)."""
    a, n, c, m = tables
    return wald_difference((a + 1, n + 2, c + 1, m + 2), level)


def newcombe(tables: Tables, level: float, corrected: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Limits from Wilson's of each arm (1998, Stat Med 17:873, methods 10 and 11)."""
    a, n, c, m = tables
    low1, high1 = _wilson(a, n, level, corrected)
    low0, high0 = _wilson(c, m, level, corrected)
    p1, p0 = a / n, c / m
    return (p1 - p0 - np.hypot(p1 - low1, high0 - p0), p1 - p0 + np.hypot(high1 - p1, p0 - low0))


def _wilson(
    events: np.ndarray, n: np.ndarray, level: float, corrected: bool
) -> tuple[np.ndarray, np.ndarray]:
    z, p = _z(level), events / n
    if not corrected:
        middle, half = events + z**2 / 2, z * np.sqrt(events * (1 - p) + z**2 / 4)
        return (middle - half) / (n + z**2), (middle + half) / (n + z**2)
    middle = 2 * events + z**2
    down = 1 + z * np.sqrt(np.maximum(z**2 - 2 - 1 / n + 4 * p * (n * (1 - p) + 1), 0.0))
    up = 1 + z * np.sqrt(np.maximum(z**2 + 2 - 1 / n + 4 * p * (n * (1 - p) - 1), 0.0))
    low = np.where(events == 0, 0.0, (middle - down) / (2 * (n + z**2)))
    return low, np.where(events == n, 1.0, (middle + up) / (2 * (n + z**2)))


METHODS: dict[str, dict[str, Method]] = {
    "odds_ratio": {
        "wald": Method("Wald (Woolf)", _closed(wald_odds_ratio, by_iteration)),
        "exact": Method("exact (conditional, as R's fisher.test)", _exact),
        "mid_p": Method("mid-p exact", partial(_exact, mid=True)),
        "profile": Method("profile likelihood", _inverted(odds_likelihood, by_interpolation, "odds_ratio")),
        "score": Method("score (Cornfield)", _inverted(odds_score, by_iteration, "odds_ratio")),
        "score_corrected": Method(
            "score (Cornfield) with continuity correction",
            _inverted(partial(odds_score, correction=0.5), by_iteration, "odds_ratio"),
        ),
        "miettinen_nurminen": Method(
            "score (Miettinen–Nurminen)",
            _inverted(partial(odds_score, unbiased=True), by_iteration, "odds_ratio"),
        ),
        "test_based": Method(
            "test-based (Miettinen)", _closed(partial(test_based, odds_ratio), by_iteration)
        ),
        "wald_halves": Method(
            "Wald with 0.5 added to every cell", _closed(partial(wald_odds_ratio, added=0.5), by_iteration)
        ),
    },
    "risk_ratio": {
        "wald": Method("Wald (Katz)", _closed(wald_risk_ratio, by_iteration)),
        "score": Method("score (Koopman)", _inverted(risk_score, by_iteration, "risk_ratio")),
        "miettinen_nurminen": Method(
            "score (Miettinen–Nurminen)",
            _inverted(partial(risk_score, unbiased=True), by_iteration, "risk_ratio"),
        ),
        "profile": Method("profile likelihood", _inverted(risk_likelihood, by_interpolation, "risk_ratio")),
        "test_based": Method(
            "test-based (Miettinen)", _closed(partial(test_based, risk_ratio), by_iteration)
        ),
        "poisson": Method("Wald of a Poisson regression", _closed(poisson_risk_ratio, by_iteration)),
        "wald_halves": Method(
            "Wald with 0.5 added to every cell", _closed(partial(wald_risk_ratio, added=0.5), by_iteration)
        ),
    },
    "risk_difference": {
        "wald": Method("Wald", _closed(wald_difference, by_iteration)),
        "wald_corrected": Method(
            "Wald with continuity correction, as R's prop.test",
            _closed(partial(wald_difference, corrected=True), by_iteration),
        ),
        "newcombe": Method("Newcombe", _closed(newcombe, by_iteration)),
        "newcombe_corrected": Method(
            "Newcombe with continuity correction", _closed(partial(newcombe, corrected=True), by_iteration)
        ),
        "agresti_caffo": Method("Agresti–Caffo", _closed(agresti_caffo, by_iteration)),
        "score": Method("score (Mee)", _inverted(difference_score, by_iteration, "risk_difference")),
        "miettinen_nurminen": Method(
            "score (Miettinen–Nurminen)",
            _inverted(partial(difference_score, unbiased=True), by_iteration, "risk_difference"),
        ),
        "profile": Method(
            "profile likelihood", _inverted(difference_likelihood, by_interpolation, "risk_difference")
        ),
    },
}
"""Every interval in use, by measure; those of ratios are what two_by_two.py computes for one table."""


# shared


def _z(level: float) -> float:
    return float(-special.ndtri((1 - level) / 2))


def _between(values: np.ndarray, wanted: Range) -> np.ndarray:
    return (values >= wanted[0]) & (values <= wanted[1])


def _widened(wanted: Range, error: Error) -> Range:
    """A range with the error of the software that prints it, which is relative to the value."""
    low, high = wanted
    return (
        low if not math.isfinite(low) else low - abs(low) * error(abs(low)),
        high if not math.isfinite(high) else high + abs(high) * error(abs(high)),
    )


def _log_limits(ratio: np.ndarray, variance: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits on the log scale, nan where the ratio or its variance does not exist."""
    half = _z(level) * np.sqrt(np.maximum(variance, 0.0))
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = ratio * np.exp(-half), ratio * np.exp(half)
    exists = np.isfinite(half) & np.isfinite(ratio) & (ratio > 0)
    return np.where(exists, low, np.nan), np.where(exists, high, np.nan)


def _informative(tables: Tables) -> np.ndarray:
    """Whether some had the event and some had not."""
    a, n, c, m = tables
    return (a + c > 0) & (a + c < n + m)


def _expected(tables: Tables, value: float) -> np.ndarray:
    """Events expected in the treated arm given the margins and an odds ratio."""

    def mean(probability: np.ndarray, of: np.ndarray, _at: np.ndarray) -> np.ndarray:
        return (probability @ np.arange(probability.shape[1]))[of]

    return by_margin(mean, *tables, log_odds_ratio=math.log(value))


def _upper_tail(tables: Tables, value: float, mid: bool, lower: bool = False) -> np.ndarray:
    """Probability of as many events in the treated arm or more (`lower`: or fewer) given the margins and an
    odds ratio; `mid`: the events found count half.
    """

    def tail(probability: np.ndarray, of: np.ndarray, at: np.ndarray) -> np.ndarray:
        if lower:
            found = np.cumsum(probability, axis=1)[of, at]
        else:
            found = np.cumsum(probability[:, ::-1], axis=1)[of, -1 - at]
        return found - probability[of, at] / 2 if mid else found

    return by_margin(tail, *tables, log_odds_ratio=math.log(value))
