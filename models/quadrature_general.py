"""Random-effects meta-analysis of studies whose likelihoods have any shape.

Each study gives log L_s(theta). Its likelihood of (mu, tau) is L_s smoothed by a normal of SD tau, a convolution
on one even grid of effects that all studies share. Nothing is assumed of L_s but that the grid resolves it and
that it levels off (or vanishes) beyond all effects that the posterior supports. Sums have positive terms only, so
small likelihoods keep their relative precision when studies conflict.
"""

import numpy as np
from scipy.special import ndtr

from models.posterior import Marginal, Posterior, tau_marginal
from models.smoothing import log_smooth
from models.tau_nodes import node_weights, region, scan_log_tau

TAU_NODES = 64
SCAN_GRID, SCAN_TAU = 129, 16
TAIL = 18.0  # log density below the peak at which the grid of mu ends
BULK, LARGE_TAU, REACH = 6.0, 0.995, 5.0  # the grid of effects covers mu within BULK +- REACH that quantile of tau
VANISHED, LEVEL = -6.0, 0.2  # beyond the grid, log likelihoods lie below the first or change less than the second
LARGEST_GRID = 20_000  # a second or two
CONFLICT = -200.0  # log likelihood below a study's own best (20 SDs) beyond which smoothing is no longer exact


def from_study_likelihoods(log_likelihoods, mu_prior, tau_prior, study_names=None):
    """Posterior given one log-likelihood function of theta per study.

    log_likelihoods: functions, array in and array of the same shape out, each up to a constant; bimodal or flat
    ones are welcome, since the priors are proper. mu_prior, tau_prior: any Prior on the line and on the positive
    numbers. No studies returns the prior. Raises ValueError for a likelihood that is not a number somewhere, for
    studies that lie 20 SDs apart under every tau that the prior allows, and for a prior of tau with so heavy a tail
    that no grid can cover the effects it supports.
    """
    names = study_names if study_names is not None else [str(study + 1) for study in range(len(log_likelihoods))]
    theta, log_l, rows = _resolved_grid(log_likelihoods, names, mu_prior, tau_prior)
    log_tau = _log_tau_nodes(theta, log_l, rows, mu_prior, tau_prior, TAU_NODES)
    log_joint, log_m = _log_joint(theta, log_l, log_tau, rows, mu_prior, tau_prior)
    if np.any(log_m.min(axis=1, initial=0.0)[log_joint > log_joint.max() - TAIL] < CONFLICT):
        raise ValueError("the studies and the priors conflict too far to compute: no tau allowed reconciles them")
    return _marginals(theta, log_l, names, log_tau, rows, log_joint, log_m)


def _resolved_grid(log_likelihoods, names, mu_prior, tau_prior):
    """Even grid of effects, log likelihoods on it (study, theta), and the rows of it that carry mu.

    Starts from what the priors allow and closes in: a coarse grid finds where the posterior lies, to within one of
    its steps, and how sharply the likelihoods curve, since second differences of a log likelihood tell its width
    even on a grid coarser than that. The last grid is fine enough and is kept. What the coarse grid cannot see is a
    second mode many times narrower than its step and more than two steps away from the first.
    """
    spread = (mu_prior.quantile(0.975) - mu_prior.quantile(0.025)) / 4
    theta, log_l = _first_grid(log_likelihoods, names, mu_prior.quantile(0.5), 8 * spread, tau_prior)
    while True:
        ends, size, needed = theta[[0, -1]], len(theta), _needed_step(theta, log_l, spread)
        if size > SCAN_GRID and theta[1] - theta[0] <= 1.3 * needed:
            first, last = np.searchsorted(theta, mu_ends)
            return theta, log_l, slice(max(first - 1, 0), min(last + 1, size))
        if size == SCAN_GRID:
            closer, mu_ends = _supported(theta, log_l, mu_prior, tau_prior)
        if np.ptp(closer) < 0.7 * np.ptp(ends):
            ends, size = closer, SCAN_GRID
        else:
            size = max(int(np.ceil(np.ptp(ends) / needed)), size) + 1
        if size > LARGEST_GRID:
            raise ValueError(
                f"effects between {ends[0]:.3g} and {ends[1]:.3g} are supported, too wide a range for a likelihood or "
                f"prior of SD {4 * needed:.2g}: choose a prior of tau with a lighter tail"
            )
        theta = np.linspace(*ends, size)
        log_l = _tabulate(log_likelihoods, names, theta)


def _first_grid(log_likelihoods, names, centre, reach, tau_prior):
    """All effects that the priors make plausible, or that a likelihood points to from there, and log likelihoods."""
    reach = reach + 8 * tau_prior.quantile(0.999)
    for doubling in 2.0 ** np.arange(10):
        theta = np.linspace(centre - doubling * reach, centre + doubling * reach, SCAN_GRID)
        log_l = _tabulate(log_likelihoods, names, theta)
        if not np.any(log_l[:, [0, -1]] - log_l[:, [1, -2]] > 1.0):  # nothing still rises at an end
            return theta, log_l
    raise ValueError(f"a likelihood still rises at an effect of {theta[0]:.3g} or {theta[-1]:.3g}")


