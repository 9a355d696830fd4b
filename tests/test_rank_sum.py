"""The law of Mann and Whitney's U of normal values, of arms of any size, against integrals and simulation."""

import numpy as np
import pytest
from scipy import integrate, stats

from models.likelihood.power import GRID, mann_whitney_critical, mann_whitney_lower
from models.likelihood.rank_sum import moments, u_at_most
from models.pool.rank_power import lower

REPLICATES = 20_000


def simulated(n, m, d, generator):
    """U, the pairs in which the first arm has the larger value."""
    values = np.concatenate(
        [generator.normal(d, 1, (REPLICATES, n)), generator.normal(0, 1, (REPLICATES, m))], 1
    )
    ranks = values.argsort(axis=1).argsort(axis=1) + 1
    return ranks[:, :n].sum(axis=1) - n * (n + 1) / 2


@pytest.mark.parametrize(("n", "m"), [(6, 6), (2, 40), (40, 17), (300, 200)])
def test_moments_without_an_effect_are_the_known_ones(n, m):
    """Mean nm/2, variance nm(N + 1)/12, no skewness, and Fix and Hodges' fourth moment (1955, Ann Math Stat
    26:301).
    """
    found = [float(moment[0]) for moment in moments(n, m, np.zeros(1))]
    variance = n * m * (n + m + 1) / 12
    fourth = variance**2 * (3 - 6 / 5 * (n**2 + m**2 + n * m + n + m) / (n * m * (n + m + 1)))
    assert found[:2] == pytest.approx([n * m / 2, variance], rel=1e-9)
    assert abs(found[2]) < 1e-6 * variance**1.5
    assert found[3] == pytest.approx(fourth, rel=1e-3)


@pytest.mark.parametrize("d", [-1.5, 0.7, 3.0])
def test_mean_and_variance_at_an_effect_are_lehmanns(d):
    """Lehmann 1975, Nonparametrics, section 2.3: P(X > Y), P(X > Y, Y') and P(X, X' > Y) by integrals."""
    n, m = 23, 11
    p = stats.norm.cdf(d / np.sqrt(2))
    two_below = integrate.quad(lambda x: stats.norm.pdf(x) * stats.norm.cdf(x + d) ** 2, -9, 9)[0]
    two_above = two_below  # by symmetry
    variance = n * m * (p * (1 - p) + (m - 1) * (two_below - p**2) + (n - 1) * (two_above - p**2))
    found = [float(moment[0]) for moment in moments(n, m, np.array([d]))]
    assert found[:2] == pytest.approx([n * m * p, variance], rel=1e-5)


@pytest.mark.parametrize(("n", "m", "further"), [(20, 25, 0.0), (40, 40, 0.0), (7, 35, 0.005), (4, 40, 0.02)])
def test_of_many_patients_probabilities_are_those_of_simulation(n, m, further):
    """Within four of the simulation's standard errors, and what the docstring grants to small arms."""
    generator, critical = np.random.default_rng(3), mann_whitney_critical(n, m, 0.05)
    d = np.array([-1.4, -1.0, -0.7, -0.4, 0.0, 0.3])
    seen = np.array([np.mean(simulated(n, m, one, generator) <= critical) for one in d])
    off = np.abs(u_at_most(critical, n, m, d) - seen)
    assert (off < further + 4 * np.sqrt(np.maximum(seen * (1 - seen), 1e-3) / REPLICATES)).all(), off


def test_of_many_patients_power_falls_with_the_effect():
    """As that of any one-sided region does; a sweep of 2 v 40 rises and falls by rounding alone."""
    for n, m in ((2, 40), (20, 20), (40, 40)):
        assert (np.diff(mann_whitney_lower(n, m)) <= 1e-9).all()


@pytest.mark.parametrize(("n", "m", "alpha"), [(5, 5, 0.05), (3, 12, 0.05), (8, 8, 0.01), (10, 20, 0.05)])
def test_pool_has_the_same_power_in_less_time(n, m, alpha):
    exact, found = mann_whitney_lower(n, m, alpha), lower(n, m, alpha)
    middle = (exact > 0.02) & (exact < 0.8)
    few = n * m <= 100
    assert np.abs(found - exact).max() < (2e-5 if few else 0.01)
    assert np.abs(found - exact)[middle].max() < (2e-5 if few else 0.001)
    assert found.shape == GRID.shape
