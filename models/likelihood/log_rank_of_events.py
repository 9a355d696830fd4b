"""The law of a log-rank statistic z where the number of events is told.

Schoenfeld's z ~ N(log_hr sqrt(V), 1) (1981, Biometrika 68:316) holds for effects near none. Under a larger
effect the arm with the higher hazard is used up, so that z lies nearer 0 and varies less or more. Both follow
from the order in which patients leave: D of the N exits are events, spread evenly among them; an event takes
a treated patient with probability p = x h / (x h + y), a censoring with x / (x + y), with x and y at risk and
h the hazard ratio. Mean and covariance of (x, O - E, V) are carried along the exits to first order in their
scatter (the linear noise approximation, van Kampen 2007, chapter X), and z = (O - E) / sqrt(V) is taken as
normal with the mean and the variance that follow from them. At no effect it is Schoenfeld's law.

Where nobody leaves before the last event, so that the censored are all at the end, z lies further out: by 0.1
at a log hazard ratio of 1, by 0.4 at 1.5, in 60 v 60 patients with 90 events.
"""

from math import sqrt

import numpy as np
from scipy.special import log_ndtr, ndtr

FINE = 30
"""Exits are taken in steps of a thirtieth of the patients that are left, the last thirty one by one."""
LARGEST = 10.0
"""Log hazard ratio beyond which z is that of an arm used up before the other."""
LEAST_SD = 0.2
"""Of z: where one arm is used up before the other the law is of a few points, and no density of them."""


def moments(log_hr: np.ndarray, n_treated: int, n_control: int, events: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD of z at each log hazard ratio, treated over control; shape of log_hr.

    Within 0.08 of the means, and 6 % of the SDs, of simulated trials of 20 v 20 to 120 v 60 patients, a third
    to all of them with the event, at log hazard ratios to 1.5.
    """
    h = np.exp(np.clip(log_hr, -30.0, 30.0))
    left, share = float(n_treated + n_control), events / (n_treated + n_control)
    x = np.full(h.shape, float(n_treated))
    difference, information = np.zeros(h.shape), np.zeros(h.shape)
    # covariances of x, O - E and V
    xx, xu, xv, uu, uv, vv = (np.zeros(h.shape) for _ in range(6))
    while left >= 2:
        size = max(left / FINE, 1.0)
        # no further than an arm has patients: nothing is compared once it is used up
        step = np.clip(np.minimum(x, left - x), 0.0, size)
        q, weight = x / left, x * h + left - x
        p = x * h / weight
        # how the changes at one exit move with x
        p_x = h * left / weight**2
        x_x = -(share * p_x + (1 - share) / left)
        u_x, v_x = share * (p_x - 1 / left), share * (1 - 2 * q) / left
        # scatter at one exit, of which a fixed share are events
        noise = share * p * (1 - p)
        noise_x = noise + (1 - share) * q * (1 - q)
        xx, xu, xv, uu, uv, vv = (
            xx + step * (2 * x_x * xx + noise_x),
            xu + step * (x_x * xu + u_x * xx - noise),
            xv + step * (x_x * xv + v_x * xx),
            uu + step * (2 * u_x * xu + noise),
            uv + step * (u_x * xv + v_x * xu),
            vv + step * 2 * v_x * xv,
        )
        difference = difference + step * share * (p - q)
        information = information + step * share * q * (1 - q)
        x = x - step * (share * p + (1 - share) * q) - np.where(2 * x > left, size - step, 0.0)
        left -= size
    by_v = -difference / (2 * information)
    variance = (uu + 2 * by_v * uv + by_v**2 * vv) / information
    return difference / np.sqrt(information), np.sqrt(np.maximum(variance, LEAST_SD**2))


def estimate(z: float, n_treated: int, n_control: int, events: int) -> tuple[float, float]:
    """The log hazard ratio at which z is the mean, at most LARGEST either way, and its standard error."""
    log_hr = np.linspace(-LARGEST, LARGEST, 201)
    mean, sd = moments(log_hr, n_treated, n_control, events)
    found = float(np.interp(z, np.maximum.accumulate(mean), log_hr))
    slope, at = np.interp(found, log_hr, np.gradient(mean, log_hr)), np.interp(found, log_hr, sd)
    return found, min(float(at / max(slope, 1e-9)), LARGEST)


def log_density(sign: str, z: float, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Log density of |z| on the side of the mean; of a bound (`<`, `>`, of its p) the log probability of the
    region.
    """
    if sign == "=":
        return -0.5 * ((z - mean) / sd) ** 2 - np.log(sd * sqrt(2 * np.pi))
    if sign == "<":
        return log_ndtr((mean - z) / sd)
    return np.log(np.maximum(ndtr((z - mean) / sd) - ndtr(-mean / sd), 1e-300))
