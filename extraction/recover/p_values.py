"""p-values of every test a paper may have run on a 2x2 table, for many tables at once.

Every function takes four arrays of counts of one shape (events and patients in the treated arm, then in the
control) and returns p of that shape; nan where a test has none because all patients or none had the event.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, gammaln, xlogy

SAME_PROBABILITY = 1 + 1e-7
"""Tables count as equally probable up to this factor, as in R's fisher.test: their probabilities differ by
rounding alone.
"""
CELLS_AT_ONCE = 2_000_000


def fisher(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """Fisher's exact test: all tables with these margins that are no more probable than the one found."""

    def p(probability: np.ndarray, of: np.ndarray, at: np.ndarray) -> np.ndarray:
        # probabilities rise to their mode and fall: those no larger are a lower and an upper tail
        mode = np.argmax(probability, axis=1)[of]
        observed = probability[of, at] * SAME_PROBABILITY
        below = _tail_within(probability, of, observed, mode)
        return below + _tail_within(probability[:, ::-1], of, observed, probability.shape[1] - 2 - mode)

    return np.minimum(by_margin(p, events_treated, n_treated, events_control, n_control), 1.0)


def fisher_doubled(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """Fisher's exact test as twice the smaller tail, at most 1."""

    def p(probability: np.ndarray, of: np.ndarray, at: np.ndarray) -> np.ndarray:
        return 2 * _smaller_tail(probability, of, at)

    return np.minimum(by_margin(p, events_treated, n_treated, events_control, n_control), 1.0)


def mid_p(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """Twice the smaller tail, of which the table found counts half (Rothman's mid-p)."""

    def p(probability: np.ndarray, of: np.ndarray, at: np.ndarray) -> np.ndarray:
        return 2 * _smaller_tail(probability, of, at) - probability[of, at]

    return np.minimum(by_margin(p, events_treated, n_treated, events_control, n_control), 1.0)


def chi_squared(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """Pearson's chi-squared test without a correction, one degree of freedom."""
    return _chi_squared(0.0, events_treated, n_treated, events_control, n_control)


def chi_squared_yates(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """Pearson's chi-squared test with Yates's continuity correction, which never overshoots."""
    return _chi_squared(0.5, events_treated, n_treated, events_control, n_control)


def chi_squared_n_minus_1(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """The chi-squared test with N - 1 in place of N (Campbell 2007, Stat Med 26:3661), which is Mantel and
    Haenszel's test of one stratum.
    """
    return _chi_squared(0.0, events_treated, n_treated, events_control, n_control, fewer=1)


def likelihood_ratio(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """Likelihood-ratio chi-squared test, one degree of freedom: twice the sum of O log(O / E) over the
    cells.
    """
    a, n, c, m = (
        np.asarray(x, float)
        for x in np.broadcast_arrays(events_treated, n_treated, events_control, n_control)
    )
    events, total = a + c, n + m
    cells = ((a, n * events), (n - a, n * (total - events)), (c, m * events), (m - c, m * (total - events)))
    statistic = 2 * sum(xlogy(seen, seen * total / np.maximum(margins, 1.0)) for seen, margins in cells)
    # rounding may leave a little below 0 where the arms are alike
    return np.where((events > 0) & (events < total), chdtrc(1, np.maximum(statistic, 0.0)), np.nan)


def fisher_higher(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """One-sided Fisher's exact test, of as many events in the treated arm or more."""
    # the other arm has as many or fewer
    return fisher_lower(events_control, n_control, events_treated, n_treated)


def fisher_lower(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> np.ndarray:
    """One-sided Fisher's exact test, of as many events in the treated arm or fewer."""

    def p(probability: np.ndarray, of: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.cumsum(probability, axis=-1)[of, at]

    return np.minimum(by_margin(p, events_treated, n_treated, events_control, n_control), 1.0)


TESTS: dict[str, Callable[..., np.ndarray]] = {
    "fisher": fisher,
    "fisher_doubled": fisher_doubled,
    "chi_squared": chi_squared,
    "chi_squared_yates": chi_squared_yates,
    "mid_p": mid_p,
}
"""Two-sided tests of a 2x2 table by name, those that a paper may mean which names none."""

ALL_TESTS = TESTS | {
    "fisher_higher": fisher_higher,
    "fisher_lower": fisher_lower,
    "likelihood_ratio": likelihood_ratio,
    "chi_squared_n_minus_1": chi_squared_n_minus_1,
}
"""These, one-sided tests, and tests that a paper would name."""
EXACT = {"fisher", "fisher_doubled", "mid_p", "fisher_higher", "fisher_lower"}
"""Tests whose work grows with the groups."""

NAMES = {
    "fisher": "Fisher's exact test",
    "fisher_doubled": "Fisher's exact test, one tail doubled",
    "chi_squared": "chi-squared test",
    "chi_squared_yates": "chi-squared test with Yates's correction",
    "mid_p": "mid-p test",
    "fisher_higher": "one-sided Fisher's exact test, treated arm higher",
    "fisher_lower": "one-sided Fisher's exact test, treated arm lower",
    "likelihood_ratio": "likelihood-ratio chi-squared test",
    "chi_squared_n_minus_1": "chi-squared test with N − 1",
    "fisher_freeman_halton": "Fisher–Freeman–Halton test",
}
"""The same in words."""


def _smaller_tail(probability: np.ndarray, of: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Each tail added up from its own end: one less the other would lose a small one to rounding."""
    lower, upper = (np.cumsum(side, axis=-1) for side in (probability, probability[:, ::-1]))
    return np.minimum(lower[of, at], upper[of, -1 - at])


def _tail_within(probability: np.ndarray, of: np.ndarray, most: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Sum from the first probability of a margin to the last that is at most `most`, by bisection: up to
    `high` they rise.
    """
    low = np.full_like(high, -1)
    while (low < high).any():
        middle = (low + high + 1) // 2
        within = probability[of, middle] <= most
        low, high = np.where(within, middle, low), np.where(within, high, middle - 1)
    return np.where(low < 0, 0.0, np.cumsum(probability, axis=-1)[of, low])


def by_margin(p: Callable[..., np.ndarray], *counts: ArrayLike, log_odds_ratio: float = 0.0) -> np.ndarray:
    """Apply `p` to the hypergeometric probabilities, at an odds ratio, of all tables that share each table's
    margins, in pieces that fit in memory; each margin's are computed once.

    p : (probabilities (margin, k), which margin each table has, its k) -> p of shape (table,)
    """
    broadcast = np.broadcast_arrays(*counts)
    a, n, c, m = (np.asarray(x, np.int64).ravel() for x in broadcast)
    order = np.lexsort((a + c, m, n))
    margins = np.stack([n, m, a + c], axis=1)[order]
    first = np.flatnonzero(np.r_[True, (margins[1:] != margins[:-1]).any(axis=1)][: len(order)])
    ends = np.r_[first[1:], len(order)]
    largest = int(n.max(initial=0))
    step = max(1, CELLS_AT_ONCE // (largest + 1))
    found = np.empty(a.size)
    for start in range(0, len(first), step):
        firsts, lasts = first[start : start + step], ends[start : start + step]
        patients, others, events = margins[firsts].T
        probability = _hypergeometric(patients, others, events, largest, log_odds_ratio)
        of = np.repeat(np.arange(len(firsts)), lasts - firsts)
        rows = order[firsts[0] : lasts[-1]]
        found[rows] = p(probability, of, a[rows])
    return found.reshape(broadcast[0].shape)


def _hypergeometric(
    n_treated: np.ndarray, n_control: np.ndarray, events: np.ndarray, largest: int, log_odds_ratio: float
) -> np.ndarray:
    """Probability of k events in the treated arm, up to the largest, given all events; shape (margin, k)."""
    k = np.arange(largest + 1)
    total, n_treated, n_control = events[:, None], n_treated[:, None], n_control[:, None]
    other = total - k
    possible = (k <= n_treated) & (other >= 0) & (other <= n_control)
    log_factorial = gammaln(np.arange(n_treated.max(initial=0) + n_control.max(initial=0) + 1) + 1.0)

    def log_ways(n: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        chosen = np.clip(chosen, 0, n)
        return log_factorial[n] - log_factorial[chosen] - log_factorial[n - chosen]

    log_p = log_ways(n_treated, k) + log_ways(n_control, other) - log_ways(n_treated + n_control, total)
    log_p = np.where(possible, log_p, -np.inf)
    if not log_odds_ratio:
        return np.exp(log_p)
    log_p = log_p + k * log_odds_ratio
    probability = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return probability / probability.sum(axis=1, keepdims=True)


def _chi_squared(correction: float, *counts: ArrayLike, fewer: int = 0) -> np.ndarray:
    """p of the chi-squared test; `fewer` patients than there are enter its factor N."""
    a, n_treated, c, n_control = (np.asarray(x, float) for x in np.broadcast_arrays(*counts))
    n, events = n_treated + n_control, a + c
    deviation = np.abs(a - n_treated * events / n)  # of every cell from what is expected, up to its sign
    deviation = deviation - np.minimum(correction, deviation)
    # deviation squared over this is the statistic
    spread = n_treated * n_control * events * (n - events) / n**2 / (n - fewer)
    with np.errstate(divide="ignore", invalid="ignore"):
        return chdtrc(1, np.where(spread > 0, deviation**2 / spread, np.nan))
