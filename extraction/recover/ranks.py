"""Which p-values can a rank test give at these group sizes?

A rank test sees only the order of the patients, so it gives few p-values: ten where 9 v 2 patients have no
ties.  U is the number of pairs in which the treated patient lasts longer, a tied pair counting half: the rank
sum less a constant.
"""

import math
from functools import lru_cache

import numpy as np
from scipy import special

from extraction.recover import TooLarge, Unusable
from extraction.recover.rounding import EDGE, Convention, printed_p

RANK_TESTS = {
    "mann_whitney": "exact Mann–Whitney test",
    "mann_whitney_normal": "Mann–Whitney test by the normal approximation",
    "mann_whitney_normal_corrected": (
        "Mann–Whitney test by the normal approximation with continuity correction"
    ),
}
"""Two-sided rank tests by name, in words.

Without ties the exact p is that of R's wilcox.test, scipy's `exact` and Prism: twice the smaller tail, at
most 1. SPSS prints the normal approximation without the correction, R and scipy use the correction unless
told otherwise.
"""
LARGEST_EXACT = 300
"""Patients in all; 150 v 150 take half a second, and programs turn to the normal approximation earlier."""
LARGEST_TIED = 10_000_000
"""Cells of (pattern of ties, value of U); 9 v 8 patients are just below it and take half a second."""


@lru_cache
def mann_whitney_null(n_treated: int, n_control: int) -> np.ndarray:
    """Exact null distribution of U, the number of pairs in which the treated patient lasts longer; shape
    (n_treated * n_control + 1,).
    """
    counts = np.zeros((n_control + 1, n_treated * n_control + 1))
    counts[:, 0] = 1.0
    for _ in range(n_treated):
        for j in range(1, n_control + 1):
            shifted = np.zeros_like(counts[j])
            shifted[j:] = counts[j][: counts.shape[1] - j]
            counts[j] = counts[j - 1] + shifted
    return counts[-1] / counts[-1].sum()


