"""The density of a printed median and range against closed forms, enumeration, quadrature and simulation."""

from itertools import combinations, pairwise, permutations
from math import factorial, prod

import numpy as np
import pytest
from scipy import integrate, stats

from models.likelihood.order_statistics import median_with_quartiles, median_with_range

SIGMA = 0.5


def log_normal(mean, sigma=SIGMA):
    return stats.lognorm(sigma, scale=np.exp(mean))


class Mixture:
    """Distribution of a patient drawn from groups in proportion to their sizes."""

    def __init__(self, sizes, means, sigma=SIGMA):
        self.shares, self.groups = np.array(sizes) / sum(sizes), [log_normal(m, sigma) for m in means]

    def cdf(self, t):
        return sum(w * g.cdf(t) for w, g in zip(self.shares, self.groups, strict=True))

    def pdf(self, t):
        return sum(w * g.pdf(t) for w, g in zip(self.shares, self.groups, strict=True))


def order_density(n, ranks, times, distribution):
    """Joint density of order statistics of n draws (David & Nagaraja 2003, section 2.2)."""
    ranks, cdf = [0, *ranks, n + 1], [0.0, *(distribution.cdf(t) for t in times), 1.0]
    answer = float(factorial(n)) * prod(distribution.pdf(t) for t in times)
    for i in range(len(ranks) - 1):
        between = ranks[i + 1] - ranks[i] - 1
        answer *= (cdf[i + 1] - cdf[i]) ** between / factorial(between)
    return answer


def enumerated(sizes, means, ranks, times):
    """The same for patients of different groups: a sum over which patient holds which rank and who lies
    between.
    """
    patients = [log_normal(m) for m, n in zip(means, sizes, strict=True) for _ in range(n)]
    edges, everyone = [0.0, *times, np.inf], set(range(len(patients)))
    gaps = np.diff([0, *ranks, len(patients) + 1]) - 1
    density = [[p.pdf(t) for t in times] for p in patients]
    inside = [[p.cdf(b) - p.cdf(a) for a, b in pairwise(edges)] for p in patients]

    def share(left, interval):
        if interval == len(gaps):
            return 1.0
        return sum(
            prod(inside[p][interval] for p in chosen) * share(left - set(chosen), interval + 1)
            for chosen in combinations(sorted(left), gaps[interval])
        )

    return sum(
        prod(density[p][i] for i, p in enumerate(holders)) * share(everyone - set(holders), 0)
        for holders in permutations(everyone, len(times))
    )


