"""What each method in use prints of a 2x2 table: odds and risk ratios, their intervals, and p-values.

A table is (events treated, n treated, events control, n control).  Ratios are treated over control; an
interval is (lower, upper) on the ratio's own scale, 0 or inf where a limit does not exist, nan where the
method has none for such a table.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from extraction.recover import p_values

Counts = tuple[int, int, int, int]
Interval = tuple[float, float]
SEARCHED = 30.0
"""Log ratios beyond it, either way, count as 0 or infinite."""
LARGEST_UNCONDITIONAL = 100
"""Patients in all up to which Barnard's and Boschloo's tests are tried; all together then take a tenth of a
second, and of 400 patients ten times as long.
"""


class Told(NamedTuple):
    """One number of one method; `error` is that of the software which prints it, relative to the value."""

    method: str
    value: float
    error: float = 1e-9


class Limits(NamedTuple):
    """An interval of one method, and the relative errors of the software which prints its two limits."""

    method: str
    limits: Interval
    errors: Interval


def by_iteration(_value: float) -> float:
    """Error of Wald limits: R's glm stops when the deviance moves by 1e-8 of itself."""
    return 5e-5


def by_root(value: float) -> float:
    """Error of exact limits: R looks for the ratio, or its inverse, between 0 and 1, to 1.2e-4 (uniroot)."""
    return 1.3e-4 * max(value, 1 / value) if 0 < value < math.inf else 0.0


def by_interpolation(_value: float) -> float:
    """Error of profile limits: R puts a spline through some ten points of the profile."""
    return 2e-3


def estimates(measure: str, counts: Counts) -> list[Told]:
    """Every estimate of an `odds_ratio` or `risk_ratio` in use."""
    a, n, c, m = counts
    if measure == "risk_ratio":
        return [
            Told("the ratio of the risks", _over(a * m, c * n)),
            Told(HALVES, _over((a + 0.5) * (m + 1), (c + 0.5) * (n + 1))),
        ]
    return [
        Told("the odds ratio of the counts", _over(a * (m - c), c * (n - a))),
        Told(
            "the conditional maximum likelihood, as in R's fisher.test",
            conditional := conditional_odds_ratio(counts),
            by_root(conditional),
        ),
        Told(
            "the median-unbiased estimate",
            median := _conditional_root(counts, 0.5, mid=True),
            by_root(median),
        ),
        Told(HALVES, _over((a + 0.5) * (m - c + 0.5), (c + 0.5) * (n - a + 0.5))),
    ]


HALVES = "the ratio with 0.5 added to every cell"


def intervals(measure: str, counts: Counts, level: float) -> Iterator[Limits]:
    """Every interval in use at a level (a share)."""
    methods = RISK_RATIO_INTERVALS if measure == "risk_ratio" else ODDS_RATIO_INTERVALS
    for name, (method, error) in methods.items():
        low, high = method(counts, level)
        yield Limits(name, (low, high), (error(low), error(high)))


def tests(counts: Counts) -> list[Told]:
    """Two-sided p of every test in use, nan where there is none."""
    found = [Told(p_values.NAMES[name], float(p_values.ALL_TESTS[name](*counts))) for name in TWO_SIDED]
    return found + [Told(name, test(counts), by_iteration(0)) for name, test in OTHER_TESTS.items()]


TWO_SIDED = [*p_values.TESTS, "likelihood_ratio", "chi_squared_n_minus_1"]
EXACT = {p_values.NAMES[name] for name in p_values.EXACT}
"""Tests whose one-sided p is no half of the two-sided."""


def one_sided(counts: Counts) -> list[Told]:
    """Both one-sided p of every test in use; half a two-sided p, or one less that, but for exact tests."""
    lower, higher = (float(p_values.ALL_TESTS[f"fisher_{side}"](*counts)) for side in ("lower", "higher"))
    own = lower + higher - 1  # the probability of the table itself, in both tails
    found = [
        Told("Fisher's exact test", lower),
        Told("Fisher's exact test", higher),
        Told("mid-p test", lower - own / 2),
        Told("mid-p test", higher - own / 2),
    ]
    for name, p, error in tests(counts):
        if name not in EXACT:
            found += [Told(name, p / 2, error), Told(name, 1 - p / 2, error)]
    return found