def _tabulate(log_likelihoods, names, theta):
    """Log likelihoods on the grid, each with maximum zero: shape (study, theta)."""
    log_l = np.zeros((len(names), len(theta)))
    for study, (name, log_likelihood) in enumerate(zip(names, log_likelihoods, strict=True)):
        values = np.asarray(log_likelihood(theta), dtype=float)
        if values.shape != theta.shape or np.any(np.isnan(values)) or not np.isfinite(values.max()):
            raise ValueError(f"study {name}: the log likelihood must give one number for each theta")
        log_l[study] = np.maximum(values - values.max(), -1e4)
    return log_l


def _needed_step(theta, log_l, spread):
    """A quarter of the narrowest likelihood's SD, a third of the SD of all combined, a quarter of mu's prior."""
    curvature = -np.diff(log_l, 2, axis=1) / (theta[1] - theta[0]) ** 2
    information = np.where(log_l[:, 1:-1] > -12.0, curvature, 0.0).max(axis=1, initial=0.0)
    return 1 / max(4 * np.sqrt(information.max(initial=0.0)), 3 * np.sqrt(information.sum()), 4 / spread)


def _supported(theta, log_l, mu_prior, tau_prior):
    """Ends of the effects, and of mu, that the posterior supports, judged on a coarse grid."""
    rows = slice(0, len(theta))
    log_tau = _log_tau_nodes(theta, log_l, rows, mu_prior, tau_prior, SCAN_TAU)
    log_joint, _ = _log_joint(theta, log_l, log_tau, rows, mu_prior, tau_prior)
    margin = 2 * (theta[1] - theta[0])
    depth = log_joint.max(axis=0) - log_joint.max()
    mu, bulk = theta[depth > -TAIL], theta[depth > -BULK]
    share = np.cumsum(node_weights(np.logaddexp.reduce(log_joint, axis=1), log_tau[1] - log_tau[0]))
    reach = REACH * np.exp(log_tau[np.searchsorted(share, LARGE_TAU)])
    low, high = min(mu[0], bulk[0] - reach) - margin, max(mu[-1], bulk[-1] + reach) + margin
    seen = np.maximum(log_l, VANISHED)
    low, high = _level_end(theta, seen, low), -_level_end(-theta[::-1], seen[:, ::-1], -high)
    return (low, high), (mu[0] - margin, mu[-1] + margin)


def _level_end(theta, log_l, low):
    """The nearest grid point at or below `low` beyond which no log likelihood changes by more than LEVEL."""
    rise = np.maximum.accumulate(log_l, axis=1) - log_l
    fall = log_l - np.minimum.accumulate(log_l, axis=1)
    level = np.flatnonzero(np.all(np.maximum(rise, fall) <= LEVEL, axis=0) & (theta <= low))
    return theta[level[-1]] if level.size else theta[0]


def _log_tau_nodes(theta, log_l, rows, mu_prior, tau_prior, count):
    """Even nodes in log tau where the posterior lies on this grid."""
    scan = scan_log_tau(tau_prior, SCAN_TAU)
    log_joint, _ = _log_joint(theta, log_l, scan, rows, mu_prior, tau_prior)
    return np.linspace(*region(scan, np.logaddexp.reduce(log_joint, axis=1)), count)


def _log_joint(theta, log_l, log_tau, rows, mu_prior, tau_prior):
    """Log posterior density of (log tau, mu), shape (tau, mu), and log L_s(mu, tau), shape (tau, study, mu)."""
    tau, step = np.exp(log_tau), theta[1] - theta[0]
    log_m = np.stack([log_smooth(np.exp(log_l), step, value, rows, edges=True) for value in tau])
    prior = (tau_prior.log_density(tau) + log_tau)[:, None] + mu_prior.log_density(theta[rows])
    return log_m.sum(axis=1) + prior, log_m


def _marginals(theta, log_l, names, log_tau, rows, log_joint, log_m):
    """Integrate the joint posterior, shape (tau, mu), to every marginal.

    p(theta_s) is L_s(theta) times the normal of (mu, tau), averaged over the posterior with L_s(mu, tau) divided
    out; the prediction is the same with no likelihood, and rides along as one more row.
    """
    step, mu = theta[1] - theta[0], theta[rows]
    log_density = np.logaddexp.reduce(log_joint, axis=1)
    weight = np.exp(log_joint - log_density[:, None])
    weight *= node_weights(log_density, log_tau[1] - log_tau[0])[:, None]
    log_m = np.concatenate([log_m, np.zeros_like(weight)[:, None]], axis=1)
    mixed, below, above = 0.0, 0.0, 0.0
    divided = np.where(log_m > CONFLICT, weight[:, None] * np.exp(-np.maximum(log_m, CONFLICT)), 0.0)
    for tau, share in zip(np.exp(log_tau), divided):
        padded = np.zeros((len(share), len(theta)))
        padded[:, rows] = share
        mixed = mixed + np.exp(log_smooth(padded, step, tau, slice(0, len(theta)), edges=False))
        below = below + share @ ndtr((theta[0] - step / 2 - mu) / tau)
        above = above + share @ ndtr((mu - theta[-1] - step / 2) / tau)
    likelihood = np.exp(np.concatenate([log_l, np.zeros((1, len(theta)))]))
    effects = [
        Marginal.from_density(theta, mass / step, step, under, over)
        for mass, under, over in zip(mixed * likelihood, below * likelihood[:, 0], above * likelihood[:, -1])
    ]
    return Posterior(
        mu=Marginal.from_density(mu, weight.sum(axis=0), step),
        tau=tau_marginal(log_tau, log_density),
        prediction=effects[-1],
        theta=dict(zip(names, effects[:-1])),
    )
