"""The exact likelihood of a risk ratio or risk difference given two arms' counts.

The nuisance is the level of risk, as the mean of the two log odds: half the log odds product, which any risk
ratio or difference leaves free (Richardson, Robins & Wang 2017, J Am Stat Assoc 112:1121), and which is the
level midway between the arms of an odds ratio. It is integrated out under its normal prior.
"""

import numpy as np

from models.likelihood.report import LogLikelihood
from models.likelihood.tabulated import tabulated
from models.priors import BaselinePrior

LARGEST_EFFECT = 300.0  # on the log scale: beyond, the likelihood goes on as it ends there
ZOOMS, POINTS = 5, 41
NODES = np.linspace(-1.0, 1.0, 201)

type Risks = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""log p, log(1 - p) of the treated and of the control."""


def log_likelihood(measure: str, counts: tuple[int, int, int, int], baseline: BaselinePrior) -> LogLikelihood:
    """Log probability of the counts, a function of log rr or of atanh(rd), of any shape.

    measure: `rr` or `rd`. The baseline's own share (midway or control) is not used: the log odds product is
    symmetric. Raises ValueError for a prior that is not normal. Tabulated around its best effect, where a
    cubic joins it to within 2e-3, and ever more coarsely further out.
    """
    if baseline.prior.family != "normal":
        raise ValueError(f"the baseline prior must be normal, not {baseline.prior.family}")
    risks = {"rr": of_ratio, "rd": of_difference}[measure]
    prior = baseline.prior.parameters
    return tabulated(
        *rough(measure, counts), lambda theta: integrated(risks, theta, counts, *prior), LARGEST_EFFECT
    )


def integrated(
    risks, theta: np.ndarray, counts: tuple[int, int, int, int], centre: float, sd: float
) -> np.ndarray:
    """Log of the integral over the level of risk, for each theta, shape (theta,)."""
    a, n, c, m = counts

    def log_mass(alpha: np.ndarray) -> np.ndarray:
        log_p1, log_q1, log_p0, log_q0 = risks(theta[:, None], alpha)
        return (
            a * log_p1 + (n - a) * log_q1 + c * log_p0 + (m - c) * log_q0 - 0.5 * ((alpha - centre) / sd) ** 2
        )

    middle, half = np.full((len(theta), 1), centre), 8 * sd
    for _ in range(ZOOMS):  # of one peak: the grid closes in on it
        alpha = middle + half * np.linspace(-1, 1, POINTS)
        found = log_mass(alpha)
        best = np.argmax(found, axis=1)[:, None]
        middle = np.take_along_axis(alpha, best, axis=1)
        half *= 4 / POINTS
    step = 0.02
    for _ in range(3):
        curved = log_mass(middle + step * np.array([-1, 0, 1]))
        curvature = -(curved[:, :1] - 2 * curved[:, 1:2] + curved[:, 2:]) / step**2
        width = 1 / np.sqrt(np.maximum(curvature, 1 / sd**2))
        step = 0.3 * width
    # even near the peak, and never further apart than a twentieth of the way from it: an arm without events
    # makes an edge far out, as wide as a unit of log odds
    longest = np.arcsinh(8.5 * sd / width)
    place = longest * NODES
    mass = log_mass(middle + width * np.sinh(place)) + np.log(np.cosh(place))
    peak = mass.max(axis=1)
    step = (width * longest)[:, 0] * (NODES[1] - NODES[0])
    return peak + np.log(np.exp(mass - peak[:, None]).sum(axis=1)) + np.log(step)


def of_ratio(theta: np.ndarray, alpha: np.ndarray) -> Risks:
    """Log risks at a log risk ratio and a mean of log odds.

    With r the ratio and m = exp(-2 alpha), p0 = 2 / (1 + r + root), root = sqrt((1 - r)^2 + 4 r m); arms are
    exchanged so that r <= 1, and no digits are lost.
    """
    small = -np.abs(theta)  # the arm of the smaller risk over the other
    alpha = np.clip(alpha, -300, 300)
    r, m = np.exp(small), np.exp(-2 * alpha)
    less = -np.expm1(small)  # 1 - r
    root = np.sqrt(less**2 + 4 * r * m)
    total = np.log(1 + r + root)
    log_p_large = np.log(2) - total
    log_q_large = np.log(4) + small - 2 * alpha - np.log(np.maximum(root + less, 1e-300)) - total
    log_p_small = log_p_large + small
    log_q_small = np.log(less + root) - total
    return _in_order(theta > 0, log_p_large, log_q_large, log_p_small, log_q_small)


def of_difference(theta: np.ndarray, alpha: np.ndarray) -> Risks:
    """Log risks at atanh of a risk difference and a mean of log odds.

    With d the difference, above 0, and k = exp(2 alpha), the smaller risk p solves p (p + d) = k (1 - p) (1 -
    p - d); whichever of the two risks and their opposites is the small one is found without loss of digits.
    """
    size = np.minimum(np.abs(theta), 18.0)
    d, rest = np.tanh(size), 2 / (np.exp(2 * size) + 1)  # rest = 1 - d
    alpha = np.broadcast_to(alpha, np.broadcast_shapes(theta.shape, alpha.shape))
    low = alpha <= 0  # else solve for the opposites, which turns alpha round
    k = np.exp(2 * np.clip(-np.abs(alpha), -300, 0))
    # (1 - k) p^2 + (d + k (2 - d)) p - k (1 - d) = 0
    linear = d + k * (2 - d)
    p = 2 * k * rest / (linear + np.sqrt(linear**2 + 4 * (1 - k) * k * rest))
    p = np.maximum(p, 1e-300)
    q_far = np.maximum(rest - p, 1e-300)  # 1 - (p + d)
    log_p, log_q, log_p_far, log_q_far = np.log(p), np.log1p(-p), np.log(p + d), np.log(q_far)
    # alpha <= 0: p is the smaller risk; else p is the opposite of the larger one
    large_p, large_q = np.where(low, log_p_far, log_q), np.where(low, log_q_far, log_p)
    small_p, small_q = np.where(low, log_p, log_q_far), np.where(low, log_q, log_p_far)
    return _in_order(theta > 0, large_p, large_q, small_p, small_q)


def _in_order(
    treated_larger: np.ndarray,
    large_p: np.ndarray,
    large_q: np.ndarray,
    small_p: np.ndarray,
    small_q: np.ndarray,
) -> Risks:
    return (
        np.where(treated_larger, large_p, small_p),
        np.where(treated_larger, large_q, small_q),
        np.where(treated_larger, small_p, large_p),
        np.where(treated_larger, small_q, large_q),
    )


def rough(measure: str, counts: tuple[int, int, int, int]) -> tuple[float, float]:
    """About where the likelihood of log or, log rr or atanh(rd) is highest, and its SD there: half an event
    added everywhere.
    """
    a, n, c, m = counts
    if measure == "or":
        cells = [cell + 0.5 for cell in (a, n - a, c, m - c)]
        return float(np.log(cells[0] * cells[3] / (cells[1] * cells[2]))), sum(1 / x for x in cells) ** 0.5
    p1, p0 = (a + 0.5) / (n + 1), (c + 0.5) / (m + 1)
    if measure == "rr":
        return float(np.log(p1 / p0)), float(np.sqrt((1 - p1) / (n * p1) + (1 - p0) / (m * p0)))
    d = p1 - p0
    return float(np.arctanh(d)), float(np.sqrt(p1 * (1 - p1) / n + p0 * (1 - p0) / m) / (1 - d**2))
