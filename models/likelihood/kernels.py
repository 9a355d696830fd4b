"""Compiled arithmetic of the duration terms.

A graph of the hundreds of small operations behind one printed median takes a minute to compile; one loop
takes a second.  Each kernel is a function (means, sigma, integers, reals) -> log likelihood, the last two
holding the report. Derivatives are exact for medians with ranges, central differences (errors near 1e-9) for
the rest.
"""

from dataclasses import dataclass
from math import erfc, exp, floor, lgamma, log, pi, sqrt

import numba
import numpy as np

TINY = 1e-12  # keeps logs of interval probabilities finite far from the data
STEP = 1e-5  # of the central differences: truncation and rounding errors are both near 1e-10


@numba.njit(cache=True)
def ndtr(x):
    return 0.5 * erfc(-x / sqrt(2.0))


@numba.njit(cache=True)
def binomial_terms(n, low, high, into):
    """Terms C(n, k) low^k high^(n - k), each from its neighbour, starting at the larger power so that none
    underflows early.
    """
    if high >= low:
        into[0] = high**n
        for k in range(n):
            into[k + 1] = into[k] * (n - k) / (k + 1) * (low / high)
    else:
        into[n] = low**n
        for k in range(n, 0, -1):
            into[k - 1] = into[k] * k / (n - k + 1) * (high / low)


@numba.njit(cache=True)
def median_with_range(means, sigma, integers, reals, slopes):
    """integers: patients below the median, markers, nodes, first and last middle marker, whether a minimum
    and a maximum are given, whether sizes are shares of a mixture, then sizes.  reals: times (marker, node),
    then weights of the nodes.

    slopes, shape (group + 1,), receives the exact derivatives by each mean and by sigma: the derivative of a
    product over patients is the product over all but one of them, which also gives the value.
    """
    n_below, n_markers, n_nodes, first, last, has_minimum, has_maximum, exchangeable = integers[:8]
    sizes = integers[8:]
    times = reals[: n_markers * n_nodes].reshape(n_markers, n_nodes)
    weights = reals[n_markers * n_nodes :]
    n_groups, total, full = len(sizes), sizes.sum(), (1 << n_markers) - 1
    z, cdf, density = (
        np.empty((n_groups, n_markers)),
        np.empty((n_groups, n_markers)),
        np.empty((n_groups, n_markers)),
    )
    # rows: distinct distributions, one for each group or the mixture of all
    rows = 1 if exchangeable else n_groups
    row_sizes = np.array([total]) if exchangeable else sizes
    mixed_cdf, mixed_density = np.empty((rows, n_markers)), np.empty((rows, n_markers))
    low, high = np.empty(rows), np.empty(rows)
    by_density = np.empty(n_markers)
    answer = 0.0
    slopes[:] = 0.0
    for node in range(n_nodes):
        for g in range(n_groups):
            for i in range(n_markers):
                z[g, i] = (log(times[i, node]) - means[g]) / sigma
                cdf[g, i] = ndtr(z[g, i])
                density[g, i] = exp(-(z[g, i] ** 2) / 2) / (sigma * times[i, node] * sqrt(2 * pi))
        for row in range(rows):
            for i in range(n_markers):
                if exchangeable:
                    mixed_cdf[0, i] = (sizes * cdf[:, i]).sum() / total
                    mixed_density[0, i] = (sizes * density[:, i]).sum() / total
                else:
                    mixed_cdf[row, i], mixed_density[row, i] = cdf[row, i], density[row, i]
            low[row] = max(mixed_cdf[row, first] - (mixed_cdf[row, 0] if has_minimum else 0.0), TINY)
            high[row] = max(
                (mixed_cdf[row, n_markers - 1] if has_maximum else 1.0) - mixed_cdf[row, last], TINY
            )
        for row in range(rows):
            # all patients but one of this row
            held = np.zeros((full + 1, n_below + 1))
            held[0, 0] = 1.0
            reach = 0
            for other in range(rows):
                size = row_sizes[other] - (1 if other == row else 0)
                held = multiply(
                    held,
                    reach,
                    low[other],
                    high[other],
                    mixed_density[other],
                    size,
                    n_below,
                    other == rows - 1,
                )
                reach = min(reach + size, n_below)
            by_low = held[full, n_below - 1] if n_below > 0 else 0.0
            by_high = held[full, n_below]
            for i in range(n_markers):
                by_density[i] = held[full - (1 << i), n_below]
            if row == 0:
                value = low[0] * by_low + high[0] * by_high
                for i in range(n_markers):
                    value += mixed_density[0, i] * by_density[i]
                answer += weights[node] * value
            for g in range(n_groups):
                if not exchangeable and g != row:
                    continue
                share = weights[node] * sizes[g]  # of each patient of the group, exchangeable or not
                for i in range(n_markers):
                    by_cdf = 0.0
                    if i == first:
                        by_cdf += by_low
                    if i == 0 and has_minimum:
                        by_cdf -= by_low
                    if i == n_markers - 1 and has_maximum:
                        by_cdf += by_high
                    if i == last:
                        by_cdf -= by_high
                    # d cdf = -phi(z) (d mean + z d sigma) / sigma;  d density = density (z d mean + (z^2 - 1)
                    # d sigma) / sigma
                    hazard = by_cdf * density[g, i] * times[i, node]
                    slopes[g] += share * (by_density[i] * density[g, i] * z[g, i] / sigma - hazard)
                    slopes[n_groups] += share * (
                        by_density[i] * density[g, i] * (z[g, i] ** 2 - 1) / sigma - hazard * z[g, i]
                    )
    slopes /= answer + 1e-300
    return log(answer + 1e-300)


