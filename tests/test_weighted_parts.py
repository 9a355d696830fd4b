"""A set weighted by its printed part: the chance of everything printed, if the part is a random share."""

from itertools import combinations
from math import exp

import numpy as np
import pytest
from scipy import stats

from models.endpoints import evidence_of
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import MIDWAY
from models.trust.weighted_parts import chance, printed_parts, weighted


def test_the_chance_of_a_part_is_that_of_every_way_to_draw_it():
    """5 treated of whom 2 had it, 4 untreated of whom 1: all parts of 3 and 2 patients."""
    ways = [
        (sum(i < 2 for i in treated), sum(i < 1 for i in untreated))
        for treated in combinations(range(5), 3)
        for untreated in combinations(range(4), 2)
    ]
    share = sum(way == (1, 1) for way in ways) / len(ways)
    assert chance((2, 5, 1, 4), (1, 3, 1, 2)) == pytest.approx(share)


def test_zhangs_infections_are_weighted_by_the_high_crp_stratum(review):
    """Held to the same sum on a grid of mu and tau; a referee's independent number is 2.67 (0.96 to 7.04)."""
    (zhou, zhang) = evidence_of("severe_infection", review).used
    assert printed_parts(zhang, "severe_infection", review) == [(11, 23, 2, 17)]
    found = weighted("severe_infection", review).ratio
    assert [found[name] for name in ("median", "lower", "upper")] == pytest.approx(
        [2.67, 0.96, 7.04], rel=0.01
    )
    theta, mu, tau = np.linspace(-6, 8, 281), np.linspace(-4, 5, 181), np.linspace(0.0125, 3, 120)
    own = np.exp(two_arm_log_likelihood(*zhou.report.tables[0], MIDWAY)(theta))
    other = sum(
        chance(table, (11, 23, 2, 17)) * np.exp(two_arm_log_likelihood(*table, MIDWAY)(theta))
        for table in zhang.report.tables
    )
    density = np.zeros(len(mu))
    for t in tau:
        around = stats.norm.pdf(theta, mu[:, None], t)
        around /= around.sum(axis=1, keepdims=True)
        density += stats.halfnorm.pdf(t, scale=0.5) * (around @ own) * (around @ other)
    density *= stats.norm.pdf(mu)
    cdf = np.cumsum(density) / density.sum()
    assert exp(np.interp(0.5, cdf, mu)) == pytest.approx(found["median"], rel=0.04)


def test_sets_without_a_part_are_left_alone(review):
    assert weighted("icans", review) is None