def unconditional(counts: Counts) -> Iterator[Told]:
    """Barnard's and Boschloo's p of a table that is small enough, two-sided and one-sided, one by one."""
    a, n, c, m = counts
    if n + m > LARGEST_UNCONDITIONAL or not 0 < a + c < n + m:
        return
    for side, words in (("two-sided", ""), ("less", ", one-sided"), ("greater", ", one-sided")):
        for name in ("Boschloo's test", "Barnard's test", "Barnard's test, unpooled"):
            yield Told(name + words, _unconditional_p(name, (a, n, c, m), side), 1e-3)


@lru_cache(maxsize=1000)
def _unconditional_p(name: str, counts: Counts, side: str) -> float:
    """By SciPy, which looks for the least favourable risk."""
    from scipy import stats

    a, n, c, m = counts
    table = [[a, c], [n - a, m - c]]
    if name.startswith("Boschloo"):
        return float(stats.boschloo_exact(table, alternative=side).pvalue)
    pooled = not name.endswith("unpooled")
    return float(stats.barnard_exact(table, alternative=side, pooled=pooled).pvalue)


def conditional_odds_ratio(counts: Counts) -> float:
    """The odds ratio under which the margins given make the events found the most probable (Fisher)."""
    a = counts[0]
    k, log_weights = _log_weights(counts)
    if a == k[0] or a == k[-1]:
        return math.nan if k[0] == k[-1] else 0.0 if a == k[0] else math.inf

    def excess(log_ratio: float) -> float:
        return float(special.softmax(log_weights + k * log_ratio) @ k) - a

    return math.exp(optimize.brentq(excess, -SEARCHED, SEARCHED, xtol=1e-12))


# intervals


def exact_odds_ratio(counts: Counts, level: float) -> Interval:
    """Cornfield's exact limits: each tail of the noncentral hypergeometric at half of what is left out."""
    return _conditional_root(counts, (1 - level) / 2), _conditional_root(counts, (1 - level) / 2, upper=True)


def mid_p_odds_ratio(counts: Counts, level: float) -> Interval:
    """The same where the table found counts half in each tail."""
    half = (1 - level) / 2
    return _conditional_root(counts, half, mid=True), _conditional_root(counts, half, mid=True, upper=True)


def wald_odds_ratio(counts: Counts, level: float, added: float = 0.0) -> Interval:
    """Woolf's limits on the log scale."""
    a, n, c, m = counts
    cells = [x + added for x in (a, n - a, c, m - c)]
    if min(cells) <= 0:
        return math.nan, math.nan
    return _log_limits(cells[0] * cells[3] / (cells[1] * cells[2]), sum(1 / x for x in cells), level)


def wald_risk_ratio(counts: Counts, level: float, added: float = 0.0) -> Interval:
    """Katz's limits on the log scale."""
    a, n, c, m = counts[0] + added, counts[1] + 2 * added, counts[2] + added, counts[3] + 2 * added
    if min(a, c) <= 0:
        return math.nan, math.nan
    return _log_limits(a * m / (c * n), 1 / a - 1 / n + 1 / c - 1 / m, level)


def poisson_risk_ratio(counts: Counts, level: float) -> Interval:
    """Wald limits of a Poisson regression whose standard errors are not robust."""
    a, n, c, m = counts
    return _log_limits(a * m / (c * n), 1 / a + 1 / c, level) if min(a, c) > 0 else (math.nan, math.nan)


def interval_of_test(estimate: Callable[[Counts], float], counts: Counts, level: float) -> Interval:
    """Miettinen's limits: the estimate to the power 1 -+ z / chi."""
    ratio, chi = estimate(counts), -special.ndtri(float(p_values.chi_squared(*counts)) / 2)
    if not 0 < ratio < math.inf or not chi > 0:
        return math.nan, math.nan
    ends = sorted(ratio ** (1 + side * _z(level) / chi) for side in (-1, 1))
    return ends[0], ends[1]


def _log_limits(ratio: float, variance: float, level: float) -> Interval:
    half = _z(level) * math.sqrt(max(variance, 0.0))
    return ratio * math.exp(-half), ratio * math.exp(half)


