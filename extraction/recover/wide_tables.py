"""Every table of several groups by several categories that could have printed these numbers.

Groups are rows, categories columns.  A paper that tests three classes of response at once and prints two of
them by arm has printed the third: the p-value chooses the split.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, gammaln

from extraction.recover import TooLarge, Unusable, ordered_tests, p_values
from extraction.recover.p_values import SAME_PROBABILITY
from extraction.recover.rounding import CONVENTIONS, NONE_FITS, Convention, PrintedP, PrintedPercent

LARGEST_SEARCH = 2_000_000
TESTS = ("fisher_freeman_halton", "chi_squared")
"""Those that a paper may mean which names none."""


class WideCandidate(NamedTuple):
    """A table (rows of counts) that prints so; `test` and `match` as for a 2x2 table."""

    table: tuple[tuple[int, ...], ...]
    test: str | None
    match: Convention

    def __str__(self) -> str:
        return " v ".join("/".join(map(str, row)) for row in self.table)


def recover_wide_tables(
    sizes: list[int],
    totals: list[int | None],
    cells: list[list[int | PrintedPercent | None]],
    p: PrintedP | None = None,
    tests: tuple[str, ...] = TESTS,
) -> list[WideCandidate]:
    """Every table of the given group sizes, once for each named test that gives the printed p.

    totals : patients of each category over all groups, None where not printed
    cells : for each group, what is printed of each category: a count, a percentage of the group, or None
    Raises Unusable for numbers that are no table, TooLarge before a search of more than LARGEST_SEARCH
    tables.
    """
    _require_shape(sizes, totals, cells, tests)
    rows = [_rows(size, printed) for size, printed in zip(sizes, cells, strict=True)]
    tables, weakest = _join(rows, totals)
    if p is None:
        return [_candidate(table, None, place) for table, place in zip(tables, weakest, strict=True)]
    found = []
    for test in tests:
        values = ALL_TESTS[test](tables)
        convention = p.convention(values)
        fits = convention < NONE_FITS
        places = np.maximum(convention, weakest)[fits]
        found += [_candidate(table, test, place) for table, place in zip(tables[fits], places, strict=True)]
    return sorted(found)


def chi_squared(tables: np.ndarray) -> np.ndarray:
    """p of Pearson's chi-squared test of tables, shape (table, row, column); categories that nobody holds are
    left out.
    """
    tables = np.asarray(tables, float)
    row, column = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    expected = row * column / tables.sum(axis=(1, 2), keepdims=True)
    statistic = np.sum((tables - expected) ** 2 / np.where(expected > 0, expected, 1.0), axis=(1, 2))
    freedom = ((row > 0).sum(axis=(1, 2)) - 1) * ((column > 0).sum(axis=(1, 2)) - 1)
    return np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), statistic), np.nan)


def fisher_freeman_halton(tables: np.ndarray) -> np.ndarray:
    """p of Fisher's exact test extended by Freeman and Halton: all tables of the same margins no more
    probable than the one found.

    tables : shape (table, row, column).  Raises TooLarge where one set of margins holds more than
    LARGEST_SEARCH tables.
    """
    tables = np.asarray(tables, np.int64)
    margins, which = np.unique(
        np.concatenate([tables.sum(axis=2), tables.sum(axis=1)], axis=1), axis=0, return_inverse=True
    )
    found = np.empty(len(tables))
    n_rows = tables.shape[1]
    for i, margin in enumerate(margins):
        here = which.ravel() == i
        reference, _ = _join(
            [_rows(size, [None] * tables.shape[2]) for size in margin[:n_rows]],
            list(map(int, margin[n_rows:])),
        )
        probability = _relative_probability(reference)
        observed = _relative_probability(tables[here])[:, None] * SAME_PROBABILITY
        found[here] = np.sum(np.where(probability <= observed, probability, 0.0), axis=1) / probability.sum()
    return found


ALL_TESTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "fisher_freeman_halton": fisher_freeman_halton,
    "chi_squared": chi_squared,
    **ordered_tests.TESTS,
}
"""These, and tests of categories that have an order."""
NAMES = p_values.NAMES | ordered_tests.NAMES
"""The same in words."""


def _relative_probability(tables: np.ndarray) -> np.ndarray:
    """Probability of tables given their margins, up to a factor that the margins fix."""
    return np.exp(
        -gammaln(tables + 1.0).sum(axis=(1, 2))
        + gammaln(tables.sum(axis=(1, 2)) + 1.0)
        - gammaln(tables.sum(axis=2) + 1.0).sum(axis=1)
    )


def _rows(size: int, printed: list) -> tuple[np.ndarray, np.ndarray]:
    """Every way to spread a group over its categories that fits what is printed of it, and the place in
    CONVENTIONS of its weakest convention.
    """
    choices = [
        np.array([cell]) if isinstance(cell, (int, np.integer)) else np.arange(size + 1) for cell in printed
    ]
    places = [np.zeros(len(choice), np.int64) for choice in choices]
    for i, cell in enumerate(printed):
        if isinstance(cell, PrintedPercent):
            convention = cell.convention(choices[i], size)
            fits = convention < NONE_FITS
            choices[i], places[i] = choices[i][fits], convention[fits]
    counts, weakest = np.zeros((1, 0), np.int64), np.zeros(1, np.int64)
    for choice, place in zip(choices[:-1], places[:-1], strict=True):
        _stop_if_larger(len(counts) * len(choice))
        one, other = (
            np.repeat(np.arange(len(counts)), len(choice)),
            np.tile(np.arange(len(choice)), len(counts)),
        )
        counts = np.column_stack([counts[one], choice[other]])
        weakest = np.maximum(weakest[one], place[other])
        fits = counts.sum(axis=1) <= size
        counts, weakest = counts[fits], weakest[fits]
    rest = size - counts.sum(axis=1)
    fits = np.isin(rest, choices[-1])
    counts, rest = counts[fits], rest[fits]
    place = places[-1][np.searchsorted(choices[-1], rest)]
    return np.column_stack([counts, rest]), np.maximum(weakest[fits], place)


def _join(
    rows: list[tuple[np.ndarray, np.ndarray]], totals: list[int | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Every combination of rows whose columns add to the totals: tables (table, row, column), and the place
    in CONVENTIONS of the weakest convention of each.
    """
    exact = np.array([total is not None for total in totals])
    limit = np.array([total for total in totals if total is not None], dtype=np.int64)
    tables, weakest = rows[0][0][:, None, :], rows[0][1]
    for i, (counts, places) in enumerate(rows[1:], start=1):
        held = tables.sum(axis=1)[:, exact]
        one, other = _pairs(held, counts[:, exact], limit, complete=i == len(rows) - 1)
        tables = np.concatenate([tables[one], counts[other][:, None, :]], axis=1)
        weakest = np.maximum(weakest[one], places[other])
    return tables, weakest