@lru_cache
def attainable_p(
    n_treated: int, n_control: int, test: str = "mann_whitney", ties: bool = False
) -> np.ndarray:
    """Every two-sided p that a rank test can give, ascending.

    test : a name in RANK_TESTS
    ties : every pattern of tied mid-ranks as well.  The exact test is then the permutation test of the rank
    sum, by twice the
        smaller tail and by the rank sums at least as far from their mean; the normal ones take the
        tie-corrected variance
    Raises Unusable for an empty group or another test, TooLarge beyond LARGEST_EXACT or LARGEST_TIED.
    """
    require_sizes(n_treated, n_control, "rank test")
    if test not in RANK_TESTS:
        raise Unusable(f"test {test!r}: the rank tests are {', '.join(RANK_TESTS)}")
    correction = 0.5 if test.endswith("corrected") else 0.0
    if ties:
        ways, tie_sums = tied_ways(n_treated, n_control)
        found = (
            _tied_exact(ways)
            if test == "mann_whitney"
            else _tied_normal(ways, tie_sums, n_treated, n_control, correction)
        )
    elif test == "mann_whitney":
        if n_treated + n_control > LARGEST_EXACT:
            raise TooLarge(
                f"{n_treated} v {n_control} patients: the exact rank test is listed for up to {LARGEST_EXACT}"
                " patients in all"
            )
        tail = np.cumsum(mann_whitney_null(n_treated, n_control)[: n_treated * n_control // 2 + 1])
        found = np.minimum(1.0, 2 * tail)
    else:
        away = np.arange(n_treated * n_control % 2, n_treated * n_control + 1, 2) / 2
        found = _normal(away, 0.0, n_treated, n_control, correction)
    found = np.unique(found)
    found.setflags(write=False)  # it is shared by every caller
    return found


def judge_rank_p(
    n_treated: int, n_control: int, p: str, test: str = "mann_whitney", ties: bool = False
) -> dict:
    """Whether a rank test can give a printed p.

    possible : some attainable p rounds to the printed one, or lies within the printed bound
    match : `rounded`; `truncated` where one fits only if its digits are cut off; None
    nearest_attainable_p : nearest to the values that print so; the smallest of those that do
    Raises as `attainable_p`, and Unusable for what is no p-value.
    """
    printed, attainable = printed_p(p), attainable_p(n_treated, n_control, test, ties)
    rounds = printed.rounds(attainable)
    distance = np.where(rounds, 0.0, np.maximum(printed.lower - attainable, attainable - printed.upper))
    return {
        "possible": bool(rounds.any()),
        "smallest_attainable_p": float(attainable[0]),
        "nearest_attainable_p": float(attainable[np.argmin(distance)]),
        "match": Convention.ROUNDED
        if rounds.any()
        else Convention.TRUNCATED
        if printed.cut_off(attainable).any()
        else None,
        "test": test,
        "ties": ties,
    }


def share_attainable(
    n_treated: int, n_control: int, p: str, test: str = "mann_whitney", ties: bool = False
) -> float:
    """How much a printed p checks: the share of values with its digits, from half to twice its size, that the
    test can print.

    Near 0 an impossible p would show; at 1 every value can be printed, so the digits check nothing.  A bound
    has no neighbours: 1 where the test can print it, else 0.
    """
    printed, attainable = printed_p(p), attainable_p(n_treated, n_control, test, ties)
    unit = printed.upper_cut - printed.lower_cut
    if unit == 0:
        return float(printed.rounds(attainable).any())
    value = round(printed.lower_cut / unit)
    lowest, highest = (value + 1) // 2, min(2 * value, round(1 / unit))
    # two on an edge
    prints = np.unique(
        [np.ceil(attainable * (1 - EDGE) / unit - 0.5), np.floor(attainable * (1 + EDGE) / unit + 0.5)]
    )
    return float(np.sum((prints >= lowest) & (prints <= highest)) / (highest - lowest + 1))


def require_sizes(n_treated: int, n_control: int, test: str) -> None:
    for name, n in (("n_treated", n_treated), ("n_control", n_control)):
        if n < 1:
            raise Unusable(f"{name} is {n}: a {test} compares two groups of at least one patient")


def _normal(
    away: np.ndarray, tie_sum: np.ndarray | float, n_treated: int, n_control: int, correction: float
) -> np.ndarray:
    """p of |U - its mean| by the normal approximation; tie_sum is the sum of t^3 - t over groups of t tied
    patients.
    """
    n = n_treated + n_control
    variance = n_treated * n_control / 12 * (n + 1 - tie_sum / (n * (n - 1)))
    return 2 * special.ndtr(-np.maximum(away - correction, 0.0) / np.sqrt(variance))


def tied_ways(n_treated: int, n_control: int) -> tuple[np.ndarray, np.ndarray]:
    """In how many ways each pattern of ties gives each U.

    A pattern is the sizes of the groups of tied patients, from the shortest time up.  Patterns of the first m
    patients, a of them treated, are built from shorter ones by a last group of t, b of them
    treated. Returns ways, shape (pattern, 2 n_treated n_control + 1), by twice U; and tie sums (see
    _normal), shape (pattern,).
    """
    n, width = n_treated + n_control, 2 * n_treated * n_control + 1
    if (size := 2 ** (n - 1) * width) > LARGEST_TIED:
        raise TooLarge(
            f"{n_treated} v {n_control} patients have 2^{n - 1} patterns of ties of up to {width:,} values of"
            f" U each, 10^{math.log10(size):.1f} in all and more than 10^{math.log10(LARGEST_TIED):.0f}:"
            " judge the p without ties"
        )
    ways = {(0, 0): np.eye(1, width, dtype=np.int32)}
    tie_sums = {0: np.zeros(1, int)}
    for m in range(1, n + 1):
        tie_sums[m] = np.concatenate([tie_sums[m - t] + t**3 - t for t in range(1, m + 1)])
        for a in range(max(0, m - n_control), min(m, n_treated) + 1):
            ways[m, a] = np.concatenate([_with_last_group(ways, m - t, a, t) for t in range(1, m + 1)])
    return ways[n, n_treated], tie_sums[n]


def _with_last_group(ways: dict, before: int, a: int, t: int) -> np.ndarray:
    """Ways of all patterns of `before` patients followed by a group of t, with a treated patients in
    all.
    """
    rows, width = 2 ** max(before - 1, 0), ways[0, 0].shape[1]
    found = np.zeros((rows, width), np.int32)
    for b in range(min(a, t) + 1):
        shorter = ways.get((before, a - b))
        if shorter is not None:
            # of the b: above every control before, tied with t - b
            twice_u = 2 * b * (before - (a - b)) + b * (t - b)
            found[:, twice_u:] += math.comb(t, b) * shorter[:, : width - twice_u]
    return found


def _tied_exact(ways: np.ndarray) -> np.ndarray:
    """Attainable p of the permutation test by both two-sided conventions; all are whole numbers of ways out
    of all.
    """
    total, middle = int(ways[0].sum()), ways.shape[1] // 2
    lower = np.cumsum(ways, axis=1, dtype=np.int32)
    upper = total - lower + ways
    attained = np.zeros(2 * total + 1, bool)
    attained[2 * np.minimum(lower, upper)[ways > 0]] = True
    either = lower[:, middle::-1] + upper[:, middle:]  # as far from the middle, on either side
    attained[either[(ways[:, middle::-1] > 0) | (ways[:, middle:] > 0)]] = True
    return np.minimum(1.0, np.flatnonzero(attained) / total)


def _tied_normal(
    ways: np.ndarray, tie_sums: np.ndarray, n_treated: int, n_control: int, correction: float
) -> np.ndarray:
    """Attainable p of the normal approximation; where all patients are tied it has none."""
    middle = ways.shape[1] // 2
    reached = (ways[:, middle::-1] > 0) | (ways[:, middle:] > 0)
    n = n_treated + n_control
    found = [
        _normal(
            np.flatnonzero(reached[tie_sums == tie_sum].any(axis=0)) / 2,
            tie_sum,
            n_treated,
            n_control,
            correction,
        )
        for tie_sum in np.unique(tie_sums)
        if tie_sum < n**3 - n
    ]
    return np.concatenate(found)
