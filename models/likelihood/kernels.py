"""Compiled arithmetic of the duration terms.

A graph of the hundreds of small operations behind one printed median takes a minute to compile; one loop
takes a second.  Each kernel is a function (means, sigma, integers, reals, slopes) -> log likelihood: integers
and reals hold the report, and `slopes`, shape (group + 1,), receives the derivatives by each mean and sigma.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import erfc, exp, lgamma, log, pi, sqrt

import llvmlite.binding
import numba
import numpy as np
from numba import types
from numba.core.ccallback import CFunc
from numpy.typing import ArrayLike

type Pointer = ctypes._Pointer
"""Address of the first number of an array."""

TINY = 1e-12  # keeps logs of interval probabilities finite far from the data


@numba.njit(cache=True)
def ndtr(x: float) -> float:
    return 0.5 * erfc(-x / sqrt(2.0))


@numba.njit(cache=True)
def phi(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)


@numba.njit(cache=True)
def lead_back(
    g: int,
    time: float,
    z: float,
    density: float,
    sigma: float,
    by_cdf: float,
    by_density: float,
    slopes: np.ndarray,
) -> None:
    """Add what a group's CDF and density at a time owe to its mean and to sigma."""
    # d cdf = -phi(z) (d mean + z d sigma) / sigma
    # d density = density (z d mean + (z^2 - 1) d sigma) / sigma
    hazard = by_cdf * density * time
    slopes[g] += by_density * density * z / sigma - hazard
    slopes[-1] += by_density * density * (z * z - 1) / sigma - hazard * z