def _pairs(
    held: np.ndarray, counts: np.ndarray, limit: np.ndarray, complete: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of sums so far and of a further row that together keep to the totals, and reach them where the
    table is complete.
    """
    if complete and limit.size:  # sorted by their counts, few of many are looked at
        by_counts: dict[tuple, list[int]] = {}
        for j, row in enumerate(map(tuple, counts.tolist())):
            by_counts.setdefault(row, []).append(j)
        pairs = [
            (i, j)
            for i, row in enumerate(map(tuple, (limit - held).tolist()))
            for j in by_counts.get(row, ())
        ]
        one, other = np.array(pairs, np.int64).reshape(-1, 2).T
        return one, other
    _stop_if_larger(len(held) * len(counts))
    one, other = np.repeat(np.arange(len(held)), len(counts)), np.tile(np.arange(len(counts)), len(held))
    fits = (held[one] + counts[other] <= limit).all(axis=1)
    return one[fits], other[fits]


def _stop_if_larger(size: int) -> None:
    if size > LARGEST_SEARCH:
        raise TooLarge(
            f"{size:,} tables would have to be listed, more than {LARGEST_SEARCH:,}: give totals, counts or"
            " percentages that leave fewer"
        )


def _require_shape(sizes: list[int], totals: list, cells: list[list], tests: tuple[str, ...]) -> None:
    if len(sizes) < 2 or len(totals) < 2 or min(sizes) < 1:
        raise Unusable(
            f"sizes {sizes}, {len(totals)} categories: a table has at least two groups of at least one"
            " patient, and two categories"
        )
    if len(cells) != len(sizes) or any(len(row) != len(totals) for row in cells):
        raise Unusable(
            f"each of the {len(sizes)} groups needs one cell for each of the {len(totals)} categories"
        )
    if None not in totals and sum(totals) != sum(sizes):
        raise Unusable(
            f"the categories hold {sum(totals)} patients and the groups {sum(sizes)}: a table has one total"
        )
    if unknown := [test for test in tests if test not in ALL_TESTS]:
        raise Unusable(f"test {unknown[0]!r}: the tests of several categories are {', '.join(ALL_TESTS)}")


def _candidate(table: np.ndarray, test: str | None, place: int) -> WideCandidate:
    return WideCandidate(tuple(tuple(map(int, row)) for row in table), test, CONVENTIONS[place])