@numba.njit(cache=True)
def multiply(held, reach, low, high, density, size, n_below, last):
    """One more group of patients: disjoint subsets of markers are joined, numbers below are added.

    After the last group only what a single missing patient can complete is wanted: all markers or all but one
    held, and `n_below` patients below or one fewer.
    """
    n_markers = len(density)
    full = (1 << n_markers) - 1
    product = np.zeros_like(held)
    group = np.empty((n_markers + 1, size + 1))  # markers this group holds, its patients below
    for count in range(min(n_markers, size) + 1):
        binomial_terms(size - count, low, high, group[count])
    for subset in range(full + 1):
        members, weight = 0, 1.0
        for i in range(n_markers):
            if subset >> i & 1:
                weight *= density[i] * (size - members)
                members += 1
        free = size - members
        if free < 0:
            continue
        for other in range(full + 1):
            joined = other | subset
            missing = full - joined
            if other & subset or (last and missing & (missing - 1)):
                continue
            for j in range(reach + 1):
                start = max(n_below - j - (1 if joined == full else 0), 0) if last else 0
                for k in range(start, min(free, n_below - j) + 1):
                    product[joined, j + k] += held[other, j] * weight * group[members, k]
    return product


@numba.njit(cache=True)
def median_with_quartiles(means, sigma, integers, reals):
    """integers: sizes of the groups; reals: the three quartiles."""
    n = integers.sum()
    rank = (n + 1) / 4
    answer = lgamma(n + 1.0) - 4 * lgamma(rank)
    previous = 0.0
    for i in range(4):
        cdf, density = 0.0, 0.0
        if i < 3:
            for g in range(len(integers)):
                z = (log(reals[i]) - means[g]) / sigma
                cdf += integers[g] / n * ndtr(z)
                density += integers[g] / n * exp(-z * z / 2) / (sigma * reals[i] * sqrt(2 * pi))
            answer += log(density + 1e-300)
        else:
            cdf = 1.0
        answer += (rank - 1) * log(max(cdf - previous, TINY))
        previous = cdf
    return answer


@numba.njit(cache=True)
def curve(means, sigma, integers, reals):
    """Catmull-Rom cubic through reals[2:] on a grid of start reals[0] and step reals[1], at means[0] / sigma;
    straight beyond its ends.
    """
    position = (means[0] / sigma - reals[0]) / reals[1]
    values = reals[2:]
    n = len(values)
    inside = min(max(position, 0.0), n - 1.0)
    i = min(int(floor(inside)), n - 2)
    t = inside - i
    b, c = values[i], values[i + 1]
    a = values[i - 1] if i > 0 else 2 * b - c
    d = values[i + 2] if i < n - 2 else 2 * c - b
    value = b + t * ((c - a) / 2 + t * (a - 2.5 * b + 2 * c - d / 2 + t * ((d - a) / 2 + 1.5 * (b - c))))
    slope = values[-1] - values[-2] if position > inside else values[1] - values[0]
    return value + (position - inside) * slope


