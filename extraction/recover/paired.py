"""Pairs of which one, both or neither had the event: which tables give a printed p of McNemar's test.

The test sees the discordant pairs alone: b in which only the first had the event, c only the second.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr, chdtrc, gammaln

from extraction.recover import TooLarge, Unusable
from extraction.recover.rounding import CONVENTIONS, NONE_FITS, Convention, PrintedP

LARGEST = 2_000
"""Pairs; all 2 million tables of as many are listed in a second or so."""


def exact(b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Twice the smaller tail of the binomial, at most 1 (SPSS, Stata, statsmodels)."""
    return np.minimum(2 * bdtr(np.minimum(b, c), b + c, 0.5), 1.0)


def mid_p(b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The same, of which the table found counts half (Fagerland 2013, BMC Med Res Methodol 13:91)."""
    n = b + c
    own = np.exp(gammaln(n + 1.0) - gammaln(b + 1.0) - gammaln(c + 1.0) - n * np.log(2))
    return np.minimum(2 * bdtr(np.minimum(b, c), n, 0.5) - own, 1.0)


def chi_squared(b: np.ndarray, c: np.ndarray, correction: float = 0.0) -> np.ndarray:
    """(|b - c| - correction)^2 / (b + c) on one degree of freedom; nan without discordant pairs."""
    away = np.maximum(np.abs(b - c) - np.where(b == c, 0.0, correction), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return chdtrc(1, np.where(b + c > 0, away**2 / (b + c), np.nan))


def chi_squared_corrected(b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """With continuity correction (R's mcnemar.test)."""
    return chi_squared(b, c, 1.0)


TESTS: dict[str, tuple[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "exact": ("McNemar's exact test", exact),
    "mid_p": ("McNemar's mid-p test", mid_p),
    "chi_squared": ("McNemar's chi-squared test", chi_squared),
    "chi_squared_corrected": ("McNemar's chi-squared test with continuity correction", chi_squared_corrected),
}
"""Two-sided tests by name, in words."""
ONE_SIDED = ", one-sided"


class Pairs(NamedTuple):
    """A table: pairs in which only the first had the event, and only the second.

    test : in words
    """

    only_first: int
    only_second: int
    test: str
    match: Convention


def one_sided(test: str, b: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """p of the alternatives that the second, or the first, has more events."""
    if test in ("exact", "mid_p"):
        n = b + c
        own = np.exp(gammaln(n + 1.0) - gammaln(b + 1.0) - gammaln(c + 1.0) - n * np.log(2))
        less = own / 2 if test == "mid_p" else 0.0
        return bdtr(b, n, 0.5) - less, bdtr(c, n, 0.5) - less
    half = TESTS[test][1](b, c) / 2
    return np.where(b <= c, half, 1 - half), np.where(c <= b, half, 1 - half)


def recover_pairs(
    n: int,
    p: PrintedP,
    events: tuple[int | None, int | None] = (None, None),
    discordant: tuple[int | None, int | None] = (None, None),
    tests: tuple[str, ...] = tuple(TESTS),
) -> list[Pairs]:
    """Every table of n pairs that gives the p by a named test, two-sided, or where there is none one-sided.

    events : of the first and of the second, where printed; discordant : b and c, where printed
    Raises Unusable for numbers that are no table, TooLarge beyond LARGEST pairs.
    """
    _require(n, events, discordant, tests)
    b, c = _tables(n, events, discordant)
    found = []
    for test in tests:
        words, p_of = TESTS[test]
        found += _that_print(p, b, c, p_of(b, c), words)
    if not found:
        for test in tests:
            for values in one_sided(test, b, c):
                found += _that_print(p, b, c, values, TESTS[test][0] + ONE_SIDED)
    return sorted(set(found))


def _require(
    n: int,
    events: tuple[int | None, int | None],
    discordant: tuple[int | None, int | None],
    tests: tuple[str, ...],
) -> None:
    if n < 1:
        raise Unusable(f"{n} pairs: a table has at least one")
    if n > LARGEST:
        raise TooLarge(f"{n:,} pairs: tables are listed of up to {LARGEST:,}")
    if unknown := [test for test in tests if test not in TESTS]:
        raise Unusable(f"test {unknown[0]!r}: the tests of pairs are {', '.join(TESTS)}")
    for value in (*events, *discordant):
        if value is not None and value > n:
            raise Unusable(f"{value}: of {n} pairs no more can have the event")


def _tables(
    n: int, events: tuple[int | None, int | None], discordant: tuple[int | None, int | None]
) -> tuple[np.ndarray, np.ndarray]:
    """b and c of every table: both together are at most n, and what is printed fits."""
    b, c = (np.arange(n + 1) if known is None else np.array([known]) for known in discordant)
    b, c = (axis.ravel() for axis in np.meshgrid(b, c, indexing="ij"))
    fits = b + c <= n
    first, second = events
    if first is not None:  # both had it in first - b pairs, and none in n - first - c
        fits &= (b <= first) & (c <= n - first)
    if second is not None:
        fits &= (c <= second) & (b <= n - second)
    if first is not None and second is not None:
        fits &= b - c == first - second
    return b[fits], c[fits]


def _that_print(p: PrintedP, b: np.ndarray, c: np.ndarray, values: np.ndarray, words: str) -> list[Pairs]:
    convention = p.convention(values)
    return [
        Pairs(int(b[at]), int(c[at]), words, CONVENTIONS[convention[at]])
        for at in np.flatnonzero(convention < NONE_FITS)
    ]
