"""The exact likelihood of a log odds ratio given two arms' counts, the control risk integrated out."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from models.likelihood.report import Counts, LogLikelihood
from models.priors import BaselinePrior

NODES = np.linspace(-3.6, 3.6, 57)  # sinh(3.6) = 18 SDs: reaches the prior's tail when an arm has no events
SPREAD, STRETCH = np.sinh(NODES), np.log(np.cosh(NODES) * (NODES[1] - NODES[0]))


def two_arm_log_likelihood(
    events_treated: int, n_treated: int, events_control: int, n_control: int, baseline: BaselinePrior
) -> LogLikelihood:
    """A function of the log odds ratio theta (any shape) that returns the log probability of the two counts.

    logit control risk = alpha - share * theta, logit treated risk = that + theta, alpha ~ normal; both counts
    binomial, coefficients included, so that the probabilities of alternative tables can be added. For every
    theta the integrand is log-concave in the control's logit, over which it runs: the nodes are spread
    around its mode, in units of its curvature, even near the mode and exponentially far out. Raises
    ValueError for impossible counts or a prior that is not normal.
    """
    for events, n in ((events_treated, n_treated), (events_control, n_control)):
        if not 0 <= events <= n or n < 1 or events != int(events) or n != int(n):
            raise ValueError(f"impossible counts: {events} events in {n} patients")
    if baseline.prior.family != "normal":
        raise ValueError(f"the baseline prior must be normal, not {baseline.prior.family}")
    centre, sd = baseline.prior.parameters
    constant = _log_ways(events_treated, n_treated) + _log_ways(events_control, n_control) - np.log(sd)

    def log_likelihood(theta: ArrayLike) -> np.ndarray:
        theta = np.asarray(theta, dtype=float)
        flat = theta.reshape(-1, 1)
        counts = events_treated, n_treated, events_control, n_control
        mean = baseline.of_control(centre, flat)  # of the control's logit
        mode, width = _mode(flat, counts, mean, sd)
        alpha = mode + width * SPREAD
        beta = alpha + flat
        log_mass = (
            (
                events_control * alpha
                - n_control * _softplus(alpha)
                + events_treated * beta
                - n_treated * _softplus(beta)
            )
            - 0.5 * ((alpha - mean) / sd) ** 2
            + STRETCH
        )
        peak = log_mass.max(axis=1)
        log_integral = peak + np.log(np.exp(log_mass - peak[:, None]).sum(axis=1)) + np.log(width[:, 0])
        return (log_integral + constant - 0.5 * np.log(2 * np.pi)).reshape(theta.shape)

    return log_likelihood


def _mode(theta: np.ndarray, counts: Counts, mean: np.ndarray, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Mode of alpha given theta and the SD of its curvature, each (theta, 1): Newton, kept in a bracket."""
    events_treated, n_treated, events_control, n_control = counts
    peak_treated, peak_control = (
        _peak(events_treated, n_treated, mean + theta, sd),
        _peak(events_control, n_control, mean, sd),
    )
    # between the three peaks lies the mode
    low = np.minimum(np.minimum(peak_treated - theta, peak_control), mean)
    high = np.maximum(np.maximum(peak_treated - theta, peak_control), mean)
    alpha = np.clip(_fitted_control_logit(theta, counts), low, high)
    for _ in range(60):
        treated, control = _expit(alpha + theta), _expit(alpha)
        slope = (
            events_control
            + events_treated
            - n_control * control
            - n_treated * treated
            - (alpha - mean) / sd**2
        )
        curvature = n_control * control * (1 - control) + n_treated * treated * (1 - treated) + 1 / sd**2
        low, high = np.where(slope > 0, alpha, low), np.where(slope > 0, high, alpha)
        newton = alpha + slope / curvature
        # nodes need the centre to a twentieth of an SD only
        close = np.abs(slope) < 0.05 * np.sqrt(curvature)
        if np.all(close):
            break
        alpha = np.where((newton > low) & (newton < high), newton, 0.5 * (low + high))
    return alpha, 1 / np.sqrt(curvature)


def _peak(events: int, n: int, mean: np.ndarray, sd: float) -> np.ndarray:
    """Peak of an arm's likelihood on the logit scale, or with none a point beyond any mode of the prior; mean
    and peak for each theta.
    """
    if 0 < events < n:
        return np.full_like(mean, np.log(events / (n - events)))
    beyond = np.abs(mean) + 1 + max(np.log(n * sd**2), 0.0)
    return beyond if events else -beyond


def _fitted_control_logit(theta: np.ndarray, counts: Counts) -> np.ndarray:
    """The alpha at which expected events equal observed ones, without the prior: the root of a quadratic in
    odds.
    """
    events_treated, n_treated, events_control, n_control = counts
    total = n_treated + n_control
    events = np.clip(events_treated + events_control, 0.5, total - 0.5)
    odds_ratio = np.exp(np.clip(theta, -100, 100))
    square, linear = odds_ratio * (total - events), n_control - events + odds_ratio * (n_treated - events)
    root = np.sqrt(linear**2 + 4 * square * events)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(linear > 0, 2 * events / (linear + root), (root - linear) / (2 * square))
    return np.log(odds)


def _softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + e^x); its error of 1e-16 times n patients is far below what a posterior can show."""
    return np.maximum(x, 0.0) + np.log(1.0 + np.exp(-np.abs(x)))


def _expit(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -700, 700)))


def _log_ways(events: int, n: int) -> float:
    return gammaln(n + 1.0) - gammaln(events + 1.0) - gammaln(n - events + 1.0)