def _inverted(
    statistic: Callable[[Counts, float], float],
    ratio: Callable[[Counts], float],
    counts: Counts,
    level: float,
) -> Interval:
    """Ratios whose statistic, 0 at the estimate and rising on both sides, is the square of z."""
    a, n, c, m = counts
    if not 0 < a + c < n + m:
        return math.nan, math.nan
    middle = min(max(math.log(ratio(counts)) if ratio(counts) > 0 else -math.inf, -SEARCHED), SEARCHED)
    target = _z(level) ** 2

    def beyond(log_ratio: float) -> float:
        return statistic(counts, math.exp(log_ratio)) - target

    def end(far: float) -> float:
        if beyond(middle) > 0:  # a continuity correction may leave nothing
            return math.nan
        return far if beyond(far) < 0 else optimize.brentq(beyond, middle, far, xtol=1e-11)

    low, high = end(-SEARCHED), end(SEARCHED)
    return 0.0 if low == -SEARCHED else math.exp(low), math.inf if high == SEARCHED else math.exp(high)


def _fitted(counts: Counts, odds_ratio: float) -> np.ndarray:
    """Cells (events and others, treated then control) with the margins of a table and an odds ratio."""
    a, n, c, m = counts
    total, by = a + c, odds_ratio - 1
    if abs(by) < 1e-12:
        events = n * total / (n + m)
    else:
        b = odds_ratio * (n + total) + m - total
        root = math.sqrt(b * b - 4 * by * odds_ratio * n * total)
        events = (b - root) / (2 * by) if b < 0 else 2 * odds_ratio * n * total / (b + root)
    events = min(max(events, max(0, total - m)), min(n, total))
    return np.array([events, n - events, total - events, m - total + events])


def _odds_score(counts: Counts, odds_ratio: float, correction: float = 0.0, unbiased: bool = False) -> float:
    a, n, _, m = counts
    cells = _fitted(counts, odds_ratio)
    if cells.min() <= 0:
        return math.inf
    deviation = max(abs(a - cells[0]) - correction, 0.0)
    return deviation**2 * float((1 / cells).sum()) * ((n + m - 1) / (n + m) if unbiased else 1)


def _odds_likelihood(counts: Counts, odds_ratio: float) -> float:
    a, n, c, m = counts
    found, fitted = np.array([a, n - a, c, m - c]), _fitted(counts, odds_ratio)
    return 2 * float(special.kl_div(found, np.maximum(fitted, 1e-300)).sum())


def _risks_given(counts: Counts, risk_ratio: float) -> tuple[float, float]:
    """Maximum likelihood risks whose ratio is given (Miettinen & Nurminen 1985)."""
    a, n, c, m = counts
    b = risk_ratio * (n + c) + a + m
    control = 2 * (a + c) / (b + math.sqrt(max(b * b - 4 * (n + m) * risk_ratio * (a + c), 0.0)))
    return min(risk_ratio * control, 1.0), min(control, 1.0)


def _risk_score(counts: Counts, risk_ratio: float, unbiased: bool = False) -> float:
    a, n, c, m = counts
    treated, control = _risks_given(counts, risk_ratio)
    variance = treated * (1 - treated) / n + risk_ratio**2 * control * (1 - control) / m
    if variance <= 0:
        return 0.0 if abs(a / n - risk_ratio * c / m) < 1e-12 else math.inf
    return (a / n - risk_ratio * c / m) ** 2 / variance * ((n + m - 1) / (n + m) if unbiased else 1)


def _risk_likelihood(counts: Counts, risk_ratio: float) -> float:
    a, n, c, m = counts
    treated, control = _risks_given(counts, risk_ratio)
    found = np.array([a, n - a, c, m - c])
    fitted = np.array([n * treated, n * (1 - treated), m * control, m * (1 - control)])
    return 2 * float(special.kl_div(found, np.maximum(fitted, 1e-300)).sum())


def _odds_ratio(counts: Counts) -> float:
    return estimates("odds_ratio", counts)[0].value


def _risk_ratio(counts: Counts) -> float:
    return _over(counts[0] * counts[3], counts[2] * counts[1])