def brute_force(sizes, means, median, minimum, maximum, zeros=0):
    """Density of the printed numbers; of an even number of patients the two in the middle straddle the
    median.
    """
    total = sum(sizes)
    n = total + zeros
    middle = [(n + 1) // 2 - zeros] if n % 2 else [n // 2 - zeros, n // 2 + 1 - zeros]
    ranks = [*([1] if minimum else []), *middle, *([total] if maximum else [])]

    def at(*around):
        return enumerated(
            sizes, means, ranks, [*([minimum] if minimum else []), *around, *([maximum] if maximum else [])]
        )

    if n % 2:
        return at(median)
    widest = min(median - (minimum or 0), (maximum or np.inf) - median)
    # median = (a + b)/2 with a = median - gap, b = median + gap: Jacobian 2
    return integrate.quad(lambda gap: 2 * at(median - gap, median + gap), 0, widest, epsrel=1e-8)[0]


LIMITS = [(None, None), (2.0, None), (None, 11.0), (2.0, 11.0)]
GAP_ERROR = 2e-4  # on the log density: 12 nodes over the gap of an even n are stated to be within 5e-5


@pytest.mark.parametrize(("minimum", "maximum"), LIMITS)
@pytest.mark.parametrize("n", [3, 5, 17, 31])
def test_one_group_of_odd_size_has_the_textbook_density(n, minimum, maximum):
    ranks = [*([1] if minimum else []), (n + 1) // 2, *([n] if maximum else [])]
    times = [t for t in (minimum, 5.5, maximum) if t]
    expected = np.log(order_density(n, ranks, times, log_normal(1.6)))
    found = median_with_range([n], 5.5, minimum, maximum).log_likelihood([1.6], SIGMA)
    assert found == pytest.approx(expected, abs=1e-9)  # both are closed forms: rounding only


@pytest.mark.parametrize(("minimum", "maximum"), LIMITS)
@pytest.mark.parametrize("n", [4, 6, 28])
def test_one_group_of_even_size_integrates_the_gap_around_the_median(n, minimum, maximum):
    ranks = [*([1] if minimum else []), n // 2, n // 2 + 1, *([n] if maximum else [])]

    def at(gap):
        times = [*([minimum] if minimum else []), 5.5 - gap, 5.5 + gap, *([maximum] if maximum else [])]
        return 2 * order_density(n, ranks, times, log_normal(1.6))

    expected = integrate.quad(at, 0, min(5.5 - (minimum or 0), (maximum or np.inf) - 5.5), epsrel=1e-10)[0]
    found = median_with_range([n], 5.5, minimum, maximum).log_likelihood([1.6], SIGMA)
    assert found == pytest.approx(np.log(expected), abs=GAP_ERROR)


@pytest.mark.parametrize(("minimum", "maximum"), LIMITS)
@pytest.mark.parametrize("sizes", [[2, 3], [1, 1, 3], [2, 2, 1], [2, 2], [3, 1], [1, 1, 2], [1, 3, 2]])
def test_mixed_groups_have_the_density_of_every_way_to_hold_the_places(sizes, minimum, maximum):
    means = [1.2, 1.7, 2.2][: len(sizes)]
    expected = brute_force(sizes, means, 5.5, minimum, maximum)
    found = median_with_range(sizes, 5.5, minimum, maximum).log_likelihood(means, SIGMA)
    # odd: rounding only; even: the gap's nodes
    assert found == pytest.approx(np.log(expected), abs=1e-9 if sum(sizes) % 2 else GAP_ERROR)


@pytest.mark.parametrize("maximum", [None, 11.0])
@pytest.mark.parametrize(
    ("sizes", "zeros"), [([2, 2], 1), ([2, 2], 2), ([3, 2], 2), ([2, 1, 2], 3), ([3, 1], 3)]
)
def test_patients_without_the_syndrome_hold_the_lowest_ranks(sizes, zeros, maximum):
    means = [1.2, 1.7, 2.2][: len(sizes)]
    expected = brute_force(sizes, means, 5.5, None, maximum, zeros)
    found = median_with_range(sizes, 5.5, None, maximum, zeros=zeros).log_likelihood(means, SIGMA)
    assert found == pytest.approx(np.log(expected), abs=1e-9 if (sum(sizes) + zeros) % 2 else GAP_ERROR)


@pytest.mark.parametrize(
    ("sizes", "printed", "limits", "zeros"),
    [
        ([3, 4], (5, 2, 10), "both", 0),
        ([8, 9], (6, 2, 14), "both", 0),  # tocilizumab patients of Zhou 2025, to the whole day
        ([7, 11, 6], (6, 0, 12), "maximum", 4),  # the others, four without CRS counted as 0
        ([4, 4], (5, 0, 0), "none", 0),
    ],
)
def test_density_over_the_rounding_cell_is_the_share_of_simulated_cohorts_that_print_the_same(
    sizes, printed, limits, zeros
):
    rng = np.random.default_rng(11)
    draws = 200_000
    means = np.array([1.5, 1.7, 1.9][: len(sizes)])
    days = np.exp(np.repeat(means, sizes) + SIGMA * rng.standard_normal((draws, sum(sizes))))
    everyone = np.hstack([np.zeros((draws, zeros)), days])
    same = np.abs(np.median(everyone, axis=1) - printed[0]) < 0.5
    if limits == "both":
        same &= np.abs(days.min(axis=1) - printed[1]) < 0.5
    if limits != "none":
        same &= np.abs(days.max(axis=1) - printed[2]) < 0.5
    nodes, weights = np.polynomial.legendre.leggauss(4)  # the density is smooth over one day
    within = list(zip(nodes / 2, weights / 2, strict=True))
    none = [(None, 1.0)]
    probability = 0.0
    for shift, weight in within:
        for low, low_weight in [(printed[1] + s, w) for s, w in within] if limits == "both" else none:
            for high, high_weight in [(printed[2] + s, w) for s, w in within] if limits != "none" else none:
                report = median_with_range(sizes, printed[0] + shift, low, high, zeros=zeros)
                probability += weight * low_weight * high_weight * np.exp(report.log_likelihood(means, SIGMA))
    standard_error = np.sqrt(probability * (1 - probability) / draws)
    assert same.mean() == pytest.approx(probability, abs=4 * standard_error)
    assert standard_error < 0.05 * probability  # the simulation can tell


@pytest.mark.parametrize(
    ("sizes", "zeros"), [([1], 0), ([1, 1], 0), ([1, 2], 0), ([2, 2], 0), ([3, 2], 2), ([5, 5], 3)]
)
def test_density_of_the_median_alone_integrates_to_one(sizes, zeros):
    means = [1.2, 2.0][: len(sizes)]

    def density(log_median):
        median = np.exp(log_median)
        return median * np.exp(
            median_with_range(sizes, median, None, None, zeros=zeros).log_likelihood(means, SIGMA)
        )

    found = integrate.quad(density, 1.6 - 4.5, 1.6 + 4.5, points=[1.2, 1.6, 2.0], epsabs=1e-7)[0]
    # two patients may be as far apart as the median is long: the hardest gap for 12 nodes
    assert found == pytest.approx(1.0, abs=1e-3 if sum(sizes) == 2 else GAP_ERROR)


@pytest.mark.parametrize("exchangeable", [False, True])
@pytest.mark.parametrize("sizes", [[2, 1], [2, 2]])
def test_density_of_median_and_range_integrates_to_one(sizes, exchangeable):
    means = [1.4, 1.8]
    nodes, weights = np.polynomial.legendre.leggauss(24)
    reach, total = 4.5 * SIGMA + 0.2, 0.0
    for x, wx in zip(
        1.6 + reach * nodes, reach * weights, strict=True
    ):  # logs of median, then minimum below it and maximum above
        low, high = 1.6 - reach - 0.2, 1.6 + reach + 0.2
        for y, wy in zip(low + (x - low) * (nodes + 1) / 2, (x - low) / 2 * weights, strict=True):
            for z, wz in zip(x + (high - x) * (nodes + 1) / 2, (high - x) / 2 * weights, strict=True):
                report = median_with_range(sizes, np.exp(x), np.exp(y), np.exp(z), exchangeable=exchangeable)
                total += wx * wy * wz * np.exp(x + y + z + report.log_likelihood(means, SIGMA))
    # 1e-3: the range is cut at 4.5 SD, and with an even n the midpoint is not smooth where a gap meets a
    # limit
    assert total == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("minimum", "maximum"), LIMITS)
def test_exchangeable_patients_are_draws_from_the_mixture(minimum, maximum):
    sizes, means = [17, 9, 5], [1.4, 1.7, 2.1]
    ranks = [*([1] if minimum else []), 16, *([31] if maximum else [])]
    expected = order_density(31, ranks, [t for t in (minimum, 5.5, maximum) if t], Mixture(sizes, means))
    found = median_with_range(sizes, 5.5, minimum, maximum, exchangeable=True).log_likelihood(means, SIGMA)
    assert found == pytest.approx(np.log(expected), abs=1e-9)  # rounding only


@pytest.mark.parametrize("exchangeable", [False, True])
def test_groups_of_equal_means_are_one_group(exchangeable):
    split = median_with_range([7, 11, 6], 5.5, 1.0, 12.0, exchangeable=exchangeable).log_likelihood(
        [1.6] * 3, SIGMA
    )
    # rounding only
    assert split == pytest.approx(
        median_with_range([24], 5.5, 1.0, 12.0).log_likelihood([1.6], SIGMA), abs=1e-9
    )


def test_order_of_the_groups_does_not_matter():
    found = [
        median_with_range(sizes, 5.5, 1.0, 12.0).log_likelihood(means, SIGMA)
        for sizes, means in (([7, 11, 6], [1.4, 1.7, 2.1]), ([6, 7, 11], [2.1, 1.4, 1.7]))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-9)  # rounding only


@pytest.mark.parametrize("factor", [24.0, 1 / 7])
def test_density_changes_with_the_unit_as_a_density_does(factor):
    """In hours instead of days: three printed numbers, so three factors."""
    days = median_with_range([5, 6], 5.5, 2.0, 11.0).log_likelihood([1.5, 1.8], SIGMA)
    other = median_with_range([5, 6], 5.5 * factor, 2.0 * factor, 11.0 * factor).log_likelihood(
        np.log(factor) + np.array([1.5, 1.8]), SIGMA
    )
    assert other == pytest.approx(days - 3 * np.log(factor), abs=1e-9)  # rounding only


@pytest.mark.parametrize("sizes", [[3], [7], [2, 1], [4, 3]])
def test_quartiles_at_whole_ranks_are_order_statistics_of_the_mixture(sizes):
    n, means = sum(sizes), [1.4, 1.9][: len(sizes)]
    rank = (n + 1) // 4
    expected = order_density(n, [rank, 2 * rank, 3 * rank], [4.0, 5.5, 8.0], Mixture(sizes, means))
    found = median_with_quartiles(sizes, 4.0, 5.5, 8.0).log_likelihood(means, SIGMA)
    assert found == pytest.approx(np.log(expected), abs=1e-9)  # rounding only


@pytest.mark.parametrize("n", [5, 10, 18])
def test_quartiles_between_ranks_integrate_to_one(n):
    nodes, weights = np.polynomial.legendre.leggauss(16)
    u, w = (nodes + 1) / 2, weights / 2
    group, total = log_normal(1.6), 0.0
    for median, wm in zip(u, w, strict=True):  # as probabilities, where log-normal tails end at 0 and 1
        for lower, wl in zip(u * median, w * median, strict=True):
            for upper, wu in zip(median + u * (1 - median), w * (1 - median), strict=True):
                times = group.ppf([lower, median, upper])
                density = median_with_quartiles([n], *times).log_likelihood([1.6], SIGMA)
                total += wm * wl * wu * np.exp(density - group.logpdf(times).sum())
    assert total == pytest.approx(1.0, abs=1e-3)  # powers of 1/2 at the corners converge slowly


@pytest.mark.parametrize(
    ("sizes", "median", "minimum", "maximum", "zeros"),
    [
        ([2], 5.0, 2.0, 9.0, 0),  # two patients: the range fixes the median
        ([1], 5.0, 2.0, None, 0),
        ([1], 5.0, None, 9.0, 0),
        ([3], 5.0, None, 9.0, 4),  # the median would be one of the zeros
        ([4], 5.0, None, 9.0, 4),  # half of it would be
        ([5], 0.0, None, 9.0, 0),
        ([5], -1.0, None, 9.0, 0),
        ([5], 5.0, 0.0, 9.0, 0),
    ],
)
def test_numbers_that_so_few_patients_cannot_give_are_refused(sizes, median, minimum, maximum, zeros):
    with pytest.raises(ValueError, match="has no density"):
        median_with_range(sizes, median, minimum, maximum, zeros=zeros)


@pytest.mark.parametrize(("mean", "sigma"), [(-8.0, 0.1), (12.0, 0.1), (1.6, 0.01), (1.6, 20.0)])
def test_density_is_finite_far_from_the_data(mean, sigma):
    assert np.isfinite(
        median_with_range([7, 11, 6], 5.5, None, 12.0, zeros=4).log_likelihood([mean] * 3, sigma)
    )
    assert np.isfinite(median_with_quartiles([7, 11], 4.0, 5.5, 8.0).log_likelihood([mean] * 2, sigma))


def test_enumeration_counts_every_way_once():
    """The brute force itself: with one group it is the textbook density."""
    # rounding only
    assert enumerated([5], [1.6], [1, 3, 5], [2.0, 5.5, 11.0]) == pytest.approx(
        order_density(5, [1, 3, 5], [2.0, 5.5, 11.0], log_normal(1.6)), rel=1e-9
    )
