"""The noncentral t density, as a function of its noncentrality; scipy.stats alone takes half a second to
import.
"""

import numpy as np
from scipy.special import gammaln

NODES = np.linspace(-3.2, 3.2, 65)
SPREAD, STRETCH = np.sinh(NODES), np.log(np.cosh(NODES) * (NODES[1] - NODES[0]))


def log_density(t: float, df: float, noncentrality: np.ndarray) -> np.ndarray:
    """Log density of t, of the shape of the noncentrality.

    t = (z + noncentrality) / s with z standard normal and df s^2 chi-squared: the integral over log s, whose
    integrand has one peak, at a root of a quadratic in s.
    """
    delta = np.asarray(noncentrality, float)[..., None]
    square = t * t + df
    # d/dlog s of (df + 1) log s - (t s - delta)^2 / 2 - df s^2 / 2
    peak = (t * delta + np.sqrt((t * delta) ** 2 + 4 * square * (df + 1))) / (2 * square)
    width = 1 / np.sqrt(2 * square * peak**2 - t * delta * peak)
    log_s = np.log(peak) + width * SPREAD
    s = np.exp(np.minimum(log_s, 300.0))
    mass = (df + 1) * log_s - 0.5 * (t * s - delta) ** 2 - 0.5 * df * s * s + STRETCH
    top = mass.max(axis=-1)
    constant = df / 2 * np.log(df / 2) - gammaln(df / 2) + np.log(2) - 0.5 * np.log(2 * np.pi)
    return top + np.log(np.exp(mass - top[..., None]).sum(axis=-1)) + np.log(width[..., 0]) + constant