Method = tuple[Callable[[Counts, float], Interval], Callable[[float], float]]
ODDS_RATIO_INTERVALS: dict[str, Method] = {
    "Wald (Woolf)": (wald_odds_ratio, by_iteration),
    "exact (conditional, as R's fisher.test)": (exact_odds_ratio, by_root),
    "mid-p exact": (mid_p_odds_ratio, by_root),
    "profile likelihood": (partial(_inverted, _odds_likelihood, _odds_ratio), by_interpolation),
    "score (Cornfield)": (partial(_inverted, _odds_score, _odds_ratio), by_iteration),
    "score (Cornfield) with continuity correction": (
        partial(_inverted, partial(_odds_score, correction=0.5), _odds_ratio),
        by_iteration,
    ),
    "score (Miettinen–Nurminen)": (
        partial(_inverted, partial(_odds_score, unbiased=True), _odds_ratio),
        by_iteration,
    ),
    "test-based (Miettinen)": (partial(interval_of_test, _odds_ratio), by_iteration),
    "Wald with 0.5 added to every cell": (partial(wald_odds_ratio, added=0.5), by_iteration),
}
"""Intervals of an odds ratio in use: limits of a table at a level, and the error of software."""
RISK_RATIO_INTERVALS: dict[str, Method] = {
    "Wald (Katz)": (wald_risk_ratio, by_iteration),
    "score (Koopman)": (partial(_inverted, _risk_score, _risk_ratio), by_iteration),
    "score (Miettinen–Nurminen)": (
        partial(_inverted, partial(_risk_score, unbiased=True), _risk_ratio),
        by_iteration,
    ),
    "profile likelihood": (partial(_inverted, _risk_likelihood, _risk_ratio), by_interpolation),
    "test-based (Miettinen)": (partial(interval_of_test, _risk_ratio), by_iteration),
    "Wald of a Poisson regression": (poisson_risk_ratio, by_iteration),
    "Wald with 0.5 added to every cell": (partial(wald_risk_ratio, added=0.5), by_iteration),
}
"""Intervals of a risk ratio in use."""


# tests


def _wald_p(measure: str, counts: Counts, added: float = 0.0) -> float:
    method = wald_risk_ratio if measure == "risk_ratio" else wald_odds_ratio
    low, high = method(counts, 0.95, added)
    if not 0 < low < high:
        return math.nan
    return _of_z((math.log(low) + math.log(high)) / (math.log(high) - math.log(low)) * _z(0.95))


def _difference_p(counts: Counts) -> float:
    a, n, c, m = counts
    variance = a * (n - a) / n**3 + c * (m - c) / m**3
    return _of_z((a / n - c / m) / math.sqrt(variance)) if variance > 0 else math.nan


def _mantel_haenszel_corrected(counts: Counts) -> float:
    """As R's mantelhaen.test of one stratum, which takes off a half where there is as much."""
    a, n, c, m = counts
    total, events = n + m, a + c
    variance = n * m * events * (total - events) / (total**2 * (total - 1))
    away = abs(a - n * events / total)
    return _of_z((away - (0.5 if away >= 0.5 else 0.0)) / math.sqrt(variance)) if variance else math.nan


OTHER_TESTS: dict[str, Callable[[Counts], float]] = {
    "Wald's test of the log odds ratio": lambda counts: _wald_p("odds_ratio", counts),
    "Wald's test of the log risk ratio": lambda counts: _wald_p("risk_ratio", counts),
    "Wald's test of the log odds ratio with 0.5 added to every cell": lambda counts: _wald_p(
        "odds_ratio", counts, 0.5
    ),
    "Wald's test of the risk difference": _difference_p,
    "Mantel and Haenszel's test with continuity correction": _mantel_haenszel_corrected,
}
"""Two-sided tests of a table beside those of p_values."""


def _of_z(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def _z(level: float) -> float:
    return float(-special.ndtri((1 - level) / 2))


def _over(a: float, b: float) -> float:
    return a / b if b else math.nan if not a else math.inf


def _log_weights(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Events treated that the margins allow, and the log number of ways to have them."""
    a, n, c, m = counts
    k = np.arange(max(0, a + c - m), min(n, a + c) + 1)
    other = a + c - k
    return k, -sum(special.gammaln(x + 1.0) for x in (k, n - k, other, m - other))


def _conditional_root(counts: Counts, tail: float, mid: bool = False, upper: bool = False) -> float:
    """Odds ratio at which the tail at and above the events found (`upper`: at and below) is so probable."""
    a = counts[0]
    k, log_weights = _log_weights(counts)
    if k[0] == k[-1]:
        return math.nan
    if not mid and a == (k[-1] if upper else k[0]):
        return math.inf if upper else 0.0
    side = k <= a if upper else k >= a

    def excess(log_ratio: float) -> float:
        share = special.softmax(log_weights + k * log_ratio)
        return float(share[side].sum() - (share[k == a].sum() / 2 if mid else 0)) - tail

    if (probable := excess(-SEARCHED) > 0) == (excess(SEARCHED) > 0):  # it is so at no ratio, or at every one
        return math.inf if probable == upper else 0.0
    return math.exp(optimize.brentq(excess, -SEARCHED, SEARCHED, xtol=1e-12))
