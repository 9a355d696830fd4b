"""How often a named test comes out significant: power curves on the standardised effect.

The effect is d = (mean of the treated - mean of control) / SD on the log scale, where durations are normal
with one SD. A rank test sees only the order, so its curve on the log scale is its curve in units of time.
"""

from functools import lru_cache

import numpy as np
from scipy import special, stats

from extraction.recover.ranks import mann_whitney_null
from models.likelihood.rank_sum import u_at_most

GRID = np.linspace(-6.0, 6.0, 61)
"""Standardised effects at which curves are tabulated; between them the kernel interpolates."""
SMALLEST_PROBABILITY = 1e-9
"""Quadrature of a power curve is exact to about this; beyond it the log curve is extended in a line."""


def mann_whitney_critical(n_treated: int, n_control: int, alpha: float) -> int:
    """Largest U whose doubled lower tail is below alpha; -1 where no outcome can be significant at these
    sizes.
    """
    tail = np.cumsum(mann_whitney_null(n_treated, n_control))
    return int(np.searchsorted(2 * tail, alpha, side="left")) - 1


@lru_cache
def mann_whitney_lower(n_treated: int, n_control: int, alpha: float = 0.05) -> np.ndarray:
    """P(two-sided exact Mann-Whitney p < alpha with the treated shorter) at each d of GRID."""
    return u_at_most(mann_whitney_critical(n_treated, n_control, alpha), n_treated, n_control, GRID)


@lru_cache
def t_lower(n_treated: int, n_control: int, alpha: float = 0.05) -> np.ndarray:
    """P(two-sided t test p < alpha with the treated shorter) at each d of GRID, for normal log durations."""
    df = n_treated + n_control - 2
    shift = GRID * np.sqrt(n_treated * n_control / (n_treated + n_control))
    critical = stats.t.isf(alpha / 2, df)
    # t = (z + shift) / s: averaged over the estimated SD s, since SciPy's noncentral t loses its far tails
    nodes, weights = np.polynomial.legendre.leggauss(100)
    widest = stats.chi.isf(1e-16, df)
    chi = widest * (nodes + 1) / 2
    return special.ndtr(-shift[:, None] - critical * chi / np.sqrt(df)) @ (
        weights * widest / 2 * stats.chi.pdf(chi, df)
    )


CURVES = {"mann_whitney": mann_whitney_lower, "t": t_lower}


def outcome_curve(
    tests: tuple[str, ...],
    n_treated: int,
    n_control: int,
    significant: bool,
    direction: str | None,
    alpha: float = 0.05,
) -> np.ndarray:
    """P(the test comes out as printed) at each d of GRID; tests named as alternatives are averaged.

    `direction` is `lower` (the treated shorter), `higher`, or None where it is not printed.
    """
    lower = np.mean([CURVES[test](n_treated, n_control, alpha) for test in tests], axis=0)
    return outcome_of(lower, significant, direction)


def outcome_of(lower: np.ndarray, significant: bool, direction: str | None) -> np.ndarray:
    """P(a test comes out so) at each d of GRID, from P(significant with the treated shorter)."""
    higher = lower[::-1]
    if not significant:
        return 1 - lower - higher
    return {"lower": lower, "higher": higher, None: lower + higher}[direction]


def log_curve(probability: np.ndarray) -> np.ndarray:
    """Log of a power curve; where it underflows, continued in a line from the last two exact points."""
    exact = np.flatnonzero(probability > SMALLEST_PROBABILITY)
    first, last = exact[0], exact[-1]
    curve = np.log(np.maximum(probability, SMALLEST_PROBABILITY))
    curve[:first] = curve[first] + (curve[first] - curve[first + 1]) * np.arange(first, 0, -1)
    curve[last + 1 :] = curve[last] + (curve[last] - curve[last - 1]) * np.arange(1, len(curve) - last)
    return curve