@numba.njit(cache=True)
def mixed_test(means, sigma, integers, reals):
    """integers: critical U, outcome (0 not significant, 1 lower, 2 higher, 3 either), grades of the
    tocilizumab arm, sizes of both arms by grade; reals: Gauss-Hermite nodes and weights.
    """
    critical, outcome, split = integers[0], integers[1], integers[2]
    sizes = integers[3:]
    n_nodes = len(reals) // 2
    pairs = sizes[:split].sum() * sizes[split:].sum()
    mean, variance = 0.0, 0.0  # of U, the pairs in which tocilizumab lasts longer
    for g in range(len(sizes)):
        in_toci = g < split
        start, stop = (split, len(sizes)) if in_toci else (0, split)
        total, total_squared = 0.0, 0.0  # expected number of the other arm that a patient of group g outlasts
        first, second = np.zeros(len(sizes)), np.zeros(len(sizes))
        for k in range(n_nodes):
            weight, outlasted = reals[n_nodes + k], 0.0
            for h in range(start, stop):
                chance = ndtr((means[g] - means[h]) / sigma + reals[k])
                outlasted += sizes[h] * chance
                first[h] += weight * chance
                second[h] += weight * chance**2
            total += weight * outlasted
            total_squared += weight * outlasted**2
        variance += sizes[g] * (total_squared - total**2)
        for h in range(start, stop):
            variance -= sizes[g] * sizes[h] * (second[h] - first[h] ** 2)
            if in_toci:
                mean += sizes[g] * sizes[h] * first[h]
                variance += sizes[g] * sizes[h] * first[h] * (1 - first[h])
    sd = sqrt(max(variance, 1e-6))
    low, high = (critical + 0.5 - mean) / sd, (pairs - critical - 0.5 - mean) / sd
    lower, higher = ndtr(low), ndtr(-high)
    if outcome == 0:
        # the smaller tails: nothing cancels
        probability = ndtr(-low) - higher if mean < pairs / 2 else ndtr(high) - lower
    elif outcome == 1:
        probability = lower
    elif outcome == 2:
        probability = higher
    else:
        probability = lower + higher
    return log(max(probability, TINY))


KINDS = {"median_with_range": 0, "median_with_quartiles": 1, "curve": 2, "mixed_test": 3}


@numba.njit(cache=True)
def log_likelihood(kind, means, sigma, integers, reals):
    """The kernel of that kind."""
    if kind == 0:
        return median_with_range(means, sigma, integers, reals, np.empty(len(means) + 1))
    return small(kind, means, sigma, integers, reals)


@numba.njit(cache=True)
def small(kind, means, sigma, integers, reals):
    """The kernels so cheap that their derivatives are taken as central differences."""
    if kind == 1:
        return median_with_quartiles(means, sigma, integers, reals)
    if kind == 2:
        return curve(means, sigma, integers, reals)
    return mixed_test(means, sigma, integers, reals)


@dataclass(frozen=True)
class Report:
    """A duration report packed for a kernel."""

    kind: str
    integers: np.ndarray
    reals: np.ndarray

    def log_likelihood(self, means, sigma: float) -> float:
        """Log likelihood at mean log durations of shape (group,) and their SD."""
        return log_likelihood(
            KINDS[self.kind], np.asarray(means, float), float(sigma), self.integers, self.reals
        )


def pack(kind: str, integers, reals) -> Report:
    return Report(kind, np.asarray(integers, np.int64), np.asarray(reals, float))


@numba.njit(cache=True)
def joint(means, sigmas, layout, integers, reals):
    """Sum of the log likelihoods of many reports, and its derivatives by each mean, then by each sigma.

    layout, shape (report, 6 + groups): kind, index of its sigma, ends of its integers and reals, number of
    groups, sign of the difference (1: the report reads means[0] - means[1] over sigma), then the index of
    each group's mean.
    """
    total, i, r = 0.0, 0, 0
    slopes = np.zeros(len(means) + len(sigmas))
    for row in layout:
        here = gather(means, row)
        n_moved = 1 if row[5] == 1 else row[4]
        local = np.empty(n_moved + 1)
        if row[0] == 0:
            total += median_with_range(here, sigmas[row[1]], integers[i : row[2]], reals[r : row[3]], local)
        else:
            total += differences(row[0], here, sigmas[row[1]], integers[i : row[2]], reals[r : row[3]], local)
        for g in range(n_moved):
            slopes[row[6 + g]] += local[g]
        if row[5] == 1:
            slopes[row[7]] -= local[0]
        slopes[len(means) + row[1]] += local[n_moved]
        i, r = row[2], row[3]
    return total, slopes


@numba.njit(cache=True)
def gather(means, row):
    """Means of the groups of a report; of two groups compared by a test, their difference."""
    if row[5] == 1:
        return np.array([means[row[6]] - means[row[7]]])
    picked = np.empty(row[4])
    for g in range(row[4]):
        picked[g] = means[row[6 + g]]
    return picked


@numba.njit(cache=True)
def differences(kind, means, sigma, integers, reals, slopes):
    """A small kernel's value; its central differences by each mean and by sigma go into `slopes`."""
    value = 0.0
    for g in range(len(slopes) + 1):
        by_sigma = g == len(slopes) - 1
        for sign in (1, -1):  # one call of the kernel: each further one is compiled again
            moved = means.copy()
            if g < len(means):
                moved[g] += sign * STEP
            found = small(kind, moved, sigma * (1 + sign * STEP) if by_sigma else sigma, integers, reals)
            if g == len(slopes):
                value = found
            elif sign == 1:
                slopes[g] = found
            else:
                slopes[g] = (slopes[g] - found) / (2 * STEP * (sigma if by_sigma else 1.0))
    return value