@numba.njit(cache=True)
def median_with_range(
    means: np.ndarray, sigma: float, integers: np.ndarray, reals: np.ndarray, slopes: np.ndarray
) -> float:
    """integers: patients below the median, markers, nodes, first and last middle marker, whether a minimum
    and a maximum are given, groups, rows, sizes of groups, sizes of rows, and for each way to hold the
    markers the row of each and a code of the numbers taken.  reals: times (marker, node), weights of the
    nodes, for each way how many are left in each row and in how many ways its patients can be named, and
    binomial coefficients (row, taken, k).  `models.likelihood.order_statistics` makes them.

    Rows are distinct distributions: one for each group, or the mixture of all.  At a node the density is the
    coefficient of x^n_below u_1 u_2 ... in the product, over all patients, of low x + high + sum_i density_i
    u_i, with the numbers of the patient's row.
    """
    n_below, n_markers, n_nodes, first, last, has_minimum, has_maximum, n_groups, n_rows = integers[:9]
    sizes, row_sizes = integers[9 : 9 + n_groups], integers[9 + n_groups : 9 + n_groups + n_rows]
    n_ways, after = n_rows**n_markers, 9 + n_groups + n_rows
    holders = integers[after : after + n_ways * n_markers].reshape(n_ways, n_markers)
    codes = integers[after + n_ways * n_markers :]
    times, reals = reals[: n_markers * n_nodes].reshape(n_markers, n_nodes), reals[n_markers * n_nodes :]
    weights, reals = reals[:n_nodes], reals[n_nodes:]
    left, reals = reals[: n_ways * n_rows].reshape(n_ways, n_rows), reals[n_ways * n_rows :]
    ways, choose = reals[:n_ways], reals[n_ways:]
    choose = choose.reshape(n_rows, n_markers + 2, len(choose) // (n_rows * (n_markers + 2)))
    z, density = np.empty((n_groups, n_markers)), np.empty((n_groups, n_markers))
    row_cdf, row_density = np.empty((n_rows, n_markers)), np.empty((n_rows, n_markers))
    low, high = np.empty(n_rows), np.empty(n_rows)
    answer = 0.0
    slopes[:] = 0.0
    for node in range(n_nodes):
        place(means, sigma, sizes, row_sizes, times, node, z, density, row_cdf, row_density)
        for row in range(n_rows):
            low[row] = max(row_cdf[row, first] - (row_cdf[row, 0] if has_minimum else 0.0), TINY)
            high[row] = max((row_cdf[row, -1] if has_maximum else 1.0) - row_cdf[row, last], TINY)
        exactly, fewer = below(low, high, row_sizes, choose, n_below)
        by_low, by_high, by_density = np.zeros(n_rows), np.zeros(n_rows), np.zeros((n_rows, n_markers))
        answer += weights[node] * held(
            row_density, holders, codes, left, ways, exactly, fewer, by_low, by_high, by_density
        )
        for g in range(n_groups):
            row, share = (g, 1.0) if n_rows == n_groups else (0, sizes[g] / row_sizes[0])
            by_cdf = np.zeros(n_markers)
            by_cdf[first] += by_low[row]
            by_cdf[last] -= by_high[row]
            by_cdf[0] -= by_low[row] if has_minimum else 0.0
            by_cdf[-1] += by_high[row] if has_maximum else 0.0
            for i in range(n_markers):
                by = share * weights[node] * by_cdf[i], share * weights[node] * by_density[row, i]
                lead_back(g, times[i, node], z[g, i], density[g, i], sigma, by[0], by[1], slopes)
    for g in range(n_groups + 1):
        slopes[g] /= answer + 1e-300
    return log(answer + 1e-300)


@numba.njit(cache=True)
def place(
    means: np.ndarray,
    sigma: float,
    sizes: np.ndarray,
    row_sizes: np.ndarray,
    times: np.ndarray,
    node: int,
    z: np.ndarray,
    density: np.ndarray,
    row_cdf: np.ndarray,
    row_density: np.ndarray,
) -> None:
    """Distances and densities of the groups at each marker, then CDFs and densities of the rows."""
    n_groups, n_rows = len(sizes), len(row_sizes)
    for i in range(len(times)):
        if node > 0 and times[i, node] == times[i, node - 1]:
            continue  # they stand there from the last node
        for row in range(n_rows):
            row_cdf[row, i], row_density[row, i] = 0.0, 0.0
        for g in range(n_groups):
            z[g, i] = (log(times[i, node]) - means[g]) / sigma
            density[g, i] = phi(z[g, i]) / (sigma * times[i, node])
            row, share = (g, 1.0) if n_rows == n_groups else (0, sizes[g] / row_sizes[0])
            row_cdf[row, i] += share * ndtr(z[g, i])
            row_density[row, i] += share * density[g, i]


@numba.njit(cache=True)
def held(
    density: np.ndarray,
    holders: np.ndarray,
    codes: np.ndarray,
    left: np.ndarray,
    ways: np.ndarray,
    exactly: np.ndarray,
    fewer: np.ndarray,
    by_low: np.ndarray,
    by_high: np.ndarray,
    by_density: np.ndarray,
) -> float:
    """The coefficient that is the density at a node; its derivatives are added to the last three arrays."""
    n_markers, n_rows, answer = holders.shape[1], left.shape[1], 0.0
    for way in range(len(ways)):
        code, digit, of_markers = codes[way], 1, ways[way]
        for i in range(n_markers):
            of_markers *= density[holders[way, i], i]
            of_others = ways[way] * exactly[code]
            for other in range(n_markers):
                if other != i:
                    of_others *= density[holders[way, other], other]
            by_density[holders[way, i], i] += of_others
        answer += of_markers * exactly[code]
        for row in range(n_rows):  # one more patient of the row is taken: who is above, or below
            by_high[row] += of_markers * left[way, row] * exactly[code + digit]
            by_low[row] += of_markers * left[way, row] * fewer[code + digit]
            digit *= n_markers + 2
    return answer


@numba.njit(cache=True)
def below(
    low: np.ndarray, high: np.ndarray, sizes: np.ndarray, choose: np.ndarray, n_below: int
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of x^n_below, and of one power fewer, in the product of low x + high over all patients but
    those taken; by the code of the numbers taken from each row, in all at most as many as `choose` has.
    """
    base = choose.shape[1]
    terms, lows, highs = np.zeros(n_below + 2), np.ones(choose.shape[2]), np.ones(choose.shape[2])
    table, taken, reach = np.ones((1, n_below + 1)), np.zeros(1, np.int64), 0  # reach: highest power so far
    exactly, fewer = np.zeros(base ** len(sizes)), np.zeros(base ** len(sizes))
    for row in range(len(sizes)):
        for k in range(sizes[row]):
            lows[k + 1], highs[k + 1] = lows[k] * low[row], highs[k] * high[row]
        longer, more = np.zeros((len(table) * base, n_below + 1)), np.full(len(table) * base, base)
        for out in range(min(base, sizes[row] + 1)):
            n = sizes[row] - out
            for k in range(n_below + 1):  # terms[0] stays 0
                terms[k + 1] = choose[row, out, k] * lows[k] * highs[n - k] if k <= n else 0.0
            for code in range(len(table)):
                to = code + out * len(table)
                more[to] = taken[code] + out
                if more[to] >= base:
                    continue
                for j in range(reach + 1):
                    if row == len(sizes) - 1:
                        exactly[to] += table[code, j] * terms[n_below - j + 1]
                        fewer[to] += table[code, j] * terms[n_below - j]
                    else:
                        for k in range(n_below + 1 - j):
                            longer[to, j + k] += table[code, j] * terms[k + 1]
        table, taken, reach = longer, more, min(reach + sizes[row], n_below)
    return exactly, fewer


@numba.njit(cache=True)
def median_with_quartiles(
    means: np.ndarray, sigma: float, integers: np.ndarray, reals: np.ndarray, slopes: np.ndarray
) -> float:
    """integers: sizes of the groups; reals: the three quartiles."""
    n_groups, n = len(integers), 0
    for size in integers:
        n += size
    z, density = np.empty((3, n_groups)), np.empty((3, n_groups))
    cdf, mixed, by_cdf = np.ones(4), np.zeros(3), np.zeros(4)
    rank = (n + 1) / 4
    answer = lgamma(n + 1.0) - 4 * lgamma(rank)
    for i in range(4):
        if i < 3:
            cdf[i] = 0.0
            for g in range(n_groups):
                z[i, g] = (log(reals[i]) - means[g]) / sigma
                density[i, g] = phi(z[i, g]) / (sigma * reals[i])
                cdf[i] += integers[g] / n * ndtr(z[i, g])
                mixed[i] += integers[g] / n * density[i, g]
            answer += log(mixed[i] + 1e-300)
        between = cdf[i] - (cdf[i - 1] if i > 0 else 0.0)
        answer += (rank - 1) * log(max(between, TINY))
        if between > TINY:
            by_cdf[i] += (rank - 1) / between
            if i > 0:
                by_cdf[i - 1] -= (rank - 1) / between
    slopes[:] = 0.0
    for i in range(3):
        for g in range(n_groups):
            share = integers[g] / n
            lead_back(
                g,
                reals[i],
                z[i, g],
                density[i, g],
                sigma,
                share * by_cdf[i],
                share / (mixed[i] + 1e-300),
                slopes,
            )
    return answer


@numba.njit(cache=True)
def curve(
    means: np.ndarray, sigma: float, integers: np.ndarray, reals: np.ndarray, slopes: np.ndarray
) -> float:
    """Catmull-Rom cubic through reals[2:] on a grid of start reals[0] and step reals[1], at means[0] / sigma;
    straight beyond its ends.
    """
    position = (means[0] / sigma - reals[0]) / reals[1]
    values = reals[2:]
    n = len(values)
    inside = min(max(position, 0.0), n - 1.0)
    i = min(int(inside), n - 2)
    t = inside - i
    b, c = values[i], values[i + 1]
    a = values[i - 1] if i > 0 else 2 * b - c
    d = values[i + 2] if i < n - 2 else 2 * c - b
    linear, square, cube = (c - a) / 2, a - 2.5 * b + 2 * c - d / 2, (d - a) / 2 + 1.5 * (b - c)
    if position > inside:
        slope = values[-1] - values[-2]
    elif position < inside:
        slope = values[1] - values[0]
    else:
        slope = linear + t * (2 * square + 3 * t * cube)
    slopes[0] = slope / (reals[1] * sigma)
    slopes[1] = -slopes[0] * means[0] / sigma
    return b + t * (linear + t * (square + t * cube)) + (position - inside) * slope


@numba.njit(cache=True)
def mixed_test(
    means: np.ndarray, sigma: float, integers: np.ndarray, reals: np.ndarray, slopes: np.ndarray
) -> float:
    """integers: critical U, outcome (0 not significant, 1 lower, 2 higher, 3 either), grades of the
    treated arm, sizes of both arms by grade; reals: Gauss-Hermite nodes and weights.
    """
    critical, outcome, split = integers[:3]
    sizes, n_pairs = integers[3:], 0
    for g in range(split):
        for h in range(split, len(sizes)):
            n_pairs += sizes[g] * sizes[h]
    by_mean, by_variance = np.zeros(len(slopes)), np.zeros(len(slopes))
    mean, variance = outlasting(means, sigma, sizes, split, reals, by_mean, by_variance)
    if variance < 1e-6:
        variance, by_variance = 1e-6, np.zeros(len(slopes))
    sd = sqrt(variance)
    low, high = (critical + 0.5 - mean) / sd, (n_pairs - critical - 0.5 - mean) / sd
    lower, higher = ndtr(low), ndtr(-high)
    by_low, by_high = phi(low), -phi(high)
    if outcome == 0:  # the smaller tails: nothing cancels
        probability = ndtr(-low) - higher if mean < n_pairs / 2 else ndtr(high) - lower
        by_low, by_high = -by_low, -by_high
    elif outcome == 1:
        probability, by_high = lower, 0.0
    elif outcome == 2:
        probability, by_low = higher, 0.0
    else:
        probability = lower + higher
    if probability < TINY:
        probability, by_low, by_high = TINY, 0.0, 0.0
    for g in range(len(slopes)):
        by_spread = (by_low * low + by_high * high) * by_variance[g] / (2 * sd)
        slopes[g] = -((by_low + by_high) * by_mean[g] + by_spread) / (sd * probability)
    return log(probability)


@numba.njit(cache=True)
def outlasting(
    means: np.ndarray,
    sigma: float,
    sizes: np.ndarray,
    split: int,
    reals: np.ndarray,
    by_mean: np.ndarray,
    by_variance: np.ndarray,
) -> tuple[float, float]:
    """Mean and variance of U, the pairs in which the treated patient has it longer; their derivatives are
    added to the last two arrays.
    """
    n_groups, n_nodes = len(sizes), len(reals) // 2
    mean, variance, chance = 0.0, 0.0, np.empty(n_groups)
    for g in range(n_groups):
        in_treated = g < split
        start, stop = (split, n_groups) if in_treated else (0, split)
        total, total_squared = 0.0, 0.0  # expected number of the other arm that a patient of group g outlasts
        first, second = np.zeros(n_groups), np.zeros(n_groups)
        d_first, d_second, d_total = np.zeros(n_groups), np.zeros(n_groups), np.zeros(n_groups)
        for k in range(n_nodes):
            weight, outlasted = reals[n_nodes + k], 0.0
            for h in range(start, stop):
                chance[h] = ndtr((means[g] - means[h]) / sigma + reals[k])
                outlasted += sizes[h] * chance[h]
            for h in range(start, stop):
                d_chance = weight * phi((means[g] - means[h]) / sigma + reals[k])
                first[h] += weight * chance[h]
                second[h] += weight * chance[h] ** 2
                d_first[h] += d_chance
                d_second[h] += 2 * chance[h] * d_chance
                d_total[h] += 2 * outlasted * d_chance
            total += weight * outlasted
            total_squared += weight * outlasted**2
        variance += sizes[g] * (total_squared - total**2)
        for h in range(start, stop):
            pairs = sizes[g] * sizes[h]
            variance -= pairs * (second[h] - first[h] ** 2)
            slope = d_total[h] - 2 * total * d_first[h] - d_second[h] + 2 * first[h] * d_first[h]
            if in_treated:
                mean += pairs * first[h]
                variance += pairs * first[h] * (1 - first[h])
                slope += (1 - 2 * first[h]) * d_first[h]
                lead_apart(g, h, means, sigma, pairs * d_first[h], by_mean)
            lead_apart(g, h, means, sigma, pairs * slope, by_variance)
    return mean, variance


@numba.njit(cache=True)
def lead_apart(g: int, h: int, means: np.ndarray, sigma: float, slope: float, slopes: np.ndarray) -> None:
    """Add what (mean of g - mean of h) / sigma owes to the two means and to sigma."""
    slopes[g] += slope / sigma
    slopes[h] -= slope / sigma
    slopes[-1] -= slope * (means[g] - means[h]) / sigma**2


KINDS = {"median_with_range": 0, "median_with_quartiles": 1, "curve": 2, "mixed_test": 3}


@dataclass(frozen=True)
class Packed:
    """A duration report packed for a kernel."""

    kind: str
    integers: np.ndarray
    reals: np.ndarray

    def log_likelihood(self, means: Sequence[float] | np.ndarray, sigma: float) -> float:
        """Log likelihood at mean log durations of shape (group,) and their SD."""
        row = [KINDS[self.kind], 0, len(self.integers), len(self.reals), len(means), 0, *range(len(means))]
        return joint(
            np.array(means, float), np.array([sigma], float), np.array([row]), self.integers, self.reals
        )[0]


def pack(kind: str, integers: ArrayLike, reals: ArrayLike) -> Packed:
    return Packed(kind, np.asarray(integers, np.int64), np.asarray(reals, float))


def joint(
    means: np.ndarray, sigmas: np.ndarray, layout: np.ndarray, integers: np.ndarray, reals: np.ndarray
) -> tuple[float, np.ndarray]:
    """Sum of the log likelihoods of many reports, and its derivatives by each mean, then by each sigma.

    layout, shape (report, 6 + groups): kind, index of its sigma, ends of its integers and reals, number of
    groups, sign of the difference (1: the report reads means[0] - means[1] over sigma), then the index of
    each group's mean.
    """
    name_joint()
    return named_joint(means, sigmas, layout, integers, reals)


@numba.njit(cache=True)
def named_joint(
    means: np.ndarray, sigmas: np.ndarray, layout: np.ndarray, integers: np.ndarray, reals: np.ndarray
) -> tuple[float, np.ndarray]:
    """`joint` for compiled code; to be run once `name_joint` has been."""
    slopes = np.zeros(len(means) + len(sigmas))
    value = NAMED(  # type: ignore[call-overload]  # numba types it as it is outside compiled code
        means.ctypes,
        len(means),
        sigmas.ctypes,
        layout.ctypes,
        layout.shape[0],
        layout.shape[1],
        integers.ctypes,
        reals.ctypes,
        slopes.ctypes,
    )
    return value, slopes


REALS, INTEGERS, NUMBER = types.CPointer(types.float64), types.CPointer(types.int64), types.intp
NAMED = types.ExternalFunction(
    "joint_of_duration_reports",
    types.float64(REALS, NUMBER, REALS, INTEGERS, NUMBER, NUMBER, INTEGERS, REALS, REALS),
)


@cache
def name_joint() -> CFunc:
    """Compile all kernels under one name.  Called by it they are compiled once; called as they are, they
    would be compiled again as a part of each function around them.
    """
    compiled = numba.cfunc(NAMED.sig, cache=True)(_joint_by_address)
    llvmlite.binding.add_symbol(NAMED.symbol, compiled.address)
    return compiled  # the name holds as long as this lives


def _joint_by_address(
    means: Pointer,
    n_means: int,
    sigmas: Pointer,
    layout: Pointer,
    n_reports: int,
    n_columns: int,
    integers: Pointer,
    reals: Pointer,
    slopes: Pointer,
) -> float:
    rows = numba.carray(layout, (n_reports, n_columns))
    all_integers, all_reals = numba.carray(integers, rows[-1, 2]), numba.carray(reals, rows[-1, 3])
    total, i, r = 0.0, 0, 0
    for row in rows:
        here, sigma = gather(means, row), sigmas[row[1]]
        local, whole, real = np.empty(len(here) + 1), all_integers[i : row[2]], all_reals[r : row[3]]
        if row[0] == 0:
            total += median_with_range(here, sigma, whole, real, local)
        elif row[0] == 1:
            total += median_with_quartiles(here, sigma, whole, real, local)
        elif row[0] == 2:
            total += curve(here, sigma, whole, real, local)
        else:
            total += mixed_test(here, sigma, whole, real, local)
        for g in range(len(here)):
            slopes[row[6 + g]] += local[g]
        if row[5] == 1:
            slopes[row[7]] -= local[0]
        slopes[n_means + row[1]] += local[len(here)]
        i, r = row[2], row[3]
    return total


@numba.njit(cache=True)
def gather(means: Pointer | np.ndarray, row: np.ndarray) -> np.ndarray:
    """Means of the groups of a report; of two groups compared by a test, their difference."""
    picked = np.empty(1 if row[5] == 1 else row[4])
    for g in range(len(picked)):
        picked[g] = means[row[6 + g]]
    if row[5] == 1:
        picked[0] -= means[row[7]]
    return picked
