"""Tests of groups by categories that have an order, as a table's columns stand: for trend, and of ranks.

Tables are counts of shape (table, group, category); p has shape (table,), nan where all patients are in one
category or one group.  The groups have an order as well where there are more than two, but for Kruskal and
Wallis's test.
"""

import numpy as np
from scipy.special import chdtrc


def linear_by_linear(tables: np.ndarray) -> np.ndarray:
    """Mantel's test for trend, linear by linear: (N - 1) r^2 of places 1, 2, ... is chi-squared on one degree
    of freedom (SPSS, SAS's CMH1).
    """
    r2, n = _correlation(tables)
    return chdtrc(1, (n - 1) * r2)


def cochran_armitage(tables: np.ndarray) -> np.ndarray:
    """Cochran and Armitage's chi-squared test for trend: N r^2 (R's prop.trend.test)."""
    r2, n = _correlation(tables)
    return chdtrc(1, n * r2)


def kruskal_wallis(tables: np.ndarray) -> np.ndarray:
    """Kruskal and Wallis's test with its correction for ties; of two groups the rank-sum test by the normal
    approximation without continuity correction.
    """
    tables = np.asarray(tables, float)
    ranks, of_column, of_row, n = _ranked(tables)
    among = np.sum(ranks**2 * of_column, axis=1)
    sums = np.einsum("trc,tc->tr", tables, ranks)
    between = np.sum(sums**2 / np.where(of_row > 0, of_row, 1.0), axis=1)
    freedom = (of_row > 0).sum(axis=1) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(among > 0, (n - 1) * between / among, np.nan)
    return np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), statistic), np.nan)


def rank_sum_corrected(tables: np.ndarray) -> np.ndarray:
    """The rank-sum test of two groups by the normal approximation with continuity correction (R's
    wilcox.test); nan of more groups.
    """
    tables = np.asarray(tables, float)
    if tables.shape[1] != 2:
        return np.full(len(tables), np.nan)
    ranks, of_column, of_row, n = _ranked(tables)
    away = np.abs(np.sum(tables[:, 0] * ranks, axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = of_row[:, 0] * of_row[:, 1] / (n * (n - 1)) * np.sum(ranks**2 * of_column, axis=1)
        statistic = np.where(variance > 0, np.maximum(away - 0.5, 0.0) ** 2 / variance, np.nan)
    return chdtrc(1, statistic)


TESTS = {
    "linear_by_linear": linear_by_linear,
    "cochran_armitage": cochran_armitage,
    "kruskal_wallis": kruskal_wallis,
    "rank_sum_corrected": rank_sum_corrected,
}
NAMES = {
    "linear_by_linear": "test for trend, linear by linear",
    "cochran_armitage": "Cochran–Armitage test for trend",
    "kruskal_wallis": "Kruskal–Wallis test",
    "rank_sum_corrected": "rank-sum test with continuity correction",
}
"""The same in words."""


def _ranked(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean rank of each category less that of all, shape (table, category); patients of each category, of
    each group, and in all.
    """
    of_column, of_row = tables.sum(axis=1), tables.sum(axis=2)
    n = of_column.sum(axis=1)
    ranks = np.cumsum(of_column, axis=1) - (of_column - 1) / 2
    return ranks - (n[:, None] + 1) / 2, of_column, of_row, n


def _correlation(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Square of the correlation of the places of group and category, and all patients."""
    tables = np.asarray(tables, float)
    n = tables.sum(axis=(1, 2))
    x, y = np.arange(tables.shape[1]), np.arange(tables.shape[2])
    of_row, of_column = tables.sum(axis=2), tables.sum(axis=1)
    mean_x, mean_y = of_row @ x / n, of_column @ y / n
    spread = (of_row @ x**2 / n - mean_x**2) * (of_column @ y**2 / n - mean_y**2)
    both = np.einsum("trc,r,c->t", tables, x, y) / n - mean_x * mean_y
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 1e-12, both**2 / spread, np.nan), n
