"""How often a named test comes out significant: power curves on the standardised effect.

The effect is d = (mean of tocilizumab - mean of control) / SD on the log scale, where durations are normal
with one SD. A rank test sees only the order, so its curve on the log scale is its curve in days.
"""

from functools import lru_cache

import numpy as np
from scipy import special, stats

from extraction.recover.ranks import mann_whitney_null

GRID = np.linspace(-6.0, 6.0, 61)
"""Standardised effects at which curves are tabulated; between them the kernel interpolates."""
SMALLEST_PROBABILITY = 1e-9
"""Quadrature of a power curve is exact to about this; beyond it the log curve is extended in a line."""
NODES = 145  # Chebyshev points on up to 22 SD: twice as many change no curve by more than 1e-7 for 17 v 10


def mann_whitney_critical(n_toci: int, n_control: int, alpha: float) -> int:
    """Largest U whose doubled lower tail is below alpha; -1 where no outcome can be significant at these
    sizes.
    """
    tail = np.cumsum(mann_whitney_null(n_toci, n_control))
    return int(np.searchsorted(2 * tail, alpha, side="left")) - 1


@lru_cache
def mann_whitney_lower(n_toci: int, n_control: int, alpha: float = 0.05) -> np.ndarray:
    """P(two-sided exact Mann-Whitney p < alpha with tocilizumab shorter) at each d of GRID.

    Sweeping time from short to long, the state is how many of each arm have ended and U so far; each state's
    density is integrated along the sweep by Clenshaw-Curtis quadrature.  Exact but for that quadrature.
    """
    critical = mann_whitney_critical(n_toci, n_control, alpha)
    if critical < 0:
        return np.zeros_like(GRID)
    points, integrate = _chebyshev()
    low, high = np.minimum(GRID, 0) - 8, np.maximum(GRID, 0) + 8
    half = (high - low) / 2
    x = low[:, None] + half[:, None] * (points + 1)
    toci = stats.norm.pdf(x - GRID[:, None]) * half[:, None]
    control = stats.norm.pdf(x) * half[:, None]
    row: list[np.ndarray] = []
    for i in range(n_toci + 1):
        above, row = row, []
        for j in range(n_control + 1):
            if i == j == 0:
                state = np.zeros((critical + 1, *x.shape))
                state[0] = 1.0
            else:
                rate = np.zeros((critical + 1, *x.shape))
                if j:
                    rate += j * control * row[j - 1]
                if i and j <= critical:
                    rate[j:] += i * toci * above[j][: critical + 1 - j]
                state = rate @ integrate.T
            row.append(state)
    return np.clip(row[n_control][:, :, -1].sum(axis=0), 0.0, 1.0)


@lru_cache
def t_lower(n_toci: int, n_control: int, alpha: float = 0.05) -> np.ndarray:
    """P(two-sided t test p < alpha with tocilizumab shorter) at each d of GRID, for normal log durations."""
    df = n_toci + n_control - 2
    shift = GRID * np.sqrt(n_toci * n_control / (n_toci + n_control))
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
    n_toci: int,
    n_control: int,
    significant: bool,
    direction: str | None,
    alpha: float = 0.05,
) -> np.ndarray:
    """P(the test comes out as printed) at each d of GRID; tests named as alternatives are averaged.

    `direction` is `lower` (tocilizumab shorter), `higher`, or None where it is not printed.
    """
    lower = np.mean([CURVES[test](n_toci, n_control, alpha) for test in tests], axis=0)
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


@lru_cache
def _chebyshev() -> tuple[np.ndarray, np.ndarray]:
    """Chebyshev points on [-1, 1] and the matrix that integrates a polynomial through them from -1."""
    k = np.arange(NODES)
    points = -np.cos(np.pi * k / (NODES - 1))
    values = np.polynomial.chebyshev.chebvander(points, NODES - 1)
    integrals = np.stack(
        [
            np.polynomial.chebyshev.chebval(points, np.polynomial.chebyshev.chebint(row, lbnd=-1))
            for row in np.eye(NODES)
        ],
        axis=1,
    )
    return points, integrals @ np.linalg.inv(values)
