"""How likely a test comes out as told, as a function of the effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, log_expit, ndtr, stdtrit

from models.likelihood.tabulated import cubic, tabulated
from models.pool.two_risks import Risks, of_difference, of_ratio

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.rows.test_outcome import OutcomeOfTest

CHI = np.polynomial.legendre.leggauss(100)
SMALLEST = 1e-290
SLACK = 1 + 1e-9
"""Tables whose p equals the level but for rounding are not below it."""
LEVEL_SD = 1.5
"""Prior of the level of risk where no counts tell it: log odds N(0, 1.5), risks of 5 to 95 % with 95 %."""
LEVELS = np.linspace(-5.0, 5.0, 61)
COARSE = 81  # places of the effect


def of_values(row: OutcomeOfTest) -> LogLikelihood:
    """Of a standardised mean difference: t or Mann-Whitney test of normal values with a common SD."""
    if row.tests == ("mann-whitney",):
        return _of_ranks(row)
    n, m = row.n_treated, row.n_control
    df, factor = n + m - 2, np.sqrt(n * m / (n + m))
    t = -float(stdtrit(df, row.p / 2))
    sides = {"lower": (-1,), "higher": (1,), None: (-1, 1)}[row.direction]
    if row.sign == "=":
        from models.pool.noncentral_t import log_density

        return lambda theta: np.logaddexp.reduce(
            [log_density(side * t, df, factor * theta) for side in sides]
        )

    def probability(theta: np.ndarray) -> np.ndarray:
        total = np.zeros(theta.shape)
        for side in sides:  # P(side T > t), or P(0 < side T < t)
            above = _above(t, df, side * factor * theta)
            total += above if row.sign == "<" else ndtr(side * factor * theta) - above
        return np.log(np.maximum(total, SMALLEST))

    return tabulated(0.0, 1 / factor, probability)


def _above(t: float, df: float, noncentrality: np.ndarray) -> np.ndarray:
    """P(T > t) of a noncentral t: T = (z + noncentrality) / s, averaged over the estimated SD s."""
    nodes, weights = CHI
    width = 10 / np.sqrt(2 * df)
    log_s = width * nodes - 1 / (2 * df)
    log_mass = df * log_s - df / 2 * np.exp(2 * log_s)
    constant = df / 2 * np.log(df / 2) - gammaln(df / 2) + np.log(2)
    mass = weights * width * np.exp(log_mass + constant)
    return ndtr(noncentrality[..., None] - t * np.exp(log_s)) @ mass


def _of_ranks(row: OutcomeOfTest) -> LogLikelihood:
    from models.likelihood.power import GRID, log_curve, outcome_of
    from models.pool.rank_power import lower

    curve = lower(row.n_treated, row.n_control, row.p)
    values = log_curve(outcome_of(curve, row.sign == "<", row.direction))
    first, last = values[1] - values[0], values[-1] - values[-2]
    step = GRID[1] - GRID[0]

    def of(theta: np.ndarray) -> np.ndarray:
        inside = cubic(GRID, values, np.clip(theta, GRID[0], GRID[-1]))
        beyond = first * np.minimum(theta - GRID[0], 0) + last * np.maximum(theta - GRID[-1], 0)
        return np.minimum(inside + beyond / step, 0.0)  # a probability is 1 at most, however far out

    return of


def of_counts(row: OutcomeOfTest, measure: str, share: float) -> LogLikelihood:
    """Of an odds ratio, risk ratio or difference: the sum over all tables with that outcome.

    share: how far between the arms, from the control, the log odds lie that have the prior; of an odds ratio.
    """
    weight = share_of_tests(row)
    n, m = row.n_treated, row.n_control
    share = share if measure == "or" else 0.5
    mass = np.exp(-0.5 * LEVELS**2)
    mass /= mass.sum()

    def of(theta: np.ndarray) -> np.ndarray:
        found = np.empty(theta.shape)
        for i, one in enumerate(theta):
            log_p1, log_q1, log_p0, log_q0 = _risks(measure, np.full((1, 1), one), LEVEL_SD * LEVELS, share)
            outcome = (_binomial(n, log_p1, log_q1) @ weight * _binomial(m, log_p0, log_q0)).sum(axis=1)
            found[i] = np.log(max(outcome @ mass, SMALLEST))
        return found

    return tabulated(0.0, float(np.sqrt(4 / n + 4 / m)), of, largest=40.0, count=COARSE)


def _risks(measure: str, theta: np.ndarray, alpha: np.ndarray, share: float) -> Risks:
    """Log risks at levels of risk, each of shape (level,)."""
    if measure == "or":
        treated, control = alpha + (1 - share) * theta[0], alpha - share * theta[0]
        return log_expit(treated), log_expit(-treated), log_expit(control), log_expit(-control)
    of = {"rr": of_ratio, "rd": of_difference}[measure](theta, alpha[None])
    return tuple(np.broadcast_to(part, (1, len(alpha)))[0] for part in of)


def _binomial(n: int, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """Probabilities of 0 to n events, shape (level, n + 1)."""
    k = np.arange(n + 1)
    log_ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.exp(log_ways + k * log_p[:, None] + (n - k) * log_q[:, None])


def share_of_tests(row: OutcomeOfTest) -> np.ndarray:
    """By table (events treated, events control): the share of the tests that come out so."""
    from extraction.recover.p_values import TESTS

    n, m = row.n_treated, row.n_control
    a, c = np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing="ij")
    excess = a * m - c * n
    side = {"lower": excess < 0, "higher": excess > 0, None: np.full(a.shape, True)}[row.direction]
    shares = np.zeros(a.shape)
    for test in row.tests:
        p = TESTS[test.replace("-", "_")](a, n, c, m)
        below = np.nan_to_num(p, nan=1.0) * SLACK < row.p  # all or none had the event: no test is significant
        shares += side & (below if row.sign == "<" else ~below)
    return shares / len(row.tests)
