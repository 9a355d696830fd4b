"""Joint density of printed order statistics when the patients come from groups of known sizes.

A median with its range says: one patient at the minimum, one (or two) around the median, one at the maximum,
and known numbers strictly between.  Patients of different grades have different distributions, so the density
sums over who holds which place.  The sum is a polynomial product: each patient of group g contributes

    below_g x + above_g + sum_i density_g(t_i) u_i

and the wanted density is the coefficient of x^k u_1 u_2 ... in the product over all patients.  Exact; no
conversion to a mean and SD.  David & Nagaraja 2003, Order Statistics, chapter 5, gives the same density as a
permanent.
"""

from itertools import product

import numpy as np
from scipy.special import comb, perm

from models.likelihood.kernels import Packed, pack

HALF_GAP = np.polynomial.legendre.leggauss(12)  # errors of the log density: 5e-5 at sigma 0.5, 1e-3 at 0.2


def median_with_range(
    sizes: list[int],
    median: float,
    minimum: float | None,
    maximum: float | None,
    zeros: int = 0,
    exchangeable: bool = False,
) -> Packed:
    """Printed median and range of log-normal durations; its likelihood is a density per unit for each printed
    value.

    Parameters
    ----------
    sizes : patients per group, known
    median, minimum, maximum : in one unit; a limit that is None was not observed on these patients
        (e.g. a minimum of 0 that belongs to patients without the syndrome)
    zeros : further patients without the syndrome, counted by the paper as durations of 0; they hold the
    lowest ranks
    exchangeable : the sizes are shares of a mixture rather than counts, every patient a draw from it

    With an even number of patients the median is the midpoint of two of them: the gap between the two is
    integrated out. Raises ValueError where so few patients cannot give these numbers.
    """
    total = sum(sizes)
    edges = [t for t in (minimum, maximum) if t is not None]
    n_below = (total + zeros - 1) // 2 - zeros - (minimum is not None)
    middle, weights = _middle(median, minimum, maximum, even=(total + zeros) % 2 == 0)
    n_above = total - n_below - len(middle) - len(edges)
    if n_below < 0 or n_above < 0 or any(t <= 0 for t in (median, *edges)):
        raise ValueError(
            f"a median of {median} with {len(edges)} limits of {total} patients and {zeros} zeros has no"
            " density"
        )
    first = int(minimum is not None)
    edge = [np.full(len(weights), t) for t in edges]
    times = np.stack([*edge[:first], *middle, *edge[first:]])  # marker, node
    rows = np.array([total] if exchangeable else sizes)
    holders, codes, left, ways, choose = _takings(rows, len(times))
    integers = [
        n_below,
        *times.shape,
        first,
        first + len(middle) - 1,
        first,
        maximum is not None,
        len(sizes),
        len(rows),
        *sizes,
        *rows,
        *holders.ravel(),
        *codes,
    ]
    reals = [times.ravel(), weights, left.ravel(), ways, choose.ravel()]
    return pack("median_with_range", integers, np.concatenate(reals))


def _takings(sizes: np.ndarray, n_markers: int) -> tuple[np.ndarray, ...]:
    """Every way in which patients of the rows can hold the markers: the row that holds each, shape (way,
    marker); the numbers taken from the rows as digits of a code, the first row's the lowest; how many are
    left in each row, shape (way, row); and in how many ways the patients can be named.

    Last, the binomial coefficients C(size - taken, k), shape (row, taken, k), up to one more taken.
    """
    rows = np.arange(len(sizes))
    holders = np.array(list(product(rows, repeat=n_markers)))
    taken = (holders[:, :, None] == rows).sum(axis=1)
    codes = taken @ (n_markers + 2) ** rows
    choose = comb(sizes[:, None, None] - np.arange(n_markers + 2)[:, None], np.arange(max(sizes) + 1))
    return holders, codes, sizes - taken, perm(sizes, taken).prod(axis=1), choose


def median_with_quartiles(sizes: list[int], lower: float, median: float, upper: float) -> Packed:
    """Printed quartiles of log-normal durations, every patient a draw from the mixture of groups.

    The quartiles are the fractional order statistics at ranks (n + 1)/4, (n + 1)/2 and 3(n + 1)/4 (Stigler
    1977, Biometrika 64:99): exact where these are whole numbers, the usual interpolation between.
    """
    return pack("median_with_quartiles", sizes, [lower, median, upper])


def _middle(
    median: float, minimum: float | None, maximum: float | None, even: bool
) -> tuple[list[np.ndarray], np.ndarray]:
    """The middle patient, or nodes for the two around the median with their weights, dense where the gap is
    small.
    """
    if not even:
        return [np.array([median])], np.array([1.0])
    widest = min(median - (minimum or 0.0), np.inf if maximum is None else maximum - median)
    nodes, weights = HALF_GAP
    u = (nodes + 1) / 2
    gap = widest * u**3
    # the factor 2: density of the midpoint, not of half the gap
    return [median - gap, median + gap], 2 * widest * 3 * u**2 * weights / 2
